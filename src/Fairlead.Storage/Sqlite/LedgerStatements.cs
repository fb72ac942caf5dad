using Fairlead.Core.Ledger;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>The writer's prepared statements. Used by one thread at a time.</summary>
internal sealed class LedgerStatements : IDisposable
{
    private readonly SqliteCommand _request;
    private readonly SqliteCommand _open;
    private readonly SqliteCommand _close;
    private readonly SqliteCommand _settlement;
    private readonly SqliteCommand _attempt;

    public LedgerStatements(SqliteConnection connection)
    {
        // A record that is there already is not written again: the first one counts, and a batch may be repeated.
        _request = Prepare(connection, "INSERT OR IGNORE INTO requests VALUES (", 21);
        _open = Prepare(connection, "INSERT OR IGNORE INTO open_requests VALUES (", 1);
        _close = Prepare(connection, "DELETE FROM open_requests WHERE request_id = (", 1);
        _settlement = Prepare(connection, "INSERT OR IGNORE INTO settlements VALUES (", 15);
        _attempt = Prepare(connection, "INSERT OR IGNORE INTO attempts VALUES (", 25);
    }

    /// <summary>An intent whose settlement is still to come.</summary>
    public void WriteOpen(SqliteTransaction transaction, RequestIntent intent)
    {
        Write(transaction, intent);
        Run(_open, transaction, intent.Id);
    }

    /// <summary>A settlement; its intent too, where that was never written (<paramref name="isIntentNew"/>).</summary>
    public void Write(SqliteTransaction transaction, RequestRecord record, bool isIntentNew)
    {
        if (isIntentNew) Write(transaction, record.Intent);
        else Run(_close, transaction, record.Intent.Id);

        Run(
            _settlement, transaction, record.Intent.Id, Columns.Micros(record.EndedAt), Columns.Outcome(record.Outcome), (long)record.Status, Columns.Failure(record.Failure), record.Tier, record.Target,
            record.Provider, record.AnsweredModel, record.BodyMode, record.Sentence, Optional(record.FirstToken), Columns.Micros(record.Duration), record.RequestBytes, Columns.Cost(record.Attempts));
        foreach (var attempt in record.Attempts)
        {
            Run(
                _attempt, transaction, record.Intent.Id, (long)attempt.Number, attempt.Tier, attempt.Target, attempt.Provider, attempt.Model, (long?)attempt.KeyIndex, Columns.Micros(attempt.StartedAt),
                Optional(attempt.Headers), Optional(attempt.FirstToken), Columns.Micros(attempt.Duration), Columns.Failure(attempt.Failure), Columns.Clock(attempt.Clock), (long?)attempt.UpstreamStatus,
                attempt.UpstreamId, attempt.Detail, attempt.Usage.Input, attempt.Usage.CachedInput, attempt.Usage.CacheWrite, attempt.Usage.Output, attempt.Usage.Reasoning,
                Columns.Source(attempt.UsageSource), attempt.Cost?.NanoDollars, Columns.Basis(attempt.CostBasis), attempt.PriceVersion);
        }
    }

    public void Dispose()
    {
        _request.Dispose();
        _open.Dispose();
        _close.Dispose();
        _settlement.Dispose();
        _attempt.Dispose();
    }

    private void Write(SqliteTransaction transaction, RequestIntent intent) => Run(
        _request, transaction, intent.Id, Columns.Micros(intent.AcceptedAt), intent.Tenant, intent.Key, intent.Team, intent.Feature, intent.User, intent.UserTier, intent.Environment, intent.Journey,
        intent.Workload, intent.Sensitivity, null, intent.Operation, intent.Dialect, intent.RequestedModel, intent.IsStream ? 1L : 0L, intent.Route, intent.Revision, intent.DecisionJson, intent.PromptTokensBound);

    private static long? Optional(TimeSpan? time) => time is { } value ? Columns.Micros(value) : null;

    private static void Run(SqliteCommand command, SqliteTransaction transaction, params ReadOnlySpan<object?> values)
    {
        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Prepare(SqliteConnection connection, string start, int parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = start + string.Join(", ", Enumerable.Range(1, parameters).Select(number => "$p" + number)) + ")";
        for (var i = 1; i <= parameters; i++)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = "$p" + i;
            command.Parameters.Add(parameter);
        }

        command.Prepare();
        return command;
    }
}
