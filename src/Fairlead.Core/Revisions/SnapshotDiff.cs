using System.Collections.Immutable;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Revisions;

/// <summary>
/// What two configurations mean differently, in plain words. Pure. What only looks different – comments, order of names, layout –
/// gives no line; a secret's value never stands in one. A new member of a snapshot is a <see cref="Facet{T}"/> of its comparer, a
/// new section a comparer in the list.
/// </summary>
public static class SnapshotDiff
{
    /// <summary>In the order in which a reader wants them: what decides first, what it stands on after.</summary>
    private static readonly ImmutableArray<Action<Comparison>> Comparers =
    [
        PolicyChanges.Find,
        RouteChanges.Find,
        AliasChanges.Find,
        TargetChanges.Find,
        ProviderChanges.Find,
        DefaultChanges.Find,
        MoneyChanges.Find,
        AccessChanges.Find,
        StoreChanges.Find,
        AuditChanges.Find,
        AlertChanges.Find,
        OverloadChanges.Find,
    ];

    /// <summary>The changes that lead from <paramref name="before"/> to <paramref name="after"/>.</summary>
    public static ImmutableArray<SnapshotChange> Between(GatewaySnapshot before, GatewaySnapshot after)
    {
        var comparison = new Comparison(before, after);
        foreach (var compare in Comparers) compare(comparison);
        return comparison.Changes();
    }
}
