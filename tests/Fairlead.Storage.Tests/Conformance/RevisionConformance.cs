using System.Collections.Immutable;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Core.Revisions;

namespace Fairlead.Storage.Tests.Conformance;

/// <summary>What every store of revisions does.</summary>
public abstract class RevisionConformance
{
    private const string Content = "providers: {}\n# ümläut, \ud83d\ude80\r\n";

    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A ledger, and the revisions that stand beside it. Both live until the test ends.</summary>
    protected abstract ValueTask<(ILedger Ledger, IRevisionStore Revisions)> OpenAsync();

    /// <summary>Completes when what was appended to the ledger can be counted.</summary>
    protected abstract Task FlushAsync();

    [Fact]
    public async Task Record_EveryMember_IsGivenBack()
    {
        var (_, store) = await OpenAsync();
        var applied = new RecordedRevision(0, "0123456789ab", Noon.AddTicks(10), "Ada <ada@example.com>", "mistral is cheaper – half", "ba9876543210", ["route a: x", "defaults: y"], new Reach(12, 100));

        var recorded = await store.RecordAsync(applied, Content, CancellationToken.None);

        Assert.True(recorded.Number > 0);
        AssertSame(applied with { Number = recorded.Number }, recorded);
        AssertSame(recorded, Assert.Single(await store.ListAsync(10, null, CancellationToken.None)));
        var found = await store.FindAsync("0123456789ab", CancellationToken.None);
        AssertSame(recorded, found!.Last);
        Assert.Equal(Content, found.Content);
    }

    [Fact]
    public async Task Record_OnlyWhatMustBe_IsGivenBack()
    {
        var (_, store) = await OpenAsync();

        var recorded = await store.RecordAsync(Applied("000000000001"), "", CancellationToken.None);

        var found = (await store.FindAsync("000000000001", CancellationToken.None))!;
        AssertSame(recorded, found.Last);
        Assert.Null(found.Last.Reason);
        Assert.Null(found.Last.Previous);
        Assert.Null(found.Last.Reach);
        Assert.Empty(found.Last.Changes);
        Assert.Equal("", found.Content);
    }

    [Fact]
    public async Task Record_SameContentAgain_IsAnotherApplication()
    {
        var (_, store) = await OpenAsync();
        await store.RecordAsync(Applied("aaaaaaaaaaaa"), "A", CancellationToken.None);
        await store.RecordAsync(Applied("bbbbbbbbbbbb"), "B", CancellationToken.None);

        var again = await store.RecordAsync(Applied("aaaaaaaaaaaa") with { Author = "later" }, "A", CancellationToken.None);

        var all = await store.ListAsync(10, null, CancellationToken.None);
        Assert.Equal(["aaaaaaaaaaaa", "bbbbbbbbbbbb", "aaaaaaaaaaaa"], all.Select(recorded => recorded.Revision));
        Assert.Equal(all.Select(recorded => recorded.Number).OrderDescending(), all.Select(recorded => recorded.Number));
        AssertSame(again, (await store.FindAsync("aaaaaaaaaaaa", CancellationToken.None))!.Last);
    }

    [Fact]
    public async Task List_PageByPage_HasEachOnce()
    {
        var (_, store) = await OpenAsync();
        for (var i = 0; i < 7; i++) await store.RecordAsync(Applied($"{i:D12}"), "x" + i, CancellationToken.None);

        var first = await store.ListAsync(3, null, CancellationToken.None);
        var second = await store.ListAsync(3, first[^1].Number, CancellationToken.None);
        var third = await store.ListAsync(3, second[^1].Number, CancellationToken.None);

        Assert.Equal([6, 5, 4, 3, 2, 1, 0], first.Concat(second).Concat(third).Select(recorded => int.Parse(recorded.Revision, null)));
        Assert.Single(third);
    }

    [Fact]
    public async Task Find_Unknown_IsNull()
    {
        var (_, store) = await OpenAsync();
        await store.RecordAsync(Applied("aaaaaaaaaaaa"), "A", CancellationToken.None);

        Assert.Null(await store.FindAsync("aaaaaaaaaaa", CancellationToken.None));
        Assert.Null(await store.FindAsync("", CancellationToken.None));
        Assert.Null(await store.FindAsync("%", CancellationToken.None));
    }

    [Fact]
    public async Task Record_MoreThanAreKept_ForgetsTheOldestAndContentsThatNoneHas()
    {
        var (_, store) = await OpenAsync();
        await store.RecordAsync(Applied("aaaaaaaaaaaa"), "A", CancellationToken.None); // goes
        await store.RecordAsync(Applied("bbbbbbbbbbbb"), "B", CancellationToken.None); // goes, its content stays for it comes again
        for (var i = 0; i < IRevisionStore.MostKept - 1; i++) await store.RecordAsync(Applied($"{i:D12}"), "x", CancellationToken.None);
        await store.RecordAsync(Applied("bbbbbbbbbbbb"), "B", CancellationToken.None);

        var kept = await store.ListAsync(2 * IRevisionStore.MostKept, null, CancellationToken.None);

        Assert.Equal(IRevisionStore.MostKept, kept.Length);
        Assert.Equal("000000000000", kept[^1].Revision);
        Assert.Null(await store.FindAsync("aaaaaaaaaaaa", CancellationToken.None));
        Assert.Equal("B", (await store.FindAsync("bbbbbbbbbbbb", CancellationToken.None))!.Content);
    }

    [Fact]
    public async Task Traffic_OfAWeek_IsGroupedByWhatDecided()
    {
        var (ledger, store) = await OpenAsync();
        var number = 0;
        for (var i = 0; i < 5; i++) await SettleAsync("support", "mini", "gpt-4o", Noon.AddDays(-1));
        await SettleAsync("support", "haiku", "gpt-4o", Noon.AddDays(-1)); // a route's requests are one, whatever answered
        for (var i = 0; i < 3; i++) await SettleAsync("support", "mini", "support", Noon.AddDays(-2));
        for (var i = 0; i < 2; i++) await SettleAsync(null, "mini", "mini", Noon.AddDays(-7));
        await SettleAsync(null, null, "haiku", Noon.AddMilliseconds(-1));
        await SettleAsync("support", "mini", "gpt-4o", Noon.AddDays(-7).AddMilliseconds(-1)); // before
        await SettleAsync("support", "mini", "gpt-4o", Noon); // after
        await FlushAsync();

        var traffic = await store.TrafficAsync(Noon.AddDays(-7), Noon, CancellationToken.None);

        Assert.Equal(12, traffic.Requests);
        Assert.Equal(
            [new RequestGroup("support", null, "gpt-4o", 6), new RequestGroup("support", null, "support", 3), new RequestGroup(null, "mini", "mini", 2), new RequestGroup(null, null, "haiku", 1)],
            traffic.Groups);

        async Task SettleAsync(string? route, string? target, string model, DateTimeOffset at)
        {
            var intent = Records.BareIntent(0) with { Id = RequestId.Create(at, [0, 0, 0, 0, 0, 0, 0, 0, 1, (byte)++number]), AcceptedAt = at, Route = route, RequestedModel = model };
            await ledger.Settle(Records.BareRecord(intent, null) with { Target = target });
        }
    }

    [Fact]
    public async Task Traffic_OfAnEmptyLedger_IsNone()
    {
        var (_, store) = await OpenAsync();

        var traffic = await store.TrafficAsync(Noon.AddDays(-7), Noon, CancellationToken.None);

        Assert.Equal(0, traffic.Requests);
        Assert.Empty(traffic.Groups);
    }

    private static RecordedRevision Applied(string revision) => new(0, revision, Noon, "file", null, null, [], null);

    /// <summary>Value by value: arrays in records compare by reference.</summary>
    private static void AssertSame(RecordedRevision expected, RecordedRevision actual)
    {
        Assert.Equal(expected.Changes, actual.Changes);
        Assert.Equal(expected with { Changes = ImmutableArray<string>.Empty }, actual with { Changes = ImmutableArray<string>.Empty });
    }
}
