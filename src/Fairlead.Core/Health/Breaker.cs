using Fairlead.Core.Execution;

namespace Fairlead.Core.Health;

/// <summary>
/// The breaker of one target: closed → open → half-open → recovering → closed. What counts is handed to it; it counts itself only what
/// stands in a row. A success while it is closed takes no lock. Safe for any number of threads.
/// </summary>
/// <remarks>
/// Defaults are those of RELIABILITY section 3. It opens for twice as long each time that it opens again before it was closed for a
/// minute, with ±20 % of jitter, so that many gateways do not come back at once. Half-open lets one attempt in at a time, a further one
/// where that has said nothing for <see cref="Patience"/>, and three successes one after the other end it; then the share grows
/// 1 → 5 → 25 → 100 % over <see cref="Ramp"/>. What began before it opened says nothing of it since: what hung then would open it
/// again and again, long after its target is back.
/// </remarks>
internal sealed class Breaker(TimeProvider time, Random jitter)
{
    /// <summary>How far back a share is looked at; a little more or less, for it is counted in slices.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    /// <summary>Attempts that a share needs.</summary>
    public const int LeastAttempts = 10;

    /// <summary>Successes one after the other that end half-open.</summary>
    public const int Successes = 3;

    /// <summary>
    /// A probe that has not ended after so long keeps no further one away: a vendor that was silent may answer again long before a JSON
    /// answer's deadline.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Half-open for so long without a probe, and it is closed: nobody uses it, so nobody has to be spared.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(2);

    /// <summary>Failures one after the other that open it again while it recovers.</summary>
    private const int FailuresWhileRecovering = 3;

    /// <summary>How long its share grows.</summary>
    public static readonly TimeSpan Ramp = TimeSpan.FromSeconds(30);

    /// <summary>A second answer of the kind that its model is gone, and it is not tried for this long.</summary>
    private static readonly TimeSpan OpenWhenGone = TimeSpan.FromMinutes(5);

    /// <summary>After a minute without spending there is nothing left in the minute that was looked at.</summary>
    private static readonly TimeSpan OpenForCost = TimeSpan.FromMinutes(1);

    /// <summary>Closed for so long, and it has forgotten how often it opened.</summary>
    private static readonly TimeSpan Forgets = TimeSpan.FromMinutes(1);

    private static readonly double[] Shares = [0.01, 0.05, 0.25];

    private readonly Lock _gate = new();
    private BreakerSettings _settings = BreakerSettings.Default;
    private int _state;
    private int _failures; // in a row
    private int _gone;     // in a row
    private int _successes;
    private int _probes;
    private long _probedAt;
    private long _halfOpenAt;
    private int _trips;
    private RecentAttempts _recovering; // since its share grows: the window still has what opened it
    private long _openedAt;
    private long _until;   // of an open one
    private long _closedAt;
    private long _recoveringAt;
    private BreakerCause _cause;
    private FailureClass _failure;
    private DateTimeOffset _since;
    private int _override;
    private DateTimeOffset _setAt; // by an operator

    /// <summary>What it opens by. Kept from the last configuration that named the target.</summary>
    public BreakerSettings Settings
    {
        get => Volatile.Read(ref _settings);
        set => Volatile.Write(ref _settings, value);
    }

    /// <summary>Whether every request may be sent: nothing more needs to be asked.</summary>
    public bool IsClosed => Volatile.Read(ref _state) == (int)BreakerState.Closed && Volatile.Read(ref _override) == (int)BreakerOverride.None;

    /// <summary>What an operator has set.</summary>
    public BreakerOverride Override => (BreakerOverride)Volatile.Read(ref _override);

    /// <summary>When it last opened; zero for never.</summary>
    public long OpenedAt => Volatile.Read(ref _openedAt);

    /// <summary>How often it opened since it was last closed for a minute.</summary>
    public int Trips => _trips;

    /// <summary>How it stands.</summary>
    public TargetStanding StandingAt(long now)
    {
        lock (_gate)
        {
            switch (Override)
            {
                case BreakerOverride.Open:
                    return new TargetStanding(BreakerState.Open, BreakerCause.Operator, FailureClass.None, _setAt, null, 0);
                case BreakerOverride.Closed:
                    return TargetStanding.Closed;
            }

            Advance(now);
            return (BreakerState)_state switch
            {
                BreakerState.Open => new TargetStanding(BreakerState.Open, _cause, _failure, _since, Left(now), 0),
                BreakerState.HalfOpen => new TargetStanding(BreakerState.HalfOpen, _cause, _failure, _since, null, 1),
                BreakerState.Recovering => new TargetStanding(BreakerState.Recovering, _cause, _failure, _since, null, ShareAt(now)),
                _ => TargetStanding.Closed,
            };
        }
    }

    /// <summary>Lets an attempt in, or not. One that is let in must end with <see cref="ProbeEnded"/> where it is a probe.</summary>
    /// <param name="now">Now.</param>
    /// <param name="mayProbe">Whether it may be the one that finds out: it must be safe to send twice.</param>
    /// <param name="isProbe">Whether it is.</param>
    public bool TryEnter(long now, bool mayProbe, out bool isProbe)
    {
        isProbe = false;
        if (IsClosed) return true;
        lock (_gate)
        {
            if (Override != BreakerOverride.None) return Override == BreakerOverride.Closed;
            Advance(now);
            switch ((BreakerState)_state)
            {
                case BreakerState.Open:
                    return false;
                case BreakerState.HalfOpen:
                    if (!mayProbe || (_probes > 0 && time.GetElapsedTime(_probedAt, now) < Patience)) return false;
                    _probes++;
                    _probedAt = now;
                    isProbe = true;
                    return true;
                default:
                    return true;
            }
        }
    }

    /// <summary>The probe has ended, however it did.</summary>
    public void ProbeEnded()
    {
        lock (_gate) _probes = Math.Max(0, _probes - 1);
    }

    /// <summary>An attempt answered, in time.</summary>
    /// <param name="now">Now.</param>
    /// <param name="began">When it began.</param>
    /// <returns>Whether its state is another one now.</returns>
    public bool Succeeded(long now, long began)
    {
        if (Volatile.Read(ref _state) == (int)BreakerState.Closed)
        {
            if (Volatile.Read(ref _failures) != 0) Volatile.Write(ref _failures, 0);
            if (Volatile.Read(ref _gone) != 0) Volatile.Write(ref _gone, 0);
            return false;
        }

        lock (_gate)
        {
            Advance(now);
            if (began < _openedAt) return false;
            (_failures, _gone) = (0, 0);
            if (_state == (int)BreakerState.Recovering) _recovering = _recovering with { Judged = _recovering.Judged + 1 };
            if (_state != (int)BreakerState.HalfOpen || ++_successes < Successes) return false;
            _state = (int)BreakerState.Recovering;
            _recoveringAt = now;
            _recovering = default;
            return true;
        }
    }

    /// <summary>An attempt failed, or was slow, in a way that counts against the target.</summary>
    /// <param name="failure">Its class; <see cref="FailureClass.None"/> for one that answered too late.</param>
    /// <param name="recent">What the window has, this one included.</param>
    /// <param name="now">Now.</param>
    /// <param name="began">When it began.</param>
    /// <returns>Whether its state is another one now.</returns>
    public bool Failed(FailureClass failure, in RecentAttempts recent, long now, long began)
    {
        lock (_gate)
        {
            Advance(now);
            if (_state == (int)BreakerState.Open || began < _openedAt) return false;
            var isSlow = failure == FailureClass.None;
            _failures = isSlow ? 0 : _failures + 1; // a slow answer is one: what failed before it is no row any more
            _gone = failure == FailureClass.ModelGone ? _gone + 1 : 0;
            if (_gone >= 2) return Open(BreakerCause.Gone, failure, OpenWhenGone, now);
            if (_state == (int)BreakerState.HalfOpen) return OpenFor(isSlow, failure, now);
            var mostFailures = _settings.Failures;
            var judged = recent;
            if (_state == (int)BreakerState.Recovering)
            {
                mostFailures = Math.Min(FailuresWhileRecovering, mostFailures);
                judged = _recovering = new RecentAttempts(_recovering.Judged + 1, _recovering.Failed + (isSlow ? 0 : 1), _recovering.Slow + (isSlow ? 1 : 0));
            }

            if (_failures >= mostFailures) return Open(BreakerCause.Failures, failure, null, now);
            var of = isSlow ? judged.Judged + judged.CutOff : judged.Judged;
            return of >= LeastAttempts && (isSlow ? judged.Slow : judged.Failed) >= _settings.Share * of && OpenFor(isSlow, failure, now);
        }
    }

    /// <summary>More was spent in a minute than may be.</summary>
    public bool Overspent(long now)
    {
        lock (_gate)
        {
            Advance(now);
            return _state != (int)BreakerState.Open && Open(BreakerCause.Cost, FailureClass.BudgetExceeded, OpenForCost, now);
        }
    }

    /// <summary>Sets what an operator wants; that it does as it does by itself, from the beginning.</summary>
    /// <returns>Whether that is another thing than before.</returns>
    public bool Set(BreakerOverride set)
    {
        lock (_gate)
        {
            if (Override == set && (set != BreakerOverride.None || _state == (int)BreakerState.Closed)) return false;
            Volatile.Write(ref _override, (int)set);
            _setAt = time.GetUtcNow();
            if (set == BreakerOverride.Open) return true;
            // Back to what it does by itself, or closed at once: either way from the beginning.
            (_state, _failures, _gone, _successes, _trips, _cause, _failure) = ((int)BreakerState.Closed, 0, 0, 0, 0, BreakerCause.None, FailureClass.None);
            return true;
        }
    }

    /// <summary>Begins with what an operator has set of another one, since then. Before anybody else knows it.</summary>
    public void SetAs(Breaker other)
    {
        lock (other._gate) (_override, _setAt) = (other._override, other._setAt);
    }

    /// <summary>The vendor answers elsewhere: an open one may be tried now rather than when its time is over.</summary>
    public void TryNow(long now)
    {
        lock (_gate)
        {
            if (_state == (int)BreakerState.Open && _cause == BreakerCause.Failures) _until = Math.Min(_until, now);
        }
    }

    /// <summary>Moves on what time alone moves.</summary>
    private void Advance(long now)
    {
        if (_state == (int)BreakerState.Open && now >= _until)
        {
            // What it has cost is no illness: there is nothing to find out.
            if (_cause == BreakerCause.Cost)
            {
                Close(now);
                return;
            }

            _state = (int)BreakerState.HalfOpen;
            _halfOpenAt = now;
            _successes = 0;
            _failures = 0;
        }
        else if (_state == (int)BreakerState.HalfOpen && time.GetElapsedTime(Math.Max(_halfOpenAt, _probedAt), now) >= Idle)
        {
            _probes = 0;
            Close(now);
        }
        else if (_state == (int)BreakerState.Recovering && time.GetElapsedTime(_recoveringAt, now) >= Ramp)
        {
            Close(now);
        }
        else if (_trips > 0 && _state == (int)BreakerState.Closed && time.GetElapsedTime(_closedAt, now) >= Forgets)
        {
            _trips = 0;
        }
    }

    private void Close(long now)
    {
        _state = (int)BreakerState.Closed;
        _closedAt = now;
        (_cause, _failure) = (BreakerCause.None, FailureClass.None);
    }

    private bool OpenFor(bool isSlow, FailureClass failure, long now) => isSlow ? Open(BreakerCause.Latency, FailureClass.TooSlow, null, now) : Open(BreakerCause.Failures, failure, null, now);

    private bool Open(BreakerCause cause, FailureClass failure, TimeSpan? length, long now)
    {
        if (_state == (int)BreakerState.Closed)
        {
            _since = time.GetUtcNow();
        }

        _openedAt = now;
        _trips = Math.Min(_trips + 1, 30);
        var spread = 0.4 * jitter.NextDouble();
        // A length that is given is the least: before it is over, nothing is another thing.
        var open = length is { } least ? least * (1 + (spread / 2)) : TimeSpan.FromTicks(Math.Min(_settings.Open.Ticks << Math.Min(_trips - 1, 10), _settings.MostOpen.Ticks)) * (0.8 + spread);
        _until = now + (long)(open.TotalSeconds * time.TimestampFrequency);
        (_state, _cause, _failure, _failures, _successes) = ((int)BreakerState.Open, cause, failure, 0, 0);
        return true;
    }

    private double ShareAt(long now)
    {
        var step = (int)(time.GetElapsedTime(_recoveringAt, now) / Ramp * Shares.Length);
        return step < Shares.Length ? Shares[Math.Max(0, step)] : 1;
    }

    private TimeSpan Left(long now) => now >= _until ? TimeSpan.Zero : time.GetElapsedTime(now, _until);
}

/// <summary>What was counted of a target lately.</summary>
/// <param name="Judged">Attempts that say something of it.</param>
/// <param name="Failed">Those of them that failed.</param>
/// <param name="Slow">Answers that took too long.</param>
/// <param name="CutOff">Those of them that were cut off for their pace: they are none of the judged.</param>
internal readonly record struct RecentAttempts(int Judged, int Failed, int Slow, int CutOff = 0);
