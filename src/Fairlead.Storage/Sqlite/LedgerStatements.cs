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
    private const int MostDecisions = 256;

    private readonly SqliteConnection _connection;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Statement _rollback;
    private readonly Statement _open;
    private readonly Statement _close;
    private readonly Statement _request;
    private readonly Statement _attempt;
    private readonly Statement _decision;
    private readonly Statement _sentence;

    /// <summary>Decisions that are written, by their text.</summary>
    private readonly Dictionary<string, WrittenDecision> _decisions = new(StringComparer.Ordinal);
    private (string Text, WrittenDecision Decision)? _latest;
    private long _lastDecision;
    private long _lastOpen;
    private long _lastRequest;

    public LedgerStatements(SqliteConnection connection)
    {
        _connection = connection;
        // ON CONFLICT names the key: OR IGNORE would also swallow a value that does not fit.
        _begin = new Statement(connection, "BEGIN IMMEDIATE");
        _commit = new Statement(connection, "COMMIT");
        _rollback = new Statement(connection, "ROLLBACK");
        _open = new Statement(
            connection,
            """
            INSERT INTO open_requests (
                id, accepted_at_us, tenant, key_name, team, feature, user, user_tier, environment, journey, workload, sensitivity,
                operation, dialect, requested_model, is_stream, route, revision, max_output_tokens, choices, has_tools, has_schema,
                prompt_tokens_bound, decision, inputs, tags, seq)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
        _close = new Statement(connection, "DELETE FROM open_requests WHERE seq = ?");
        _request = new Statement(
            connection,
            """
            INSERT INTO requests (
                id, accepted_at_us, tenant, key_name, team, feature, user, user_tier, environment, journey, workload, sensitivity,
                operation, dialect, requested_model, is_stream, route, revision, max_output_tokens, choices, has_tools, has_schema,
                prompt_tokens_bound, decision, inputs, tags, seq, ended_at_us, outcome, status, failure, tier, target, provider, answered_model,
                body_mode, sentence, first_token_us, duration_us, request_bytes, cost_nanousd, dearest_nanousd)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING
            """);
        _attempt = new Statement(
            connection,
            """
            INSERT INTO attempts (
                seq, request_id, number, tier, target, provider, model, key_index, started_at_us, headers_us, first_token_us, duration_us,
                failure, clock, upstream_status, upstream_id, detail, input_tokens, cached_input_tokens, cache_write_tokens,
                cache_write_1h_tokens, output_tokens, reasoning_tokens, usage_source, cost_nanousd, cost_basis, price_version,
                output_cost_nanousd)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
        _decision = new Statement(connection, "INSERT INTO decisions (seq, text) VALUES (?, ?)");
        _sentence = new Statement(connection, "UPDATE decisions SET sentence = ? WHERE seq = ?");
        _lastDecision = Last("decisions");
        _lastOpen = Last("open_requests");
        _lastRequest = Last("requests");
    }

    private Statement[] All => [_begin, _commit, _rollback, _open, _close, _request, _attempt, _decision, _sentence];

    /// <summary>Starts a transaction; fails at once when another process writes.</summary>
    public void Begin() => _begin.Run();

    public void Commit() => _commit.Run();

    /// <summary>Ends a transaction that failed. SQLite has ended it by itself after some errors, such as a full disk.</summary>
    public void Rollback()
    {
        foreach (var statement in All) statement.Clear();
        _decisions.Clear();
        _latest = null;
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0) _rollback.Run();
    }

    /// <summary>Forgets which decisions are written: the next ones have rows of their own. Not within a transaction.</summary>
    public void ForgetDecisions()
    {
        _decisions.Clear();
        _latest = null;
    }

    /// <summary>Writes an intent whose settlement is still to come.</summary>
    /// <returns>What to close it by.</returns>
    public long Open(RequestIntent intent)
    {
        var seq = ++_lastOpen;
        Bind(_open, intent, Decision(intent.DecisionJson).Seq);
        _open.Bind(seq);
        _open.Run();
        return seq;
    }

    /// <summary>Takes an intent out of the open ones: its settlement is written next.</summary>
    public void Close(long open)
    {
        _close.Bind(open);
        _close.Run();
    }

    /// <summary>Writes a settlement with its attempts. A second settlement of one request is dropped, and so are its attempts.</summary>
    public void Settle(RequestRecord record)
    {
        var seq = ++_lastRequest;
        var decision = Decision(record.Intent.DecisionJson);
        var sentence = OwnSentence(decision, record);
        Bind(_request, record.Intent, decision.Seq);
        _request.Bind(seq);
        _request.Bind(Columns.Micros(record.EndedAt));
        _request.Bind(Columns.Name(record.Outcome));
        _request.Bind(record.Status);
        _request.Bind(FailureTable.NameOf(record.Failure));
        _request.Bind(record.Tier);
        _request.Bind(record.Target);
        _request.Bind(record.Provider);
        _request.Bind(record.AnsweredModel);
        _request.Bind(record.BodyMode);
        _request.Bind(sentence);
        _request.Bind(Columns.Micros(record.FirstToken));
        _request.Bind(Columns.Micros(record.Duration));
        _request.Bind(record.RequestBytes);
        _request.Bind(Columns.Cost(record));
        _request.Bind(record.DearestCost?.NanoDollars);
        if (_request.Run() == 0) return;
        foreach (var attempt in record.Attempts) Write(seq, record.Intent.Id, attempt);
    }

    public void Dispose()
    {
        foreach (var statement in All) statement.Dispose();
    }

    private static void Bind(Statement statement, RequestIntent intent, long decision)
    {
        statement.Bind(intent.Id);
        statement.Bind(Columns.Micros(intent.AcceptedAt));
        statement.Bind(intent.Tenant);
        statement.Bind(intent.Key);
        statement.Bind(intent.Team);
        statement.Bind(intent.Feature);
        statement.Bind(intent.User);
        statement.Bind(intent.UserTier);
        statement.Bind(intent.Environment);
        statement.Bind(intent.Journey);
        statement.Bind(intent.Workload);
        statement.Bind(intent.Sensitivity);
        statement.Bind(intent.Operation);
        statement.Bind(intent.Dialect);
        statement.Bind(intent.RequestedModel);
        statement.Bind(intent.IsStream ? 1 : 0);
        statement.Bind(intent.Route);
        statement.Bind(intent.Revision);
        statement.Bind(intent.MaxOutputTokens);
        statement.Bind(intent.Choices);
        statement.Bind(intent.HasTools ? 1 : 0);
        statement.Bind(intent.HasSchema ? 1 : 0);
        statement.Bind(intent.PromptTokensBound);
        statement.Bind(decision);
        statement.Bind(intent.Inputs);
        statement.Bind(intent.Tags);
    }

    /// <summary>The row of a decision's text; it is written if it is new.</summary>
    private WrittenDecision Decision(string text)
    {
        if (_latest is { } latest && ReferenceEquals(text, latest.Text)) return latest.Decision;
        if (!_decisions.TryGetValue(text, out var decision))
        {
            if (_decisions.Count == MostDecisions) _decisions.Clear(); // forgotten, not lost: the next that is the same has a row of its own
            decision = new WrittenDecision(++_lastDecision);
            _decision.Bind(decision.Seq);
            _decision.Bind(text);
            _decision.Run();
            _decisions.Add(text, decision);
        }

        _latest = (text, decision);
        return decision;
    }

    /// <summary>
    /// The sentence of a request where it is not that of its decision: null for nearly all whose decisions are shared. What the second
    /// one says that was answered at its first send becomes the decision's: of a decision that is one request's alone, nobody else reads it.
    /// </summary>
    private string? OwnSentence(WrittenDecision decision, RequestRecord record)
    {
        if (decision.Sentence == record.Sentence) return null;
        if (decision.Sentence is not null || record is not { Outcome: RequestOutcome.Answered, Attempts.Count: 1 } || ++decision.Answered < 2) return record.Sentence;
        _sentence.Bind(record.Sentence);
        _sentence.Bind(decision.Seq);
        _sentence.Run();
        decision.Sentence = record.Sentence;
        return null;
    }

    private void Write(long request, string id, AttemptRecord attempt)
    {
        // A number beyond the range would be another request's place: the table refuses it.
        _attempt.Bind((request * Columns.AttemptsPerRequest) + attempt.Number);
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
        _attempt.Bind(attempt.Usage.CacheWriteOneHour);
        _attempt.Bind(attempt.Usage.Output);
        _attempt.Bind(attempt.Usage.Reasoning);
        _attempt.Bind(Columns.Name(attempt.UsageSource));
        _attempt.Bind(attempt.Cost?.NanoDollars);
        _attempt.Bind(Columns.Name(attempt.CostBasis));
        _attempt.Bind(attempt.PriceVersion);
        _attempt.Bind(attempt.OutputCost?.NanoDollars);
        _attempt.Run();
    }

    private long Last(string table)
    {
        using var query = _connection.CreateCommand();
        query.CommandText = $"SELECT coalesce(max(seq), 0) FROM {table}";
        return (long)query.ExecuteScalar()!;
    }

    /// <summary>A decision that is written, and the sentence that stands with it.</summary>
    private sealed class WrittenDecision(long seq)
    {
        public long Seq => seq;

        public string? Sentence { get; set; }

        /// <summary>Requests that were answered at their first send.</summary>
        public int Answered { get; set; }
    }
}
