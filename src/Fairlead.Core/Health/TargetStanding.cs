using System.Globalization;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Health;

/// <summary>Whether a target is sent to at the moment, and why not, or not with all. Immutable.</summary>
/// <param name="State">Its breaker.</param>
/// <param name="Cause">Why it is not closed.</param>
/// <param name="Failure">The class of what opened it; none for what is no failure.</param>
/// <param name="Since">Since when it is not closed.</param>
/// <param name="Left">How long until it is tried again; null where that is not a matter of time.</param>
/// <param name="Share">The share of the requests that it takes where another target could: 0 to 1.</param>
public sealed record TargetStanding(BreakerState State, BreakerCause Cause, FailureClass Failure, DateTimeOffset Since, TimeSpan? Left, double Share)
{
    /// <summary>It takes every request.</summary>
    public static TargetStanding Closed { get; } = new(BreakerState.Closed, BreakerCause.None, FailureClass.None, default, null, 1);

    /// <summary>What fails together with it; null where it is about the target alone.</summary>
    public string? Scope { get; init; }

    /// <summary>The same as it is told: of one that is tried by one request at a time, none.</summary>
    public double TakenShare => State == BreakerState.HalfOpen ? 0 : Share;

    /// <summary>Whether nothing is sent to it.</summary>
    public bool IsOpen => State == BreakerState.Open;

    /// <summary>Whether it may be tried for want of anything else where nothing is sent to it: not what an operator opened, what costs too much, what is not there any more.</summary>
    public bool MayBeTried => Cause is BreakerCause.Failures or BreakerCause.Latency or BreakerCause.Outage;

    /// <summary>In a few words, for the sentence.</summary>
    public string Reason
    {
        get
        {
            var since = Since.UtcDateTime.ToString("HH:mm", CultureInfo.InvariantCulture);
            return (State, Cause) switch
            {
                (BreakerState.Open, BreakerCause.Operator) => $"breaker opened by hand at {since}",
                (BreakerState.Open, BreakerCause.Outage) => $"outage of {Scope} since {since}",
                (BreakerState.Open, BreakerCause.Cost) => $"breaker open since {since} for what it costs",
                (BreakerState.Open, BreakerCause.Latency) => $"breaker open since {since} for being slow",
                (BreakerState.Open, BreakerCause.Gone) => $"breaker open since {since}, its model is gone",
                (BreakerState.Open, _) => $"breaker open since {since}",
                (BreakerState.HalfOpen, _) => "tried by one request at a time until it answers again",
                (BreakerState.Recovering, _) => $"recovering, takes {Percent} requests",
                _ => $"fails or is slow in part, takes {Percent} requests",
            };
        }
    }

    private string Percent => (Share * 100).ToString("0", CultureInfo.InvariantCulture) + " of 100";

    /// <summary>The same but for the time that is left, which changes nothing of what is decided.</summary>
    public bool DecidesAs(TargetStanding other) => State == other.State && Cause == other.Cause && Since == other.Since && Share == other.Share && Scope == other.Scope;
}
