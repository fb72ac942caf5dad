using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Server.Tests.Commands;
using Fairlead.Simulator;
using Fairlead.Tests;
using Microsoft.Data.Sqlite;

namespace Fairlead.Server.Tests.Invariants;

/// <summary>
/// The real process, ended again and again as a crash would while clients ask (INV-15): what the vendor has billed and what clients have seen is joined
/// with what the ledger has after the next start.
/// </summary>
public sealed partial class KillTests
{
    /// <summary>Far more than the twenty milliseconds that may be lost, so that a machine that is busy elsewhere fails nothing; what was lost is reported.</summary>
    private static readonly TimeSpan SurelyWritten = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData("group", 1)]
    [InlineData("strict", 2)]
    public async Task KilledUnderLoad_TheLedgerHasWhatItMust(string durability, int seed)
    {
        var kills = SharedFolder.IsLarge ? 50 : 5;
        using var folder = new TemporaryFolder();
        await using var vendor = await SimulatedVendor.StartAsync(
            new SimulatedVendorOptions
            {
                Name = "east",
                FirstTokenLatency = Distribution.Parse("uniform 0ms..20ms"),
                TokensPerSecond = Distribution.Parse("uniform 400..4000"),
                InputNanoDollarsPerMillionTokens = 2_500_000_000,
                OutputNanoDollarsPerMillionTokens = 10_000_000_000,
                LoggedRequests = 200_000,
                LoggedBodyBytes = 0,
            },
            TimeProvider.System);
        folder.Write("fairlead.yaml", $$"""
            listen: "http://127.0.0.1:0"
            providers: { east: { kind: openai-compatible, base_url: "{{vendor.BaseAddress}}" } }
            targets: { first: { provider: east, model: sim-large, price: { input: 2.50, output: 10.00 } } }
            aliases: { m: auto }
            defaults: { timeouts: { connect: 30s, headers: 60s, first_token: 60s, gap: 60s } }
            routes: [ { name: default, tiers: [ { use: [first] } ] } ]
            budgets: [ { name: all, limit: $10000, per: month } ]
            store: { ledger: "sqlite:ledger.db", durability: {{durability}} }
            """);
        var random = new Random(seed);
        var answered = new ConcurrentBag<(string Id, long At)>();
        var lost = 0;
        var longestLost = TimeSpan.Zero;
        var longestStart = TimeSpan.Zero;
        for (var kill = 0; kill < kills; kill++)
        {
            var started = Stopwatch.GetTimestamp();
            await using var process = FairleadProcess.Start(folder.Path, null, "serve");
            var address = await process.ListeningAsync();
            if (Stopwatch.GetElapsedTime(started) is var start && start > longestStart) longestStart = start;
            await AgreesAsync(folder, address);
            answered.Clear();
            var killedAt = await LoadUntilKilledAsync(process, address, answered, random);
            while (vendor.Log.Open > 0) await Task.Delay(5);

            var ids = Ids(folder, out var open);
            foreach (var (id, at) in answered.Where(entry => !ids.Contains(entry.Id) && !open.Contains(entry.Id)))
            {
                lost++;
                var age = Stopwatch.GetElapsedTime(at, killedAt);
                if (age > longestLost) longestLost = age;
                Assert.True(durability != "strict", $"{id} was answered {age.TotalMilliseconds} ms before the end, and is not in a strict ledger");
                Assert.True(age < SurelyWritten, $"{id} was answered {age.TotalMilliseconds} ms before the end, and is not in the ledger");
            }

            if (durability == "strict") Assert.All(answered, entry => Assert.Contains(entry.Id, ids)); // settled, not only begun
        }

        await using var last = FairleadProcess.Start(folder.Path, null, "serve");
        await AgreesAsync(folder, await last.ListeningAsync());
        last.Terminate();
        Assert.Equal(0, await last.EndedAsync());

        JudgeMoney(folder, vendor);
        Assert.Equal("ok", Text(folder, "PRAGMA integrity_check"));
        Assert.Equal("0", Text(folder, "SELECT count(*) FROM open_requests"));
        await using var verifying = FairleadProcess.Start(folder.Path, null, "audit", "verify");
        Assert.Equal(0, await verifying.EndedAsync());
        SharedFolder.Figures(string.Create(
            CultureInfo.InvariantCulture,
            $"killed under load, {durability}: {kills} times; answers that the ledger does not know: {lost}, the oldest {longestLost.TotalMilliseconds:0} ms before the end; longest start {longestStart.TotalSeconds:0.0} s"));
    }

    private static async Task<long> LoadUntilKilledAsync(FairleadProcess process, Uri address, ConcurrentBag<(string Id, long At)> answered, Random random)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
        using var stopping = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 12).Select(async i =>
        {
            for (var n = 0; !stopping.IsCancellationRequested; n++)
            {
                var entry = await StormClient.AskAsync(client, isStream: (i + n) % 3 > 0, "m", null);
                if (entry is { Ending: ClientEnding.Answered, Id: { } id }) answered.Add((id, Stopwatch.GetTimestamp()));
                else if (entry.Ending != ClientEnding.Answered) return; // the process is gone
            }
        }).ToList();
        while (answered.Count < 40) await Task.Delay(5);
        await Task.Delay(random.Next(0, 400));
        var at = Stopwatch.GetTimestamp();
        process.Kill();
        await stopping.CancelAsync();
        await Task.WhenAll(clients);
        return at;
    }

    /// <summary>After a start nothing is open and nothing is held, and what the budget has spent is what the ledger says.</summary>
    private static async Task AgreesAsync(TemporaryFolder folder, Uri address)
    {
        using var client = new HttpClient { BaseAddress = address };
        var account = JsonNode.Parse(await client.GetStringAsync("admin/v1/budgets"))!["budgets"]![0]!["accounts"]![0]!;
        Assert.Equal("0", account["reserved_usd"]!.GetValue<string>());
        var spent = decimal.Parse(account["spent_usd"]!.GetValue<string>(), CultureInfo.InvariantCulture) * 1_000_000_000m;
        Assert.Equal(decimal.Parse(Text(folder, "SELECT coalesce(sum(cost_nanousd), 0) FROM attempts"), CultureInfo.InvariantCulture), spent);
        Assert.Equal("0", Text(folder, "SELECT count(*) FROM open_requests"));
    }

    /// <summary>What stands in the ledger as reported is billed so, once; nothing is charged that was not sent.</summary>
    private static void JudgeMoney(TemporaryFolder folder, SimulatedVendor vendor)
    {
        var sends = vendor.Log.Requests.Where(request => request.Path == "/v1/chat/completions").ToDictionary(request => request.Stamp);
        using var connection = Open(folder);
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT upstream_id, cost_nanousd, usage_source FROM attempts WHERE upstream_id IS NOT NULL";
        using var row = query.ExecuteReader();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var reported = 0;
        while (row.Read())
        {
            var stamp = UpstreamId().Replace(row.GetString(0), "east#$1");
            Assert.True(sends.TryGetValue(stamp, out var send), $"{stamp} was never sent");
            Assert.True(seen.Add(stamp), $"{stamp} stands in the ledger twice");
            if (row.GetString(2) != "reported") continue;
            reported++;
            Assert.Equal(send.NanoDollars, row.GetInt64(1));
        }

        Assert.True(reported > 100);
    }

    private static HashSet<string> Ids(TemporaryFolder folder, out HashSet<string> open)
    {
        using var connection = Open(folder);
        open = Read("SELECT id FROM open_requests");
        return Read("SELECT id FROM requests");

        HashSet<string> Read(string sql)
        {
            using var query = connection.CreateCommand();
            query.CommandText = sql;
            using var row = query.ExecuteReader();
            var ids = new HashSet<string>(StringComparer.Ordinal);
            while (row.Read()) ids.Add(row.GetString(0));
            return ids;
        }
    }

    private static string Text(TemporaryFolder folder, string sql)
    {
        using var connection = Open(folder);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture)!;
    }

    private static SqliteConnection Open(TemporaryFolder folder)
    {
        // A write-ahead log that a killed process left is read back by whoever opens the file next, who must be able to write.
        var connection = new SqliteConnection($"Data Source={folder.File("ledger.db")};Pooling=False");
        connection.Open();
        return connection;
    }

    [GeneratedRegex("^chatcmpl-east-([0-9]+)$")]
    private static partial Regex UpstreamId();
}
