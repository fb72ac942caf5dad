using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Admin;

/// <summary>Reads the administration API.</summary>
internal static class AdminAnswers
{
    public static async Task<JsonObject> AdminAsync(this RunningGateway gateway, string path, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "admin/v1/" + path);
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await gateway.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        return JsonNode.Parse(text)!.AsObject();
    }

    public static async Task<JsonObject> TargetAsync(this RunningGateway gateway, string name) =>
        (await gateway.AdminAsync("targets"))["targets"]!.AsArray().Single(target => target!["name"]!.GetValue<string>() == name)!.AsObject();

    /// <summary>Turns the clock in small steps until something is done, giving the sockets room between them.</summary>
    public static async Task TurnUntilAsync(this FakeTimeProvider time, Task done, TimeSpan step)
    {
        for (var turns = 0; turns < 4000 && !done.IsCompleted; turns++)
        {
            await Task.WhenAny(done, Task.Delay(2));
            if (!done.IsCompleted) time.Advance(step);
        }
    }

    public static (double? Value, string Source, int Samples) Figure(this JsonObject target, string name)
    {
        var figure = target["health"]![name]!;
        return (figure["value"]?.GetValue<double>(), figure["source"]!.GetValue<string>(), figure["samples"]!.GetValue<int>());
    }
}
