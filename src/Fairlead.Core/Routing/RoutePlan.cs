using System.Collections.Immutable;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Routing;

/// <summary>Ordered tiers of candidates for one request, and why each other target was rejected. Immutable.</summary>
public sealed record RoutePlan
{
    /// <summary>The route that decided; null for a pinned target.</summary>
    public required Route? Route { get; init; }

    /// <summary>The alias the client's name is, as configured; null when it is none.</summary>
    public string? Alias { get; init; }

    /// <summary>Whether the routes decided which of them takes the request, rather than its name.</summary>
    public bool IsAuto { get; init; }

    /// <summary>Constraints that the request is under, in the order of the configuration.</summary>
    public ImmutableArray<Constraint> Constraints { get; init; } = [];

    /// <summary>Tiers that have at least one candidate, in order. Empty: nothing can serve the request.</summary>
    public required ImmutableArray<PlannedTier> Tiers { get; init; }

    /// <summary>Targets of the route that may not be tried, in the order of the plan.</summary>
    public required ImmutableArray<RejectedCandidate> Rejected { get; init; }

    /// <summary>
    /// Targets that policy allows and that are held back for their health, the best first: what is tried when nothing else is left. They
    /// stand among the rejected too.
    /// </summary>
    public ImmutableArray<HeldCandidate> HeldBack { get; init; } = [];

    /// <summary>The clocks that hold.</summary>
    public required Timeouts Timeouts { get; init; }

    /// <summary>What follows a failure.</summary>
    public FailurePolicy Failures { get; init; } = FailurePolicy.Default;

    /// <summary>Whether the plan is this request's alone, because it follows from what this request asks.</summary>
    public bool IsOwn { get; internal init; }

    /// <summary>What an unpriced target counts at; null when nothing on the route is priced.</summary>
    public Price? WorstPrice { get; init; }

    /// <summary>The budget for whose sake the cheapest candidate comes first in every tier; null where the tiers' own strategies hold.</summary>
    public string? CheapestFor { get; init; }

    /// <summary>
    /// What the policy decided, where the route only watches it; the plan itself is then the baseline's. Null where what is decided is
    /// served.
    /// </summary>
    public RoutePlan? Advice { get; init; }

    private Kept? _recorded;

    /// <summary>The plan as it is recorded; made once. Copies of a plan, which are changed ones, make their own.</summary>
    public RecordedDecision Recorded
    {
        get
        {
            if (_recorded is { } known && ReferenceEquals(known.Of, this)) return known.Decision;
            var decision = RecordedDecision.Of(this);
            if (IsOwn) _recorded = new Kept(this, decision); // one that requests share has its sentence and its text kept
            return decision;
        }
    }

    /// <summary>
    /// What is served in place of a baseline that cannot carry the request: what was decided, after all. Null where there is no such thing.
    /// </summary>
    public RoutePlan? InPlaceOfBaseline() => Tiers.IsEmpty && Advice is { } decided ? decided with { IsOwn = true, Rejected = decided.Rejected.AddRange(Rejected) } : null;

    /// <summary>The plan without a target that turned out not to be one for this request: it cannot carry what is asked, or no budget or limit has room for it.</summary>
    /// <param name="tier">The tier that proposed it.</param>
    /// <param name="target">The target.</param>
    /// <param name="reason">A short cause, for the sentence.</param>
    /// <param name="cause">Its kind.</param>
    /// <param name="failure">What it counts as, where its health is the cause.</param>
    public RoutePlan Without(PlannedTier tier, Target target, string reason, RejectionCause cause = RejectionCause.CannotCarry, FailureClass failure = FailureClass.None)
    {
        var tiers = ImmutableArray.CreateBuilder<PlannedTier>(Tiers.Length);
        foreach (var planned in Tiers)
        {
            var left = planned.Number == tier.Number ? planned with { Candidates = planned.Candidates.RemoveAll(candidate => ReferenceEquals(candidate.Target, target)) } : planned;
            if (left.Candidates.IsEmpty) continue;
            var isAfterIt = planned.Number == tier.Number + 1 && (tiers.Count == 0 || tiers[^1].Number != tier.Number);
            tiers.Add(isAfterIt ? left with { FollowsEmpty = true } : left);
        }

        return this with
        {
            IsOwn = true,
            Tiers = tiers.DrainToImmutable(),
            Rejected = Rejected.Add(new RejectedCandidate(target.Name, tier.Name, reason) { Cause = cause, Failure = failure }),
        };
    }

    /// <summary>The plan with a target in its tier that was held back, for it is tried after all.</summary>
    /// <param name="tier">The tier as the held candidate has it.</param>
    public RoutePlan Resorting(PlannedTier tier)
    {
        var candidate = tier.Candidates[0];
        var tiers = Tiers.ToBuilder();
        var at = 0;
        while (at < tiers.Count && tiers[at].Number < tier.Number) at++;
        if (at < tiers.Count && tiers[at].Number == tier.Number) tiers[at] = tiers[at] with { Candidates = tiers[at].Candidates.RemoveAll(one => ReferenceEquals(one.Target, candidate.Target)).Add(candidate) };
        else tiers.Insert(at, tier);
        return this with
        {
            IsOwn = true,
            Tiers = tiers.ToImmutable(),
            Rejected = Rejected.RemoveAll(rejected => rejected.Target == candidate.Target.Name && rejected.Tier == tier.Name),
        };
    }

    /// <summary>A decision and the plan that it was made of: a copy of the plan has it too, and must know it for another's.</summary>
    private sealed class Kept(RoutePlan of, RecordedDecision decision)
    {
        public RoutePlan Of => of;

        public RecordedDecision Decision => decision;
    }
}

/// <summary>A tier with its candidates in the order they are tried.</summary>
/// <param name="Name">The tier's name.</param>
/// <param name="Number">Its place in the route, from 1; rejected tiers keep theirs.</param>
/// <param name="Candidates">At least one.</param>
public sealed record PlannedTier(string Name, int Number, ImmutableArray<Candidate> Candidates)
{
    /// <summary>How the candidates were ordered.</summary>
    public Preference Prefer { get; init; } = Preference.InOrder;

    /// <summary>What lets a request enter it.</summary>
    public TierEntry After { get; init; } = TierEntry.Any;

    /// <summary>Whether it may be entered because the tier before it in the route had no candidate.</summary>
    public bool FollowsEmpty { get; init; }

    /// <summary>What the targets of the tier before it are held back for; none where they are not.</summary>
    public FailureClass HeldBefore { get; init; }

    /// <summary>What it means to the business that it answers; null where nothing is said.</summary>
    public string? Impact { get; init; }
}

/// <summary>A target that is held back for its health.</summary>
/// <param name="Tier">Its tier, with it as the only candidate.</param>
/// <param name="NeedsPanic">Whether it is out, and tried once in a while only; else it takes a part of the requests and may be tried by any.</param>
public sealed record HeldCandidate(PlannedTier Tier, bool NeedsPanic);

/// <summary>A target that may not be tried.</summary>
/// <param name="Target">Its name.</param>
/// <param name="Tier">The tier that proposed it.</param>
/// <param name="Reason">A short cause, for the sentence.</param>
public sealed record RejectedCandidate(string Target, string Tier, string Reason)
{
    /// <summary>The kind of the cause.</summary>
    public RejectionCause Cause { get; init; }

    /// <summary>What it counts as, where its health is the cause; else none.</summary>
    public FailureClass Failure { get; init; }
}

/// <summary>Why a target may not be tried.</summary>
public enum RejectionCause
{
    /// <summary>Its provider wants a key, and there is none.</summary>
    NoCredentials = 0,

    /// <summary>Its dialect has no word for something that changes what the request means.</summary>
    CannotCarry,

    /// <summary>The caller's key may not use it.</summary>
    NotPermitted,

    /// <summary>It is for other environments.</summary>
    Environment,

    /// <summary>Its vendor has retired it.</summary>
    Retired,

    /// <summary>It is known to lack what the request needs.</summary>
    Capability,

    /// <summary>The prompt does not fit its window, or the answer its largest output.</summary>
    Window,

    /// <summary>It would cost more than the caller allows.</summary>
    TooDear,

    /// <summary>A constraint rules it out.</summary>
    Constraint,

    /// <summary>The route or the tier requires something else of it.</summary>
    Require,

    /// <summary>What it may cost at most is more than a budget has left.</summary>
    OverBudget,

    /// <summary>What may be sent there per minute or at once is sent.</summary>
    OverLimit,

    /// <summary>Nobody knows what it costs, and a budget that blocks applies.</summary>
    Unpriced,

    /// <summary>The route or the tier requires something else of what is measured of it, or of what is left of a budget: it may hold again.</summary>
    RequireForNow,

    /// <summary>Its breaker is open, its keys wait, it runs what it carries, or it takes only a part of the requests for a while.</summary>
    HeldBack,
}
