using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Routing;

/// <summary>Orders the targets that may serve a request. Pure: the same inputs give the same plan. Safe for any number of threads.</summary>
public static class RoutePlanner
{
    /// <summary>Nothing of a request but its name goes into the plan of a route: the plan is made once for each name that leads there.</summary>
    private static readonly ConditionalWeakTable<Route, ConcurrentDictionary<string, RoutePlan>> Plans = new();

    /// <summary>The plan of a request, or null when nothing has the name it asks for.</summary>
    public static RoutePlan? Plan(RequestFacts facts, GatewaySnapshot snapshot) => NameResolution.Resolve(facts.Model, snapshot) switch
    {
        NameResolution.ToRoute to => PlanOf(to),
        NameResolution.ToTarget to => PlanPinned(to, snapshot),
        _ => null,
    };

    private static RoutePlan PlanOf(NameResolution.ToRoute to)
    {
        var plans = Plans.GetOrCreateValue(to.Route);
        var key = to.Alias ?? "";
        return plans.TryGetValue(key, out var plan) ? plan : plans.GetOrAdd(key, PlanRoute(to));
    }

    private static RoutePlan PlanRoute(NameResolution.ToRoute to)
    {
        var tiers = ImmutableArray.CreateBuilder<PlannedTier>(to.Route.Tiers.Length);
        var rejected = ImmutableArray.CreateBuilder<RejectedCandidate>();
        for (var i = 0; i < to.Route.Tiers.Length; i++)
        {
            var tier = to.Route.Tiers[i];
            var candidates = Candidates(tier, rejected);
            if (candidates.Length > 0) tiers.Add(new PlannedTier(tier.Name, i + 1, candidates));
        }

        return new RoutePlan
        {
            Route = to.Route,
            Alias = to.Alias,
            Tiers = tiers.DrainToImmutable(),
            Rejected = rejected.DrainToImmutable(),
            Timeouts = to.Route.Timeouts,
            WorstPrice = to.Route.WorstPrice,
        };
    }

    private static RoutePlan PlanPinned(NameResolution.ToTarget to, GatewaySnapshot snapshot)
    {
        var rejection = Rejection(to.Target, "pinned");
        return new RoutePlan
        {
            Route = null,
            Alias = to.Alias,
            Tiers = rejection is null ? [new PlannedTier("pinned", 1, [to.Target])] : [],
            Rejected = rejection is null ? [] : [rejection],
            Timeouts = snapshot.DefaultTimeouts,
        };
    }

    private static ImmutableArray<Target> Candidates(Tier tier, ImmutableArray<RejectedCandidate>.Builder rejected)
    {
        var isWhole = true;
        foreach (var target in tier.Targets) isWhole &= Rejection(target, tier.Name) is null;
        if (isWhole) return tier.Targets; // the common case allocates nothing

        var candidates = ImmutableArray.CreateBuilder<Target>(tier.Targets.Length);
        foreach (var target in tier.Targets)
        {
            if (Rejection(target, tier.Name) is { } rejection) rejected.Add(rejection);
            else candidates.Add(target);
        }

        return candidates.DrainToImmutable();
    }

    /// <summary>Why a target may not be tried; null when it may.</summary>
    private static RejectedCandidate? Rejection(Target target, string tier)
    {
        var provider = target.Provider;
        if (!provider.NeedsKey || !provider.Keys.IsEmpty) return null;
        return new RejectedCandidate(target.Name, tier, provider.MissingKeys.IsEmpty ? "its provider has no key" : $"no key ({string.Join(", ", provider.MissingKeys)} missing)");
    }
}
