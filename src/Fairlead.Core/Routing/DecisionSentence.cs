using System.Runtime.CompilerServices;
using System.Text;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Routing;

/// <summary>One failed attempt, as the sentence tells it.</summary>
/// <param name="Target">The target's name.</param>
/// <param name="Failure">Why it failed.</param>
/// <param name="Detail">A few words more; null for none.</param>
public readonly record struct FailedAttempt(string Target, FailureClass Failure, string? Detail);

/// <summary>Why a request has no answer though it was planned. Derives from the record: class, clock and status.</summary>
public enum UnansweredCause
{
    /// <summary>Every send that was allowed failed, or none was.</summary>
    NothingLeft = 0,

    /// <summary>The request itself is at fault.</summary>
    ClientFault,

    /// <summary>The deadline passed.</summary>
    Deadline,

    /// <summary>The answer broke off after the client had some of it.</summary>
    BrokenOff,

    /// <summary>An error of Fairlead's own.</summary>
    OwnError,
}

/// <summary>
/// Writes the one sentence of a decision from what was decided. The same inputs stand in the record, so that it can be derived
/// again.
/// </summary>
public static class DecisionSentence
{
    /// <summary>The last sentence of a route's plan without a failure: nearly always the next one too.</summary>
    private static readonly ConditionalWeakTable<RoutePlan, Remembered> Last = new();

    /// <summary>Why the request went to the target that answered.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="answered">What answered.</param>
    /// <param name="failed">The attempts before it, in order.</param>
    public static string ForAnswer(RoutePlan plan, AttemptChoice answered, IReadOnlyList<FailedAttempt> failed)
    {
        if (failed.Count > 0 || plan.Route is null || plan.IsOwn) return Write(plan, answered, failed);
        if (Last.TryGetValue(plan, out var last) && ReferenceEquals(last.Tier, answered.Tier) && ReferenceEquals(last.Target, answered.Target)) return last.Text;
        var text = Write(plan, answered, failed);
        Last.AddOrUpdate(plan, new Remembered(answered.Tier, answered.Target, text));
        return text;
    }

    private static string Write(RoutePlan plan, AttemptChoice answered, IReadOnlyList<FailedAttempt> failed)
    {
        var text = new StringBuilder(160);
        text.Append("Sent to ").Append(answered.Target.Name).Append(" at ").Append(answered.Target.Provider.Name).Append(" because ");
        if (plan.Route is null)
        {
            AppendAlias(text, plan).Append("the request names that target");
        }
        else
        {
            AppendAlias(text, plan).Append("route ").Append(plan.Route.Name);
            text.Append(IsFirst(plan, answered) ? " lists it first" : " lists it next");
            // A tier without a name of its own is called "tier 2".
            if (plan.Route.Tiers.Length > 1) text.Append(answered.Tier.Name.StartsWith("tier ", StringComparison.Ordinal) ? " in " : " in tier ").Append(answered.Tier.Name);
        }

        return AppendOthers(text, plan, failed).ToString();
    }

    /// <summary>Why nothing answered, or not in full.</summary>
    public static string ForFailure(RoutePlan plan, IReadOnlyList<FailedAttempt> failed, UnansweredCause cause = UnansweredCause.NothingLeft)
    {
        var text = new StringBuilder(160);
        text.Append(cause == UnansweredCause.BrokenOff ? "Not answered in full because " : cause == UnansweredCause.OwnError ? "Not answered because of an error of Fairlead's own" : "Not answered because ");
        if (cause != UnansweredCause.OwnError) AppendAlias(text, plan);
        switch (cause)
        {
            case UnansweredCause.ClientFault:
                text.Append("the request itself was refused, which no other target would change");
                break;
            case UnansweredCause.Deadline:
                text.Append("the deadline passed before ").Append(plan.Route is { } route ? "route " + route.Name + " had an answer" : "the target that the request names had answered");
                break;
            case UnansweredCause.BrokenOff:
                text.Append("the answer of ").Append(failed[^1].Target).Append(" broke off after it had begun, when no other target may be tried");
                break;
            case UnansweredCause.NothingLeft when plan.Route is null:
                text.Append(plan.Tiers.IsEmpty ? "the target that the request names may not be tried" : "the target that the request names did not answer");
                break;
            case UnansweredCause.NothingLeft:
                text.Append("route ").Append(plan.Route!.Name).Append(plan.Tiers.IsEmpty ? " has no candidate that may be tried" : " has nothing left that could answer");
                break;
        }

        return AppendOthers(text, plan, failed).ToString();
    }

    /// <summary>What would be tried, for a dry run.</summary>
    public static string ForPlan(RoutePlan plan, AttemptChoice first) =>
        "Would be s" + ForAnswer(plan, first, [])[1..];

    private static bool IsFirst(RoutePlan plan, AttemptChoice answered) =>
        answered.Tier.Number == 1 && ReferenceEquals(plan.Route!.Tiers[0].Targets[0], answered.Target);

    private static StringBuilder AppendAlias(StringBuilder text, RoutePlan plan) =>
        plan.Alias is null ? text : text.Append(plan.Alias).Append(" is an alias and ");

    private static StringBuilder AppendOthers(StringBuilder text, RoutePlan plan, IReadOnlyList<FailedAttempt> failed)
    {
        foreach (var attempt in failed)
        {
            text.Append("; ").Append(attempt.Target).Append(": ").Append(FailureTable.NameOf(attempt.Failure));
            if (attempt.Detail is { Length: > 0 } detail) text.Append(" (").Append(detail).Append(')');
        }

        foreach (var rejected in plan.Rejected) text.Append("; ").Append(rejected.Target).Append(": ").Append(rejected.Reason);
        return text.Append('.');
    }

    private sealed record Remembered(PlannedTier Tier, Target Target, string Text);
}
