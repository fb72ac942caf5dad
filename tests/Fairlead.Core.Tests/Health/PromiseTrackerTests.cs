using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>A route's promise as objectives. Expected figures come from a list of all events, counted anew each time.</summary>
public sealed class PromiseTrackerTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Noon);
    private readonly Dictionary<string, Promise> _promises = new()
    {
        ["fast"] = new Promise { P95 = TimeSpan.FromMilliseconds(800), Success = 0.999 },
        ["sure"] = new Promise { Success = 0.99 },
        ["late"] = new Promise { P95 = TimeSpan.FromSeconds(2) },
    };

    private readonly PromiseTracker _tracker;

    public PromiseTrackerTests() => _tracker = new PromiseTracker(route => _promises.GetValueOrDefault(route), _time);

    [Fact]
    public void Figures_NoRequests_AllBudgetIsLeft_AndSharesAreUnknown()
    {
        var figures = _tracker.Figures("fast")!;

        Assert.Equal((0, 0, null, 1.0, null), (figures.P95!.Events, figures.P95.BadEvents, figures.P95.Compliance, figures.P95.BudgetLeft, figures.P95.BurnRate));
        Assert.Equal((0, null, 1.0, null), (figures.Success!.Events, figures.Success.Compliance, figures.Success.BudgetLeft, figures.Success.BurnRate));
    }

    [Fact]
    public void Figures_RouteWithoutPromise_IsNull()
    {
        Answer("other", 10);

        Assert.Null(_tracker.Figures("other"));
    }

    [Fact]
    public void Figures_ObjectiveThatIsNotPromised_IsNull()
    {
        Assert.Null(_tracker.Figures("sure")!.P95);
        Assert.Null(_tracker.Figures("late")!.Success);
    }

    [Fact]
    public void P95_OneRequestInForty_HalfOfTheBudgetIsLeft()
    {
        for (var i = 0; i < 39; i++) Answer("late", 1999);
        Answer("late", 2001);

        var objective = _tracker.Figures("late")!.P95!;
        Assert.Equal((40, 1), (objective.Events, objective.BadEvents));
        Assert.Equal(0.975, objective.Compliance!.Value, 9);
        Assert.Equal(0.5, objective.BudgetLeft, 9);     // two of forty were allowed
        Assert.Equal(0.5, objective.BurnRate!.Value, 9);
    }

    [Fact]
    public void P95_ExactlyThePromisedTime_IsKept()
    {
        Answer("late", 2000);

        Assert.Equal(0, _tracker.Figures("late")!.P95!.BadEvents);
    }

    [Fact]
    public void Success_ThreeInAThousandAtThreeNines_IsOverspentByTwice()
    {
        for (var i = 0; i < 997; i++) Answer("fast", 10);
        for (var i = 0; i < 3; i++) _tracker.Ended("fast", RequestOutcome.Failed, FailureClass.ServerError, null);

        var objective = _tracker.Figures("fast")!.Success!;
        Assert.Equal(0.997, objective.Compliance!.Value, 9);
        Assert.Equal(-2, objective.BudgetLeft, 9);
        Assert.Equal(3, objective.BurnRate!.Value, 9);
    }

    [Fact]
    public void Failed_WithoutAnswer_BreaksBoth_AndABrokenStreamThatBeganInTimeOnlyOne()
    {
        _tracker.Ended("fast", RequestOutcome.Failed, FailureClass.Timeout, null);
        _tracker.Ended("fast", RequestOutcome.Failed, FailureClass.Truncated, TimeSpan.FromMilliseconds(300));
        _tracker.Ended("fast", RequestOutcome.Interrupted, FailureClass.DependencyDown, null);

        var figures = _tracker.Figures("fast")!;
        Assert.Equal((3, 2, 3), (figures.P95!.Events, figures.P95.BadEvents, figures.Success!.BadEvents));
    }

    [Theory]
    [InlineData(RequestOutcome.ClientGone, FailureClass.ClientGone)]
    [InlineData(RequestOutcome.Failed, FailureClass.BadRequest)]
    [InlineData(RequestOutcome.Failed, FailureClass.ContextLengthExceeded)]
    [InlineData(RequestOutcome.Failed, FailureClass.PolicyRejected)]
    [InlineData(RequestOutcome.Failed, FailureClass.ClientSlow)]
    [InlineData(RequestOutcome.Failed, FailureClass.BudgetExceeded)]
    public void Ended_ByTheClientsOwnDoing_IsNoEvent(RequestOutcome outcome, FailureClass failure)
    {
        _tracker.Ended("fast", outcome, failure, null);

        Assert.Equal(0, _tracker.Figures("fast")!.P95!.Events);
    }

    [Fact]
    public void Figures_OverThreeDays_AreThoseOfTheLastDayAndHour()
    {
        var random = new Random(5);
        var events = new List<(DateTimeOffset At, bool IsLate, bool IsFailed)>();
        for (var step = 0; step < 72 * 20; step++)
        {
            var traffic = step is > 400 and < 500 ? 0 : random.Next(4); // a pause too
            for (var i = 0; i < traffic; i++)
            {
                var isFailed = random.NextDouble() < 0.05;
                var time = random.NextDouble() < 0.1 ? 900 : 700;
                if (isFailed) _tracker.Ended("fast", RequestOutcome.Failed, FailureClass.Overloaded, null);
                else Answer("fast", time);
                events.Add((_time.GetUtcNow(), isFailed || time > 800, isFailed));
            }

            if (step % 37 == 0) AssertFigures(events);
            _time.Advance(TimeSpan.FromMinutes(3));
        }

        AssertFigures(events);
    }

    [Fact]
    public void Window_ShorterThanADay_IsHeld()
    {
        _promises["fast"] = _promises["fast"] with { Window = TimeSpan.FromHours(2) };
        Answer("fast", 900);
        _time.Advance(TimeSpan.FromMinutes(114));
        Answer("fast", 10);
        Assert.Equal((2, 1), (_tracker.Figures("fast")!.P95!.Events, _tracker.Figures("fast")!.P95!.BadEvents));
        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal((1, 0), (_tracker.Figures("fast")!.P95!.Events, _tracker.Figures("fast")!.P95!.BadEvents));
    }

    [Fact]
    public void Restore_AddsWhatIsInTheWindow()
    {
        Answer("fast", 10);
        _tracker.Restore("fast", Noon.AddMinutes(-7), 10, 3, 1);
        _tracker.Restore("fast", Noon.AddHours(-5), 100, 7, 2);
        _tracker.Restore("fast", Noon.AddHours(-25), 1000, 1000, 1000);   // too old
        _tracker.Restore("other", Noon.AddMinutes(-7), 10, 10, 10);       // no promise

        var figures = _tracker.Figures("fast")!;
        Assert.Equal((111, 10, 3), (figures.P95!.Events, figures.P95.BadEvents, figures.Success!.BadEvents));
        Assert.Equal((11, 3, 1), (figures.P95.RecentEvents, figures.P95.RecentBadEvents, figures.Success.RecentBadEvents));
        Assert.Null(_tracker.Figures("other"));
    }

    [Fact]
    public void Promise_Changed_StartsAnew_AndTheSamePromiseGoesOn()
    {
        Answer("fast", 900);
        _promises["fast"] = new Promise { P95 = TimeSpan.FromMilliseconds(800), Success = 0.999 }; // another object, the same promise
        Assert.Equal(1, _tracker.Figures("fast")!.P95!.Events);
        _promises["fast"] = new Promise { P95 = TimeSpan.FromMilliseconds(1000), Success = 0.999 };
        Assert.Equal(0, _tracker.Figures("fast")!.P95!.Events);
        Answer("fast", 900);
        Assert.Equal((1, 0), (_tracker.Figures("fast")!.P95!.Events, _tracker.Figures("fast")!.P95!.BadEvents));
    }

    [Fact]
    public void Promise_TakenBackAndGivenAgain_StartsAnew()
    {
        Answer("fast", 900);
        var promise = _promises["fast"];
        _promises.Remove("fast");
        Assert.Null(_tracker.Figures("fast"));
        _promises["fast"] = promise;

        Assert.Equal(0, _tracker.Figures("fast")!.P95!.Events);
    }

    [Fact]
    public void Clock_SetBack_LosesNothing()
    {
        Answer("fast", 10);
        var earlier = new FakeTimeProvider(Noon.AddMinutes(-30));
        var window = new PromiseWindow(_promises["fast"]);
        window.Add(Noon, 1, 0, 0, Noon);
        window.Add(earlier.GetUtcNow(), 1, 0, 0, earlier.GetUtcNow());
        window.Add(Noon.AddHours(3), 1, 0, 0, Noon); // what is told of the future counts now

        Assert.Equal(3, window.Figures(earlier.GetUtcNow()).P95!.Events);
    }

    /// <summary>A clock that was ahead blinds nobody until that time has come: what was counted then counts as of now, and what follows where it belongs.</summary>
    [Theory]
    [InlineData(0.01)]
    [InlineData(5)]
    [InlineData(24)]
    [InlineData(24 * 40)]
    public void Clock_WasAhead_WhatIsCountedNowIsTold(double hours)
    {
        var window = new PromiseWindow(_promises["fast"]);
        var ahead = Noon.AddHours(hours);
        window.Add(ahead, 2, 1, 1, ahead);
        for (var i = 0; i < 10; i++) window.Add(Noon.AddMinutes(i), 1, 1, 0, Noon.AddMinutes(i));

        var figures = window.Figures(Noon.AddMinutes(10));
        Assert.Equal((12, 11, 1), (figures.P95!.Events, figures.P95.BadEvents, figures.Success!.BadEvents));
        Assert.Equal((12, 11), (window.Counts(TimeSpan.FromMinutes(10), Noon.AddMinutes(10)).Requests, window.Counts(TimeSpan.FromMinutes(10), Noon.AddMinutes(10)).BadLatency));
        Assert.Equal(12, window.Figures(Noon.AddHours(23)).P95!.Events);
        Assert.Equal(0, window.Figures(Noon.AddHours(25)).P95!.Events);
    }

    [Fact]
    public async Task Ended_ManyThreads_SumUp()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++) Answer("fast", i % 10 == 0 ? 900 : 10);
        })));

        Assert.Equal((40_000, 4_000), (_tracker.Figures("fast")!.P95!.Events, _tracker.Figures("fast")!.P95!.BadEvents));
    }

    private void AssertFigures(List<(DateTimeOffset At, bool IsLate, bool IsFailed)> all)
    {
        // The window is the present five minutes of the clock and the 287 before; the hour's, and the 11 before.
        var now = _time.GetUtcNow();
        var slice = now.AddMinutes(-(now.Minute % 5)).AddSeconds(-now.Second);
        var day = all.Where(one => one.At >= slice.AddMinutes(-287 * 5)).ToList();
        var hour = all.Where(one => one.At >= slice.AddMinutes(-11 * 5)).ToList();
        var figures = _tracker.Figures("fast")!;
        AssertObjective(figures.P95!, 0.05, day.Count, day.Count(one => one.IsLate), hour.Count, hour.Count(one => one.IsLate));
        AssertObjective(figures.Success!, 0.001, day.Count, day.Count(one => one.IsFailed), hour.Count, hour.Count(one => one.IsFailed));
    }

    private static void AssertObjective(ObjectiveFigures objective, double allowed, int events, int bad, int recent, int recentBad)
    {
        Assert.Equal((events, bad, recent, recentBad), (objective.Events, objective.BadEvents, objective.RecentEvents, objective.RecentBadEvents));
        if (events > 0) Assert.Equal(1 - (bad / (double)events), objective.Compliance!.Value, 9);
        if (events > 0) Assert.Equal(((allowed * events) - bad) / (allowed * events), objective.BudgetLeft, 6);
        if (recent > 0) Assert.Equal(recentBad / (allowed * recent), objective.BurnRate!.Value, 6);
        else Assert.Null(objective.BurnRate);
    }

    private void Answer(string route, double milliseconds) => _tracker.Ended(route, RequestOutcome.Answered, FailureClass.None, TimeSpan.FromMilliseconds(milliseconds));
}
