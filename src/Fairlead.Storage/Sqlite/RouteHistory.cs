using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Reads how the requests of routes ended, in slices of five minutes. Used by one thread at a time.</summary>
internal static class RouteHistory
{
    private const long SliceMicros = 5 * 60 * 1_000_000L;

    /// <summary>Counts the requests that were accepted in one range of time and ended in another.</summary>
    /// <param name="connection">The ledger.</param>
    /// <param name="promised">The routes, and the time in which each promises its answers; null where it promises none.</param>
    /// <param name="acceptedFrom">The first time of acceptance. Ids sort by it, and have an index.</param>
    /// <param name="acceptedUntil">The end of it, exclusive.</param>
    /// <param name="endedFrom">The first time of the end.</param>
    /// <param name="endedUntil">The end of that, exclusive.</param>
    public static List<RouteSlice> Read(
        SqliteConnection connection, IReadOnlyList<(string Route, TimeSpan? P95)> promised, DateTimeOffset acceptedFrom, DateTimeOffset acceptedUntil, DateTimeOffset endedFrom, DateTimeOffset endedUntil)
    {
        using var query = connection.CreateCommand();
        // A JSON answer has no first token: it is there when it is whole. A request without an answer is late for ever.
        query.CommandText = $"""
            SELECT route, slice, outcome, failure, count(*), sum(CASE WHEN time_us IS NULL OR time_us > CASE route {Each("WHEN $route{0} THEN $most{0}", " ")} END THEN 1 ELSE 0 END)
              FROM (SELECT route, ended_at_us / {SliceMicros} AS slice, outcome, failure,
                           coalesce(first_token_us, CASE outcome WHEN 'answered' THEN duration_us END) AS time_us
                      FROM requests
                     WHERE id >= $first AND id < $last AND ended_at_us >= $from AND ended_at_us < $until AND route IN ({Each("$route{0}", ", ")}))
             GROUP BY route, slice, outcome, failure
            """;
        for (var i = 0; i < promised.Count; i++)
        {
            query.Parameters.AddWithValue("$route" + i, promised[i].Route);
            query.Parameters.AddWithValue("$most" + i, promised[i].P95 is { } most ? Columns.Micros(most) : DBNull.Value);
        }

        Span<byte> nothing = stackalloc byte[16];
        nothing.Clear();
        query.Parameters.AddWithValue("$first", RequestId.Create(acceptedFrom, nothing));
        query.Parameters.AddWithValue("$last", RequestId.Create(acceptedUntil, nothing));
        query.Parameters.AddWithValue("$from", Columns.Micros(endedFrom));
        query.Parameters.AddWithValue("$until", Columns.Micros(endedUntil));
        using var row = query.ExecuteReader();
        var slices = new List<RouteSlice>();
        while (row.Read())
        {
            var outcome = Columns.Outcome(row.GetString(2));
            if (!PromiseTracker.IsEvent(outcome, Columns.Failure(row.GetString(3)))) continue;
            var count = row.GetInt64(4);
            slices.Add(new RouteSlice(row.GetString(0), Columns.Time(row.GetInt64(1) * SliceMicros), count, row.GetInt64(5), outcome == RequestOutcome.Answered ? 0 : count));
        }

        return slices;

        string Each(string pattern, string separator) =>
            string.Join(separator, Enumerable.Range(0, promised.Count).Select(i => pattern.Replace("{0}", i.ToString(null, null), StringComparison.Ordinal)));
    }
}
