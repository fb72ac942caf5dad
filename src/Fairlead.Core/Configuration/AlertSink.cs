using System.Collections.Immutable;
using Fairlead.Core.Alerting;

namespace Fairlead.Core.Configuration;

/// <summary>How a message of an alert is written.</summary>
public enum AlertFormat
{
    /// <summary>A JSON object with a member for each thing that is known.</summary>
    Json,

    /// <summary>What an incoming webhook of Slack takes, and of those that take the same: one text.</summary>
    Slack,
}

/// <summary>Somebody who is told of alerts. Immutable.</summary>
public sealed record AlertSink
{
    /// <summary>What <see cref="Remind"/> is unless something else is said.</summary>
    public static readonly TimeSpan DefaultRemind = TimeSpan.FromHours(4);

    /// <summary>Its name, of its own among all sinks: what it was told is known by it over reloads.</summary>
    public required string Name { get; init; }

    /// <summary>The http or https address that messages are posted to, which may hold a token; null while a secret of it has no value: nothing is sent.</summary>
    public required Secret? Webhook { get; init; }

    /// <summary>The reference whose secret has no value, so that nothing is sent; null where there is none.</summary>
    public string? Missing { get; init; }

    /// <summary>What posts are signed with; null: they are not.</summary>
    public Secret? Key { get; init; }

    /// <summary>How a message is written.</summary>
    public AlertFormat Format { get; init; }

    /// <summary>What it is told of.</summary>
    public ImmutableArray<AlertEvent> Events { get; init; } = [.. Enum.GetValues<AlertEvent>()];

    /// <summary>How long an alert is open before it is told again: from 1 minute to 24 hours, 4 hours by default.</summary>
    public TimeSpan Remind { get; init; } = DefaultRemind;

    /// <summary>Whether it is told that an alert is over; true by default.</summary>
    public bool TellsResolved { get; init; } = true;

    /// <summary>Why nothing is sent to one.</summary>
    public static string WhyNot(AlertSink sink) => sink.Missing is { } reference ? $"no value in {reference}" : "not ready yet";

    /// <summary>Whether another is told in the same place and the same way: what this one was told, that one was.</summary>
    public bool IsSamePlaceAs(AlertSink other) =>
        Name == other.Name && Format == other.Format && Webhook?.Reveal() == other.Webhook?.Reveal() && Key?.Reveal() == other.Key?.Reveal();
}
