namespace Fairlead.Core.Health;

/// <summary>
/// When the gateway itself stood still: suspended, or without a thread to run on. A vendor looks slow or silent then and is neither, so
/// what was measured across such a time says nothing of it. Found by a tick that comes late. Safe for any number of threads.
/// </summary>
public sealed class OwnStalls : IDisposable
{
    /// <summary>How often the clock ticks: four times a second is nothing for an idle machine, and finds what matters.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    /// <summary>How late a tick may be: below that, a busy machine is merely busy.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(500);

    /// <summary>Stalls that are remembered, the latest: more than an attempt under a deadline is likely to live through.</summary>
    private const int Most = 16;

    private readonly TimeProvider _time;
    private readonly long _most;
    private readonly ITimer _timer;
    private Stall[] _stalls = [];
    private long _tickedAt;

    /// <summary>Starts to tick.</summary>
    /// <param name="time">Where time comes from.</param>
    public OwnStalls(TimeProvider time)
    {
        _time = time;
        _most = (long)((Period + Tolerance).TotalSeconds * time.TimestampFrequency);
        _tickedAt = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((OwnStalls)state!).Tick(), this, Period, Period);
    }

    /// <summary>Whether the gateway stood still at some time between two timestamps.</summary>
    /// <param name="from">The earlier one.</param>
    /// <param name="to">The later one; now, for what has just ended.</param>
    public bool Touches(long from, long to)
    {
        var tickedAt = Volatile.Read(ref _tickedAt);
        if (to - tickedAt > _most) return true; // it has just come to life again, and the tick is still to come
        foreach (var stall in Volatile.Read(ref _stalls))
        {
            if (stall.From < to && stall.To > from) return true;
        }

        return false;
    }

    /// <summary>Stops ticking.</summary>
    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        var now = _time.GetTimestamp();
        var before = Interlocked.Exchange(ref _tickedAt, now);
        if (now - before <= _most) return;
        // Ticks that were held up come together, and one of them alone sees the gap.
        var stalls = Volatile.Read(ref _stalls);
        Volatile.Write(ref _stalls, [.. stalls.Length < Most ? stalls : stalls[1..], new Stall(before, now)]);
    }

    private readonly record struct Stall(long From, long To);
}
