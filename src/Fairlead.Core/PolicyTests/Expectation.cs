using System.Collections.Immutable;

namespace Fairlead.Core.PolicyTests;

/// <summary>What must become of a tested request. What is null is not looked at; at least one member is not. Immutable.</summary>
public sealed record Expectation
{
    /// <summary>The route that decides.</summary>
    public PlacedName? Route { get; init; }

    /// <summary>The tier that answers.</summary>
    public PlacedName? Tier { get; init; }

    /// <summary>The target that answers.</summary>
    public PlacedName? Target { get; init; }

    /// <summary>The candidates that the plan begins with, over all its tiers, each at its first place.</summary>
    public ImmutableArray<PlacedName>? Order { get; init; }

    /// <summary>The workload of the request.</summary>
    public PlacedName? Workload { get; init; }

    /// <summary>The labels of the request: these and no others.</summary>
    public ImmutableArray<PlacedName>? Sensitivity { get; init; }

    /// <summary>The constraints with a rule of their own that the request is under: these and no others.</summary>
    public ImmutableArray<PlacedName>? Constraints { get; init; }

    /// <summary>Targets that are rejected, each with all of what its reason must have in it.</summary>
    public ImmutableArray<(PlacedName Target, ImmutableArray<string> Fragments)>? Rejected { get; init; }

    /// <summary>Targets that no tier of the plan may hold.</summary>
    public ImmutableArray<PlacedName>? Never { get; init; }

    /// <summary>What the sentence must have in it.</summary>
    public ImmutableArray<string>? Sentence { get; init; }

    /// <summary>The stable code of the error that the client hears.</summary>
    public string? Refused { get; init; }

    /// <summary>Whether nothing is looked at: a test that cannot fail.</summary>
    public bool IsEmpty =>
        Route is null && Tier is null && Target is null && Order is null && Workload is null && Sensitivity is null && Constraints is null
        && Rejected is null && Never is null && Sentence is null && Refused is null;
}
