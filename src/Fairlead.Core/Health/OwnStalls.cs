namespace Fairlead.Core.Health;

/// <summary>
/// When the gateway itself stood still: suspended, or without a thread to run on. A vendor looks slow or silent then and is neither, so
/// what was measured across such a time says nothing of it. Found by a tick that comes late. Apart from that it is told when the gateway does its work
/// late for a while, which makes vendors look slower than they are and failures no less real. Safe for any number of threads.
/// </summary>
public sealed class OwnStalls : IDisposable
{
    /// <summary>How often the clock ticks: four times a second is nothing for an idle machine, and finds what matters.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    /// <summary>How late a tick may be: below that, a busy machine is merely busy.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(500);

    /// <summary>Stalls that are remembered, the latest: more than an attempt under a deadline is likely to live through.</summary>
    private const int Most = 16;

    private const long Never = long.MaxValue;

    private readonly TimeProvider _time;
    private readonly long _most;
    private readonly ITimer _timer;
    private Stall[] _stalls = [];
    private Stall[] _delays = [];
    private long _lateSince = Never;
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
        return IsWithin(Volatile.Read(ref _stalls), from, to);
    }

    /// <summary>Takes whether the gateway does its work late at the moment. One thread at a time.</summary>
    public void Late(bool isLate)
    {
        var since = Volatile.Read(ref _lateSince);
        if (isLate == (since != Never)) return;
        var now = _time.GetTimestamp();
        if (isLate)
        {
            Volatile.Write(ref _lateSince, now);
            return;
        }

        Volatile.Write(ref _delays, With(_delays, new Stall(since, now))); // before it is over: in between it is both, never neither
        Volatile.Write(ref _lateSince, Never);
    }

    /// <summary>Whether the gateway did its work late at some time between two timestamps: times are no measure of a vendor's then, and clocks that ran out none of its faults.</summary>
    /// <param name="from">The earlier one.</param>
    /// <param name="to">The later one; now, for what has just ended.</param>
    public bool WasLate(long from, long to) => Volatile.Read(ref _lateSince) < to || IsWithin(Volatile.Read(ref _delays), from, to);

    /// <summary>Stops ticking.</summary>
    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        var now = _time.GetTimestamp();
        var before = Interlocked.Exchange(ref _tickedAt, now);
        if (now - before <= _most) return;
        // Ticks that were held up come together, and one of them alone sees the gap.
        Volatile.Write(ref _stalls, With(Volatile.Read(ref _stalls), new Stall(before, now)));
    }

    private static Stall[] With(Stall[] stalls, Stall next) => [.. stalls.Length < Most ? stalls : stalls[1..], next];

    private static bool IsWithin(Stall[] stalls, long from, long to)
    {
        foreach (var stall in stalls)
        {
            if (stall.From < to && stall.To > from) return true;
        }

        return false;
    }

    private readonly record struct Stall(long From, long To);
}
