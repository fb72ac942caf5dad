using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Clients;

/// <summary>OpenAI's SDK for JavaScript and the AI SDK against the running executable, the first vendor being down.</summary>
public sealed class JavaScriptTests(ServedGateway gateway) : IClassFixture<ServedGateway>
{
    [Fact]
    public async Task JavaScriptClients_GetTheirAnswers_AndTheirErrors()
    {
        var cases = await RunAsync();

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

    private static string Text(JsonNode node, string member) => node[member]?.GetValue<string>() ?? throw new InvalidOperationException($"No {member} in {node.ToJsonString()}");

    private async Task<Dictionary<string, JsonNode>> RunAsync()
    {
        var folder = Workspace();
        var start = new ProcessStartInfo("node") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "chat.mjs", gateway.Address.ToString(), ServedGateway.Key }) start.ArgumentList.Add(argument);
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, output + await errors);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToDictionary(item => item["name"]!.GetValue<string>());
    }

    /// <summary>The npm workspace with its packages; skips where they are not installed, but in CI that is a failure.</summary>
    private static string Workspace()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Fairlead.slnx"))) folder = folder.Parent;
        var workspace = Path.Combine(folder?.FullName ?? "", "tests", "clients");
        var isThere = Directory.Exists(Path.Combine(workspace, "node_modules", "openai"));
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.True(isThere, "The npm clients are not installed: run 'npm ci' in tests/clients.");
        else Assert.SkipUnless(isThere, "The npm clients are not installed: run 'npm ci' in tests/clients (needs Node 20 or later).");
        return workspace;
    }
}
