using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using Fairlead.Core.Revisions;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Revisions as rows. Used by one thread at a time.</summary>
internal static class RevisionRows
{
    private const string Columns = "seq, revision, applied_at_us, author, reason, previous, diff, touched, requests";

    public static RecordedRevision Add(SqliteConnection connection, RecordedRevision applied, string content)
    {
        using var transaction = connection.BeginTransaction();
        using (var keep = Command(connection, transaction, "INSERT INTO configurations (revision, content) VALUES ($revision, $content) ON CONFLICT DO NOTHING"))
        {
            keep.Parameters.AddWithValue("$revision", applied.Revision);
            keep.Parameters.AddWithValue("$content", Compress(content));
            keep.ExecuteNonQuery();
        }

        long number;
        using (var add = Command(
            connection,
            transaction,
            """
            INSERT INTO revisions (revision, applied_at_us, author, reason, previous, diff, touched, requests)
            VALUES ($revision, $at, $author, $reason, $previous, $diff, $touched, $requests) RETURNING seq
            """))
        {
            add.Parameters.AddWithValue("$revision", applied.Revision);
            add.Parameters.AddWithValue("$at", Sqlite.Columns.Micros(applied.AppliedAt));
            add.Parameters.AddWithValue("$author", applied.Author);
            add.Parameters.AddWithValue("$reason", (object?)applied.Reason ?? DBNull.Value);
            add.Parameters.AddWithValue("$previous", (object?)applied.Previous ?? DBNull.Value);
            add.Parameters.AddWithValue("$diff", string.Join('\n', applied.Changes));
            add.Parameters.AddWithValue("$touched", (object?)applied.Reach?.Touched ?? DBNull.Value);
            add.Parameters.AddWithValue("$requests", (object?)applied.Reach?.Requests ?? DBNull.Value);
            number = (long)add.ExecuteScalar()!;
        }

        using (var forget = Command(
            connection,
            transaction,
            """
            DELETE FROM revisions WHERE seq <= (SELECT seq FROM revisions ORDER BY seq DESC LIMIT 1 OFFSET $kept);
            DELETE FROM configurations WHERE revision NOT IN (SELECT revision FROM revisions);
            """))
        {
            forget.Parameters.AddWithValue("$kept", IRevisionStore.MostKept);
            forget.ExecuteNonQuery();
        }

        transaction.Commit();
        return applied with { Number = number };
    }

    public static ImmutableArray<RecordedRevision> List(SqliteConnection connection, int limit, long? before)
    {
        using var query = Command(connection, null, $"SELECT {Columns} FROM revisions WHERE seq < $before ORDER BY seq DESC LIMIT $limit");
        query.Parameters.AddWithValue("$before", before ?? long.MaxValue);
        query.Parameters.AddWithValue("$limit", limit);
        using var row = query.ExecuteReader();
        var found = ImmutableArray.CreateBuilder<RecordedRevision>();
        while (row.Read()) found.Add(Read(row));
        return found.DrainToImmutable();
    }

    public static StoredRevision? Find(SqliteConnection connection, string revision)
    {
        using var query = Command(
            connection, null, $"SELECT {Columns}, (SELECT c.content FROM configurations c WHERE c.revision = r.revision) FROM revisions r WHERE r.revision = $revision ORDER BY seq DESC LIMIT 1");
        query.Parameters.AddWithValue("$revision", revision);
        using var row = query.ExecuteReader();
        return row.Read() ? new StoredRevision(Read(row), Decompress((byte[])row.GetValue(9))) : null;
    }

    private static RecordedRevision Read(SqliteDataReader row) => new(
        row.GetInt64(0),
        row.GetString(1),
        Sqlite.Columns.Time(row.GetInt64(2)),
        row.GetString(3),
        row.IsDBNull(4) ? null : row.GetString(4),
        row.IsDBNull(5) ? null : row.GetString(5),
        [.. row.GetString(6).Split('\n', StringSplitOptions.RemoveEmptyEntries)],
        row.IsDBNull(7) || row.IsDBNull(8) ? null : new Reach(row.GetInt64(7), row.GetInt64(8)));

    private static byte[] Compress(string content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal)) gzip.Write(Encoding.UTF8.GetBytes(content));
        return compressed.ToArray();
    }

    private static string Decompress(byte[] compressed)
    {
        using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var content = new MemoryStream();
        gzip.CopyTo(content);
        return Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length);
    }

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        return command;
    }
}
