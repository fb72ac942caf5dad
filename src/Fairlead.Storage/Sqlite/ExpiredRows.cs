using Fairlead.Core.Requests;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// Removes what is older than it is kept, in pieces that hold up the writer for some milliseconds each. Only what the rollups have is removed. The newest
/// request, decision and outcome always stay: their numbers would begin anew without them. Those of corrections go on from what the rollups have.
/// </summary>
internal static class ExpiredRows
{
    /// <summary>Requests that are removed at once.</summary>
    private const int RequestsPerPiece = 500;

    /// <summary>Rows of other tables that are removed at once.</summary>
    private const int RowsPerPiece = 2000;

    /// <summary>A request's id is made a moment before it is accepted, and clocks are set.</summary>
    private static readonly TimeSpan IdSlack = TimeSpan.FromMinutes(1);

    /// <summary>A request that goes.</summary>
    public readonly record struct Expired(long Seq, string Id);

    /// <summary>The next requests that are to go, the oldest first.</summary>
    /// <param name="connection">Only read.</param>
    /// <param name="before">What was accepted before goes.</param>
    /// <param name="atMost">So many; fewer are enough to see whether there are any.</param>
    public static List<Expired> Requests(SqliteConnection connection, DateTimeOffset before, int atMost = RequestsPerPiece)
    {
        using var query = connection.CreateCommand();
        query.CommandText = """
            SELECT seq, id FROM requests
             WHERE id < $id AND accepted_at_us < $before AND +seq <= (SELECT requests_seq FROM rollup_state) AND +seq < (SELECT max(seq) FROM requests)
               AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.request_id = requests.id AND c.id > (SELECT corrections_id FROM rollup_state))
             ORDER BY id LIMIT $most
            """;
        query.Parameters.AddWithValue("$id", RequestId.First(before + IdSlack));
        query.Parameters.AddWithValue("$before", Columns.Micros(before));
        query.Parameters.AddWithValue("$most", atMost);
        using var row = query.ExecuteReader();
        var requests = new List<Expired>();
        while (row.Read()) requests.Add(new Expired(row.GetInt64(0), row.GetString(1)));
        return requests;
    }

    /// <summary>Removes requests with all that belongs to them, but for their decisions.</summary>
    public static void Remove(SqliteConnection connection, List<Expired> requests)
    {
        using var transaction = connection.BeginTransaction();
        using var remove = connection.CreateCommand();
        remove.Transaction = transaction;
        remove.CommandText = $"""
            DELETE FROM attempts WHERE seq > $seq * {Columns.AttemptsPerRequest} AND seq < ($seq + 1) * {Columns.AttemptsPerRequest};
            DELETE FROM corrections WHERE request_id = $id;
            DELETE FROM outcomes WHERE request_id = $id AND id < (SELECT max(id) FROM outcomes);
            DELETE FROM requests WHERE seq = $seq;
            """;
        var seq = remove.Parameters.Add("$seq", SqliteType.Integer);
        var id = remove.Parameters.Add("$id", SqliteType.Text);
        foreach (var request in requests)
        {
            seq.Value = request.Seq;
            id.Value = request.Id;
            remove.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    /// <summary>Removes outcomes that stayed as the newest when their requests went, and are not the newest any more.</summary>
    public static void RemoveLeftBehind(SqliteConnection connection)
    {
        using var remove = connection.CreateCommand();
        // Older than every request there is: found at the beginning of the index.
        remove.CommandText = """
            DELETE FROM outcomes
             WHERE request_id < (SELECT min(id) FROM requests) AND request_id < (SELECT coalesce(min(id), '~') FROM open_requests) AND id < (SELECT max(id) FROM outcomes)
            """;
        remove.ExecuteNonQuery();
    }

    /// <summary>The last decision that is written. Once the writer has forgotten those up to it, no new row will name one of them.</summary>
    public static long LastDecision(SqliteConnection connection) => Number(connection, "SELECT coalesce(max(seq), 0) FROM decisions");

    /// <summary>Decisions that no request names any more; looked for in every request there is.</summary>
    /// <param name="connection">Only read.</param>
    /// <param name="upTo">Up to this one.</param>
    public static List<long> Decisions(SqliteConnection connection, long upTo)
    {
        using var query = connection.CreateCommand();
        query.CommandText = """
            SELECT seq FROM decisions
             WHERE seq < $last AND seq NOT IN (SELECT decision FROM requests) AND seq NOT IN (SELECT decision FROM open_requests)
            """;
        query.Parameters.AddWithValue("$last", upTo);
        using var row = query.ExecuteReader();
        var decisions = new List<long>();
        while (row.Read()) decisions.Add(row.GetInt64(0));
        return decisions;
    }

    /// <summary>Numbers of rows in pieces that are each removed in one transaction.</summary>
    public static IEnumerable<long[]> Pieces(List<long> rows) => rows.Chunk(RowsPerPiece);

    /// <summary>Removes decisions.</summary>
    public static void RemoveDecisions(SqliteConnection connection, long[] decisions)
    {
        using var transaction = connection.BeginTransaction();
        using var remove = connection.CreateCommand();
        remove.Transaction = transaction;
        remove.CommandText = "DELETE FROM decisions WHERE seq = $seq";
        var seq = remove.Parameters.Add("$seq", SqliteType.Integer);
        foreach (var decision in decisions)
        {
            seq.Value = decision;
            remove.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    /// <summary>Whether sums are to go.</summary>
    public static bool HasRollups(SqliteConnection connection, DateTimeOffset before)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT EXISTS (SELECT 1 FROM rollups WHERE bucket_at_us < $before)";
        query.Parameters.AddWithValue("$before", Columns.Micros(before));
        return (long)query.ExecuteScalar()! != 0;
    }

    /// <summary>Removes some sums of quarters that began before a time.</summary>
    /// <returns>How many; 0 at the end.</returns>
    public static long RemoveRollups(SqliteConnection connection, DateTimeOffset before)
    {
        using var remove = connection.CreateCommand();
        remove.CommandText = $"DELETE FROM rollups WHERE (bucket_at_us, dimension) IN (SELECT bucket_at_us, dimension FROM rollups WHERE bucket_at_us < $before ORDER BY 1, 2 LIMIT {RowsPerPiece})";
        remove.Parameters.AddWithValue("$before", Columns.Micros(before));
        return remove.ExecuteNonQuery();
    }

    /// <summary>Removes some of what no sum is told apart by any more.</summary>
    /// <returns>How many; 0 at the end.</returns>
    public static long RemoveDimensions(SqliteConnection connection)
    {
        using var remove = connection.CreateCommand();
        remove.CommandText = $"DELETE FROM rollup_dimensions WHERE id IN (SELECT id FROM rollup_dimensions d WHERE NOT EXISTS (SELECT 1 FROM rollups u WHERE u.dimension = d.id) LIMIT {RowsPerPiece})";
        return remove.ExecuteNonQuery();
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var query = connection.CreateCommand();
        query.CommandText = sql;
        return (long)query.ExecuteScalar()!;
    }
}
