using Fairlead.Core.Configuration;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Routing;

/// <summary>
/// Finds what is right in a configuration and yet not meant: rules that nothing reaches, routes that hang on one vendor, models that
/// retire, labels that nothing guards. Pure: the day is given.
/// </summary>
public static class PolicyLint
{
    /// <summary>How long before a model retires it is told.</summary>
    private const int DaysBefore = 90;

    private static readonly int Sensitivity = PolicyVariables.NumberOf("sensitivity");

    /// <summary>What is found, in the order of the checks.</summary>
    /// <param name="snapshot">A configuration without errors.</param>
    /// <param name="today">The day it is looked at.</param>
    public static IEnumerable<string> Of(GatewaySnapshot snapshot, DateOnly today) =>
    [
        .. Shadowed(snapshot), .. Tiers(snapshot), .. OneVendor(snapshot), .. Promises(snapshot), .. Unused(snapshot), .. Unpriced(snapshot), .. Retiring(snapshot, today), .. Unguarded(snapshot), .. Unknown(snapshot),
    ];

    /// <summary>Rules behind one that already takes all they could.</summary>
    private static IEnumerable<string> Shadowed(GatewaySnapshot snapshot)
    {
        foreach (var (i, route) in snapshot.Routes.Index())
        {
            if (route.When is { Expression.Constant: false }) yield return $"routes[{i}] ({route.Name}): its 'when' is never true; the route is reached by its name only";
            else if (snapshot.Routes.Take(i).FirstOrDefault(before => Covers(before.When, route.When)) is { } before)
            {
                yield return route.When is null
                    ? $"routes[{i}] ({route.Name}): route {before.Name} before it takes all that is left; it is reached by its name only"
                    : $"routes[{i}] ({route.Name}): shadowed by route {before.Name}, which takes every request that it would";
            }
        }

        foreach (var (i, workload) in snapshot.Workloads.Index())
        {
            if (workload.When is null) continue;
            if (workload.When.Expression.Constant == false) yield return $"workloads[{i}] ({workload.Name}): its 'when' is never true";
            else if (snapshot.Workloads.Take(i).FirstOrDefault(before => before.When is not null && Covers(before.When, workload.When)) is { } before)
            {
                yield return $"workloads[{i}] ({workload.Name}): shadowed by {before.Name}, which comes first for every request that it matches";
            }
        }

        foreach (var (i, constraint) in snapshot.Constraints.Index())
        {
            if (constraint.When?.Expression.Constant == false) yield return $"constraints[{i}] ({constraint.Name}): its 'when' is never true; it guards nothing";
            if (constraint.Require.Expression.Constant == true) yield return $"constraints[{i}] ({constraint.Name}): its 'require' is always true; it guards nothing";
        }
    }

    /// <summary>Whether a rule holds wherever another does, as far as their parts tell: each part of it is one of the other's.</summary>
    private static bool Covers(Rule? rule, Rule? other) =>
        rule is null || rule.Expression.Constant == true || (other is not null && rule.Parts.All(part => other.Parts.Any(same => same.Expression.SameAs(part.Expression))));

    /// <summary>Targets of a tier that never serve it, and tiers that nothing leads to.</summary>
    private static IEnumerable<string> Tiers(GatewaySnapshot snapshot)
    {
        var verdicts = new ConstraintVerdicts(snapshot);
        foreach (var (i, route) in snapshot.Routes.Index())
        {
            var proof = new RouteProof(snapshot, route, verdicts);
            foreach (var (j, tier) in route.Tiers.Index())
            {
                foreach (var target in tier.UsesAll ? [] : tier.Targets)
                {
                    if (proof.WhyNot(target, tier) is { } reason) yield return $"routes[{i}].tiers[{j}] ({route.Name}, {tier.Name}): {target.Name} never serves it: {reason}";
                }

                if (tier.Require?.Expression.Constant == false) yield return $"routes[{i}].tiers[{j}] ({route.Name}, {tier.Name}): its 'require' is never true; the tier is never eligible";
            }
        }
    }

    private static IEnumerable<string> OneVendor(GatewaySnapshot snapshot)
    {
        var verdicts = new ConstraintVerdicts(snapshot);
        foreach (var (i, route) in snapshot.Routes.Index())
        {
            var proof = new RouteProof(snapshot, route, verdicts);
            var vendors = route.Tiers
                .SelectMany(tier => tier.Targets.Where(target => CandidateFilter.Credentials(target) is null && proof.Might(target, tier)))
                .Select(VendorOf).Distinct(StringComparer.Ordinal).ToArray();
            if (vendors is [var only]) yield return $"routes[{i}] ({route.Name}): hangs on one vendor, {only}: its outage is the route's";
        }
    }

    /// <summary>Whose outage it would be: the vendor of a known kind, whatever the provider is called; else the provider.</summary>
    private static string VendorOf(Target target) => target.Provider.CatalogName ?? target.Provider.Name;

    private static IEnumerable<string> Promises(GatewaySnapshot snapshot)
    {
        foreach (var (i, route) in snapshot.Routes.Index())
        {
            if (route.Promise?.P95 is not { } promised) continue;
            foreach (var tier in route.Tiers)
            {
                if (tier.Targets.All(target => target.Prior?.P95Ms > promised.TotalMilliseconds)) yield return $"routes[{i}] ({route.Name}): promises a p95 of {promised.TotalMilliseconds:0} ms, and no target of tier {tier.Name} is expected to keep it";
                if (route.Timeouts.Deadline < promised) yield return $"routes[{i}] ({route.Name}): promises a p95 beyond its own deadline";
            }
        }
    }

    private static IEnumerable<string> Unused(GatewaySnapshot snapshot)
    {
        HashSet<string> used = [.. snapshot.Routes.SelectMany(route => route.Tiers.SelectMany(tier => tier.Targets).Append(route.Baseline)).OfType<Target>().Select(target => target.Name)];
        foreach (var alias in snapshot.Aliases.Values.Concat(snapshot.PrefixAliases.Select(alias => alias.StandsFor))) used.Add(alias);
        foreach (var target in snapshot.TargetList)
        {
            if (!used.Contains(target.Name)) yield return $"targets.{target.Name}: in no tier and behind no alias: only requests that name it use it";
        }

        var served = snapshot.TargetList.Select(target => target.Provider.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var provider in snapshot.Providers.Keys.Order(StringComparer.Ordinal))
        {
            var isNamed = used.Any(name => name.StartsWith(provider + "/", StringComparison.Ordinal));
            if (!served.Contains(provider) && !isNamed) yield return $"providers.{provider}: no target is at it";
        }
    }

    private static IEnumerable<string> Unpriced(GatewaySnapshot snapshot)
    {
        foreach (var (i, route) in snapshot.Routes.Index())
        {
            foreach (var tier in route.Tiers)
            {
                if (tier.Prefer is not (Preference.Cost or Preference.Balanced)) continue;
                foreach (var target in tier.Targets.Where(target => target.Price is null))
                {
                    yield return $"routes[{i}] ({route.Name}): tier {tier.Name} prefers {tier.Prefer.Name}, and {target.Name} has no price: it counts at the route's worst";
                }
            }
        }
    }

    private static IEnumerable<string> Retiring(GatewaySnapshot snapshot, DateOnly today)
    {
        foreach (var target in snapshot.TargetList)
        {
            if (target.Facts.Retires is not { } day) continue;
            if (day <= today) yield return $"targets.{target.Name}: {target.Model} retired on {day:yyyy-MM-dd}; it is never tried";
            else if (day.DayNumber - today.DayNumber <= DaysBefore) yield return $"targets.{target.Name}: {target.Model} retires on {day:yyyy-MM-dd}, in {day.DayNumber - today.DayNumber} days";
        }
    }

    /// <summary>Labels that the configuration knows, and no constraint asks after.</summary>
    private static IEnumerable<string> Unguarded(GatewaySnapshot snapshot)
    {
        var asked = snapshot.Constraints.SelectMany(constraint => new[] { constraint.When, constraint.Require }).OfType<Rule>().ToArray();
        // A rule that reads the labels in another way than by name may mean any of them.
        if (asked.Any(rule => rule.Expression.Leaves.Contains(Sensitivity) && rule.Expression.Literals.All(literal => literal.Leaf != Sensitivity))) yield break;
        var told = snapshot.Routes.Select(route => route.When).OfType<Rule>().ToArray();
        foreach (var label in snapshot.SensitivityLabels.Names)
        {
            var isUsed = snapshot.Sensitivity.Any(rule => rule.Label == label) || told.Any(rule => Names(rule, label));
            if (isUsed && !asked.Any(rule => Names(rule, label))) yield return $"sensitivity {label}: no constraint asks for it; a route alone does not hold for pinned targets";
        }
    }

    private static bool Names(Rule rule, string label) => rule.Expression.Literals.Any(literal => literal.Leaf == Sensitivity && literal.Text == label);

    /// <summary>Texts that rules compare with what targets and providers are, and none is.</summary>
    private static IEnumerable<string> Unknown(GatewaySnapshot snapshot)
    {
        var providers = snapshot.Providers.Values;
        var targets = snapshot.TargetList;
        var known = new Dictionary<string, IEnumerable<string>>(StringComparer.Ordinal)
        {
            ["provider.name"] = providers.Select(provider => provider.Name),
            ["provider.region"] = providers.Select(provider => provider.Region).OfType<string>(),
            ["provider.facts"] = providers.SelectMany(provider => provider.Facts),
            ["target.name"] = targets.Select(target => target.Name),
            ["target.provider"] = providers.Select(provider => provider.Name),
            ["target.region"] = providers.Select(provider => provider.Region).OfType<string>(),
            ["target.family"] = targets.Select(target => target.Facts.Family).OfType<string>(),
            ["target.model"] = targets.Select(target => target.Model),
            ["target.tags"] = targets.SelectMany(target => target.Tags),
        };
        var told = new HashSet<(string, string)>();
        foreach (var rule in snapshot.Rules())
        {
            foreach (var literal in rule.Expression.Literals)
            {
                var name = PolicyVariables.All[literal.Leaf].Name;
                if (literal.Text.Length == 0 || !known.TryGetValue(name, out var there) || there.Contains(literal.Text, StringComparer.Ordinal) || !told.Add((rule.Place, literal.Text))) continue;
                var nearest = Words.Nearest(literal.Text, there);
                yield return $"{rule.Place}: no {name} is {Words.Quote(literal.Text)}{(nearest is null ? "" : $"; did you mean '{nearest}'?")}";
            }
        }
    }
}
