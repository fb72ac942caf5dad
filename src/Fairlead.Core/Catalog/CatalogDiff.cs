using System.Collections.Immutable;
using System.Globalization;

namespace Fairlead.Core.Catalog;

/// <summary>A fact of a model that is another one in a newer catalog.</summary>
/// <param name="Name">What: <c>context window</c>.</param>
/// <param name="Old">As a text; null: nobody stated it.</param>
/// <param name="New">The same.</param>
public readonly record struct FactChange(string Name, string? Old, string? New);

/// <summary>A price of a model that is another one in a newer catalog.</summary>
/// <param name="Name">What: <c>input</c>, <c>output above 200000 tokens</c>.</param>
/// <param name="Old">Nano-dollars per million tokens; null: unknown.</param>
/// <param name="New">The same.</param>
public readonly record struct PriceChange(string Name, long? Old, long? New)
{
    /// <summary>The change in percent of the old price; null where one of them is unknown.</summary>
    public decimal? Percent => Old is > 0 and var old && New is { } now ? (now - (decimal)old) * 100 / old : null;
}

/// <summary>A model that is in two catalogs and differs. Immutable.</summary>
/// <param name="Old">As it was.</param>
/// <param name="New">As it is.</param>
/// <param name="Facts">Changed facts.</param>
/// <param name="Prices">Changed prices.</param>
public sealed record ModelChange(CatalogModel Old, CatalogModel New, ImmutableArray<FactChange> Facts, ImmutableArray<PriceChange> Prices);

/// <summary>What differs between two catalogs. Immutable.</summary>
/// <param name="Added">Models that only the newer has.</param>
/// <param name="Removed">Models that only the older has.</param>
/// <param name="Changed">Models that differ.</param>
public sealed record CatalogDiff(ImmutableArray<CatalogModel> Added, ImmutableArray<CatalogModel> Removed, ImmutableArray<ModelChange> Changed)
{
    /// <summary>Compares; each list is in the order of provider and id.</summary>
    public static CatalogDiff Of(ModelCatalog older, ModelCatalog newer) => new(
        [.. Ordered(newer).Where(model => older.Find(model.Provider, model.Id) is null)],
        [.. Ordered(older).Where(model => newer.Find(model.Provider, model.Id) is null)],
        [.. Ordered(older).Select(model => newer.Find(model.Provider, model.Id) is { } now ? Change(model, now) : null).OfType<ModelChange>()]);

    /// <summary>The prices that differ; either may be null for unpriced.</summary>
    public static ImmutableArray<PriceChange> PricesOf(Price? old, Price? now)
    {
        var prices = ImmutableArray.CreateBuilder<PriceChange>();
        Add("input", old?.Input, now?.Input);
        Add("output", old?.Output, now?.Output);
        Add("cached input", old?.CachedInput, now?.CachedInput);
        Add("cache write", old?.CacheWrite, now?.CacheWrite);
        Add("cache write of an hour", old?.CacheWriteOneHour, now?.CacheWriteOneHour);
        foreach (var size in Sizes(old).Concat(Sizes(now)).Distinct().Order())
        {
            var (before, after) = (At(old, size), At(now, size));
            Add($"input above {size} tokens", before?.Input, after?.Input);
            Add($"output above {size} tokens", before?.Output, after?.Output);
            Add($"cached input above {size} tokens", before?.CachedInput, after?.CachedInput);
            Add($"cache write above {size} tokens", before?.CacheWrite, after?.CacheWrite);
            Add($"cache write of an hour above {size} tokens", before?.CacheWriteOneHour, after?.CacheWriteOneHour);
        }

        return prices.DrainToImmutable();

        void Add(string name, long? before, long? after)
        {
            if (before != after) prices.Add(new PriceChange(name, before, after));
        }
    }

    private static IEnumerable<CatalogModel> Ordered(ModelCatalog catalog) => catalog.Models.OrderBy(model => model.Provider, StringComparer.Ordinal).ThenBy(model => model.Id, StringComparer.Ordinal);

    private static ModelChange? Change(CatalogModel old, CatalogModel now)
    {
        var facts = Facts(old.Facts, now.Facts);
        var prices = PricesOf(old.Price, now.Price);
        return facts.IsEmpty && prices.IsEmpty ? null : new ModelChange(old, now, facts, prices);
    }

    private static ImmutableArray<FactChange> Facts(ModelFacts old, ModelFacts now)
    {
        var facts = ImmutableArray.CreateBuilder<FactChange>();
        Add("family", old.Family, now.Family);
        Add("context window", Text(old.ContextWindow), Text(now.ContextWindow));
        Add("max output", Text(old.MaxOutput), Text(now.MaxOutput));
        Add("tools", Text(old.Tools), Text(now.Tools));
        Add("json schema", Text(old.JsonSchema), Text(now.JsonSchema));
        Add("vision", Text(old.Vision), Text(now.Vision));
        Add("reasoning", Text(old.Reasoning), Text(now.Reasoning));
        Add("efforts", Text(old.Efforts), Text(now.Efforts));
        Add("thinking budget", Text(old.ThinkingBudget), Text(now.ThinkingBudget));
        Add("temperature", Text(old.Temperature), Text(now.Temperature));
        Add("retires", Text(old.Retires), Text(now.Retires));
        return facts.DrainToImmutable();

        void Add(string name, string? before, string? after)
        {
            if (before != after) facts.Add(new FactChange(name, before, after));
        }
    }

    private static string? Text(int? count) => count?.ToString(CultureInfo.InvariantCulture);

    private static string? Text(bool? flag) => flag switch
    {
        true => "yes",
        false => "no",
        null => null,
    };

    private static string? Text(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string? Text(ImmutableArray<string> words) => words.IsEmpty ? null : string.Join(", ", words);

    private static IEnumerable<long> Sizes(Price? price) => price?.LongContext.Select(above => above.AboveInputTokens) ?? [];

    private static LongContextPrice? At(Price? price, long size) => price?.LongContext.FirstOrDefault(above => above.AboveInputTokens == size);
}
