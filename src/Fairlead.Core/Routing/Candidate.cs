using Fairlead.Core.Configuration;
using Fairlead.Core.Health;

namespace Fairlead.Core.Routing;

/// <summary>A target that a tier proposes for one request.</summary>
/// <param name="Target">The target.</param>
/// <param name="Place">Where the tier lists it, from 1.</param>
public readonly record struct Candidate(Target Target, int Place)
{
    /// <summary>
    /// What the tier's strategy compared: nano-dollars for <c>cost</c>, milliseconds for <c>latency</c>, a share for <c>quality</c>
    /// and <c>balanced</c>, the weight for <c>weighted</c>, milliseconds for <c>load</c>, the place in the tier for <c>order</c>. Not a number where nobody knows it.
    /// </summary>
    public double Figure { get; init; } = double.NaN;

    /// <summary>Whether a rule about its health passed because too little is measured.</summary>
    public bool IsUnproven { get; init; }

    /// <summary>What was measured of it, where a rule or an order of the route reads that; null else.</summary>
    public TargetHealth? Measured { get; init; }

    /// <summary>Whether it comes first only to be measured.</summary>
    public bool IsExplored { get; init; }

    /// <summary>The share of the requests that it takes while it is not wholly well: 0 to 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>How much it had to do when that decided its place; not a number where it did not.</summary>
    public double Load { get; init; } = double.NaN;

    /// <summary>Why it was held back, where it is tried all the same because nothing else was left; null else.</summary>
    public string? LastResort { get; init; }
}
