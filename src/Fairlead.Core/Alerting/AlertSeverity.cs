using System.Diagnostics;

namespace Fairlead.Core.Alerting;

/// <summary>How urgent an alert is; a greater value is more urgent.</summary>
public enum AlertSeverity
{
    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>Worth a look today: nobody is harmed yet.</summary>
    Warning,

    /// <summary>Worth waking somebody: requests fail, or soon will.</summary>
    Critical,
}

/// <summary>The names of severities, in messages and reports.</summary>
public static class AlertSeverities
{
    /// <summary>The one name of a severity.</summary>
    public static string NameOf(AlertSeverity severity) => severity switch
    {
        AlertSeverity.Info => "info",
        AlertSeverity.Warning => "warning",
        AlertSeverity.Critical => "critical",
        _ => throw new UnreachableException(),
    };
}
