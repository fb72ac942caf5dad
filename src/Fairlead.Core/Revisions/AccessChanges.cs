using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Core.Configuration;
using Fairlead.Core.Overload;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Revisions;

/// <summary>Who may come in: clients' keys by name, the admin key, the address. No request takes another way because of them.</summary>
internal static class AccessChanges
{
    /// <summary>What is compared of a client's key; its reference is no secret.</summary>
    public static ImmutableArray<Facet<ClientKey>> KeyFacets { get; } =
    [
        Facet<ClientKey>.Of(nameof(ClientKey.Tenant), "tenant", key => key.Tenant),
        Facet<ClientKey>.Of(nameof(ClientKey.Secret), "secret", key => key.Secret.Reference),
        Facet<ClientKey>.Of(nameof(ClientKey.Team), "team", key => key.Team),
        Facet<ClientKey>.Of(nameof(ClientKey.Feature), "feature", key => key.Feature),
        Facet<ClientKey>.Of(nameof(ClientKey.Limits), "limits", key => ChangeText.Of(key.Limits)),
        Facet<ClientKey>.Of(nameof(ClientKey.Owner), "owner", key => key.Owner),
        Facet<ClientKey>.Of(nameof(ClientKey.ExpiresAt), "end", key => key.ExpiresAt?.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture)),
        Facet<ClientKey>.Of(nameof(ClientKey.Tags), "tags", key => key.Tags?.ToString()),
    ];

    /// <summary>What is compared of what a key may use; a key that is bound to nothing may use all that is not restricted.</summary>
    public static ImmutableArray<Facet<CallerPermissions>> PermissionFacets { get; } =
    [
        new(nameof(CallerPermissions.Routes), "routes", permissions => Bound(permissions.Routes)),
        new(nameof(CallerPermissions.Targets), "targets", permissions => Bound(permissions.Targets)),
        new(nameof(CallerPermissions.Environments), "environments", permissions => [.. permissions.Environments.Order(StringComparer.Ordinal)]),
        new(nameof(CallerPermissions.MaySet), "may_set", permissions => Listed(permissions.MaySet, "all claims")),
        new(nameof(CallerPermissions.Operations), "operations", permissions => Listed(permissions.Operations, "all operations")),
        new(nameof(CallerPermissions.Tools), "tools", permissions => Listed(permissions.Tools, "any tool")),
        Facet<CallerPermissions>.Of(nameof(CallerPermissions.IsMinimal), "expose", permissions => permissions.IsMinimal ? "minimal" : "full"),
        Facet<CallerPermissions>.Of(nameof(CallerPermissions.Criticality), "criticality", permissions => Criticalities.NameOf(permissions.Criticality)),
    ];

    /// <summary>What is compared of the administration.</summary>
    public static ImmutableArray<Facet<GatewaySnapshot>> AdminFacets { get; } =
    [
        Facet<GatewaySnapshot>.Of(nameof(GatewaySnapshot.AdminKey), "key", snapshot => snapshot.AdminKey?.Reference),
        Facet<GatewaySnapshot>.Of(nameof(GatewaySnapshot.AdminListen), "address", snapshot => snapshot.AdminListen?.OriginalString),
        Facet<GatewaySnapshot>.Of(nameof(GatewaySnapshot.MetricsAreOpen), "metrics", snapshot => snapshot.MetricsAreOpen ? "open" : "guarded"),
    ];

    public static void Find(Comparison comparison)
    {
        var before = comparison.Before.Keys.ToDictionary(key => key.Name, StringComparer.Ordinal);
        var after = comparison.After.Keys.ToDictionary(key => key.Name, StringComparer.Ordinal);
        foreach (var name in before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            switch (before.GetValueOrDefault(name), after.GetValueOrDefault(name))
            {
                case (null, { } added):
                    Add($"key {name}", $"added for tenant {added.Tenant}");
                    break;
                case ({ } removed, null):
                    Add($"key {name}", $"removed from tenant {removed.Tenant}");
                    break;
                case ({ } old, { } now):
                    foreach (var text in KeyFacets.Compare(old, now)) Add($"key {name}", text);
                    foreach (var text in PermissionFacets.Compare(old.Permissions, now.Permissions)) Add($"key {name}", text);
                    break;
            }
        }

        foreach (var text in AdminFacets.Compare(comparison.Before, comparison.After)) Add("admin", text);
        if (FacetComparison.Change("address", [comparison.Before.Listen.OriginalString], [comparison.After.Listen.OriginalString]) is { } listen) Add("listen", listen);

        void Add(string subject, string text) => comparison.Add(new SnapshotChange(subject, text, []));
    }

    private static ImmutableArray<string> Bound(FrozenSet<string>? names) => Listed(names, "all that are not restricted");

    private static ImmutableArray<string> Listed(FrozenSet<string>? names, string all) => names is null ? [all] : [.. names.Order(StringComparer.Ordinal)];
}
