using System.Collections.Immutable;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Revisions;

/// <summary>Defaults that changed. They hold for every request.</summary>
internal static class DefaultChanges
{
    /// <summary>What is compared beside the clocks.</summary>
    public static ImmutableArray<Facet<GatewaySnapshot>> Facets { get; } =
    [
        Facet<GatewaySnapshot>.Of(nameof(GatewaySnapshot.Retries), "retries", snapshot => ChangeText.Of(snapshot.Retries)),
        Facet<GatewaySnapshot>.Of(nameof(GatewaySnapshot.OutputCap), "output cap", snapshot => ChangeText.Of(snapshot.OutputCap)),
        Facet<GatewaySnapshot>.Of(nameof(GatewaySnapshot.RetryWait), "retry wait", snapshot => ChangeText.Of(snapshot.RetryWait)),
        Facet<GatewaySnapshot>.Of(nameof(GatewaySnapshot.DefaultBreaker), "breaker", snapshot => ChangeText.Of(snapshot.DefaultBreaker)),
        Facet<GatewaySnapshot>.Of(nameof(GatewaySnapshot.Probes), "probes", snapshot => ChangeText.Of(snapshot.Probes)),
        new(nameof(GatewaySnapshot.DefaultFailures), "failures", snapshot => ChangeText.Of(snapshot.DefaultFailures)),
    ];

    public static void Find(Comparison comparison)
    {
        foreach (var text in RouteChanges.ClockFacets.Compare(comparison.Before.DefaultTimeouts, comparison.After.DefaultTimeouts)) Add(text);
        foreach (var text in Facets.Compare(comparison.Before, comparison.After)) Add(text);

        void Add(string text) => comparison.Add(new SnapshotChange("defaults", text, []) { IsGlobal = true });
    }
}
