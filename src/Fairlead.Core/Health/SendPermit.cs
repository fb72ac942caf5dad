using Fairlead.Core.Execution;

namespace Fairlead.Core.Health;

/// <summary>A send that a target was entered for. It must be given back with <see cref="Exit"/>, once.</summary>
public readonly struct SendPermit
{
    internal SendPermit(LiveTarget live, bool isProbe)
    {
        Live = live;
        IsProbe = isProbe;
    }

    internal LiveTarget? Live { get; }

    /// <summary>Whether it finds out whether the target answers again.</summary>
    public bool IsProbe { get; }

    /// <summary>How long the target usually takes to its answer; null while that is not known.</summary>
    public TimeSpan? UsualTime => Live?.UsualTime;

    /// <summary>It is sent: how often the target may be sent again by retries grows with it.</summary>
    public void Sent(bool isRetry)
    {
        if (!isRetry) Live?.Retries.Sent();
    }

    /// <summary>Gives it back. What came of the send is told to <see cref="HealthBoard.Record"/>, before.</summary>
    public void Exit()
    {
        if (Live is not { } live) return;
        if (IsProbe) live.Breaker.ProbeEnded();
        live.Concurrency.Exit();
    }
}

/// <summary>Why nothing may be sent to a target at the moment.</summary>
/// <param name="Failure">The class that it counts as.</param>
/// <param name="Reason">In a few words, for the sentence.</param>
/// <param name="Wait">How long it is worth to wait; null where nobody knows.</param>
public sealed record SendRefusal(FailureClass Failure, string Reason, TimeSpan? Wait)
{
    /// <summary>Whether it may be sent to all the same, where nothing else is left.</summary>
    public LastResort LastResort { get; init; }
}

/// <summary>Whether a target that is not to be sent to is, where nothing else is left.</summary>
public enum LastResort
{
    /// <summary>It is not: its vendor, its bill or an operator wants it so.</summary>
    Never = 0,

    /// <summary>By one request a second and route.</summary>
    OnceASecond,

    /// <summary>By any request.</summary>
    Always,
}
