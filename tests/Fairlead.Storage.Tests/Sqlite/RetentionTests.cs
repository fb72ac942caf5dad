using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Fairlead.Core.Requests;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>What is older than it is kept goes, with all that belongs to it, and the sums stay.</summary>
public sealed class RetentionTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Midnight = new(2026, 3, 6, 0, 0, 0, TimeSpan.Zero);

    private readonly LedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Remove_OldRequests_TakesAllOfThemAndLeavesTheirSums()
    {
        await using var ledger = await OpenAsync();
        var old = await SettleAsync(ledger, 1200, i => Noon.AddSeconds(i), "old");
        var shared = await SettleAsync(ledger, 10, i => Midnight.AddTicks(-10), "shared");
        var kept = await SettleAsync(ledger, 10, i => Midnight.AddSeconds(i), "shared");
        ledger.Begin(Of(Noon, "open").Intent); // runs still
        await ledger.FlushAsync();
        _folder.Execute($"""
            INSERT INTO corrections (request_id, attempt_number, made_at_us, reason, cost_nanousd) VALUES ('{old[0]}', 1, 1, 'x', 5), ('{kept[0]}', 1, 1, 'x', 7);
            INSERT INTO outcomes (request_id, number, tenant, reported_at_us, outcome) VALUES ('{old[0]}', 1, 'acme', 1, 'success'), ('{kept[0]}', 1, 'acme', 1, 'success');
            """);
        var before = await ByDayAsync(ledger);
        Assert.False(await ledger.HasExpiredAsync(Noon, Noon, CancellationToken.None));
        await ledger.RollUpAsync(CancellationToken.None);
        Assert.True(await ledger.HasExpiredAsync(Midnight, null, CancellationToken.None));

        var removed = await ledger.RemoveExpiredAsync(Midnight, null, CancellationToken.None);
        await ledger.Settle(Of(Midnight, "old")); // what it was decided from is gone, and written anew
        await ledger.Settle(Of(Midnight, "shared"));
        await ledger.FlushAsync();

        Assert.Equal(new RemovedRows(old.Count + shared.Count, 0), removed);
        Assert.False(await ledger.HasExpiredAsync(Midnight, null, CancellationToken.None));
        Assert.Equal(kept.Count + 2, _folder.Number("SELECT count(*) FROM requests"));
        Assert.Equal(kept.Count + 2, _folder.Number("SELECT count(*) FROM attempts"));
        Assert.Equal(kept[0], Assert.Single(_folder.Rows("SELECT request_id FROM corrections"))[0].Value);
        Assert.Equal(kept[0], Assert.Single(_folder.Rows("SELECT request_id FROM outcomes"))[0].Value);
        Assert.Equal(0, _folder.Number("SELECT count(*) FROM requests WHERE decision NOT IN (SELECT seq FROM decisions)"));
        Assert.Equal(0, _folder.Number("SELECT count(*) FROM open_requests WHERE decision NOT IN (SELECT seq FROM decisions)"));
        Assert.Equal(["shared", "open", "old", "shared"], _folder.Rows("SELECT text FROM decisions ORDER BY seq").Select(row => row[0].Value[6..^2])); // {"n":"…"}
        Assert.Equal(before[0], (await ByDayAsync(ledger))[0]);
        Assert.NotNull(await ledger.FindAsync(kept[0], "acme", CancellationToken.None));
        Assert.Null(await ledger.FindAsync(old[0], "acme", CancellationToken.None));
    }

    [Fact]
    public async Task Remove_EverythingIsOld_TheNewestStaysSoThatNumbersGoOn()
    {
        await using (var ledger = await OpenAsync())
        {
            await SettleAsync(ledger, 5, i => Noon.AddSeconds(i), "old");
            Assert.Equal(4, (await ledger.RemoveExpiredAsync(Midnight, null, CancellationToken.None)).Requests);
        }

        await using var reopened = await OpenAsync();
        await SettleAsync(reopened, 3, i => Midnight.AddSeconds(i), "new");
        Assert.Equal(3, await reopened.RollUpAsync(CancellationToken.None));
        Assert.Equal(8, (await reopened.CostsAsync(new CostQuery { From = Noon, Until = Midnight.AddDays(1) }, CancellationToken.None)).Total.Requests);
    }

    [Fact]
    public async Task Remove_RequestsOfTheNewestOutcomeAndCorrection_LeavesNeitherBehindForGood()
    {
        await using var ledger = await OpenAsync();
        var old = await SettleAsync(ledger, 2, i => Noon.AddSeconds(i), "old");
        var later = await SettleAsync(ledger, 2, i => Midnight.AddSeconds(i), "new");
        await RateAsync(old, Noon);

        await ledger.RemoveExpiredAsync(Midnight, null, CancellationToken.None);
        await RateAsync(later, Midnight);
        await SettleAsync(ledger, 1, i => Midnight.AddDays(1), "new");
        Assert.Equal(5, (await ledger.CostsAsync(new CostQuery { From = Noon, Until = Midnight.AddDays(2) }, CancellationToken.None)).Total.Requests);
        Assert.Equal(4, (await ledger.CostsAsync(new CostQuery { From = Noon, Until = Midnight.AddDays(2) }, CancellationToken.None)).Total.Corrections);
        await ledger.RemoveExpiredAsync(Midnight.AddSeconds(1), null, CancellationToken.None);

        Assert.Equal(later[1], Assert.Single(_folder.Rows("SELECT request_id FROM corrections"))[0].Value);
        Assert.Equal(later[1], Assert.Single(_folder.Rows("SELECT request_id FROM outcomes"))[0].Value);

        async Task RateAsync(List<string> requests, DateTimeOffset from)
        {
            await ledger.RerateAsync(new Rerating(from, from.AddHours(1), _ => new Price(2_000_000, 4_000_000, null, null, [], "v1")), CancellationToken.None);
            foreach (var id in requests) await ledger.Outcomes.ReportAsync(new OutcomeReport(id, "acme", OutcomeKind.Success, Noon) { Note = "personal" }, CancellationToken.None);
        }
    }

    [Fact]
    public async Task Remove_OldSums_TakesThemAndWhatTellsThemApart()
    {
        await using var ledger = await OpenAsync();
        await ledger.Settle(Of(Noon, "a") with { Intent = Of(Noon, "a").Intent with { Feature = "gone" } });
        await ledger.Settle(Of(Midnight, "a") with { Intent = Of(Midnight, "a").Intent with { Feature = "kept" } });
        await ledger.FlushAsync();
        await ledger.RollUpAsync(CancellationToken.None);

        var removed = await ledger.RemoveExpiredAsync(Midnight, Midnight, CancellationToken.None);

        Assert.Equal(new RemovedRows(1, 1), removed);
        Assert.Equal("kept", Assert.Single(_folder.Rows("SELECT feature FROM rollup_dimensions"))[0].Value);
        Assert.Equal(1, (await ledger.CostsAsync(new CostQuery { From = Noon, Until = Midnight.AddDays(1) }, CancellationToken.None)).Total.Requests);
    }

    [Fact]
    public async Task Reports_FromRequestsOfATimeOfWhichSomeWereRemoved_AreRefused()
    {
        await using var ledger = await OpenAsync();
        await SettleAsync(ledger, 3, i => Noon.AddSeconds(i), "old");
        await SettleAsync(ledger, 3, i => Midnight.AddHours(9).AddSeconds(i), "kept");
        var since = Noon.AddMinutes(15); // the end of the last quarter of an hour of which some are gone
        CostQuery From(DateTimeOffset from) => new() { From = from, Until = Midnight.AddDays(1) };
        CostQuery ByJourney(DateTimeOffset from) => From(from) with { By = [CostDimension.Journey] };
        await using var file = await SqliteCosts.OpenAsync(_folder.Ledger, CancellationToken.None);
        Assert.Equal(6, (await ledger.SumsAsync(From(Noon), false, CancellationToken.None)).Single().Sums.Requests);

        await ledger.RemoveExpiredAsync(Midnight, null, CancellationToken.None);

        Func<Task>[] refused =
        [
            () => ledger.SumsAsync(From(Noon), false, CancellationToken.None).AsTask(), () => file.SumsAsync(From(since.AddTicks(-1)), true, CancellationToken.None),
            () => ledger.CostsAsync(ByJourney(Noon), CancellationToken.None).AsTask(),
            () => file.ReportAsync(From(Noon.AddYears(-1)) with { Where = [(CostDimension.Journey, null)] }, CancellationToken.None),
        ];
        foreach (var report in refused) Assert.Contains("kept from 2026-03-05T12:15:00Z on", (await Assert.ThrowsAsync<CostQueryException>(report)).Message, StringComparison.Ordinal);
        Assert.Equal(6, (await ledger.CostsAsync(From(Noon), CancellationToken.None)).Total.Requests);
        Assert.Equal(3, (await ledger.SumsAsync(From(since), false, CancellationToken.None)).Single().Sums.Requests);
        Assert.Equal(3, (await ledger.CostsAsync(ByJourney(since), CancellationToken.None)).Total.Requests);
    }

    [Fact]
    public async Task Remove_WhileRequestsAreSettled_SpoilsNone()
    {
        await using var ledger = await OpenAsync();
        await SettleAsync(ledger, 3000, i => Noon.AddSeconds(i), "shared");
        var settling = Task.Run(async () =>
        {
            for (var i = 0; i < 3000; i++) await ledger.Settle(Of(Midnight.AddSeconds(i), i % 3 == 0 ? "shared" : $"own{i}"));
        });
        for (var i = 0; i < 20; i++) await ledger.RemoveExpiredAsync(Noon.AddSeconds(i * 150), null, CancellationToken.None);
        await settling;
        await ledger.RemoveExpiredAsync(Midnight, null, CancellationToken.None);
        await ledger.FlushAsync();

        Assert.Equal(0, ledger.Refused);
        Assert.Equal(3000, _folder.Number("SELECT count(*) FROM requests WHERE decision IN (SELECT seq FROM decisions)"));
        Assert.Equal(6000, (await ledger.CostsAsync(new CostQuery { From = Noon, Until = Midnight.AddDays(1) }, CancellationToken.None)).Total.Requests);
    }

    [Theory]
    [InlineData("2026-03-05T12:00:00Z", 32, "2026-02-01")]
    [InlineData("2026-03-05T00:00:00Z", 32, "2026-02-01")]
    [InlineData("1970-01-10T00:00:00Z", 32, null)] // a clock that is not set
    public void OldestKept_IsTheBeginningOfADay(string now, int days, string? expected) =>
        Assert.Equal(expected is null ? null : DateTimeOffset.Parse(expected + "T00:00:00Z", null), LedgerRetention.OldestKept(TimeSpan.FromDays(days), DateTimeOffset.Parse(now, null)));

    private static RequestRecord Of(DateTimeOffset acceptedAt, string decision) =>
        Records.BareRecord(Records.BareIntent(0) with { Id = RequestId.Create(acceptedAt), AcceptedAt = acceptedAt, DecisionJson = $"{{\"n\":\"{decision}\"}}" }, new Usd(1));

    private static async Task<List<string>> SettleAsync(SqliteLedger ledger, int count, Func<int, DateTimeOffset> at, string decision)
    {
        var records = Enumerable.Range(0, count).Select(i => Of(at(i), decision)).ToList();
        foreach (var record in records) await ledger.Settle(record);
        await ledger.FlushAsync();
        return [.. records.Select(record => record.Intent.Id)];
    }

    private static async Task<List<string>> ByDayAsync(SqliteLedger ledger)
    {
        var report = await ledger.CostsAsync(new CostQuery { From = Noon.AddDays(-1), Until = Midnight.AddDays(1), By = [CostDimension.Day] }, CancellationToken.None);
        return [.. report.Rows.Select(row => $"{row.Values[0]} {row.Sums}")];
    }

    private Task<SqliteLedger> OpenAsync() =>
        SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger, Durability = LedgerDurability.Group }, TimeProvider.System, CancellationToken.None);
}
