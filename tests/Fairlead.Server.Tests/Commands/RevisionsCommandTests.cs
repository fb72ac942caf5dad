using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Commands;

/// <summary><c>fairlead revisions</c> as an operator meets it, beside the gateway that runs.</summary>
public sealed class RevisionsCommandTests
{
    private const string Head = "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \"sqlite:data/ledger.db\" }\n";

    [Fact]
    public async Task Revisions_BesideARunningGateway_AreListedShownComparedAndRolledBack()
    {
        using var folder = new TemporaryFolder();
        var (old, changed) = (Configuration("http://127.0.0.1:9/v1"), Configuration("http://127.0.0.1:10/v1"));
        folder.Write("fairlead.yaml", old);
        await using var gateway = FairleadProcess.Start(folder.Path, null, "serve");
        using var client = new HttpClient { BaseAddress = await gateway.ListeningAsync() };
        var first = await RecordedAsync(client, 1);
        using var put = await client.SendAsync(new HttpRequestMessage(HttpMethod.Put, "admin/v1/config")
        {
            Content = new StringContent(changed, Encoding.UTF8),
            Headers = { { "if-match", $"\"{first}\"" }, { "x-fairlead-author", "Ada" } },
        });
        var second = await RecordedAsync(client, 2);

        var list = await JsonAsync(folder, "list", "--json");
        var show = await JsonAsync(folder, "show", first, "--json");
        var diff = await JsonAsync(folder, "diff", first, "--json");
        var (code, table, errors) = await RunAsync(folder, "list");
        var (_, shown, _) = await RunAsync(folder, "show", second);
        var (_, compared, _) = await RunAsync(folder, "diff", second, "--against", first);
        var (rolledBack, _, _) = await RunAsync(folder, "rollback", first);
        await RecordedAsync(client, 3);

        Assert.Equal([second, first], list.AsArray().Select(recorded => recorded!["revision"]!.GetValue<string>()));
        Assert.Equal("Ada", list[0]!["author"]!.GetValue<string>());
        Assert.Equal(old, show["content"]!.GetValue<string>());
        Assert.Equal((first, second), (diff["revision"]!.GetValue<string>(), diff["against"]!.GetValue<string>()));
        Assert.Equal("provider first-vendor: address now http://127.0.0.1:9/v1 instead of http://127.0.0.1:10/v1", Assert.Single(diff["diff"]!.AsArray())!.GetValue<string>());
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains(first, table, StringComparison.Ordinal);
        Assert.Contains("Ada", table, StringComparison.Ordinal);
        Assert.Contains(changed.TrimEnd(), shown.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("  provider first-vendor: address now http://127.0.0.1:10/v1 instead of http://127.0.0.1:9/v1", compared, StringComparison.Ordinal);
        Assert.Equal(0, rolledBack);
        Assert.Equal(old, await File.ReadAllTextAsync(folder.File("fairlead.yaml")));
        Assert.Equal(first, JsonNode.Parse(await client.GetStringAsync("admin/v1/status"))!["revision"]!.GetValue<string>());
    }

    [Fact]
    public async Task Revisions_WhatIsNotThere_EndsWithItsCode()
    {
        using var folder = new TemporaryFolder();
        var (noFile, _, noFileErrors) = await RunAsync(folder, "list");
        folder.Write("fairlead.yaml", Configuration("http://127.0.0.1:9/v1"));
        var (noLedger, _, noLedgerErrors) = await RunAsync(folder, "list");
        await using (var gateway = FairleadProcess.Start(folder.Path, null, "serve"))
        {
            using var client = new HttpClient { BaseAddress = await gateway.ListeningAsync() };
            await RecordedAsync(client, 1);
        }

        var (unknown, _, unknownErrors) = await RunAsync(folder, "show", "aaaaaaaaaaaa");
        var (wrong, _, _) = await RunAsync(folder, "list", "--limit", "0");
        folder.Write("fairlead.yaml", "providers: { broken");
        var (broken, _, brokenErrors) = await RunAsync(folder, "list");
        var (named, _, _) = await RunAsync(folder, "list", "--ledger", "data/ledger.db");

        Assert.Equal((2, 1, 2, 2, 2, 0), (noFile, noLedger, unknown, wrong, broken, named));
        Assert.Contains("no such file", noFileErrors, StringComparison.Ordinal);
        Assert.Contains("There is no ledger", noLedgerErrors, StringComparison.Ordinal);
        Assert.Contains("'aaaaaaaaaaaa'", unknownErrors, StringComparison.Ordinal);
        Assert.Contains("--ledger", brokenErrors, StringComparison.Ordinal);
    }

    private static string Configuration(string address) => Head + Vendors.Tiers("retries: 0", address);

    /// <summary>The newest revision, once there are as many as expected.</summary>
    private static async Task<string> RecordedAsync(HttpClient client, int expected)
    {
        for (var tries = 0; tries < 3000; tries++)
        {
            var recorded = JsonNode.Parse(await client.GetStringAsync("admin/v1/revisions"))!["revisions"]!.AsArray();
            if (recorded.Count >= expected) return recorded[0]!["revision"]!.GetValue<string>();
            await Task.Delay(10);
        }

        throw new TimeoutException($"There never were {expected} revisions.");
    }

    private static async Task<JsonNode> JsonAsync(TemporaryFolder folder, params string[] arguments)
    {
        var (code, output, errors) = await RunAsync(folder, arguments);
        Assert.Equal((0, ""), (code, errors));
        return JsonNode.Parse(output)!;
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(TemporaryFolder folder, params string[] arguments)
    {
        await using var process = FairleadProcess.Start(folder.Path, null, ["revisions", .. arguments]);
        var code = await process.EndedAsync();
        return (code, process.Output, process.Errors.Trim());
    }
}
