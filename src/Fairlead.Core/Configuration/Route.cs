using System.Collections.Immutable;
using Fairlead.Core.Catalog;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Limits;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Configuration;

/// <summary>A policy's answer to a request: ordered tiers of targets under one set of timeouts. Immutable.</summary>
public sealed class Route
{
    /// <summary>The name in the configuration; a client may ask for it as <c>model</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands, for what is found later.</summary>
    internal Place At { get; init; }

    /// <summary>Which requests it takes where the routes decide; null: all.</summary>
    public Rule? When { get; init; }

    /// <summary>What every target of every tier must be; null: anything.</summary>
    public Rule? Require { get; init; }

    /// <summary>What it promises of speed and success; null: nothing.</summary>
    public Promise? Promise { get; init; }

    /// <summary>What it promises that its targets can; null: nothing.</summary>
    public RouteNeeds? Needs { get; init; }

    /// <summary>Whether what is decided is served.</summary>
    public RouteMode Mode { get; init; }

    /// <summary>What serves while the policy is only watched; null in mode enforce.</summary>
    public Target? Baseline { get; init; }

    /// <summary>Whether only keys that name it may use it.</summary>
    public bool IsRestricted { get; init; }

    /// <summary>What may be asked of it per minute and at once; null: anything.</summary>
    public RateLimits? Limits { get; init; }

    /// <summary>Whether a stream is begun with what is left of a budget and cut where that ends, rather than not begun.</summary>
    public bool CutsOverBudget { get; init; }

    /// <summary>Whether a stream of text that breaks off after the client has some of it goes on at another target; false: it ends with an error event.</summary>
    public bool ContinuesBroken { get; init; }

    /// <summary>Tried in order; at least one, at most six (one send per tier must fit the limit of sends).</summary>
    public required ImmutableArray<Tier> Tiers { get; init; }

    /// <summary>The clocks of its attempts: its own over the defaults.</summary>
    public required Timeouts Timeouts { get; init; }

    /// <summary>When a second send is made beside one that takes long; null: never.</summary>
    public HedgeSettings? Hedge { get; init; }

    /// <summary>What follows a failure: its own over the defaults.</summary>
    public FailurePolicy Failures { get; init; } = FailurePolicy.Default;

    /// <summary>Whether a target is passed over too where a translation loses what merely tunes; false: the loss is listed.</summary>
    public bool RejectsLoss { get; init; }

    /// <summary>
    /// The dearest price of each kind over its priced targets: what an unpriced target counts at. Null when none is priced.
    /// </summary>
    public Price? WorstPrice { get; init; }
}

/// <summary>An ordered fallback level of a route.</summary>
/// <param name="Name">Its name, unique in the route; <c>tier 1</c>, <c>tier 2</c>, … when not given.</param>
/// <param name="Targets">Tried in this order; at least one.</param>
public sealed record Tier(string Name, ImmutableArray<Target> Targets)
{
    /// <summary>Where it stands, for what is found later.</summary>
    internal Place At { get; init; }

    /// <summary>Whether it takes all targets of the configuration, rather than those it lists.</summary>
    public bool UsesAll { get; init; }

    /// <summary>What a target must be; null: anything.</summary>
    public Rule? Require { get; init; }

    /// <summary>How its candidates are ordered.</summary>
    public Preference Prefer { get; init; } = Preference.InOrder;

    /// <summary>What lets a request enter it.</summary>
    public TierEntry After { get; init; } = TierEntry.Any;

    /// <summary>What it means to the business that it answers, in the operator's words; null where nothing is said.</summary>
    public string? Impact { get; init; }
}
