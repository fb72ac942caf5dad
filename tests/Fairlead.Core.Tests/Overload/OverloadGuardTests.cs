using Fairlead.Core.Overload;

namespace Fairlead.Core.Tests.Overload;

/// <summary>Whom the gateway refuses when it has no room for all.</summary>
public sealed class OverloadGuardTests
{
    private readonly OverloadGuard _guard = new() { Settings = new OverloadSettings { Concurrent = 100 } };

    [Theory]
    [InlineData(0, "sheddable normal critical")]
    [InlineData(69, "sheddable normal critical")]
    [InlineData(70, "normal critical")]
    [InlineData(89, "normal critical")]
    [InlineData(90, "critical")]
    [InlineData(99, "critical")]
    [InlineData(100, "")]
    public void InFlight_WhatMattersLeastIsRefusedFirst(int others, string taken)
    {
        Fill(others);

        Assert.Equal(taken, Taken());
    }

    [Fact]
    public void InFlight_IsNeverAboveTheLimit()
    {
        var entered = 0;
        Parallel.For(0, 1000, _ =>
        {
            if (_guard.TryEnter(Criticality.Critical) == OverloadReason.None) Interlocked.Increment(ref entered);
        });

        Assert.InRange(entered, 1, 100);
        Assert.Equal(entered, _guard.InFlight);
    }

    [Fact]
    public void InFlight_ManyComeAndGoAtTheLimit_NeverAboveIt_AndNothingStaysBehind()
    {
        _guard.Settings = new OverloadSettings { Concurrent = 8 };
        var (running, most) = (0, 0);
        var threads = Enumerable.Range(0, 16).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                if (_guard.TryEnter(Criticality.Critical) != OverloadReason.None) continue;
                var now = Interlocked.Increment(ref running);
                while (Volatile.Read(ref most) is var seen && now > seen) Interlocked.CompareExchange(ref most, now, seen);
                if (i % 7 == 0) Thread.Yield();
                else Thread.SpinWait(50);
                Interlocked.Decrement(ref running);
                _guard.Leave();
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();

        Assert.InRange(most, 1, 8);
        Assert.Equal((0, 0), (_guard.InFlight, _guard.Level));
    }

    [Fact]
    public void InFlight_LevelIsLeftAWayBelowItsBegin()
    {
        Fill(70);
        Assert.Equal("normal critical", Taken());

        Leave(6);
        Assert.Equal("normal critical", Taken()); // 64: it would flap
        Leave(2);
        Assert.Equal("sheddable normal critical", Taken());
    }

    [Fact]
    public void InFlight_TheLimitItselfIsExact()
    {
        Fill(100);
        Assert.Equal(OverloadReason.Concurrency, _guard.TryEnter(Criticality.Critical));

        Leave(1);

        Assert.Equal(OverloadReason.None, _guard.TryEnter(Criticality.Critical));
    }

    [Fact]
    public void InFlight_WhatWasRefusedHoldsNoPlace()
    {
        Fill(100);
        for (var i = 0; i < 1000; i++) _guard.TryEnter(Criticality.Normal);
        Assert.Equal(100, _guard.InFlight);

        Leave(100);

        Assert.Equal((0, 0), (_guard.InFlight, _guard.Level));
    }

    [Fact]
    public void InFlight_OtherSettingsHoldFromTheNextRequestOn()
    {
        Fill(50);

        _guard.Settings = new OverloadSettings { Concurrent = 50 };

        Assert.Equal(OverloadReason.Concurrency, _guard.TryEnter(Criticality.Critical));
    }

    [Theory]
    [InlineData(90, "sheddable normal critical")]
    [InlineData(150, "normal critical")]
    [InlineData(600, "critical")]
    [InlineData(60_000, "critical")] // what is late is not lost
    public void Delay_LastsForAWhile_RefusesWhatIsNotCritical(int milliseconds, string taken)
    {
        Late(milliseconds, 50);

        Assert.Equal(taken, Taken());
        Assert.Equal(milliseconds >= 100, _guard.IsLate);
    }

    [Fact]
    public void Delay_OfOneMoment_IsNoOverload()
    {
        Late(400, 1);

        Assert.Equal("sheddable normal critical", Taken());
    }

    [Fact]
    public void Delay_AfterAStopOfTheMachine_IsForgottenWithinSeconds()
    {
        Late(60_000, 50);
        var samples = 0;
        while (_guard.Level > 0)
        {
            Late(1, 1);
            samples++;
        }

        Assert.InRange(samples * OverloadGuard.SampleEvery, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void Delay_LevelIsLeftAtHalfOfItsBegin()
    {
        Late(120, 50);
        Late(60, 50);
        Assert.Equal("normal critical", Taken());

        Late(40, 50);

        Assert.Equal("sheddable normal critical", Taken());
    }

    [Theory]
    [InlineData(0.79, "sheddable normal critical")]
    [InlineData(0.81, "normal critical")]
    [InlineData(0.91, "critical")]
    [InlineData(1.2, "critical")]
    public void Memory_RefusesWhatIsNotCritical(double share, string taken)
    {
        _guard.Used(share);

        Assert.Equal(taken, Taken());
    }

    [Fact]
    public void Memory_LevelIsLeftBelowItsBegin()
    {
        _guard.Used(0.81);
        _guard.Used(0.77);
        Assert.Equal(1, _guard.Level);

        _guard.Used(0.75);

        Assert.Equal(0, _guard.Level);
    }

    [Fact]
    public void Reason_IsTheSignalThatRefuses()
    {
        _guard.Used(0.85);
        Late(600, 50);

        Assert.Equal(OverloadReason.Memory, _guard.TryEnter(Criticality.Sheddable));
        Assert.Equal(OverloadReason.Delay, _guard.TryEnter(Criticality.Normal));
        Assert.Equal(OverloadReason.None, _guard.TryEnter(Criticality.Critical));
    }

    [Fact]
    public void Changed_OncePerChange()
    {
        var heard = new List<string>();
        _guard.Changed += (before, level, reason) => heard.Add($"{before}>{level} {OverloadReasons.NameOf(reason)}");

        Fill(95);
        Leave(95);
        Fill(72);
        Late(600, 50);
        Leave(72);

        Assert.Equal(["0>1 concurrency", "1>2 concurrency", "2>1 concurrency", "1>0 none", "0>1 concurrency", "1>2 delay"], heard);
    }

    /// <summary>What would be taken now.</summary>
    private string Taken()
    {
        var taken = new List<string>();
        foreach (var criticality in Enum.GetValues<Criticality>())
        {
            if (_guard.TryEnter(criticality) != OverloadReason.None) continue;
            _guard.Leave();
            taken.Add(Criticalities.NameOf(criticality));
        }

        return string.Join(' ', taken);
    }

    private void Fill(int requests)
    {
        for (var i = 0; i < requests; i++) Assert.Equal(OverloadReason.None, _guard.TryEnter(Criticality.Critical));
    }

    private void Leave(int requests)
    {
        for (var i = 0; i < requests; i++) _guard.Leave();
    }

    private void Late(int milliseconds, int samples)
    {
        for (var i = 0; i < samples; i++) _guard.Delayed(TimeSpan.FromMilliseconds(milliseconds));
    }
}
