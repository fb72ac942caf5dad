using System.Collections.Immutable;
using System.Diagnostics;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Revisions;

/// <summary>Routes that came, went, moved or changed.</summary>
internal static class RouteChanges
{
    /// <summary>What is compared of a route beside its tiers and clocks.</summary>
    public static ImmutableArray<Facet<Route>> Facets { get; } =
    [
        Facet<Route>.OfRule(nameof(Route.Require), "require", route => route.Require),
        Facet<Route>.Of(nameof(Route.Mode), "mode", route => route.Mode switch
        {
            RouteMode.Enforce => "enforce",
            RouteMode.Observe => "observe",
            RouteMode.Advise => "advise",
            _ => throw new UnreachableException(),
        }),
        Facet<Route>.Of(nameof(Route.Baseline), "baseline", route => route.Baseline?.Name),
        Facet<Route>.Of(nameof(Route.IsRestricted), "restricted", route => ChangeText.Of(route.IsRestricted)),
        Facet<Route>.Of(nameof(Route.Hedge), "hedge", route => ChangeText.Of(route.Hedge)),
        Facet<Route>.Of(nameof(Route.Limits), "limits", route => ChangeText.Of(route.Limits)),
        Facet<Route>.Of(nameof(Route.CutsOverBudget), "over budget", route => route.CutsOverBudget ? "cut" : "refuse"),
        Facet<Route>.Of(nameof(Route.ContinuesBroken), "on_break", route => route.ContinuesBroken ? "continue" : "error"),
        Facet<Route>.Of(nameof(Route.RejectsLoss), "on_loss", route => route.RejectsLoss ? "reject" : "list"),
    ];

    /// <summary>What is compared of what a route promises of speed and success.</summary>
    public static ImmutableArray<Facet<Promise>> PromiseFacets { get; } =
    [
        Facet<Promise>.Of(nameof(Promise.P95), "promise of p95", promise => ChangeText.Of(promise.P95)),
        Facet<Promise>.Of(nameof(Promise.Success), "promise of success", promise => ChangeText.Of(promise.Success)),
        Facet<Promise>.Of(nameof(Promise.CostPerOutcome), "promise of cost per outcome", promise => promise.CostPerOutcome is { } cost ? "$" + cost : null),
        Facet<Promise>.Of(nameof(Promise.Window), "window of its promise", promise => ChangeText.Of(promise.Window)),
    ];

    /// <summary>What is compared of what a route promises that its targets can.</summary>
    public static ImmutableArray<Facet<RouteNeeds>> NeedFacets { get; } =
    [
        Facet<RouteNeeds>.Of(nameof(RouteNeeds.Window), "promise of a context window", needs => ChangeText.Of(needs.Window)),
        Facet<RouteNeeds>.Of(nameof(RouteNeeds.Tools), "promise of tools", needs => ChangeText.Of(needs.Tools)),
        Facet<RouteNeeds>.Of(nameof(RouteNeeds.JsonSchema), "promise of JSON schema", needs => ChangeText.Of(needs.JsonSchema)),
        Facet<RouteNeeds>.Of(nameof(RouteNeeds.Vision), "promise of vision", needs => ChangeText.Of(needs.Vision)),
        new(nameof(RouteNeeds.Regions), "promise of regions", needs => [.. needs.Regions.Order(StringComparer.Ordinal)]),
        new(nameof(RouteNeeds.Facts), "promise of facts", needs => [.. needs.Facts.Order(StringComparer.Ordinal)]),
    ];

    private static readonly Promise NoPromise = new();

    private static readonly RouteNeeds NoNeeds = new();

    /// <summary>What is compared of clocks, those of a route and the defaults.</summary>
    public static ImmutableArray<Facet<Timeouts>> ClockFacets { get; } =
    [
        Facet<Timeouts>.Of(nameof(Timeouts.Connect), "connect timeout", timeouts => ChangeText.Of(timeouts.Connect)),
        Facet<Timeouts>.Of(nameof(Timeouts.Headers), "headers timeout", timeouts => ChangeText.Of(timeouts.Headers)),
        Facet<Timeouts>.Of(nameof(Timeouts.FirstToken), "first token timeout", timeouts => ChangeText.Of(timeouts.FirstToken)),
        Facet<Timeouts>.Of(nameof(Timeouts.Gap), "gap timeout", timeouts => ChangeText.Of(timeouts.Gap)),
        Facet<Timeouts>.Of(nameof(Timeouts.Deadline), "deadline", timeouts => ChangeText.Of(timeouts.Deadline)),
        Facet<Timeouts>.Of(nameof(Timeouts.Answer), "answer timeout", timeouts => ChangeText.Of(timeouts.Answer)),
        Facet<Timeouts>.Of(nameof(Timeouts.Floor), "floor of tokens a second", timeouts => ChangeText.Of(timeouts.Floor)),
        Facet<Timeouts>.Of(nameof(Timeouts.Client), "client timeout", timeouts => ChangeText.Of(timeouts.Client)),
    ];

    public static void Find(Comparison comparison)
    {
        var before = Places(comparison.Before);
        var after = Places(comparison.After);
        var moved = RoutesMoved.Between(comparison.Before.Routes, comparison.After.Routes);
        foreach (var (name, (place, route)) in after)
        {
            if (!before.TryGetValue(name, out var old))
            {
                comparison.Add(Placed(comparison, name, $"added as number {place}: {string.Join("; ", route.Tiers.Select(TierChanges.Whole))}"));
                continue;
            }

            if (moved.Contains(name)) comparison.Add(Placed(comparison, name, $"moved from number {old.Place} to number {place}"));
            if (old.Route.When?.Normal != route.When?.Normal && FacetComparison.Change("when", When(old.Route), When(route)) is { } when) comparison.Add(Placed(comparison, name, when));
            foreach (var text in Compare(comparison, old.Route, route)) comparison.Add(new SnapshotChange($"route {name}", text, [name]));
        }

        foreach (var (name, _) in before)
        {
            if (!after.ContainsKey(name)) comparison.Add(Placed(comparison, name, "removed"));
        }
    }

    private static IEnumerable<string> Compare(Comparison comparison, Route before, Route after)
    {
        foreach (var text in TierChanges.Between(before.Tiers, after.Tiers)) yield return text;
        foreach (var text in Facets.Compare(before, after)) yield return text;
        foreach (var text in PromiseFacets.Compare(before.Promise ?? NoPromise, after.Promise ?? NoPromise)) yield return text;
        foreach (var text in NeedFacets.Compare(before.Needs ?? NoNeeds, after.Needs ?? NoNeeds)) yield return text;
        foreach (var clock in ClockFacets)
        {
            // A clock that follows the defaults before and after is told with them, once, and not with every route.
            var followed = Same(clock, before.Timeouts, comparison.Before.DefaultTimeouts) && Same(clock, after.Timeouts, comparison.After.DefaultTimeouts);
            if (!followed && FacetComparison.Change(clock.Word, clock.Values(before.Timeouts), clock.Values(after.Timeouts)) is { } text) yield return text;
        }

        if (FacetComparison.Change("failures", ChangeText.Of(before.Failures, comparison.Before.DefaultFailures), ChangeText.Of(after.Failures, comparison.After.DefaultFailures)) is { } failures) yield return failures;
    }

    private static bool Same(Facet<Timeouts> clock, Timeouts one, Timeouts other) => clock.Values(one).SequenceEqual(clock.Values(other), StringComparer.Ordinal);

    /// <summary>
    /// A change of which requests a route takes: it touches the route's own, and those of the routes that are asked after it, for the
    /// first that matches answers.
    /// </summary>
    private static SnapshotChange Placed(Comparison comparison, string name, string text)
    {
        var asked = Asked(comparison.Before).Union(Asked(comparison.After), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        var touched = new SortedSet<string>(StringComparer.Ordinal) { name };
        foreach (var snapshot in new[] { comparison.Before, comparison.After })
        {
            if (Asked(snapshot).Contains(name)) touched.UnionWith(snapshot.Routes.Select(route => route.Name).SkipWhile(other => other != name).Where(asked.Contains));
        }

        return new SnapshotChange($"route {name}", text, [.. touched]);
    }

    /// <summary>The routes that a request may come to by its facts: the first without <c>when</c> takes all, and those after it are chosen by name only.</summary>
    private static List<string> Asked(GatewaySnapshot snapshot)
    {
        var asked = new List<string>();
        foreach (var route in snapshot.Routes)
        {
            asked.Add(route.Name);
            if (route.When is null) break;
        }

        return asked;
    }

    private static ImmutableArray<string> When(Route route) => route.When is { } when ? [when.Text] : [];

    /// <summary>Routes with their numbers from 1, in order.</summary>
    private static OrderedDictionary<string, (int Place, Route Route)> Places(GatewaySnapshot snapshot)
    {
        var places = new OrderedDictionary<string, (int, Route)>(StringComparer.Ordinal);
        foreach (var route in snapshot.Routes) places[route.Name] = (places.Count + 1, route);
        return places;
    }
}
