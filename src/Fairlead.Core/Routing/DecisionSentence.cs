using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Routing;

/// <summary>One failed attempt, as the sentence tells it.</summary>
/// <param name="Target">The target's name.</param>
/// <param name="Failure">Why it failed.</param>
/// <param name="Detail">A few words more; null for none.</param>
public readonly record struct FailedAttempt(string Target, FailureClass Failure, string? Detail)
{
    /// <summary>Whether the client had some of its answer already.</summary>
    public bool HadBegun { get; init; }

    /// <summary>Whether it was a second send beside one that took long.</summary>
    public bool IsHedge { get; init; }

    /// <summary>Which of the request's attempts it was, from 1: they are told in the order in which they began.</summary>
    public int Number { get; init; }
}

/// <summary>Why a request has no answer though it was planned. Derives from the record: class, clock and status.</summary>
public enum UnansweredCause
{
    /// <summary>Every send that was allowed failed, or none was.</summary>
    NothingLeft = 0,

    /// <summary>The request itself is at fault.</summary>
    ClientFault,

    /// <summary>The route has the client hear of it, though another target might have answered.</summary>
    RouteStops,

    /// <summary>The deadline passed.</summary>
    Deadline,

    /// <summary>The answer broke off after the client had some of it.</summary>
    BrokenOff,

    /// <summary>An error of Fairlead's own.</summary>
    OwnError,

    /// <summary>The client left while nothing was sent.</summary>
    ClientLeft,

    /// <summary>The gateway was stopped meanwhile.</summary>
    GatewayStopped,

    /// <summary>The request may leave something behind at a vendor that has perhaps processed it.</summary>
    NotAgain,
}

/// <summary>
/// Writes the one sentence of a decision from what was decided. It reads nothing but the recorded decision and the attempts, so that it
/// can be derived again from the record.
/// </summary>
public static class DecisionSentence
{
    /// <summary>Rejected targets that are told; the record has all.</summary>
    private const int MostRejected = 3;

    /// <summary>The last sentence of a shared plan without a failure: nearly always the next one too.</summary>
    private static readonly ConditionalWeakTable<RoutePlan, Remembered> Last = new();

    /// <summary>Why the request went to the target that answered.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="answered">What answered.</param>
    /// <param name="failed">The attempts before it, in order.</param>
    public static string ForAnswer(RoutePlan plan, AttemptChoice answered, IReadOnlyList<FailedAttempt> failed)
    {
        if (failed.Count > 0 || plan.Route is null || plan.IsOwn) return ForAnswer(plan.Recorded, answered.Tier.Number, answered.Target.Name, failed);
        if (Last.TryGetValue(plan, out var last) && ReferenceEquals(last.Tier, answered.Tier) && ReferenceEquals(last.Target, answered.Target)) return last.Text;
        var text = ForAnswer(plan.Recorded, answered.Tier.Number, answered.Target.Name, failed);
        Last.AddOrUpdate(plan, new Remembered(answered.Tier, answered.Target, text));
        return text;
    }

    /// <summary>Why the request went to the target that answered.</summary>
    /// <param name="decision">What was decided.</param>
    /// <param name="tierNumber">The tier that answered.</param>
    /// <param name="target">The target that answered.</param>
    /// <param name="failed">The attempts before it, in order.</param>
    public static string ForAnswer(RecordedDecision decision, int tierNumber, string target, IReadOnlyList<FailedAttempt> failed)
    {
        var tier = decision.Tiers.First(tier => tier.Number == tierNumber);
        var at = tier.Candidates.First(candidate => candidate.Target == target);
        var text = new StringBuilder(200).Append("Sent to ").Append(target).Append(" at ").Append(at.Provider).Append(" because ");
        AppendAlias(text, decision);
        foreach (var constraint in decision.Constraints) text.Append("constraint ").Append(constraint).Append(" holds and ");
        if (decision.Route is null) text.Append("the request names that target");
        else if (decision.Advice is not null) text.Append("route ").Append(decision.Route).Append(" is in mode ").Append(decision.Mode).Append(" and ").Append(target).Append(" is its baseline");
        else AppendChoice(text, decision, tier, at);
        if (at.LastResort is { } held) text.Append(", though held back (").Append(held).Append("), because nothing else was left");
        if (tier.Impact is { } impact) text.Append(" (impact: ").Append(impact).Append(')');
        AppendOthers(text, decision, failed, target);
        if (decision.Advice is { } advice) text.Append("; by its policy it ").Append(LowerFirst(ForAdvice(advice)));
        return text.Append('.').ToString();
    }

    /// <summary>Why the request went to the target whose answer broke off, and where that was gone on with.</summary>
    /// <param name="decision">What was decided.</param>
    /// <param name="tierNumber">The tier of the target that broke off.</param>
    /// <param name="failed">The attempts before the last, in order; the one that broke off had begun.</param>
    /// <param name="continuedAt">The target that went on.</param>
    public static string ForContinued(RecordedDecision decision, int tierNumber, IReadOnlyList<FailedAttempt> failed, string continuedAt)
    {
        var broken = failed.First(attempt => attempt.HadBegun);
        var before = failed.TakeWhile(attempt => !attempt.HadBegun).Concat(failed.SkipWhile(attempt => !attempt.HadBegun).Where(attempt => attempt.Failure == FailureClass.HedgeLost)).ToList();
        var text = new StringBuilder(ForAnswer(decision, tierNumber, broken.Target, before));
        text.Length--; // it goes on
        text.Append("; continued at ").Append(continuedAt).Append(" after ").Append(broken.Target).Append(" broke off (").Append(FailureTable.NameOf(broken.Failure));
        if (broken.Detail is { Length: > 0 } detail) text.Append(": ").Append(detail);
        return text.Append(").").ToString();
    }

    /// <summary>Why nothing answered, or not in full.</summary>
    public static string ForFailure(RoutePlan plan, IReadOnlyList<FailedAttempt> failed, UnansweredCause cause = UnansweredCause.NothingLeft) =>
        ForFailure(plan.Recorded, failed, cause);

    /// <summary>Why nothing answered, or not in full.</summary>
    public static string ForFailure(RecordedDecision decision, IReadOnlyList<FailedAttempt> failed, UnansweredCause cause = UnansweredCause.NothingLeft)
    {
        var text = new StringBuilder(200);
        text.Append(cause == UnansweredCause.BrokenOff ? "Not answered in full because " : cause == UnansweredCause.OwnError ? "Not answered because of an error of Fairlead's own" : "Not answered because ");
        if (cause != UnansweredCause.OwnError) AppendAlias(text, decision);
        switch (cause)
        {
            case UnansweredCause.ClientFault:
                text.Append("the request itself was refused, which no other target would change");
                break;
            case UnansweredCause.RouteStops:
                text.Append(decision.Route is { } stopping ? "route " + stopping : "the configuration").Append(" has nothing else tried after ").Append(FailureTable.NameOf(failed[^1].Failure));
                break;
            case UnansweredCause.Deadline:
                text.Append("the deadline passed before ").Append(decision.Route is { } route ? "route " + route + " had an answer" : "the target that the request names had answered");
                break;
            case UnansweredCause.NotAgain:
                text.Append("a request that may leave something behind at its vendor is not sent a second time");
                break;
            case UnansweredCause.GatewayStopped:
                text.Append("the gateway was stopped before ").Append(decision.Route is { } stopped ? "route " + stopped + " had an answer" : "the target that the request names had answered");
                break;
            case UnansweredCause.ClientLeft:
                text.Append("the client left before ").Append(decision.Route is { } left ? "route " + left + " had an answer" : "the target that the request names had answered");
                break;
            case UnansweredCause.BrokenOff:
                var broken = failed.FirstOrDefault(attempt => attempt.HadBegun);
                text.Append("the answer of ").Append(broken.Target ?? failed[^1].Target).Append(" broke off after it had begun, ");
                text.Append(broken.Target is null || broken == failed.Last(attempt => attempt.Failure != FailureClass.HedgeLost) ? "when no other target may be tried" : "and could not be continued to its end");
                break;
            case UnansweredCause.NothingLeft when decision.Route is null:
                text.Append(decision.Tiers.IsEmpty ? "the target that the request names may not be tried" : "the target that the request names did not answer");
                break;
            case UnansweredCause.NothingLeft:
                text.Append("route ").Append(decision.Route).Append(decision.Tiers.IsEmpty ? " has no candidate that may be tried" : " has nothing left that could answer");
                break;
        }

        AppendOthers(text, decision, failed, null);
        return text.Append('.').ToString();
    }

    /// <summary>What would be tried, for a dry run.</summary>
    public static string ForPlan(RoutePlan plan, AttemptChoice first) => WouldBe(ForAnswer(plan, first, []));

    /// <summary>What would be tried, from a decision that was told.</summary>
    /// <param name="decision">What was decided.</param>
    /// <param name="tierNumber">The tier that comes first.</param>
    /// <param name="target">The target that comes first.</param>
    public static string ForPlan(RecordedDecision decision, int tierNumber, string target) => WouldBe(ForAnswer(decision, tierNumber, target, []));

    /// <summary>What a policy that is only watched decided, for <c>x-fairlead-advice</c>.</summary>
    public static string ForAdvice(RecordedDecision advice) => advice.Tiers is [var tier, ..]
        ? WouldBe(ForAnswer(advice with { Mode = "enforce" }, tier.Number, tier.Candidates[0].Target, []))
        : ForFailure(advice, []);

    private static string WouldBe(string sentence) => "Would be s" + sentence[1..];

    /// <summary>A sentence that goes on in another one, without its full stop.</summary>
    private static string LowerFirst(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..^1];

    private static void AppendAlias(StringBuilder text, RecordedDecision decision)
    {
        if (decision.Alias is { } alias) text.Append(alias).Append(" is an alias and ");
    }

    private static void AppendChoice(StringBuilder text, RecordedDecision decision, RecordedTier tier, RecordedCandidate at)
    {
        text.Append("route ").Append(decision.Route);
        if (decision.When is { } when) text.Append(" (").Append(RuleReasons.Short(when)).Append(')');
        // A tier without a name of its own is called "tier 2".
        var where = decision.TierCount == 1 ? "" : tier.Name.StartsWith("tier ", StringComparison.Ordinal) ? " in " + tier.Name : " in tier " + tier.Name;
        if (tier.Prefer == "order")
        {
            text.Append(tier.Number == 1 && at.Figure == 1 ? " lists it first" : " lists it next").Append(where);
            return;
        }

        text.Append(tier.Prefer == "weighted" ? " draws by weight" : " prefers " + tier.Prefer + (decision.CheapestFor is { } budget ? " for the sake of budget " + budget : "")).Append(where).Append(" and it ").Append(Rank(tier, at));
        if (at.IsExplored) text.Append(", first only to be measured");
        else if (at.IsUnproven) text.Append(", unproven yet");
    }

    private static string Rank(RecordedTier tier, RecordedCandidate at)
    {
        var count = tier.Count;
        var isFirst = ReferenceEquals(tier.Candidates[0], at);
        var figure = FigureOf(tier, at);
        if (tier.Prefer == "weighted") return (isFirst ? "was drawn" : "was drawn next") + figure;
        if (count == 1) return "is the only one that qualifies" + figure;
        if (double.IsNaN(at.Figure)) return $"is one of {count} that qualify";
        var rank = tier.Prefer switch
        {
            "cost" => "cheapest",
            "latency" => "fastest",
            _ => "best",
        };
        return $"is the {(isFirst || at.IsExplored ? "" : "next ")}{rank} of {count} that qualify{figure}";
    }

    private static string FigureOf(RecordedTier tier, RecordedCandidate at)
    {
        if (double.IsNaN(at.Figure)) return "";
        return tier.Prefer switch
        {
            "cost" => $" (${Dollars(at.Figure)} expected)",
            "latency" => $" (p95 {at.Figure.ToString("0", CultureInfo.InvariantCulture)} ms)",
            "weighted" => $" (weight {Plain(at.Figure)} of {Plain(tier.WeightSum)})",
            _ => $" ({(tier.Prefer == "quality" ? "quality" : "score")} {at.Figure.ToString("0.##", CultureInfo.InvariantCulture)})",
        };
    }

    /// <summary>Two digits that count, without an exponent.</summary>
    private static string Dollars(double nanoDollars)
    {
        if (nanoDollars == 0) return "0";
        var dollars = (decimal)nanoDollars / 1_000_000_000m;
        var digits = Math.Clamp(1 - (int)Math.Floor(Math.Log10((double)dollars)), 2, 12);
        return Math.Round(dollars, digits).ToString("0.############", CultureInfo.InvariantCulture);
    }

    private static string Plain(double number) => number.ToString("0.######", CultureInfo.InvariantCulture);

    private static void AppendOthers(StringBuilder text, RecordedDecision decision, IReadOnlyList<FailedAttempt> failed, string? answered)
    {
        foreach (var (at, attempt) in failed.Index())
        {
            if (attempt.Failure == FailureClass.HedgeLost)
            {
                // No failure: the other one was quicker.
                if (attempt.IsHedge) text.Append("; a second call to ").Append(attempt.Target).Append(" was slower");
                else text.Append("; ").Append(attempt.Target).Append(": slower than the second call");
                continue;
            }

            text.Append("; ").Append(attempt.Target).Append(": ").Append(FailureTable.NameOf(attempt.Failure));
            if (attempt.Detail is { Length: > 0 } detail) text.Append(" (").Append(detail).Append(')');
            if (answered is null && HeldOf(decision, attempt.Target) is { } held) text.Append(", though held back (").Append(held).Append(')');
            // One that was tried more than once: by another key, once more, after a wait.
            if (failed.Take(at).Any(other => IsOf(other, attempt))) text.Append(" again");
            else if (!attempt.HadBegun && (answered == attempt.Target || failed.Skip(at + 1).Any(other => IsOf(other, attempt)))) text.Append(" at first");
        }

        var told = 0;
        var others = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rejected in decision.Rejected)
        {
            // One that no tier may try is told once; one that a later tier proposes all the same is no news.
            if (!others.Add(rejected.Target) || rejected.Target == answered || failed.Any(attempt => attempt.Target == rejected.Target) || decision.Tiers.Any(tier => tier.Candidates.Any(candidate => candidate.Target == rejected.Target))) continue;
            if (++told <= MostRejected) text.Append("; ").Append(rejected.Target).Append(": ").Append(rejected.Reason);
        }

        told += decision.RejectedMore;
        if (told > MostRejected) text.Append("; ").Append(told - MostRejected).Append(" more may not be tried");
    }

    private static bool IsOf(FailedAttempt attempt, FailedAttempt other) => attempt.Target == other.Target && attempt.Failure == other.Failure;

    private static string? HeldOf(RecordedDecision decision, string target) =>
        decision.Tiers.SelectMany(tier => tier.Candidates).FirstOrDefault(candidate => candidate.Target == target && candidate.LastResort is not null)?.LastResort;

    private sealed record Remembered(PlannedTier Tier, Configuration.Target Target, string Text);
}
