using System.Diagnostics;

namespace Fairlead.Core.Health;

/// <summary>What came of a probe.</summary>
public enum ProbeOutcome
{
    /// <summary>The target answered.</summary>
    Answered,

    /// <summary>It was sent, and the target did not answer.</summary>
    Failed,

    /// <summary>It was not sent: a constraint, a budget, a limit or an overload stood in its way.</summary>
    NotSent,
}

/// <summary>The names of what comes of probes, in metrics, logs and reports.</summary>
public static class ProbeOutcomes
{
    /// <summary>The one name of an outcome.</summary>
    public static string NameOf(ProbeOutcome outcome) => outcome switch
    {
        ProbeOutcome.Answered => "answered",
        ProbeOutcome.Failed => "failed",
        ProbeOutcome.NotSent => "not_sent",
        _ => throw new UnreachableException(),
    };
}
