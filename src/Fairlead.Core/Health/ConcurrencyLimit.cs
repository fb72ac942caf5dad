namespace Fairlead.Core.Health;

/// <summary>
/// How many requests a target carries at once: unlimited until it says that it has too much, then found by additive increase and
/// multiplicative decrease. Safe for any number of threads.
/// </summary>
/// <remarks>
/// A sign of overload cuts the limit to 0.7 of what ran, once a second at most, for all that ran then fail together. While the limit is
/// reached each success lifts it: by one while it is below nine tenths of where it was last too much, else by its reciprocal. A minute
/// without a sign, and it is lifted.
/// </remarks>
internal sealed class ConcurrencyLimit(TimeProvider time)
{
    private const int Least = 8;
    private const double Decrease = 0.7;
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Forgets = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private double _limit = double.PositiveInfinity;
    private double _tooMuch;
    private long _cutAt;
    private int _running;

    /// <summary>What runs.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>The limit; null while there is none.</summary>
    public int? Limit => Volatile.Read(ref _limit) is var limit && double.IsPositiveInfinity(limit) ? null : (int)limit;

    /// <summary>Takes a place; false when all are taken.</summary>
    public bool TryEnter()
    {
        var running = Interlocked.Increment(ref _running);
        if (running <= Volatile.Read(ref _limit)) return true;
        Interlocked.Decrement(ref _running);
        return false;
    }

    /// <summary>Takes a place whatever the limit is.</summary>
    public void Enter() => Interlocked.Increment(ref _running);

    /// <summary>Gives a place back.</summary>
    public void Exit() => Interlocked.Decrement(ref _running);

    /// <summary>It answered while this many ran.</summary>
    public void Succeeded(long now)
    {
        if (double.IsPositiveInfinity(Volatile.Read(ref _limit))) return;
        lock (_gate)
        {
            if (time.GetElapsedTime(_cutAt, now) >= Forgets) Volatile.Write(ref _limit, double.PositiveInfinity);
            else if (_running >= 0.8 * _limit) Volatile.Write(ref _limit, _limit + (_limit < 0.9 * _tooMuch ? 1 : 1 / _limit));
        }
    }

    /// <summary>It says, or shows, that it has too much.</summary>
    public void Overloaded(long now)
    {
        lock (_gate)
        {
            if (!double.IsPositiveInfinity(_limit) && time.GetElapsedTime(_cutAt, now) < Apart) return;
            _tooMuch = Math.Min(_limit, Math.Max(_running, Least));
            _cutAt = now;
            Volatile.Write(ref _limit, Math.Max(Least, _tooMuch * Decrease));
        }
    }
}
