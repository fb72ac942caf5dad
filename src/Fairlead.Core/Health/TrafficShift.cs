namespace Fairlead.Core.Health;

/// <summary>
/// Takes requests away from a target in steps while it fails or is slow in part, before it is out altogether, and gives them back in
/// steps. Between the bounds nothing moves, so that it does not swing. One thread at a time.
/// </summary>
internal sealed class TrafficShift(TimeProvider time)
{
    /// <summary>Below this share of answers it takes less.</summary>
    private const double TooFew = 0.9;

    /// <summary>From this share of answers on it takes more.</summary>
    private const double Enough = 0.97;

    /// <summary>So many times slower than it is used to, and it takes less.</summary>
    private const double TooSlow = 4;

    /// <summary>Less than so many times slower, and it takes more.</summary>
    private const double FastEnough = 2;

    /// <summary>What is faster than this is not slow, whatever it was before.</summary>
    private const double LeastSlowMs = 500;

    private static readonly double[] Steps = [1, 0.75, 0.5, 0.25, 0.1];

    /// <summary>How long a step down lasts at least.</summary>
    private static readonly TimeSpan Down = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long it must be well before a step up. What failed is looked back at for half a minute before that: all steps together are to be
    /// over in a minute.
    /// </summary>
    private static readonly TimeSpan Up = TimeSpan.FromSeconds(5);

    private int _step;
    private long _movedAt = long.MinValue;
    private long _wellSince = long.MaxValue;
    private DateTimeOffset _since;

    /// <summary>The share of the requests that it takes.</summary>
    public double Share => Steps[_step];

    /// <summary>Since when it takes less than all.</summary>
    public DateTimeOffset Since => _since;

    /// <summary>Takes all at once: something else decides what it takes.</summary>
    public void Reset(long now) => (_step, _movedAt, _wellSince) = (0, now, long.MaxValue);

    /// <summary>Moves a step where it is time to.</summary>
    /// <param name="recent">What was counted lately.</param>
    /// <param name="slowness">How many times slower it is than it is used to; not a number where that is not known.</param>
    /// <param name="averageMs">Its time to the answer now, in milliseconds.</param>
    /// <param name="now">Now.</param>
    public void Move(in RecentAttempts recent, double slowness, double averageMs, long now)
    {
        if (_movedAt == long.MinValue) _movedAt = now;
        var answered = recent.Judged == 0 ? 1 : 1 - ((double)recent.Failed / recent.Judged);
        var isIll = recent.Judged >= Breaker.LeastAttempts && (answered < TooFew || (slowness >= TooSlow && averageMs >= LeastSlowMs));
        var isWell = answered >= Enough && !(slowness >= FastEnough && averageMs >= LeastSlowMs);
        if (!isWell) _wellSince = long.MaxValue;
        else if (_wellSince == long.MaxValue) _wellSince = now;
        if (isIll && _step < Steps.Length - 1 && (_step == 0 || time.GetElapsedTime(_movedAt, now) >= Down))
        {
            if (_step++ == 0) _since = time.GetUtcNow();
            _movedAt = now;
        }
        else if (isWell && _step > 0 && time.GetElapsedTime(Math.Max(_wellSince, _movedAt), now) >= Up)
        {
            _step--;
            _movedAt = now;
        }
    }
}
