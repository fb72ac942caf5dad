using System.Collections.Immutable;
using System.Text;
using Fairlead.Core.Auditing;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fairlead.Storage.Sqlite;

/// <summary>Records of the audit log as rows. Used by one thread at a time.</summary>
internal static class AuditRows
{
    /// <summary>How long another process may hold the database before an append gives up, in seconds.</summary>
    private const int PatienceSeconds = 2;

    // Texts as the bytes that they are: decoded by SQLite's own rules, two different ones could read the same.
    private const string Columns =
        "seq, made_at_us, CAST(action AS BLOB), CAST(actor AS BLOB), CAST(subject AS BLOB), CAST(reason AS BLOB), CAST(detail AS BLOB), CAST(previous AS BLOB), CAST(hash AS BLOB), CAST(mac AS BLOB)";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Adds a record and has it on disk when it returns.</summary>
    /// <param name="connection">In no transaction.</param>
    /// <param name="synchronous">What the connection's <c>synchronous</c> is otherwise, and is again afterwards.</param>
    /// <param name="make">Makes the record, of its number and the hash before it.</param>
    public static AuditRecord Add(SqliteConnection connection, long synchronous, Func<long, string, AuditRecord> make)
    {
        // With NORMAL a commit is in the write-ahead log and not yet on disk; with FULL SQLite flushes the log at the end of each commit, and with it what
        // commits before this one left in it. It can be changed between transactions only.
        Execute(connection, "PRAGMA synchronous = FULL");
        try
        {
            Execute(connection, "BEGIN IMMEDIATE"); // so that no other process appends between our reading of the last record and ours
            try
            {
                var (number, hash) = Last(connection);
                var record = make(number + 1, hash);
                Insert(connection, record);
                Execute(connection, "COMMIT");
                return record;
            }
            catch
            {
                RollBack(connection);
                throw;
            }
        }
        finally
        {
            Execute(connection, $"PRAGMA synchronous = {synchronous}");
        }
    }

    public static ImmutableArray<AuditRecord> List(SqliteConnection connection, int limit, long? before)
    {
        using var query = Command(connection, $"SELECT {Columns} FROM audit WHERE seq < $before ORDER BY seq DESC LIMIT $limit");
        query.Parameters.AddWithValue("$before", before ?? long.MaxValue);
        query.Parameters.AddWithValue("$limit", limit);
        using var row = query.ExecuteReader();
        var found = ImmutableArray.CreateBuilder<AuditRecord>();
        while (row.Read()) found.Add(TryRead(row) ?? throw new LedgerException($"The audit log has a row {row.GetInt64(0)} that is no record of one: 'fairlead audit verify' says more."));
        return found.DrainToImmutable();
    }

    /// <summary>Goes through the chain as it is at one time, whatever is appended meanwhile.</summary>
    public static AuditVerdict Verify(SqliteConnection connection, byte[]? key, ImmutableArray<AuditCheckpoint> checkpoints)
    {
        using var transaction = connection.BeginTransaction(deferred: true);
        return AuditVerifier.Verify(() => Walk(connection), key, checkpoints, HighestGiven(connection));
    }

    /// <summary>Every record in the order of the numbers; null for a row that is none.</summary>
    public static IEnumerable<AuditRecord?> Walk(SqliteConnection connection)
    {
        using var query = Command(connection, $"SELECT {Columns} FROM audit ORDER BY seq");
        using var row = query.ExecuteReader();
        while (row.Read()) yield return TryRead(row);
    }

    /// <summary>The highest number that was ever given, as SQLite remembers it apart from the rows; 0 for none.</summary>
    public static long HighestGiven(SqliteConnection connection)
    {
        using var query = Command(connection, "SELECT max(coalesce((SELECT max(seq) FROM audit), 0), coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'audit'), 0))");
        return (long)query.ExecuteScalar()!;
    }

    /// <summary>
    /// The number that was given last and the hash of the last row. The number is SQLite's own where rows at the end are gone: theirs are not given again,
    /// and the gap stays.
    /// </summary>
    private static (long Number, string Hash) Last(SqliteConnection connection)
    {
        using var query = Command(connection, "SELECT hash FROM audit ORDER BY seq DESC LIMIT 1");
        return (HighestGiven(connection), query.ExecuteScalar() as string ?? AuditChain.Genesis);
    }

    private static void Insert(SqliteConnection connection, AuditRecord record)
    {
        using var insert = Command(
            connection,
            """
            INSERT INTO audit (seq, made_at_us, action, actor, subject, reason, detail, previous, hash, mac)
            VALUES ($seq, $at, $action, $actor, $subject, $reason, $detail, $previous, $hash, $mac)
            """);
        insert.Parameters.AddWithValue("$seq", record.Number);
        insert.Parameters.AddWithValue("$at", Sqlite.Columns.Micros(record.At));
        insert.Parameters.AddWithValue("$action", record.Entry.Action);
        insert.Parameters.AddWithValue("$actor", record.Entry.Actor);
        insert.Parameters.AddWithValue("$subject", record.Entry.Subject);
        insert.Parameters.AddWithValue("$reason", (object?)record.Entry.Reason ?? DBNull.Value);
        insert.Parameters.AddWithValue("$detail", (object?)record.Entry.Detail ?? DBNull.Value);
        insert.Parameters.AddWithValue("$previous", record.Previous);
        insert.Parameters.AddWithValue("$hash", record.Hash);
        insert.Parameters.AddWithValue("$mac", record.Mac);
        insert.ExecuteNonQuery();
    }

    private static AuditRecord? TryRead(SqliteDataReader row)
    {
        try
        {
            return Read(row);
        }
        catch (Exception exception) when (exception is DecoderFallbackException or InvalidCastException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return null; // no text, no time, or nothing where something must be: somebody else wrote it
        }
    }

    private static AuditRecord Read(SqliteDataReader row) => new(
        row.GetInt64(0),
        Time(row.GetInt64(1)),
        new AuditEntry(Text(row, 2), Text(row, 3), Text(row, 4)) { Reason = OptionalText(row, 5), Detail = OptionalText(row, 6) },
        Text(row, 7),
        Text(row, 8),
        Text(row, 9));

    /// <summary>A number that is no time wraps into one.</summary>
    private static DateTimeOffset Time(long micros) =>
        Sqlite.Columns.Time(micros) is var time && Sqlite.Columns.Micros(time) == micros ? time : throw new InvalidCastException("No time of the audit log.");

    private static string Text(SqliteDataReader row, int column) => OptionalText(row, column) ?? throw new InvalidCastException("A column of the audit log has no value.");

    private static string? OptionalText(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : Strict.GetString((byte[])row.GetValue(column));

    private static void RollBack(SqliteConnection connection)
    {
        try
        {
            Execute(connection, "ROLLBACK");
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_ERROR)
        {
            // SQLite has rolled back on its own, as it does when the disk is full.
        }
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand(); // in the connection's transaction, if it has one
        command.CommandText = sql;
        command.CommandTimeout = PatienceSeconds;
        return command;
    }
}
