using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Catalog;
using Fairlead.Core.Execution;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Configuration;

/// <summary>Makes routes with their rules, their tiers, their clocks and the price that unpriced targets count at.</summary>
internal sealed class RouteCompiler(RuleCompiler rules, string revision, Findings findings)
{
    public ImmutableArray<Route> Compile(ConfigurationDocument document, FrozenDictionary<string, Target> targets, Timeouts defaults, FailurePolicy defaultFailures)
    {
        var names = document.Targets.Select(target => target.Name.Value).ToHashSet(StringComparer.Ordinal);
        var all = targets.Values.OrderBy(target => target.Index).ToImmutableArray();
        var routes = ImmutableArray.CreateBuilder<Route>(document.Routes.Length);
        foreach (var route in document.Routes)
        {
            var failures = route.Failures.Over(defaultFailures);
            var tiers = Tiers(route, targets, all, names, failures);
            routes.Add(new Route
            {
                Name = route.Name?.Value ?? "",
                At = route.At,
                When = Always(rules.Compile(route.When, RuleScope.Routing)),
                Require = rules.Compile(route.Require, RuleScope.Target),
                Promise = route.Promise,
                Needs = route.Needs,
                Mode = route.Mode?.Value ?? RouteMode.Enforce,
                Baseline = Baseline(route, targets, names),
                IsRestricted = route.IsRestricted,
                Limits = route.Limits,
                CutsOverBudget = route.CutsOverBudget,
                Hedge = (route.Hedge ?? document.Defaults.Hedge)?.Settings,
                ContinuesBroken = route.ContinuesAt is not null,
                Tiers = tiers,
                Timeouts = route.Timeouts.Over(defaults),
                Failures = failures,
                RejectsLoss = route.RejectsLoss,
                WorstPrice = PriceArithmetic.Worst(tiers.SelectMany(tier => tier.Targets).Distinct().Select(target => target.Price), "worst:" + revision),
            });
            if (tiers.Any(tier => !tier.Targets.IsEmpty) && tiers.All(tier => tier.Targets.All(HasNoKey))) findings.Warning(route.At, "none of its targets has a key: every request on it fails");
            if (route.ContinuesAt is { } continues && !HasSuccessor(tiers)) findings.Warning(continues, "none of its targets goes on with an answer that another one has begun ('prefill'): a stream that breaks off ends with an error event all the same");
        }

        if (document.Routes.Length > 0 && document.Routes.All(route => route.When is not null))
        {
            findings.Error(document.Routes[^1].At, "every route has a 'when': one must have none, so that every request has a route");
        }

        return routes.DrainToImmutable();
    }

    private static Rule? Always(Rule? when) => when is { Expression.Constant: true } ? null : when;

    /// <summary>Whether a target that goes on with an answer has another one before it.</summary>
    private static bool HasSuccessor(ImmutableArray<Tier> tiers)
    {
        var all = tiers.SelectMany(tier => tier.Targets).Distinct().ToList();
        return all.Count > 1 && all.Exists(target => target.Prefill != PrefillForm.None);
    }

    private static bool HasNoKey(Target target) => target.Provider is { NeedsKey: true, Keys.IsEmpty: true };

    private Target? Baseline(RouteDocument route, FrozenDictionary<string, Target> targets, HashSet<string> known)
    {
        var needed = route.Mode is { Value: not RouteMode.Enforce };
        if (route.Baseline is not { } baseline)
        {
            if (needed) findings.Error(route.Mode!.Value.At, "needs 'baseline': the target that serves while the policy is only watched");
            return null;
        }

        if (!needed) findings.Error(baseline.At, "is for mode observe or advise: what is decided is served");
        if (!known.Contains(baseline.Value)) findings.Error(baseline.At, $"no target is named {Words.Quote(baseline.Value)}", Words.Nearest(baseline.Value, known));
        return targets.GetValueOrDefault(baseline.Value);
    }

    private ImmutableArray<Tier> Tiers(RouteDocument document, FrozenDictionary<string, Target> targets, ImmutableArray<Target> all, HashSet<string> known, FailurePolicy failures)
    {
        var tiers = ImmutableArray.CreateBuilder<Tier>(document.Tiers.Length);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tier in document.Tiers)
        {
            var name = tier.Name?.Value ?? $"tier {tiers.Count + 1}";
            if (!names.Add(name)) findings.Error(tier.Name?.At ?? tier.At, $"the tier name {Words.Quote(name)} stands twice in this route");
            var used = tier.Use is { } use ? Use(use, targets, known) : all;
            tiers.Add(new Tier(name, used)
            {
                At = tier.At,
                UsesAll = tier.Use is null,
                Require = rules.Compile(tier.Require, tiers.Count == 0 ? RuleScope.Target : RuleScope.LaterTier),
                Prefer = Preference(tier, used, known),
                After = After(tier, isFirst: tiers.Count == 0, failures),
                Impact = tier.Impact,
            });
        }

        return tiers.DrainToImmutable();
    }

    private Preference Preference(TierDocument tier, ImmutableArray<Target> used, HashSet<string> known)
    {
        if (tier.Prefer is not { } prefer) return Policy.Preference.InOrder;
        if (prefer.Value is not Preference.Weighted weighted) return prefer.Value;
        foreach (var name in weighted.Weights.Keys)
        {
            if (!known.Contains(name)) findings.Error(prefer.At, $"no target is named {Words.Quote(name)}", Words.Nearest(name, known));
            else if (tier.Use is not null && used.All(target => target.Name != name)) findings.Error(prefer.At, $"the tier does not use {Words.Quote(name)}");
        }

        return weighted;
    }

    /// <summary>The failure classes that let a request enter the tier.</summary>
    private TierEntry After(TierDocument tier, bool isFirst, FailurePolicy failures)
    {
        if (tier.After is not { } after) return TierEntry.Any;
        if (isFirst) findings.Error(tier.At, "'after' is for the tiers after the first: nothing comes before this one");
        if (after.IsEmpty) findings.Error(tier.At, "'after' lists nothing: the tier could never be entered");
        var entry = TierEntry.None;
        foreach (var name in after)
        {
            if (TierEntry.TryParse(name.Value, out var one))
            {
                entry = entry.Or(one);
                var failure = FailureTable.Find(name.Value)!.Class;
                if (failure != FailureClass.NoCandidate && !failures.LeadsOn(failure)) findings.Error(name.At, $"no request goes on after {name.Value}, unless 'failures' of the route says so: failures: {{ {name.Value}: next_target }}");
                continue;
            }

            findings.Error(name.At, $"no failure class is named {Words.Quote(name.Value)}, or none that may be tried elsewhere", Words.Nearest(name.Value, TierEntry.Names));
        }

        return entry;
    }

    private ImmutableArray<Target> Use(ImmutableArray<Located<string>> use, FrozenDictionary<string, Target> targets, HashSet<string> known)
    {
        var used = ImmutableArray.CreateBuilder<Target>(use.Length);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in use)
        {
            if (!known.Contains(name.Value)) findings.Error(name.At, $"no target is named {Words.Quote(name.Value)}", Words.Nearest(name.Value, known));
            else if (!names.Add(name.Value)) findings.Error(name.At, $"the target {Words.Quote(name.Value)} stands twice in this tier");
            else if (targets.TryGetValue(name.Value, out var target)) used.Add(target); // one that is named but wrong has its own error
        }

        return used.DrainToImmutable();
    }
}
