using Fairlead.Core.Health;

namespace Fairlead.Core.Tests.Health;

/// <summary>The histogram's percentiles against those of the samples themselves.</summary>
public sealed class LatencyBucketsTests
{
    private static readonly double[] Shares = [0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];

    /// <summary>Shapes that latencies have: even, long-tailed, of two kinds, all the same.</summary>
    public static TheoryData<string> Shapes => ["uniform", "lognormal", "pareto", "two humps", "constant"];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Percentile_OfAnyShape_IsWithinTheStatedError(string shape)
    {
        var random = new Random(7);
        foreach (var size in (int[])[20, 21, 99, 100, 1000])
        {
            var samples = Enumerable.Range(0, size).Select(_ => Draw(shape, random)).ToList();
            var counts = Count(samples);
            foreach (var share in Shares)
            {
                Exactly.AssertNear(Exactly.Percentile(samples, share), LatencyBuckets.Percentile(counts, size, share), 0.0400001);
            }
        }
    }

    [Fact]
    public void Value_OfEveryTimeFromAMillisecondToTheLimit_IsWithinTheStatedError()
    {
        for (var time = 1.0; time <= 600_000; time *= 1.0007) Exactly.AssertNear(time, LatencyBuckets.ValueOf(LatencyBuckets.IndexOf(time)), 0.0400001);
    }

    [Theory]
    [InlineData(-5, 1)]
    [InlineData(0, 1)]
    [InlineData(0.3, 1)]
    [InlineData(600_000, 600_000)]
    [InlineData(86_400_000, 600_000)]
    public void Value_BeyondTheBounds_IsTheBound(double time, double bound) => Exactly.AssertNear(bound, LatencyBuckets.ValueOf(LatencyBuckets.IndexOf(time)), 0.04);

    [Fact]
    public void Percentile_OfMergedHistograms_IsThatOfAllSamples()
    {
        var random = new Random(11);
        var first = Enumerable.Range(0, 300).Select(_ => Draw("lognormal", random)).ToList();
        var second = Enumerable.Range(0, 700).Select(_ => Draw("pareto", random)).ToList();
        var merged = Count(first).Zip(Count(second), (a, b) => a + b).ToArray();

        foreach (var share in Shares) Assert.Equal(LatencyBuckets.Percentile(Count([.. first, .. second]), 1000, share), LatencyBuckets.Percentile(merged, 1000, share));
    }

    private static int[] Count(List<double> samples)
    {
        var counts = new int[LatencyBuckets.Count];
        foreach (var sample in samples) counts[LatencyBuckets.IndexOf(sample)]++;
        return counts;
    }

    private static double Draw(string shape, Random random) => shape switch
    {
        "uniform" => 1 + (9_999 * random.NextDouble()),
        "lognormal" => 400 * Math.Exp(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())) + 1,
        "pareto" => Math.Min(600_000, 20 / Math.Pow(1 - random.NextDouble(), 1 / 1.2)),
        "two humps" => random.NextDouble() < 0.8 ? 30 + (5 * random.NextDouble()) : 8_000 + (100 * random.NextDouble()),
        _ => 250,
    };
}
