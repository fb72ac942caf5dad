using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;

namespace Fairlead.Server.Tests.Semantics;

/// <summary>Section J of the wire rules, where it is not of embeddings.</summary>
public sealed class RestTests
{
    [Theory]
    [InlineData("openai-chat", "first-vendor", "/v1/chat/completions")]
    [InlineData("anthropic-messages", "v0", "/v1/messages")]
    public async Task Rule121_NameOfAModel_ReachesTheVendorAsItIs(string dialect, string provider, string path)
    {
        const string model = "vendor/a-model:free@20250219%2Fb";
        await using var vendor = ByteServer.Start(Reply.Json(dialect == "openai-chat" ? Pipeline.Vendors.Answer("A") : Crossing.Said));
        await using var gateway = await Crossing.StartAsync(dialect, "retries: 0", vendor.Address);

        using var response = await gateway.PostAsync(Crossing.PathTowards(dialect), Crossing.Question(dialect).Replace("\"m\"", $"\"{provider}/{model}\"", StringComparison.Ordinal));

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        var upstream = vendor.Requests.Single();
        Assert.Equal((path, model), (upstream.Path, JsonNode.Parse(upstream.Text)!["model"]!.GetValue<string>()));
    }
}
