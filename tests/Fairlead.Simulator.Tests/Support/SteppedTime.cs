using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Simulator.Tests.Support;

/// <summary>A fake clock that tells when somebody has begun to wait on it, so that a test advances neither too early nor by guess.</summary>
internal sealed class SteppedTime : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

    public SteppedTime()
        : base(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero))
    {
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _waits.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>The length of the next wait, once it has begun.</summary>
    public ValueTask<TimeSpan> WaitBeganAsync(CancellationToken guard) => _waits.Reader.ReadAsync(guard);
}
