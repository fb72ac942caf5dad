using System.Collections.Immutable;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Sums up what requests cost. Used by one thread at a time.</summary>
internal static class CostReader
{
    /// <summary>A request's id is made a moment before it is accepted, and clocks are set.</summary>
    private static readonly TimeSpan IdSlack = TimeSpan.FromMinutes(1);

    public static List<SpentRow> Spent(SqliteConnection connection, DateTimeOffset from, DateTimeOffset until, IReadOnlyList<CostDimension> groupBy)
    {
        using var transaction = connection.BeginTransaction(deferred: true);
        using var query = connection.CreateCommand();
        var groups = string.Concat(groupBy.Select((dimension, i) => $"{CostColumns.Of(dimension, "$tag" + i)}, "));
        var request = string.Join(", ", CostColumns.Request.Select(column => "r." + column)) + ", r.journey";
        const string accepted = "r.id >= $first AND r.id < $last AND r.accepted_at_us >= $from AND r.accepted_at_us < $until";
        query.CommandText = $"""
            SELECT {groups}sum(cost)
              FROM (SELECT {request}, a.tier, a.target, a.provider, a.model, a.cost_nanousd AS cost
                      FROM requests r JOIN attempts a ON a.seq BETWEEN r.seq * {Columns.AttemptsPerRequest} AND r.seq * {Columns.AttemptsPerRequest} + {Columns.AttemptsPerRequest - 1}
                     WHERE {accepted} AND a.cost_nanousd IS NOT NULL
                    UNION ALL
                    SELECT {request}, a.tier, a.target, a.provider, a.model, c.cost_nanousd
                      FROM requests r JOIN corrections c ON c.request_id = r.id JOIN attempts a ON a.seq = r.seq * {Columns.AttemptsPerRequest} + c.attempt_number
                     WHERE {accepted})
             GROUP BY {(groupBy.Count == 0 ? "NULL HAVING count(*) > 0" : string.Join(", ", Enumerable.Range(1, groupBy.Count)))}
            """;
        query.Parameters.AddWithValue("$first", RequestId.First(Earlier(from, IdSlack)));
        query.Parameters.AddWithValue("$last", RequestId.First(Later(until, IdSlack)));
        query.Parameters.AddWithValue("$from", Columns.Micros(from));
        query.Parameters.AddWithValue("$until", Columns.Micros(until));
        for (var i = 0; i < groupBy.Count; i++)
        {
            if (groupBy[i].TagName is { } tag) query.Parameters.AddWithValue("$tag" + i, CostColumns.Path(tag));
        }

        using var row = query.ExecuteReader();
        var rows = new List<SpentRow>();
        while (row.Read())
        {
            var values = ImmutableArray.CreateBuilder<string?>(groupBy.Count);
            for (var i = 0; i < groupBy.Count; i++) values.Add(row.IsDBNull(i) ? null : row.GetString(i));
            rows.Add(new SpentRow(values.MoveToImmutable(), new Usd(row.GetInt64(groupBy.Count))));
        }

        return rows;
    }

    private static DateTimeOffset Earlier(DateTimeOffset time, TimeSpan by) => time - DateTimeOffset.UnixEpoch > by ? time - by : DateTimeOffset.UnixEpoch;

    private static DateTimeOffset Later(DateTimeOffset time, TimeSpan by) => DateTimeOffset.MaxValue - time > by ? time + by : DateTimeOffset.MaxValue;
}
