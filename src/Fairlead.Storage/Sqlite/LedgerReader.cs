using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Reads records back. Used by one thread at a time.</summary>
internal static class LedgerReader
{
    private const string RequestColumns = """
        r.id, r.accepted_at_us, r.tenant, r.key_name, r.team, r.feature, r.user, r.user_tier, r.environment, r.journey, r.workload,
        r.sensitivity, r.operation, r.dialect, r.requested_model, r.is_stream, r.route, r.revision, r.decision, r.prompt_tokens_bound
        """;

    public static StoredRequest? Find(SqliteConnection connection, string id, string tenant)
    {
        // One transaction, so that a settlement is not seen without its attempts.
        using var transaction = connection.BeginTransaction(deferred: true);
        using var query = Query(connection, $"SELECT {RequestColumns} FROM requests r WHERE r.id = $id AND r.tenant = $tenant", id);
        query.Parameters.AddWithValue("$tenant", tenant);
        using var row = query.ExecuteReader();
        if (!row.Read()) return null;
        var intent = Intent(row);
        return new StoredRequest(intent, Record(connection, intent));
    }

    public static LedgerTotals Totals(SqliteConnection connection)
    {
        using var query = connection.CreateCommand();
        query.CommandText = """
            SELECT
                (SELECT count(*) FROM requests),
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
    public static List<RequestIntent> Open(SqliteConnection connection, int atMost)
    {
        using var query = connection.CreateCommand();
        query.CommandText = $"SELECT {RequestColumns} FROM open_requests o JOIN requests r ON r.id = o.request_id ORDER BY o.request_id LIMIT $most";
        query.Parameters.AddWithValue("$most", atMost);
        using var row = query.ExecuteReader();
        var intents = new List<RequestIntent>();
        while (row.Read()) intents.Add(Intent(row));
        return intents;
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
        DecisionJson = row.GetString(18),
        PromptTokensBound = row.GetInt64(19),
    };

    private static RequestRecord? Record(SqliteConnection connection, RequestIntent intent)
    {
        using var query = Query(
            connection,
            """
            SELECT ended_at_us, outcome, status, failure, tier, target, provider, answered_model, body_mode, sentence,
                   first_token_us, duration_us, request_bytes
              FROM settlements WHERE request_id = $id
            """,
            intent.Id);
        using var row = query.ExecuteReader();
        if (!row.Read()) return null;
        return new RequestRecord
        {
            Intent = intent,
            EndedAt = Columns.Time(row.GetInt64(0)),
            Outcome = Columns.Outcome(row.GetString(1)),
            Status = row.GetInt32(2),
            Failure = Columns.Failure(row.GetString(3)),
            Tier = Text(row, 4),
            Target = Text(row, 5),
            Provider = Text(row, 6),
            AnsweredModel = Text(row, 7),
            BodyMode = Text(row, 8),
            Sentence = row.GetString(9),
            FirstToken = Duration(row, 10),
            Duration = Columns.Duration(row.GetInt64(11)),
            RequestBytes = row.GetInt64(12),
            Attempts = Attempts(connection, intent.Id),
        };
    }

    private static List<AttemptRecord> Attempts(SqliteConnection connection, string id)
    {
        using var query = Query(
            connection,
            """
            SELECT number, tier, target, provider, model, key_index, started_at_us, headers_us, first_token_us, duration_us, failure,
                   clock, upstream_status, upstream_id, detail, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
                   reasoning_tokens, usage_source, cost_nanousd, cost_basis, price_version
              FROM attempts WHERE request_id = $id ORDER BY number
            """,
            id);
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
                Usage = new TokenUsage(row.GetInt64(15), row.GetInt64(16), row.GetInt64(17), row.GetInt64(18), row.GetInt64(19)),
                UsageSource = Columns.Source(row.GetString(20)),
                Cost = row.IsDBNull(21) ? null : new Usd(row.GetInt64(21)),
                CostBasis = Columns.Basis(row.GetString(22)),
                PriceVersion = Text(row, 23),
            });
        }

        return attempts;
    }

    private static SqliteCommand Query(SqliteConnection connection, string sql, string id)
    {
        var query = connection.CreateCommand();
        query.CommandText = sql;
        query.Parameters.AddWithValue("$id", id);
        return query;
    }

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static TimeSpan? Duration(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : Columns.Duration(row.GetInt64(column));
}
