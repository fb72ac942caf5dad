using System.Diagnostics;
using System.Text.Json.Nodes;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Clients;

/// <summary>The npm workspaces with real clients.</summary>
internal static class NodeWorkspace
{
    /// <summary>Runs a script against a gateway and its vendors of a dialect. It prints one JSON line per case: its cases by name.</summary>
    public static async Task<Dictionary<string, JsonNode>> RunAsync(string script, string package, ServedGateway gateway, string vendor)
    {
        var folder = Folder("tests/clients", package, isRequired: Environment.GetEnvironmentVariable("CI") == "true");
        var start = Start(folder, script, gateway.Address.ToString(), ServedGateway.Key, vendor);
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, output + await errors);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToDictionary(item => item["name"]!.GetValue<string>());
    }

    /// <summary>The folder of a coding agent's package. Agents are large: only <c>FAIRLEAD_AGENTS=1</c>, which CI sets, makes it a failure that they are not installed.</summary>
    public static string Agent(string package) => Path.Combine(
        Folder("tests/clients/agents", package, isRequired: Environment.GetEnvironmentVariable("FAIRLEAD_AGENTS") == "1"), "node_modules", package);

    /// <summary>A start of node with nothing of the environment but what a process needs: clients read keys, addresses and proxies from it.</summary>
    public static ProcessStartInfo Start(string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.Where(name => name is not ("PATH" or "HOME" or "TMPDIR")).ToList()) start.Environment.Remove(name);
        return start;
    }

    private static string Folder(string path, string package, bool isRequired)
    {
        var folder = Path.Combine(Sources.Root, path);
        var isThere = Directory.Exists(Path.Combine(folder, "node_modules", package));
        var message = $"The npm package {package} is not installed: run 'npm ci' in {path} (needs Node 20 or later).";
        if (isRequired) Assert.True(isThere, message);
        else Assert.SkipUnless(isThere, message);
        return folder;
    }
}
