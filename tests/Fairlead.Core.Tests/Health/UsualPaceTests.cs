using Fairlead.Core.Health;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>How slow a target is beside what it is used to.</summary>
public sealed class UsualPaceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly UsualPace _pace;

    public UsualPaceTests() => _pace = new UsualPace(_time);

    [Fact]
    public void Slowness_OneAnswerOfTwentyTimesTheLength_IsNotSlow()
    {
        Answers(60, 400);
        Answers(1, 8000);

        Assert.InRange(_pace.Slowness, 1, 2);
    }

    [Fact]
    public void Slowness_AllAnswersTakeFiveTimesAsLong_IsFound()
    {
        Answers(300, 400);
        Answers(40, 2000);

        Assert.InRange(_pace.Slowness, 4, 5);
        Assert.InRange(_pace.Milliseconds, 1900, 2001);
    }

    [Fact]
    public void Slowness_AQuickFirstAnswer_IsNotWhatItIsUsedTo()
    {
        Answers(1, 80);
        Answers(30, 400);

        Assert.InRange(_pace.Slowness, 1, 1.2);
    }

    [Fact]
    public void Slowness_NoSample_IsNotANumber() => Assert.True(double.IsNaN(_pace.Slowness));

    private void Answers(int count, double milliseconds)
    {
        for (var i = 0; i < count; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _pace.Add(milliseconds, _time.GetTimestamp());
        }
    }
}
