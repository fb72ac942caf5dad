using System.Collections.Immutable;
using Fairlead.Core.Policy;
using Fairlead.Core.Routing;

namespace Fairlead.PolicyTests;

/// <summary>What became of a tested request. Immutable.</summary>
internal sealed record TestedOutcome
{
    /// <summary>What was planned, without the targets that cannot carry the request; null where the request was refused before.</summary>
    public RoutePlan? Plan { get; init; }

    /// <summary>What answered; null where nothing did.</summary>
    public AttemptChoice? Answered { get; init; }

    /// <summary>The stable code of the error that the client hears; null where it gets an answer.</summary>
    public string? Code { get; init; }

    /// <summary>The sentence; for a request that was refused, why.</summary>
    public required string Sentence { get; init; }

    /// <summary>Its workload; empty when unknown.</summary>
    public string Workload { get; init; } = "";

    /// <summary>Its labels.</summary>
    public ImmutableArray<string> Sensitivity { get; init; } = [];

    /// <summary>Rules that could not be evaluated.</summary>
    public IReadOnlyList<RuleError> RuleErrors { get; init; } = [];

    /// <summary>Where it went, on one line.</summary>
    public string Where => Answered is { } choice
        ? (Plan!.Route is { } route ? $"{route.Name} → {choice.Tier.Name} → {choice.Target.Name}" : choice.Target.Name)
        : $"refused: {Code}";
}

/// <summary>One thing that is not as it was expected.</summary>
/// <param name="What">The key of the expectation.</param>
/// <param name="Expected">What was expected.</param>
/// <param name="Was">What was.</param>
internal readonly record struct Mismatch(string What, string Expected, string Was);

/// <summary>A test that was run. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Outcome">What became of its request.</param>
/// <param name="Mismatches">Empty where it passed.</param>
internal sealed record TestedResult(string Name, TestedOutcome Outcome, ImmutableArray<Mismatch> Mismatches)
{
    public bool HasPassed => Mismatches.IsEmpty;
}

/// <summary>The tests of one file, as they ran.</summary>
/// <param name="File">The file, as it was given.</param>
/// <param name="Results">In its order.</param>
internal sealed record TestedSuite(string File, TestedResult[] Results);
