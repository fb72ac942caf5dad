using Fairlead.Core.Health;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>Steps of a target that fails in part.</summary>
public sealed class TrafficShiftTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly TrafficShift _shift;

    public TrafficShiftTests() => _shift = new TrafficShift(_time);

    [Fact]
    public void Share_FailsInPart_FallsInSteps_AndIsWholeAgainHalfAMinuteAfterTheLastFailure()
    {
        Pass(25, failed: 3);
        Assert.Equal(0.1, _shift.Share);

        Pass(19, failed: 0);
        Assert.NotEqual(1, _shift.Share);
        Pass(3, failed: 0);
        Assert.Equal(1, _shift.Share);
    }

    [Fact]
    public void Reset_TakesAllAtOnce()
    {
        Pass(25, failed: 3);
        _shift.Reset(_time.GetTimestamp());

        Assert.Equal(1, _shift.Share);
    }

    private void Pass(int seconds, int failed)
    {
        for (var i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _shift.Move(new RecentAttempts(20, failed, 0), 1, 400, _time.GetTimestamp());
        }
    }
}
