namespace Fairlead.Core.Overload;

/// <summary>From when on the gateway refuses requests for its own sake. Immutable.</summary>
public sealed record OverloadSettings
{
    /// <summary>10,000 requests in flight, 80 % of the memory.</summary>
    public static OverloadSettings Default { get; } = new();

    /// <summary>Requests in flight at which nothing more is taken; 1 to 1,000,000. From 70 % on what is sheddable is refused, from 90 % on what is normal too.</summary>
    public int Concurrent { get; init; } = 10_000;

    /// <summary>The share of the memory that the process may use, above 0 to 1, from which on what is sheddable is refused; half way from there to all of it what is normal too.</summary>
    public double Memory { get; init; } = 0.8;
}
