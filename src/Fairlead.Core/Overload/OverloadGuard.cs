namespace Fairlead.Core.Overload;

/// <summary>
/// Whether the gateway itself has room for a request. Three signals have a level each, by how much is refused: 0 nothing, 1 what is sheddable, 2 what is
/// normal too, 3 everything. The highest holds. A level that was reached is left a good way below where it begins, so that it does not flap; the limit of
/// requests in flight alone is exact.
/// </summary>
/// <remarks>
/// Requests in flight: shares of <see cref="OverloadSettings.Concurrent"/>, never beyond it. Delay: how late work is done that is due, smoothed over half a
/// second; never level 3, for what is late is not lost. Memory: a share of what the process may use; never level 3. Pure arithmetic: others sample.
/// Safe for any number of threads; samples come from one at a time.
/// </remarks>
public sealed class OverloadGuard
{
    /// <summary>How often the delay is to be sampled; its smoothing counts on it.</summary>
    public static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>What one sample weighs against those before it.</summary>
    private const double Weight = 0.2;

    /// <summary>One sample says no more than this, so that a stop of the whole machine is soon forgotten.</summary>
    private const double MostMilliseconds = 2000;

    /// <summary>Of the memory at which a level begins: below it is left.</summary>
    private const double LeavesMemory = 0.95;

    private static readonly Levels Concurrency = new(0.7, 0.63, 0.9, 0.81, 1, 1);
    private static readonly Levels Delays = new(100, 50, 500, 250, double.PositiveInfinity, double.PositiveInfinity);

    private OverloadSettings _settings = OverloadSettings.Default;
    private int _inFlight;
    private int _byConcurrency;
    private int _byDelay;
    private int _byMemory;
    private int _told;
    private double _delay;
    private double _memory;

    /// <summary>Heard when the level changes, with the level before, that now, and what makes it; on whatever thread changed it.</summary>
    public event Action<int, int, OverloadReason>? Changed;

    /// <summary>From when on it refuses. A new value holds from the next request and sample on.</summary>
    public OverloadSettings Settings
    {
        get => Volatile.Read(ref _settings);
        set => Volatile.Write(ref _settings, value);
    }

    /// <summary>Requests that were taken and have not ended.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The smoothed delay.</summary>
    public TimeSpan Delay => TimeSpan.FromMilliseconds(Volatile.Read(ref _delay));

    /// <summary>The share of the memory that is used, as sampled last.</summary>
    public double Memory => Volatile.Read(ref _memory);

    /// <summary>Whether work is done so late that what is measured says nothing of others.</summary>
    public bool IsLate => Volatile.Read(ref _byDelay) > 0;

    /// <summary>Whether something is refused for want of memory.</summary>
    public bool IsShortOfMemory => Volatile.Read(ref _byMemory) > 0;

    /// <summary>How much is refused: 0 nothing, 1 what is sheddable, 2 what is normal too, 3 everything.</summary>
    public int Level => Math.Max(Math.Max(Volatile.Read(ref _byConcurrency), Volatile.Read(ref _byDelay)), Volatile.Read(ref _byMemory));

    /// <summary>Takes a request, or says why there is no room for it. What is taken has to <see cref="Leave"/>.</summary>
    /// <param name="criticality">How much it matters.</param>
    /// <returns><see cref="OverloadReason.None"/> when it is taken.</returns>
    public OverloadReason TryEnter(Criticality criticality)
    {
        var others = Interlocked.Increment(ref _inFlight) - 1;
        CountIn(others);
        // The level may be that of another one's count already; this request's own is its own.
        var reason = others >= Settings.Concurrent ? OverloadReason.Concurrency : ReasonFor((int)criticality);
        if (reason != OverloadReason.None) Leave();
        return reason;
    }

    /// <summary>A request that was taken has ended.</summary>
    public void Leave()
    {
        var inFlight = Interlocked.Decrement(ref _inFlight);
        // Counted again after a change, which may be of a count that is over: what the last one leaves behind would stay.
        while (CountIn(inFlight)) inFlight = InFlight;
    }

    /// <summary>Takes how late a piece of work was done that was due.</summary>
    public void Delayed(TimeSpan late)
    {
        var delay = _delay + (Weight * (Math.Clamp(late.TotalMilliseconds, 0, MostMilliseconds) - _delay));
        Volatile.Write(ref _delay, delay);
        Volatile.Write(ref _byDelay, Delays.Next(delay, _byDelay));
        Tell();
    }

    /// <summary>Takes the share of the memory that is used, of what the process may use.</summary>
    public void Used(double memory)
    {
        Volatile.Write(ref _memory, memory);
        var from = Settings.Memory;
        var normal = from + ((1 - from) / 2);
        var levels = new Levels(from, from * LeavesMemory, normal, normal * LeavesMemory, double.PositiveInfinity, double.PositiveInfinity);
        Volatile.Write(ref _byMemory, levels.Next(memory, _byMemory));
        Tell();
    }

    private OverloadReason ReasonFor(int criticality)
    {
        if (Volatile.Read(ref _byConcurrency) > criticality) return OverloadReason.Concurrency;
        if (Volatile.Read(ref _byMemory) > criticality) return OverloadReason.Memory;
        return Volatile.Read(ref _byDelay) > criticality ? OverloadReason.Delay : OverloadReason.None;
    }

    /// <summary>Takes a count; says whether the level changed.</summary>
    private bool CountIn(int inFlight)
    {
        var level = Volatile.Read(ref _byConcurrency);
        var next = Concurrency.Next((double)inFlight / Settings.Concurrent, level);
        if (next == level) return false;
        Volatile.Write(ref _byConcurrency, next);
        Tell();
        return true;
    }

    private void Tell()
    {
        var level = Level;
        if (Volatile.Read(ref _told) == level) return;
        var before = Interlocked.Exchange(ref _told, level);
        if (before != level) Changed?.Invoke(before, level, level == 0 ? OverloadReason.None : ReasonFor(level - 1));
    }

    /// <summary>Where the levels of a signal begin, and where they are left.</summary>
    private readonly record struct Levels(double First, double LeavesFirst, double Second, double LeavesSecond, double Third, double LeavesThird)
    {
        /// <summary>The level at a value, after another one.</summary>
        public int Next(double value, int before)
        {
            if (value >= (before >= 3 ? LeavesThird : Third)) return 3;
            if (value >= (before >= 2 ? LeavesSecond : Second)) return 2;
            return value >= (before >= 1 ? LeavesFirst : First) ? 1 : 0;
        }
    }
}
