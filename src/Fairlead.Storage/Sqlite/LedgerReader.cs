using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Reads records back. Used by one thread at a time.</summary>
internal static class LedgerReader
{
    public static StoredRequest? Find(SqliteConnection connection, string id, string tenant)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT * FROM requests WHERE id = $id AND tenant = $tenant";
        query.Parameters.AddWithValue("$id", id);
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
            SELECT (SELECT count(*) FROM requests), (SELECT count(*) FROM attempts),
                   (SELECT coalesce(sum(cost), 0) FROM attempts) + (SELECT coalesce(sum(cost), 0) FROM corrections),
                   (SELECT count(*) FROM attempts WHERE cost IS NULL)
            """;
        using var row = query.ExecuteReader();
        row.Read();
        return new LedgerTotals(row.GetInt64(0), row.GetInt64(1), new Usd(row.GetInt64(2)), row.GetInt64(3));
    }

    /// <summary>Intents that were never settled: the process died over them.</summary>
    public static List<RequestIntent> Open(SqliteConnection connection)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT r.* FROM open_requests o JOIN requests r ON r.id = o.request_id ORDER BY r.id";
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
        Operation = row.GetString(13),
        Dialect = row.GetString(14),
        RequestedModel = row.GetString(15),
        IsStream = row.GetInt64(16) != 0,
        Route = Text(row, 17),
        Revision = row.GetString(18),
        DecisionJson = row.GetString(19),
        PromptTokensBound = row.GetInt64(20),
    };

    private static RequestRecord? Record(SqliteConnection connection, RequestIntent intent)
    {
        var attempts = Attempts(connection, intent.Id);
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT * FROM settlements WHERE request_id = $id";
        query.Parameters.AddWithValue("$id", intent.Id);
        using var row = query.ExecuteReader();
        if (!row.Read()) return null;
        return new RequestRecord
        {
            Intent = intent,
            EndedAt = Columns.Time(row.GetInt64(1)),
            Outcome = Columns.Outcome(row.GetString(2)),
            Status = row.GetInt32(3),
            Failure = Columns.Failure(Text(row, 4)),
            Tier = Text(row, 5),
            Target = Text(row, 6),
            Provider = Text(row, 7),
            AnsweredModel = Text(row, 8),
            BodyMode = Text(row, 9),
            Sentence = row.GetString(10),
            FirstToken = Duration(row, 11),
            Duration = Columns.Duration(row.GetInt64(12)),
            RequestBytes = row.GetInt64(13),
            Attempts = attempts,
        };
    }

    private static List<AttemptRecord> Attempts(SqliteConnection connection, string id)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT * FROM attempts WHERE request_id = $id ORDER BY number";
        query.Parameters.AddWithValue("$id", id);
        using var row = query.ExecuteReader();
        var attempts = new List<AttemptRecord>();
        while (row.Read())
        {
            attempts.Add(new AttemptRecord
            {
                Number = row.GetInt32(1),
                Tier = row.GetString(2),
                Target = row.GetString(3),
                Provider = row.GetString(4),
                Model = row.GetString(5),
                KeyIndex = row.IsDBNull(6) ? null : row.GetInt32(6),
                StartedAt = Columns.Time(row.GetInt64(7)),
                Headers = Duration(row, 8),
                FirstToken = Duration(row, 9),
                Duration = Columns.Duration(row.GetInt64(10)),
                Failure = Columns.Failure(Text(row, 11)),
                Clock = Columns.Clock(Text(row, 12)),
                UpstreamStatus = row.IsDBNull(13) ? null : row.GetInt32(13),
                UpstreamId = Text(row, 14),
                Detail = Text(row, 15),
                Usage = new TokenUsage(row.GetInt64(16), row.GetInt64(17), row.GetInt64(18), row.GetInt64(19), row.GetInt64(20)),
                UsageSource = Columns.Source(row.GetString(21)),
                Cost = row.IsDBNull(22) ? null : new Usd(row.GetInt64(22)),
                CostBasis = Columns.Basis(row.GetString(23)),
                PriceVersion = Text(row, 24),
            });
        }

        return attempts;
    }

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static TimeSpan? Duration(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : Columns.Duration(row.GetInt64(column));
}
