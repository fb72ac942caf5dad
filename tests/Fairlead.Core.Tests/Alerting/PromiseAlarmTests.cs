using Fairlead.Core.Alerting;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Alerting;

/// <summary>When a route's promise is an alert, how urgent, and when it is over.</summary>
public sealed class PromiseAlarmTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero));
    private readonly Dictionary<string, Promise> _promises = new() { ["r"] = new Promise { Success = 0.99 } };
    private readonly PromiseTracker _tracker;
    private readonly AlertBoard _board;
    private readonly PromiseAlarm _alarm;

    public PromiseAlarmTests()
    {
        _tracker = new PromiseTracker(route => _promises.GetValueOrDefault(route), _time);
        _board = new AlertBoard(_time, TimeSpan.Zero);
        _alarm = new PromiseAlarm(_tracker, _board);
    }

    public void Dispose() => _board.Dispose();

    [Fact]
    public void Look_FifteenTimesTooFast_IsCritical()
    {
        Add(good: 85, bad: 15);

        var alert = Assert.Single(Look());
        Assert.Equal((AlertEvent.Slo, "r success", AlertSeverity.Critical), (alert.Event, alert.Subject, alert.Severity));
        Assert.Equal("15 of 100 requests were not answered in the last hour: 15.0 times what the promise allows.", alert.Text);
    }

    [Fact]
    public void Look_SevenTimesTooFast_IsAWarning()
    {
        Add(good: 93, bad: 7);

        Assert.Equal(AlertSeverity.Warning, Assert.Single(Look()).Severity);
    }

    [Fact]
    public void Look_WithinWhatIsAllowed_IsNone()
    {
        Add(good: 1000, bad: 10);
        Add(good: 100, bad: 0);

        Assert.Empty(Look());
    }

    [Theory]
    [InlineData(10, 9)]
    [InlineData(20, 4)]
    public void Look_TooFewToSay_IsNone(int good, int bad)
    {
        Add(good, bad);

        Assert.Empty(LookAtAll());
    }

    [Fact]
    public void Look_TheWholeBudgetIsUsedUpSlowly_IsAWarningUntilSomeIsLeft()
    {
        for (var half = 0; half < 6; half++)
        {
            Add(good: 97, bad: 3);
            _time.Advance(TimeSpan.FromMinutes(30));
        }

        var alert = Assert.Single(LookAtAll());
        Assert.Equal(("r success budget", AlertSeverity.Warning, "18 of 600 requests were not answered in the last 24 hours: 3.0 times what the promise allows."), (alert.Subject, alert.Severity, alert.Text));
        Add(good: 1300, bad: 0); // 0.95 times what is allowed
        Assert.Single(LookAtAll());
        Add(good: 200, bad: 0);
        Assert.Empty(LookAtAll());
    }

    [Fact]
    public void Look_TroubleIsOver_IsOverWithinTenMinutes()
    {
        Add(good: 80, bad: 20);
        Assert.Single(Look());
        var minutes = 0;
        while (Look().Length > 0)
        {
            Assert.InRange(++minutes, 1, 11);
            _time.Advance(TimeSpan.FromMinutes(1));
            Add(good: 1, bad: 0);
        }

        Assert.InRange(minutes, 5, 10);
    }

    [Fact]
    public void Look_ALittleBetter_StaysOpen()
    {
        Add(good: 80, bad: 20);
        Look();
        _time.Advance(TimeSpan.FromMinutes(15));
        Add(good: 192, bad: 8); // four times what is allowed: it would raise nothing, and is no end

        Assert.Single(Look());
    }

    [Fact]
    public void Look_NoRequestsAnyMore_IsOver()
    {
        Add(good: 0, bad: 50);
        Assert.Single(Look());
        _time.Advance(TimeSpan.FromHours(2));

        Assert.Empty(Look());
        Assert.Contains(_board.Recent, alert => alert is { Subject: "r success", Text: "No requests any more." });
    }

    [Fact]
    public void Look_PromiseOrRouteIsGone_IsOver()
    {
        Add(good: 0, bad: 50);
        Assert.Single(Look());
        _promises.Clear();

        Assert.Empty(LookAtAll());
        Assert.All(_board.Recent, alert => Assert.Equal("Nothing is promised of it any more.", alert.Text));
    }

    [Fact]
    public void Look_TimeIsPromised_IsAnAlertOfItsOwn()
    {
        _promises["r"] = new Promise { P95 = TimeSpan.FromMilliseconds(800), Success = 0.99 };
        for (var i = 0; i < 40; i++) _tracker.Ended("r", RequestOutcome.Answered, FailureClass.None, TimeSpan.FromMilliseconds(i < 30 ? 900 : 10));

        var alert = Assert.Single(Look());
        Assert.Equal(("r p95", "30 of 40 requests took longer than 800 ms in the last hour: 15.0 times what the promise allows.", AlertSeverity.Critical), (alert.Subject, alert.Text, alert.Severity));
    }

    [Fact]
    public void Look_WindowShorterThanAnHour_CountsThat()
    {
        _promises["r"] = new Promise { Success = 0.99, Window = TimeSpan.FromMinutes(30) };
        Add(good: 80, bad: 20);

        Assert.Contains("in the last 30 minutes", Assert.Single(Look()).Text, StringComparison.Ordinal);
    }

    /// <summary>Open alerts of what burns too fast.</summary>
    private Alert[] Look() => [.. LookAtAll().Where(alert => !alert.Subject.EndsWith(" budget", StringComparison.Ordinal))];

    private Alert[] LookAtAll()
    {
        _alarm.Look(["r", "other"]);
        return [.. _board.Open];
    }

    private void Add(int good, int bad)
    {
        for (var i = 0; i < good; i++) _tracker.Ended("r", RequestOutcome.Answered, FailureClass.None, TimeSpan.FromMilliseconds(10));
        for (var i = 0; i < bad; i++) _tracker.Ended("r", RequestOutcome.Failed, FailureClass.ServerError, null);
    }
}
