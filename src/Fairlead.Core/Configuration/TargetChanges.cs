using System.Collections.Immutable;
using Fairlead.Core.Catalog;

namespace Fairlead.Core.Configuration;

/// <summary>Targets that came, went or changed: their model, price and facts.</summary>
internal static class TargetChanges
{
    /// <summary>What is compared of a target.</summary>
    public static ImmutableArray<Facet<Target>> Facets { get; } =
    [
        Facet<Target>.Of(nameof(Target.Provider), "provider", target => target.Provider.Name),
        Facet<Target>.Of(nameof(Target.Model), "model", target => target.Model),
        Facet<Target>.Of(nameof(Target.Deployment), "deployment", target => target.Deployment),
        Facet<Target>.Of(nameof(Target.Price), "price per million tokens", target => ChangeText.Of(target.Price)),
    ];

    /// <summary>What is compared of a target's facts.</summary>
    public static ImmutableArray<Facet<ModelFacts>> FactFacets { get; } =
    [
        Facet<ModelFacts>.Of(nameof(ModelFacts.Family), "family", facts => facts.Family),
        Facet<ModelFacts>.Of(nameof(ModelFacts.ContextWindow), "context window", facts => ChangeText.Of(facts.ContextWindow)),
        Facet<ModelFacts>.Of(nameof(ModelFacts.MaxOutput), "max output", facts => ChangeText.Of(facts.MaxOutput)),
        Facet<ModelFacts>.Of(nameof(ModelFacts.Tools), "tools", facts => ChangeText.Of(facts.Tools)),
        Facet<ModelFacts>.Of(nameof(ModelFacts.JsonSchema), "JSON schema", facts => ChangeText.Of(facts.JsonSchema)),
        Facet<ModelFacts>.Of(nameof(ModelFacts.Vision), "vision", facts => ChangeText.Of(facts.Vision)),
        Facet<ModelFacts>.Of(nameof(ModelFacts.Reasoning), "reasoning", facts => ChangeText.Of(facts.Reasoning)),
        new(nameof(ModelFacts.Efforts), "efforts", facts => facts.Efforts),
        Facet<ModelFacts>.Of(nameof(ModelFacts.ThinkingBudget), "thinking budget", facts => ChangeText.Of(facts.ThinkingBudget)),
        Facet<ModelFacts>.Of(nameof(ModelFacts.Temperature), "temperature", facts => ChangeText.Of(facts.Temperature)),
        Facet<ModelFacts>.Of(nameof(ModelFacts.Retires), "retires", facts => ChangeText.Of(facts.Retires)),
    ];

    public static void Find(Comparison comparison)
    {
        var (before, after) = (comparison.Before.Targets, comparison.After.Targets);
        foreach (var name in before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            switch (before.GetValueOrDefault(name), after.GetValueOrDefault(name))
            {
                case (null, { } added):
                    comparison.Add(Change(comparison, name, $"added: {added.WireModel} at {added.Provider.Name}"));
                    break;
                case ({ }, null):
                    comparison.Add(Change(comparison, name, "removed"));
                    break;
                case ({ } old, { } now):
                    foreach (var text in Facets.Compare(old, now)) comparison.Add(Change(comparison, name, text));
                    foreach (var text in FactFacets.Compare(old.Facts, now.Facts)) comparison.Add(Change(comparison, name, text));
                    break;
            }
        }
    }

    private static SnapshotChange Change(Comparison comparison, string name, string text) =>
        new($"target {name}", text, comparison.RoutesOf(name)) { Targets = [name] };
}
