using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Catalog;
using Fairlead.Core.Health;
using Fairlead.Core.Limits;
using Fairlead.Core.Tokens;

namespace Fairlead.Core.Configuration;

/// <summary>A model at a provider, callable. Immutable; live state is kept elsewhere, by <see cref="Name"/>.</summary>
public sealed class Target
{
    /// <summary>The key of <see cref="Qualities"/> for every workload that has none of its own.</summary>
    public const string AnyWorkload = "default";

    private EstimateRates? _rates; // made when it is first asked for

    /// <summary>The name in the configuration, or <c>provider/model</c> for one that a client named without a target.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is served.</summary>
    public required Provider Provider { get; init; }

    /// <summary>The model's name as the catalog knows it, and as the vendor is asked for unless <see cref="Deployment"/> is given.</summary>
    public required string Model { get; init; }

    /// <summary>The vendor's own name for this deployment; null when it is the model's.</summary>
    public string? Deployment { get; init; }

    /// <summary>What goes into the request's <c>model</c> member.</summary>
    public string WireModel => Deployment ?? Model;

    /// <summary>Facts of the model: the catalog's, overridden by the configuration's.</summary>
    public required ModelFacts Facts { get; init; }

    /// <summary>Its place in the configuration, from 0; -1 for one that a client named without a target.</summary>
    public int Index { get; init; } = -1;

    /// <summary>Its quality by workload, 0 to 1, as the operator knows it; under <see cref="AnyWorkload"/> for all others.</summary>
    public FrozenDictionary<string, double> Qualities { get; init; } = FrozenDictionary<string, double>.Empty;

    /// <summary>The operator's own words for it.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Environments whose requests it may serve; empty: all.</summary>
    public ImmutableArray<string> Environments { get; init; } = [];

    /// <summary>Whether only keys that name it may use it.</summary>
    public bool IsRestricted { get; init; }

    /// <summary>What is expected of it while too little is measured; null: nothing.</summary>
    public TargetPrior? Prior { get; init; }

    /// <summary>Tokens that its vendor may put around a prompt beside what its messages, tools and schema have: instructions of its own, how to call tools.</summary>
    /// <param name="hasTools">Whether tools are offered.</param>
    /// <param name="hasSchema">Whether the output must meet a schema.</param>
    public long PromptOverhead(bool hasTools, bool hasSchema) => (_rates ??= EstimateRates.For(Provider.CatalogName, Model)).MostAround(hasTools, hasSchema);

    /// <summary>What may be sent there per minute and at once; null: anything.</summary>
    public RateLimits? Limits { get; init; }

    /// <summary>When it is no longer sent to.</summary>
    public BreakerSettings Breaker { get; init; } = BreakerSettings.Default;

    /// <summary>How it is asked to go on with an answer that is begun.</summary>
    public PrefillForm Prefill { get; init; }

    /// <summary>Its quality for a workload; null when nobody states it.</summary>
    /// <param name="workload">The workload; empty when unknown.</param>
    public double? QualityFor(string workload) =>
        workload.Length > 0 && Qualities.TryGetValue(workload, out var quality) ? quality : Qualities.TryGetValue(AnyWorkload, out var any) ? any : null;

    /// <summary>The price; null when unpriced (unknown, or zero without the configuration saying so).</summary>
    public Price? Price { get; init; }
}
