using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Core.Catalog;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// Settles what a crash left open. An intent was written when a first attempt started, so something was sent: the prompt, at the first
/// candidate's price, is what it is estimated at. What the vendor wrote, none can know; unknown is never zero.
/// </summary>
internal static class InterruptedRequests
{
    /// <summary>Tokens are about four bytes of text each.</summary>
    private const int BytesPerToken = 4;

    public static int Settle(SqliteConnection connection, TimeProvider time)
    {
        var open = LedgerReader.Open(connection);
        if (open.Count == 0) return 0;
        using var statements = new LedgerStatements(connection);
        using var transaction = connection.BeginTransaction();
        foreach (var intent in open) statements.Write(transaction, Record(intent, time.GetUtcNow()), isIntentNew: false);
        transaction.Commit();
        return open.Count;
    }

    private static RequestRecord Record(RequestIntent intent, DateTimeOffset now)
    {
        var attempt = Attempt(intent);
        var isSane = now > intent.AcceptedAt; // a clock that was set back
        return new RequestRecord
        {
            Intent = intent,
            EndedAt = isSane ? now : intent.AcceptedAt,
            Outcome = RequestOutcome.Interrupted,
            Status = 0,
            Failure = FailureClass.DependencyDown,
            Tier = attempt?.Tier,
            Target = attempt?.Target,
            Provider = attempt?.Provider,
            Sentence = "Not answered because the gateway ended while the request was running; settled at an estimate.",
            Duration = isSane ? now - intent.AcceptedAt : TimeSpan.Zero,
            RequestBytes = intent.PromptTokensBound,
            Attempts = attempt is null ? [] : [attempt],
        };
    }

    private static AttemptRecord? Attempt(RequestIntent intent)
    {
        using var decision = JsonDocument.Parse(intent.DecisionJson);
        if (!decision.RootElement.TryGetProperty("candidates", out var candidates) || candidates.GetArrayLength() == 0) return null;
        var first = candidates[0];
        var tokens = (intent.PromptTokensBound + BytesPerToken - 1) / BytesPerToken;
        var usage = new TokenUsage(tokens, 0, 0, 0, 0);
        var price = first.TryGetProperty("input_nanodollars_per_million", out var input)
            ? new Price(input.GetInt64(), first.GetProperty("output_nanodollars_per_million").GetInt64(), null, null, ImmutableArray<LongContextPrice>.Empty, first.GetProperty("price_version").GetString()!)
            : null;
        return new AttemptRecord
        {
            Number = 1,
            Tier = first.GetProperty("tier").GetString()!,
            Target = first.GetProperty("target").GetString()!,
            Provider = first.GetProperty("provider").GetString()!,
            Model = first.GetProperty("model").GetString()!,
            StartedAt = intent.AcceptedAt,
            Duration = TimeSpan.Zero,
            Failure = FailureClass.DependencyDown,
            Clock = AttemptClock.None,
            Detail = "interrupted",
            Usage = usage,
            UsageSource = UsageSource.Estimated,
            Cost = price is null ? null : PriceArithmetic.Cost(price, usage),
            CostBasis = price is null ? CostBasis.Unknown : CostBasis.Priced,
            PriceVersion = price?.Version,
        };
    }
}
