using System.Collections.Immutable;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Core.Revisions;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Reads records back. Used by one thread at a time.</summary>
internal static class LedgerReader
{
    private const string IntentColumns = """
        id, accepted_at_us, tenant, key_name, team, feature, user, user_tier, environment, journey, workload, sensitivity, operation,
        dialect, requested_model, is_stream, route, revision, max_output_tokens, choices, has_tools, has_schema, prompt_tokens_bound,
        (SELECT text FROM decisions d WHERE d.seq = decision), seq, inputs, tags
        """;

    /// <summary>More than there are routes, targets and aliases together.</summary>
    private const int MostGroups = 10_000;

    /// <summary>So that a count takes about a second of a processor.</summary>
    private const long MostRead = 1_000_000;

    private const int SeqColumn = 24;

    private const string SettlementColumns = """
        ended_at_us, outcome, status, failure, tier, target, provider, answered_model, body_mode,
        coalesce(sentence, (SELECT d.sentence FROM decisions d WHERE d.seq = decision)), first_token_us,
        duration_us, request_bytes, dearest_nanousd
        """;

    public static StoredRequest? Find(SqliteConnection connection, string id, string tenant)
    {
        // One transaction, so that a settlement is not seen without its attempts.
        using var transaction = connection.BeginTransaction(deferred: true);
        using (var query = Query(connection, $"SELECT {IntentColumns}, {SettlementColumns} FROM requests WHERE id = $id AND tenant = $tenant", id, tenant))
        using (var row = query.ExecuteReader())
        {
            if (row.Read()) return Settled(connection, row) with { Outcome = OutcomeRows.Last(connection, id) };
        }

        // Few run at a time: no index is kept for the ones that are asked after.
        using var openQuery = Query(connection, $"SELECT {IntentColumns} FROM open_requests WHERE id = $id AND tenant = $tenant", id, tenant);
        using var open = openQuery.ExecuteReader();
        return open.Read() ? new StoredRequest(Intent(open), null) { Outcome = OutcomeRows.Last(connection, id) } : null;
    }

    public static LedgerTotals Totals(SqliteConnection connection)
    {
        using var query = connection.CreateCommand();
        query.CommandText = """
            SELECT
                (SELECT count(*) FROM requests) + (SELECT count(*) FROM open_requests),
                (SELECT count(*) FROM attempts),
                (SELECT coalesce(sum(cost_nanousd), 0) FROM attempts) + (SELECT coalesce(sum(cost_nanousd), 0) FROM corrections),
                (SELECT count(*) FROM attempts a
                  WHERE a.cost_nanousd IS NULL
                    AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.request_id = a.request_id AND c.attempt_number = a.number))
            """;
        using var row = query.ExecuteReader();
        row.Read();
        return new LedgerTotals(row.GetInt64(0), row.GetInt64(1), new Usd(row.GetInt64(2)), row.GetInt64(3));
    }

    /// <summary>Intents without a settlement, the oldest first.</summary>
    public static List<(long Seq, RequestIntent Intent)> Open(SqliteConnection connection, int atMost)
    {
        using var query = connection.CreateCommand();
        query.CommandText = $"SELECT {IntentColumns} FROM open_requests ORDER BY seq LIMIT $most";
        query.Parameters.AddWithValue("$most", atMost);
        using var row = query.ExecuteReader();
        var intents = new List<(long, RequestIntent)>();
        while (row.Read()) intents.Add((row.GetInt64(SeqColumn), Intent(row)));
        return intents;
    }

    /// <summary>
    /// Settled requests that were accepted from <paramref name="since"/> to before <paramref name="until"/>, by route, else pinned target, and by the
    /// name that was sent. Clients choose names: only the largest groups are told apart. Of very many requests a part is read, by the
    /// last characters of their ids, which are random; its counts then stand for all.
    /// </summary>
    /// <param name="connection">Read for a second or so.</param>
    /// <param name="since">From when.</param>
    /// <param name="until">To before when.</param>
    /// <param name="mostRead">About so many requests are read at most.</param>
    public static Traffic Traffic(SqliteConnection connection, DateTimeOffset since, DateTimeOffset until, long mostRead = MostRead)
    {
        // Ids sort by the time of acceptance, to the millisecond: the rows of a week stand together in their index, and in the table.
        const string week = "FROM requests WHERE id >= $since AND id < $until";
        using var transaction = connection.BeginTransaction(deferred: true);
        using var count = Query(connection, $"SELECT count(*) {week}", since, until);
        var requests = (long)count.ExecuteScalar()!;
        var (ending, weight) = ("", 1L);
        for (; requests / weight > mostRead; weight *= RequestId.Digits) ending += '0';
        using var query = Query(
            connection,
            $"""
            SELECT route, CASE WHEN route IS NULL THEN target END, requested_model, count(*) * $weight AS number
              {week} AND ($weight = 1 OR id GLOB '*' || $ending)
             GROUP BY 1, 2, 3 ORDER BY number DESC LIMIT {MostGroups}
            """,
            since,
            until);
        query.Parameters.AddWithValue("$weight", weight);
        query.Parameters.AddWithValue("$ending", ending);
        using var row = query.ExecuteReader();
        var groups = ImmutableArray.CreateBuilder<RequestGroup>();
        while (row.Read()) groups.Add(new RequestGroup(Text(row, 0), Text(row, 1), row.GetString(2), row.GetInt64(3)));
        // A part stands for about all, seldom for exactly all.
        return new Traffic(weight == 1 ? requests : Math.Max(requests, groups.Sum(group => group.Requests)), groups.DrainToImmutable());
    }

    private static RequestIntent Intent(SqliteDataReader row) => new()
    {
        Id = row.GetString(0),
        AcceptedAt = Columns.Time(row.GetInt64(1)),
        Tenant = row.GetString(2),
        Key = Text(row, 3),
        Team = Text(row, 4),
        Feature = Text(row, 5),
        User = Text(row, 6),
        UserTier = Text(row, 7),
        Environment = Text(row, 8),
        Journey = Text(row, 9),
        Workload = Text(row, 10),
        Sensitivity = Text(row, 11),
        Operation = row.GetString(12),
        Dialect = row.GetString(13),
        RequestedModel = row.GetString(14),
        IsStream = row.GetInt64(15) != 0,
        Route = Text(row, 16),
        Revision = row.GetString(17),
        MaxOutputTokens = row.IsDBNull(18) ? null : row.GetInt64(18),
        Choices = row.GetInt32(19),
        HasTools = row.GetInt64(20) != 0,
        HasSchema = row.GetInt64(21) != 0,
        PromptTokensBound = row.GetInt64(22),
        DecisionJson = row.GetString(23),
        Inputs = Text(row, SeqColumn + 1),
        Tags = Text(row, SeqColumn + 2),
    };

    private static StoredRequest Settled(SqliteConnection connection, SqliteDataReader row)
    {
        const int first = SeqColumn + 3;
        var intent = Intent(row);
        return new StoredRequest(intent, new RequestRecord
        {
            Intent = intent,
            EndedAt = Columns.Time(row.GetInt64(first)),
            Outcome = Columns.Outcome(row.GetString(first + 1)),
            Status = row.GetInt32(first + 2),
            Failure = Columns.Failure(row.GetString(first + 3)),
            Tier = Text(row, first + 4),
            Target = Text(row, first + 5),
            Provider = Text(row, first + 6),
            AnsweredModel = Text(row, first + 7),
            BodyMode = Text(row, first + 8),
            Sentence = row.GetString(first + 9),
            FirstToken = Duration(row, first + 10),
            Duration = Columns.Duration(row.GetInt64(first + 11)),
            RequestBytes = row.GetInt64(first + 12),
            DearestCost = Cost(row, first + 13),
            Attempts = Attempts(connection, row.GetInt64(SeqColumn)),
        });
    }

    private static List<AttemptRecord> Attempts(SqliteConnection connection, long request)
    {
        using var query = connection.CreateCommand();
        query.CommandText = """
            SELECT number, tier, target, provider, model, key_index, started_at_us, headers_us, first_token_us, duration_us, failure,
                   clock, upstream_status, upstream_id, detail, input_tokens, cached_input_tokens, cache_write_tokens,
                   cache_write_1h_tokens, output_tokens, reasoning_tokens, usage_source, cost_nanousd, cost_basis, price_version,
                   output_cost_nanousd,
                   (SELECT sum(c.cost_nanousd) FROM corrections c WHERE c.request_id = attempts.request_id AND c.attempt_number = attempts.number)
              FROM attempts WHERE seq BETWEEN $first AND $last ORDER BY seq
            """;
        query.Parameters.AddWithValue("$first", request * Columns.AttemptsPerRequest);
        query.Parameters.AddWithValue("$last", (request * Columns.AttemptsPerRequest) + Columns.AttemptsPerRequest - 1);
        using var row = query.ExecuteReader();
        var attempts = new List<AttemptRecord>();
        while (row.Read())
        {
            attempts.Add(new AttemptRecord
            {
                Number = row.GetInt32(0),
                Tier = row.GetString(1),
                Target = row.GetString(2),
                Provider = row.GetString(3),
                Model = row.GetString(4),
                KeyIndex = row.IsDBNull(5) ? null : row.GetInt32(5),
                StartedAt = Columns.Time(row.GetInt64(6)),
                Headers = Duration(row, 7),
                FirstToken = Duration(row, 8),
                Duration = Columns.Duration(row.GetInt64(9)),
                Failure = Columns.Failure(row.GetString(10)),
                Clock = Columns.Clock(row.GetString(11)),
                UpstreamStatus = row.IsDBNull(12) ? null : row.GetInt32(12),
                UpstreamId = Text(row, 13),
                Detail = Text(row, 14),
                Usage = new TokenUsage(row.GetInt64(15), row.GetInt64(16), row.GetInt64(17), row.GetInt64(19), row.GetInt64(20)) { CacheWriteOneHour = row.GetInt64(18) },
                UsageSource = Columns.Source(row.GetString(21)),
                Cost = Cost(row, 22),
                OutputCost = Cost(row, 25),
                Correction = Cost(row, 26),
                CostBasis = Columns.Basis(row.GetString(23)),
                PriceVersion = Text(row, 24),
            });
        }

        return attempts;
    }

    private static SqliteCommand Query(SqliteConnection connection, string sql, string id, string tenant)
    {
        var query = connection.CreateCommand();
        query.CommandText = sql;
        query.Parameters.AddWithValue("$id", id);
        query.Parameters.AddWithValue("$tenant", tenant);
        return query;
    }

    private static SqliteCommand Query(SqliteConnection connection, string sql, DateTimeOffset since, DateTimeOffset until)
    {
        var query = connection.CreateCommand();
        query.CommandText = sql;
        query.Parameters.AddWithValue("$since", RequestId.First(since));
        query.Parameters.AddWithValue("$until", RequestId.First(until));
        return query;
    }

    private static Usd? Cost(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : new Usd(row.GetInt64(column));

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static TimeSpan? Duration(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : Columns.Duration(row.GetInt64(column));
}
