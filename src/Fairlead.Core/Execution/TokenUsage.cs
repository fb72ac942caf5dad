namespace Fairlead.Core.Execution;

/// <summary>
/// Tokens of one attempt in canonical counts: <paramref name="CachedInput"/> and <paramref name="CacheWrite"/> are part of
/// <paramref name="Input"/>, <paramref name="Reasoning"/> is part of <paramref name="Output"/>.
/// </summary>
public readonly record struct TokenUsage(long Input, long CachedInput, long CacheWrite, long Output, long Reasoning)
{
    /// <summary>What of <see cref="CacheWrite"/> the vendor keeps for an hour: it has a price of its own. The rest is kept for minutes.</summary>
    public long CacheWriteOneHour { get; init; }

    /// <summary>The tokens of both.</summary>
    public static TokenUsage operator +(in TokenUsage one, in TokenUsage other) =>
        new(one.Input + other.Input, one.CachedInput + other.CachedInput, one.CacheWrite + other.CacheWrite, one.Output + other.Output, one.Reasoning + other.Reasoning)
        {
            CacheWriteOneHour = one.CacheWriteOneHour + other.CacheWriteOneHour,
        };
}

/// <summary>Where token counts come from.</summary>
public enum UsageSource
{
    /// <summary>Nothing is known and nothing was sent: the attempt is not billed.</summary>
    None = 0,

    /// <summary>The provider said so.</summary>
    Reported,

    /// <summary>Our own estimate: the provider never said, or said something that cannot be true.</summary>
    Estimated,
}
