using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;

namespace Fairlead.Storage.Tests.Conformance;

/// <summary>What every store of outcomes does.</summary>
public abstract class OutcomeConformance
{
    /// <summary>A ledger, and the outcomes that stand beside it. Both live until the test ends.</summary>
    protected abstract ValueTask<(ILedger Ledger, IOutcomeStore Outcomes)> OpenAsync();

    [Fact]
    public async Task Report_EveryMember_IsGivenBackWithTheRequest()
    {
        var (ledger, store) = await OpenAsync();
        await ledger.Settle(Records.Record(Records.Intent(1)));
        var report = Of(1) with { Key = "marketing-app", Value = new Usd(1_000_000_000_000_001), Score = 0.1, Note = "sold – ümläut \ud83d\ude80" };

        var kept = await store.ReportAsync(report, CancellationToken.None);

        var expected = new StoredOutcome(OutcomeKind.Success, report.ReportedAt, 1) { Value = report.Value, Score = report.Score, Note = report.Note };
        Assert.Equal(expected, kept);
        Assert.Equal(expected, (await FindAsync(ledger, 1))!.Outcome);
    }

    [Theory]
    [InlineData(OutcomeKind.Success)]
    [InlineData(OutcomeKind.Failure)]
    [InlineData(OutcomeKind.Neutral)]
    public async Task Report_OnlyWhatMustBe_IsGivenBack(OutcomeKind kind)
    {
        var (ledger, store) = await OpenAsync();
        await ledger.Settle(Records.Record(Records.Intent(1)));

        await store.ReportAsync(Of(1) with { Kind = kind }, CancellationToken.None);

        Assert.Equal(new StoredOutcome(kind, Of(1).ReportedAt, 1), (await FindAsync(ledger, 1))!.Outcome);
    }

    [Fact]
    public async Task Report_Repeated_TheLastOneCounts()
    {
        var (ledger, store) = await OpenAsync();
        await ledger.Settle(Records.Record(Records.Intent(1)));

        await store.ReportAsync(Of(1) with { Value = new Usd(5), Note = "first" }, CancellationToken.None);
        var second = await store.ReportAsync(Of(1) with { Kind = OutcomeKind.Failure, ReportedAt = Records.Morning.AddDays(40) }, CancellationToken.None);

        Assert.Equal(new StoredOutcome(OutcomeKind.Failure, Records.Morning.AddDays(40), 2), second);
        Assert.Equal(second, (await FindAsync(ledger, 1))!.Outcome);
    }

    [Fact]
    public async Task Report_OtherTenantOrUnknown_IsNotFoundAndNotKept()
    {
        var (ledger, store) = await OpenAsync();
        await ledger.Settle(Records.Record(Records.Intent(1)));

        Assert.Null(await store.ReportAsync(Of(1) with { Tenant = "globex" }, CancellationToken.None));
        Assert.Null(await store.ReportAsync(Of(2), CancellationToken.None));

        Assert.Null((await FindAsync(ledger, 1))!.Outcome);
    }

    [Fact]
    public async Task Report_RequestThatRuns_IsKeptAndStaysWhenItEnds()
    {
        var (ledger, store) = await OpenAsync();
        ledger.Begin(Records.Intent(1));

        var kept = await store.ReportAsync(Of(1), CancellationToken.None);

        Assert.NotNull(kept);
        Assert.Equal(kept, (await FindAsync(ledger, 1))!.Outcome);
        await ledger.Settle(Records.Record(Records.Intent(1)));
        var ended = (await FindAsync(ledger, 1))!;
        Assert.NotNull(ended.Record);
        Assert.Equal(kept, ended.Outcome);
    }

    [Fact]
    public async Task Report_ManyAtOnce_EachIsKept()
    {
        const int requests = 40, each = 25;
        var (ledger, store) = await OpenAsync();
        for (var i = 1; i <= requests; i++) await ledger.Settle(Records.Record(Records.Intent(i)));

        var kept = await Task.WhenAll(Enumerable.Range(0, requests * each).Select(i => Task.Run(async () =>
            (await store.ReportAsync(Of((i % requests) + 1) with { Value = new Usd(i) }, CancellationToken.None))!)));

        Assert.All(kept.Select((outcome, i) => (outcome, Request: i % requests)).GroupBy(one => one.Request), group =>
            Assert.Equal(Enumerable.Range(1, each).Select(number => (long)number), group.Select(one => one.outcome.Reports).Order()));
        for (var i = 1; i <= requests; i++) Assert.Contains((await FindAsync(ledger, i))!.Outcome, kept.Where(one => one.Reports == each));
    }

    private static ValueTask<StoredRequest?> FindAsync(ILedger ledger, int number) => ledger.FindAsync(Records.Id(number), "acme", CancellationToken.None);

    private static OutcomeReport Of(int number) => new(Records.Id(number), "acme", OutcomeKind.Success, Records.Morning.AddDays(1));
}
