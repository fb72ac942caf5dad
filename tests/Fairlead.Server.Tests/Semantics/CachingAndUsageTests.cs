using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Semantics;

/// <summary>Section G of the wire rules, as the gateway holds it.</summary>
public sealed class CachingAndUsageTests
{
    private const string Prompt = """{"model":"m","messages":[{"role":"user","content":"Hello there"}]}""";

    [Fact]
    public async Task Rule86_CountOfAVendorThatCounts_IsItsOwnInItsOwnShape()
    {
        await using var vendor = ByteServer.Start(Reply.Json("""{"input_tokens":14,"context_management":null}"""));
        await using var gateway = await Crossing.StartAsync("anthropic-messages", "retries: 0", vendor.Address);

        using var response = await gateway.PostAsync("v1/messages/count_tokens", Prompt);

        Assert.Equal(("""{"input_tokens":14,"context_management":null}""", "vendor"), (await response.Content.ReadAsStringAsync(), Header(response, "x-fairlead-token-count")));
    }

    [Fact]
    public async Task Rule86_CountOfAnyOther_SaysThatItIsAnEstimate_AndIsNotHalfOfIt()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await Crossing.StartAsync("openai-chat", "retries: 0", vendor.Address);

        using var response = await gateway.PostAsync("v1/messages/count_tokens", Prompt);

        Assert.Equal("estimate", Header(response, "x-fairlead-token-count"));
        Assert.InRange(JsonNode.Parse(await response.Content.ReadAsStringAsync())!["input_tokens"]!.GetValue<int>(), 4, 60);
        Assert.Empty(vendor.Requests);
    }
}
