using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Core.Routing;

namespace Fairlead.Explaining;

/// <summary>
/// Derives the sentence of a record again, from the decision and the attempts that it holds: what is told must be what was decided. Pure.
/// </summary>
internal static class DerivedSentence
{
    /// <summary>
    /// The sentence that follows from an answer of <c>/v1/requests/{id}</c> or <c>/v1/explain</c>; null where none does: the request runs,
    /// was interrupted, or its decision is of a version that this one cannot read.
    /// </summary>
    public static string? Of(JsonElement record)
    {
        if (!record.TryGetProperty("decision", out var written) || RecordedDecision.Parse(written.GetRawText()) is not { } decision) return null;
        if (record.TryGetProperty("dry_run", out _)) return OfPlan(record, decision);
        var failed = Failed(record);
        return Text(record, "state") switch
        {
            "client_gone" when !RanAsTheClientLeft(record) => DecisionSentence.ForFailure(decision, failed, UnansweredCause.ClientLeft),
            "answered" or "client_gone" => OfAnswer(record, decision, failed),
            "failed" => OfFailure(record, decision, failed),
            _ => null,
        };
    }

    private static string? OfPlan(JsonElement record, RecordedDecision decision)
    {
        if (Text(record, "target") is not { } target) return DecisionSentence.ForFailure(decision, []);
        return TierOf(record, decision, target) is { } tier ? DecisionSentence.ForPlan(decision, tier.Number, target) : null;
    }

    private static string? OfAnswer(JsonElement record, RecordedDecision decision, IReadOnlyList<FailedAttempt> failed)
    {
        if (Text(record, "target") is not { } target) return null;
        if (TierOfBroken(record, decision, target) is { } broken) return DecisionSentence.ForContinued(decision, broken.Number, failed, target);
        return TierOf(record, decision, target) is { } tier ? DecisionSentence.ForAnswer(decision, tier.Number, target, failed) : null;
    }

    /// <summary>Whether an attempt ran when the client left.</summary>
    private static bool RanAsTheClientLeft(JsonElement record) =>
        (record.TryGetProperty("status", out var status) && status.GetInt32() == 200) // between two parts of its answer
        || (record.TryGetProperty("attempts", out var attempts) && attempts.EnumerateArray().Any(attempt => Text(attempt, "outcome") is "client_gone" or "client_slow"));

    /// <summary>The tier of a target whose answer broke off and that another one went on with; null where there is none.</summary>
    private static RecordedTier? TierOfBroken(JsonElement record, RecordedDecision decision, string answered)
    {
        if (!record.TryGetProperty("attempts", out var attempts)) return null;
        foreach (var attempt in attempts.EnumerateArray())
        {
            if (HadBegun(attempt) && Text(attempt, "outcome") is not ("answered" or "client_gone") && Text(attempt, "target") is { } target && target != answered) return TierOf(attempt, decision, target);
        }

        return null;
    }

    private static RecordedTier? TierOf(JsonElement within, RecordedDecision decision, string target)
    {
        var name = Text(within, "tier");
        return decision.Tiers.FirstOrDefault(tier => tier.Name == name && tier.Candidates.Any(candidate => candidate.Target == target));
    }

    private static string OfFailure(JsonElement record, RecordedDecision decision, IReadOnlyList<FailedAttempt> failed)
    {
        var told = Text(record, "sentence");
        var causes = Causes(record, failed);
        foreach (var cause in causes)
        {
            var sentence = DecisionSentence.ForFailure(decision, failed, cause);
            if (sentence == told) return sentence;
        }

        return DecisionSentence.ForFailure(decision, failed, causes[0]);
    }

    /// <summary>
    /// What the record says of the cause. That a deadline passed between two attempts stands in no attempt of its own, so that it is
    /// possible wherever one failed.
    /// </summary>
    private static UnansweredCause[] Causes(JsonElement record, IReadOnlyList<FailedAttempt> failed)
    {
        var status = record.TryGetProperty("status", out var written) ? written.GetInt32() : 0;
        var failure = Text(record, "failure") is { } name ? FailureTable.Find(name) : null;
        if (status == 200) return [UnansweredCause.BrokenOff];
        if (status == 500 && failure?.Class == FailureClass.DependencyDown) return [UnansweredCause.OwnError];
        if (failed.Count == 0) return [UnansweredCause.NothingLeft];
        return failure?.Action == FailureAction.Surface
            ? [failure.Class == FailureClass.GatewayStopping ? UnansweredCause.GatewayStopped : UnansweredCause.ClientFault, UnansweredCause.Deadline, UnansweredCause.NothingLeft, UnansweredCause.RouteStops, UnansweredCause.NotAgain]
            : [UnansweredCause.NothingLeft, UnansweredCause.RouteStops, UnansweredCause.NotAgain, UnansweredCause.Deadline];
    }

    private static List<FailedAttempt> Failed(JsonElement record)
    {
        var failed = new List<FailedAttempt>();
        if (!record.TryGetProperty("attempts", out var attempts)) return failed;
        var wasFound = false; // of the attempt before, whether it had an answer: one that loses after it was the second call
        foreach (var attempt in attempts.EnumerateArray())
        {
            var outcome = Text(attempt, "outcome");
            if (outcome is not (null or "answered") && FailureTable.Find(outcome) is { Class: not (FailureClass.ClientGone or FailureClass.ClientSlow) } row)
            {
                failed.Add(new FailedAttempt(Text(attempt, "target") ?? "", row.Class, Text(attempt, "detail")) { HadBegun = HadBegun(attempt), IsHedge = row.Class == FailureClass.HedgeLost && wasFound, Number = failed.Count + 1 });
            }

            wasFound = outcome == "answered" || HadBegun(attempt);
        }

        return failed;
    }

    /// <summary>Whether the client had some of its answer: that of a hedge that lost reaches nobody.</summary>
    private static bool HadBegun(JsonElement attempt) => attempt.TryGetProperty("first_token_ms", out _) && Text(attempt, "outcome") is not "hedge_lost";

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
