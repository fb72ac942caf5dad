using System.Collections.Immutable;
using Fairlead.Core.Catalog;

namespace Fairlead.Core.Tests.Catalog;

/// <summary>What differs between two catalogs.</summary>
public sealed class CatalogDiffTests
{
    [Fact]
    public void Of_SameModels_IsEmpty_WhateverTheirVersions()
    {
        var diff = CatalogDiff.Of(Catalog("1", Model("m", Priced("1", 10, 20))), Catalog("2", Model("m", Priced("2", 10, 20))));

        Assert.Empty(diff.Added);
        Assert.Empty(diff.Removed);
        Assert.Empty(diff.Changed);
    }

    [Fact]
    public void Of_ModelsOfOtherVendors_AreOtherModels()
    {
        var diff = CatalogDiff.Of(Catalog("1", new CatalogModel("a", "m", ModelFacts.Unknown, null)), Catalog("2", new CatalogModel("b", "m", ModelFacts.Unknown, null)));

        Assert.Equal("b", Assert.Single(diff.Added).Provider);
        Assert.Equal("a", Assert.Single(diff.Removed).Provider);
    }

    [Fact]
    public void Of_LongContextPrices_AreComparedBySize()
    {
        var old = Priced("1", 10, 20) with { LongContext = [new LongContextPrice(200_000, 20, 40, null, null)] };
        var now = Priced("2", 10, 20) with { LongContext = [new LongContextPrice(200_000, 20, 50, null, null), new LongContextPrice(400_000, 30, 60, 3, null)] };

        var change = Assert.Single(CatalogDiff.Of(Catalog("1", Model("m", old)), Catalog("2", Model("m", now))).Changed);

        Assert.Equal(
            [
                new PriceChange("output above 200000 tokens", 40, 50), new PriceChange("input above 400000 tokens", null, 30), new PriceChange("output above 400000 tokens", null, 60),
                new PriceChange("cached input above 400000 tokens", null, 3),
            ],
            change.Prices);
        Assert.Equal([25m, null, null, null], change.Prices.Select(price => price.Percent));
    }

    [Fact]
    public void Of_APriceThatGoes_IsUnpriced_NotFree()
    {
        var change = Assert.Single(CatalogDiff.Of(Catalog("1", Model("m", Priced("1", 10, 20))), Catalog("2", Model("m", null))).Changed);

        Assert.Equal([new PriceChange("input", 10, null), new PriceChange("output", 20, null)], change.Prices);
        Assert.All(change.Prices, price => Assert.Null(price.Percent));
    }

    [Fact]
    public void Of_EveryFact_IsCompared()
    {
        var facts = new ModelFacts
        {
            Family = "f",
            ContextWindow = 1,
            MaxOutput = 2,
            Tools = true,
            JsonSchema = true,
            Vision = false,
            Reasoning = true,
            Efforts = ["low", "high"],
            ThinkingBudget = true,
            Temperature = false,
            Retires = new DateOnly(2027, 1, 2),
        };

        var change = Assert.Single(CatalogDiff.Of(Catalog("1", new CatalogModel("a", "m", ModelFacts.Unknown, null)), Catalog("2", new CatalogModel("a", "m", facts, null))).Changed);

        Assert.Equal(
            [
                "family f", "context window 1", "max output 2", "tools yes", "json schema yes", "vision no", "reasoning yes", "efforts low, high", "thinking budget yes", "temperature no", "retires 2027-01-02",
            ],
            change.Facts.Select(fact => $"{fact.Name} {fact.New}"));
        Assert.All(change.Facts, fact => Assert.Null(fact.Old));
        // A fact that is added to the record must be compared too: this counts its properties.
        Assert.Equal(typeof(ModelFacts).GetProperties().Count(property => property.Name != nameof(ModelFacts.Unknown) && property.GetMethod!.IsPublic), change.Facts.Length);
    }

    private static ModelCatalog Catalog(string version, params CatalogModel[] models) => new(version, models);

    private static CatalogModel Model(string id, Price? price) => new("a", id, ModelFacts.Unknown, price);

    private static Price Priced(string version, long input, long output) => new(input, output, null, null, ImmutableArray<LongContextPrice>.Empty, version);
}
