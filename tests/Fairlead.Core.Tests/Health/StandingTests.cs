using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Fairlead.Core.Tests.Routing;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>What the board lets in, and how it tells of targets that do not take every request.</summary>
public sealed class StandingTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly HealthBoard _board;
    private readonly List<StandingChange> _changes = [];
    private readonly Target _large = Worlds.Target("large");

    public StandingTests()
    {
        _board = new HealthBoard(_time, new Random(1));
        _board.Changed += _changes.Add;
    }

    [Fact]
    public void View_ABreakerTrips_IsThereAtOnce_AndToldOnce()
    {
        var before = _board.View;
        Fail(_large, 5);
        var view = _board.View; // without a wait

        Assert.Equal(BreakerState.Open, view.StandingOf("large")?.State);
        Assert.Equal(before.StandingsVersion + 1, view.StandingsVersion);
        Assert.Equal(("large", false, BreakerState.Open), Assert.Single(_changes.Select(change => (change.Name, change.IsScope, change.Standing.State))));
        Fail(_large, 50);
        Assert.Same(view.Standings, Later(HealthBoard.ViewAge).Standings);
        Assert.Single(_changes);
    }

    [Fact]
    public void View_AnswersAlone_MoveTheVersion_AndNotThatOfStandings()
    {
        Answer(_large, 30);
        var first = Later(HealthBoard.ViewAge);
        Answer(_large, 1);
        var second = Later(HealthBoard.ViewAge);

        Assert.Equal((first.Version + 1, first.StandingsVersion), (second.Version, second.StandingsVersion));
        Assert.Same(first.Standings, second.Standings);
        Assert.Empty(_changes);
    }

    [Fact]
    public void View_ATargetIsBack_TellsEveryStep()
    {
        Fail(_large, 5);
        _ = _board.View;
        Later(TimeSpan.FromSeconds(3));
        Answer(_large, 3);
        for (var second = 0; second < 31; second++) Later(TimeSpan.FromSeconds(1));

        Assert.Equal(
            [(BreakerState.Open, 0), (BreakerState.HalfOpen, 1), (BreakerState.Recovering, 0.01), (BreakerState.Recovering, 0.05), (BreakerState.Recovering, 0.25), (BreakerState.Closed, 1)],
            _changes.Select(change => (change.Standing.State, change.Standing.Share)));
        Assert.Null(_board.View.StandingOf("large"));
    }

    [Fact]
    public void View_ATargetFailsInPart_TakesLessBeforeItIsOut_AndMoreAgain()
    {
        for (var second = 0; second < 40; second++) // one of five fails: far from half
        {
            Answer(_large, 4);
            Fail(_large, 1);
            Later(TimeSpan.FromSeconds(1));
        }

        var standing = _board.View.StandingOf("large")!;
        Assert.Equal((BreakerState.Closed, BreakerCause.None, FailureClass.DegradedQuality, 0.1), (standing.State, standing.Cause, standing.Failure, standing.Share));
        Assert.Equal([0.75, 0.5, 0.25, 0.1], _changes.Select(change => change.Standing.Share));
        Assert.Null(Enter(_large)); // a share is planned with, and refuses nobody

        for (var second = 0; second < 70; second++)
        {
            Answer(_large, 1);
            Later(TimeSpan.FromSeconds(1));
        }

        Assert.Null(_board.View.StandingOf("large"));
    }

    [Fact]
    public void View_ATargetIsForgottenWhileItTakesLess_IsToldToTakeAllAgain()
    {
        for (var second = 0; second < 330; second++)
        {
            _board.Record(new AttemptSample("large", FailureClass.None, TimeSpan.FromMilliseconds(second < 300 ? 300 : 5000)));
            Later(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(_board.View.StandingOf("large")!.Share, 0.1, 0.75);
        for (var second = 0; second < 600; second++) Later(TimeSpan.FromSeconds(1)); // nobody uses it

        Assert.Null(_board.LoadOf("large"));
        Assert.Null(_board.View.StandingOf("large"));
        Assert.Equal(("large", TargetStanding.Closed), (_changes[^1].Name, _changes[^1].Standing));
    }

    [Theory]
    [InlineData(FailureClass.RateLimited)]
    [InlineData(FailureClass.QuotaExhausted)]
    [InlineData(FailureClass.CredentialsInvalid)]
    [InlineData(FailureClass.Forbidden)]
    [InlineData(FailureClass.BadRequest)]
    [InlineData(FailureClass.ContextLengthExceeded)]
    [InlineData(FailureClass.PolicyRejected)]
    [InlineData(FailureClass.ClientGone)]
    [InlineData(FailureClass.ClientSlow)]
    [InlineData(FailureClass.BudgetExceeded)]
    [InlineData(FailureClass.HedgeLost)]
    [InlineData(FailureClass.DependencyDown)]
    public void Record_WhatIsNotTheTargetsFault_NeverOpensItsBreaker(FailureClass failure)
    {
        for (var i = 0; i < 200; i++) _board.Record(new AttemptSample("large", failure, null) { RetryAfter = TimeSpan.FromSeconds(9) });

        Assert.Null(_board.View.StandingOf("large"));
        Assert.Null(Enter(_large));
    }

    [Fact]
    public void Record_ExcusedFailures_NeverOpenIt_NorLimitIt()
    {
        Enter(_large, times: 20);
        for (var i = 0; i < 200; i++) _board.Record(new AttemptSample("large", FailureClass.Timeout, null) { IsExcused = true });

        Assert.Null(_board.View.StandingOf("large"));
        Assert.Null(_board.LoadOf("large")!.Limit);
    }

    [Fact]
    public void Record_MoreThanMayBeSpentInAMinute_OpensItForAMinute_AndCostsLeftInTheWindowDoNotOpenItAgain()
    {
        var target = With(new BreakerSettings { CostPerMinute = new Usd(1_000_000_000) });
        Enter(target);
        for (var i = 0; i < 10; i++) Spend(0.1);
        Assert.Null(_board.View.StandingOf("large"));
        Spend(0.1);
        Assert.Equal(BreakerCause.Cost, _board.View.StandingOf("large")?.Cause);
        var refusal = Enter(target)!;
        Assert.Equal((FailureClass.VendorOutage, LastResort.Never), (refusal.Failure, refusal.LastResort));

        Assert.Null(Later(refusal.Wait!.Value).StandingOf("large"));
        Spend(0.1);
        Assert.Null(_board.View.StandingOf("large"));

        void Spend(double dollars) => _board.Record(new AttemptSample("large", FailureClass.None, TimeSpan.FromMilliseconds(10)) { Cost = new Usd((long)(dollars * 1e9)) });
    }

    [Fact]
    public void Record_HalfOfTheAnswersAreTooSlow_OpensIt()
    {
        Enter(With(new BreakerSettings { Slow = TimeSpan.FromSeconds(5) }));
        for (var i = 0; i < 5; i++)
        {
            Answer(_large, 1);
            _board.Record(new AttemptSample("large", FailureClass.None, TimeSpan.FromSeconds(6)));
        }

        Assert.Equal(BreakerCause.Latency, _board.View.StandingOf("large")?.Cause);
    }

    [Fact]
    public void Enter_AVendorAsksForAPause_IsWaitedOut_HalfAMinuteAtMost()
    {
        Answer(_large, 1);
        _board.Record(new AttemptSample("large", FailureClass.Overloaded, null) { RetryAfter = TimeSpan.FromHours(9) });
        var refusal = Enter(_large)!;
        Assert.Equal((FailureClass.Overloaded, "its vendor asked for a pause", TimeSpan.FromSeconds(30)), (refusal.Failure, refusal.Reason, refusal.Wait));

        Later(TimeSpan.FromSeconds(30));
        Assert.Null(Enter(_large));
    }

    /// <summary>One of many that has too much to do may be one machine behind an address; and what an operator has closed is closed.</summary>
    [Fact]
    public void Enter_OneOfManyAsksForAPause_IsLetIn()
    {
        Answer(_large, 30);
        _board.Record(new AttemptSample("large", FailureClass.Overloaded, null) { RetryAfter = TimeSpan.FromSeconds(9) });
        Assert.Null(Enter(_large));

        for (var i = 0; i < 2; i++) _board.Record(new AttemptSample("large", FailureClass.Overloaded, null) { RetryAfter = TimeSpan.FromSeconds(9) });
        Assert.NotNull(Enter(_large));
        _board.Set(_large, BreakerOverride.Closed);
        _board.Record(new AttemptSample("large", FailureClass.Overloaded, null) { RetryAfter = TimeSpan.FromSeconds(9) });
        Assert.Null(Enter(_large));
    }

    /// <summary>A request that asks for a pause alone, about itself, asks it for no other one.</summary>
    [Fact]
    public void Enter_APauseIsExcused_IsLetIn()
    {
        _board.Record(new AttemptSample("large", FailureClass.Overloaded, null) { RetryAfter = TimeSpan.FromSeconds(9), IsExcused = true });

        Assert.Null(Enter(_large));
    }

    /// <summary>What still runs when a reload gives the name to another target says nothing of that one.</summary>
    [Fact]
    public void Record_OfATargetThatTheNameNoLongerMeans_CountsForNone()
    {
        Assert.Null(_board.Enter(_large, mayProbe: true, out var before));
        var other = new Target { Name = "large", Model = "other", Facts = _large.Facts, Provider = _large.Provider };
        Assert.Null(_board.Enter(other, mayProbe: true, out var after));
        for (var i = 0; i < 20; i++) _board.Record(new AttemptSample("large", FailureClass.Timeout, null), before);
        before.Exit();

        Assert.Null(Enter(other));
        Assert.Null(Later(HealthBoard.ViewAge).Find("large"));
        for (var i = 0; i < 5; i++) _board.Record(new AttemptSample("large", FailureClass.Timeout, null), after);
        Assert.NotNull(Enter(other));
    }

    /// <summary>What drips is cut off, and took as long as that at least: it is slow.</summary>
    [Fact]
    public void Record_WhatIsCutOffForItsPace_HasATime()
    {
        Enter(With(new BreakerSettings { Slow = TimeSpan.FromSeconds(5) }));
        Answer(_large, 20);
        for (var i = 0; i < 20; i++) _board.Record(new AttemptSample("large", FailureClass.TooSlow, TimeSpan.FromSeconds(11)));

        Assert.Equal(BreakerCause.Latency, _board.View.StandingOf("large")?.Cause);
        Assert.InRange(Later(HealthBoard.ViewAge).Find("large")!.P95Ms!.Value, 10_000, 12_000);
    }

    /// <summary>Nor has it to have answered anything in time: ten attempts are ten.</summary>
    [Fact]
    public void Record_AllIsCutOffForItsPace_OpensIt()
    {
        Enter(With(new BreakerSettings { Slow = TimeSpan.FromSeconds(5) }));
        for (var i = 0; i < 9; i++) _board.Record(new AttemptSample("large", FailureClass.TooSlow, TimeSpan.FromSeconds(11)));
        Assert.Null(_board.View.StandingOf("large"));
        _board.Record(new AttemptSample("large", FailureClass.TooSlow, TimeSpan.FromSeconds(11)));

        Assert.Equal(BreakerCause.Latency, _board.View.StandingOf("large")?.Cause);
        Assert.Equal(0, Later(HealthBoard.ViewAge).Find("large")!.JudgedSamples); // which leaves its success rate alone
    }

    [Fact]
    public void Forgetting_NamesOfClientsThatWereNeverSent_MakeRoomToo()
    {
        for (var i = 0; i < HealthBoard.MostNamedByClients; i++)
        {
            var name = "vendor/refused-" + i;
            Assert.Null(_board.Enter(new Target { Name = name, Model = "m", Facts = _large.Facts, Provider = _large.Provider }, mayProbe: true, out var permit));
            permit.Exit(); // there was no room for it in a budget
        }

        _board.Record(new AttemptSample("vendor/real", FailureClass.None, TimeSpan.FromMilliseconds(10)));
        Assert.Null(Later(HealthBoard.ViewAge).Find("vendor/real"));
        for (var minute = 0; minute < 6; minute++) Later(TimeSpan.FromMinutes(1));
        _board.Record(new AttemptSample("vendor/real", FailureClass.None, TimeSpan.FromMilliseconds(10)));

        Assert.NotNull(Later(HealthBoard.ViewAge).Find("vendor/real"));
    }

    [Fact]
    public void Enter_MoreThanItCarries_IsRefused_AndTheLastResortIsLetIn()
    {
        Enter(_large, times: 20);
        _board.Record(new AttemptSample("large", FailureClass.Overloaded, null));
        Assert.Equal(14, _board.LoadOf("large")!.Limit);

        var refusal = Enter(_large)!;
        Assert.Equal((FailureClass.Overloaded, "runs the 14 requests that it carries at once", LastResort.Always), (refusal.Failure, refusal.Reason, refusal.LastResort));
        Assert.Null(_board.Enter(_large, mayProbe: true, out var permit, LastResort.Always));
        Assert.Equal(21, _board.LoadOf("large")!.Running);
        permit.Exit();
        Assert.Equal(20, _board.LoadOf("large")!.Running);
    }

    [Fact]
    public void Look_LeavesNoPermitAndNoProbe()
    {
        Fail(_large, 5);
        Later(TimeSpan.FromSeconds(3));
        for (var i = 0; i < 10; i++) Assert.Null(_board.Look(_large, mayProbe: true));
        Assert.NotNull(_board.Look(_large, mayProbe: false));
        Assert.Equal(0, _board.LoadOf("large")!.Running);

        Assert.Null(_board.Enter(_large, mayProbe: true, out var permit));
        Assert.True(permit.IsProbe);
        Assert.NotNull(_board.Look(_large, mayProbe: true));
        permit.Exit(); // abandoned
        Assert.Null(_board.Look(_large, mayProbe: true));
    }

    [Fact]
    public void Set_Open_IsToldAtOnce_AndIsKeptWithoutTraffic()
    {
        Assert.True(_board.Set(_large, BreakerOverride.Open));
        Assert.False(_board.Set(_large, BreakerOverride.Open));
        Assert.Equal(BreakerCause.Operator, Assert.Single(_changes).Standing.Cause);
        var refusal = Enter(_large)!;
        Assert.Equal((LastResort.Never, null), (refusal.LastResort, refusal.Wait));
        Assert.Equal(BreakerCause.Operator, Later(TimeSpan.FromHours(1)).StandingOf("large")?.Cause);

        _board.Set(_large, BreakerOverride.None);
        Assert.Null(Enter(_large));
        Assert.Equal(BreakerState.Closed, _changes[^1].Standing.State);
    }

    /// <summary>What opened it by itself, and what it failed lately, is forgotten: an operator knows that it is well.</summary>
    [Fact]
    public void Set_ToWhatItDoesByItself_BeginsAnew()
    {
        Fail(_large, 20);
        Assert.NotNull(Enter(_large));

        Assert.True(_board.Set(_large, BreakerOverride.None));
        Assert.Null(_board.View.StandingOf("large"));
        Assert.Null(Enter(_large));
        Assert.Equal(0, _board.LoadOf("large")!.Trips);
        Answer(_large, 10);
        for (var second = 0; second < 10; second++) Assert.Null(Later(TimeSpan.FromSeconds(1)).StandingOf("large")); // nor does it take less
        Assert.Equal(10, _board.View.Find("large")!.Samples);
        Assert.False(_board.Set(_large, BreakerOverride.None));

        for (var second = 0; second < 330; second++)
        {
            _board.Record(new AttemptSample("large", FailureClass.None, TimeSpan.FromMilliseconds(second < 300 ? 300 : 5000)));
            Later(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(_board.View.StandingOf("large")!.Share, 0.1, 0.75);
        Assert.True(_board.Set(_large, BreakerOverride.None));
        Assert.Null(_board.View.StandingOf("large"));
    }

    [Theory]
    [InlineData(BreakerOverride.Open)]
    [InlineData(BreakerOverride.Closed)]
    public void Set_HoldsWhereAReloadGivesTheTargetAnotherModel(BreakerOverride set)
    {
        Enter(_large);
        _board.Set(_large, set);
        var told = _changes.Count;
        Later(TimeSpan.FromMinutes(5));
        var other = new Target { Name = "large", Model = "other", Facts = _large.Facts, Provider = _large.Provider };
        Fail(other, 5);

        Assert.Equal(set == BreakerOverride.Open, Enter(other) is not null);
        Assert.Equal(set, _board.LoadOf("large")!.Override);
        _ = _board.View;
        Assert.Equal(told, _changes.Count); // nothing of it is news, nor since when
        _board.Set(other, BreakerOverride.None);
        Assert.Null(Enter(other));
    }

    [Fact]
    public void Forgetting_KeepsWhatIsOpen_AndMakesRoomAgainForNamesOfClients()
    {
        _board.Set(_large, BreakerOverride.Open);
        for (var i = 0; i < HealthBoard.MostNamedByClients; i++)
        {
            for (var twice = 0; twice < 2; twice++) _board.Record(new AttemptSample("vendor/no-such-" + i, FailureClass.ModelGone, null));
        }

        Assert.Equal(HealthBoard.MostNamedByClients + 1, _board.View.Standings.Count);
        for (var minute = 0; minute < 12; minute++) Later(TimeSpan.FromMinutes(1));

        Assert.Equal(["large"], _board.View.Standings.Keys);
        Assert.Equal(HealthBoard.MostNamedByClients, _changes.Count(change => change.Standing.State == BreakerState.Closed)); // what was raised for them is over
        _board.Record(new AttemptSample("vendor/real", FailureClass.None, TimeSpan.FromMilliseconds(10)));
        Assert.NotNull(Later(HealthBoard.ViewAge).Find("vendor/real"));
    }

    /// <summary>A request was planned while a target was out, and finds it out for another reason when nothing else is left.</summary>
    [Theory]
    [InlineData("failures", true)]
    [InlineData("operator", false)]
    [InlineData("cost", false)]
    [InlineData("gone", false)]
    [InlineData("pause", false)]
    public void Enter_AsTheLastResort_OnlyWhatMayBeTried(string why, bool isLetIn)
    {
        var target = With(new BreakerSettings { CostPerMinute = new Usd(1_000_000_000) });
        Enter(target, times: 1);
        Fail(target, 5);
        Assert.Equal(LastResort.OnceASecond, Enter(target)!.LastResort);
        if (why != "failures") Later(TimeSpan.FromSeconds(3));
        switch (why)
        {
            case "operator":
                _board.Set(target, BreakerOverride.Open);
                break;
            case "cost":
                _board.Record(new AttemptSample("large", FailureClass.None, TimeSpan.FromMilliseconds(10)) { Cost = new Usd(2_000_000_000) });
                break;
            case "gone":
                for (var i = 0; i < 2; i++)
                {
                    _board.Record(new AttemptSample("large", FailureClass.ModelGone, null));
                    Later(TimeSpan.FromSeconds(6));
                }

                break;
            case "pause":
                _board.Record(new AttemptSample("large", FailureClass.Overloaded, null) { RetryAfter = TimeSpan.FromSeconds(9) });
                break;
        }

        Assert.Equal(isLetIn, _board.Enter(target, mayProbe: true, out var permit, LastResort.OnceASecond) is null);
        permit.Exit();
    }

    [Fact]
    public void TryPanic_OnceASecondAndRoute()
    {
        Assert.True(_board.TryPanic("one"));
        Assert.False(_board.TryPanic("one"));
        Assert.True(_board.TryPanic("other"));
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(_board.TryPanic("one"));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, Enumerable.Range(0, 8).AsParallel().Count(_ => _board.TryPanic("one")));
    }

    [Fact]
    public void TryPanic_NamesOfClients_AreBounded_AndKeepNoRouteFromPanicking()
    {
        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => _board.TryPanic("vendor/model-" + i)), 1000, 2000);
        _time.Advance(HealthBoard.PanicPeriod);

        Assert.True(_board.TryPanic("default"));
        Assert.False(_board.TryPanic("default"));
    }

    [Fact]
    public void Changed_ManyThreadsMakeViews_TellsInOrder()
    {
        var told = new List<StandingChange>();
        var board = new HealthBoard(_time, new Random(1));
        board.Changed += told.Add;
        for (var round = 0; round < 500; round++)
        {
            board.Set(_large, round % 2 == 0 ? BreakerOverride.Open : BreakerOverride.None);
            Parallel.For(0, 4, _ => board.View.StandingOf("large"));
        }

        Assert.Equal(500, told.Count);
        Assert.All(told.Index(), one => Assert.Equal(one.Index % 2 == 0 ? BreakerState.Open : BreakerState.Closed, one.Item.Standing.State));
    }

    [Fact]
    public void Threads_EnterRecordAndLeave_LeaveNothingRunning()
    {
        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            if (i % 500 == 0) _time.Advance(TimeSpan.FromMilliseconds(500));
            if (_board.Enter(_large, mayProbe: i % 3 != 0, out var permit) is not null) return;
            if (i % 5 != 0) _board.Record(new AttemptSample("large", i % 7 == 0 ? FailureClass.Overloaded : FailureClass.None, null)); // every fifth is abandoned
            _ = _board.View;
            permit.Exit();
        });

        Assert.Equal(0, _board.LoadOf("large")!.Running);
        Fail(_large, 10);
        Later(TimeSpan.FromMinutes(1));
        Assert.Null(_board.Enter(_large, mayProbe: true, out var probe));
        Assert.True(probe.IsProbe); // none is left over
    }

    [Fact]
    public void EnterRecordExit_WhileAllIsWell_AllocateNothing()
    {
        for (var slice = 0; slice < 40; slice++)
        {
            Round();
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Round()
        {
            _board.Enter(_large, mayProbe: true, out var permit);
            permit.Sent(isRetry: false);
            _board.Record(new AttemptSample("large", FailureClass.None, TimeSpan.FromMilliseconds(10)) { Cost = new Usd(1000), QuotaLeft = 0.5 });
            permit.Exit();
        }
    }

    [Fact]
    public void Load_IsItsTimeTimesWhatItRuns_AndWorseForWhatFails()
    {
        Assert.Equal(0, _board.View.LoadOf("large"));
        Answer(_large, 18);
        Assert.Equal(10, _board.LoadOf("large")!.Load, 6);
        Enter(_large, times: 3);
        Assert.Equal(40, Later(HealthBoard.ViewAge).LoadOf("large"), 6);
        Fail(_large, 2);
        Assert.Equal(40 * (1 + (4 * 0.1)), Later(HealthBoard.ViewAge).LoadOf("large"), 6);
    }

    [Theory]
    [InlineData(null)] // streams, to their first content
    [InlineData(24L)]
    public void Share_LongJsonAnswersOfSome_TakeNothingFromAnybody(long? tokensOfOthers)
    {
        for (var i = 0; i < 600; i++) Answered(400, tokensOfOthers);

        var least = 1.0;
        for (var i = 0; i < 120; i++)
        {
            Answered(400, tokensOfOthers);
            for (var many = 0; many < 3; many++) Answered(15_000, 1200 + i);
            least = Math.Min(least, Share);
        }

        Assert.Equal(1, least);
    }

    [Fact]
    public void Share_JsonAnswersOfManyLengths_IsWhole()
    {
        var random = new Random(1);
        var least = 1.0;
        for (var i = 0; i < 2000; i++)
        {
            // Short ones for minutes, long ones for minutes: 200 ms and 20 tokens a second.
            var tokens = i / 200 % 2 == 0 ? random.Next(1, 20) : random.Next(500, 4000);
            Answered(200 + (50 * tokens), tokens);
            least = Math.Min(least, Share);
        }

        Assert.Equal(1, least);
    }

    [Theory]
    [InlineData(1, 25)]
    [InlineData(24, 25)]
    [InlineData(10, 2000)]
    public void Share_JsonAnswersTakeTenTimesAsLong_Falls(int least, int most)
    {
        var random = new Random(1);
        for (var i = 0; i < 600; i++) Answer(1);
        Assert.Equal(1, Share);

        for (var i = 0; i < 60; i++) Answer(10);
        Assert.Equal(0.1, Share);

        for (var i = 0; i < 120; i++) Answer(1);
        Assert.Equal(1, Share);

        void Answer(int times)
        {
            var tokens = random.Next(least, most);
            Answered(times * (200 + (20 * tokens)), tokens);
        }
    }

    [Fact]
    public void Share_StreamsBeginTenTimesAsLate_Falls()
    {
        for (var i = 0; i < 600; i++) Answered(400, null);
        for (var i = 0; i < 60; i++) Answered(4000, null);

        Assert.Equal(0.1, Share);
    }

    private double Share => _board.View.StandingOf("large")?.Share ?? 1;

    /// <summary>An answer, a second after the one before.</summary>
    private void Answered(double milliseconds, long? tokens)
    {
        _board.Record(new AttemptSample("large", FailureClass.None, TimeSpan.FromMilliseconds(milliseconds)) { AnswerTokens = tokens });
        Later(TimeSpan.FromSeconds(1));
    }

    private HealthView Later(TimeSpan time)
    {
        _time.Advance(time);
        return _board.View;
    }

    private SendRefusal? Enter(Target target) => _board.Enter(target, mayProbe: true, out _);

    private void Enter(Target target, int times)
    {
        for (var i = 0; i < times; i++) Assert.Null(Enter(target));
    }

    private void Answer(Target target, int times)
    {
        for (var i = 0; i < times; i++) _board.Record(new AttemptSample(target.Name, FailureClass.None, TimeSpan.FromMilliseconds(10)));
    }

    private void Fail(Target target, int times)
    {
        for (var i = 0; i < times; i++) _board.Record(new AttemptSample(target.Name, FailureClass.ServerError, null));
    }

    private Target With(BreakerSettings settings) => new() { Name = "large", Model = "large", Facts = _large.Facts, Provider = _large.Provider, Breaker = settings };
}
