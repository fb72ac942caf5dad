using System.Collections.Immutable;
using System.Diagnostics;

namespace Fairlead.Core.Alerting;

/// <summary>What an alert is about.</summary>
public enum AlertEvent
{
    /// <summary>A breaker has opened: nothing is sent to a target, or a provider.</summary>
    Breaker,

    /// <summary>Many requests of a route needed a failover.</summary>
    FailoverRate,

    /// <summary>A vendor's limit of a key or an account is used up, or nearly.</summary>
    Quota,

    /// <summary>A share of a budget is spent.</summary>
    Budget,

    /// <summary>A route uses up what its promise allows too fast.</summary>
    Slo,

    /// <summary>A fallback has not been tried for long: nobody knows whether it works.</summary>
    StaleFallback,

    /// <summary>A provider behaves as one that somebody stands in front of: broken TLS, or an answer that means harm.</summary>
    Security,

    /// <summary>A target answers otherwise than the configuration and its vendor's own terms let expect: another model, a usage that cannot be, nothing that its account is permitted.</summary>
    Anomaly,
}

/// <summary>The names of alerts' events, in configuration, metrics, logs and messages.</summary>
public static class AlertEvents
{
    /// <summary>All names, in the order of <see cref="AlertEvent"/>.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Enum.GetValues<AlertEvent>().Select(NameOf)];

    /// <summary>The one name of an event.</summary>
    public static string NameOf(AlertEvent what) => what switch
    {
        AlertEvent.Breaker => "breaker",
        AlertEvent.FailoverRate => "failover_rate",
        AlertEvent.Quota => "quota",
        AlertEvent.Budget => "budget",
        AlertEvent.Slo => "slo",
        AlertEvent.StaleFallback => "stale_fallback",
        AlertEvent.Security => "security",
        AlertEvent.Anomaly => "anomaly",
        _ => throw new UnreachableException(),
    };
}
