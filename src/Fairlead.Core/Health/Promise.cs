using Fairlead.Core.Ledger;

namespace Fairlead.Core.Health;

/// <summary>What a route promises, measured as service level objectives. At least one of the three is given. Immutable.</summary>
public sealed record Promise
{
    /// <summary>The longest window: what is kept.</summary>
    public static readonly TimeSpan MostWindow = TimeSpan.FromHours(24);

    /// <summary>The share of requests that <see cref="P95"/> speaks of.</summary>
    public const double ShareWithinP95 = 0.95;

    /// <summary>
    /// At least 95 % of requests have their answer within this time of their admission: a stream its first content, a JSON answer the
    /// whole. Positive; null: nothing is promised of it.
    /// </summary>
    public TimeSpan? P95 { get; init; }

    /// <summary>The share of requests that are answered: above 0 and below 1, such as 0.999, for a promise of 1 leaves no budget. Null: nothing is promised of it.</summary>
    public double? Success { get; init; }

    /// <summary>What a successful outcome costs at most, all requests of the route counted in. Positive; null: nothing is promised of it.</summary>
    public Usd? CostPerOutcome { get; init; }

    /// <summary>Over which time it is held: at most, and by default, a day.</summary>
    public TimeSpan Window { get; init; } = MostWindow;
}
