using System.Collections.Frozen;
using Fairlead.Core.Budgets;

namespace Fairlead.Core.Limits;

/// <summary>Limits that each of many has for itself: each tenant, each user. Immutable.</summary>
public sealed record LimitRule
{
    /// <summary>Its name: what was taken is known by it over reloads.</summary>
    public required string Name { get; init; }

    /// <summary>What it holds for each of. One that is known of a caller alone.</summary>
    public required BudgetDimension Each { get; init; }

    /// <summary>The limits.</summary>
    public required RateLimits Limits { get; init; }

    /// <summary>Those of some in their place.</summary>
    public FrozenDictionary<string, RateLimits> Overrides { get; init; } = FrozenDictionary<string, RateLimits>.Empty;

    /// <summary>The limits of one.</summary>
    public RateLimits Of(string name) => Overrides.GetValueOrDefault(name, Limits);
}
