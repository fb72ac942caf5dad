using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Overload;

namespace Fairlead.Core.Requests;

/// <summary>What a caller may use, and how its requests are treated. One instance per key; immutable.</summary>
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

    /// <summary>The claims that its requests may make, as <see cref="ClaimNames"/> has them; null: all.</summary>
    public FrozenSet<string>? MaySet { get; init; }

    /// <summary>What it may ask for, as <see cref="Requests.Operations"/> has it; null: everything.</summary>
    public FrozenSet<string>? Operations { get; init; }

    /// <summary>The names of the tools that its requests may offer; empty: none; null: any.</summary>
    public FrozenSet<string>? Tools { get; init; }

    /// <summary>Whether it hears nothing of how its requests are served but their ids and what they cost.</summary>
    public bool IsMinimal { get; init; }

    /// <summary>How much its requests matter while there is no room for all.</summary>
    public Criticality Criticality { get; init; } = Criticality.Normal;

    /// <summary>Whether a request of it may make a claim.</summary>
    /// <param name="claim">One of <see cref="ClaimNames"/>.</param>
    public bool AllowsClaim(string claim) => MaySet is null || MaySet.Contains(claim);

    /// <summary>Whether it may ask for an operation. A decision is nothing for those who hear little.</summary>
    /// <param name="operation">One of <see cref="Requests.Operations"/>.</param>
    public bool AllowsOperation(string operation) => (Operations is null || Operations.Contains(operation)) && !(IsMinimal && operation == Requests.Operations.Explain);

    /// <summary>Whether it may use a route.</summary>
    /// <param name="name">The route's name.</param>
    /// <param name="isRestricted">Whether the route is for keys that name it.</param>
    public bool AllowsRoute(string name, bool isRestricted) => Routes is null ? !isRestricted : Routes.Contains(name);

    /// <summary>Whether it may use a target.</summary>
    /// <param name="name">The target's name.</param>
    /// <param name="isRestricted">Whether the target is for keys that name it.</param>
    public bool AllowsTarget(string name, bool isRestricted) => Targets is null ? !isRestricted : Targets.Contains(name);
}
