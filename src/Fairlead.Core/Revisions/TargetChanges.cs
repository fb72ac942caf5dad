using System.Collections.Immutable;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;

namespace Fairlead.Core.Revisions;

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
        new(nameof(Target.Qualities), "quality", target => [.. target.Qualities.OrderBy(quality => quality.Key, StringComparer.Ordinal).Select(quality => $"{quality.Key} {ChangeText.Of(quality.Value)}")]),
        new(nameof(Target.Tags), "tags", target => [.. target.Tags.Order(StringComparer.Ordinal)]), // sets: their order says nothing
        new(nameof(Target.Environments), "environments", target => [.. target.Environments.Order(StringComparer.Ordinal)]),
        Facet<Target>.Of(nameof(Target.IsRestricted), "restricted", target => ChangeText.Of(target.IsRestricted)),
        Facet<Target>.Of(nameof(Target.Prefill), "prefill", target => Prefill.Words[(int)target.Prefill]),
        Facet<Target>.Of(nameof(Target.Breaker), "breaker", target => ChangeText.Of(target.Breaker)),
        Facet<Target>.Of(nameof(Target.Limits), "limits", target => ChangeText.Of(target.Limits)),
    ];

    /// <summary>What is compared of what is expected of a target.</summary>
    public static ImmutableArray<Facet<TargetPrior>> PriorFacets { get; } =
    [
        Facet<TargetPrior>.Of(nameof(TargetPrior.P50Ms), "expected p50 in ms", prior => ChangeText.Of(prior.P50Ms)),
        Facet<TargetPrior>.Of(nameof(TargetPrior.P95Ms), "expected p95 in ms", prior => ChangeText.Of(prior.P95Ms)),
        Facet<TargetPrior>.Of(nameof(TargetPrior.P99Ms), "expected p99 in ms", prior => ChangeText.Of(prior.P99Ms)),
        Facet<TargetPrior>.Of(nameof(TargetPrior.SuccessRate), "expected success rate", prior => ChangeText.Of(prior.SuccessRate)),
        Facet<TargetPrior>.Of(nameof(TargetPrior.RetryRate), "expected retry rate", prior => ChangeText.Of(prior.RetryRate)),
        Facet<TargetPrior>.Of(nameof(TargetPrior.SchemaValidity), "expected schema validity", prior => ChangeText.Of(prior.SchemaValidity)),
        Facet<TargetPrior>.Of(nameof(TargetPrior.ToolSuccess), "expected tool success", prior => ChangeText.Of(prior.ToolSuccess)),
        Facet<TargetPrior>.Of(nameof(TargetPrior.QuotaLeft), "expected quota left", prior => ChangeText.Of(prior.QuotaLeft)),
    ];

    private static readonly TargetPrior NothingExpected = new();

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
                    foreach (var text in PriorFacets.Compare(old.Prior ?? NothingExpected, now.Prior ?? NothingExpected)) comparison.Add(Change(comparison, name, text));
                    break;
            }
        }
    }

    private static SnapshotChange Change(Comparison comparison, string name, string text) =>
        new($"target {name}", text, comparison.RoutesOf(name)) { Targets = [name] };
}
