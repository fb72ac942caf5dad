using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Simulator;
using Fairlead.Simulator.Books;
using Fairlead.Tests;
using Microsoft.Data.Sqlite;

namespace Fairlead.Server.Tests.Invariants;

/// <summary>
/// Many clients against three simulated vendors under every kind of fault, then one oracle over four histories: what the clients saw, what
/// the vendors were sent and billed, what the ledger says, what the metrics say. One counter-example fails the run.
/// </summary>
public sealed partial class FaultStormTests
{
    private static readonly string[] Faults =
    [
        "status 500 share=4%", "status 503 share=4%", "status 429 retry-after=1 share=4%", "status 401 share=1%", "status 404 share=1%",
        "malformed html share=2%", "malformed cut share=2%", "truncate 1 share=2%", "truncate 4 share=3%", "truncate 6 clean share=2%", "reset 1 share=2%", "reset 5 share=3%",
        "error 1 code=server_is_overloaded share=2%", "error 5 code=server_error share=3%", "split 1 share=4%", "split 7 share=4%", "no-done share=2%", "no-usage share=2%",
        "content-type text/plain share=1%",
    ];

    [Theory]
    [InlineData(1, false, "openai-compatible")]
    [InlineData(2, true, "openai-compatible")]
    [InlineData(3, false, "anthropic")]
    [InlineData(4, true, "anthropic")]
    public async Task Storm_FourHistories_Agree(int seed, bool clientsLeave, string secondKind)
    {
        var requests = SharedFolder.IsLarge ? 25_000 : 2_500; // ten thousand over the four seeds, a hundred thousand at large
        using var folder = new TemporaryFolder();
        await using var vendors = await Vendors.StartAsync(Faults, logged: 6 * requests);
        await using var gateway = await StartAsync(folder, vendors, secondKind);
        var random = new Random(seed);
        var plans = Enumerable.Range(0, requests).Select(_ => (
            IsStream: random.Next(3) > 0,
            Model: random.Next(10) == 0 ? "third" : "m",
            Leave: clientsLeave && random.Next(8) == 0 ? random.Next(2) * random.Next(1, 1500) : (int?)null)).ToList();
        var entries = new ConcurrentBag<ClientEntry>();
        await Parallel.ForEachAsync(plans, new ParallelOptions { MaxDegreeOfParallelism = 48 }, async (plan, _) =>
            entries.Add(await StormClient.AskAsync(gateway.Client, plan.IsStream, plan.Model, plan.Leave)));

        await SettledAsync(gateway, vendors);
        await new Oracle(gateway, vendors, folder, entries).JudgeAsync();
        // The storm has to have been one, or the test says nothing.
        Assert.True(entries.Count(entry => entry.Ending == ClientEnding.Answered) > requests / 2);
        Assert.Contains(entries, entry => entry.Ending == ClientEnding.Broken);
        Assert.Equal(clientsLeave, entries.Any(entry => entry.Ending == ClientEnding.Left));
        SharedFolder.Report($"invariants under faults, seed {seed}: requests without a counter-example", requests, requests);
    }

    [Fact]
    public async Task Calm_LedgerEqualsTheVendorsBills_ToTheNanoDollar()
    {
        using var folder = new TemporaryFolder();
        await using var vendors = await Vendors.StartAsync([], logged: 10_000);
        await using var gateway = await StartAsync(folder, vendors);
        var entries = new ConcurrentBag<ClientEntry>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 600), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
            entries.Add(await StormClient.AskAsync(gateway.Client, i % 2 == 0, i % 5 == 0 ? "third" : "m", null)));

        await SettledAsync(gateway, vendors);
        await new Oracle(gateway, vendors, folder, entries).JudgeAsync();
        Assert.All(entries, entry => Assert.Equal(ClientEnding.Answered, entry.Ending));
        var billed = vendors.All.Sum(vendor => vendor.Bill.Total);
        Assert.True(billed > 0);
        Assert.Equal(billed, Query(folder, "SELECT sum(cost_nanousd) FROM attempts"));
        Assert.Equal(0, Query(folder, "SELECT count(*) FROM attempts WHERE usage_source <> 'reported'"));
    }

    [Fact]
    public async Task VendorThatBreaksUnderLoad_CostsNoClientItsAnswer()
    {
        using var folder = new TemporaryFolder();
        await using var vendors = await Vendors.StartAsync([], logged: 10_000);
        await using var gateway = await StartAsync(folder, vendors);
        var first = vendors.East;
        var entries = new ConcurrentBag<ClientEntry>();
        var asked = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 400), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, _) =>
        {
            var number = Interlocked.Increment(ref asked);
            if (number == 100) await first.BreakAsync();
            if (number == 300) await first.RestoreAsync();
            entries.Add(await StormClient.AskAsync(gateway.Client, isStream: false, "m", null));
        });

        await SettledAsync(gateway, vendors);
        await new Oracle(gateway, vendors, folder, entries).JudgeAsync();
        Assert.All(entries, entry => Assert.Equal(ClientEnding.Answered, entry.Ending));
        Assert.Contains(entries, entry => entry.Text.Contains("west#", StringComparison.Ordinal));
    }

    private static Task<RunningGateway> StartAsync(TemporaryFolder folder, Vendors vendors, string secondKind = "openai-compatible") =>
        RunningGateway.StartAsync(Configuration(folder, vendors, secondKind), environment: new Dictionary<string, string> { ["VENDOR"] = "vendor-key" });

    /// <summary>With a second vendor of Anthropic's dialect a failover is a translation, and so is the answer.</summary>
    private static string Configuration(TemporaryFolder folder, Vendors vendors, string secondKind) => $$"""
        providers:
          east: { kind: openai-compatible, base_url: "{{vendors.East.BaseAddress}}" }
          west: { kind: {{secondKind}}, base_url: "{{vendors.West.BaseAddress}}", keys: ["env:VENDOR"] }
          home: { kind: openai-compatible, base_url: "{{vendors.Home.BaseAddress}}" }
        targets:
          first: { provider: east, model: sim-large, price: { input: 2.50, output: 10.00 } }
          second: { provider: west, model: sim-large, price: { input: 3.17, output: 12.11 } }
          third: { provider: home, model: sim-small, price: { input: 0.10, output: 0.43 } }
        aliases: { m: auto }
        defaults: { timeouts: { connect: 20s, headers: 20s, first_token: 20s, gap: 20s, deadline: 60s }, retries: 1 }
        routes:
          - name: default
            tiers: [ { name: one, use: [first] }, { name: two, use: [second] }, { name: three, use: [third] } ]
        budgets:
          - { name: all, limit: $100000, per: month }
          - { name: targets, each: target, limit: $100000, per: day }
        limits: [ { name: tenants, each: tenant, rpm: 100000000, tpm: 1000000000, concurrent: 100000 } ]
        store: { ledger: "sqlite:{{folder.File("ledger.db")}}" }
        """;

    /// <summary>Waits until everything that ran has ended everywhere: vendors have no open request, the ledger no open intent.</summary>
    private static async Task SettledAsync(RunningGateway gateway, Vendors vendors)
    {
        for (var tries = 0; tries < 500; tries++)
        {
            await gateway.Host.Ledger.FlushAsync();
            var isOpen = vendors.All.Any(vendor => vendor.Log.Open > 0);
            if (!isOpen && gateway.Host.InFlight == 0) return;
            await Task.Delay(20);
        }

        Assert.Fail("Something is still open.");
    }

    private static long Query(TemporaryFolder folder, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={folder.File("ledger.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    /// <summary>Three vendors whose logs forget nothing, billing in nano-dollars what the configuration says in dollars.</summary>
    private sealed class Vendors : IAsyncDisposable
    {
        public required SimulatedVendor East { get; init; }

        public required SimulatedVendor West { get; init; }

        public required SimulatedVendor Home { get; init; }

        public IReadOnlyList<SimulatedVendor> All => [East, West, Home];

        public static async Task<Vendors> StartAsync(IReadOnlyList<string> faults, int logged)
        {
            async Task<SimulatedVendor> VendorAsync(string name, long input, long output)
            {
                var vendor = await SimulatedVendor.StartAsync(
                    new SimulatedVendorOptions
                    {
                        Name = name,
                        FirstTokenLatency = Distribution.Parse("uniform 0ms..4ms"),
                        TokensPerSecond = Distribution.Parse("uniform 2000..8000"),
                        InputNanoDollarsPerMillionTokens = input,
                        OutputNanoDollarsPerMillionTokens = output,
                        LoggedRequests = logged,
                        LoggedBodyBytes = 0,
                    },
                    TimeProvider.System);
                foreach (var fault in faults) vendor.Faults.Add(SimulatedFault.Parse(fault));
                return vendor;
            }

            return new Vendors
            {
                East = await VendorAsync("east", 2_500_000_000, 10_000_000_000),
                West = await VendorAsync("west", 3_170_000_000, 12_110_000_000),
                Home = await VendorAsync("home", 100_000_000, 430_000_000),
            };
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var vendor in All) await vendor.DisposeAsync();
        }
    }

    /// <summary>Joins the histories.</summary>
    private sealed class Oracle(RunningGateway gateway, Vendors vendors, TemporaryFolder folder, IReadOnlyCollection<ClientEntry> entries)
    {
        private readonly List<string> _defects = [];

        public async Task JudgeAsync()
        {
            // INV-01 to 04: one outcome each, nothing spliced, nothing lost, no false finish.
            foreach (var entry in entries.Where(entry => entry.Ending == ClientEnding.Wrong)) _defects.Add($"{entry.Id}: {entry.Defect}");

            var sends = vendors.All
                .SelectMany(vendor => vendor.Log.Requests.Where(request => request.Path is "/v1/chat/completions" or "/v1/messages"))
                .ToDictionary(request => request.Stamp);
            var attributed = new HashSet<string>(StringComparer.Ordinal);
            foreach (var entry in entries.Where(entry => entry.Id is not null))
            {
                using var response = await gateway.Client.GetAsync("v1/requests/" + entry.Id);
                if (!response.IsSuccessStatusCode)
                {
                    // A client that left before its request was accepted has none.
                    if (entry.Ending != ClientEnding.Left) _defects.Add($"{entry.Id}: no record");
                    continue;
                }

                Judge(entry, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject(), sends, attributed);
            }

            JudgeRows(sends);
            JudgeBudgets(JsonNode.Parse(await gateway.Client.GetStringAsync("admin/v1/budgets"))!["budgets"]!.AsArray());
            JudgeMetrics(await gateway.Client.GetStringAsync("metrics"));
            Assert.True(_defects.Count == 0, $"{_defects.Count} counter-examples, among them:\n" + string.Join('\n', _defects.Take(20)));
        }

        private void Judge(ClientEntry entry, JsonObject record, Dictionary<string, LoggedRequest> sends, HashSet<string> attributed)
        {
            var state = record["state"]!.GetValue<string>();
            var isAgreed = entry.Ending switch
            {
                ClientEnding.Answered => state == "answered",
                ClientEnding.Refused or ClientEnding.Broken => state == "failed",
                ClientEnding.Left => state is "client_gone" or "answered" or "failed", // it may have ended before the client was known to be gone
                _ => true,
            };
            if (!isAgreed) _defects.Add($"{entry.Id}: the client saw {entry.Ending}, the ledger says {state}");

            var attempts = record["attempts"]!.AsArray();
            if (attempts.Count > 5) _defects.Add($"{entry.Id}: {attempts.Count} sends over three tiers");
            foreach (var attempt in attempts)
            {
                // The vendor's own id says which of its requests the attempt was: chatcmpl-east-12, msg_east_12 or req_east_12.
                var upstream = attempt!["upstream_id"]?.GetValue<string>();
                if (upstream is null) continue;
                var match = UpstreamId().Match(upstream);
                var stamp = match.Groups[1].Value + "#" + match.Groups[2].Value;
                if (!sends.TryGetValue(stamp, out var send)) _defects.Add($"{entry.Id}: attempt {stamp} was never sent");
                else if (!attributed.Add(stamp)) _defects.Add($"{entry.Id}: {stamp} stands in the ledger twice");
                else JudgeMoney(entry, attempt, send);
            }

            if (entry.Ending != ClientEnding.Answered) return;
            StormClient.Stamps(entry.Text, out var stamps);
            var answering = attempts[^1]!["upstream_id"]?.GetValue<string>();
            if (answering is null || !answering.Replace('_', '-').EndsWith(stamps.Single().Replace('#', '-'), StringComparison.Ordinal)) _defects.Add($"{entry.Id}: answered by {stamps.Single()}, the ledger says {answering}");
        }

        /// <summary>INV-06: what the vendor billed is in the ledger, once and exactly, wherever its usage arrived; else it is marked.</summary>
        private void JudgeMoney(ClientEntry entry, JsonNode attempt, LoggedRequest send)
        {
            var source = attempt["usage"]?["source"]?.GetValue<string>();
            var cost = attempt["cost_usd"]?.GetValue<string>();
            if (source == "reported" && Nano(cost) != send.NanoDollars) _defects.Add($"{entry.Id}: {send.Stamp} billed {send.NanoDollars}, the ledger says {cost}");
            if (source is null && send.NanoDollars != 0) _defects.Add($"{entry.Id}: {send.Stamp} billed {send.NanoDollars} ({send.Ending}, {send.Fault}), the ledger says nothing was");
            if (source == "estimated" && Nano(cost) == 0) _defects.Add($"{entry.Id}: {send.Stamp} is estimated at nothing");
        }

        /// <summary>INV-05: one row per accepted request, one per send.</summary>
        private void JudgeRows(Dictionary<string, LoggedRequest> sends)
        {
            var ids = entries.Where(entry => entry.Id is not null && entry.Ending != ClientEnding.Left).Select(entry => entry.Id!).ToList();
            if (ids.Distinct().Count() != ids.Count) _defects.Add("two requests have one id");
            var rows = Query(folder, "SELECT count(*) FROM requests");
            var left = entries.Count(entry => entry.Ending == ClientEnding.Left);
            if (rows < ids.Count || rows > ids.Count + left) _defects.Add($"{rows} rows for {ids.Count} accepted requests and {left} that were left");
            if (Query(folder, "SELECT count(*) FROM open_requests") != 0) _defects.Add("requests without a settlement");
            // A connection that was refused was never seen; nor need be one that was left before its bytes arrived.
            var unseen = Query(folder, "SELECT count(*) FROM attempts WHERE failure = 'connect_failed'");
            var uncertain = Query(folder, "SELECT count(*) FROM attempts WHERE failure IN ('client_gone', 'connection_reset')");
            var attempts = Query(folder, "SELECT count(*) FROM attempts") - unseen;
            if (sends.Count > attempts || sends.Count < attempts - uncertain) _defects.Add($"{sends.Count} sends seen, {attempts} attempts in the ledger ({uncertain} of them uncertain)");
        }

        /// <summary>INV-09: nothing stays held, and what is enforced is what is recorded.</summary>
        private void JudgeBudgets(JsonArray budgets)
        {
            foreach (var account in budgets.SelectMany(budget => budget!["accounts"]!.AsArray()))
            {
                if (account!["reserved_usd"]!.GetValue<string>() != "0") _defects.Add($"a budget still holds something: {account.ToJsonString()}");
                var target = account["account"]?.GetValue<string>();
                var recorded = Query(folder, "SELECT coalesce(sum(cost_nanousd), 0) FROM attempts" + (target is null ? "" : $" WHERE target = '{target}'"));
                if (Nano(account["spent_usd"]!.GetValue<string>()) != recorded) _defects.Add($"a budget has spent {account["spent_usd"]}, the ledger {recorded}: {target}");
            }
        }

        /// <summary>INV-33: the counters agree with the ledger.</summary>
        private void JudgeMetrics(string metrics)
        {
            var counted = Sum(metrics, "fairlead_requests_total");
            var rows = Query(folder, "SELECT count(*) FROM requests");
            if (counted != rows) _defects.Add($"{counted} requests in the metrics, {rows} in the ledger");
            var attempts = Sum(metrics, "fairlead_attempts_total");
            var attemptRows = Query(folder, "SELECT count(*) FROM attempts");
            if (attempts != attemptRows) _defects.Add($"{attempts} attempts in the metrics, {attemptRows} in the ledger");
        }

        private static double Sum(string metrics, string name) => metrics.Split('\n')
            .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));

        private static long Nano(string? usd) => usd is null ? -1 : (long)(decimal.Parse(usd, CultureInfo.InvariantCulture) * 1_000_000_000m);
    }

    [GeneratedRegex("(?:chatcmpl-|msg_|req_)([a-z]+)[-_]([0-9]+)$")]
    private static partial Regex UpstreamId();
}
