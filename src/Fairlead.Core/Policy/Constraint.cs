namespace Fairlead.Core.Policy;

/// <summary>What must hold for every target that a request may reach, whatever route, tier or pinned name leads there. Immutable.</summary>
/// <param name="Name">In the configuration, in sentences and records.</param>
/// <param name="When">Which requests it is about; null: all.</param>
/// <param name="Require">What the target must be.</param>
public sealed record Constraint(string Name, Rule? When, Rule Require);

/// <summary>A workload of the configuration: which requests are of it. Immutable.</summary>
/// <param name="Name">Its name; built in or the operator's own.</param>
/// <param name="When">Which requests are of it, by rule; null: none.</param>
/// <param name="Templates">Templates whose requests are of it.</param>
/// <param name="Features">Features whose requests are of it.</param>
public sealed record WorkloadRule(string Name, Rule? When, IReadOnlyList<string> Templates, IReadOnlyList<string> Features);

/// <summary>A label of sensitive data that a rule adds. Immutable.</summary>
/// <param name="Label">The label.</param>
/// <param name="When">Which requests get it; null: those whose caller says so.</param>
public sealed record SensitivityRule(string Label, Rule? When);

/// <summary>What a route does with what its policy decides.</summary>
public enum RouteMode
{
    /// <summary>The decision is served.</summary>
    Enforce = 0,

    /// <summary>The decision is recorded; the baseline is served.</summary>
    Observe,

    /// <summary>The same, and a header tells of it.</summary>
    Advise,
}
