using System.Collections.Immutable;
using Fairlead.Core.Catalog;

namespace Fairlead.Core.Configuration;

/// <summary>A policy's answer to a request: ordered tiers of targets under one set of timeouts. Immutable.</summary>
public sealed class Route
{
    /// <summary>The name in the configuration; a client may ask for it as <c>model</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Tried in order; at least one, at most six (one send per tier must fit the limit of sends).</summary>
    public required ImmutableArray<Tier> Tiers { get; init; }

    /// <summary>The clocks of its attempts: its own over the defaults.</summary>
    public required Timeouts Timeouts { get; init; }

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
public sealed record Tier(string Name, ImmutableArray<Target> Targets);
