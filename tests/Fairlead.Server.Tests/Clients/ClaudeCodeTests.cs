using System.Diagnostics;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Clients;

/// <summary>Claude Code, its first vendor overloaded, answered by a vendor of OpenAI's dialect that plays a script and keeps what it was sent.</summary>
public sealed class ClaudeCodeTests
{
    private const string Key = "client-key-0123456789";
    private const string VendorKey = "vendor-key-0123456789";
    private const string Thought = "The berth stands in the file.";

    private static readonly Reply Overloaded = Reply.Json("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", 529);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("openai", "claude-sonnet-4-5", "ANTHROPIC_API_KEY")]
    [InlineData("openai", "opus", "ANTHROPIC_API_KEY")]
    [InlineData("openai-compatible", "m-1", "ANTHROPIC_AUTH_TOKEN")]
    [InlineData("openai-compatible", "claude-sonnet-4-5", "ANTHROPIC_AUTH_TOKEN")]
    public async Task PrintMode_TwoToolsInOneTurn_LoopsToItsEnd(string kind, string model, string credential)
    {
        using var folder = new TemporaryFolder();
        folder.Write("berth.txt", "Berth seven\n");
        await using var overloaded = ByteServer.Start(Overloaded);
        await using var vendor = ByteServer.Start(request => Results(request) switch
        {
            [] => Calls(folder.File("berth.txt")),
            var results => Vendors.Saying("Lies at: ", string.Join(" and ", results.Select(result => result.Trim().Replace('\n', ' ').Replace('\t', ' ')))),
        });
        await using var gateway = await GatewayAsync(kind, overloaded, vendor);

        var (exitCode, output) = await RunAsync(folder, gateway, model, credential);

        Assert.True(exitCode == 0, output);
        var blocks = Events(output).Where(item => Type(item) == "assistant").SelectMany(item => item["message"]!["content"]!.AsArray()).ToList();
        Assert.Equal(["thinking", "text", "tool_use", "tool_use", "text"], blocks.Select(Type));
        Assert.Equal(Thought, blocks[0]!["thinking"]!.GetValue<string>());
        var printed = Result(output);
        var answer = printed["result"]!.GetValue<string>();
        Assert.Contains("Berth seven", answer, StringComparison.Ordinal);
        Assert.Contains("and moored-42", answer, StringComparison.Ordinal);
        Assert.False(printed["is_error"]!.GetValue<bool>());
        Assert.Equal((14, 6), (printed["usage"]!["input_tokens"]!.GetValue<int>(), printed["usage"]!["output_tokens"]!.GetValue<int>()));

        Assert.Equal(2, overloaded.Requests.Count);
        Assert.All(overloaded.Requests, request => Assert.Equal("/v1/messages?beta=true", request.Path));
        Assert.Equal(2, vendor.Requests.Count);
        Assert.All(vendor.Requests, request => AssertIsOfItsDialect(request, kind));
        var messages = Body(vendor.Requests.Last())["messages"]!.AsArray();
        var asked = messages.Single(message => Role(message) == "assistant")!;
        Assert.Equal("Let me look.", asked["content"]!.GetValue<string>());
        Assert.Equal(["call_1 Read", "call_2 Bash"], asked["tool_calls"]!.AsArray().Select(call => $"{call!["id"]} {call["function"]!["name"]}"));
        Assert.Equal(["call_1", "call_2"], messages.Where(message => Role(message) == "tool").Select(message => message!["tool_call_id"]!.GetValue<string>()));
        // It keeps thoughts whose answer has the name that it asked for; not every kind of vendor takes them back.
        Assert.Equal(kind == "openai-compatible" ? Thought : null, asked["reasoning_content"]?.GetValue<string>());
    }

    [Theory]
    [InlineData("invalid_value", "Your temperature is too high.", "Your temperature is too high.")]
    [InlineData("context_length_exceeded", "This model's maximum context length is 8192 tokens.", "Prompt is too long")]
    public async Task PrintMode_RefusedRequest_SaysWhy(string code, string message, string shown)
    {
        using var folder = new TemporaryFolder();
        await using var overloaded = ByteServer.Start(Overloaded);
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Error(code, message), 400));
        await using var gateway = await GatewayAsync("openai", overloaded, vendor);

        var (exitCode, output) = await RunAsync(folder, gateway, "claude-sonnet-4-5", "ANTHROPIC_API_KEY");

        Assert.Equal(1, exitCode);
        Assert.Contains(shown, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PrintMode_AnswerBreaksOff_IsAskedForAgain()
    {
        using var folder = new TemporaryFolder();
        var asked = 0;
        await using var overloaded = ByteServer.Start(Overloaded);
        await using var vendor = ByteServer.Start(request => (Interlocked.Increment(ref asked), Body(request)["stream"]?.GetValue<bool>()) switch
        {
            (1, _) => Reply.Stream(Vendors.Role, Vendors.Token("The sh")) with { End = ReplyEnd.Close },
            (_, true) => Vendors.Saying("The ship is moored."),
            _ => Reply.Json(Vendors.Answer("The ship is moored.")),
        });
        await using var gateway = await GatewayAsync("openai", overloaded, vendor);

        var (exitCode, output) = await RunAsync(folder, gateway, "claude-sonnet-4-5", "ANTHROPIC_API_KEY");

        Assert.True(exitCode == 0, output);
        Assert.Equal("The ship is moored.", Result(output)["result"]!.GetValue<string>());
        Assert.Equal(2, vendor.Requests.Count);
    }

    private static Task<RunningGateway> GatewayAsync(string kind, ByteServer overloaded, ByteServer vendor) => RunningGateway.StartAsync(
        $$"""
        providers:
          anthropic: { kind: anthropic, base_url: "http://127.0.0.1:{{overloaded.Port}}", keys: ["env:VENDOR_KEY"] }
          other: { kind: {{kind}}, base_url: "{{vendor.Address}}", keys: ["env:VENDOR_KEY"] }
        targets:
          sonnet: { provider: anthropic, model: claude-sonnet-4-5 }
          mini: { provider: other, model: gpt-5-mini }
        aliases: { "claude-*": auto, m-1: auto }
        defaults: { retries: 0, {{Vendors.Patient}} }
        routes:
          - { name: default, tiers: [ { use: [sonnet] }, { use: [mini] } ] }
        keys:
          - { name: agent, secret: "env:APP_KEY" }
        """,
        environment: new Dictionary<string, string> { ["APP_KEY"] = Key, ["VENDOR_KEY"] = VendorKey });

    private static async Task<(int ExitCode, string Output)> RunAsync(TemporaryFolder folder, RunningGateway gateway, string model, string credential)
    {
        var package = NodeWorkspace.Agent("@anthropic-ai/claude-code");
        using var home = new TemporaryFolder();
        var start = NodeWorkspace.Start(
            folder.Path, Path.Combine(package, "cli-wrapper.cjs"), "-p", "Where is the ship?", "--model", model, "--allowedTools", "Read", "Bash", "--output-format", "stream-json", "--verbose");
        start.Environment["HOME"] = home.Path;
        start.Environment["ANTHROPIC_BASE_URL"] = gateway.Address.ToString().TrimEnd('/');
        start.Environment[credential] = Key;
        foreach (var name in new[] { "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_AUTOUPDATER", "DISABLE_ERROR_REPORTING", "DISABLE_TELEMETRY" }) start.Environment[name] = "1";
        using var agent = Process.Start(start)!;
        agent.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var errors = agent.StandardError.ReadToEndAsync(patience.Token);
            var output = await agent.StandardOutput.ReadToEndAsync(patience.Token);
            await agent.WaitForExitAsync(patience.Token);
            return (agent.ExitCode, output + await errors);
        }
        finally
        {
            if (!agent.HasExited) agent.Kill(entireProcessTree: true);
            await agent.WaitForExitAsync();
        }
    }

    /// <summary>A stream that thinks, speaks, and calls two tools whose arguments alternate.</summary>
    private static Reply Calls(string file) => Reply.Stream(
        Vendors.Role,
        Vendors.Chunk($$"""{"reasoning_content":"{{Thought}}"}"""),
        Vendors.Token("Let me "),
        Vendors.Token("look."),
        Vendors.Chunk("""{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"Read","arguments":""}}]}"""),
        Vendors.Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"{\"file_path\":"}}]}"""),
        Vendors.Chunk("""{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"Bash","arguments":"{\"command\":\"echo moored-$((40"}}]}"""),
        Vendors.Chunk(new JsonObject { ["tool_calls"] = new JsonArray(new JsonObject { ["index"] = 0, ["function"] = new JsonObject { ["arguments"] = JsonValue.Create(file).ToJsonString() + "}" } }) }.ToJsonString()),
        Vendors.Chunk("""{"tool_calls":[{"index":1,"function":{"arguments":"+2))\"}"}}]}"""),
        Vendors.Chunk("{}", "\"tool_calls\""),
        Vendors.Usage,
        Vendors.Done);

    /// <summary>What a vendor of OpenAI's dialect may find in a body; Anthropic's members are not among it.</summary>
    private static void AssertIsOfItsDialect(ReceivedRequest request, string kind)
    {
        var body = Body(request);
        Assert.Equal("/v1/chat/completions", request.Path);
        Assert.Equal("Bearer " + VendorKey, request.Headers["Authorization"]);
        Assert.DoesNotContain(request.Headers, header => header.Key.StartsWith("anthropic", StringComparison.OrdinalIgnoreCase) || header.Value.Contains(Key, StringComparison.Ordinal));
        // What it asks of thinking, a budget or an effort, is an effort where the model is known to think.
        string[] known = ["model", "messages", kind == "openai" ? "max_completion_tokens" : "max_tokens", "tools", "stream", "stream_options"];
        Assert.Equal(kind == "openai" ? [.. known, "reasoning_effort"] : known.ToHashSet(), Members(body));
        Assert.Equal("gpt-5-mini", body["model"]!.GetValue<string>());

        var tools = body["tools"]!.AsArray();
        Assert.All(tools, tool => Assert.Equal(["type", "function"], Members(tool)));
        Assert.All(tools, tool => Assert.Equal(["name", "description", "parameters"], Members(tool!["function"])));
        Assert.Superset(new HashSet<string> { "Bash", "Edit", "Read", "Write" }, tools.Select(tool => tool!["function"]!["name"]!.GetValue<string>()).ToHashSet());

        var messages = body["messages"]!.AsArray();
        Assert.Equal(["system", "user"], messages.Take(2).Select(Role));
        Assert.All(messages, message => Assert.Superset(Members(message), new HashSet<string> { "role", "content", "reasoning_content", "tool_calls", "tool_call_id" }));
        Assert.All(messages.SelectMany(message => message!["content"] as JsonArray ?? []), part => Assert.Equal(["type", "text"], Members(part)));
    }

    private static IEnumerable<JsonNode> Events(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!);

    private static JsonNode Result(string output) => Events(output).Single(item => Type(item) == "result");

    private static List<string> Results(ReceivedRequest request) =>
        [.. Body(request)["messages"]!.AsArray().Where(message => Role(message) == "tool").Select(message => message!["content"]!.GetValue<string>())];

    private static HashSet<string> Members(JsonNode? node) => [.. node!.AsObject().Select(member => member.Key)];

    private static string Type(JsonNode? node) => node!["type"]!.GetValue<string>();

    private static string Role(JsonNode? message) => message!["role"]!.GetValue<string>();

    private static JsonNode Body(ReceivedRequest request) => JsonNode.Parse(request.Text)!;
}
