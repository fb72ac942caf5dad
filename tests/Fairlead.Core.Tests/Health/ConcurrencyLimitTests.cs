using Fairlead.Core.Health;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>How many requests a target carries, as it says itself.</summary>
public sealed class ConcurrencyLimitTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrencyLimit _limit;

    public ConcurrencyLimitTests() => _limit = new ConcurrencyLimit(_time);

    private long Now => _time.GetTimestamp();

    [Fact]
    public void TryEnter_WithoutASign_IsUnlimited()
    {
        Enter(10_000);

        Assert.Equal((10_000, null), (_limit.Running, _limit.Limit));
    }

    [Fact]
    public void Overloaded_CutsToSevenTenthsOfWhatRan_OnceASecond()
    {
        Enter(100);
        for (var i = 0; i < 100; i++) _limit.Overloaded(Now); // all that ran fail together
        Assert.Equal(70, _limit.Limit);
        Assert.False(_limit.TryEnter());
        Assert.Equal(100, _limit.Running);
        Exit(30);
        Assert.False(_limit.TryEnter());
        Exit(1);
        Assert.True(_limit.TryEnter());

        _time.Advance(TimeSpan.FromSeconds(1));
        _limit.Overloaded(Now);
        Assert.Equal(49, _limit.Limit);
    }

    [Fact]
    public void Overloaded_WithLittleRunning_LeavesAFew()
    {
        Enter(1);
        for (var i = 0; i < 20; i++)
        {
            _limit.Overloaded(Now);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(8, _limit.Limit);
        Enter(7);
        Assert.False(_limit.TryEnter());
    }

    [Fact]
    public void Succeeded_WhileTheLimitIsReached_RisesByOne_AndSlowlyNearWhereItWasTooMuch()
    {
        Enter(100);
        _limit.Overloaded(Now);
        Exit(30); // 70 run, of 70
        for (var i = 1; i <= 20; i++)
        {
            _limit.Succeeded(Now);
            Assert.Equal(70 + i, _limit.Limit);
            Assert.True(_limit.TryEnter());
        }

        for (var i = 0; i < 89; i++) _limit.Succeeded(Now);
        Assert.Equal(90, _limit.Limit); // by a ninetieth each
        for (var i = 0; i < 2; i++) _limit.Succeeded(Now);
        Assert.Equal(91, _limit.Limit);
    }

    [Fact]
    public void Succeeded_WhileTheLimitIsNotUsed_DoesNotRaiseIt()
    {
        Enter(100);
        _limit.Overloaded(Now);
        Exit(50);
        for (var i = 0; i < 1000; i++) _limit.Succeeded(Now);

        Assert.Equal(70, _limit.Limit);
    }

    [Fact]
    public void Succeeded_AMinuteAfterTheLastSign_LiftsIt()
    {
        Enter(100);
        _limit.Overloaded(Now);
        _time.Advance(TimeSpan.FromSeconds(59));
        Exit(90);
        _limit.Succeeded(Now);
        Assert.NotNull(_limit.Limit);
        _time.Advance(TimeSpan.FromSeconds(1));
        _limit.Succeeded(Now);

        Assert.Null(_limit.Limit);
        Enter(500);
    }

    [Fact]
    public void Enter_IsLetInWhateverTheLimitIs()
    {
        Enter(4);
        _limit.Overloaded(Now);
        _limit.Enter();

        Assert.Equal(5, _limit.Running);
    }

    [Fact]
    public void Threads_EnterAndLeave_NeverPassTheLimit_AndLeaveNothing()
    {
        Enter(10);
        _limit.Overloaded(Now); // 8, the least
        Exit(10);
        var (inside, most) = (0, 0);
        Parallel.For(0, 50_000, new ParallelOptions { MaxDegreeOfParallelism = 16 }, i =>
        {
            if (!_limit.TryEnter()) return;
            var running = Interlocked.Increment(ref inside);
            if (running > Volatile.Read(ref most)) Volatile.Write(ref most, running);
            if (i % 50 == 0) Thread.Yield();
            Interlocked.Decrement(ref inside);
            _limit.Exit();
        });

        Assert.InRange(most, 1, 8);
        Assert.Equal(0, _limit.Running);
    }

    private void Enter(int times)
    {
        for (var i = 0; i < times; i++) Assert.True(_limit.TryEnter());
    }

    private void Exit(int times)
    {
        for (var i = 0; i < times; i++) _limit.Exit();
    }
}
