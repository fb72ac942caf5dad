using System.Collections.Immutable;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Revisions;

/// <summary>Providers that came, went or changed. Of keys their number and references are shown, never a value.</summary>
internal static class ProviderChanges
{
    /// <summary>What is compared of a provider.</summary>
    public static ImmutableArray<Facet<Provider>> Facets { get; } =
    [
        Facet<Provider>.Of(nameof(Provider.Kind), "kind", provider => provider.Kind),
        Facet<Provider>.Of(nameof(Provider.Dialect), "dialect", provider => provider.Dialect),
        Facet<Provider>.Of(nameof(Provider.BaseUrl), "address", provider => provider.BaseUrl?.OriginalString),
        Facet<Provider>.Of(nameof(Provider.AddressIsConfigured), "address of its own", provider => ChangeText.Of(provider.AddressIsConfigured)),
        Facet<Provider>.Of(nameof(Provider.Region), "region", provider => provider.Region),
        new(nameof(Provider.Facts), "facts", provider => [.. provider.Facts.Order(StringComparer.Ordinal)]), // a set: their order says nothing
        Facet<Provider>.Of(nameof(Provider.Keys), "number of keys", provider => ChangeText.Of(References(provider).Length)),
        new(nameof(Provider.MissingKeys), "keys", References),
        Facet<Provider>.Of(nameof(Provider.Simulated), "first token", provider => provider.Simulated?.FirstToken),
        Facet<Provider>.Of(nameof(Provider.Simulated), "tokens per second", provider => provider.Simulated?.TokensPerSecond),
        new(nameof(Provider.Simulated), "faults", provider => provider.Simulated?.Faults ?? []),
        new(nameof(Provider.Simulated), "quota", provider => provider.Simulated?.Quota ?? []),
        Facet<Provider>.Of(nameof(Provider.Simulated), "outages", provider => provider.Simulated?.Outages),
        Facet<Provider>.Of(nameof(Provider.Simulated), "outage group", provider => provider.Simulated?.OutageGroup),
    ];

    public static void Find(Comparison comparison)
    {
        var (before, after) = (comparison.Before.Providers, comparison.After.Providers);
        foreach (var name in before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            switch (before.GetValueOrDefault(name), after.GetValueOrDefault(name))
            {
                case (null, { } added):
                    comparison.Add(Change(comparison, name, $"added: kind {added.Kind}, region {added.Region ?? "not stated"}"));
                    break;
                case ({ }, null):
                    comparison.Add(Change(comparison, name, "removed"));
                    break;
                case ({ } old, { } now):
                    foreach (var text in Facets.Compare(old, now)) comparison.Add(Change(comparison, name, text));
                    break;
            }
        }
    }

    /// <summary>Touches what its targets answer, wherever they stand, and whoever names it as <c>provider/model</c>.</summary>
    private static SnapshotChange Change(Comparison comparison, string name, string text)
    {
        var targets = comparison.TargetsOf(name);
        return new SnapshotChange($"provider {name}", text, [.. targets.SelectMany(target => comparison.RoutesOf(target)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)])
        {
            Targets = targets,
            Models = [name + "/*"],
        };
    }

    /// <summary>Where its keys come from; those that have no value stand at the end.</summary>
    private static ImmutableArray<string> References(Provider provider) => [.. provider.Keys.Select(key => key.Reference), .. provider.MissingKeys];
}
