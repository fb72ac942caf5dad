using Fairlead.Core.Catalog;

namespace Fairlead.Core.Configuration;

/// <summary>A model at a provider, callable. Immutable; live state is kept elsewhere, by <see cref="Name"/>.</summary>
public sealed class Target
{
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

    /// <summary>The price; null when unpriced (unknown, or zero without the configuration saying so).</summary>
    public Price? Price { get; init; }
}
