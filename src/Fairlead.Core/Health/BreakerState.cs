namespace Fairlead.Core.Health;

/// <summary>Whether a target is sent to.</summary>
public enum BreakerState
{
    /// <summary>It is.</summary>
    Closed = 0,

    /// <summary>It is not.</summary>
    Open,

    /// <summary>One request at a time is sent, to see whether it answers again.</summary>
    HalfOpen,

    /// <summary>It answers again, and its share of the requests grows in steps.</summary>
    Recovering,
}

/// <summary>Why a breaker is not closed.</summary>
public enum BreakerCause
{
    /// <summary>It is closed.</summary>
    None = 0,

    /// <summary>Attempts failed.</summary>
    Failures,

    /// <summary>Answers were slow.</summary>
    Latency,

    /// <summary>Too much was spent in a minute.</summary>
    Cost,

    /// <summary>The vendor has not the model any more.</summary>
    Gone,

    /// <summary>Targets of one vendor fail together.</summary>
    Outage,

    /// <summary>An operator wants it so.</summary>
    Operator,
}

/// <summary>What an operator has set a breaker to.</summary>
public enum BreakerOverride
{
    /// <summary>Nothing: it opens and closes by itself.</summary>
    None = 0,

    /// <summary>Open until it is taken back.</summary>
    Open,

    /// <summary>Closed until it is taken back, whatever fails.</summary>
    Closed,
}

/// <summary>Names of states and causes, in answers, metrics and alerts.</summary>
public static class BreakerNames
{
    /// <summary>The name of a state.</summary>
    public static string Of(BreakerState state) => state switch
    {
        BreakerState.Open => "open",
        BreakerState.HalfOpen => "half_open",
        BreakerState.Recovering => "recovering",
        _ => "closed",
    };

    /// <summary>The name of a cause.</summary>
    public static string Of(BreakerCause cause) => cause switch
    {
        BreakerCause.Failures => "failures",
        BreakerCause.Latency => "latency",
        BreakerCause.Cost => "cost",
        BreakerCause.Gone => "model_gone",
        BreakerCause.Outage => "vendor_outage",
        BreakerCause.Operator => "operator",
        _ => "none",
    };

    /// <summary>The name of an override.</summary>
    public static string Of(BreakerOverride set) => set switch
    {
        BreakerOverride.Open => "open",
        BreakerOverride.Closed => "closed",
        _ => "none",
    };
}
