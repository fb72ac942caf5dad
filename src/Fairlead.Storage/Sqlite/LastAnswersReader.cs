using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Reads when each target last answered, apart for each model of a provider that its name has meant.</summary>
internal static class LastAnswersReader
{
    /// <summary>Requests that are looked back at: a start does not read a whole ledger.</summary>
    private const int Requests = 100_000;

    public static IReadOnlyList<LastAnswer> Read(SqliteConnection connection, string prober)
    {
        using var query = connection.CreateCommand();
        // One of the attempts that are the last is as good as another.
        query.CommandText = $"""
            SELECT a.target, a.provider, a.model, max(a.started_at_us + a.duration_us), r.tenant = $prober
              FROM attempts a JOIN requests r ON r.id = a.request_id
             WHERE a.failure = 'none' AND a.seq >= (SELECT coalesce(max(seq), 0) FROM attempts) - {Requests} * {Columns.AttemptsPerRequest}
             GROUP BY a.target, a.provider, a.model
            """;
        query.Parameters.AddWithValue("$prober", prober);
        using var row = query.ExecuteReader();
        var answers = new List<LastAnswer>();
        while (row.Read()) answers.Add(new LastAnswer(row.GetString(0), row.GetString(1), row.GetString(2), Columns.Time(row.GetInt64(3)), row.GetInt64(4) != 0));
        return answers;
    }
}

/// <summary>When a target last answered.</summary>
/// <param name="Target">Its name.</param>
/// <param name="Provider">The provider that the name meant.</param>
/// <param name="Model">The provider's name of the model that it meant.</param>
/// <param name="At">When the answer ended.</param>
/// <param name="IsProbe">Whether nobody but the gateway had asked.</param>
public sealed record LastAnswer(string Target, string Provider, string Model, DateTimeOffset At, bool IsProbe);
