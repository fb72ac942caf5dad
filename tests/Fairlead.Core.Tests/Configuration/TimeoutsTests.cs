using Fairlead.Core.Configuration;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>How the clocks of an attempt become shorter after others whose time ran out.</summary>
public sealed class TimeoutsTests
{
    /// <summary>Clocks of 10 s for the headers and 15 s for the first content: what is left of them, in milliseconds.</summary>
    [Theory]
    [InlineData(0, null, 10_000, 15_000)]
    [InlineData(1, null, 5_000, 7_500)]
    [InlineData(2, null, 2_500, 3_750)]
    [InlineData(9, null, 1_000, 1_000)]
    [InlineData(40, null, 1_000, 1_000)]
    [InlineData(1, 500.0, 5_000, 7_500)]    // twice that is shorter still
    [InlineData(9, 500.0, 1_000, 1_000)]
    [InlineData(2, 2_000.0, 4_000, 4_000)]  // never less than twice what it usually takes
    [InlineData(1, 4_500.0, 9_000, 9_000)]
    [InlineData(1, 60_000.0, 10_000, 15_000)] // nor more than they were
    public void After_IsHalfAsLongForEach_ButNoTargetIsCalledSlowForWhatItAlwaysWas(int timeouts, double? usual, int headers, int firstToken)
    {
        var clocks = Timeouts.Default.After(timeouts, usual is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null);

        Assert.Equal((headers, firstToken), ((int)clocks.Headers.TotalMilliseconds, (int)clocks.FirstToken.TotalMilliseconds));
        Assert.Equal((Timeouts.Default.Connect, Timeouts.Default.Gap, Timeouts.Default.Deadline), (clocks.Connect, clocks.Gap, clocks.Deadline));
    }

    [Fact]
    public void After_AClockThatIsShorterThanTheLeast_StaysAsItIs() =>
        Assert.Equal(TimeSpan.FromMilliseconds(300), (Timeouts.Default with { FirstToken = TimeSpan.FromMilliseconds(300) }).After(3).FirstToken);
}
