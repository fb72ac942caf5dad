namespace Fairlead.Core.Execution;

/// <summary>When a second send is made beside one that takes long. Immutable.</summary>
/// <param name="Percentile">After which percentile of the target's time to the answer: 50, 95, 98 or 99; null where <paramref name="After"/> says a time.</param>
/// <param name="After">After how long; null where a percentile says.</param>
/// <param name="AtMost">The share of the requests of the route that may be hedged: above 0, up to 1.</param>
public sealed record HedgeSettings(int? Percentile, TimeSpan? After, double AtMost)
{
    /// <summary>The share where none is written.</summary>
    public const double DefaultAtMost = 0.03;

    /// <summary>The percentiles that are measured.</summary>
    public static IReadOnlyList<int> Percentiles { get; } = [50, 95, 98, 99];

    /// <summary>As it is written: <c>p98</c>, or a time in milliseconds.</summary>
    public string Shown => Percentile is { } percentile ? $"p{percentile}" : $"{After!.Value.TotalMilliseconds:0}ms";
}
