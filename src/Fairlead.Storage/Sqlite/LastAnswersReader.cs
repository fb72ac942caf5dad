using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Reads when each target last answered.</summary>
internal static class LastAnswersReader
{
    /// <summary>Requests that are looked back at: a start does not read a whole ledger.</summary>
    private const int Requests = 100_000;

    public static IReadOnlyList<(string Target, DateTimeOffset At, bool IsProbe)> Read(SqliteConnection connection, string prober)
    {
        using var query = connection.CreateCommand();
        // One of the attempts that are the last is as good as another.
        query.CommandText = $"""
            SELECT a.target, max(a.started_at_us + a.duration_us), r.tenant = $prober
              FROM attempts a JOIN requests r ON r.id = a.request_id
             WHERE a.failure = 'none' AND a.seq >= (SELECT coalesce(max(seq), 0) FROM attempts) - {Requests} * {Columns.AttemptsPerRequest}
             GROUP BY a.target
            """;
        query.Parameters.AddWithValue("$prober", prober);
        using var row = query.ExecuteReader();
        var answers = new List<(string, DateTimeOffset, bool)>();
        while (row.Read()) answers.Add((row.GetString(0), Columns.Time(row.GetInt64(1)), row.GetInt64(2) != 0));
        return answers;
    }
}
