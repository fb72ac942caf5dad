using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Clients;

/// <summary>The vendors' SDKs for JavaScript and the AI SDK against the running executable, the first vendor being down.</summary>
public sealed class JavaScriptTests(ServedGateway gateway) : IClassFixture<ServedGateway>
{
    [Fact]
    public async Task JavaScriptClients_GetTheirAnswers_AndTheirErrors()
    {
        var cases = await NodeWorkspace.RunAsync("chat.mjs", gateway);

        var chat = Case("openai chat");
        Assert.Contains("moored 🚢", Text(chat, "text"), StringComparison.Ordinal);
        Assert.Equal("stop", Text(chat, "finish"));
        Assert.True(chat["usage"]!.GetValue<bool>());
        Assert.Equal("alive", Text(chat, "target"));
        Assert.Contains("dead: connect_failed", Text(chat, "reason"), StringComparison.Ordinal);
        Assert.Contains("moored", Text(Case("openai chat without v1"), "text"), StringComparison.Ordinal);

        var stream = Case("openai stream");
        Assert.Contains("one two 😀", Text(stream, "text"), StringComparison.Ordinal);
        Assert.Equal("stop", Text(stream, "finish"));
        Assert.True(stream["usage"]!.GetValue<bool>());
        Assert.Equal(0, Case("openai stream without usage")["chunksWithoutChoice"]!.GetValue<int>());

        var tools = Case("openai tools");
        Assert.Equal(("get_weather", "string", "tool_calls"), (Text(tools, "tool"), Text(tools, "city"), Text(tools, "finish")));
        Assert.NotEmpty(Text(tools, "text"));

        var refused = Case("openai bad request")["error"]!;
        Assert.Equal((400, "invalid_value", "temperature"), (refused["status"]!.GetValue<int>(), Text(refused, "code"), Text(refused, "param")));
        Assert.Contains("Your temperature is too high.", Text(refused, "message"), StringComparison.Ordinal);
        Assert.StartsWith("req_", Text(refused, "requestId"), StringComparison.Ordinal);
        Assert.Equal(404, Case("openai unknown model")["error"]!["status"]!.GetValue<int>());
        Assert.Equal(401, Case("openai wrong key")["error"]!["status"]!.GetValue<int>());
        Assert.Equal((503, "upstream_unavailable"), (Case("openai exhausted")["error"]!["status"]!.GetValue<int>(), Text(Case("openai exhausted")["error"]!, "code")));
        Assert.NotNull(Case("openai broken stream")["error"]);
        Assert.Contains("alive", Case("openai models")["ids"]!.AsArray().Select(id => id!.GetValue<string>()));
        Assert.True(Case("openai abort")["aborted"]!.GetValue<bool>());

        Assert.Contains("from the sdk", Text(Case("ai sdk chat"), "text"), StringComparison.Ordinal);
        Assert.Contains("streamed 😀", Text(Case("ai sdk stream"), "text"), StringComparison.Ordinal);
        Assert.Equal("stop", Text(Case("ai sdk stream"), "finish"));
        Assert.Contains("compatible", Text(Case("ai sdk compatible stream"), "text"), StringComparison.Ordinal);
        Assert.Equal((2, "get_weather"), (Case("ai sdk tools")["steps"]!.GetValue<int>(), Text(Case("ai sdk tools"), "called")));

        JsonNode Case(string name) => cases.TryGetValue(name, out var found) ? found : throw new InvalidOperationException($"The case '{name}' did not run.");
    }

    [Fact]
    public async Task AnthropicClients_GetTheirAnswers_AndTheirErrors()
    {
        var cases = await NodeWorkspace.RunAsync("messages.mjs", gateway);

        foreach (var sdk in new[] { "sdk 1", "sdk 0" })
        {
            var message = Case(sdk + " message");
            Assert.Equal(("moored 🚢", "end_turn", "claude-alive"), (Text(message, "text"), Text(message, "stop"), Text(message, "target")));
            Assert.True(message["usage"]!.GetValue<bool>());
            Assert.Contains("claude-dead: connect_failed", Text(message, "reason"), StringComparison.Ordinal);
            Assert.StartsWith("req_", Text(message, "requestId"), StringComparison.Ordinal);
            Assert.Equal("moored", Text(Case(sdk + " token"), "text"));
            Assert.Equal("in beta", Text(Case(sdk + " beta"), "text"));

            var stream = Case(sdk + " stream");
            Assert.Equal(("one two 😀", "end_turn"), (Text(stream, "text"), Text(stream, "stop")));
            Assert.True(stream["usage"]!.GetValue<bool>());

            var tools = Case(sdk + " tools");
            Assert.Equal(("get_weather", "string", "tool_use"), (Text(tools, "tool"), Text(tools, "city"), Text(tools, "stop")));
            Assert.NotEmpty(Text(tools, "text"));

            var refused = Case(sdk + " bad request")["error"]!;
            Assert.Equal((400, "invalid_request_error"), (refused["status"]!.GetValue<int>(), Text(refused, "type")));
            Assert.Contains("Your temperature is too high.", Text(refused, "message"), StringComparison.Ordinal);
            Assert.StartsWith("req_", Text(refused, "requestId"), StringComparison.Ordinal);
            Assert.Equal((404, "not_found_error", "model_not_found"), Error(sdk + " unknown model"));
            Assert.Equal((401, "authentication_error", "invalid_api_key"), Error(sdk + " wrong key"));
            Assert.Equal((503, "overloaded_error", "upstream_unavailable"), Error(sdk + " exhausted"));
            Assert.NotNull(Case(sdk + " broken stream")["error"]);
            Assert.Contains("claude-alive", Case(sdk + " models")["ids"]!.AsArray().Select(id => id!.GetValue<string>()));
        }

        Assert.Equal("from the sdk", Text(Case("ai sdk message"), "text"));
        Assert.Equal(("streamed 😀", "stop"), (Text(Case("ai sdk stream"), "text"), Text(Case("ai sdk stream"), "finish")));
        Assert.Equal((2, "get_weather"), (Case("ai sdk tools")["steps"]!.GetValue<int>(), Text(Case("ai sdk tools"), "called")));

        JsonNode Case(string name) => cases.TryGetValue(name, out var found) ? found : throw new InvalidOperationException($"The case '{name}' did not run.");

        (int, string, string) Error(string name) => (Case(name)["error"]!["status"]!.GetValue<int>(), Text(Case(name)["error"]!, "type"), Text(Case(name)["error"]!, "code"));
    }

    private static string Text(JsonNode node, string member) => node[member]?.GetValue<string>() ?? throw new InvalidOperationException($"No {member} in {node.ToJsonString()}");
}
