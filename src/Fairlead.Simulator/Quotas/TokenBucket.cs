namespace Fairlead.Simulator.Quotas;

/// <summary>A limit that is full at the start and refilled evenly. Guarded by its account.</summary>
internal sealed class TokenBucket(QuotaKind kind, long limit, long now)
{
    // A refill is a fraction: what is whole but for its last bits is whole.
    private const double Grain = 1e-6;

    private readonly double _perSecond = (double)limit / (kind is QuotaKind.RequestsPerDay or QuotaKind.TokensPerDay ? TimeSpan.SecondsPerDay : TimeSpan.SecondsPerMinute);
    private double _level = limit;
    private long _at = now;

    public QuotaKind Kind => kind;

    public long Limit => limit;

    /// <summary>Whether it is as it was at the start.</summary>
    public bool IsFull => _level >= limit - Grain;

    /// <summary>Refills it up to that timestamp.</summary>
    public void Refill(long now, TimeProvider time)
    {
        if (now <= _at) return;
        _level = Math.Min(limit, _level + time.GetElapsedTime(_at, now).TotalSeconds * _perSecond);
        _at = now;
    }

    /// <summary>How long until so much is there, as it stands; zero when it is.</summary>
    public TimeSpan Until(long amount) => _level >= amount - Grain ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min((amount - _level) / _perSecond, TimeSpan.FromDays(365).TotalSeconds));

    /// <summary>Takes so much; what has been used already may take it below zero.</summary>
    public void Take(long amount) => _level -= amount;

    public QuotaFigure Figure() => new(kind, limit, Math.Max(0, (long)Math.Floor(_level + Grain)), Until(limit));
}
