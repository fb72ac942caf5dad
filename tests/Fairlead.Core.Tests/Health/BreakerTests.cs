using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>A breaker by itself, on a clock that the test turns.</summary>
public sealed class BreakerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Breaker _breaker;

    public BreakerTests()
    {
        _breaker = new Breaker(_time, new Random(1));
        for (var i = 0; i < 5; i++) _breaker.Failed(FailureClass.ServerError, new RecentAttempts(i + 1, i + 1, 0), Now);
        _time.Advance(TimeSpan.FromSeconds(3));
    }

    private long Now => _time.GetTimestamp();

    [Fact]
    public void HalfOpen_LetsOneIn_AndNoSecondBesideIt()
    {
        Assert.True(_breaker.TryEnter(Now, mayProbe: true, out var isProbe));
        Assert.True(isProbe);
        _time.Advance(Breaker.Patience - TimeSpan.FromMilliseconds(1));

        Assert.False(_breaker.TryEnter(Now, mayProbe: true, out _));
    }

    [Fact]
    public void HalfOpen_AProbeThatHangs_KeepsNoFurtherOneAwayForEver()
    {
        _breaker.TryEnter(Now, mayProbe: true, out _);
        _time.Advance(Breaker.Patience);

        Assert.True(_breaker.TryEnter(Now, mayProbe: true, out var isProbe));
        Assert.True(isProbe);
        Assert.False(_breaker.TryEnter(Now, mayProbe: true, out _)); // and so on, one at a time
    }

    [Fact]
    public void HalfOpen_ItsReason_IsNotThatOfAShare() =>
        Assert.Equal("tried by one request at a time until it answers again", _breaker.StandingAt(Now).Reason);
}
