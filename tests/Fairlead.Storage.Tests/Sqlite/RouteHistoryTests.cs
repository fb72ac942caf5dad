using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>What promises are given back from the ledger, against a count of the records themselves.</summary>
public sealed class RouteHistoryTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 5, 12, 2, 30, TimeSpan.Zero);

    private static readonly (string Route, TimeSpan? P95)[] Promised = [("fast", TimeSpan.FromMilliseconds(800)), ("sure", null), ("quiet", TimeSpan.FromSeconds(1))];

    private readonly LedgerFolder _folder = new();

    [Fact]
    public async Task Read_RandomTraffic_IsTheCountOfIt()
    {
        var random = new Random(9);
        var records = new List<RequestRecord>();
        for (var i = 0; i < 3000; i++) records.Add(Draw(random, i));
        await using var ledger = await OpenAsync(_folder.Ledger);
        foreach (var record in records) await ledger.Settle(record);
        await ledger.FlushAsync();

        var slices = await ReadAsync(ledger, Promised);

        var expected = records
            .Where(record => record.Intent.Route is "fast" or "sure" && record.EndedAt >= Now.AddHours(-24) && record.EndedAt < Now)
            .Where(record => record.Outcome != RequestOutcome.ClientGone && record.Failure != FailureClass.BadRequest)
            .GroupBy(record => (record.Intent.Route!, Slice: record.EndedAt.AddTicks(-(record.EndedAt.UtcTicks % TimeSpan.FromMinutes(5).Ticks))))
            .ToDictionary(group => group.Key, group => (
                Count: (long)group.Count(),
                Late: group.Key.Item1 == "fast" ? group.LongCount(record => !(TimeToAnswer(record) <= 0.8)) : 0,
                Failed: group.LongCount(record => record.Outcome != RequestOutcome.Answered)));
        var actual = slices.GroupBy(slice => (slice.Route, slice.From)).ToDictionary(group => group.Key, group => (
            Count: group.Sum(slice => slice.Count),
            Late: group.Key.Route == "fast" ? group.Sum(slice => slice.BadLatency) : 0, // of a route that promises no time, nobody asks
            Failed: group.Sum(slice => slice.BadSuccess)));
        Assert.True(expected.Count > 300, "The traffic is too thin to mean anything.");
        Assert.Equal(expected.OrderBy(pair => pair.Key), actual.OrderBy(pair => pair.Key));
    }

    [Fact]
    public async Task Read_FindsItsRangeByTheIndexOfIds()
    {
        await using var ledger = await OpenAsync(_folder.Ledger);

        var plan = string.Join("; ", _folder.Rows("EXPLAIN QUERY PLAN SELECT count(*) FROM requests WHERE id >= 'req_0' AND id < 'req_1' AND ended_at_us >= 1 AND route IN ('a')").Select(row => row[^1].Value));

        Assert.Contains("SEARCH requests USING INDEX", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_InMemory_TellsNothing()
    {
        await using var ledger = await OpenAsync(":memory:");
        await ledger.Settle(Draw(new Random(1), 0));
        await ledger.FlushAsync();

        Assert.Empty(await ReadAsync(ledger, Promised));
    }

    [Fact]
    public async Task Read_Cancelled_Ends()
    {
        await using var ledger = await OpenAsync(_folder.Ledger);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ledger.ReadRoutesAsync(Promised, Now.AddDays(-1), Now, _ => { }, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Read_TableIsGone_IsALedgerException()
    {
        await using var ledger = await OpenAsync(_folder.Ledger);
        _folder.Execute("DROP TABLE requests");

        await Assert.ThrowsAsync<LedgerException>(() => ledger.ReadRoutesAsync(Promised, Now.AddDays(-1), Now, _ => { }, CancellationToken.None));
    }

    public void Dispose() => _folder.Dispose();

    private static Task<SqliteLedger> OpenAsync(string path) =>
        SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = path, Durability = LedgerDurability.Group }, TimeProvider.System, CancellationToken.None);

    private static async Task<List<RouteSlice>> ReadAsync(SqliteLedger ledger, IReadOnlyList<(string Route, TimeSpan? P95)> promised)
    {
        var slices = new List<RouteSlice>();
        await ledger.ReadRoutesAsync(promised, Now.AddHours(-24), Now, slices.Add, CancellationToken.None);
        return slices;
    }

    private static double? TimeToAnswer(RequestRecord record) =>
        record.FirstToken?.TotalSeconds ?? (record.Outcome == RequestOutcome.Answered ? record.Duration.TotalSeconds : null);

    private static RequestRecord Draw(Random random, int number)
    {
        var (outcome, failure) = random.Next(10) switch
        {
            0 => (RequestOutcome.Failed, FailureClass.ServerError),
            1 => (RequestOutcome.Failed, FailureClass.BadRequest),
            2 => (RequestOutcome.ClientGone, FailureClass.ClientGone),
            3 => (RequestOutcome.Interrupted, FailureClass.DependencyDown),
            _ => (RequestOutcome.Answered, FailureClass.None),
        };
        var duration = TimeSpan.FromMilliseconds(random.Next(1, 2000));
        var accepted = Now.AddSeconds(-random.Next(1, 26 * 3600)); // two hours of it too early
        var bytes = new byte[10];
        random.NextBytes(bytes);
        var intent = Records.BareIntent(number) with { Id = RequestId.Create(accepted, bytes), AcceptedAt = accepted, Route = random.Next(4) switch { 0 => "sure", 1 => "other", 2 => null, _ => "fast" } };
        return Records.BareRecord(intent, null) with
        {
            EndedAt = accepted + duration,
            Outcome = outcome,
            Failure = failure,
            FirstToken = random.Next(2) == 0 ? duration / 2 : null,
            Duration = duration,
        };
    }
}
