using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// What the writer writes with. A record that is there already stays as it is: the first one counts, and a group may be repeated.
/// Used by one thread at a time.
/// </summary>
internal sealed class LedgerStatements : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Statement _rollback;
    private readonly Statement _request;
    private readonly Statement _open;
    private readonly Statement _close;
    private readonly Statement _settlement;
    private readonly Statement _attempt;

    public LedgerStatements(SqliteConnection connection)
    {
        _connection = connection;
        // ON CONFLICT names the key: OR IGNORE would also swallow a value that does not fit.
        _begin = new Statement(connection, "BEGIN IMMEDIATE");
        _commit = new Statement(connection, "COMMIT");
        _rollback = new Statement(connection, "ROLLBACK");
        _request = new Statement(
            connection,
            """
            INSERT INTO requests (
                id, accepted_at_us, tenant, key_name, team, feature, user, user_tier, environment, journey, workload, sensitivity,
                operation, dialect, requested_model, is_stream, route, revision, decision, prompt_tokens_bound)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
            """);
        _open = new Statement(connection, "INSERT INTO open_requests (request_id) VALUES (?) ON CONFLICT (request_id) DO NOTHING");
        _close = new Statement(connection, "DELETE FROM open_requests WHERE request_id = ?");
        _settlement = new Statement(
            connection,
            """
            INSERT INTO settlements (
                request_id, ended_at_us, outcome, status, failure, tier, target, provider, answered_model, body_mode, sentence,
                first_token_us, duration_us, request_bytes, cost_nanousd)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (request_id) DO NOTHING
            """);
        _attempt = new Statement(
            connection,
            """
            INSERT INTO attempts (
                request_id, number, tier, target, provider, model, key_index, started_at_us, headers_us, first_token_us, duration_us,
                failure, clock, upstream_status, upstream_id, detail, input_tokens, cached_input_tokens, cache_write_tokens,
                output_tokens, reasoning_tokens, usage_source, cost_nanousd, cost_basis, price_version)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
    }

    private Statement[] All => [_begin, _commit, _rollback, _request, _open, _close, _settlement, _attempt];

    /// <summary>Starts a transaction; fails at once when another process writes.</summary>
    public void Begin() => _begin.Run();

    public void Commit() => _commit.Run();

    /// <summary>Ends a transaction that failed. SQLite has ended it by itself after some errors, such as a full disk.</summary>
    public void Rollback()
    {
        foreach (var statement in All) statement.Clear();
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0) _rollback.Run();
    }

    /// <summary>An intent whose settlement is still to come.</summary>
    public void WriteOpen(RequestIntent intent)
    {
        Write(intent);
        _open.Bind(intent.Id);
        _open.Run();
    }

    /// <summary>A settlement with its attempts; its intent too, where that was not written before.</summary>
    /// <param name="record">The record.</param>
    /// <param name="isOpen">The intent was written, as an open one.</param>
    public void Write(RequestRecord record, bool isOpen)
    {
        var id = record.Intent.Id;
        if (isOpen)
        {
            _close.Bind(id);
            _close.Run();
        }
        else
        {
            Write(record.Intent);
        }

        _settlement.Bind(id);
        _settlement.Bind(Columns.Micros(record.EndedAt));
        _settlement.Bind(Columns.Name(record.Outcome));
        _settlement.Bind(record.Status);
        _settlement.Bind(FailureTable.NameOf(record.Failure));
        _settlement.Bind(record.Tier);
        _settlement.Bind(record.Target);
        _settlement.Bind(record.Provider);
        _settlement.Bind(record.AnsweredModel);
        _settlement.Bind(record.BodyMode);
        _settlement.Bind(record.Sentence);
        _settlement.Bind(Columns.Micros(record.FirstToken));
        _settlement.Bind(Columns.Micros(record.Duration));
        _settlement.Bind(record.RequestBytes);
        _settlement.Bind(Columns.Cost(record));
        // A second settlement of one request must not add attempts to the first.
        if (_settlement.Run() == 0) return;
        foreach (var attempt in record.Attempts) Write(id, attempt);
    }

    public void Dispose()
    {
        foreach (var statement in All) statement.Dispose();
    }

    private void Write(RequestIntent intent)
    {
        _request.Bind(intent.Id);
        _request.Bind(Columns.Micros(intent.AcceptedAt));
        _request.Bind(intent.Tenant);
        _request.Bind(intent.Key);
        _request.Bind(intent.Team);
        _request.Bind(intent.Feature);
        _request.Bind(intent.User);
        _request.Bind(intent.UserTier);
        _request.Bind(intent.Environment);
        _request.Bind(intent.Journey);
        _request.Bind(intent.Workload);
        _request.Bind(intent.Sensitivity);
        _request.Bind(intent.Operation);
        _request.Bind(intent.Dialect);
        _request.Bind(intent.RequestedModel);
        _request.Bind(intent.IsStream ? 1 : 0);
        _request.Bind(intent.Route);
        _request.Bind(intent.Revision);
        _request.Bind(intent.DecisionJson);
        _request.Bind(intent.PromptTokensBound);
        _request.Run();
    }

    private void Write(string id, AttemptRecord attempt)
    {
        _attempt.Bind(id);
        _attempt.Bind(attempt.Number);
        _attempt.Bind(attempt.Tier);
        _attempt.Bind(attempt.Target);
        _attempt.Bind(attempt.Provider);
        _attempt.Bind(attempt.Model);
        _attempt.Bind(attempt.KeyIndex);
        _attempt.Bind(Columns.Micros(attempt.StartedAt));
        _attempt.Bind(Columns.Micros(attempt.Headers));
        _attempt.Bind(Columns.Micros(attempt.FirstToken));
        _attempt.Bind(Columns.Micros(attempt.Duration));
        _attempt.Bind(FailureTable.NameOf(attempt.Failure));
        _attempt.Bind(Columns.Name(attempt.Clock));
        _attempt.Bind(attempt.UpstreamStatus);
        _attempt.Bind(attempt.UpstreamId);
        _attempt.Bind(attempt.Detail);
        _attempt.Bind(attempt.Usage.Input);
        _attempt.Bind(attempt.Usage.CachedInput);
        _attempt.Bind(attempt.Usage.CacheWrite);
        _attempt.Bind(attempt.Usage.Output);
        _attempt.Bind(attempt.Usage.Reasoning);
        _attempt.Bind(Columns.Name(attempt.UsageSource));
        _attempt.Bind(attempt.Cost?.NanoDollars);
        _attempt.Bind(Columns.Name(attempt.CostBasis));
        _attempt.Bind(attempt.PriceVersion);
        _attempt.Run();
    }
}
