using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Catalog;

namespace Fairlead.Core.Configuration;

/// <summary>Makes routes with their tiers, their clocks and the price that unpriced targets count at.</summary>
internal sealed class RouteCompiler(string revision, Findings findings)
{
    public ImmutableArray<Route> Compile(ConfigurationDocument document, FrozenDictionary<string, Target> targets, Timeouts defaults)
    {
        var names = document.Targets.Select(target => target.Name.Value).ToHashSet(StringComparer.Ordinal);
        var routes = ImmutableArray.CreateBuilder<Route>(document.Routes.Length);
        foreach (var route in document.Routes)
        {
            var tiers = Tiers(route, targets, names);
            routes.Add(new Route
            {
                Name = route.Name?.Value ?? "",
                Tiers = tiers,
                Timeouts = route.Timeouts.Over(defaults),
                RejectsLoss = route.RejectsLoss,
                WorstPrice = PriceArithmetic.Worst(tiers.SelectMany(tier => tier.Targets).Select(target => target.Price), "worst:" + revision),
            });
            if (tiers.All(tier => tier.Targets.All(HasNoKey))) findings.Warning(route.At, "none of its targets has a key: every request on it fails");
        }

        return routes.DrainToImmutable();
    }

    private static bool HasNoKey(Target target) => target.Provider is { NeedsKey: true, Keys.IsEmpty: true };

    private ImmutableArray<Tier> Tiers(RouteDocument document, FrozenDictionary<string, Target> targets, HashSet<string> known)
    {
        var tiers = ImmutableArray.CreateBuilder<Tier>(document.Tiers.Length);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tier in document.Tiers)
        {
            var name = tier.Name?.Value ?? $"tier {tiers.Count + 1}";
            if (!names.Add(name)) findings.Error(tier.Name?.At ?? tier.At, $"the tier name {Words.Quote(name)} stands twice in this route");
            tiers.Add(new Tier(name, Use(tier, targets, known)));
        }

        return tiers.DrainToImmutable();
    }

    private ImmutableArray<Target> Use(TierDocument tier, FrozenDictionary<string, Target> targets, HashSet<string> known)
    {
        var used = ImmutableArray.CreateBuilder<Target>(tier.Use.Length);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var use in tier.Use)
        {
            if (!known.Contains(use.Value)) findings.Error(use.At, $"no target is named {Words.Quote(use.Value)}", Words.Nearest(use.Value, known));
            else if (!names.Add(use.Value)) findings.Error(use.At, $"the target {Words.Quote(use.Value)} stands twice in this tier");
            else if (targets.TryGetValue(use.Value, out var target)) used.Add(target); // one that is named but wrong has its own error
        }

        return used.DrainToImmutable();
    }
}
