using System.Runtime.ExceptionServices;

namespace Fairlead.Core.Tests.Simulation;

/// <summary>
/// A clock that stands still but for jumps to what is planned next: things planned for the same moment come in the order they were planned
/// in. One thread.
/// </summary>
internal sealed class VirtualTime : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Planned, (long At, long Order)> _planned = new();
    private long _now;
    private long _order;
    private ExceptionDispatchInfo? _broken;

    /// <summary>How long it has run.</summary>
    public TimeSpan Now => new(_now);

    /// <inheritdoc />
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc />
    public override long GetTimestamp() => _now;

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => Epoch.AddTicks(_now);

    /// <summary>Plans something; a time that is over is now.</summary>
    public Planned At(TimeSpan at, Action act)
    {
        var planned = new Planned(act);
        _planned.Enqueue(planned, (Math.Max(_now, at.Ticks), _order++));
        return planned;
    }

    /// <summary>Ends after a time, or when something else has ended before.</summary>
    public async Task DelayAsync(TimeSpan delay, Task other)
    {
        if (other.IsCompleted) return;
        var over = new TaskCompletionSource();
        var planned = At(Now + delay, over.SetResult);
        await Task.WhenAny(over.Task, other);
        planned.Cancel();
    }

    /// <summary>Ends the run, for something that went wrong: it is thrown by <see cref="Run"/>.</summary>
    public void Break(Exception exception) => _broken ??= ExceptionDispatchInfo.Capture(exception);

    /// <summary>Lets everything happen that is planned.</summary>
    public void Run()
    {
        while (_broken is null && _planned.TryDequeue(out var planned, out var when))
        {
            _now = when.At;
            planned.Happen();
        }

        _broken?.Throw();
    }

    /// <summary>Something that is to happen, unless it is cancelled before.</summary>
    internal sealed class Planned(Action act)
    {
        private Action? _act = act;

        public void Cancel() => _act = null;

        public void Happen()
        {
            var act = _act;
            _act = null;
            act?.Invoke();
        }
    }
}
