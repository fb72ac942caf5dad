namespace Fairlead.Simulator.Tests;

public sealed class DistributionTests
{
    [Theory]
    [InlineData("20ms", 0.02, true)]
    [InlineData("250us", 0.00025, true)]
    [InlineData("1.5s", 1.5, true)]
    [InlineData("2m", 120, true)]
    [InlineData("80", 80, false)]
    [InlineData("0.5", 0.5, false)]
    public void Parse_Constant_IsThatValueForEveryShare(string text, double expected, bool isTime)
    {
        var distribution = Distribution.Parse(text);

        Assert.Equal(isTime, distribution.IsTime);
        Assert.Equal(expected, distribution.Quantile(0.01), 12);
        Assert.Equal(expected, distribution.Quantile(0.99), 12);
    }

    [Fact]
    public void Quantile_Uniform_IsLinearBetweenItsEnds()
    {
        var distribution = Distribution.Parse("uniform 10ms..40ms");

        Assert.Equal(0.010, distribution.Quantile(0), 12);
        Assert.Equal(0.025, distribution.Quantile(0.5), 12);
        Assert.Equal(0.040, distribution.Quantile(1), 12);
    }

    // From the inverse of the normal distribution as Python's statistics.NormalDist has it.
    [Theory]
    [InlineData(0.5, 0.2)]
    [InlineData(0.99, 2)]
    [InlineData(0.1, 0.05625283136041712)]
    [InlineData(0.9, 0.7110753189242384)]
    [InlineData(0.999, 4.259828138620368)]
    [InlineData(0.001, 0.009390050184736987)]
    [InlineData(0.000001, 0.001810218442974438)]
    public void Quantile_LogNormal_MeetsItsPercentiles(double share, double expected) =>
        Assert.Equal(expected, Distribution.Parse("lognormal p50=200ms p99=2s").Quantile(share), tolerance: expected * 1e-9);

    [Fact]
    public void Sample_LogNormal_HasItsMedianAndTail()
    {
        var distribution = Distribution.Parse("lognormal p50=200ms p99=2s");
        var samples = Enumerable.Range(1, 20_000).Select(number => distribution.Sample(7, number)).Order().ToArray();

        Assert.InRange(samples[10_000], 0.19, 0.21);
        Assert.InRange(samples[19_800], 1.7, 2.3);
    }

    [Fact]
    public void Sample_Uniform_FillsItsRangeEvenly()
    {
        var distribution = Distribution.Parse("uniform 40..120");
        var samples = Enumerable.Range(1, 8_000).Select(number => distribution.Sample(7, number)).ToArray();

        Assert.All(samples, sample => Assert.InRange(sample, 40, 120));
        for (var eighth = 0; eighth < 8; eighth++)
        {
            Assert.InRange(samples.Count(sample => sample >= 40 + eighth * 10 && sample < 50 + eighth * 10), 850, 1_150);
        }
    }

    [Fact]
    public void Sample_SameSeedAndNumber_IsTheSame()
    {
        var distribution = Distribution.Parse("uniform 0..1");

        Assert.Equal(distribution.Sample(1, 5), Distribution.Parse("uniform 0..1").Sample(1, 5));
        Assert.NotEqual(distribution.Sample(1, 5), distribution.Sample(2, 5));
        Assert.NotEqual(distribution.Sample(1, 5), distribution.Sample(1, 6));
        Assert.NotEqual(distribution.Sample(1, 5, purpose: 1), distribution.Sample(1, 5, purpose: 2));
    }

    [Theory]
    [InlineData("20ms")]
    [InlineData("uniform 10ms..40ms")]
    [InlineData("lognormal p50=200ms p99=2s")]
    [InlineData("80")]
    [InlineData("uniform 40..120")]
    public void ToString_AnyShape_IsReadBack(string text)
    {
        Assert.Equal(text, Distribution.Parse(text).ToString());
        Assert.Equal(Distribution.Parse(text), Distribution.Parse("  " + text + " "));
    }

    [Theory]
    [InlineData("")]
    [InlineData("fast")]
    [InlineData("-5ms")]
    [InlineData("1e3")]
    [InlineData("NaN")]
    [InlineData("25h")]
    [InlineData("2000m")]
    [InlineData("uniform 40ms..10ms")]
    [InlineData("uniform 10ms..40")]
    [InlineData("uniform 10ms")]
    [InlineData("lognormal p50=2s p99=200ms")]
    [InlineData("lognormal p50=0ms p99=1s")]
    [InlineData("lognormal p99=2s p50=200ms")]
    [InlineData("normal 5ms")]
    public void Parse_NotADistribution_SaysWhatItRead(string text)
    {
        var exception = Assert.Throws<FormatException>(() => Distribution.Parse(text));

        Assert.Contains($"'{text}'", exception.Message, StringComparison.Ordinal);
    }
}
