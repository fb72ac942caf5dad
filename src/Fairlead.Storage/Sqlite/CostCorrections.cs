using Fairlead.Core.Catalog;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Finds attempts whose cost is another one at the price in force, and writes down the difference. Used by one thread at a time.</summary>
internal static class CostCorrections
{
    private const int RequestsPerPage = 1000;

    /// <summary>A request's id is made a moment before it is accepted, and clocks are set.</summary>
    private static readonly TimeSpan IdSlack = TimeSpan.FromMinutes(1);

    /// <summary>What is to be added to an attempt's cost.</summary>
    /// <param name="RequestId">The request.</param>
    /// <param name="Attempt">The attempt's number.</param>
    /// <param name="Cost">The difference; the whole cost where that was unknown.</param>
    /// <param name="OutputCost">The part of it that output tokens cost.</param>
    /// <param name="PriceVersion">The price.</param>
    public sealed record Correction(string RequestId, long Attempt, Usd Cost, Usd OutputCost, string PriceVersion);

    /// <summary>What a page came to.</summary>
    public sealed record Page(List<Correction> Corrections, RerateResult Result);

    /// <summary>Looks at the attempts of the next requests.</summary>
    /// <param name="connection">Only read.</param>
    /// <param name="asked">What is asked for.</param>
    /// <param name="after">The request behind which it goes on; null for the first page. Then the last one of the page; null at the end.</param>
    public static Page Find(SqliteConnection connection, Rerating asked, ref string? after)
    {
        using var transaction = connection.BeginTransaction(deferred: true);
        using var paging = connection.CreateCommand();
        paging.CommandText = $"SELECT id FROM requests WHERE id > $after AND id < $last ORDER BY id LIMIT 1 OFFSET {RequestsPerPage - 1}";
        Bind(paging, asked, after);
        var last = paging.ExecuteScalar() as string;
        using var query = connection.CreateCommand();
        query.CommandText = Attempts(isLastPage: last is null);
        Bind(query, asked, after);
        query.Parameters.AddWithValue("$from", Columns.Micros(asked.From));
        query.Parameters.AddWithValue("$until", Columns.Micros(asked.Until));
        query.Parameters.AddWithValue("$target", (object?)asked.Target ?? DBNull.Value);
        if (last is not null) query.Parameters.AddWithValue("$page", last);

        var corrections = new List<Correction>();
        long attempts = 0, unpriced = 0, nowKnown = 0, difference = 0;
        using var row = query.ExecuteReader();
        while (row.Read())
        {
            attempts++;
            if (asked.PriceOf(new SentTo(row.GetString(2), row.GetString(16), row.GetString(17))) is not { } price)
            {
                unpriced++;
                continue;
            }

            var isCorrected = row.GetInt64(14) != 0;
            var version = isCorrected ? Text(row, 15) : Text(row, 11);
            if (version == price.Version) continue;
            var usage = new TokenUsage(row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(7), row.GetInt64(8)) { CacheWriteOneHour = row.GetInt64(6) };
            var isUnknown = row.IsDBNull(9) && !isCorrected;
            var known = (row.IsDBNull(9) ? 0 : row.GetInt64(9)) + (isCorrected ? row.GetInt64(13) : 0);
            var delta = PriceArithmetic.Cost(price, usage) - new Usd(known);
            // At another price of the same amount nothing is new, unless it was no price of the target's before.
            if (delta == Usd.Zero && !isUnknown && (isCorrected || Columns.Basis(row.GetString(10)) == CostBasis.Priced)) continue;
            corrections.Add(new Correction(row.GetString(0), row.GetInt64(1), delta, PriceArithmetic.OutputCost(price, usage) - new Usd(row.GetInt64(12)), price.Version));
            if (isUnknown) nowKnown++;
            difference = checked(difference + delta.NanoDollars);
        }

        after = last;
        return new Page(corrections, new RerateResult(attempts, corrections.Count, nowKnown, unpriced, new Usd(difference)));
    }

    /// <summary>The targets that attempts were made at, as far as they or their sums are kept.</summary>
    public static List<string> Targets(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction(deferred: true);
        using var query = connection.CreateCommand();
        query.CommandText = $"""
            SELECT target FROM rollup_dimensions WHERE target IS NOT NULL
             UNION SELECT target FROM attempts WHERE seq >= ((SELECT requests_seq FROM rollup_state) + 1) * {Columns.AttemptsPerRequest}
            """;
        using var row = query.ExecuteReader();
        var targets = new List<string>();
        while (row.Read()) targets.Add(row.GetString(0));
        return targets;
    }

    /// <summary>Writes corrections down, all or none.</summary>
    public static void Write(SqliteConnection connection, List<Correction> corrections, string reason, DateTimeOffset now)
    {
        using var transaction = connection.BeginTransaction();
        using var add = connection.CreateCommand();
        add.Transaction = transaction;
        // Behind all that the rollups have, also where the last ones were removed.
        add.CommandText = """
            INSERT INTO corrections (id, request_id, attempt_number, made_at_us, reason, cost_nanousd, output_cost_nanousd, price_version)
            VALUES (max((SELECT coalesce(max(id), 0) FROM corrections), (SELECT corrections_id FROM rollup_state)) + 1, $request, $attempt, $at, $reason, $cost, $output, $version)
            """;
        var request = add.Parameters.Add("$request", SqliteType.Text);
        var attempt = add.Parameters.Add("$attempt", SqliteType.Integer);
        add.Parameters.AddWithValue("$at", Columns.Micros(now));
        add.Parameters.AddWithValue("$reason", reason);
        var cost = add.Parameters.Add("$cost", SqliteType.Integer);
        var output = add.Parameters.Add("$output", SqliteType.Integer);
        var version = add.Parameters.Add("$version", SqliteType.Text);
        foreach (var correction in corrections)
        {
            request.Value = correction.RequestId;
            attempt.Value = correction.Attempt;
            cost.Value = correction.Cost.NanoDollars;
            output.Value = correction.OutputCost.NanoDollars;
            version.Value = correction.PriceVersion;
            add.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    /// <summary>The attempts of a page. CROSS JOIN keeps the order: requests of the page first, then what belongs to each of them; without it SQLite would go through all attempts for every page.</summary>
    internal static string Attempts(bool isLastPage) => $"""
        SELECT a.request_id, a.number, a.target, a.input_tokens, a.cached_input_tokens, a.cache_write_tokens, a.cache_write_1h_tokens, a.output_tokens, a.reasoning_tokens,
               a.cost_nanousd, a.cost_basis, a.price_version, coalesce(a.output_cost_nanousd, 0) + coalesce(sum(c.output_cost_nanousd), 0),
               sum(c.cost_nanousd), max(c.id) IS NOT NULL, (SELECT v.price_version FROM corrections v WHERE v.request_id = a.request_id AND v.attempt_number = a.number ORDER BY v.id DESC LIMIT 1),
               a.provider, a.model
          FROM requests r
          CROSS JOIN attempts a ON a.seq > r.seq * {Columns.AttemptsPerRequest} AND a.seq < (r.seq + 1) * {Columns.AttemptsPerRequest}
          LEFT JOIN corrections c INDEXED BY corrections_by_attempt ON c.request_id = a.request_id AND c.attempt_number = a.number
         WHERE r.id > $after AND r.id < $last {(isLastPage ? "" : "AND r.id <= $page")} AND r.accepted_at_us >= $from AND r.accepted_at_us < $until
           AND a.usage_source <> 'none' AND ($target IS NULL OR a.target = $target)
         GROUP BY a.seq
        """;

    private static void Bind(SqliteCommand query, Rerating asked, string? after)
    {
        query.Parameters.AddWithValue("$after", after ?? RequestId.First(asked.From - DateTimeOffset.UnixEpoch > IdSlack ? asked.From - IdSlack : DateTimeOffset.UnixEpoch));
        query.Parameters.AddWithValue("$last", RequestId.First(DateTimeOffset.MaxValue - asked.Until > IdSlack ? asked.Until + IdSlack : DateTimeOffset.MaxValue));
    }

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
