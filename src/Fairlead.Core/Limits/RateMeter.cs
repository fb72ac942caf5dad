namespace Fairlead.Core.Limits;

/// <summary>
/// How much of an amount per minute has been taken: a bucket that fills evenly and holds a minute's worth, kept as the time at which it
/// will be full again (the generic cell rate algorithm, ITU-T I.371). One atomic step each; safe for any number of threads.
/// </summary>
internal sealed class RateMeter
{
    /// <summary>Nanoseconds.</summary>
    private const long Minute = 60_000_000_000;

    private long _fullAt; // nanoseconds of a clock that never goes back

    /// <summary>Takes an amount if it is there.</summary>
    /// <param name="amount">How much; more than a minute's worth is let through when the bucket is full, and has to be waited for afterwards.</param>
    /// <param name="perMinute">How much a minute brings; at least 1.</param>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="wait">How long until it would be there; zero when it was taken.</param>
    public bool TryTake(long amount, int perMinute, long now, out TimeSpan wait)
    {
        var span = SpanOf(amount, perMinute);
        var seen = Volatile.Read(ref _fullAt);
        while (true)
        {
            var from = Math.Max(seen, now);
            var missing = from + Math.Min(span, Minute) - Minute - now;
            if (missing > 0)
            {
                wait = Time(missing);
                return false;
            }

            var found = Interlocked.CompareExchange(ref _fullAt, from + span, seen);
            if (found == seen)
            {
                wait = TimeSpan.Zero;
                return true;
            }

            seen = found;
        }
    }

    /// <summary>Takes more, or gives back, once it is known how much it was. What is not there has to be waited for by those who come next.</summary>
    /// <param name="amount">Negative to give back.</param>
    /// <param name="perMinute">How much a minute brings.</param>
    /// <param name="now">Nanoseconds.</param>
    public void Adjust(long amount, int perMinute, long now)
    {
        if (amount == 0) return;
        var span = SpanOf(Math.Abs(amount), perMinute) * Math.Sign(amount);
        var seen = Volatile.Read(ref _fullAt);
        while (true)
        {
            // What has filled up meanwhile is not filled twice by what is given back.
            var next = span > 0 ? Math.Max(seen, now) + span : Math.Max(seen + span, Math.Min(seen, now));
            var found = Interlocked.CompareExchange(ref _fullAt, next, seen);
            if (found == seen) return;
            seen = found;
        }
    }

    /// <summary>What is there, rounded down, and how long until it is full.</summary>
    public (long Left, TimeSpan FullIn) At(int perMinute, long now)
    {
        var missing = Math.Max(0, Volatile.Read(ref _fullAt) - now);
        return (Math.Max(0, (long)((Int128)(Minute - missing) * perMinute / Minute)), Time(missing));
    }

    /// <summary>Whether nothing is missing.</summary>
    public bool IsFull(long now) => Volatile.Read(ref _fullAt) <= now;

    private static long SpanOf(long amount, int perMinute) => (long)Int128.Min((Int128)amount * Minute / perMinute, long.MaxValue / 4);

    private static TimeSpan Time(long nanoseconds) => new((nanoseconds + 99) / 100);
}
