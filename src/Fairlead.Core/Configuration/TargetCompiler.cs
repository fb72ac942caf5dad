using System.Collections.Frozen;
using Fairlead.Core.Catalog;
using Fairlead.Core.Health;

namespace Fairlead.Core.Configuration;

/// <summary>Makes targets: the catalog's facts and price, overridden by what is written.</summary>
internal sealed class TargetCompiler(ModelCatalog catalog, BreakerSettings breaker, string revision, Findings findings)
{
    public FrozenDictionary<string, Target> Compile(ConfigurationDocument document, FrozenDictionary<string, Provider> providers)
    {
        var names = document.Providers.Select(provider => provider.Name.Value).ToHashSet(StringComparer.Ordinal);
        var targets = new Dictionary<string, Target>(StringComparer.Ordinal);
        HashSet<string> workloads = [Target.AnyWorkload, .. Classification.Workloads.Names.Names, .. document.Workloads.Select(workload => workload.Name?.Value).OfType<string>()];
        foreach (var target in document.Targets)
        {
            if (target.Provider is not { } provider) continue;
            if (!names.Contains(provider.Value)) findings.Error(provider.At, $"no provider is named {Words.Quote(provider.Value)}", Words.Nearest(provider.Value, names));
            // A provider that is named but wrong has its own error.
            else if (target.Model is { } model && providers.TryGetValue(provider.Value, out var known)) targets[target.Name.Value] = Compile(target, known, model.Value, targets.Count, workloads);
        }

        return targets.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private Target Compile(TargetDocument document, Provider provider, string model, int index, HashSet<string> workloads)
    {
        var known = provider.CatalogName is { } vendor ? catalog.Find(vendor, model) : null;
        var price = document.Price is { } written
            ? new Price(written.Input.Value, written.Output.Value, written.CachedInput?.Value, written.CacheWrite?.Value, [], "config:" + revision) { CacheWriteOneHour = written.CacheWriteOneHour?.Value }
            : known?.Price;
        if (price is null)
        {
            findings.Warning(document.Name.At, $"no price is known for {Words.Quote(model)}; it counts at its route's worst price. Write one, 0 if it costs nothing");
        }

        return new Target
        {
            Name = document.Name.Value,
            Provider = provider,
            Model = model,
            Deployment = document.Deployment?.Value,
            Facts = Over(known?.Facts ?? ModelFacts.Unknown, document),
            Price = price,
            Index = index,
            Qualities = Qualities(document, workloads),
            Tags = [.. document.Tags.Select(tag => tag.Value)],
            Environments = [.. document.Environments.Select(environment => environment.Value)],
            IsRestricted = document.IsRestricted,
            Prior = document.Prior,
            Breaker = BreakerDocument.Over(document.Breaker, breaker),
            Limits = document.Limits,
            Prefill = document.Prefill is { } form ? Prefill.FormOf(form.Value) : provider.Prefill.For(model),
        };
    }

    private FrozenDictionary<string, double> Qualities(TargetDocument document, HashSet<string> workloads)
    {
        foreach (var (workload, _) in document.Quality)
        {
            if (!workloads.Contains(workload.Value)) findings.Error(workload.At, $"no workload is named {Words.Quote(workload.Value)}; own ones stand in 'workloads'", Words.Nearest(workload.Value, workloads));
        }

        return document.Quality.ToFrozenDictionary(pair => pair.Key.Value, pair => pair.Value, StringComparer.Ordinal);
    }

    private static ModelFacts Over(ModelFacts known, TargetDocument document) => new()
    {
        Family = document.Family?.Value ?? known.Family,
        ContextWindow = document.ContextWindow?.Value ?? known.ContextWindow,
        MaxOutput = document.MaxOutput?.Value ?? known.MaxOutput,
        Tools = document.Tools?.Value ?? known.Tools,
        JsonSchema = document.JsonSchema?.Value ?? known.JsonSchema,
        Vision = document.Vision?.Value ?? known.Vision,
        Reasoning = document.Reasoning?.Value ?? known.Reasoning,
        Efforts = known.Efforts,
        ThinkingBudget = known.ThinkingBudget,
        Temperature = known.Temperature,
        Retires = document.Retires?.Value ?? known.Retires,
    };
}
