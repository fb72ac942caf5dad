using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;

namespace Fairlead.Server.Tests.Semantics;

/// <summary>Section B of the wire rules, where only the whole gateway shows it.</summary>
public sealed class ToolTests
{
    [Fact]
    public async Task Rule32_ForcedToolWithThinking_IsRefusedInTheVendorsWords_ToAMessagesClient()
    {
        const string refusal = """{"error":{"code":"invalid_request_error","message":"Thinking mode does not support this tool_choice","param":null,"type":"invalid_request_error"}}""";
        await using var vendor = ByteServer.Start(Reply.Json(refusal, 400));
        await using var gateway = await Crossing.StartAsync("openai-chat", "retries: 0", vendor.Address);

        using var response = await gateway.PostAsync("v1/messages", """{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"Hello"}],"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"},"thinking":{"type":"adaptive"}}""");
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(("invalid_request_error", "Thinking mode does not support this tool_choice"), (error["type"]!.GetValue<string>(), error["message"]!.GetValue<string>()));
        Assert.Equal("required", JsonNode.Parse(vendor.Requests.Single().Text)!["tool_choice"]!.GetValue<string>());
    }

    [Fact]
    public async Task Rule32_ForcedToolWithThinking_IsRefusedInTheVendorsWords_ToAChatClient()
    {
        const string refusal = """{"type":"error","error":{"type":"invalid_request_error","message":"Thinking may not be enabled when tool_choice forces tool use."}}""";
        await using var vendor = ByteServer.Start(Reply.Json(refusal, 400));
        await using var gateway = await Crossing.StartAsync("anthropic-messages", "retries: 0", vendor.Address);

        using var response = await gateway.PostAsync("""{"model":"m","messages":[{"role":"user","content":"Hello"}],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required","reasoning_effort":"low"}""");
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(("bad_request", "Thinking may not be enabled when tool_choice forces tool use."), (error["code"]!.GetValue<string>(), error["message"]!.GetValue<string>()));
        Assert.Equal("any", JsonNode.Parse(vendor.Requests.Single().Text)!["tool_choice"]!["type"]!.GetValue<string>());
    }
}
