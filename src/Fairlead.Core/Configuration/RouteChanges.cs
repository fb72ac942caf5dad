using System.Collections.Immutable;

namespace Fairlead.Core.Configuration;

/// <summary>Routes that came, went, moved or changed.</summary>
internal static class RouteChanges
{
    /// <summary>What is compared of a route beside its tiers and clocks.</summary>
    public static ImmutableArray<Facet<Route>> Facets { get; } =
    [
        Facet<Route>.Of(nameof(Route.RejectsLoss), "on_loss", route => route.RejectsLoss ? "reject" : "list"),
    ];

    /// <summary>What is compared of clocks, those of a route and the defaults.</summary>
    public static ImmutableArray<Facet<Timeouts>> ClockFacets { get; } =
    [
        Facet<Timeouts>.Of(nameof(Timeouts.Connect), "connect timeout", timeouts => ChangeText.Of(timeouts.Connect)),
        Facet<Timeouts>.Of(nameof(Timeouts.Headers), "headers timeout", timeouts => ChangeText.Of(timeouts.Headers)),
        Facet<Timeouts>.Of(nameof(Timeouts.FirstToken), "first token timeout", timeouts => ChangeText.Of(timeouts.FirstToken)),
        Facet<Timeouts>.Of(nameof(Timeouts.Gap), "gap timeout", timeouts => ChangeText.Of(timeouts.Gap)),
        Facet<Timeouts>.Of(nameof(Timeouts.Deadline), "deadline", timeouts => ChangeText.Of(timeouts.Deadline)),
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
        foreach (var clock in ClockFacets)
        {
            // A clock that follows the defaults before and after is told with them, once, and not with every route.
            var followed = Same(clock, before.Timeouts, comparison.Before.DefaultTimeouts) && Same(clock, after.Timeouts, comparison.After.DefaultTimeouts);
            if (!followed && FacetComparison.Change(clock.Word, clock.Values(before.Timeouts), clock.Values(after.Timeouts)) is { } text) yield return text;
        }
    }

    private static bool Same(Facet<Timeouts> clock, Timeouts one, Timeouts other) => clock.Values(one).SequenceEqual(clock.Values(other), StringComparer.Ordinal);

    /// <summary>
    /// A change of a route's place: it touches the route's own requests, and where another route comes first now those of both, for the
    /// first one answers <c>auto</c>.
    /// </summary>
    private static SnapshotChange Placed(Comparison comparison, string name, string text)
    {
        var (first, firstNow) = (comparison.Before.Routes[0].Name, comparison.After.Routes[0].Name);
        return new SnapshotChange($"route {name}", text, first == firstNow ? [name] : [.. new[] { name, first, firstNow }.Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>Routes with their numbers from 1, in order.</summary>
    private static OrderedDictionary<string, (int Place, Route Route)> Places(GatewaySnapshot snapshot)
    {
        var places = new OrderedDictionary<string, (int, Route)>(StringComparer.Ordinal);
        foreach (var route in snapshot.Routes) places[route.Name] = (places.Count + 1, route);
        return places;
    }
}
