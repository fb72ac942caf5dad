namespace Fairlead.Core.Alerting;

/// <summary>One alert at one moment: something is wrong with a subject, or was. Immutable.</summary>
public sealed record Alert
{
    /// <summary>The same from its beginning to its end, and of no other alert.</summary>
    public required string Id { get; init; }

    /// <summary>What it is about.</summary>
    public required AlertEvent Event { get; init; }

    /// <summary>Whom or what it concerns, such as a target, a route or a budget; at most <see cref="AlertBoard.MostSubject"/> characters.</summary>
    public required string Subject { get; init; }

    /// <summary>The most urgent that it has been since it began.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>What was said of it last, a sentence; at most <see cref="AlertBoard.MostText"/> characters.</summary>
    public required string Text { get; init; }

    /// <summary>How often it was found since it began, from 1: how many attempts failed so, how often a rate was looked at.</summary>
    public required long Count { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it was raised last, or resolved.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Whether it is over. Its <see cref="At"/> is when it recovered then, not when that was certain.</summary>
    public bool IsResolved { get; init; }
}
