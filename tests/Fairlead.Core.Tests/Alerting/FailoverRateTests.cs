using Fairlead.Core.Alerting;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Alerting;

/// <summary>When failovers of a route are an alert.</summary>
public sealed class FailoverRateTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly AlertBoard _board;
    private readonly FailoverRate _rate;

    public FailoverRateTests()
    {
        _board = new AlertBoard(_time, TimeSpan.Zero);
        _rate = new FailoverRate(_board, _time);
    }

    public void Dispose() => _board.Dispose();

    [Fact]
    public void Look_AFifthOfTwentyRequests_IsAnAlertThatSaysSo()
    {
        Add("default", 16, 4);
        _rate.Look();

        var alert = Assert.Single(_board.Open);
        Assert.Equal((AlertEvent.FailoverRate, "default", "20 % of 20 requests needed a failover in the last 5 minutes."), (alert.Event, alert.Subject, alert.Text));
    }

    [Theory]
    [InlineData(17, 4)]
    [InlineData(0, 19)]
    [InlineData(0, 0)]
    public void Look_ASmallerShareOrTooFewRequests_IsNone(int others, int failovers)
    {
        Add("default", others, failovers);
        _rate.Look();

        Assert.Empty(_board.Open);
    }

    [Fact]
    public void Look_BetweenTheTwoShares_StaysAsItIs()
    {
        Add("default", 17, 3);
        _rate.Look();
        Assert.Empty(_board.Open);
        Add("default", 0, 10);
        _rate.Look();
        Assert.Single(_board.Open);
        Add("default", 60, 0); // 13 of 90
        _rate.Look();
        Assert.Single(_board.Open);
        Add("default", 41, 0); // 13 of 131
        _rate.Look();

        Assert.Empty(_board.Open);
    }

    [Fact]
    public void Look_FiveMinutesWithoutARequest_IsWellAgain()
    {
        Add("default", 0, 30);
        _rate.Look();
        _time.Advance(FailoverRate.Window - TimeSpan.FromSeconds(30));
        _rate.Look();
        Assert.Single(_board.Open);

        _time.Advance(TimeSpan.FromSeconds(30));
        _rate.Look();

        Assert.Empty(_board.Open);
        Assert.Equal((0, 0), _rate.Of("default"));
    }

    [Fact]
    public void Of_RequestsOverTime_CountsTheLastFiveMinutes()
    {
        var expected = new Queue<(DateTimeOffset At, bool Needed)>();
        for (var i = 0; i < 500; i++)
        {
            _rate.Ended("default", i % 3 == 0);
            expected.Enqueue((_time.GetUtcNow(), i % 3 == 0));
            _time.Advance(TimeSpan.FromSeconds(i % 7));
            var slice = _time.GetUtcNow().UtcTicks / TimeSpan.FromSeconds(30).Ticks;
            var counted = expected.Where(one => one.At.UtcTicks / TimeSpan.FromSeconds(30).Ticks > slice - 10).ToList();
            Assert.Equal((counted.Count, counted.Count(one => one.Needed)), _rate.Of("default"));
        }
    }

    [Fact]
    public void Look_OneRouteOfTwo_IsAboutThatOne()
    {
        Add("bad", 10, 10);
        Add("good", 100, 0);
        _rate.Look();

        Assert.Equal("bad", Assert.Single(_board.Open).Subject);
    }

    private void Add(string route, int others, int failovers)
    {
        for (var i = 0; i < others; i++) _rate.Ended(route, neededFailover: false);
        for (var i = 0; i < failovers; i++) _rate.Ended(route, neededFailover: true);
    }
}
