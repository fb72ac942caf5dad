using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Revisions;

/// <summary>Where checkpoints of the audit log go.</summary>
internal static class AuditChanges
{
    /// <summary>What is compared of them. Addresses and keys by where they come from.</summary>
    public static ImmutableArray<Facet<AuditSettings>> Facets { get; } =
    [
        Facet<AuditSettings>.Of(nameof(AuditSettings.File), "checkpoint file", audit => audit.File),
        Facet<AuditSettings>.Of(nameof(AuditSettings.Webhook), "checkpoint webhook", audit => audit.Webhook?.Reference),
        Facet<AuditSettings>.Of(nameof(AuditSettings.WebhookKey), "checkpoint key", audit => audit.WebhookKey?.Reference),
        Facet<AuditSettings>.Of(nameof(AuditSettings.Every), "checkpoints every", audit => audit.AreTaken ? string.Create(CultureInfo.InvariantCulture, $"{audit.Every.TotalSeconds} s") : null),
    ];

    public static void Find(Comparison comparison)
    {
        foreach (var text in Facets.Compare(comparison.Before.Audit, comparison.After.Audit)) comparison.Add(new SnapshotChange("audit", text, []));
    }
}
