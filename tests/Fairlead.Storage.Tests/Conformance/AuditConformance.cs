using Fairlead.Core.Auditing;

namespace Fairlead.Storage.Tests.Conformance;

/// <summary>What every audit log does.</summary>
public abstract class AuditConformance
{
    /// <summary>The key of the log's MACs.</summary>
    protected abstract byte[] Key { get; }

    /// <summary>An empty log. It lives until the test ends.</summary>
    protected abstract ValueTask<IAuditLog> OpenAsync();

    /// <summary>Its records, the oldest first.</summary>
    protected abstract ValueTask<IReadOnlyList<AuditRecord>> ReadAsync();

    [Fact]
    public async Task Append_EveryMember_IsGivenBack()
    {
        var log = await OpenAsync();
        var entry = new AuditEntry("key.create", "Ada <ada@example.com>", "marketing") { Reason = "ümläut, \ud83d\ude80\0 and a zero", Detail = "{\"a\": 1}" };

        await log.AppendAsync(entry, CancellationToken.None);

        var record = Assert.Single(await ReadAsync());
        Assert.Equal(entry, record.Entry);
        Assert.Equal(1, record.Number);
        Assert.Equal(0, record.At.Ticks % TimeSpan.TicksPerMicrosecond);
        Assert.Equal(AuditChain.Genesis, record.Previous);
        Assert.Equal(AuditChain.Hash(record), record.Hash);
        Assert.Equal(AuditChain.Mac(record.Hash, Key), record.Mac);
    }

    [Fact]
    public async Task Append_OnlyWhatMustBe_IsGivenBack()
    {
        var log = await OpenAsync();

        await log.AppendAsync(new AuditEntry("gateway.start", "start", ""), CancellationToken.None);

        var record = Assert.Single(await ReadAsync());
        Assert.Equal(new AuditEntry("gateway.start", "start", ""), record.Entry);
        Assert.Null(record.Entry.Reason);
        Assert.Null(record.Entry.Detail);
    }

    [Fact]
    public async Task Append_OneAfterTheOther_EachHoldsTheHashOfTheOneBefore()
    {
        var log = await OpenAsync();
        for (var i = 0; i < 5; i++) await log.AppendAsync(new AuditEntry("key.create", "admin", $"key-{i}"), CancellationToken.None);

        AssertChain(await ReadAsync(), 5);
    }

    [Fact]
    public async Task Append_ManyAtOnce_IsOneChainWithoutAGap()
    {
        var log = await OpenAsync();

        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => log.AppendAsync(new AuditEntry("key.create", "admin", $"key-{i}"), CancellationToken.None).AsTask()));

        var records = await ReadAsync();
        AssertChain(records, 100);
        Assert.Equal(100, records.Select(record => record.Entry.Subject).Distinct().Count());
    }

    [Fact]
    public async Task Append_HalfACharacter_IsKeptAsSomethingThatStillFits()
    {
        var log = await OpenAsync();
        await log.AppendAsync(new AuditEntry("key.create", "admin", "\ud83d"), CancellationToken.None);

        AssertChain(await ReadAsync(), 1);
    }

    [Fact]
    public async Task Append_MoreTextThanARecordMayHave_IsRefusedAndTheNextOneIsTaken()
    {
        var log = await OpenAsync();

        await Assert.ThrowsAsync<AuditException>(async () =>
            await log.AppendAsync(new AuditEntry("key.create", "admin", "") { Reason = new string('ü', AuditChain.MostBytes / 2) }, CancellationToken.None));
        await log.AppendAsync(new AuditEntry("key.create", "admin", "a"), CancellationToken.None);

        AssertChain(await ReadAsync(), 1);
    }

    [Fact]
    public async Task Append_GivenUpBefore_WritesNothing()
    {
        var log = await OpenAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await log.AppendAsync(new AuditEntry("key.create", "admin", "a"), new CancellationToken(canceled: true)));

        Assert.Empty(await ReadAsync());
    }

    private static void AssertChain(IReadOnlyList<AuditRecord> records, int count)
    {
        Assert.Equal(count, records.Count);
        var previous = AuditChain.Genesis;
        foreach (var (index, record) in records.Index())
        {
            Assert.Equal(index + 1, record.Number);
            Assert.Equal(previous, record.Previous);
            Assert.Equal(AuditChain.Hash(record), record.Hash);
            previous = record.Hash;
        }
    }
}
