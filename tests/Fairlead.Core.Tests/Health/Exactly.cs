namespace Fairlead.Core.Tests.Health;

/// <summary>Figures computed from the samples themselves, in the plainest way.</summary>
internal static class Exactly
{
    /// <summary>The nearest-rank percentile: the least sample that at least this share of all do not exceed.</summary>
    public static double Percentile(IEnumerable<double> samples, double share)
    {
        var sorted = samples.Order().ToList();
        return sorted.First(sample => sorted.Count(other => other <= sample) >= share * sorted.Count);
    }

    public static void AssertNear(double expected, double? actual, double relative)
    {
        Assert.NotNull(actual);
        Assert.True(Math.Abs(actual.Value - expected) <= relative * expected, $"{actual} is not within {relative:P0} of {expected}.");
    }
}
