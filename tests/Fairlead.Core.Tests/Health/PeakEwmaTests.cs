using Fairlead.Core.Health;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>What a target's time to the answer is taken for, by hand.</summary>
public sealed class PeakEwmaTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly PeakEwma _average;

    public PeakEwmaTests() => _average = new PeakEwma(_time);

    [Fact]
    public void At_NoSample_IsNotANumber() => Assert.True(double.IsNaN(At(100)));

    [Fact]
    public void Add_ARise_IsFollowedAtOnce_AFallByHowLongAgoTheLastWas()
    {
        Add(100);
        Add(900);
        Assert.Equal(900, At(900));
        Add(100); // at the same moment it counts nothing
        Assert.Equal(900, At(900));
        _time.Advance(PeakEwma.Decay);
        Add(100);
        Assert.Equal(100 + (800 / Math.E), At(900), 6);
        _time.Advance(TimeSpan.FromHours(1));
        Add(50);
        Assert.Equal(50, At(900), 6);
    }

    [Fact]
    public void At_APeakWithoutSamples_FallsTowardsTheUsual()
    {
        Add(60_000);
        _time.Advance(PeakEwma.Decay * 2);
        Assert.Equal(400 + (59_600 / (Math.E * Math.E)), At(400), 6);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(400, At(400), 6);

        Add(100);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(100, At(400), 6); // and never rises by itself
    }

    private void Add(double milliseconds) => _average.Add(milliseconds, _time.GetTimestamp());

    private double At(double usual) => _average.At(usual, _time.GetTimestamp());
}
