namespace Fairlead.Bench.EndToEnd.Measurements;

/// <summary>
/// Two candidates measured in turn. The machine's mood changes from minute to minute, hardly from one round to the next: so the
/// ratio is made per round, and the rounds' median is what counts.
/// </summary>
/// <param name="Yardstick">A value per round.</param>
/// <param name="Subject">The other's value of the same rounds.</param>
internal sealed record Paired(IReadOnlyList<double> Yardstick, IReadOnlyList<double> Subject)
{
    /// <summary>Subject over yardstick, per round.</summary>
    public IReadOnlyList<double> Ratios { get; } = [.. Yardstick.Zip(Subject, static (yardstick, subject) => subject / yardstick)];

    /// <summary>The middle of the values.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The value that <paramref name="share"/> of the values do not exceed (nearest rank).</summary>
    public static double Percentile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
    }
}
