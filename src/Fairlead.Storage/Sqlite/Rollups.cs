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
    private static readonly string[] Dimensions = [.. CostColumns.Request, .. CostColumns.Attempt];

    /// <summary>What a step adds.</summary>
    /// <param name="After">From where.</param>
    /// <param name="UpTo">To where.</param>
    /// <param name="Sums">The sums; none where nothing new is there.</param>
    public sealed record Step(CostFacts.Watermarks After, CostFacts.Watermarks UpTo, IReadOnlyList<Sum> Sums);

    /// <summary>The sums of a quarter of an hour, and what they are told apart by.</summary>
    public sealed record Sum(long Bucket, string?[] Dimensions, long[] Measures);

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

    /// <summary>
    /// Takes the rollups of a user apart from their name: what stands under <paramref name="user"/> is added to what stands under
    /// <paramref name="instead"/>. In the caller's transaction.
    /// </summary>
    public static void Rename(SqliteConnection connection, SqliteTransaction transaction, string tenant, string user, string instead)
    {
        var sums = new List<Sum>();
        using (var query = connection.CreateCommand())
        {
            query.Transaction = transaction;
            query.CommandText = $"""
                SELECT u.bucket_at_us, {string.Join(", ", Dimensions.Select(column => "d." + column))}, {string.Join(", ", CostMeasure.All.Select(measure => "u." + measure.Column))}
                  FROM rollup_dimensions d JOIN rollups u ON u.dimension = d.id WHERE d.tenant = $tenant AND d.user = $user
                """;
            query.Parameters.AddWithValue("$tenant", tenant);
            query.Parameters.AddWithValue("$user", user);
            using var row = query.ExecuteReader();
            while (row.Read()) sums.Add(SumOf(row));
        }

        foreach (var sum in sums) sum.Dimensions[Array.IndexOf(Dimensions, "user")] = instead;
        using (var remove = connection.CreateCommand())
        {
            remove.Transaction = transaction;
            remove.CommandText = """
                DELETE FROM rollups WHERE dimension IN (SELECT id FROM rollup_dimensions WHERE tenant = $tenant AND user = $user);
                DELETE FROM rollup_dimensions WHERE tenant = $tenant AND user = $user;
                """;
            remove.Parameters.AddWithValue("$tenant", tenant);
            remove.Parameters.AddWithValue("$user", user);
            remove.ExecuteNonQuery();
        }

        Add(connection, transaction, sums);
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
        var dimensions = new string?[Dimensions.Length];
        for (var i = 0; i < dimensions.Length; i++) dimensions[i] = row.IsDBNull(i + 1) ? null : row.GetString(i + 1);
        var measures = new long[CostMeasure.All.Length];
        for (var i = 0; i < measures.Length; i++) measures[i] = row.GetInt64(i + 1 + dimensions.Length);
        return new Sum(row.GetInt64(0), dimensions, measures);
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
            INSERT INTO rollups (bucket_at_us, dimension, {string.Join(", ", CostMeasure.All.Select(measure => measure.Column))})
            VALUES ($bucket, (SELECT id FROM rollup_dimensions WHERE digest = $digest), {string.Join(", ", CostMeasure.All.Select(measure => "$" + measure.Column))})
            ON CONFLICT (bucket_at_us, dimension) DO UPDATE SET {string.Join(", ", CostMeasure.All.Select(measure => $"{measure.Column} = {measure.Column} + excluded.{measure.Column}"))}
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

    private static long Number(SqliteConnection connection, string sql)
    {
        using var query = connection.CreateCommand();
        query.CommandText = sql;
        return (long)query.ExecuteScalar()!;
    }
}
