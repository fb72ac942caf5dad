using System.Collections.Immutable;
using Fairlead.Core.Configuration;

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
        Facet<StoreSettings>.Of(nameof(StoreSettings.Key), "key", store => store.Key?.Reference),
    ];

    public static void Find(Comparison comparison)
    {
        foreach (var text in Facets.Compare(comparison.Before.Store, comparison.After.Store)) comparison.Add(new SnapshotChange("store", text, []));
    }
}
