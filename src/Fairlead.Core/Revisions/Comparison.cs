using System.Collections.Immutable;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Revisions;

/// <summary>Two snapshots, the changes found between them so far, and who uses what in either. Used by one thread.</summary>
internal sealed class Comparison
{
    private readonly List<SnapshotChange> _changes = [];
    private readonly Dictionary<string, SortedSet<string>> _routesOfTargets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedSet<string>> _targetsOfProviders = new(StringComparer.Ordinal);

    public Comparison(GatewaySnapshot before, GatewaySnapshot after)
    {
        Before = before;
        After = after;
        Index(before);
        Index(after);
    }

    public GatewaySnapshot Before { get; }

    public GatewaySnapshot After { get; }

    public void Add(SnapshotChange change) => _changes.Add(change);

    public ImmutableArray<SnapshotChange> Changes() => [.. _changes];

    /// <summary>The routes, of either snapshot, with this target in a tier or as their baseline.</summary>
    public ImmutableArray<string> RoutesOf(string target) => _routesOfTargets.TryGetValue(target, out var routes) ? [.. routes] : [];

    /// <summary>The targets, of either snapshot, at this provider.</summary>
    public ImmutableArray<string> TargetsOf(string provider) => _targetsOfProviders.TryGetValue(provider, out var targets) ? [.. targets] : [];

    private void Index(GatewaySnapshot snapshot)
    {
        foreach (var route in snapshot.Routes)
        {
            foreach (var tier in route.Tiers)
            {
                foreach (var target in tier.Targets) Add(_routesOfTargets, target.Name, route.Name);
            }

            if (route.Baseline is { } baseline) Add(_routesOfTargets, baseline.Name, route.Name);
        }

        foreach (var target in snapshot.Targets.Values) Add(_targetsOfProviders, target.Provider.Name, target.Name);
    }

    private static void Add(Dictionary<string, SortedSet<string>> index, string key, string name)
    {
        if (!index.TryGetValue(key, out var names)) index[key] = names = new SortedSet<string>(StringComparer.Ordinal);
        names.Add(name);
    }
}
