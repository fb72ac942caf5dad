using System.Text.Json;
using Fairlead.Core.Catalog;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// Settles what a crash left open. An intent is written when a first attempt starts, so something was sent: it is settled at an
/// estimate of the prompt at the first candidate's price. Whether others were tried, and what the vendor wrote, nobody knows any
/// more; and where the price is not known either, the cost is unknown, never zero.
/// </summary>
internal static class InterruptedRequests
{
    /// <summary>Tokens are about four bytes of text each.</summary>
    private const int BytesPerToken = 4;

    private const int MostPerTransaction = 1000;

    /// <summary>Settles them all.</summary>
    /// <returns>How many there were.</returns>
    public static int Settle(SqliteConnection connection, TimeProvider time)
    {
        var settled = 0;
        while (LedgerReader.Open(connection, MostPerTransaction) is { Count: > 0 } open)
        {
            using var statements = new LedgerStatements(connection);
            statements.Begin();
            foreach (var (seq, intent) in open)
            {
                statements.Close(seq);
                statements.Settle(Record(intent, time.GetUtcNow()));
            }

            statements.Commit();
            settled += open.Count;
        }

        return settled;
    }

    private static RequestRecord Record(RequestIntent intent, DateTimeOffset now)
    {
        var attempt = FirstAttempt(intent);
        var endedAt = now > intent.AcceptedAt ? now : intent.AcceptedAt; // a clock may have been set back
        return new RequestRecord
        {
            Intent = intent,
            EndedAt = endedAt,
            Outcome = RequestOutcome.Interrupted,
            Status = 0,
            Failure = FailureClass.DependencyDown,
            Tier = attempt?.Tier,
            Target = attempt?.Target,
            Provider = attempt?.Provider,
            Sentence = "Interrupted because the gateway ended while the request was running; its cost is an estimate.",
            Duration = endedAt - intent.AcceptedAt,
            RequestBytes = intent.PromptTokensBound,
            Attempts = attempt is null ? [] : [attempt],
        };
    }

    private static AttemptRecord? FirstAttempt(RequestIntent intent)
    {
        try
        {
            using var decision = JsonDocument.Parse(intent.DecisionJson);
            return decision.RootElement.TryGetProperty("candidates", out var candidates) && candidates.GetArrayLength() > 0
                ? Estimate(intent, candidates[0])
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            // Not the JSON that we write. A gateway that does not start over it would be worse than a cost that is unknown.
            return null;
        }
    }

    private static AttemptRecord Estimate(RequestIntent intent, JsonElement candidate)
    {
        var usage = new TokenUsage((intent.PromptTokensBound + BytesPerToken - 1) / BytesPerToken, 0, 0, 0, 0);
        Usd? cost = null;
        string? version = null;
        if (candidate.TryGetProperty("input_nanodollars_per_million", out var input))
        {
            version = candidate.TryGetProperty("price_version", out var text) ? text.GetString() : null;
            cost = Cost(new Price(input.GetInt64(), 0, null, null, [], version ?? ""), usage);
        }

        return new AttemptRecord
        {
            Number = 1,
            Tier = Text(candidate, "tier"),
            Target = Text(candidate, "target"),
            Provider = Text(candidate, "provider"),
            Model = Text(candidate, "model"),
            StartedAt = intent.AcceptedAt,
            Duration = TimeSpan.Zero,
            Failure = FailureClass.DependencyDown,
            Clock = AttemptClock.None,
            Detail = "interrupted; an estimate of the prompt alone",
            Usage = usage,
            UsageSource = UsageSource.Estimated,
            Cost = cost,
            OutputCost = cost is null ? null : Usd.Zero,
            CostBasis = cost is null ? CostBasis.Unknown : CostBasis.Priced,
            PriceVersion = cost is null ? null : version,
        };
    }

    private static Usd? Cost(Price price, TokenUsage usage)
    {
        try
        {
            return PriceArithmetic.Cost(price, usage);
        }
        catch (Exception exception) when (exception is OverflowException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static string Text(JsonElement candidate, string name) =>
        candidate.GetProperty(name).GetString() ?? throw new FormatException($"The member {name} is null.");
}
