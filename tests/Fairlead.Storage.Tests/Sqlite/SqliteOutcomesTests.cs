using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>The conformance suite over a file, and what a file alone can do.</summary>
public sealed class SqliteFileOutcomesTests : SqliteOutcomesConformance, IDisposable
{
    private readonly LedgerFolder _folder = new();

    protected override string Path => _folder.Ledger;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Report_AllAreKept_EachWithWhatItReplaces()
    {
        var (ledger, store) = await OpenAsync();
        await ledger.Settle(Records.Record(Records.Intent(1)));
        var report = new OutcomeReport(Records.Id(1), "acme", OutcomeKind.Success, Records.Morning) { Key = "app", Value = new Usd(7) };
        await store.ReportAsync(report, CancellationToken.None);
        await store.ReportAsync(report with { Kind = OutcomeKind.Failure, Value = null, Score = 0.25, Note = "returned" }, CancellationToken.None);

        var rows = _folder.Rows("SELECT number, tenant, key_name, outcome, value_nanousd, score, note, previous_outcome, previous_value_nanousd FROM outcomes ORDER BY id");

        Assert.Equal(["1", "acme", "app", "success", "7", "NULL", "NULL", "NULL", "NULL"], rows[0].Select(column => column.Value));
        Assert.Equal(["2", "acme", "app", "failure", "NULL", "0.25", "returned", "success", "7"], rows[1].Select(column => column.Value));
    }

    [Fact]
    public async Task Report_OnceItIsAcknowledged_IsThereAfterACrash()
    {
        var (ledger, store) = await OpenAsync();
        ledger.Begin(Records.Intent(1));
        await store.ReportAsync(new OutcomeReport(Records.Id(1), "acme", OutcomeKind.Success, Records.Morning), CancellationToken.None);

        using var crashed = _folder.CopyAsAfterACrash();
        await using var again = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = crashed.Ledger }, TimeProvider.System, CancellationToken.None);

        var found = await again.FindAsync(Records.Id(1), "acme", CancellationToken.None);
        Assert.Equal(RequestOutcome.Interrupted, found!.Record!.Outcome);
        Assert.Equal(1, found.Outcome!.Reports);
    }

    [Fact]
    public async Task Report_FileIsLocked_IsRefusedAndNothingIsKept()
    {
        var (ledger, store) = await OpenAsync();
        await ledger.Settle(Records.Record(Records.Intent(1)));
        var report = new OutcomeReport(Records.Id(1), "acme", OutcomeKind.Success, Records.Morning);
        await ((SqliteLedger)ledger).FlushAsync(CancellationToken.None);
        using (_folder.LockForWriting())
        {
            await Assert.ThrowsAsync<LedgerException>(async () => await store.ReportAsync(report, CancellationToken.None));
            Assert.Equal(0, _folder.Number("SELECT count(*) FROM outcomes"));
        }

        Assert.Equal(1, (await store.ReportAsync(report, CancellationToken.None))!.Reports);
    }

    [Fact]
    public async Task Report_RequestWaitsForADiskThatRefuses_IsNotToldToBeUnknown()
    {
        var (ledger, store) = await OpenAsync();
        using (_folder.LockForWriting())
        {
            await ledger.Settle(Records.Record(Records.Intent(1)));

            await Assert.ThrowsAsync<LedgerException>(async () =>
                await store.ReportAsync(new OutcomeReport(Records.Id(1), "acme", OutcomeKind.Success, Records.Morning), CancellationToken.None));
        }
    }
}

/// <summary>The conformance suite in memory.</summary>
public sealed class SqliteMemoryOutcomesTests : SqliteOutcomesConformance
{
    protected override string Path => ":memory:";
}

public abstract class SqliteOutcomesConformance : OutcomeConformance, IAsyncDisposable
{
    private SqliteLedger? _ledger;

    protected abstract string Path { get; }

    public async ValueTask DisposeAsync()
    {
        if (_ledger is not null) await _ledger.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override async ValueTask<(ILedger Ledger, IOutcomeStore Outcomes)> OpenAsync()
    {
        _ledger = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = Path, Durability = LedgerDurability.Group }, TimeProvider.System, CancellationToken.None);
        return (_ledger, _ledger.Outcomes);
    }
}
