using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Fairlead.Core.Configuration;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Routing;

/// <summary>The policy of one snapshot, made ready for planning. Immutable but for what it remembers; safe for any number of threads.</summary>
internal sealed class PolicyProgram
{
    private const int MostPinned = 512;

    private static readonly ConditionalWeakTable<GatewaySnapshot, PolicyProgram> Programs = new();
    private static PolicyProgram? latest;

    private readonly FrozenDictionary<Route, RouteProgram> _routes;
    private readonly ConcurrentDictionary<Target, RouteProgram> _pinned = new();
    private readonly SharedMemory _memory = new();
    private readonly DateOnly[] _retirements;
    private readonly ImmutableHashSet<string> _environments;

    private PolicyProgram(GatewaySnapshot snapshot)
    {
        Snapshot = snapshot;
        var verdicts = new ConstraintVerdicts(snapshot);
        _routes = snapshot.Routes.ToFrozenDictionary(route => route, route => new RouteProgram(snapshot, _memory, route, verdicts));
        _retirements = [.. snapshot.TargetList.Select(target => target.Facts.Retires).OfType<DateOnly>().Distinct().Order()];
        _environments = [.. snapshot.TargetList.SelectMany(target => target.Environments)];
        var leaves = snapshot.Rules().SelectMany(rule => rule.Expression.Leaves).Select(leaf => PolicyVariables.All[leaf]).ToHashSet();
        Reads = new PolicyReads(
            Workload: leaves.Any(variable => variable.Name == "workload_confidence" || (variable.Input & RuleInput.Workload) != 0)
                || snapshot.Routes.Any(route => route.Tiers.Any(tier => tier.Prefer is Preference.Quality or Preference.Balanced)),
            Validity: leaves.Any(variable => variable.Name is "health.schema_validity" or "health.tool_success"),
            Quota: leaves.Any(variable => variable.Name == "health.quota_left"));
        LooksForImages = snapshot.TargetList.Any(target => target.Facts.Vision == false);
    }

    public GatewaySnapshot Snapshot { get; }

    /// <summary>What it reads.</summary>
    public PolicyReads Reads { get; }

    /// <summary>Whether a request with images has to be known from one without: some target is known to read none.</summary>
    public bool LooksForImages { get; }

    /// <summary>The program of a snapshot, made once.</summary>
    public static PolicyProgram Of(GatewaySnapshot snapshot)
    {
        if (Volatile.Read(ref latest) is { } last && ReferenceEquals(last.Snapshot, snapshot)) return last;
        var program = Programs.GetValue(snapshot, static snapshot => new PolicyProgram(snapshot));
        Volatile.Write(ref latest, program);
        return program;
    }

    public RouteProgram Of(Route route) => _routes[route];

    public RouteProgram Of(Target pinned)
    {
        if (_pinned.TryGetValue(pinned, out var program)) return program;
        program = new RouteProgram(Snapshot, _memory, pinned);
        if (pinned.Index >= 0 && _pinned.Count < MostPinned) _pinned.TryAdd(pinned, program);
        return program;
    }

    /// <summary>An environment as plans tell it apart: null for none, empty for one that no target is for.</summary>
    public string? EnvironmentOf(string? claimed) => claimed is null || _environments.IsEmpty ? null : _environments.Contains(claimed) ? claimed : "";

    /// <summary>The last day on which a target retired, up to a day: days between two retirements are alike.</summary>
    public DateOnly LastRetirement(DateTimeOffset at)
    {
        var day = DateOnly.FromDateTime(at.UtcDateTime);
        var last = DateOnly.MinValue;
        foreach (var retirement in _retirements)
        {
            if (retirement > day) break;
            last = retirement;
        }

        return last;
    }
}

/// <summary>What the policy of a configuration reads that costs something to know.</summary>
/// <param name="Workload">The workload of requests: what their structure tells is worth a guess.</param>
/// <param name="Validity">Whether answers meet their schema, or tool calls their tools.</param>
/// <param name="Quota">What vendors say is left of their limits.</param>
public readonly record struct PolicyReads(bool Workload, bool Validity, bool Quota);
