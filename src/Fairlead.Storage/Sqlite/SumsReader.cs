using System.Text;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Fairlead.Core.Requests;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// Sums requests up with their outcomes, from their rows: each with its last report, its attempts and the corrections of these, as one row of its own
/// first, so that nothing is counted twice. Used by one thread at a time.
/// </summary>
internal static class SumsReader
{
    /// <summary>So that a report by user and hour of a busy year ends in an error, and not in a gateway without memory.</summary>
    private const int MostGroups = 200_000;

    /// <summary>A request's id is made a moment before it is accepted, and clocks are set.</summary>
    private static readonly TimeSpan IdSlack = TimeSpan.FromMinutes(1);

    /// <summary>How much is read at a time: in between it can be given up.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromHours(6);

    /// <summary>
    /// A row for each request. The columns of an attempt that stand bare are those of its last one, the one of the largest number: SQLite says so
    /// where there is one max() and no min(). An attempt's cost is its own and what corrections add, or a correction's where its own is unknown.
    /// </summary>
    private static readonly string Requests = $"""
        SELECT r.accepted_at_us AS at_us, {string.Join(", ", CostColumns.Request.Select(column => "r." + column))}, r.journey, r.tier, r.target, r.provider, r.decision, r.outcome AS ended,
               r.dearest_nanousd AS dearest, o.outcome AS reported, o.value_nanousd AS value, o.score, max(a.number) AS attempts, a.model,
               coalesce(a.cost_nanousd + coalesce(c.cost, 0), c.cost) AS answering,
               sum(coalesce(a.cost_nanousd + coalesce(c.cost, 0), c.cost)) AS cost,
               sum(a.number IS NOT NULL AND a.cost_nanousd IS NULL AND c.cost IS NULL) > 0 OR (max(a.number) IS NULL AND r.outcome = 'interrupted') AS is_unknown,
               sum(coalesce(a.output_cost_nanousd + coalesce(c.output, 0), iif(a.cost_nanousd IS NULL, c.output, NULL))) AS output_cost,
               sum(iif(coalesce(a.output_cost_nanousd, iif(a.cost_nanousd IS NULL, c.output, NULL)) IS NULL, coalesce(a.cost_nanousd + coalesce(c.cost, 0), c.cost), 0)) AS unsplit,
               sum(a.usage_source <> 'none') AS billed, sum(a.input_tokens) AS input, sum(a.output_tokens) AS output
          FROM requests r
          LEFT JOIN attempts a ON a.seq > r.seq * {Columns.AttemptsPerRequest} AND a.seq < (r.seq + 1) * {Columns.AttemptsPerRequest}
          LEFT JOIN (SELECT request_id, attempt_number, sum(cost_nanousd) AS cost, sum(output_cost_nanousd) AS output
                       FROM corrections WHERE request_id >= $first AND request_id < $last GROUP BY request_id, attempt_number) c
                 ON c.request_id = r.id AND c.attempt_number = a.number
          LEFT JOIN (SELECT request_id, max(number), outcome, value_nanousd, score
                       FROM outcomes WHERE request_id >= $first AND request_id < $last GROUP BY request_id) o
                 ON o.request_id = r.id
         WHERE r.id >= $first AND r.id < $last AND r.accepted_at_us >= $from AND r.accepted_at_us < $until
         GROUP BY r.id
        """;

    /// <summary>The tier that a decision would have tried first; empty where that one had no candidate.</summary>
    private const string FirstTiers = """
        SELECT d.seq, iif(d.text ->> '$.tiers[0].number' > 1, '', d.text ->> '$.tiers[0].tier') AS first_tier
          FROM decisions d
         WHERE json_valid(d.text) AND d.seq IN (SELECT r.decision FROM requests r WHERE r.id >= $first AND r.id < $last)
        """;

    private const string Sums = """
        count(*), sum(ended = 'answered'), sum(reported = 'success'), sum(reported = 'failure'), sum(reported = 'neutral'), sum(cost), sum(is_unknown),
        sum(iif(reported = 'success', value, 0)), sum(score), count(score),
        sum(iif(ended = 'answered' AND dearest IS NOT NULL, answering, 0)), sum(iif(ended = 'answered' AND answering IS NOT NULL, dearest, 0)),
        sum(NOT is_unknown), sum(NOT is_unknown AND reported = 'success'), sum(iif(is_unknown, 0, billed)), sum(iif(is_unknown, 0, input)), sum(iif(is_unknown, 0, output)),
        sum(iif(is_unknown, 0, cost)), sum(iif(is_unknown, 0, output_cost)), sum(iif(is_unknown, 0, unsplit))
        """;

    /// <summary>The sums of the requests that a query asks for, by group, in no order.</summary>
    /// <param name="connection">Read from in one transaction.</param>
    /// <param name="asked">Its limit is not looked at.</param>
    /// <param name="tellsRescued">Whether <see cref="RequestSums.Rescued"/> is counted: it takes a look at every decision.</param>
    /// <param name="cancellationToken">Gives up between two slices of time.</param>
    /// <exception cref="CostQueryException">There are too many groups, or requests of that time were removed.</exception>
    public static IReadOnlyCollection<SumsRow> Read(SqliteConnection connection, CostQuery asked, bool tellsRescued, CancellationToken cancellationToken)
    {
        using var transaction = connection.BeginTransaction(deferred: true);
        KeptRequests.Require(connection, asked.From);
        using var query = connection.CreateCommand();
        var groups = string.Concat(asked.By.Select((dimension, i) => CostReader.Expression(query, dimension, "$by" + i.ToString(null, null)) + ", "));
        var sql = new StringBuilder("SELECT ").Append(groups).Append(Sums);
        sql.Append(tellsRescued ? ", sum(ended = 'answered' AND (attempts > 1 OR (first_tier IS NOT NULL AND tier <> first_tier)))" : ", 0");
        sql.Append(" FROM (").Append(Requests).Append(')');
        if (tellsRescued) sql.Append(" LEFT JOIN (").Append(FirstTiers).Append(") f ON f.seq = decision");
        sql.Append(CostReader.Filter(query, asked.Where));
        sql.Append(asked.By.IsEmpty ? " HAVING count(*) > 0" : " GROUP BY ").AppendJoin(", ", Enumerable.Range(1, asked.By.Length));
        query.CommandText = sql.ToString();
        string[] bounds = ["$first", "$last", "$from", "$until"];
        foreach (var bound in bounds) query.Parameters.AddWithValue(bound, 0);

        var found = new Dictionary<CostReader.Group, RequestSums>();
        var names = new Dictionary<long, string>();
        var (first, last) = Span(connection);
        var until = Earlier(asked.Until, last);
        for (DateTimeOffset begin = Later(asked.From, first), end; begin < until; begin = end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            end = Earlier(begin + Slice, until);
            query.Parameters["$first"].Value = RequestId.First(Later(begin - IdSlack, DateTimeOffset.UnixEpoch));
            query.Parameters["$last"].Value = RequestId.First(end + IdSlack);
            query.Parameters["$from"].Value = Columns.Micros(begin);
            query.Parameters["$until"].Value = Columns.Micros(end);
            using var row = query.ExecuteReader();
            while (row.Read())
            {
                var values = new string?[asked.By.Length];
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = row.IsDBNull(i) ? null : asked.By[i].Period is { } period ? NameOf(period, row.GetInt64(i)) : row.GetString(i);
                }

                var group = new CostReader.Group(values);
                if (found.TryGetValue(group, out var known)) found[group] = known + Read(row, values.Length);
                else if (found.Count < MostGroups) found.Add(group, Read(row, values.Length));
                else throw new CostQueryException($"The report has more than {MostGroups} groups. Ask for a shorter time, fewer dimensions, or filter.");
            }
        }

        return [.. found.Select(group => new SumsRow([.. group.Key.Values], group.Value))];

        string NameOf(CostPeriod period, long quarter)
        {
            if (!names.TryGetValue(quarter, out var name)) names.Add(quarter, name = CostPeriods.NameOf(period, Columns.Time(quarter * CostFacts.Quarter), asked.Zone));
            return name;
        }
    }

    /// <summary>A time that no request was accepted before, and one that none was after; the same where there are none.</summary>
    private static (DateTimeOffset First, DateTimeOffset Last) Span(SqliteConnection connection)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT (SELECT accepted_at_us FROM requests ORDER BY id LIMIT 1), (SELECT accepted_at_us FROM requests ORDER BY id DESC LIMIT 1)";
        using var row = query.ExecuteReader();
        row.Read();
        return row.IsDBNull(0) ? default : (Columns.Time(row.GetInt64(0)) - (2 * IdSlack), Columns.Time(row.GetInt64(1)) + (2 * IdSlack));
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static RequestSums Read(SqliteDataReader row, int at)
    {
        var input = Number(15);
        var output = Number(16);
        // Attempts of older versions do not say which part of their cost is the output's: their tokens tell.
        var unsplit = Number(19);
        var outputCost = Number(18) + (input + output == 0 ? 0 : (long)((Int128)unsplit * output / (input + output)));
        return new RequestSums
        {
            Requests = Number(0),
            Answered = Number(1),
            Successes = Number(2),
            Failures = Number(3),
            Neutrals = Number(4),
            Cost = new Usd(Number(5)),
            UnknownCosts = Number(6),
            Value = new Usd(Number(7)),
            Scores = row.IsDBNull(at + 8) ? 0 : row.GetDouble(at + 8),
            Scored = Number(9),
            Answering = new Usd(Number(10)),
            Dearest = new Usd(Number(11)),
            Consumed = new Consumption(Number(12), Number(13), Number(14), input, output, Number(17), outputCost),
            Rescued = Number(20),
        };

        long Number(int column) => row.IsDBNull(at + column) ? 0 : row.GetInt64(at + column);
    }
}
