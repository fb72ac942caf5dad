using Fairlead.Core.Catalog;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>Costs at another price: differences are written down, once, and nothing is written over.</summary>
public sealed class RerateTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);

    // 10 tokens of input and 5 of output in each attempt: 20 + 20 at the old price, 30 + 50 at the new one.
    private static readonly Price Old = new(2_000_000, 4_000_000, null, null, [], "v1");
    private static readonly Price New = new(3_000_000, 10_000_000, null, null, [], "v2");

    private readonly LedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rerate_AnotherPrice_WritesTheDifferenceOnce()
    {
        await using var ledger = await OpenAsync();
        var ids = new[] { await SettleAsync(ledger, Noon, Priced("mini")), await SettleAsync(ledger, Noon.AddHours(1), Priced("mini"), Priced("other")) };
        await SettleAsync(ledger, Noon.AddDays(1), Priced("mini")); // behind the range
        var before = _folder.Rows("SELECT * FROM attempts");
        var raised = 0;
        ledger.CostsCorrected += () => raised++;
        var asked = new Rerating(Noon, Noon.AddDays(1), sent => sent == new SentTo("mini", "openai", "gpt-5-mini") ? New : null) { Reason = "the list was wrong" };

        var dry = await ledger.RerateAsync(asked with { IsDryRun = true }, CancellationToken.None);
        Assert.Equal((0, 0), (raised, _folder.Number("SELECT count(*) FROM corrections")));
        var first = await ledger.RerateAsync(asked, CancellationToken.None);
        var second = await ledger.RerateAsync(asked, CancellationToken.None);

        Assert.Equal(new RerateResult(3, 2, 0, 1, new Usd(80)), first);
        Assert.Equal(first, dry);
        Assert.Equal(new RerateResult(3, 0, 0, 1, Usd.Zero), second);
        Assert.Equal(1, raised);
        Assert.Equal(before, _folder.Rows("SELECT * FROM attempts"));
        Assert.Equal(
            ids.Select(id => $"{id} 1 the list was wrong 40 30 v2"),
            _folder.Rows("SELECT request_id, attempt_number, reason, cost_nanousd, output_cost_nanousd, price_version FROM corrections ORDER BY id").Select(row => string.Join(' ', row.Select(cell => cell.Value))));
        Assert.Equal(new Usd(80), (await ledger.FindAsync(ids[0], "acme", CancellationToken.None))!.Record!.Attempts[0].CorrectedCost);
        Assert.Equal((new Usd(200), new Usd(120)), await SumsAsync(ledger, sums => (sums.Cost, sums.OutputCost)));
    }

    [Fact]
    public async Task Rerate_ThereAndBack_EndsWhereItBegan()
    {
        await using var ledger = await OpenAsync();
        await SettleAsync(ledger, Noon, Priced("mini"));

        await ledger.RerateAsync(At(New), CancellationToken.None);
        await ledger.RollUpAsync(CancellationToken.None);
        var back = await ledger.RerateAsync(At(Old with { Version = "v3" }), CancellationToken.None);

        Assert.Equal((1, new Usd(-40)), (back.Corrected, back.Difference));
        Assert.Equal((new Usd(40), new Usd(20), 2), await SumsAsync(ledger, sums => (sums.Cost, sums.OutputCost, sums.Corrections)));
    }

    [Fact]
    public async Task Rerate_UnknownCost_BecomesKnown()
    {
        await using var ledger = await OpenAsync();
        await SettleAsync(ledger, Noon, Records.BareAttempt(null));
        Assert.Equal(1, await SumsAsync(ledger, sums => sums.UnknownCosts));

        var result = await ledger.RerateAsync(At(New), CancellationToken.None);

        Assert.Equal(new RerateResult(1, 1, 1, 0, new Usd(80)), result);
        Assert.Equal((0, new Usd(80), new Usd(50)), await SumsAsync(ledger, sums => (sums.UnknownCosts, sums.Cost, sums.OutputCost)));
        Assert.Equal(0, (await ledger.RerateAsync(At(New), CancellationToken.None)).Corrected);
    }

    [Fact]
    public async Task Rerate_CountedAtTheWorstOfTheRoute_IsPricedFromThenOn()
    {
        await using var ledger = await OpenAsync();
        await SettleAsync(ledger, Noon, Priced("mini") with { CostBasis = CostBasis.WorstOfRoute, PriceVersion = "worst:1" });
        await SettleAsync(ledger, Noon, Priced("mini") with { CostBasis = CostBasis.WorstOfRoute, PriceVersion = "worst:1", Cost = new Usd(80), OutputCost = new Usd(50) }); // the same amount
        await ledger.RollUpAsync(CancellationToken.None);
        Assert.Equal(new Usd(120), await SumsAsync(ledger, sums => sums.UnpricedCost));

        Assert.Equal(new RerateResult(2, 2, 0, 0, new Usd(40)), await ledger.RerateAsync(At(New), CancellationToken.None));

        Assert.Equal((Usd.Zero, new Usd(160)), await SumsAsync(ledger, sums => (sums.UnpricedCost, sums.Cost)));
        Assert.Equal(0, (await ledger.RerateAsync(At(New with { Version = "v3" }), CancellationToken.None)).Corrected); // other name, same price
    }

    [Fact]
    public async Task Rerate_NothingIsOwed_StaysSo()
    {
        await using var ledger = await OpenAsync();
        await SettleAsync(ledger, Noon, Priced("mini") with { Usage = default, UsageSource = UsageSource.None, Cost = Usd.Zero, PriceVersion = null });

        Assert.Equal(new RerateResult(0, 0, 0, 0, Usd.Zero), await ledger.RerateAsync(At(New), CancellationToken.None));
    }

    [Fact]
    public async Task Rerate_ManyPages_MissesNone()
    {
        await using var ledger = await OpenAsync();
        for (var i = 0; i < 2100; i++)
        {
            await ledger.Settle(Records.BareRecord(Records.BareIntent(0) with { Id = RequestId.Create(Noon.AddSeconds(i)), AcceptedAt = Noon.AddSeconds(i) }, null) with { Attempts = [Priced("mini"), Priced("small") with { Number = 2 }] });
        }

        var result = await ledger.RerateAsync(At(New) with { Target = "small" }, CancellationToken.None);

        Assert.Equal(new RerateResult(2100, 2100, 0, 0, new Usd(84_000)), result);
        Assert.Equal(2100, _folder.Number("SELECT count(DISTINCT request_id) FROM corrections WHERE attempt_number = 2"));
        Assert.Equal(new Usd(252_000), await SumsAsync(ledger, sums => sums.Cost));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rerate_APage_GoesThroughItsOwnRequestsAlone(bool isLastPage)
    {
        await using var ledger = await OpenAsync();

        var plan = _folder.Rows("EXPLAIN QUERY PLAN " + CostCorrections.Attempts(isLastPage)).Select(row => row[^1].Value).ToArray();

        Assert.Contains("SEARCH r USING INDEX sqlite_autoindex_requests_1 (id>? AND id<?)", plan);
        Assert.Contains("SEARCH a USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)", plan);
        Assert.Contains("SEARCH c USING INDEX corrections_by_attempt (request_id=? AND attempt_number=?) LEFT-JOIN", plan);
        Assert.DoesNotContain(plan, step => step.StartsWith("SCAN", StringComparison.Ordinal) || step.Contains("AUTOMATIC", StringComparison.Ordinal));
    }

    private static Rerating At(Price price) => new(Noon, Noon.AddDays(1), _ => price);

    private static AttemptRecord Priced(string target) =>
        Records.BareAttempt(PriceArithmetic.Cost(Old, new TokenUsage(10, 0, 0, 5, 0))) with { Target = target, PriceVersion = Old.Version, OutputCost = new Usd(20) };

    private static async Task<string> SettleAsync(SqliteLedger ledger, DateTimeOffset acceptedAt, params AttemptRecord[] attempts)
    {
        var id = RequestId.Create(acceptedAt);
        await ledger.Settle(Records.BareRecord(Records.BareIntent(0) with { Id = id, AcceptedAt = acceptedAt }, null) with { Attempts = [.. attempts.Select((attempt, i) => attempt with { Number = i + 1 })] });
        await ledger.FlushAsync();
        return id;
    }

    private static async Task<T> SumsAsync<T>(SqliteLedger ledger, Func<CostSums, T> of) => of((await ledger.CostsAsync(new CostQuery { From = Noon, Until = Noon.AddDays(1) }, CancellationToken.None)).Total);

    private Task<SqliteLedger> OpenAsync() => SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger }, TimeProvider.System, CancellationToken.None);
}
