using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Fairlead.Core.Requests;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Reads what routes cost and how many successes they have. Used by one thread at a time.</summary>
internal static class RouteOutcomesReader
{
    /// <summary>A request's id is made a moment before it is accepted, and clocks are set.</summary>
    private static readonly TimeSpan IdSlack = TimeSpan.FromMinutes(1);

    public static IReadOnlyList<RouteOutcomes> Read(SqliteConnection connection, DateTimeOffset from, DateTimeOffset until)
    {
        var successes = Successes(connection, from, until);
        var report = CostReader.Report(connection, new CostQuery { From = from, Until = until, By = [CostDimension.Route] });
        var routes = new List<RouteOutcomes>();
        foreach (var row in report.Rows)
        {
            if (row.Values[0] is { } route) routes.Add(new RouteOutcomes(route, row.Sums.Requests, successes.GetValueOrDefault(route), row.Sums.Cost, row.Sums.UnknownCosts));
        }

        return routes;
    }

    /// <summary>Successes by route. The outcomes of a time are few beside its requests: only these are looked up.</summary>
    private static Dictionary<string, long> Successes(SqliteConnection connection, DateTimeOffset from, DateTimeOffset until)
    {
        using var query = connection.CreateCommand();
        query.CommandText = """
            SELECT r.route, count(*)
              FROM (SELECT request_id, max(number), outcome FROM outcomes WHERE request_id >= $first AND request_id < $last GROUP BY request_id) o
              JOIN requests r ON r.id = o.request_id
             WHERE o.outcome = 'success' AND r.route IS NOT NULL AND r.accepted_at_us >= $from AND r.accepted_at_us < $until
             GROUP BY r.route
            """;
        query.Parameters.AddWithValue("$first", RequestId.First(from - IdSlack));
        query.Parameters.AddWithValue("$last", RequestId.First(until + IdSlack));
        query.Parameters.AddWithValue("$from", Columns.Micros(from));
        query.Parameters.AddWithValue("$until", Columns.Micros(until));
        using var row = query.ExecuteReader();
        var successes = new Dictionary<string, long>(StringComparer.Ordinal);
        while (row.Read()) successes.Add(row.GetString(0), row.GetInt64(1));
        return successes;
    }
}
