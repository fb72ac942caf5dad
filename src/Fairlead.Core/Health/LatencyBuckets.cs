namespace Fairlead.Core.Health;

/// <summary>
/// The buckets of a latency histogram: bounds grow by a constant factor, so that a value that is told from its bucket is off by at most
/// <see cref="RelativeError"/> of itself, whatever its size, and histograms are merged by adding. Two histograms of the same samples are
/// the same, in whatever order they came.
/// </summary>
/// <remarks>
/// With the factor γ = (1 + α) / (1 − α), bucket i holds (γ^(i−1), γ^i] milliseconds and is told as 2γ^i / (γ + 1), which is α off at
/// either bound (DDSketch, Masson, Rim and Lee, VLDB 2019, section 2.1). The first bucket holds all up to a millisecond, the last all
/// above <see cref="MostMs"/>: there the error has no bound, and what is told is one millisecond and the limit.
/// </remarks>
public static class LatencyBuckets
{
    /// <summary>α: the largest error of a percentile, as a share of it.</summary>
    public const double RelativeError = 0.04;

    /// <summary>The longest time that is told apart: ten minutes, more than a deadline should be.</summary>
    public const double MostMs = 600_000;

    private const double Growth = (1 + RelativeError) / (1 - RelativeError);

    private static readonly double PerLog = 1 / Math.Log(Growth);

    /// <summary>How many there are.</summary>
    public static int Count { get; } = IndexOf(MostMs) + 1;

    /// <summary>The bucket of a time.</summary>
    /// <param name="milliseconds">Any; what is below the first bucket is in it.</param>
    public static int IndexOf(double milliseconds) =>
        milliseconds > 1 ? (int)Math.Ceiling(Math.Log(Math.Min(milliseconds, MostMs)) * PerLog) : 0;

    /// <summary>What a bucket's times are told as, in milliseconds.</summary>
    public static double ValueOf(int bucket) =>
        bucket == 0 ? 1 : Math.Min(MostMs, 2 * Math.Pow(Growth, bucket) / (Growth + 1));

    /// <summary>A percentile by the nearest rank: the least time that at least this share of the samples do not exceed.</summary>
    /// <param name="counts">Samples by bucket.</param>
    /// <param name="total">Their sum; at least one.</param>
    /// <param name="share">Above 0, at most 1.</param>
    public static double Percentile(ReadOnlySpan<int> counts, long total, double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * total));
        long seen = 0;
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            seen += counts[bucket];
            if (seen >= rank) return ValueOf(bucket);
        }

        return ValueOf(counts.Length - 1);
    }
}
