using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Core.Revisions;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>The conformance suite over a file.</summary>
public sealed class SqliteFileRevisionTests : RevisionConformance, IAsyncDisposable
{
    private readonly LedgerFolder _folder = new();
    private SqliteLedger? _ledger;

    public async ValueTask DisposeAsync()
    {
        if (_ledger is not null) await _ledger.DisposeAsync();
        _folder.Dispose();
    }

    protected override async ValueTask<(ILedger Ledger, IRevisionStore Revisions)> OpenAsync()
    {
        _ledger = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger }, TimeProvider.System, CancellationToken.None);
        return (_ledger, _ledger.Revisions);
    }

    protected override Task FlushAsync() => _ledger!.FlushAsync();
}

/// <summary>The conformance suite in memory, where reading and writing share a connection.</summary>
public sealed class SqliteMemoryRevisionTests : RevisionConformance, IAsyncDisposable
{
    private SqliteLedger? _ledger;

    public async ValueTask DisposeAsync()
    {
        if (_ledger is not null) await _ledger.DisposeAsync();
    }

    protected override async ValueTask<(ILedger Ledger, IRevisionStore Revisions)> OpenAsync()
    {
        _ledger = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = SqliteLedgerOptions.InMemory }, TimeProvider.System, CancellationToken.None);
        return (_ledger, _ledger.Revisions);
    }

    protected override Task FlushAsync() => _ledger!.FlushAsync();
}

/// <summary>Revisions in the ledger's file: migrated, beside a second process, beside a writing ledger.</summary>
public sealed class SqliteRevisionsTests : IDisposable
{
    private readonly LedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Open_LedgerOfTheSchemaBefore_IsMigratedAndKeepsItsRecords()
    {
        await using (var before = await OpenAsync()) await before.Settle(Records.Record(Records.Intent()));
        MakeOld();

        await using var ledger = await OpenAsync();
        await ledger.Revisions.RecordAsync(Applied("aaaaaaaaaaaa"), "A", CancellationToken.None);

        Records.AssertSame(Records.Record(Records.Intent()), (await ledger.FindAsync(Records.Id(1), "acme", CancellationToken.None))!.Record);
        Assert.Single(await ledger.Revisions.ListAsync(10, null, CancellationToken.None));
        Assert.Equal(1, _folder.Number("SELECT count(*) FROM migrations WHERE name = '0002_revisions'"));
    }

    [Fact]
    public async Task Record_EveryColumn_HoldsItsValue()
    {
        await using var ledger = await OpenAsync();

        await ledger.Revisions.RecordAsync(
            new RecordedRevision(0, "0123456789ab", Records.Morning, "ada", "why", "ba9876543210", ["one", "two"], new Reach(3, 9)), "the content", CancellationToken.None);

        Assert.Equal(
            [
                ("seq", "1"), ("revision", "0123456789ab"), ("applied_at_us", "1772699415250125"), ("author", "ada"), ("reason", "why"), ("previous", "ba9876543210"), ("diff", "one\ntwo"),
                ("touched", "3"), ("requests", "9"),
            ],
            Assert.Single(_folder.Rows("SELECT * FROM revisions")));
        Assert.Equal("0123456789ab 1F8B", string.Join(' ', Assert.Single(_folder.Rows("SELECT revision, substr(hex(content), 1, 4) FROM configurations")).Select(cell => cell.Value)));
    }

    [Fact]
    public async Task Record_SameContentAgain_IsKeptOnce()
    {
        await using var ledger = await OpenAsync();
        for (var i = 0; i < 3; i++) await ledger.Revisions.RecordAsync(Applied("aaaaaaaaaaaa"), "A", CancellationToken.None);

        Assert.Equal(1, _folder.Number("SELECT count(*) FROM configurations"));
        Assert.Equal(3, _folder.Number("SELECT count(*) FROM revisions"));
    }

    [Fact]
    public async Task Record_AfterTheNewestIsGone_GivesNoNumberTwice()
    {
        await using var ledger = await OpenAsync();
        var first = await ledger.Revisions.RecordAsync(Applied("aaaaaaaaaaaa"), "A", CancellationToken.None);
        _folder.Execute("DELETE FROM revisions");

        Assert.True((await ledger.Revisions.RecordAsync(Applied("aaaaaaaaaaaa"), "A", CancellationToken.None)).Number > first.Number);
    }

    [Fact]
    public async Task OpenBesideAGateway_ReadsWhatItWritesMeanwhile()
    {
        await using var ledger = await OpenAsync();
        await using var beside = await SqliteRevisions.OpenAsync(_folder.Ledger, CancellationToken.None);
        await ledger.Revisions.RecordAsync(Applied("aaaaaaaaaaaa"), "A", CancellationToken.None);

        Assert.Equal("A", (await beside.FindAsync("aaaaaaaaaaaa", CancellationToken.None))!.Content);
        await ledger.Revisions.RecordAsync(Applied("bbbbbbbbbbbb"), "B", CancellationToken.None);
        Assert.Equal(["bbbbbbbbbbbb", "aaaaaaaaaaaa"], (await beside.ListAsync(10, null, CancellationToken.None)).Select(recorded => recorded.Revision));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await beside.RecordAsync(Applied("cccccccccccc"), "C", CancellationToken.None));
    }

    [Fact]
    public async Task OpenBeside_NoLedgerOrAnOldOne_SaysSo()
    {
        var missing = await Assert.ThrowsAsync<LedgerException>(() => SqliteRevisions.OpenAsync(_folder.Ledger, CancellationToken.None));
        await (await OpenAsync()).DisposeAsync();
        MakeOld();
        var old = await Assert.ThrowsAsync<LedgerException>(() => SqliteRevisions.OpenAsync(_folder.Ledger, CancellationToken.None));
        await File.WriteAllTextAsync(_folder.Of("text.db"), new string('x', 8192));
        var none = await Assert.ThrowsAsync<LedgerException>(() => SqliteRevisions.OpenAsync(_folder.Of("text.db"), CancellationToken.None));

        Assert.Contains("There is no ledger", missing.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.Of("missing.db")));
        Assert.Contains("has no revisions", old.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_WhileTheLedgerIsWritten_LosesNothingOfEither()
    {
        await using (var ledger = await OpenAsync())
        {
            var recording = Task.Run(async () =>
            {
                for (var i = 0; i < 50; i++) await ledger.Revisions.RecordAsync(Applied($"{i:D12}"), "x" + i, CancellationToken.None);
            });
            for (var i = 0; i < 2000; i++) await ledger.Settle(Records.BareRecord(Records.BareIntent(i), new Usd(1)));
            await recording;
            await ledger.FlushAsync();
            Assert.Null(ledger.LastError);
        }

        Assert.Equal(50, _folder.Number("SELECT count(*) FROM revisions"));
        Assert.Equal(2000, _folder.Number("SELECT count(*) FROM requests"));
    }

    [Fact]
    public async Task Traffic_OfVeryMany_IsEstimatedFromAPart()
    {
        // 640 requests, every 32nd with an id that ends in 0: of what may be read, 40, a thirty-second is.
        await using var ledger = await OpenAsync();
        for (var i = 0; i < 640; i++)
        {
            var intent = Records.BareIntent(0) with { Id = RequestId.Create(Records.Morning, [0, 0, 0, 0, 0, 0, 0, 0, (byte)(i >> 8), (byte)i]), Route = (i / 32) < 15 ? "a" : "b", RequestedModel = "m" };
            await ledger.Settle(Records.BareRecord(intent, null));
        }

        await ledger.FlushAsync();
        using var connection = new SqliteConnection($"Data Source={_folder.Ledger};Pooling=False");
        connection.Open();
        var part = LedgerReader.Traffic(connection, Records.Morning.AddDays(-1), Records.Morning.AddDays(1), mostRead: 40);
        var whole = LedgerReader.Traffic(connection, Records.Morning.AddDays(-1), Records.Morning.AddDays(1));

        Assert.Equal((640, 640), (part.Requests, whole.Requests));
        Assert.Equal([new RequestGroup("a", null, "m", 480), new RequestGroup("b", null, "m", 160)], whole.Groups);
        Assert.Equal(whole.Groups, part.Groups);
    }

    private static RecordedRevision Applied(string revision) => new(0, revision, Records.Morning, "file", null, null, [], null);

    /// <summary>Back to the schema that knew no revisions.</summary>
    private void MakeOld() => _folder.Execute("DROP TABLE revisions; DROP TABLE configurations; DELETE FROM migrations WHERE number = 2");

    private Task<SqliteLedger> OpenAsync() => SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger }, TimeProvider.System, CancellationToken.None);
}
