using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>A breaker by itself, on a clock that the test turns.</summary>
public sealed class BreakerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Breaker _breaker;

    public BreakerTests() => _breaker = new Breaker(_time, new Random(1));

    private long Now => _time.GetTimestamp();

    private BreakerState State => _breaker.StandingAt(Now).State;

    [Fact]
    public void Closed_FiveFailuresOneAfterTheOther_OpenIt_AndFourDoNot()
    {
        Fail(4);
        Assert.Equal(BreakerState.Closed, State);
        Succeed();
        Fail(4);
        Assert.Equal(BreakerState.Closed, State);
        Assert.True(_breaker.TryEnter(Now, mayProbe: true, out _));
        Fail(1);

        var standing = _breaker.StandingAt(Now);
        Assert.Equal((BreakerState.Open, BreakerCause.Failures, FailureClass.ServerError, 0.0), (standing.State, standing.Cause, standing.Failure, standing.Share));
        Assert.Equal(_time.GetUtcNow(), standing.Since);
        Assert.False(_breaker.TryEnter(Now, mayProbe: true, out _));
    }

    [Theory]
    [InlineData(9, 9, false)] // too few to tell
    [InlineData(10, 4, false)]
    [InlineData(10, 5, true)]
    [InlineData(1000, 499, false)]
    [InlineData(1000, 500, true)]
    public void Closed_HalfOfTheWindowFails_OpensIt(int judged, int failed, bool opens)
    {
        Assert.Equal(opens, _breaker.Failed(FailureClass.ServerError, new RecentAttempts(judged, failed, 0), Now, Now));
        Assert.Equal(opens, State == BreakerState.Open);
    }

    [Fact]
    public void Open_LastsTwoSeconds_AndTwiceAsLongEachTime_UpToTwenty_AFifthMoreOrLess()
    {
        foreach (var seconds in new[] { 2.0, 4, 8, 16, 20, 20 })
        {
            Fail(State == BreakerState.Closed ? 5 : 1);
            var left = _breaker.StandingAt(Now).Left!.Value;
            Assert.InRange(left.TotalSeconds, 0.8 * seconds, 1.2 * seconds);
            _time.Advance(left - TimeSpan.FromMilliseconds(1));
            Assert.Equal(BreakerState.Open, State);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(BreakerState.HalfOpen, State);
        }

        Assert.Equal(6, _breaker.Trips);
    }

    [Fact]
    public void Open_OfManyBreakers_IsSpread()
    {
        var random = new Random(2);
        var lengths = Enumerable.Range(0, 100).Select(_ =>
        {
            var breaker = new Breaker(_time, random);
            for (var i = 0; i < 5; i++) breaker.Failed(FailureClass.ServerError, default, Now, Now);
            return breaker.StandingAt(Now).Left!.Value.TotalSeconds;
        }).ToArray();

        Assert.True(lengths.Min() < 1.7 && lengths.Max() > 2.3, $"{lengths.Min()} to {lengths.Max()}");
    }

    [Fact]
    public void Trips_ClosedForAMinute_AreForgotten()
    {
        Bring(BreakerState.HalfOpen);
        Fail(1);
        Assert.Equal(2, _breaker.Trips);
        Bring(BreakerState.Closed);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal((BreakerState.Closed, 2), (State, _breaker.Trips));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((BreakerState.Closed, 0), (State, _breaker.Trips));

        Fail(5);
        Assert.InRange(_breaker.StandingAt(Now).Left!.Value.TotalSeconds, 1.6, 2.4);
    }

    [Fact]
    public void HalfOpen_LetsOneIn_AndNoSecondBesideIt()
    {
        Bring(BreakerState.HalfOpen);
        Assert.True(_breaker.TryEnter(Now, mayProbe: true, out var isProbe));
        Assert.True(isProbe);
        _time.Advance(Breaker.Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(_breaker.TryEnter(Now, mayProbe: true, out _));

        _breaker.ProbeEnded(); // abandoned: it said nothing
        Assert.True(_breaker.TryEnter(Now, mayProbe: true, out isProbe));
        Assert.True(isProbe);
        Assert.Equal(BreakerState.HalfOpen, State);
    }

    [Fact]
    public void HalfOpen_AProbeThatHangs_KeepsNoFurtherOneAwayForEver()
    {
        Bring(BreakerState.HalfOpen);
        _breaker.TryEnter(Now, mayProbe: true, out _);
        _time.Advance(Breaker.Patience);

        Assert.True(_breaker.TryEnter(Now, mayProbe: true, out var isProbe));
        Assert.True(isProbe);
        Assert.False(_breaker.TryEnter(Now, mayProbe: true, out _)); // and so on, one at a time
    }

    [Fact]
    public void HalfOpen_ARequestThatMayNotBeSentTwice_IsNoProbe()
    {
        Bring(BreakerState.HalfOpen);

        Assert.False(_breaker.TryEnter(Now, mayProbe: false, out var isProbe));
        Assert.False(isProbe);
    }

    [Fact]
    public void HalfOpen_ItsReason_IsNotThatOfAShare()
    {
        Bring(BreakerState.HalfOpen);

        Assert.Equal("tried by one request at a time until it answers again", _breaker.StandingAt(Now).Reason);
    }

    [Fact]
    public void HalfOpen_ThreeSuccesses_BringItBack_InFourSteps_OverHalfAMinute()
    {
        Bring(BreakerState.HalfOpen);
        Succeed();
        Succeed();
        Assert.Equal(BreakerState.HalfOpen, State);
        Assert.True(_breaker.Succeeded(Now, Now));
        var shares = new List<double>();
        for (var second = 0; second < 30; second++)
        {
            Assert.Equal(BreakerState.Recovering, State);
            Assert.True(_breaker.TryEnter(Now, mayProbe: false, out var isProbe)); // the share is planned with
            Assert.False(isProbe);
            shares.Add(_breaker.StandingAt(Now).Share);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([0.01, 0.05, 0.25], shares.Distinct());
        Assert.Equal([10, 10, 10], shares.CountBy(share => share).Select(share => share.Value));
        Assert.Equal(BreakerState.Closed, State);
        Assert.Same(TargetStanding.Closed, _breaker.StandingAt(Now));
    }

    [Fact]
    public void HalfOpen_AFailureAfterTwoSuccesses_OpensItAgain_AndAllThreeAreNeededAnew()
    {
        Bring(BreakerState.HalfOpen);
        var since = _breaker.StandingAt(Now).Since;
        Succeed();
        Succeed();
        Fail(1);
        Assert.Equal((BreakerState.Open, since), (State, _breaker.StandingAt(Now).Since)); // since it is ill, and not since it was tried
        Assert.InRange(_breaker.StandingAt(Now).Left!.Value.TotalSeconds, 3.2, 4.8);

        Bring(BreakerState.HalfOpen);
        Succeed();
        Assert.Equal(BreakerState.HalfOpen, State);
    }

    [Fact]
    public void Recovering_OneFailure_IsNotHeldAgainstItForWhatOpenedIt()
    {
        Bring(BreakerState.Recovering);

        // The window still has the fifty that opened it.
        Assert.False(_breaker.Failed(FailureClass.ServerError, new RecentAttempts(54, 51, 0), Now, Now));
        Assert.Equal(BreakerState.Recovering, State);
        Succeed();
        Fail(2);
        Assert.Equal(BreakerState.Recovering, State);
        Fail(1); // three in a row
        Assert.Equal(BreakerState.Open, State);
    }

    [Fact]
    public void Recovering_HalfOfWhatWasSentSinceFails_OpensItAgain()
    {
        Bring(BreakerState.Recovering);
        for (var i = 0; i < 4; i++)
        {
            Succeed();
            Fail(1);
        }

        Succeed();
        Assert.Equal(BreakerState.Recovering, State); // nine
        Fail(1);
        Assert.Equal(BreakerState.Open, State);
    }

    [Fact]
    public void Open_AttemptsThatBeganBefore_SayNothing_NeitherThenNorLater()
    {
        var before = Now;
        _time.Advance(TimeSpan.FromSeconds(1));
        Fail(5);
        var left = _breaker.StandingAt(Now).Left;
        Assert.False(_breaker.Succeeded(Now, before));
        Assert.False(_breaker.Failed(FailureClass.Timeout, default, Now, before));
        Assert.Equal(left, _breaker.StandingAt(Now).Left);

        Bring(BreakerState.HalfOpen);
        for (var i = 0; i < 5; i++) Assert.False(_breaker.Succeeded(Now, before));
        Assert.False(_breaker.Failed(FailureClass.Timeout, default, Now, before)); // what hung then ends for a minute to come
        Assert.Equal(BreakerState.HalfOpen, State);

        Bring(BreakerState.Recovering);
        for (var i = 0; i < 5; i++) Assert.False(_breaker.Failed(FailureClass.Timeout, default, Now, before));
        Assert.Equal(BreakerState.Recovering, State);

        Bring(BreakerState.Closed);
        for (var i = 0; i < 10; i++) Assert.False(_breaker.Failed(FailureClass.Timeout, new RecentAttempts(10, 10, 0), Now, before));
        Assert.Equal(BreakerState.Closed, State);
    }

    [Fact]
    public void Gone_TheSecondOneAfterTheOther_KeepsItAwayForFiveMinutes()
    {
        Assert.False(_breaker.Failed(FailureClass.ModelGone, default, Now, Now));
        Succeed();
        Assert.False(_breaker.Failed(FailureClass.ModelGone, default, Now, Now));
        Assert.True(_breaker.Failed(FailureClass.ModelGone, default, Now, Now));
        var standing = _breaker.StandingAt(Now);
        Assert.Equal((BreakerState.Open, BreakerCause.Gone), (standing.State, standing.Cause));
        Assert.InRange(standing.Left!.Value.TotalMinutes, 5, 6);

        _time.Advance(standing.Left.Value);
        Assert.Equal(BreakerState.HalfOpen, State);
        Assert.True(_breaker.Failed(FailureClass.ModelGone, default, Now, Now)); // the first one that still says so is enough
        Assert.Equal(BreakerCause.Gone, _breaker.StandingAt(Now).Cause);
    }

    [Fact]
    public void Overspent_IsOpenUntilTheMinuteThatWasLookedAtIsOver_AndClosedAtOnceThen()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var breaker = new Breaker(_time, new Random(seed));
            Assert.True(breaker.Overspent(Now));
            Assert.False(breaker.Overspent(Now));
            var standing = breaker.StandingAt(Now);
            Assert.Equal((BreakerState.Open, BreakerCause.Cost), (standing.State, standing.Cause));
            Assert.InRange(standing.Left!.Value.TotalSeconds, 60, 72);
            _time.Advance(standing.Left.Value);
            Assert.Equal(BreakerState.Closed, breaker.StandingAt(Now).State);
        }
    }

    [Fact]
    public void Slow_HalfOfTheWindow_OpensIt_WhereItIsSaidWhatIsSlow()
    {
        _breaker.Settings = new BreakerSettings { Slow = TimeSpan.FromSeconds(5) };
        Assert.False(_breaker.Failed(FailureClass.None, new RecentAttempts(10, 4, 4), Now, Now));
        Assert.True(_breaker.Failed(FailureClass.None, new RecentAttempts(10, 0, 5), Now, Now));
        var standing = _breaker.StandingAt(Now);
        Assert.Equal((BreakerState.Open, BreakerCause.Latency, FailureClass.TooSlow), (standing.State, standing.Cause, standing.Failure));

        Bring(BreakerState.HalfOpen);
        Assert.True(_breaker.Failed(FailureClass.None, default, Now, Now)); // a slow probe is none that answered as it should
        Assert.Equal((BreakerCause.Latency, FailureClass.TooSlow), (_breaker.StandingAt(Now).Cause, _breaker.StandingAt(Now).Failure));
    }

    [Fact]
    public void Slow_AnAnswerBetweenFailures_EndsTheirRow()
    {
        _breaker.Settings = new BreakerSettings { Slow = TimeSpan.FromSeconds(5) };
        for (var i = 0; i < 10; i++)
        {
            Fail(1);
            _breaker.Failed(FailureClass.None, new RecentAttempts(9, 1, 1), Now, Now);
        }

        Assert.Equal(BreakerState.Closed, State);
    }

    [Fact]
    public void Slow_AnswersOneAfterTheOther_AreNoFailures()
    {
        for (var i = 0; i < 9; i++) Assert.False(_breaker.Failed(FailureClass.None, new RecentAttempts(i + 1, 0, i + 1), Now, Now));

        Assert.Equal(BreakerState.Closed, State);
    }

    [Fact]
    public void Set_Open_HoldsUntilItIsTakenBack()
    {
        Assert.True(_breaker.Set(BreakerOverride.Open));
        Assert.False(_breaker.Set(BreakerOverride.Open));
        _time.Advance(TimeSpan.FromDays(1));
        Succeed();
        Assert.Equal((BreakerState.Open, BreakerCause.Operator), (State, _breaker.StandingAt(Now).Cause));
        Assert.Null(_breaker.StandingAt(Now).Left);
        Assert.False(_breaker.TryEnter(Now, mayProbe: true, out _));

        Assert.True(_breaker.Set(BreakerOverride.None));
        Assert.Same(TargetStanding.Closed, _breaker.StandingAt(Now));
        Assert.True(_breaker.TryEnter(Now, mayProbe: true, out var isProbe));
        Assert.False(isProbe);
    }

    [Fact]
    public void Set_Closed_LetsAllIn_WhateverFails_AndBeginsAnewWhenItIsTakenBack()
    {
        Fail(5);
        _breaker.Set(BreakerOverride.Closed);
        Fail(50);
        Assert.Same(TargetStanding.Closed, _breaker.StandingAt(Now));
        Assert.True(_breaker.TryEnter(Now, mayProbe: false, out _));
        Assert.False(_breaker.IsClosed); // it is asked all the same

        _breaker.Set(BreakerOverride.None);
        Assert.Equal((BreakerState.Closed, 0), (State, _breaker.Trips));
        Fail(4);
        Assert.Equal(BreakerState.Closed, State);
    }

    [Fact]
    public void TryNow_IsForFailuresAlone()
    {
        Fail(5);
        _breaker.TryNow(Now);
        Assert.Equal(BreakerState.HalfOpen, State);

        var gone = new Breaker(_time, new Random(1));
        for (var i = 0; i < 2; i++) gone.Failed(FailureClass.ModelGone, default, Now, Now);
        gone.TryNow(Now);
        Assert.Equal(BreakerState.Open, gone.StandingAt(Now).State);
    }

    [Theory]
    [InlineData(BreakerState.Open, BreakerCause.Failures, "breaker open since 12:03")]
    [InlineData(BreakerState.Open, BreakerCause.Operator, "breaker opened by hand at 12:03")]
    [InlineData(BreakerState.Open, BreakerCause.Outage, "outage of openai in us since 12:03")]
    [InlineData(BreakerState.Open, BreakerCause.Cost, "breaker open since 12:03 for what it costs")]
    [InlineData(BreakerState.Open, BreakerCause.Latency, "breaker open since 12:03 for being slow")]
    [InlineData(BreakerState.Open, BreakerCause.Gone, "breaker open since 12:03, its model is gone")]
    [InlineData(BreakerState.Recovering, BreakerCause.Failures, "recovering, takes 5 of 100 requests")]
    [InlineData(BreakerState.Closed, BreakerCause.None, "fails or is slow in part, takes 5 of 100 requests")]
    public void Reason_SaysWhy(BreakerState state, BreakerCause cause, string reason) =>
        Assert.Equal(reason, new TargetStanding(state, cause, FailureClass.None, new DateTimeOffset(2026, 7, 1, 14, 3, 59, TimeSpan.FromHours(2)), null, 0.05) { Scope = "openai in us" }.Reason);

    [Fact]
    public void Threads_EnterFailAndSucceedAtOnce_AndNoProbeIsLeft()
    {
        var (probes, most) = (0, 0);
        for (var round = 0; round < 100; round++)
        {
            Bring(BreakerState.HalfOpen);
            Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            {
                if (!_breaker.TryEnter(Now, mayProbe: true, out var isProbe)) return;
                if (isProbe) InterlockedMax(ref most, Interlocked.Increment(ref probes));
                if ((i + round) % 7 == 0) _breaker.Failed(FailureClass.ServerError, new RecentAttempts(1, 1, 0), Now, Now);
                else if (i % 3 != 0) _breaker.Succeeded(Now, Now);
                if (!isProbe) return;
                Interlocked.Decrement(ref probes);
                _breaker.ProbeEnded();
            });
        }

        Assert.InRange(most, 1, 1);
        Bring(BreakerState.HalfOpen);
        Assert.True(_breaker.TryEnter(Now, mayProbe: true, out var last)); // none is left over
        Assert.True(last);
    }

    [Fact]
    public void Succeeded_WhileClosed_AllocatesNothing()
    {
        _breaker.Succeeded(Now, Now);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _breaker.TryEnter(0, mayProbe: true, out _);
            _breaker.Succeeded(0, 0);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void MostOpen_IsNeverLessThanTheFirstTime()
    {
        Assert.Equal(TimeSpan.FromSeconds(20), BreakerSettings.Default.MostOpen);
        Assert.Equal(TimeSpan.FromMinutes(5), new BreakerSettings { Open = TimeSpan.FromMinutes(5), CostPerMinute = Usd.Zero }.MostOpen);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var known = Volatile.Read(ref most); value > known; known = Volatile.Read(ref most))
        {
            if (Interlocked.CompareExchange(ref most, value, known) == known) return;
        }
    }

    /// <summary>Fails so often, without a window that would say more.</summary>
    private void Fail(int times)
    {
        for (var i = 0; i < times; i++) _breaker.Failed(FailureClass.ServerError, default, Now, Now);
    }

    private void Succeed() => _breaker.Succeeded(Now, Now);

    /// <summary>Brings it to a state by what leads there.</summary>
    private void Bring(BreakerState state)
    {
        while (State != state)
        {
            var standing = _breaker.StandingAt(Now);
            if (standing.State == BreakerState.Closed) Fail(5);
            else if (standing.State == BreakerState.Open) _time.Advance(standing.Left!.Value);
            else if (standing.State == BreakerState.HalfOpen) Succeed();
            else if (state == BreakerState.Closed) _time.Advance(Breaker.Ramp);
            else Fail(3);
        }
    }
}
