using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Providers.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Transport;

/// <summary>The clocks of an attempt, on a clock of the test's own.</summary>
public sealed class AttemptTimerTests
{
    private static readonly Timeouts Clocks = new(
        Connect: TimeSpan.FromSeconds(1), Headers: TimeSpan.FromSeconds(4), FirstToken: TimeSpan.FromSeconds(6), Gap: TimeSpan.FromSeconds(2), Deadline: TimeSpan.FromSeconds(20));

    private readonly FakeTimeProvider _time = new();
    private readonly AttemptTimerPool _pool;
    private long _bytes;

    public AttemptTimerTests() => _pool = new AttemptTimerPool(_time);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Connect_NoConnectionInTime_Fires(bool isStream)
    {
        var timer = Start(isStream);

        Pass(0.99);
        Assert.False(timer.Token.IsCancellationRequested);
        Assert.Equal(AttemptClock.None, timer.Fired);
        Pass(0.01);
        Assert.True(timer.Token.IsCancellationRequested);
        Assert.Equal(AttemptClock.Connect, timer.Fired);
    }

    /// <summary>A clock that counts nanoseconds, as the system's does.</summary>
    [Theory]
    [InlineData(900)]
    [InlineData(1200)]
    [InlineData(86_400)]
    public void Deadline_HoursAway_IsWaitedForAtOnce(int seconds)
    {
        var time = new NanosecondTime();
        var timer = new AttemptTimerPool(time).Rent();
        timer.Start(Clocks with { Connect = TimeSpan.FromDays(2) }, isStream: false, time.GetTimestamp() + (seconds * time.TimestampFrequency), CancellationToken.None);

        Assert.Equal([TimeSpan.FromSeconds(seconds)], time.Armed);
        timer.Stop();
    }

    [Fact]
    public void HasConnected_FromTheConnectionOn()
    {
        var timer = Start(isStream: true);
        Assert.False(timer.HasConnected);
        timer.Connected();
        Assert.True(timer.HasConnected);
        timer.Stop();
        timer.Start(Clocks, isStream: true, _time.GetTimestamp() + _time.TimestampFrequency, CancellationToken.None);
        Assert.False(timer.HasConnected);
    }

    [Fact]
    public void Headers_CountFromTheConnection()
    {
        var timer = Start(isStream: true);
        Pass(0.9);
        timer.Connected();

        Pass(3.99);
        Assert.Equal(AttemptClock.None, timer.Fired);
        Pass(0.01);
        Assert.Equal(AttemptClock.Headers, timer.Fired);
    }

    [Fact]
    public void Gap_StandsStillWhileTheClientIsWaitedFor()
    {
        var timer = Start(isStream: true);
        timer.Connected();
        timer.HeadersReceived();
        timer.ContentReceived(4);
        timer.ClientIsWaitedFor();

        Pass(10);
        Assert.Equal(AttemptClock.None, timer.Fired);
        timer.ClientWasWaitedFor();
        Pass(1.99);
        Assert.Equal(AttemptClock.None, timer.Fired);
        Pass(0.01);
        Assert.Equal(AttemptClock.Gap, timer.Fired);
    }

    [Fact]
    public void Deadline_RunsWhileTheClientIsWaitedFor()
    {
        var timer = Start(isStream: true);
        timer.Connected();
        timer.HeadersReceived();
        timer.ContentReceived(4);
        timer.ClientIsWaitedFor();

        Pass(20);

        Assert.Equal(AttemptClock.Deadline, timer.Fired);
    }

    [Fact]
    public void CutOff_EndsWhatRunsAndWhatBeginsAfter()
    {
        var idle = _pool.Rent();
        _pool.Return(idle);
        var running = Start(isStream: true);
        var other = _pool.Rent();

        _pool.CutOff();
        other.Start(Clocks, isStream: false, long.MaxValue, CancellationToken.None);
        var late = Start(isStream: true);

        Assert.All([running, other, late], timer =>
        {
            Assert.Equal(AttemptClock.Stop, timer.Fired);
            Assert.True(timer.Token.IsCancellationRequested);
        });
    }

    [Fact]
    public void CutOff_OfWhatHasEnded_IsNothing()
    {
        var timer = Start(isStream: true);
        timer.Stop();

        _pool.CutOff();

        Assert.Equal(AttemptClock.None, timer.Fired);
        Assert.False(timer.Token.IsCancellationRequested);
    }

    [Fact]
    public void FirstToken_CountsFromTheStartOfTheAttempt()
    {
        var timer = Start(isStream: true);
        Pass(0.9);
        timer.Connected();
        Pass(3);
        timer.HeadersReceived();

        Pass(2.09);
        Assert.Equal(AttemptClock.None, timer.Fired);
        Pass(0.01);
        Assert.Equal(AttemptClock.FirstToken, timer.Fired);
        Assert.True(timer.Token.IsCancellationRequested);
    }

    [Fact]
    public void Gap_CountsFromTheLastContent()
    {
        var timer = Answering();
        for (var i = 0; i < 5; i++)
        {
            Pass(1.9);
            timer.ContentReceived(_bytes += 1000);
        }

        Pass(1.99);
        Assert.Equal(AttemptClock.None, timer.Fired);
        Pass(0.01);
        Assert.Equal(AttemptClock.Gap, timer.Fired);
    }

    [Fact]
    public void Deadline_EndsAStreamThatKeepsComing()
    {
        var timer = Answering();
        for (var i = 0; i < 100 && timer.Fired == AttemptClock.None; i++)
        {
            Pass(1);
            timer.ContentReceived(_bytes += 1000);
        }

        Assert.Equal(AttemptClock.Deadline, timer.Fired);
        Assert.Equal(20, (_time.GetUtcNow() - _time.Start).TotalSeconds, precision: 6);
    }

    [Fact]
    public void Json_AfterTheConnection_HasTheDeadlineAlone()
    {
        var timer = Start(isStream: false);
        Pass(0.5);
        timer.Connected();

        Pass(19.49);
        Assert.Equal(AttemptClock.None, timer.Fired);
        Pass(0.01);
        Assert.Equal(AttemptClock.Deadline, timer.Fired);
    }

    [Fact]
    public void Answer_AJsonAnswerThatDoesNotCome_Fires()
    {
        var timer = Start(isStream: false, Clocks with { Answer = TimeSpan.FromSeconds(5) });
        timer.Connected();

        Pass(4.99);
        Assert.Equal(AttemptClock.None, timer.Fired);
        Pass(0.01);
        Assert.Equal(AttemptClock.Answer, timer.Fired);
    }

    [Fact]
    public void Answer_AStream_DoesNotHaveIt()
    {
        var timer = Start(isStream: true, Clocks with { Answer = TimeSpan.FromSeconds(1), Gap = TimeSpan.FromSeconds(30) });
        timer.Connected();
        timer.HeadersReceived();
        timer.ContentReceived(10);

        Pass(19.99);

        Assert.Equal(AttemptClock.None, timer.Fired);
    }

    [Theory]
    [InlineData(9, AttemptClock.None)]   // eight bytes a second are two tokens
    [InlineData(7, AttemptClock.Floor)]
    [InlineData(0, AttemptClock.Floor)]  // it stopped: nobody has to come and look
    public void Floor_AJsonAnswerThatDrips_Fires(int bytesPerSecond, AttemptClock fired)
    {
        var timer = Start(isStream: false);
        timer.Connected();
        timer.HeadersReceived();
        timer.AnswerReceived(1);
        for (var i = 1; i <= 11; i++)
        {
            Pass(1);
            timer.AnswerReceived(1 + (i * bytesPerSecond));
        }

        Assert.Equal(fired, timer.Fired);
        Assert.Equal(fired == AttemptClock.Floor, timer.WasTooSlow);
    }

    [Fact]
    public void Floor_AJsonAnswerThatHasNotBegun_IsNotSlow()
    {
        var timer = Start(isStream: false);
        timer.Connected();
        timer.HeadersReceived();

        Pass(19);

        Assert.Equal(AttemptClock.None, timer.Fired);
        Assert.False(timer.WasTooSlow);
    }

    [Theory]
    [InlineData(2, 7, true)]
    [InlineData(2, 9, false)]
    [InlineData(0, 1, false)]
    [InlineData(20, 79, true)]
    public void Floor_AStreamThatDrips_IsMarkedAndGoesOn(int floor, int bytesPerSecond, bool isSlow)
    {
        var timer = Start(isStream: true, Clocks with { Floor = floor });
        timer.Connected();
        timer.HeadersReceived();
        timer.ContentReceived(500);
        for (var i = 1; i <= 12; i++)
        {
            Pass(1);
            timer.ContentReceived(500 + (i * bytesPerSecond));
        }

        Assert.Equal(AttemptClock.None, timer.Fired);
        Assert.Equal(isSlow, timer.WasTooSlow);
    }

    [Fact]
    public void Floor_WhileTheClientKeptItWaiting_DoesNotCount()
    {
        var timer = Start(isStream: true, Clocks with { Gap = TimeSpan.FromSeconds(30) });
        timer.Connected();
        timer.HeadersReceived();
        timer.ContentReceived(1);
        Pass(12);
        timer.ClientWasWaitedFor();
        timer.ContentReceived(2);

        Assert.False(timer.WasTooSlow);
    }

    [Fact]
    public void Floor_TheNextAttempt_BeginsAnew()
    {
        var timer = Start(isStream: false);
        timer.AnswerReceived(1);
        Pass(11);
        Assert.Equal(AttemptClock.Connect, timer.Fired); // not connected: that clock was first
        timer.Stop();
        timer.Start(Clocks, isStream: false, At(30), CancellationToken.None);
        timer.Connected();
        timer.AnswerReceived(1);
        Pass(10);
        Assert.Equal(AttemptClock.Floor, timer.Fired);
        timer.Stop();

        timer.Start(Clocks, isStream: false, At(30), CancellationToken.None);
        timer.Connected();
        Pass(15);

        Assert.Equal(AttemptClock.None, timer.Fired);
        Assert.False(timer.WasTooSlow);
    }

    [Fact]
    public void Deadline_IsTheRequestsAndNotExtendedByALaterAttempt()
    {
        var deadlineAt = At(20);
        Pass(19.5);
        var timer = _pool.Rent();
        timer.Start(Clocks, isStream: true, deadlineAt, CancellationToken.None);

        Pass(0.49);
        Assert.Equal(AttemptClock.None, timer.Fired);
        Pass(0.01);
        Assert.Equal(AttemptClock.Deadline, timer.Fired);
    }

    [Fact]
    public void Deadline_AlreadyPast_FiresAtOnce()
    {
        var deadlineAt = At(1);
        Pass(2);
        var timer = _pool.Rent();
        timer.Start(Clocks, isStream: true, deadlineAt, CancellationToken.None);

        Pass(0.01);

        Assert.Equal(AttemptClock.Deadline, timer.Fired);
    }

    [Fact]
    public void Connected_SaidAgainLater_ChangesNothing()
    {
        var timer = Answering();
        Pass(1.5);
        timer.Connected();

        Pass(0.5);

        Assert.Equal(AttemptClock.Gap, timer.Fired);
    }

    [Fact]
    public void ClientGone_CancelsWithoutAClock()
    {
        using var client = new CancellationTokenSource();
        var timer = Start(isStream: true, client.Token);

        client.Cancel();

        Assert.True(timer.Token.IsCancellationRequested);
        Assert.Equal(AttemptClock.None, timer.Fired);
    }

    [Fact]
    public void Stop_NoClockFiresAnyMore()
    {
        var timer = Answering();

        Assert.True(timer.Stop());
        Pass(60);

        Assert.False(timer.Token.IsCancellationRequested);
        Assert.Equal(AttemptClock.None, timer.Fired);
    }

    [Fact]
    public void Stop_TheClientOfAnEndedAttempt_DoesNotCancelTheNext()
    {
        using var client = new CancellationTokenSource();
        var timer = Start(isStream: true, client.Token);
        timer.Stop();
        timer.Start(Clocks, isStream: true, At(20), CancellationToken.None);

        client.Cancel();

        Assert.False(timer.Token.IsCancellationRequested);
    }

    [Fact]
    public void Stop_AfterAClockFired_TheNextAttemptIsFresh()
    {
        var timer = Start(isStream: true);
        Pass(2);
        Assert.Equal(AttemptClock.Connect, timer.Fired);

        Assert.False(timer.Stop());
        timer.Start(Clocks, isStream: true, At(20), CancellationToken.None);

        Assert.Equal(AttemptClock.None, timer.Fired);
        Assert.False(timer.Token.IsCancellationRequested);
        timer.Connected();
        Pass(1.5);
        Assert.Equal(AttemptClock.None, timer.Fired);
        Pass(2.5);
        Assert.Equal(AttemptClock.Headers, timer.Fired);
    }

    [Fact]
    public void Pool_AReturnedTimer_IsRentedAgain()
    {
        var timer = _pool.Rent();
        timer.Start(Clocks, isStream: true, At(20), CancellationToken.None);
        timer.Stop();
        _pool.Return(timer);

        Assert.Same(timer, _pool.Rent());
        Assert.NotSame(timer, _pool.Rent());
    }

    private AttemptTimer Start(bool isStream, CancellationToken clientGone = default) => Start(isStream, Clocks, clientGone);

    private AttemptTimer Start(bool isStream, Timeouts clocks, CancellationToken clientGone = default)
    {
        var timer = _pool.Rent();
        timer.Start(clocks, isStream, At(20), clientGone);
        return timer;
    }

    /// <summary>A stream whose first content came at once.</summary>
    private AttemptTimer Answering()
    {
        var timer = Start(isStream: true);
        timer.Connected();
        timer.HeadersReceived();
        timer.ContentReceived(_bytes += 1000);
        return timer;
    }

    private long At(double seconds) => _time.GetTimestamp() + (long)(seconds * _time.TimestampFrequency);

    private void Pass(double seconds)
    {
        // In small steps: a timer that is set again while time jumps counts from after the jump.
        for (var left = (int)Math.Round(seconds * 100); left > 0; left--) _time.Advance(TimeSpan.FromMilliseconds(10));
    }

    private sealed class NanosecondTime : TimeProvider, ITimer
    {
        public List<TimeSpan> Armed { get; } = [];

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => 12_345_678_901_234_567;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => this;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Armed.Add(dueTime);
            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
