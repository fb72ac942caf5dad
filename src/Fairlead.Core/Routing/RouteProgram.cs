using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Routing;

/// <summary>
/// One route, or one pinned target, made ready for planning: what of its filters and orders many requests share is computed once for
/// each kind of them and each view of health, and only the rest for every request. Safe for any number of threads.
/// </summary>
internal sealed class RouteProgram
{
    private static readonly Preference Cheapest = new Preference.Cost();

    private readonly GatewaySnapshot _snapshot;
    private readonly SharedMemory _memory;
    private readonly Route? _route;
    private readonly ImmutableArray<Tier> _tiers;
    private readonly bool _readsHealth;
    private readonly bool _readsRequest;
    private Cache _cache = new(-1, -1, 0);

    public RouteProgram(GatewaySnapshot snapshot, SharedMemory memory, Route route, ConstraintVerdicts verdicts)
        : this(snapshot, memory, route, route.Tiers)
    {
        Primary = PrimaryOf(route, route.Tiers, verdicts);
    }

    /// <summary>A target that a request names.</summary>
    public RouteProgram(GatewaySnapshot snapshot, SharedMemory memory, Target pinned)
        : this(snapshot, memory, null, [new Tier("pinned", [pinned])])
    {
    }

    private RouteProgram(GatewaySnapshot snapshot, SharedMemory memory, Route? route, ImmutableArray<Tier> tiers)
    {
        (_snapshot, _memory, _route, _tiers) = (snapshot, memory, route, tiers);
        var input = route?.Require?.Input ?? RuleInput.None;
        foreach (var tier in tiers) input |= tier.Require?.Input ?? RuleInput.None;
        foreach (var constraint in snapshot.Constraints) input |= constraint.Require.Input;
        _readsRequest = (input & RuleInput.Request) != 0;
        _readsHealth = (input & RuleInput.Health) != 0 || tiers.Any(tier => tier.Prefer is Preference.Latency or Preference.Balanced or Preference.Load);
    }

    /// <summary>
    /// The top of the first tier by what is known without a request: by its static rules, those of constraints that are about all requests, and its strategy for a nominal request, whatever
    /// is measured. Null where no later tier could ask for it.
    /// </summary>
    public Target? Primary { get; }

    /// <summary>The route's plan for a request.</summary>
    public RoutePlan Plan(RequestInputs request, in SharedKey key, ImmutableArray<Constraint> constraints, HealthView health, RuleErrors errors)
    {
        var facts = request.Facts;
        var shared = SharedFor(request, key, constraints, health);
        foreach (var error in shared.Errors) errors.Add(error);
        var passesAll = !_readsRequest && facts.MaxCost is null && facts.PromptTokensBound <= shared.Smallest && !(facts.MaxOutputTokens > shared.SmallestOutput);
        var cheapestFor = _route is null ? null : request.Budget.Cheapest;
        if (passesAll && cheapestFor is null && shared.Plan is { } whole) return whole;

        var inputs = passesAll ? null : new TargetInputs { Request = request, Workload = facts.Workload.Name, Health = health, Primary = Primary };
        var rejected = shared.Rejected;
        var held = shared.Held;
        if (!held.IsEmpty && !passesAll) held = StillAllowed(held, facts, constraints, inputs!, errors);
        var tiers = ImmutableArray.CreateBuilder<PlannedTier>(_tiers.Length);
        var heldBefore = FailureClass.None;
        for (var i = 0; i < _tiers.Length; i++)
        {
            var prefer = cheapestFor is null ? _tiers[i].Prefer : Cheapest;
            var isKept = passesAll && Ranking.IsShared(prefer);
            var candidates = isKept ? shared.Tiers[i] : Own(i, prefer, shared.Tiers[i], facts, constraints, health, inputs, errors, ref rejected);
            var failure = shared.HeldIn[i];
            if (shared.HasShares) candidates = Drawn(i, candidates, facts, health, ref rejected, ref held, ref failure);
            Add(tiers, i, prefer, candidates, heldBefore);
            heldBefore = failure;
        }

        if (rejected.Length > shared.Rejected.Length) rejected = [.. rejected.OrderBy(one => Place(one.Tier))]; // as the tiers stand
        return PlanOf(key, constraints, tiers.DrainToImmutable(), rejected, held, isOwn: true) with { CheapestFor = cheapestFor };
    }

    /// <summary>Of what is held back, what this request may be sent to: the last resort is under the same rules as the first.</summary>
    private ImmutableArray<HeldCandidate> StillAllowed(ImmutableArray<HeldCandidate> held, RequestFacts facts, ImmutableArray<Constraint> constraints, TargetInputs inputs, RuleErrors errors)
    {
        var allowed = ImmutableArray.CreateBuilder<HeldCandidate>(held.Length);
        foreach (var one in held)
        {
            var target = one.Tier.Candidates[0].Target;
            var cost = facts.MaxCost is null ? 0 : CostOf(target, facts);
            if (CandidateFilter.Own(target, facts, cost, constraints, _route?.Require, _tiers[one.Tier.Number - 1].Require, inputs, errors).Cause is null) allowed.Add(one);
        }

        return allowed.DrainToImmutable();
    }

    /// <summary>Holds back targets that take a part of the requests, unless this request is of that part: which follows from its id.</summary>
    private ImmutableArray<Candidate> Drawn(int tier, ImmutableArray<Candidate> candidates, RequestFacts facts, HealthView health, ref ImmutableArray<RejectedCandidate> rejected, ref ImmutableArray<HeldCandidate> held, ref FailureClass failure)
    {
        var kept = candidates;
        foreach (var candidate in candidates)
        {
            if (candidate.Share >= 1 || Ranking.Unit(facts.RequestId, candidate.Target.Name, "share") < candidate.Share) continue;
            var standing = health.StandingOf(candidate.Target.Name);
            var reason = standing?.Reason ?? "takes a part of the requests";
            kept = kept.Remove(candidate);
            failure = standing?.Failure is { } known and not FailureClass.None ? known : FailureClass.DegradedQuality;
            rejected = rejected.Add(new RejectedCandidate(candidate.Target.Name, _tiers[tier].Name, reason) { Cause = RejectionCause.HeldBack, Failure = failure });
            held = held.Insert(held.TakeWhile(one => !one.NeedsPanic).Count(), Held(tier, candidate, reason, needsPanic: false));
        }

        return kept;
    }

    private HeldCandidate Held(int tier, Candidate candidate, string reason, bool needsPanic) =>
        new(new PlannedTier(_tiers[tier].Name, tier + 1, [candidate with { LastResort = reason, Figure = _tiers[tier].Prefer is Preference.Order ? candidate.Place : candidate.Figure }]) { Prefer = _tiers[tier].Prefer, After = _tiers[tier].After, Impact = _tiers[tier].Impact }, needsPanic);

    private ImmutableArray<Candidate> Own(
        int tier, Preference prefer, ImmutableArray<Candidate> shared, RequestFacts facts, ImmutableArray<Constraint> constraints, HealthView health, TargetInputs? inputs, RuleErrors errors, ref ImmutableArray<RejectedCandidate> rejected)
    {
        if (shared.IsEmpty) return shared;
        var passed = new Candidate[shared.Length];
        var count = 0;
        foreach (var candidate in shared)
        {
            if (inputs is null) // nothing of the request alone is to be looked at
            {
                passed[count++] = candidate;
                continue;
            }

            var cost = facts.MaxCost is null ? 0 : CostOf(candidate.Target, facts);
            var verdict = CandidateFilter.Own(candidate.Target, facts, cost, constraints, _route?.Require, _tiers[tier].Require, inputs, errors);
            if (verdict.Cause is { } cause) rejected = rejected.Add(new RejectedCandidate(candidate.Target.Name, _tiers[tier].Name, verdict.Reason!) { Cause = cause });
            else passed[count++] = candidate with { IsUnproven = candidate.IsUnproven || verdict.IsUnproven };
        }

        if (!Ranking.IsShared(prefer)) Ranking.Order(passed.AsSpan(0, count), prefer, facts, facts.Workload.Name, health, _route?.WorstPrice, _route?.Name ?? "");
        return count == passed.Length ? ImmutableCollectionsMarshal.AsImmutableArray(passed) : [.. passed.AsSpan(0, count)];
    }

    private int Place(string tier)
    {
        for (var i = 0; i < _tiers.Length; i++)
        {
            if (_tiers[i].Name == tier) return i;
        }

        return _tiers.Length;
    }

    private long CostOf(Target target, RequestFacts facts)
    {
        var cost = Ranking.CostOf(target, facts, _route?.WorstPrice);
        return double.IsNaN(cost) ? long.MaxValue : (long)cost; // what nobody knows is not below any limit
    }

    private Shared SharedFor(RequestInputs request, in SharedKey key, ImmutableArray<Constraint> constraints, HealthView health)
    {
        var version = _readsHealth ? health.Version : 0;
        var standings = health.StandingsVersion;
        var generation = _memory.Generation;
        var cache = Volatile.Read(ref _cache);
        if (cache.Version != version || cache.Standings != standings || cache.Generation != generation) Volatile.Write(ref _cache, cache = new Cache(version, standings, generation));
        if (cache.Entries.TryGetValue(key, out var found)) return found;
        var made = Share(request, key, constraints, health);
        if (cache.Entries.TryAdd(key, made)) _memory.Took(made.Tiers.Sum(tier => tier.Length) + made.Rejected.Length);
        return made;
    }

    private Shared Share(RequestInputs request, in SharedKey key, ImmutableArray<Constraint> constraints, HealthView health)
    {
        var inputs = new TargetInputs { Request = request, Workload = key.Workload, Health = health, Primary = Primary };
        var errors = new RuleErrors();
        var rejected = ImmutableArray.CreateBuilder<RejectedCandidate>();
        var tiers = ImmutableArray.CreateBuilder<ImmutableArray<Candidate>>(_tiers.Length);
        var isShared = !_readsRequest;
        var (smallest, smallestOutput) = (long.MaxValue, long.MaxValue);
        var held = ImmutableArray<HeldCandidate>.Empty;
        var heldIn = new FailureClass[_tiers.Length];
        var hasShares = false;
        foreach (var (index, tier) in _tiers.Index())
        {
            var candidates = new List<Candidate>(tier.Targets.Length);
            foreach (var (place, target) in tier.Targets.Index())
            {
                var verdict = CandidateFilter.Shared(target, key, constraints, _route, tier.Require, inputs, errors);
                if (verdict.Cause is { } cause)
                {
                    rejected.Add(new RejectedCandidate(target.Name, tier.Name, verdict.Reason!) { Cause = cause });
                    continue;
                }

                smallest = Math.Min(smallest, target.Facts.ContextWindow ?? long.MaxValue);
                smallestOutput = Math.Min(smallestOutput, target.Facts.MaxOutput ?? long.MaxValue);
                var candidate = new Candidate(target, place + 1) { IsUnproven = verdict.IsUnproven, Measured = _readsHealth ? health.Find(target.Name) : null };
                if (health.StandingOf(target.Name) is { } standing)
                {
                    if (standing.IsOpen)
                    {
                        rejected.Add(new RejectedCandidate(target.Name, tier.Name, standing.Reason) { Cause = RejectionCause.HeldBack, Failure = standing.Failure });
                        heldIn[index] = standing.Failure == FailureClass.None ? FailureClass.VendorOutage : standing.Failure;
                        // What an operator, a bill or the vendor has ended is not tried for want of anything else.
                        if (standing.MayBeTried) held = held.Add(Held(index, candidate, standing.Reason, needsPanic: true));
                        continue;
                    }

                    hasShares |= standing.Share < 1;
                    candidate = candidate with { Share = standing.Share };
                }

                candidates.Add(candidate);
            }

            isShared &= Ranking.IsShared(tier.Prefer) || candidates.Count < 2;
            if (Ranking.IsShared(tier.Prefer)) Ranking.Order(CollectionsMarshal.AsSpan(candidates), tier.Prefer, null, key.Workload, health, null, "");
            tiers.Add([.. candidates]);
        }

        var shared = tiers.DrainToImmutable();
        var reasons = rejected.DrainToImmutable();
        var made = new Shared(shared, reasons, smallest, smallestOutput, [.. errors.All]) { Held = held, HeldIn = [.. heldIn], HasShares = hasShares };
        return isShared && !hasShares ? made with { Plan = Whole(key, constraints, made) } : made;
    }

    private RoutePlan Whole(in SharedKey key, ImmutableArray<Constraint> constraints, Shared shared)
    {
        var tiers = ImmutableArray.CreateBuilder<PlannedTier>(_tiers.Length);
        for (var i = 0; i < _tiers.Length; i++) Add(tiers, i, _tiers[i].Prefer, shared.Tiers[i], i == 0 ? FailureClass.None : shared.HeldIn[i - 1]);
        return PlanOf(key, constraints, tiers.DrainToImmutable(), shared.Rejected, shared.Held, isOwn: false);
    }

    private void Add(ImmutableArray<PlannedTier>.Builder tiers, int index, Preference prefer, ImmutableArray<Candidate> candidates, FailureClass heldBefore)
    {
        if (candidates.IsEmpty) return;
        var tier = _tiers[index];
        var followsEmpty = index > 0 && (tiers.Count == 0 || tiers[^1].Number != index);
        tiers.Add(new PlannedTier(tier.Name, index + 1, candidates)
        {
            Prefer = prefer,
            After = tier.After,
            FollowsEmpty = followsEmpty,
            HeldBefore = followsEmpty ? heldBefore : FailureClass.None,
            Impact = tier.Impact,
        });
    }

    private RoutePlan PlanOf(in SharedKey key, ImmutableArray<Constraint> constraints, ImmutableArray<PlannedTier> tiers, ImmutableArray<RejectedCandidate> rejected, ImmutableArray<HeldCandidate> held, bool isOwn) => new()
    {
        Route = _route,
        Alias = key.Alias,
        IsAuto = key.IsAuto,
        Constraints = constraints,
        Tiers = tiers,
        Rejected = rejected,
        HeldBack = held,
        Timeouts = _route?.Timeouts ?? _snapshot.DefaultTimeouts,
        Failures = _route?.Failures ?? _snapshot.DefaultFailures,
        WorstPrice = _route?.WorstPrice,
        IsOwn = isOwn,
    };

    /// <summary>See <see cref="Primary"/>.</summary>
    internal static Target? PrimaryOf(Route route, ImmutableArray<Tier> tiers, ConstraintVerdicts verdicts)
    {
        var tier = tiers[0];
        if (tier.Targets.IsEmpty || tiers.Length == 1) return null; // nobody asks for it
        var inputs = new TargetInputs { Workload = "", Health = HealthView.Empty };
        var candidates = tier.Targets.Where(target => verdicts.Always[target.Index] && Holds(route.Require, target, inputs) && Holds(tier.Require, target, inputs))
            .Select((target, place) => new Candidate(target, place + 1)).ToArray();
        if (candidates.Length == 0) return tier.Targets[0];
        Ranking.Order(candidates, tier.Prefer, null, "", HealthView.Empty, route.WorstPrice, route.Name);
        return candidates[0].Target;
    }

    private static bool Holds(Rule? rule, Target target, TargetInputs inputs)
    {
        inputs.Target = target;
        return rule is null || rule.Parts.All(part => part.Input != RuleInput.None || part.Expression.Evaluate(inputs).IsTrue);
    }

    /// <summary>What requests of one kind share.</summary>
    /// <param name="Tiers">The candidates of each tier; those of shared orders are in theirs.</param>
    /// <param name="Rejected">The others.</param>
    /// <param name="Smallest">The smallest window of a candidate.</param>
    /// <param name="SmallestOutput">The smallest largest output of a candidate.</param>
    /// <param name="Errors">Rules that could not be evaluated.</param>
    private sealed record Shared(
        ImmutableArray<ImmutableArray<Candidate>> Tiers, ImmutableArray<RejectedCandidate> Rejected, long Smallest, long SmallestOutput, ImmutableArray<RuleError> Errors)
    {
        /// <summary>The whole plan, where nothing is left to be found for a request alone.</summary>
        public RoutePlan? Plan { get; init; }

        /// <summary>Those that are out at the moment.</summary>
        public required ImmutableArray<HeldCandidate> Held { get; init; }

        /// <summary>What targets of each tier are out for; none where none is.</summary>
        public required ImmutableArray<FailureClass> HeldIn { get; init; }

        /// <summary>Whether some candidate takes a part of the requests.</summary>
        public required bool HasShares { get; init; }
    }

    private sealed record Cache(long Version, long Standings, int Generation)
    {
        public ConcurrentDictionary<SharedKey, Shared> Entries { get; } = new();
    }
}
