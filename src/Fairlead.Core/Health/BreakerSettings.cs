using Fairlead.Core.Ledger;

namespace Fairlead.Core.Health;

/// <summary>When a target is no longer sent to, and how it comes back. Immutable.</summary>
public sealed record BreakerSettings
{
    /// <summary>What holds where nothing is written.</summary>
    public static BreakerSettings Default { get; } = new();

    /// <summary>Failures one after the other that open it.</summary>
    public int Failures { get; init; } = 5;

    /// <summary>The share of attempts over <see cref="Breaker.Window"/> that opens it, of <see cref="Breaker.LeastAttempts"/> at least; above 0, up to 1.</summary>
    public double Share { get; init; } = 0.5;

    /// <summary>An answer that takes longer is a slow one, a stream to its first content and a JSON answer as a whole, and a share of slow ones opens it as failures do. Null: none is too slow.</summary>
    public TimeSpan? Slow { get; init; }

    /// <summary>What may be spent there in a minute before it opens. Null: anything.</summary>
    public Usd? CostPerMinute { get; init; }

    /// <summary>How long it is open the first time; each time that it opens again soon after it is twice as long, up to <see cref="MostOpen"/>.</summary>
    public TimeSpan Open { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest that it is open before it is tried again, jitter aside.</summary>
    public TimeSpan MostOpen => Open > TimeSpan.FromSeconds(20) ? Open : TimeSpan.FromSeconds(20);
}
