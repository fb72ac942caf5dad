using System.Text;
using Microsoft.Extensions.AI;

namespace Fairlead.Server.Tests.Clients;

/// <summary>What Microsoft.Extensions.AI asks of a client, whichever SDK it lies over.</summary>
internal static class ExtensionsAi
{
    /// <summary>A function is called once and its result used.</summary>
    public static async Task LoopAsync(IChatClient inner, bool isStream)
    {
        var cities = new List<string>();
        var client = inner.AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create((string city) => { cities.Add(city); return $"Sunny in {city}."; }, "get_weather")] };
        var text = new StringBuilder();

        if (isStream)
        {
            await foreach (var update in client.GetStreamingResponseAsync("Please call get_weather.", options)) text.Append(update.Text);
        }
        else
        {
            text.Append((await client.GetResponseAsync("Please call get_weather.", options)).Text);
        }

        Assert.NotEmpty(Assert.Single(cities));
        Assert.NotEqual("", text.ToString());
    }

    /// <summary>An answer of a type.</summary>
    public static async Task ReportAsync(IChatClient client)
    {
        var answer = await client.GetResponseAsync<Report>("Report the weather.");

        Assert.NotEmpty(answer.Result.City);
        Assert.NotEmpty(answer.Result.Winds);
    }

    internal sealed record Report(string City, double Degrees, string[] Winds);
}
