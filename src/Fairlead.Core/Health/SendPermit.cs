using Fairlead.Core.Execution;

namespace Fairlead.Core.Health;

/// <summary>A send that a target was entered for. It must be given back with <see cref="HealthBoard.Exit"/>, once.</summary>
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
}

/// <summary>Why nothing may be sent to a target at the moment.</summary>
/// <param name="Failure">The class that it counts as.</param>
/// <param name="Reason">In a few words, for the sentence.</param>
/// <param name="Wait">How long it is worth to wait; null where nobody knows.</param>
public sealed record SendRefusal(FailureClass Failure, string Reason, TimeSpan? Wait);
