using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Auditing;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Server.Tests.Pipeline;
using Fairlead.Storage;
using Fairlead.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Fairlead.Server.Tests.Commands;

/// <summary><c>fairlead audit</c> as an operator meets it.</summary>
public sealed class AuditCommandTests : IDisposable
{
    private const string Yaml = "store: { ledger: \"sqlite:ledger.db\" }\n";

    private readonly TemporaryFolder _folder = new();

    private string File => _folder.File("fairlead.yaml");

    private string Ledger => _folder.File("ledger.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Verify_Untouched_EndsWithNought()
    {
        await WriteAsync(3);

        var run = await RunAsync("verify", "-c", File);
        var json = JsonNode.Parse((await RunAsync("verify", "-c", File, "--json")).Output)!;

        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.StartsWith("Good: 3 records, the last of 20", run.Output, StringComparison.Ordinal);
        Assert.Contains("No checkpoint was given", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MACs were not checked", run.Output, StringComparison.Ordinal);
        Assert.Equal((true, 3, true), (json["valid"]!.GetValue<bool>(), json["records"]!.GetValue<int>(), json["macs_checked"]!.GetValue<bool>()));
        Assert.Null(json["finding"]);
        Assert.Equal(3, json["last"]!["seq"]!.GetValue<int>());
    }

    [Fact]
    public async Task Verify_Changed_EndsWithOneAndSaysWhere()
    {
        await WriteAsync(3);
        Execute("UPDATE audit SET actor = 'eve' WHERE seq = 2");

        var run = await RunAsync("verify", "-c", File);
        var json = JsonNode.Parse((await RunAsync("verify", "-c", File, "--json")).Output)!;

        Assert.Equal(1, run.Code);
        Assert.StartsWith("TAMPERED at 2 (changed): record 2 was changed: its hash does not fit what it says.", run.Output, StringComparison.Ordinal);
        Assert.Equal(("changed", 2), (json["finding"]!["kind"]!.GetValue<string>(), json["finding"]!["seq"]!.GetValue<int>()));
        Assert.Equal(1, json["records"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    public async Task Verify_ExportWithoutARecord_CannotTell(string content)
    {
        _folder.Write("export.jsonl", content);

        var run = await RunAsync("verify", "--file", _folder.File("export.jsonl"));

        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Contains("there is nothing to verify", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_WithoutTheKey_SaysThatMacsAreNotChecked()
    {
        await WriteAsync(3);
        System.IO.File.Move(StoreKey.FileOf(Ledger), _folder.File("elsewhere.key"));

        var without = await RunAsync("verify", "--ledger", Ledger);
        var with = await RunAsync("verify", "--ledger", Ledger, "--key-file", _folder.File("elsewhere.key"));

        Assert.Equal((0, 0), (without.Code, with.Code));
        Assert.Contains("MACs were not checked", without.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MACs were not checked", with.Output, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(StoreKey.FileOf(Ledger))); // and none is made
    }

    [Fact]
    public async Task Verify_KeyOfTheConfiguration_IsReadWhereItIs()
    {
        _folder.Write("store.key", "0123456789abcdef-store");
        _folder.Write("fairlead.yaml", "store: { ledger: \"sqlite:ledger.db\", key: \"file:store.key\" }\n" + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        await WriteAsync(3, new Secret("file:store.key", "0123456789abcdef-store"));

        var configured = await RunAsync("verify", "-c", File);
        var named = await RunAsync("verify", "--ledger", Ledger, "--key", "file:" + _folder.File("store.key"));
        _folder.Write("store.key", "another-0123456789abcdef");
        var wrong = await RunAsync("verify", "-c", File);

        Assert.Equal((0, 0, 1), (configured.Code, named.Code, wrong.Code));
        Assert.DoesNotContain("MACs were not checked", configured.Output + named.Output, StringComparison.Ordinal);
        Assert.StartsWith("TAMPERED at 1 (forged)", wrong.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_EndCutOff_IsFoundByACheckpoint()
    {
        await WriteAsync(3);
        var (records, key) = await ReadAsync();
        await System.IO.File.WriteAllTextAsync(
            _folder.File("checkpoints"), AuditJson.Line(json => AuditJson.Write(json, AuditCheckpoint.Of(records[2].At, records[2], key.Derive(AuditCheckpoint.KeyPurpose)))) + "\n");

        var before = await RunAsync("verify", "-c", File, "--checkpoint", _folder.File("checkpoints"));
        Execute("DELETE FROM audit WHERE seq = 3; UPDATE sqlite_sequence SET seq = 2 WHERE name = 'audit'");
        var without = await RunAsync("verify", "-c", File);
        var after = await RunAsync("verify", "-c", File, "--checkpoint", _folder.File("checkpoints"));

        Assert.Equal((0, 0, 1), (before.Code, without.Code, after.Code));
        Assert.Contains("1 checkpoint met", before.Output, StringComparison.Ordinal);
        Assert.StartsWith("TAMPERED at 3 (cut_off)", after.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_CheckpointThatIsNone_EndsWithTwo()
    {
        await WriteAsync(3);
        var (records, key) = await ReadAsync();
        var checkpoint = AuditCheckpoint.Of(records[1].At, records[1], key.Derive(AuditCheckpoint.KeyPurpose));
        var line = AuditJson.Line(json => AuditJson.Write(json, checkpoint));
        var runs = new List<CommandRun>();
        foreach (var text in new[] { "", "{}", "hello", line + "\n" + line.Replace("\"seq\":2", "\"seq\":1", StringComparison.Ordinal), line.Replace("\"seq\":2", "\"seq\":2,\"seq\":2", StringComparison.Ordinal), line.Replace("\"seq\":2", "\"seq\":99999999999999999999", StringComparison.Ordinal) })
        {
            await System.IO.File.WriteAllTextAsync(_folder.File("checkpoints"), text);
            runs.Add(await RunAsync("verify", "-c", File, "--checkpoint", _folder.File("checkpoints")));
        }

        Assert.All(runs, run => Assert.Equal((2, ""), (run.Code, run.Output)));
        Assert.Contains("has no checkpoint", runs[0].Errors, StringComparison.Ordinal);
        Assert.Contains("checkpoints(1) is no checkpoint", runs[1].Errors, StringComparison.Ordinal);
        Assert.Contains("checkpoints(2) was not made with this store's key", runs[3].Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_IsVerifiedAsTheLogIs()
    {
        await WriteAsync(5);
        var export = await RunAsync("export", "-c", File);
        var lines = export.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((0, 5), (export.Code, lines.Length));

        await AssertAsync(lines, 0, "Good: 5 records");
        await AssertAsync([.. lines[..2], lines[2].Replace("\"admin\"", "\"eve\"", StringComparison.Ordinal), .. lines[3..]], 1, "TAMPERED at 3 (changed)");
        await AssertAsync([.. lines[..2], .. lines[3..]], 1, "TAMPERED at 3 (removed)");
        await AssertAsync([lines[0], lines[2], lines[1], .. lines[3..]], 1, "TAMPERED at 2 (reordered)");
        await AssertAsync([.. lines, lines[1]], 1, "TAMPERED at 2 (inserted)");
        await AssertAsync([.. lines[..4], "{}"], 1, "TAMPERED at 5 (changed)");
        await AssertAsync([.. lines[..4], lines[4][..^1] + ",\"more\":1}"], 1, "TAMPERED at 5 (changed)");
        await AssertAsync([.. lines[..4], lines[4].Replace("Z\"", "+00:00\"", StringComparison.Ordinal)], 1, "TAMPERED at 5 (changed)");

        async Task AssertAsync(string[] text, int code, string begin)
        {
            await System.IO.File.WriteAllLinesAsync(_folder.File("export"), text);
            var run = await RunAsync("verify", "-c", File, "--file", _folder.File("export"));
            Assert.StartsWith(begin, run.Output, StringComparison.Ordinal);
            Assert.Equal((code, ""), (run.Code, run.Errors));
        }
    }

    [Fact]
    public async Task List_IsTheNewestFirstAndHarmless()
    {
        await WriteAsync(3, null, "\u001b[31mred");

        var table = await RunAsync("list", "-c", File, "--last", "2");
        var json = JsonNode.Parse((await RunAsync("list", "-c", File, "--json")).Output)!.AsArray();

        Assert.Equal((0, ""), (table.Code, table.Errors));
        Assert.DoesNotContain('\u001b', table.Output);
        Assert.Contains("[31mred", table.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("key-1", table.Output, StringComparison.Ordinal);
        Assert.Equal([3, 2, 1], json.Select(record => record!["seq"]!.GetValue<int>()));
        Assert.Equal("key.create", json[0]!["action"]!.GetValue<string>());
    }

    [Fact]
    public async Task WhatIsNotThere_EndsWithTwo()
    {
        var noFile = await RunAsync("verify", "-c", File);
        _folder.Write("fairlead.yaml", Yaml + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        var noLedger = await RunAsync("verify", "-c", File);
        await System.IO.File.WriteAllBytesAsync(Ledger, Encoding.UTF8.GetBytes(new string('x', 5000)));
        var noDatabase = await RunAsync("list", "-c", File);
        var badLast = await RunAsync("list", "-c", File, "--last", "0");
        var badKey = await RunAsync("verify", "--ledger", Ledger, "--key", "0123456789abcdef");
        var noKey = await RunAsync("verify", "--ledger", Ledger, "--key", "env:FAIRLEAD_NO_SUCH_KEY");
        var noKeyFile = await RunAsync("verify", "--ledger", Ledger, "--key-file", _folder.File("none"));
        var noExport = await RunAsync("verify", "-c", File, "--file", _folder.File("none"));
        _folder.Write("fairlead.yaml", "store: { ledger: \":memory:\" }\n" + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        var inMemory = await RunAsync("verify", "-c", File);

        Assert.All([noFile, noLedger, noDatabase, badLast, badKey, noKey, noKeyFile, noExport, inMemory], run => Assert.Equal(2, run.Code));
        Assert.Contains("There is no ledger", noLedger.Errors, StringComparison.Ordinal);
        Assert.Contains("cannot be read", noDatabase.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789abcdef", badKey.Errors, StringComparison.Ordinal);
        Assert.Contains("no value in env:FAIRLEAD_NO_SUCH_KEY", noKey.Errors, StringComparison.Ordinal);
        Assert.Contains("keeps its ledger in memory", inMemory.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kill_AfterAChangeWasAnswered_LeavesItsRecordAndTheChainGoesOn()
    {
        var content = "listen: \"http://127.0.0.1:0\"\n" + Yaml + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1");
        _folder.Write("fairlead.yaml", content);
        for (var round = 1; round <= 3; round++)
        {
            await using var gateway = FairleadProcess.Start(_folder.Path, null, "serve");
            using var client = new HttpClient { BaseAddress = await gateway.ListeningAsync() };
            using var got = await client.GetAsync("admin/v1/config");
            using var put = await client.SendAsync(new HttpRequestMessage(HttpMethod.Put, "admin/v1/config")
            {
                Content = new StringContent($"{content}\n# {round}", Encoding.UTF8),
                Headers = { { "if-match", got.Headers.ETag!.Tag }, { "x-fairlead-author", $"ada-{round}" } },
            });
            gateway.Kill();
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
            await gateway.EndedAsync();

            var (records, _) = await ReadAsync();
            Assert.Equal(("configuration.apply", $"ada-{round}"), (records[^1].Entry.Action, records[^1].Entry.Actor));
            Assert.Equal(2 * round, records.Count); // a start and a change each; no stop
        }

        Assert.StartsWith("Good: 6 records", (await RunAsync("verify", "-c", File)).Output, StringComparison.Ordinal);
    }

    private static Task<CommandRun> RunAsync(params string[] arguments) => CommandRun.OfAsync(["audit", .. arguments]);

    private async Task WriteAsync(int count, Secret? key = null, string reason = "they asked")
    {
        if (!System.IO.File.Exists(File)) _folder.Write("fairlead.yaml", Yaml + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        await using var ledger = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = Ledger }, TimeProvider.System, CancellationToken.None);
        var log = ledger.AuditWith(StoreKey.Open(new StoreSettings(Ledger, LedgerDurability.Group) { Key = key }));
        for (var number = 1; number <= count; number++) await log.AppendAsync(new AuditEntry("key.create", "admin", $"key-{number}") { Reason = reason }, CancellationToken.None);
    }

    private async Task<(List<AuditRecord> Records, StoreKey Key)> ReadAsync()
    {
        await using var reader = await SqliteAuditReader.OpenAsync(Ledger, CancellationToken.None);
        var records = new List<AuditRecord>();
        await reader.ReadAsync(records.Add, CancellationToken.None);
        return (records, StoreKey.Open(new StoreSettings(Ledger, LedgerDurability.Group)));
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Ledger};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
