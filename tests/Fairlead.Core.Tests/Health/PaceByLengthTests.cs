using Fairlead.Core.Health;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>How slow a target is beside what it is used to, for answers of any length.</summary>
public sealed class PaceByLengthTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly PaceByLength _pace;

    public PaceByLengthTests() => _pace = new PaceByLength(_time);

    [Fact]
    public void Slowness_NoSample_IsNotANumber() => Assert.True(double.IsNaN(_pace.Slowness));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(long.MaxValue)]
    public void Slowness_OtherLengthsBesides_EachIsHeldAgainstItsOwn(long tokens)
    {
        Answers(60, 400, null);
        Answers(60, 30_000, tokens);
        Answers(60, 400, null);

        Assert.InRange(_pace.Slowness, 0.99, 1.01);
    }

    [Fact]
    public void Slowness_WithinALength_IsBelowTheLeastThatIsNotWell()
    {
        Answers(300, 640, 64);
        Answers(60, 1270, 127);

        Assert.InRange(_pace.Slowness, 1, 1.99);
    }

    [Fact]
    public void Slowness_OneLengthOfTwoIsSlow_CountsByItsAnswers()
    {
        for (var i = 0; i < 300; i++) Both(400);
        for (var i = 0; i < 60; i++) Both(4000);

        Assert.InRange(_pace.Slowness, 2, Math.Sqrt(10));

        void Both(double milliseconds)
        {
            Answers(1, milliseconds, null);
            Answers(1, 8000, 800);
        }
    }

    [Fact]
    public void Slowness_ALengthThatNobodyAsksForAnyMore_IsForgotten()
    {
        Answers(300, 400, null);
        Answers(300, 8000, 800);
        Answers(30, 80_000, 800);
        Assert.InRange(_pace.Slowness, 5, 10);

        Answers(60, 400, null);

        Assert.InRange(_pace.Slowness, 0.99, 1.05);
    }

    [Fact]
    public void Slowness_AfterADayWithoutAnswers_IsANumber()
    {
        Answers(60, 400, null);
        Answers(60, 8000, 800);
        _time.Advance(TimeSpan.FromDays(1));
        Answers(10, 400, null);

        Assert.InRange(_pace.Slowness, 0.99, 1.01);
    }

    [Fact]
    public void Slowness_StreamsOfLongerPromptsBesides_EachIsHeldAgainstItsOwn()
    {
        Answers(60, 400, null, promptTokens: 300);
        Answers(60, 12_000, null, promptTokens: 150_000);
        Answers(60, 400, null, promptTokens: 300);
        Answers(60, 12_000, null, promptTokens: 150_000);
        Assert.InRange(_pace.Slowness, 0.99, 1.01);

        Answers(60, 48_000, null, promptTokens: 150_000);
        Assert.InRange(_pace.Slowness, 2, 4);
    }

    private void Answers(int count, double milliseconds, long? tokens, long promptTokens = 0)
    {
        for (var i = 0; i < count; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _pace.Add(milliseconds, tokens, promptTokens, _time.GetTimestamp());
        }
    }
}
