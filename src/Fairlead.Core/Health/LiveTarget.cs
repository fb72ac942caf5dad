using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Health;

/// <summary>Everything that is kept of one target while the gateway runs. Safe for any number of threads.</summary>
internal sealed class LiveTarget(string name, TimeProvider time, Random jitter)
{
    private readonly PeakEwma _latency = new(time);
    private readonly TrafficShift _shift = new(time);
    private readonly UsualPace _pace = new(time);
    private readonly PaceByLength _paceByLength = new(time);
    private readonly long _createdAt = time.GetTimestamp();
    private long _succeededAt = long.MinValue;
    private long _heldUntil = long.MinValue;

    public string Name => name;

    public TargetWindow Window { get; } = new();

    public Breaker Breaker { get; } = new(time, jitter);

    public RetryBudget Retries { get; } = new(time);

    public ConcurrencyLimit Concurrency { get; } = new(time);

    /// <summary>Targets of the same provider; null until one was sent to.</summary>
    public OutageScope? Provider { get; set; }

    /// <summary>When it last answered; the least of all for never.</summary>
    public long SucceededAt => Volatile.Read(ref _succeededAt);

    /// <summary>How long it usually takes to its answer; null without a sample.</summary>
    public TimeSpan? UsualTime => _pace.UsualMilliseconds is >= 0 and var usual ? TimeSpan.FromMilliseconds(Math.Min(usual, TimeSpan.MaxValue.TotalMilliseconds / 4)) : null;

    /// <summary>Whether its window is empty because nothing came for as long as it is, or nothing ever: who asked for it then was not served by it.</summary>
    public bool IsDisused(long now) => Window.WasUsed || time.GetElapsedTime(_createdAt, now) >= HealthBoard.Window;

    /// <summary>How long its vendor still wants to be left alone; null: not at all.</summary>
    public TimeSpan? HeldFor(long now) => Volatile.Read(ref _heldUntil) is var until && until > now ? time.GetElapsedTime(now, until) : null;

    /// <summary>Its vendor is not left alone any more.</summary>
    public void Release() => Volatile.Write(ref _heldUntil, long.MinValue);

    /// <summary>Forgets what was counted lately, and takes all requests; whether it took less. One thread at a time.</summary>
    public bool BeginAnew(long now)
    {
        var tookLess = _shift.Share < 1;
        Window.Clear();
        _shift.Reset(now);
        return tookLess;
    }

    /// <summary>Its time to the answer times what it runs, made worse by what fails; 0 when nothing is known.</summary>
    public double Load
    {
        get
        {
            var milliseconds = _latency.At(_pace.UsualMilliseconds, time.GetTimestamp());
            return double.IsNaN(milliseconds) ? 0 : milliseconds * (Concurrency.Running + 1) * _penalty;
        }
    }

    private double _penalty = 1;

    /// <summary>Takes an ended attempt.</summary>
    /// <returns>Whether its breaker stands otherwise now.</returns>
    public bool Record(in AttemptSample sample, long period, long now)
    {
        var counts = sample.Failure != FailureClass.None && !sample.IsExcused && FailureTable.Of(sample.Failure).CountsAgainstTarget;
        var hasTime = sample.Failure is FailureClass.None or FailureClass.TooSlow; // what is cut off for its pace took at least so long
        var isSlow = hasTime && !sample.IsExcused && Breaker.Settings.Slow is { } slow && sample.TimeToAnswer > slow;
        Window.Record(isSlow ? sample with { IsSlow = true } : sample, period);
        if (sample.TimeToAnswer is { } answered && hasTime)
        {
            _latency.Add(answered.TotalMilliseconds, now);
            _pace.Add(answered.TotalMilliseconds, now);
            if (sample.Failure == FailureClass.None) _paceByLength.Add(answered.TotalMilliseconds, sample.AnswerTokens, sample.PromptTokens, now);
        }

        if (!sample.IsExcused && IsOverload(sample, period)) Concurrency.Overloaded(now);
        if (sample is { Failure: FailureClass.Overloaded, IsExcused: false, RetryAfter: { } hint } && hint > TimeSpan.Zero && IsMoreThanSome(period))
        {
            Volatile.Write(ref _heldUntil, Math.Max(Volatile.Read(ref _heldUntil), now + (long)(Math.Min(hint.TotalSeconds, MostHeld.TotalSeconds) * time.TimestampFrequency)));
        }

        var hasChanged = false;
        var began = sample.BeganAt == 0 ? now : sample.BeganAt;
        if (counts || isSlow)
        {
            hasChanged = Breaker.Failed(counts ? sample.Failure : FailureClass.None, Window.Recent(period, RecentSlices), now, began);
        }
        else if (sample.Failure == FailureClass.None)
        {
            Volatile.Write(ref _succeededAt, now);
            Concurrency.Succeeded(now);
            hasChanged = Breaker.Succeeded(now, began);
        }

        if (Breaker.Settings.CostPerMinute is { } most && sample.Cost is not null && Window.Spent(period, SlicesOfMinute) > most.NanoDollars) hasChanged |= Breaker.Overspent(now);
        return hasChanged;
    }

    /// <summary>How it stands, and moves its share a step where it is time to. One thread at a time.</summary>
    public TargetStanding StandingAt(long period, long now)
    {
        var standing = Breaker.StandingAt(now);
        var recent = Window.Recent(period, RecentSlices);
        _penalty = recent.Judged == 0 ? 1 : 1 + (4.0 * recent.Failed / recent.Judged);
        if (Breaker.Override == BreakerOverride.Closed) return standing;
        if (standing.State != BreakerState.Closed)
        {
            _shift.Reset(now); // its breaker's steps bring it back: two of them one after the other would take twice as long
            return standing;
        }

        _shift.Move(recent, _paceByLength.Slowness, _pace.Milliseconds, now);
        if (Provider?.Out is { } since) return new TargetStanding(BreakerState.Open, BreakerCause.Outage, FailureClass.VendorOutage, since, null, 0) { Scope = Provider.OutShown };
        return _shift.Share == 1 ? standing : new TargetStanding(BreakerState.Closed, BreakerCause.None, FailureClass.DegradedQuality, _shift.Since, null, _shift.Share);
    }

    /// <summary>The slices that a breaker looks at.</summary>
    public static readonly int RecentSlices = (int)(Breaker.Window / TargetWindow.SliceLength);

    private static readonly int SlicesOfMinute = (int)(TimeSpan.FromMinutes(1) / TargetWindow.SliceLength);

    /// <summary>Longer than this nobody is left alone who only had too much to do.</summary>
    private static readonly TimeSpan MostHeld = TimeSpan.FromSeconds(30);

    /// <summary>Below this share of failures lately one that looks like too much to do is one of those that there always are.</summary>
    private const double LeastShareOfFailures = 0.05;

    /// <summary>Whether it says, or shows, that it has too much to do. A long JSON answer that meets the deadline shows nothing.</summary>
    private bool IsOverload(in AttemptSample sample, long period) => sample.Failure switch
    {
        FailureClass.Overloaded => IsMoreThanSome(period),
        FailureClass.Timeout => !sample.IsDeadline && IsMoreThanSome(period),
        FailureClass.RateLimited => sample.RetryAfter is null,
        _ => false,
    };

    private bool IsMoreThanSome(long period) => Window.Recent(period, RecentSlices) is var recent && recent.Failed >= LeastShareOfFailures * recent.Judged;

    /// <summary>What it was when it was first sent to: its provider and the vendor's name of its model.</summary>
    public string? Identity { get; set; }

    /// <summary>Takes what the configuration says of it.</summary>
    public void Follow(Target target)
    {
        if (!ReferenceEquals(Breaker.Settings, target.Breaker)) Breaker.Settings = target.Breaker;
    }
}
