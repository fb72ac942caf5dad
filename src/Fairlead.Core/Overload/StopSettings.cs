namespace Fairlead.Core.Overload;

/// <summary>How a gateway stops that is asked to. Immutable.</summary>
public sealed record StopSettings
{
    /// <summary>The longest drain that can be configured.</summary>
    public static readonly TimeSpan MostDrain = TimeSpan.FromMinutes(10);

    /// <summary>The longest notice that can be configured.</summary>
    public static readonly TimeSpan MostNotice = TimeSpan.FromMinutes(5);

    /// <summary>A drain of 30 s, no notice.</summary>
    public static StopSettings Default { get; } = new();

    /// <summary>How long answers may go on once nothing new is taken.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long requests are still taken while readiness is denied already, for those who balance load to notice; zero: not at all.</summary>
    public TimeSpan Notice { get; init; }
}
