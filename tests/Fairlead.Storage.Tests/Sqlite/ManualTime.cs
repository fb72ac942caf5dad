using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>A clock that stands still until it is moved, and tells when somebody waits for it.</summary>
internal sealed class ManualTime : FakeTimeProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<bool> _waits = Channel.CreateUnbounded<bool>();

    public ManualTime()
        : base(new DateTimeOffset(2026, 3, 5, 9, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Completes when a timer has been set; each call takes one.</summary>
    public async Task SomebodyWaitsAsync() => await _waits.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>Completes when a condition that other threads bring about holds.</summary>
    public static void Eventually(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience), "It did not come to be.");

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new TellingTimer(this, base.CreateTimer(callback, state, dueTime, period));
        if (dueTime != Timeout.InfiniteTimeSpan) _waits.Writer.TryWrite(true);
        return timer;
    }

    private sealed class TellingTimer(ManualTime time, ITimer inner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var changed = inner.Change(dueTime, period);
            if (dueTime != Timeout.InfiniteTimeSpan) time._waits.Writer.TryWrite(true);
            return changed;
        }

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
