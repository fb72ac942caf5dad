using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// Keeps the rollups. A step reads rows that will never change, over any connection, and then adds their sums and moves the watermarks in one
/// transaction: what a crash interrupts is as if it had not been begun. One step at a time.
/// </summary>
internal static class Rollups
{
    /// <summary>Sums that are moved while the writer waits.</summary>
    private const int RowsPerPiece = 1000;

    private static readonly string[] Dimensions = [.. CostColumns.Request, .. CostColumns.Attempt];
    private static readonly string Measures = string.Join(", ", CostMeasure.All.Select(measure => measure.Column));
    private static readonly string AddedToWhatIsThere =
        $"ON CONFLICT (bucket_at_us, dimension) DO UPDATE SET {string.Join(", ", CostMeasure.All.Select(measure => $"{measure.Column} = {measure.Column} + excluded.{measure.Column}"))}";

    /// <summary>What a step adds.</summary>
    /// <param name="After">From where.</param>
    /// <param name="UpTo">To where.</param>
    /// <param name="Sums">The sums; none where nothing new is there.</param>
    public sealed record Step(CostFacts.Watermarks After, CostFacts.Watermarks UpTo, IReadOnlyList<Sum> Sums);

    /// <summary>The sums of a quarter of an hour, and what they are told apart by.</summary>
    public sealed record Sum(long Bucket, string?[] Dimensions, long[] Measures);

    /// <summary>What is told apart, by its number, and the user that stands in it from now on.</summary>
    /// <param name="Id">Its number.</param>
    /// <param name="User">The user.</param>
    /// <param name="Digest">Its digest with that user.</param>
    /// <param name="Into">What is the same with that user already; null: nothing.</param>
    public sealed record Renaming(long Id, string User, byte[] Digest, long? Into);

    /// <summary>Sums up the next rows.</summary>
    /// <param name="connection">Only read.</param>
    /// <param name="atMost">So many requests, about.</param>
    /// <returns>Null when there are none.</returns>
    public static Step? Read(SqliteConnection connection, long atMost)
    {
        using var transaction = connection.BeginTransaction(deferred: true);
        var after = CostFacts.RolledUp(connection);
        var last = Number(connection, "SELECT coalesce(max(seq), 0) FROM requests");
        var requests = Math.Max(after.Requests, Math.Min(last, after.Requests + atMost));
        // A correction is taken in behind the request that it is about, never before.
        var corrections = requests < last ? after.Corrections : Math.Max(after.Corrections, Math.Min(Number(connection, "SELECT coalesce(max(id), 0) FROM corrections"), after.Corrections + atMost));
        var upTo = new CostFacts.Watermarks(requests, corrections);
        return upTo == after ? null : new Step(after, upTo, Sums(connection, after, upTo));
    }

    /// <summary>Adds the sums of a step.</summary>
    public static void Write(SqliteConnection connection, Step step)
    {
        using var transaction = connection.BeginTransaction();
        if (CostFacts.RolledUp(connection) != step.After) throw new InvalidOperationException("Two steps of the rollups ran at once.");
        Add(connection, transaction, step.Sums);
        using var move = connection.CreateCommand();
        move.Transaction = transaction;
        move.CommandText = "UPDATE rollup_state SET requests_seq = $requests, corrections_id = $corrections";
        move.Parameters.AddWithValue("$requests", step.UpTo.Requests);
        move.Parameters.AddWithValue("$corrections", step.UpTo.Corrections);
        move.ExecuteNonQuery();
        transaction.Commit();
    }

    /// <summary>What the rollups tell apart by a user, and what it becomes.</summary>
    /// <param name="connection">Only read, while no step runs.</param>
    /// <param name="tenant">Whose user it is.</param>
    /// <param name="user">The user.</param>
    /// <param name="instead">Who stands there then.</param>
    public static Queue<Renaming> OfUser(SqliteConnection connection, string tenant, string user, string instead)
    {
        using var transaction = connection.BeginTransaction(deferred: true);
        using var query = connection.CreateCommand();
        query.CommandText = $"SELECT id, {string.Join(", ", Dimensions)} FROM rollup_dimensions WHERE tenant = $tenant AND user = $user";
        query.Parameters.AddWithValue("$tenant", tenant);
        query.Parameters.AddWithValue("$user", user);
        using var find = connection.CreateCommand();
        find.CommandText = "SELECT id FROM rollup_dimensions WHERE digest = $digest";
        var sought = find.Parameters.Add("$digest", SqliteType.Blob);
        var renamings = new Queue<Renaming>();
        using var row = query.ExecuteReader();
        while (row.Read())
        {
            var dimensions = DimensionsOf(row);
            dimensions[Array.IndexOf(Dimensions, "user")] = instead;
            var digest = Digest(dimensions);
            sought.Value = digest;
            renamings.Enqueue(new Renaming(row.GetInt64(0), instead, digest, find.ExecuteScalar() as long?));
        }

        return renamings;
    }

    /// <summary>
    /// Does a piece of what is to be renamed, in one transaction that holds up the writer for some milliseconds: a name where nothing stands under the new
    /// one yet; else its sums are added to what does. After each piece all sums are the same together.
    /// </summary>
    /// <param name="connection">In no transaction.</param>
    /// <param name="renamings">Loses what is done.</param>
    public static void Rename(SqliteConnection connection, Queue<Renaming> renamings)
    {
        using var transaction = connection.BeginTransaction();
        for (var left = RowsPerPiece; left > 0 && renamings.TryPeek(out var renaming); left--)
        {
            if (renaming.Into is not { } into)
            {
                using var rename = Command(connection, transaction, "UPDATE rollup_dimensions SET user = $user, digest = $digest WHERE id = $id", ("$user", renaming.User), ("$digest", renaming.Digest), ("$id", renaming.Id));
                rename.ExecuteNonQuery();
            }
            else
            {
                var moved = Move(connection, transaction, renaming.Id, into, left);
                left -= moved;
                if (left <= 0) break; // there may be more of it
                using var remove = Command(connection, transaction, "DELETE FROM rollup_dimensions WHERE id = $id", ("$id", renaming.Id));
                remove.ExecuteNonQuery();
            }

            renamings.Dequeue();
        }

        transaction.Commit();
    }

    /// <summary>Adds sums that stand under one thing to those of another, the oldest first.</summary>
    /// <returns>How many, at most as many as asked for.</returns>
    private static int Move(SqliteConnection connection, SqliteTransaction transaction, long from, long into, int atMost)
    {
        using var limit = Command(
            connection, transaction, "SELECT bucket_at_us FROM rollups INDEXED BY rollups_by_dimension WHERE dimension = $from ORDER BY bucket_at_us LIMIT 1 OFFSET $most", ("$from", from), ("$most", (long)atMost));
        var end = limit.ExecuteScalar() as long? ?? long.MaxValue;
        using var add = Command(
            connection,
            transaction,
            $"""
            INSERT INTO rollups (bucket_at_us, dimension, {Measures})
            SELECT bucket_at_us, $into, {Measures} FROM rollups INDEXED BY rollups_by_dimension WHERE dimension = $from AND bucket_at_us < $end
            {AddedToWhatIsThere}
            """,
            ("$from", from),
            ("$into", into),
            ("$end", end));
        add.ExecuteNonQuery();
        using var remove = Command(connection, transaction, "DELETE FROM rollups INDEXED BY rollups_by_dimension WHERE dimension = $from AND bucket_at_us < $end", ("$from", from), ("$end", end));
        return remove.ExecuteNonQuery();
    }

    private static List<Sum> Sums(SqliteConnection connection, CostFacts.Watermarks after, CostFacts.Watermarks upTo)
    {
        using var query = connection.CreateCommand();
        query.CommandText = $"""
            SELECT at_us / {CostFacts.Quarter} * {CostFacts.Quarter} AS bucket, {string.Join(", ", Dimensions)}, {string.Join(", ", CostMeasure.All.Select(measure => $"sum({measure.Column})"))}
              FROM ({CostFacts.Between(query, after, upTo)})
             GROUP BY bucket, {string.Join(", ", Dimensions)}
            """;
        using var row = query.ExecuteReader();
        var sums = new List<Sum>();
        while (row.Read()) sums.Add(SumOf(row));
        return sums;
    }

    private static Sum SumOf(SqliteDataReader row)
    {
        var dimensions = DimensionsOf(row);
        var measures = new long[CostMeasure.All.Length];
        for (var i = 0; i < measures.Length; i++) measures[i] = row.GetInt64(i + 1 + dimensions.Length);
        return new Sum(row.GetInt64(0), dimensions, measures);
    }

    /// <summary>Behind a first column.</summary>
    private static string?[] DimensionsOf(SqliteDataReader row)
    {
        var dimensions = new string?[Dimensions.Length];
        for (var i = 0; i < dimensions.Length; i++) dimensions[i] = row.IsDBNull(i + 1) ? null : row.GetString(i + 1);
        return dimensions;
    }

    private static void Add(SqliteConnection connection, SqliteTransaction transaction, IReadOnlyList<Sum> sums)
    {
        if (sums.Count == 0) return;
        using var name = connection.CreateCommand();
        name.Transaction = transaction;
        name.CommandText = $"INSERT INTO rollup_dimensions (digest, {string.Join(", ", Dimensions)}) VALUES ($digest, {string.Join(", ", Dimensions.Select(column => "$" + column))}) ON CONFLICT (digest) DO NOTHING";
        using var add = connection.CreateCommand();
        add.Transaction = transaction;
        add.CommandText = $"""
            INSERT INTO rollups (bucket_at_us, dimension, {Measures})
            VALUES ($bucket, (SELECT id FROM rollup_dimensions WHERE digest = $digest), {string.Join(", ", CostMeasure.All.Select(measure => "$" + measure.Column))})
            {AddedToWhatIsThere}
            """;
        var (nameDigest, addDigest) = (name.Parameters.Add("$digest", SqliteType.Blob), add.Parameters.Add("$digest", SqliteType.Blob));
        var names = Array.ConvertAll(Dimensions, column => name.Parameters.Add("$" + column, SqliteType.Text));
        var bucket = add.Parameters.Add("$bucket", SqliteType.Integer);
        var measures = Array.ConvertAll(CostMeasure.All, measure => add.Parameters.Add("$" + measure.Column, SqliteType.Integer));
        foreach (var sum in sums)
        {
            nameDigest.Value = addDigest.Value = Digest(sum.Dimensions);
            for (var i = 0; i < names.Length; i++) names[i].Value = (object?)sum.Dimensions[i] ?? DBNull.Value;
            name.ExecuteNonQuery();
            bucket.Value = sum.Bucket;
            for (var i = 0; i < measures.Length; i++) measures[i].Value = sum.Measures[i];
            add.ExecuteNonQuery();
        }
    }

    /// <summary>The same for the same dimensions only: each value with its length, which is -1 for none.</summary>
    private static byte[] Digest(string?[] dimensions)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var value in dimensions)
        {
            var bytes = Encoding.UTF8.GetBytes(value ?? "");
            hash.AppendData(BitConverter.GetBytes(value is null ? -1 : bytes.Length));
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset()[..16];
    }

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction transaction, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        return command;
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var query = connection.CreateCommand();
        query.CommandText = sql;
        return (long)query.ExecuteScalar()!;
    }
}
