using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Core.Alerting;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Revisions;

/// <summary>Those who are told of alerts that came, went or changed.</summary>
internal static class AlertChanges
{
    /// <summary>What is compared of one. Addresses and keys by where they come from.</summary>
    public static ImmutableArray<Facet<AlertSink>> Facets { get; } =
    [
        Facet<AlertSink>.Of(nameof(AlertSink.Webhook), "webhook", sink => sink.Webhook?.Reference),
        Facet<AlertSink>.Of(nameof(AlertSink.Key), "key", sink => sink.Key?.Reference),
        Facet<AlertSink>.Of(nameof(AlertSink.Format), "format", sink => sink.Format.ToString().ToLowerInvariant()),
        new(nameof(AlertSink.Events), "events", sink => [.. sink.Events.Select(AlertEvents.NameOf)]),
        Facet<AlertSink>.Of(nameof(AlertSink.Remind), "reminds every", sink => string.Create(CultureInfo.InvariantCulture, $"{sink.Remind.TotalMinutes} min")),
        Facet<AlertSink>.Of(nameof(AlertSink.TellsResolved), "tells what is resolved", sink => sink.TellsResolved ? "yes" : "no"),
    ];

    public static void Find(Comparison comparison)
    {
        var before = comparison.Before.Alerts.ToDictionary(sink => sink.Name, StringComparer.Ordinal);
        var after = comparison.After.Alerts.ToDictionary(sink => sink.Name, StringComparer.Ordinal);
        foreach (var name in before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            switch (before.GetValueOrDefault(name), after.GetValueOrDefault(name))
            {
                case (null, { } added):
                    Add(name, "added, " + Shown(added));
                    break;
                case ({ } removed, null):
                    Add(name, "removed, " + Shown(removed));
                    break;
                case ({ } one, { } other):
                    foreach (var text in Facets.Compare(one, other)) Add(name, text);
                    break;
            }
        }

        void Add(string name, string text) => comparison.Add(new SnapshotChange("alerts " + name, text, []));
    }

    private static string Shown(AlertSink sink) => $"{sink.Webhook?.Reference} ({string.Join(", ", sink.Events.Select(AlertEvents.NameOf))})";
}
