using System.Globalization;
using Fairlead.Simulator;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Invariants;

/// <summary>
/// Many clients against three simulated vendors under every kind of fault, then one oracle over four histories: what the clients saw, what
/// the vendors were sent and billed, what the ledger says, what the metrics say. One counter-example fails the run.
/// </summary>
public sealed class FaultStormTests : FaultTest
{
    /// <summary>What goes wrong, and for how many in a hundred: a third of all sends.</summary>
    private static readonly (string Fault, double Percent)[] Faults =
    [
        ("status 500", 4), ("status 503", 4), ("status 429 header=\"retry-after-ms: 40\"", 4), ("status 404", 1),
        ("malformed html", 2), ("malformed cut", 2), ("truncate 1", 2), ("truncate 4", 3), ("truncate 6 clean", 2), ("reset 1", 2), ("reset 5", 3),
        ("error 1 code=server_is_overloaded", 2), ("error 5 code=server_error", 3), ("split 1", 4), ("split 7", 4), ("no-done", 2), ("no-usage", 2),
        ("content-type text/plain", 1),
    ];

    [Theory]
    [InlineData(1, false, "openai-compatible")]
    [InlineData(2, true, "openai-compatible")]
    [InlineData(3, false, "anthropic")]
    [InlineData(4, true, "anthropic")]
    public async Task Storm_FourHistories_Agree(int seed, bool clientsLeave, string secondKind)
    {
        var requests = SharedFolder.IsLarge ? 25_000 : 2_500; // ten thousand over the four seeds, a hundred thousand at large
        await StartAsync(FaultsOf(share: 1), logged: 6 * requests, secondKind);
        foreach (var target in new[] { "first", "second", "third" }) await Gateway.SetBreakerAsync(target, "closed"); // none would be sent to for long

        await AskAllAsync(Plans(requests, new Random(seed), clientsLeave, dialects: [StormClient.Chat]));

        await JudgeAsync();
        AssertStormy(requests, clientsLeave);
        SharedFolder.Report($"invariants under faults, seed {seed}: requests without a counter-example", requests, requests);
    }

    /// <summary>The same with second sends beside slow ones, keys that have quotas, a vendor that is down for a while so that its breaker opens, clients of both dialects.</summary>
    [Theory]
    [InlineData(5, "openai-compatible", "")]
    [InlineData(6, "anthropic", "")]
    [InlineData(7, "openai-compatible", "on_break: continue")]
    [InlineData(8, "anthropic", "on_break: continue")]
    public async Task StormWithHedgesBreakersAndQuotas_FourHistories_Agree(int seed, string secondKind, string onBreak)
    {
        var requests = SharedFolder.IsLarge ? 25_000 : 2_500;
        // A model that two answers in a row call gone is left alone for longer than a storm takes: one of each vendor's.
        await StartAsync([.. FaultsOf(share: 0.3).Where(fault => !fault.StartsWith("status 404", StringComparison.Ordinal)), "status 404 times=1", "slower x30 share=5%"], logged: 6 * requests, secondKind, $"hedge: {{ after: 30ms, at_most: 20% }}\n    {onBreak}", quota: "rpm=600");
        var first = Vendors[0];

        await AskAllAsync(Plans(requests, new Random(seed), clientsLeave: true, dialects: [StormClient.Chat, StormClient.Messages]), async number =>
        {
            if (number == requests / 4) await first.BreakAsync();
            if (number == requests / 2) await first.RestoreAsync();
        });

        await JudgeAsync();
        AssertStormy(requests, clientsLeave: true);
        var metrics = await Gateway.Client.GetStringAsync("metrics");
        Assert.Matches("fairlead_breaker_opened_total\\{[^}]*cause=\"failures\"[^}]*fairlead_target=\"first\"", metrics);
        Assert.Contains("fairlead_hedges_total{", metrics, StringComparison.Ordinal);
        Assert.Equal(onBreak.Length > 0, Entries.Any(entry => entry.Sources.Count == 2));
        var rows = await Oracle.RowsAsync(Gateway, areAttempts: true);
        Assert.Contains(rows, row => row.Text("failure") == "hedge_lost");
        SharedFolder.Report($"invariants under faults with hedges, breakers and quotas, seed {seed}: requests without a counter-example", requests, requests);
    }

    [Fact]
    public async Task Calm_LedgerEqualsTheVendorsBills_ToTheNanoDollar()
    {
        await StartAsync([], logged: 10_000);

        await AskAllAsync([.. Enumerable.Range(0, 600).Select(i => new ClientQuestion(i % 2 == 0, i % 5 == 0 ? "third" : "m"))]);

        await JudgeAsync();
        Assert.All(Entries, entry => Assert.Equal(ClientEnding.Answered, entry.Ending));
        var billed = Vendors.Sum(vendor => vendor.Bill.Total);
        Assert.True(billed > 0);
        var rows = await Oracle.RowsAsync(Gateway, areAttempts: true);
        Assert.Equal(billed, rows.Sum(row => row.Number("cost_usd")));
        Assert.All(rows, row => Assert.Equal("reported", row.Text("usage_source")));
    }

    [Fact]
    public async Task VendorThatBreaksUnderLoad_CostsNoClientItsAnswer()
    {
        await StartAsync([], logged: 10_000);
        var first = Vendors[0];

        await AskAllAsync([.. Enumerable.Repeat(new ClientQuestion(IsStream: false), 400)], async number =>
        {
            if (number == 100) await first.BreakAsync();
            if (number == 300) await first.RestoreAsync();
        });

        await JudgeAsync();
        Assert.All(Entries, entry => Assert.Equal(ClientEnding.Answered, entry.Ending));
        Assert.Contains(Entries, entry => entry.Text.Contains("west#", StringComparison.Ordinal));
    }

    private static IEnumerable<string> FaultsOf(double share) => Faults.Select(fault => string.Create(CultureInfo.InvariantCulture, $"{fault.Fault} share={fault.Percent * share}%"));

    private static List<ClientQuestion> Plans(int requests, Random random, bool clientsLeave, string[] dialects) => [.. Enumerable.Range(0, requests).Select(_ =>
        new ClientQuestion(random.Next(3) > 0, random.Next(10) == 0 ? "third" : "m")
        {
            LeaveAfterBytes = clientsLeave && random.Next(8) == 0 ? random.Next(2) * random.Next(1, 1500) : null,
            Dialect = dialects[random.Next(dialects.Length)],
        })];

    /// <summary>Asks everything, 48 at a time; before each the number of the request is told.</summary>
    private Task AskAllAsync(IReadOnlyList<ClientQuestion> questions, Func<int, Task>? before = null)
    {
        var asked = 0;
        return Parallel.ForEachAsync(questions, new ParallelOptions { MaxDegreeOfParallelism = 48 }, async (question, _) =>
        {
            if (before is not null) await before(Interlocked.Increment(ref asked));
            await AskAsync(question);
        });
    }

    /// <summary>The storm has to have been one, or the test says nothing.</summary>
    private void AssertStormy(int requests, bool clientsLeave)
    {
        Assert.True(Entries.Count(entry => entry.Ending == ClientEnding.Answered) > requests / 2, string.Join(", ", Entries.CountBy(entry => entry.Ending + " " + entry.Error?.Code)));
        Assert.Contains(Entries, entry => entry.Ending == ClientEnding.Broken);
        Assert.Equal(clientsLeave, Entries.Any(entry => entry.Ending == ClientEnding.Left));
    }

    /// <summary>Three vendors that bill in nano-dollars what the configuration says in dollars; with a second one of Anthropic's dialect a failover is a translation.</summary>
    private async Task StartAsync(IEnumerable<string> faults, int logged, string secondKind = "openai-compatible", string route = "", string? quota = null)
    {
        MostSends = 5; // three tiers, and two
        var east = await NamedAsync("east", 2_500_000_000, 10_000_000_000, quota);
        var west = await NamedAsync("west", 3_170_000_000, 12_110_000_000, null);
        var home = await NamedAsync("home", 100_000_000, 430_000_000, null);
        await StartAsync(
            $$"""
            providers:
              east: { kind: openai-compatible, base_url: "{{east.BaseAddress}}", keys: ["env:ONE", "env:TWO"] }
              west: { kind: {{secondKind}}, base_url: "{{west.BaseAddress}}", keys: ["env:VENDOR"] }
              home: { kind: openai-compatible, base_url: "{{home.BaseAddress}}" }
            targets:
              first: { provider: east, model: sim-large, prefill: plain, price: { input: 2.50, output: 10.00 } }
              second: { provider: west, model: sim-large, prefill: plain, price: { input: 3.17, output: 12.11 } }
              third: { provider: home, model: sim-small, prefill: plain, price: { input: 0.10, output: 0.43 } }
            aliases: { m: auto }
            defaults: { timeouts: { {{Patient}} }, retries: 1 }
            routes:
              - name: default
                {{route}}
                tiers: [ { name: one, use: [first] }, { name: two, use: [second] }, { name: three, use: [third] } ]
            budgets:
              - { name: all, limit: $100000, per: month }
              - { name: targets, each: target, limit: $100000, per: day }
            limits: [ { name: tenants, each: tenant, rpm: 100000000, tpm: 1000000000, concurrent: 100000 } ]
            """,
            new Dictionary<string, string> { ["VENDOR"] = "vendor-key", ["ONE"] = "first-key-value", ["TWO"] = "second-key-value" });

        // Once, and of one key of two: a key that is not accepted is left alone for longer than a storm takes.
        if (quota is not null) east.Faults.Add(SimulatedFault.Parse("status 401 key=second-key-value times=1"));

        Task<SimulatedVendor> NamedAsync(string name, long input, long output, string? quota) => VendorAsync(
            new SimulatedVendorOptions
            {
                Name = name,
                FirstTokenLatency = Distribution.Parse("uniform 0ms..4ms"),
                TokensPerSecond = Distribution.Parse("uniform 2000..8000"),
                InputNanoDollarsPerMillionTokens = input,
                OutputNanoDollarsPerMillionTokens = output,
                Quotas = quota is null ? [] : [SimulatedQuota.Parse(quota)],
                LoggedRequests = logged,
                LoggedBodyBytes = 0,
            },
            faults);
    }
}
