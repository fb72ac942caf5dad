using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Revisions;

/// <summary>Where the ledger lives, and how durable it is. Both take effect at the next start.</summary>
internal static class StoreChanges
{
    /// <summary>What is compared of the store.</summary>
    public static ImmutableArray<Facet<StoreSettings>> Facets { get; } =
    [
        Facet<StoreSettings>.Of(nameof(StoreSettings.LedgerPath), "ledger", store => store.LedgerPath),
        Facet<StoreSettings>.Of(nameof(StoreSettings.Key), "key", store => store.Key?.Reference),
        Facet<StoreSettings>.Of(nameof(StoreSettings.Durability), "durability", store => store.Durability == LedgerDurability.Strict ? "strict" : "group"),
    ];

    /// <summary>What is compared of how long it keeps what it has, which takes effect at once.</summary>
    public static ImmutableArray<Facet<LedgerRetention>> KeepFacets { get; } =
    [
        Facet<LedgerRetention>.Of(nameof(LedgerRetention.Requests), "requests kept", keep => Days(keep.Requests)),
        Facet<LedgerRetention>.Of(nameof(LedgerRetention.Costs), "costs kept", keep => Days(keep.Costs)),
    ];

    public static void Find(Comparison comparison)
    {
        foreach (var text in KeepFacets.Compare(comparison.Before.Keep, comparison.After.Keep)) comparison.Add(new SnapshotChange("store", text, []));
        foreach (var text in Facets.Compare(comparison.Before.Store, comparison.After.Store)) comparison.Add(new SnapshotChange("store", text, []));
    }

    private static string Days(TimeSpan? kept) => kept is { } span ? $"{(int)span.TotalDays}d" : "for ever";
}
