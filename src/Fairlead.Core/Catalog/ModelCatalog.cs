using System.Collections.Frozen;

namespace Fairlead.Core.Catalog;

/// <summary>Model facts and prices by (provider, model). Immutable.</summary>
public sealed class ModelCatalog
{
    private readonly FrozenDictionary<(string Provider, string Model), CatalogModel> _models;

    /// <summary>A catalog of these models; a later entry of the same provider and id wins.</summary>
    public ModelCatalog(string version, IEnumerable<CatalogModel> models)
    {
        Version = version;
        var byName = new Dictionary<(string, string), CatalogModel>();
        foreach (var model in models) byName[(model.Provider, model.Id)] = model;
        _models = byName.ToFrozenDictionary();
    }

    /// <summary>Names this state of the catalog in price versions.</summary>
    public string Version { get; }

    /// <summary>All models.</summary>
    public IEnumerable<CatalogModel> Models => _models.Values;

    /// <summary>The model, or null when the catalog does not know it.</summary>
    public CatalogModel? Find(string provider, string model) => _models.GetValueOrDefault((provider, model));
}

/// <summary>One model at one vendor.</summary>
/// <param name="Provider">The vendor, as the catalog names it.</param>
/// <param name="Id">The model's id at the vendor.</param>
/// <param name="Facts">What is known of it.</param>
/// <param name="Price">Its list price; null when missing or zero.</param>
public sealed record CatalogModel(string Provider, string Id, ModelFacts Facts, Price? Price)
{
    /// <summary>The day from which the entry holds; null: at once. Of a catalog that is compared; one that is in use holds.</summary>
    public DateOnly? EffectiveFrom { get; init; }
}
