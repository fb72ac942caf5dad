using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace Fairlead.Core.Catalog;

/// <summary>Reads the catalog that is built in. It states list prices in US dollars per million tokens, and facts of models.</summary>
public static class BuiltInCatalog
{
    private const string Resource = "catalog/models.json";

    /// <summary>The catalog. Its version is the hash of its content, so that a charge can be derived again from the same prices.</summary>
    /// <exception cref="FormatException">The built-in file is not what it should be.</exception>
    public static ModelCatalog Load()
    {
        using var stream = typeof(BuiltInCatalog).Assembly.GetManifestResourceStream(Resource)
            ?? throw new FormatException($"The resource {Resource} is missing.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return Parse(content);
    }

    /// <summary>Reads a catalog's content.</summary>
    internal static ModelCatalog Parse(ReadOnlyMemory<byte> content)
    {
        var version = "catalog:" + Convert.ToHexStringLower(SHA256.HashData(content.Span))[..12];
        try
        {
            using var document = JsonDocument.Parse(content);
            var models = document.RootElement.GetProperty("models");
            var read = new List<CatalogModel>(models.GetArrayLength());
            foreach (var model in models.EnumerateArray()) read.Add(ReadModel(model, version));
            return new ModelCatalog(version, read);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("The catalog cannot be read: " + exception.Message, exception);
        }
    }

    private static CatalogModel ReadModel(JsonElement model, string version)
    {
        var facts = new ModelFacts
        {
            Family = Text(model, "family"),
            ContextWindow = Count(model, "context_window"),
            MaxOutput = Count(model, "max_output_tokens"),
            Tools = Flag(model, "tool_calling"),
            JsonSchema = Flag(model, "json_schema"),
            Reasoning = Flag(model, "reasoning"),
            Efforts = ReadEfforts(model),
            ThinkingBudget = HasBudget(model),
            Temperature = Flag(model, "temperature_accepted"),
            Vision = TryMember(model, "modalities_input", out var modalities) ? modalities.EnumerateArray().Any(item => item.ValueEquals("image")) : null,
            Retires = DateOnly.TryParseExact(Text(model, "deprecation_date"), "yyyy-MM-dd", out var day) ? day : null,
        };
        return new CatalogModel(Required(model, "provider"), Required(model, "id"), facts, ReadPrice(model, version))
        {
            EffectiveFrom = DateOnly.TryParseExact(Text(model, "effective_from"), "yyyy-MM-dd", out var from) ? from : null,
        };
    }

    private static bool? HasBudget(JsonElement model) =>
        TryMember(model, "reasoning_options", out var options) ? options.EnumerateArray().Any(option => Text(option, "type") == "budget_tokens") : null;

    private static ImmutableArray<string> ReadEfforts(JsonElement model)
    {
        if (!TryMember(model, "reasoning_options", out var options)) return [];
        foreach (var option in options.EnumerateArray())
        {
            if (Text(option, "type") != "effort" || !TryMember(option, "values", out var values)) continue;
            return [.. values.EnumerateArray().Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!)];
        }

        return [];
    }

    /// <summary>Null when a price is missing or zero: nobody states that a model costs nothing, it is only not known.</summary>
    private static Price? ReadPrice(JsonElement model, string version)
    {
        if (!TryMember(model, "price_usd_per_million", out var prices)) return null;
        // Embeddings and rankings have no output to be paid for.
        var hasOutput = Text(model, "kind") == "chat";
        if (NanoDollars(prices, "input") is not { } input) return null;
        if ((NanoDollars(prices, "output") ?? (hasOutput ? null : 0)) is not { } output) return null;

        var tiers = ImmutableArray.CreateBuilder<LongContextPrice>();
        if (TryMember(model, "price_tiers", out var list))
        {
            foreach (var tier in list.EnumerateArray())
            {
                if (NanoDollars(tier, "input") is not { } above || NanoDollars(tier, "output") is not { } aboveOutput) return null;
                tiers.Add(new LongContextPrice(tier.GetProperty("above_input_tokens").GetInt64(), above, aboveOutput, NanoDollars(tier, "cached_input"), NanoDollars(tier, "cache_write"))
                {
                    CacheWriteOneHour = NanoDollars(tier, "cache_write_1h"),
                });
            }

            tiers.Sort(static (left, right) => left.AboveInputTokens.CompareTo(right.AboveInputTokens));
        }

        return new Price(input, output, NanoDollars(prices, "cached_input"), NanoDollars(prices, "cache_write"), tiers.DrainToImmutable(), version)
        {
            CacheWriteOneHour = NanoDollars(prices, "cache_write_1h"),
        };
    }

    private static long? NanoDollars(JsonElement prices, string name)
    {
        if (!prices.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Number) return null;
        var nanos = value.GetDecimal() * 1_000_000_000m;
        return nanos > 0 && nanos == decimal.Truncate(nanos) ? (long)nanos : null;
    }

    /// <summary>A member that says something: <c>null</c> is as good as none.</summary>
    private static bool TryMember(JsonElement model, string name, out JsonElement value) => model.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private static string Required(JsonElement model, string name) => Text(model, name) ?? throw new FormatException($"A model of the catalog has no {name}.");

    private static string? Text(JsonElement model, string name) =>
        model.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A whole number above zero, also one that is written with decimals (<c>2000000.0</c>).</summary>
    private static int? Count(JsonElement model, string name) =>
        model.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetDecimal(out var count) && count is > 0 and <= int.MaxValue && count == decimal.Truncate(count) ? (int)count : null;

    private static bool? Flag(JsonElement model, string name) =>
        model.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null;
}
