using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Fairlead.Core.Requests;

/// <summary>What a caller may use. One instance per key; immutable.</summary>
public sealed class CallerPermissions
{
    /// <summary>All that is not restricted.</summary>
    public static CallerPermissions Unrestricted { get; } = new();

    /// <summary>The routes it is bound to; null: all that are not restricted.</summary>
    public FrozenSet<string>? Routes { get; init; }

    /// <summary>The targets it is bound to; null: all that are not restricted.</summary>
    public FrozenSet<string>? Targets { get; init; }

    /// <summary>The environments it is for; empty: any. Of a single one, requests are without saying so.</summary>
    public ImmutableArray<string> Environments { get; init; } = [];

    /// <summary>Whether it may use a route.</summary>
    /// <param name="name">The route's name.</param>
    /// <param name="isRestricted">Whether the route is for keys that name it.</param>
    public bool AllowsRoute(string name, bool isRestricted) => Routes is null ? !isRestricted : Routes.Contains(name);

    /// <summary>Whether it may use a target.</summary>
    /// <param name="name">The target's name.</param>
    /// <param name="isRestricted">Whether the target is for keys that name it.</param>
    public bool AllowsTarget(string name, bool isRestricted) => Targets is null ? !isRestricted : Targets.Contains(name);
}
