using System.Globalization;
using Fairlead.Core.Ledger;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Says from when on requests are kept, for what is made from their rows. Used by one thread at a time.</summary>
internal static class KeptRequests
{
    /// <summary>A request's id is made a moment before it is accepted: so many of the first ids have the first that was accepted among them.</summary>
    private const int FirstIds = 1000;

    /// <summary>Refuses a time of which requests were removed. Their sums tell of them: those of before the oldest request that is kept.</summary>
    /// <param name="connection">In the transaction that reads the rows.</param>
    /// <param name="from">Where the time begins.</param>
    /// <exception cref="CostQueryException">The time begins before requests are kept.</exception>
    public static void Require(SqliteConnection connection, DateTimeOffset from)
    {
        using var query = connection.CreateCommand();
        query.CommandText = $"""
            SELECT max(bucket_at_us) FROM rollups
             WHERE bucket_at_us < (SELECT min(accepted_at_us) / {CostFacts.Quarter} * {CostFacts.Quarter} FROM (SELECT accepted_at_us FROM requests ORDER BY id LIMIT {FirstIds}))
            """;
        if (query.ExecuteScalar() is not long removed) return;
        var kept = Columns.Time(removed + CostFacts.Quarter);
        if (from >= kept) return;
        var since = kept.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        throw new CostQueryException($"This report is made from requests, and these are kept from {since} on; older ones were removed, as store.keep says. Ask for a time from then on.");
    }
}
