using System.Collections.Immutable;
using Fairlead.Core.Overload;

namespace Fairlead.Core.Revisions;

/// <summary>When the gateway refuses for its own sake, and how it stops.</summary>
internal static class OverloadChanges
{
    /// <summary>What is compared of its limits.</summary>
    public static ImmutableArray<Facet<OverloadSettings>> Facets { get; } =
    [
        Facet<OverloadSettings>.Of(nameof(OverloadSettings.Concurrent), "requests in flight", settings => ChangeText.Of(settings.Concurrent)),
        Facet<OverloadSettings>.Of(nameof(OverloadSettings.Memory), "share of memory", settings => ChangeText.Of(settings.Memory)),
    ];

    /// <summary>What is compared of its stop.</summary>
    public static ImmutableArray<Facet<StopSettings>> StopFacets { get; } =
    [
        Facet<StopSettings>.Of(nameof(StopSettings.Drain), "drain", settings => ChangeText.Of(settings.Drain)),
        Facet<StopSettings>.Of(nameof(StopSettings.Notice), "notice", settings => ChangeText.Of(settings.Notice)),
    ];

    public static void Find(Comparison comparison)
    {
        foreach (var text in Facets.Compare(comparison.Before.Overload, comparison.After.Overload)) comparison.Add(new SnapshotChange("overload", text, []));
        foreach (var text in StopFacets.Compare(comparison.Before.Stop, comparison.After.Stop)) comparison.Add(new SnapshotChange("stop", text, []));
    }
}
