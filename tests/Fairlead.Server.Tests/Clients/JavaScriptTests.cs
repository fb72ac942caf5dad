using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Clients;

/// <summary>The vendors' SDKs for JavaScript, the AI SDK and LangChain against the running executable, the first vendor being down.</summary>
public sealed class JavaScriptTests(ServedGateway gateway) : IClassFixture<ServedGateway>
{
    [Theory]
    [InlineData(ServedGateway.Chat)]
    [InlineData(ServedGateway.Claude)]
    public async Task OpenAiClients_GetTheirAnswers_AndTheirErrors(string vendor)
    {
        var cases = await NodeWorkspace.RunAsync("chat.mjs", "openai", gateway, vendor);

        var chat = cases["openai chat"];
        Assert.Equal(("moored 🚢", "stop", vendor + "-alive"), (Text(chat, "text"), Text(chat, "finish"), Text(chat, "target")));
        Assert.Equal(vendor == ServedGateway.Chat ? "spliced" : "translated", Text(chat, "mode"));
        Assert.True(Is(chat, "usage"));
        Assert.Contains("chat-dead: ", Text(chat, "reason"), StringComparison.Ordinal);
        Assert.Equal("moored", Text(cases["openai chat without v1"], "text"));

        var stream = cases["openai stream"];
        Assert.Equal(("one two 😀", "stop"), (Text(stream, "text"), Text(stream, "finish")));
        Assert.True(Is(stream, "usage"));
        Assert.Equal(0, cases["openai stream without usage"]["chunksWithoutChoice"]!.GetValue<int>());

        var tools = cases["openai tools"];
        Assert.Equal(("get_weather", "string", "tool_calls"), (Text(tools, "tool"), Text(tools, "city"), Text(tools, "finish")));
        Assert.NotEmpty(Text(tools, "text"));
        var runner = cases["openai stream tools"];
        Assert.Equal("string", Assert.Single(Texts(runner, "cities")));
        Assert.Equal(["user", "assistant", "tool", "assistant"], Texts(runner, "roles"));
        Assert.NotEmpty(Text(runner, "text"));
        Assert.True(Is(cases["openai schema"], "valid"));
        Assert.True(Is(cases["openai stream schema"], "valid"));

        // Anthropic's dialect has neither a code nor a parameter in its errors.
        var refused = cases["openai bad request"]["error"]!;
        Assert.Equal(("BadRequestError", 400), (Text(refused, "kind"), refused["status"]!.GetValue<int>()));
        Assert.Equal(vendor == ServedGateway.Chat ? ("invalid_value", "temperature") : ("bad_request", null), (Text(refused, "code"), refused["param"]?.GetValue<string>()));
        Assert.Contains("Your temperature is too high.", Text(refused, "message"), StringComparison.Ordinal);
        Assert.StartsWith("req_", Text(refused, "requestId"), StringComparison.Ordinal);
        Assert.Equal((404, "model_not_found"), Error("openai unknown model"));
        Assert.Equal((401, "invalid_api_key"), Error("openai wrong key"));
        Assert.Equal((503, "upstream_unavailable"), Error("openai exhausted"));
        Assert.Equal("stream_truncated", Text(cases["openai broken stream"]["error"]!, "code"));
        Assert.Contains(vendor + "-alive", Texts(cases["openai models"], "ids"));
        Assert.True(Is(cases["openai abort"], "aborted"));

        foreach (var sdk in new[] { "ai sdk", "ai sdk compatible" })
        {
            Assert.Equal("from the sdk", Text(cases[sdk + " chat"], "text"));
            Assert.Equal(("streamed 😀", "stop"), (Text(cases[sdk + " stream"], "text"), Text(cases[sdk + " stream"], "finish")));
            AssertLoop(cases[sdk + " tools"]);
            AssertLoop(cases[sdk + " stream tools"]);
            Assert.True(Is(cases[sdk + " schema"], "valid"));
        }

        AssertAiSdkRefused(cases["ai sdk bad request"]);

        (int, string) Error(string name) => (cases[name]["error"]!["status"]!.GetValue<int>(), Text(cases[name]["error"]!, "code"));
    }

    [Theory]
    [InlineData(ServedGateway.Claude)]
    [InlineData(ServedGateway.Chat)]
    public async Task AnthropicClients_GetTheirAnswers_AndTheirErrors(string vendor)
    {
        var cases = await NodeWorkspace.RunAsync("messages.mjs", "@anthropic-ai/sdk", gateway, vendor);

        foreach (var sdk in new[] { "sdk 1", "sdk 0" })
        {
            var message = cases[sdk + " message"];
            Assert.Equal(("moored 🚢", "end_turn", vendor + "-alive"), (Text(message, "text"), Text(message, "stop"), Text(message, "target")));
            Assert.Equal(vendor == ServedGateway.Claude ? "spliced" : "translated", Text(message, "mode"));
            Assert.True(Is(message, "usage"));
            Assert.Contains("claude-dead: ", Text(message, "reason"), StringComparison.Ordinal);
            Assert.StartsWith("req_", Text(message, "requestId"), StringComparison.Ordinal);
            Assert.Equal("moored", Text(cases[sdk + " token"], "text"));
            Assert.Equal("in beta", Text(cases[sdk + " beta"], "text"));

            var stream = cases[sdk + " stream"];
            Assert.Equal(("one two 😀", "end_turn"), (Text(stream, "text"), Text(stream, "stop")));
            Assert.True(Is(stream, "usage"));

            var tools = cases[sdk + " tools"];
            Assert.Equal(("get_weather", "string", "tool_use"), (Text(tools, "tool"), Text(tools, "city"), Text(tools, "stop")));
            Assert.NotEmpty(Text(tools, "text"));
            var runner = cases[sdk + " runner"];
            Assert.Equal("string", Assert.Single(Texts(runner, "cities")));
            Assert.NotEmpty(Text(runner, "text"));
            Assert.True(Is(cases[sdk + " schema"], "valid"));
            Assert.True(Is(cases[sdk + " stream schema"], "valid"));
            Assert.True(cases[sdk + " count"]["tokens"]?.GetValue<int>() > 0);

            Assert.Equal((400, "invalid_request_error", vendor == ServedGateway.Claude ? "bad_request" : "invalid_value"), Error(sdk + " bad request"));
            var refused = cases[sdk + " bad request"]["error"]!;
            Assert.Equal("BadRequestError", Text(refused, "kind"));
            Assert.Contains("Your temperature is too high.", Text(refused, "message"), StringComparison.Ordinal);
            Assert.StartsWith("req_", Text(refused, "requestId"), StringComparison.Ordinal);
            Assert.Equal((404, "not_found_error", "model_not_found"), Error(sdk + " unknown model"));
            Assert.Equal((401, "authentication_error", "invalid_api_key"), Error(sdk + " wrong key"));
            Assert.Equal((503, "overloaded_error", "upstream_unavailable"), Error(sdk + " exhausted"));
            Assert.Equal("stream_truncated", Text(cases[sdk + " broken stream"]["error"]!, "code"));
            Assert.Contains(vendor + "-alive", Texts(cases[sdk + " models"], "ids"));
        }

        Assert.Equal("from the sdk", Text(cases["ai sdk message"], "text"));
        Assert.Equal(("streamed 😀", "stop"), (Text(cases["ai sdk stream"], "text"), Text(cases["ai sdk stream"], "finish")));
        AssertLoop(cases["ai sdk tools"]);
        AssertLoop(cases["ai sdk stream tools"]);
        Assert.Equal(["string", "string"], Texts(cases["ai sdk stream tools"], "cities"));
        Assert.True(Is(cases["ai sdk schema"], "valid"));
        AssertAiSdkRefused(cases["ai sdk bad request"]);

        (int, string, string) Error(string name) => (cases[name]["error"]!["status"]!.GetValue<int>(), Text(cases[name]["error"]!, "type"), Text(cases[name]["error"]!, "code"));
    }

    [Theory]
    [InlineData(ServedGateway.Chat)]
    [InlineData(ServedGateway.Claude)]
    public async Task LangChain_GetsItsAnswers_AndItsErrors(string vendor)
    {
        var cases = await NodeWorkspace.RunAsync("langchain.mjs", "langchain", gateway, vendor);

        Assert.Equal(("moored 🚢", "stop"), (Text(cases["chat"], "text"), Text(cases["chat"], "finish")));
        Assert.True(Is(cases["chat"], "usage"));
        Assert.Equal(("one two 😀", "stop"), (Text(cases["stream"], "text"), Text(cases["stream"], "finish")));
        Assert.True(Is(cases["stream"], "usage"));
        Assert.True(cases["stream"]["pieces"]!.GetValue<int>() > 2);
        Assert.Equal(["human", "ai", "tool", "ai"], Texts(cases["agent"], "kinds"));
        Assert.Equal(["ai", "tool", "ai"], Texts(cases["agent stream"], "kinds"));
        foreach (var agent in new[] { "agent", "agent stream" })
        {
            Assert.Equal("string", Assert.Single(Texts(cases[agent], "cities")));
            Assert.NotEmpty(Text(cases[agent], "text"));
        }

        Assert.True(Is(cases["schema"], "valid"));
        var refused = cases["bad request"]["error"]!;
        Assert.Equal((400, vendor == ServedGateway.Chat ? "invalid_value" : "bad_request"), (refused["status"]!.GetValue<int>(), Text(refused, "code")));
        Assert.Contains("Your temperature is too high.", Text(refused, "message"), StringComparison.Ordinal);
    }

    private static void AssertLoop(JsonNode found)
    {
        Assert.Equal((2, "get_weather"), (found["steps"]?.GetValue<int>() ?? throw Missing(found, "steps"), Text(found, "called")));
        Assert.NotEmpty(Text(found, "text"));
    }

    private static void AssertAiSdkRefused(JsonNode found)
    {
        var error = found["error"]!;
        Assert.Equal((400, "Your temperature is too high."), (error["status"]!.GetValue<int>(), Text(error, "message")));
    }

    private static string Text(JsonNode node, string member) => node[member]?.GetValue<string>() ?? throw Missing(node, member);

    private static IEnumerable<string> Texts(JsonNode node, string member) => (node[member] ?? throw Missing(node, member)).AsArray().Select(item => item!.GetValue<string>());

    private static bool Is(JsonNode node, string member) => node[member]?.GetValue<bool>() ?? throw Missing(node, member);

    private static InvalidOperationException Missing(JsonNode node, string member) => new($"No {member} in {node.ToJsonString()}");
}
