using System.Collections.Immutable;
using Fairlead.Core.Budgets;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;

namespace Fairlead.Core.PolicyTests;

/// <summary>A file of policy tests. Immutable.</summary>
/// <param name="Name">The file's name, as it was given.</param>
/// <param name="Config">The configuration that is tested, relative to the file; null where the file names none.</param>
/// <param name="Tests">In the order of the file; at least one.</param>
public sealed record PolicyTestFile(string Name, string? Config, ImmutableArray<PolicyTest> Tests);

/// <summary>One request, the world it meets, and what must become of it. Immutable.</summary>
public sealed record PolicyTest
{
    /// <summary>Its name, unique in the file.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands.</summary>
    public required Place At { get; init; }

    /// <summary>What is asked.</summary>
    public required TestedRequest Request { get; init; }

    /// <summary>The client key that asks, by its name in the configuration; null: the anonymous caller.</summary>
    public PlacedName? Key { get; init; }

    /// <summary>The claims that the request makes in headers.</summary>
    public ImmutableArray<TestedHeader> Headers { get; init; } = [];

    /// <summary>What is measured of targets, each once; of the others nothing.</summary>
    public ImmutableArray<TestedHealth> Health { get; init; } = [];

    /// <summary>What rules see of budgets.</summary>
    public BudgetView Budget { get; init; } = BudgetView.None;

    /// <summary>Targets at which every send fails, each once.</summary>
    public ImmutableArray<TestedFailure> Down { get; init; } = [];

    /// <summary>When the request comes; null: now.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>What must become of it.</summary>
    public required Expectation Expect { get; init; }
}

/// <summary>A name that a test writes, and where.</summary>
/// <param name="Name">The name.</param>
/// <param name="At">Where it stands.</param>
public readonly record struct PlacedName(string Name, Place At);

/// <summary>A header of a tested request.</summary>
/// <param name="Name">In lower case; begins with <c>x-fairlead-</c>.</param>
/// <param name="Value">Its value.</param>
/// <param name="At">Where it stands.</param>
public readonly record struct TestedHeader(string Name, string Value, Place At);

/// <summary>What is measured of a target in a test.</summary>
/// <param name="Target">The target.</param>
/// <param name="Health">The figures.</param>
public readonly record struct TestedHealth(PlacedName Target, TargetHealth Health);

/// <summary>A target that fails in a test.</summary>
/// <param name="Target">The target.</param>
/// <param name="Failure">What each send to it fails with.</param>
public readonly record struct TestedFailure(PlacedName Target, FailureClass Failure);

/// <summary>What a tested request asks. Immutable.</summary>
public sealed record TestedRequest
{
    /// <summary>The prompt where none is written.</summary>
    public const string DefaultPrompt = "Hello.";

    /// <summary>The dialect it is sent in.</summary>
    public required string Dialect { get; init; }

    /// <summary>The whole body, as JSON; null: it is made from the members below.</summary>
    public string? Body { get; init; }

    /// <summary>What is asked for as <c>model</c>.</summary>
    public string Model { get; init; } = "auto";

    /// <summary>The user's text.</summary>
    public string Prompt { get; init; } = DefaultPrompt;

    /// <summary>The system's text; null for none.</summary>
    public string? System { get; init; }

    /// <summary>Whether a stream is asked for.</summary>
    public bool IsStream { get; init; }

    /// <summary>The limit of output tokens; null where the dialect may do without.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Whether the answer must meet a JSON Schema.</summary>
    public bool HasSchema { get; init; }

    /// <summary>The names of the tools that are offered.</summary>
    public ImmutableArray<string> Tools { get; init; } = [];

    /// <summary>Whether the prompt comes with an image.</summary>
    public bool HasImages { get; init; }

    /// <summary>The body's <c>metadata</c>.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Metadata { get; init; } = [];
}
