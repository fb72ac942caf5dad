namespace Fairlead.Core.Health;

/// <summary>
/// What the configuration or the catalog states of a target before anything was measured: the figures of <see cref="TargetHealth"/>,
/// each null where nobody states it. Immutable.
/// </summary>
public sealed record TargetPrior
{
    /// <summary>Median of the time to the answer, in milliseconds.</summary>
    public double? P50Ms { get; init; }

    /// <summary>95th percentile of the time to the answer, in milliseconds.</summary>
    public double? P95Ms { get; init; }

    /// <summary>99th percentile of the time to the answer, in milliseconds.</summary>
    public double? P99Ms { get; init; }

    /// <summary>Share of attempts that answer, 0 to 1.</summary>
    public double? SuccessRate { get; init; }

    /// <summary>Share of attempts that repeat one on the same target, 0 to 1.</summary>
    public double? RetryRate { get; init; }

    /// <summary>Share of answers that meet their schema, 0 to 1.</summary>
    public double? SchemaValidity { get; init; }

    /// <summary>Share of tool calls with the arguments that their tools ask for, 0 to 1.</summary>
    public double? ToolSuccess { get; init; }

    /// <summary>Share of the vendor's limit that is left, 0 to 1.</summary>
    public double? QuotaLeft { get; init; }
}
