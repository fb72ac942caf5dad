using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Clients;

/// <summary>The npm workspace with real JavaScript clients. A script prints one JSON line per case.</summary>
internal static class NodeWorkspace
{
    /// <summary>Runs a script against a gateway; its cases by name.</summary>
    public static async Task<Dictionary<string, JsonNode>> RunAsync(string script, ServedGateway gateway)
    {
        var folder = Folder();
        var start = new ProcessStartInfo("node") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { script, gateway.Address.ToString(), ServedGateway.Key }) start.ArgumentList.Add(argument);
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, output + await errors);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToDictionary(item => item["name"]!.GetValue<string>());
    }

    /// <summary>The npm workspace with its packages; skips where they are not installed, but in CI that is a failure.</summary>
    private static string Folder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Fairlead.slnx"))) folder = folder.Parent;
        var workspace = Path.Combine(folder?.FullName ?? "", "tests", "clients");
        var isThere = Directory.Exists(Path.Combine(workspace, "node_modules", "@anthropic-ai", "sdk"));
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.True(isThere, "The npm clients are not installed: run 'npm ci' in tests/clients.");
        else Assert.SkipUnless(isThere, "The npm clients are not installed: run 'npm ci' in tests/clients (needs Node 20 or later).");
        return workspace;
    }
}
