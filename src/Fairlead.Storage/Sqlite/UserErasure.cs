using System.Collections.Concurrent;
using Fairlead.Core.Ledger;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// Takes users out of a ledger: their pseudonym becomes <see cref="UserPseudonyms.Erased"/> in every row. Requests of theirs that are on their way
/// are written so too when they end. Safe for any number of threads.
/// </summary>
internal sealed class UserErasure
{
    /// <summary>No request is on its way for longer.</summary>
    private static readonly TimeSpan LongestRequest = TimeSpan.FromDays(2);

    /// <summary>Rows that are changed while the writer waits.</summary>
    private const int RowsPerTransaction = 1000;

    private readonly ConcurrentDictionary<(string Tenant, string User), DateTimeOffset> _erased = new();

    /// <summary>From now on, what was accepted before <paramref name="now"/> of this user is written without them.</summary>
    public void Begin(string tenant, string user, DateTimeOffset now)
    {
        foreach (var (key, at) in _erased)
        {
            if (now - at > LongestRequest) _erased.TryRemove(key, out _);
        }

        _erased[(tenant, user)] = now;
    }

    /// <summary>An intent as it may be written.</summary>
    public RequestIntent Apply(RequestIntent intent) =>
        !_erased.IsEmpty && intent.User is { } user && _erased.TryGetValue((intent.Tenant, user), out var at) && intent.AcceptedAt <= at
            ? intent with { User = UserPseudonyms.Erased }
            : intent;

    /// <summary>The rows of a user; looked for over any connection, in every request there is.</summary>
    public static List<long> Find(SqliteConnection connection, string tenant, string user)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT seq FROM requests WHERE user = $user AND tenant = $tenant ORDER BY seq";
        query.Parameters.AddWithValue("$tenant", tenant);
        query.Parameters.AddWithValue("$user", user);
        using var row = query.ExecuteReader();
        var rows = new List<long>();
        while (row.Read()) rows.Add(row.GetInt64(0));
        return rows;
    }

    /// <summary>Rows in pieces that are each changed in one transaction.</summary>
    public static IEnumerable<long[]> Pieces(List<long> rows) => rows.Chunk(RowsPerTransaction);

    /// <summary>Changes some rows.</summary>
    public static void Erase(SqliteConnection connection, long[] rows)
    {
        using var transaction = connection.BeginTransaction();
        using var update = connection.CreateCommand();
        update.Transaction = transaction;
        update.CommandText = "UPDATE requests SET user = $erased WHERE seq = $seq";
        update.Parameters.AddWithValue("$erased", UserPseudonyms.Erased);
        var seq = update.Parameters.Add("$seq", SqliteType.Integer);
        foreach (var row in rows)
        {
            seq.Value = row;
            update.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    /// <summary>Changes the requests that run.</summary>
    public static void EraseOpen(SqliteConnection connection, string tenant, string user)
    {
        using var update = connection.CreateCommand();
        update.CommandText = "UPDATE open_requests SET user = $erased WHERE user = $user AND tenant = $tenant";
        update.Parameters.AddWithValue("$erased", UserPseudonyms.Erased);
        update.Parameters.AddWithValue("$tenant", tenant);
        update.Parameters.AddWithValue("$user", user);
        update.ExecuteNonQuery();
    }
}
