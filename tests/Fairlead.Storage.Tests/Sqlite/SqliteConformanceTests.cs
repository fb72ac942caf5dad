using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>The conformance suite over a file.</summary>
public sealed class SqliteFileConformanceTests : SqliteConformance, IDisposable
{
    private readonly LedgerFolder _folder = new();

    protected override string Path => _folder.Ledger;

    public void Dispose() => _folder.Dispose();
}

/// <summary>The conformance suite in memory.</summary>
public sealed class SqliteMemoryConformanceTests : SqliteConformance
{
    protected override string Path => ":memory:";
}

public abstract class SqliteConformance : LedgerConformance
{
    protected abstract string Path { get; }

    protected override async Task<ILedger> OpenAsync(LedgerDurability durability) =>
        await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = Path, Durability = durability }, TimeProvider.System, CancellationToken.None);

    protected override async Task<Sums> SumAsync(ILedger ledger)
    {
        var totals = await ((SqliteLedger)ledger).TotalsAsync(CancellationToken.None);
        return new Sums(totals.Requests, totals.Attempts, totals.Cost.NanoDollars, totals.UnknownCosts);
    }
}
