namespace Fairlead.Core.Classification;

/// <summary>What a request's workload was taken from.</summary>
public enum WorkloadSource
{
    /// <summary>From nothing: it is not known.</summary>
    None = 0,

    /// <summary>The caller claimed it in a header.</summary>
    Header,

    /// <summary>The caller claimed it in the body's <c>metadata</c>.</summary>
    Metadata,

    /// <summary>The template that the caller named.</summary>
    Template,

    /// <summary>The feature that the caller named.</summary>
    Feature,

    /// <summary>A rule of the configuration.</summary>
    Rule,

    /// <summary>What the request looks like.</summary>
    Structure,
}

/// <summary>A request's workload, and how sure that is.</summary>
/// <param name="Name">The workload.</param>
/// <param name="Confidence">From 0 to 1: how often a guess of this kind is right, as measured; 1 for what the caller or a rule says.</param>
/// <param name="Source">What it was taken from.</param>
public sealed record WorkloadGuess(string Name, double Confidence, WorkloadSource Source)
{
    /// <summary>Nothing is known: the name is empty.</summary>
    public static WorkloadGuess None { get; } = new("", 0, WorkloadSource.None);
}
