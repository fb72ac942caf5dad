using System.Text.Json;
using Fairlead.Core.Catalog;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Catalog;

/// <summary>The catalog that is built in, held against its file as this test reads it.</summary>
public sealed class BuiltInCatalogTests
{
    private static readonly ModelCatalog Loaded = BuiltInCatalog.Load();

    [Fact]
    public void Load_EveryModel_IsThere()
    {
        using var file = Open();
        var models = file.RootElement.GetProperty("models");

        Assert.Equal(281, models.GetArrayLength());
        Assert.Equal(281, Loaded.Models.Count());
        foreach (var model in models.EnumerateArray()) Assert.NotNull(Loaded.Find(Text(model, "provider")!, Text(model, "id")!));
        Assert.Null(Loaded.Find("openai", "no-such-model"));
        Assert.Null(Loaded.Find("nobody", "gpt-4o"));
    }

    [Fact]
    public void Load_Facts_AreTheFiles()
    {
        using var file = Open();
        foreach (var model in file.RootElement.GetProperty("models").EnumerateArray())
        {
            var facts = Find(model).Facts;
            Assert.Equal(Text(model, "family"), facts.Family);
            Assert.Equal(Number(model, "context_window"), facts.ContextWindow);
            Assert.Equal(Number(model, "max_output_tokens"), facts.MaxOutput);
            Assert.Equal(Flag(model, "tool_calling"), facts.Tools);
            Assert.Equal(Flag(model, "json_schema"), facts.JsonSchema);
            Assert.Equal(Flag(model, "reasoning"), facts.Reasoning);
            Assert.Equal(model.GetProperty("modalities_input").GetRawText().Contains("\"image\"", StringComparison.Ordinal), facts.Vision);
            Assert.Equal(Text(model, "deprecation_date"), facts.Retires?.ToString("yyyy-MM-dd", null));
        }
    }

    [Fact]
    public void Load_Prices_AreTheFilesToTheNanoDollar()
    {
        using var file = Open();
        var priced = 0;
        foreach (var model in file.RootElement.GetProperty("models").EnumerateArray())
        {
            var price = Find(model).Price;
            var prices = model.GetProperty("price_usd_per_million");
            var isPriced = Nanos(prices, "input") > 0 && (Nanos(prices, "output") > 0 || Text(model, "kind") != "chat");
            Assert.True(isPriced == price is not null, Text(model, "id"));
            if (price is null) continue;

            priced++;
            Assert.Equal(Nanos(prices, "input"), price.Input);
            Assert.Equal(Nanos(prices, "output"), price.Output);
            Assert.Equal(Nanos(prices, "cached_input") is > 0 and var cached ? cached : null, price.CachedInput);
            Assert.Equal(Nanos(prices, "cache_write") is > 0 and var write ? write : null, price.CacheWrite);
            Assert.Equal(Nanos(prices, "cache_write_1h") is > 0 and var hour ? hour : null, price.CacheWriteOneHour);
            Assert.Equal(Loaded.Version, price.Version);
            var tiers = model.TryGetProperty("price_tiers", out var list) ? list.EnumerateArray().ToArray() : [];
            Assert.Equal(tiers.Select(tier => (tier.GetProperty("above_input_tokens").GetInt64(), Nanos(tier, "input"), Nanos(tier, "output"))), price.LongContext.Select(above => (above.AboveInputTokens, above.Input, above.Output)));
        }

        Assert.InRange(priced, 270, 281);
    }

    /// <summary>What counts where the price is missing is what it is wherever it is known.</summary>
    [Fact]
    public void Load_CacheWritesOfAnHour_CostTwiceTheInputWhereverTheyAreKnown()
    {
        var known = Loaded.Models.Select(model => model.Price).Where(price => price?.CacheWriteOneHour is not null).ToArray();

        Assert.InRange(known.Length, 40, 100);
        Assert.All(known, price => Assert.Equal(2 * price!.Input, price.CacheWriteOneHour));
    }

    /// <summary>Typed by hand.</summary>
    [Theory]
    [InlineData("openai", "gpt-4o", 2_500_000_000, 10_000_000_000)]
    [InlineData("openai", "gpt-5-mini", 250_000_000, 2_000_000_000)]
    [InlineData("deepseek", "deepseek-v4-pro", 435_000_000, 870_000_000)]
    public void Load_AKnownModel_HasItsPrice(string provider, string model, long input, long output)
    {
        var price = Loaded.Find(provider, model)!.Price!;

        Assert.Equal((input, output), (price.Input, price.Output));
    }

    [Theory]
    [InlineData("groq", "groq/compound")]                    // no price
    [InlineData("mistral", "labs-devstral-small-2512")]      // zero
    [InlineData("azure", "model-router")]                    // output zero
    public void Load_MissingOrZeroPrice_IsUnpriced(string provider, string model)
    {
        Assert.Null(Loaded.Find(provider, model)!.Price);
    }

    [Fact]
    public void Load_LongContext_IsInThere()
    {
        var above = Assert.Single(Loaded.Find("openai", "gpt-5.4")!.Price!.LongContext);

        Assert.Equal(new LongContextPrice(272_000, 5_000_000_000, 22_500_000_000, 500_000_000, null), above);
    }

    private static CatalogModel Find(JsonElement model) => Loaded.Find(Text(model, "provider")!, Text(model, "id")!)!;

    private static JsonDocument Open() => JsonDocument.Parse(Sources.Read("catalog/models.json"));

    private static string? Text(JsonElement model, string name) => model.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static int? Number(JsonElement model, string name) => model.TryGetProperty(name, out var value) ? (int)value.GetDouble() : null;

    private static bool? Flag(JsonElement model, string name) => model.TryGetProperty(name, out var value) ? value.GetBoolean() : null;

    /// <summary>From the digits of the file, not through a number type: absent is zero.</summary>
    private static long Nanos(JsonElement prices, string name)
    {
        if (!prices.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return 0;
        var parts = value.GetRawText().Split('.');
        return (long.Parse(parts[0], null) * 1_000_000_000) + (parts.Length == 1 ? 0 : long.Parse(parts[1].PadRight(9, '0'), null));
    }
}
