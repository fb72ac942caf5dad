using System.Collections.Immutable;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Outcomes as rows. Used by one thread at a time.</summary>
internal static class OutcomeRows
{
    /// <summary>How long another process may hold the file before a report is refused: its client waits, and so does the ledger's writer.</summary>
    private const int PatienceSeconds = 1;

    /// <summary>Keeps reports, all of them or none.</summary>
    /// <returns>How each one's request stands with it; null for one whose tenant has no such request.</returns>
    public static ImmutableArray<StoredOutcome?> Add(SqliteConnection connection, IReadOnlyList<OutcomeReport> reports)
    {
        Run(connection, "BEGIN IMMEDIATE");
        try
        {
            var kept = ImmutableArray.CreateBuilder<StoredOutcome?>(reports.Count);
            foreach (var report in reports) kept.Add(Add(connection, report));
            Run(connection, "COMMIT");
            return kept.MoveToImmutable();
        }
        catch
        {
            // Some errors, such as a full disk, have ended it already.
            if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0) Run(connection, "ROLLBACK");
            throw;
        }
    }

    /// <summary>The last report of a request; null when it has none.</summary>
    public static StoredOutcome? Last(SqliteConnection connection, string request)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT outcome, reported_at_us, number, value_nanousd, score, note FROM outcomes WHERE request_id = $request ORDER BY number DESC LIMIT 1";
        query.Parameters.AddWithValue("$request", request);
        using var row = query.ExecuteReader();
        if (!row.Read()) return null;
        return new StoredOutcome(Columns.Kind(row.GetString(0)), Columns.Time(row.GetInt64(1)), row.GetInt64(2))
        {
            Value = row.IsDBNull(3) ? null : new Usd(row.GetInt64(3)),
            Score = row.IsDBNull(4) ? null : row.GetDouble(4),
            Note = row.IsDBNull(5) ? null : row.GetString(5),
        };
    }

    private static StoredOutcome? Add(SqliteConnection connection, OutcomeReport report)
    {
        if (!Exists(connection, report.RequestId, report.Tenant)) return null;
        var previous = Last(connection, report.RequestId);
        var number = (previous?.Reports ?? 0) + 1;
        var reportedAt = Columns.Micros(report.ReportedAt);
        using var add = connection.CreateCommand();
        add.CommandText = """
            INSERT INTO outcomes (request_id, number, tenant, reported_at_us, key_name, outcome, value_nanousd, score, note, previous_outcome, previous_value_nanousd)
            VALUES ($request, $number, $tenant, $at, $key, $outcome, $value, $score, $note, $previous, $previousValue)
            """;
        add.Parameters.AddWithValue("$request", report.RequestId);
        add.Parameters.AddWithValue("$number", number);
        add.Parameters.AddWithValue("$tenant", report.Tenant);
        add.Parameters.AddWithValue("$at", reportedAt);
        add.Parameters.AddWithValue("$key", (object?)report.Key ?? DBNull.Value);
        add.Parameters.AddWithValue("$outcome", OutcomeKinds.NameOf(report.Kind));
        add.Parameters.AddWithValue("$value", (object?)report.Value?.NanoDollars ?? DBNull.Value);
        add.Parameters.AddWithValue("$score", (object?)report.Score ?? DBNull.Value);
        add.Parameters.AddWithValue("$note", (object?)report.Note ?? DBNull.Value);
        add.Parameters.AddWithValue("$previous", previous is null ? DBNull.Value : OutcomeKinds.NameOf(previous.Kind));
        add.Parameters.AddWithValue("$previousValue", (object?)previous?.Value?.NanoDollars ?? DBNull.Value);
        add.ExecuteNonQuery();
        return new StoredOutcome(report.Kind, Columns.Time(reportedAt), number) { Value = report.Value, Score = report.Score, Note = report.Note };
    }

    private static bool Exists(SqliteConnection connection, string request, string tenant)
    {
        using var query = connection.CreateCommand();
        query.CommandText = """
            SELECT EXISTS (SELECT 1 FROM requests WHERE id = $id AND tenant = $tenant)
                OR EXISTS (SELECT 1 FROM open_requests WHERE id = $id AND tenant = $tenant)
            """;
        query.Parameters.AddWithValue("$id", request);
        query.Parameters.AddWithValue("$tenant", tenant);
        return (long)query.ExecuteScalar()! != 0;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = PatienceSeconds;
        command.ExecuteNonQuery();
    }
}
