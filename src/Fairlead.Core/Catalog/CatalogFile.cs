using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Fairlead.Core.Catalog;

/// <summary>What came of reading a catalog from outside.</summary>
/// <param name="Catalog">The catalog; null when there are errors.</param>
/// <param name="Errors">What is wrong with it, each with its place; bounded.</param>
public sealed record CatalogReading(ModelCatalog? Catalog, ImmutableArray<string> Errors);

/// <summary>
/// Reads a catalog that somebody made: in the form of <c>catalog/models.json</c>, and as strictly as a comparison needs, where a price in
/// quotes must not look like a price that is gone. Members that nothing reads may be there. Pure.
/// </summary>
public static class CatalogFile
{
    /// <summary>A catalog's largest size.</summary>
    public const int MostBytes = 32 * 1024 * 1024;

    private const int MostErrors = 20;
    private const decimal MostPrice = 1_000_000;

    private static readonly string[] Texts = ["family", "kind"];
    private static readonly string[] Counts = ["context_window", "max_output_tokens"];
    private static readonly string[] Flags = ["tool_calling", "json_schema", "reasoning", "temperature_accepted"];
    private static readonly string[] Days = ["deprecation_date", "effective_from"];
    private static readonly string[] Prices = ["input", "output", "cached_input", "cache_write", "cache_write_1h"];

    /// <summary>Reads <paramref name="content"/>.</summary>
    public static CatalogReading Read(ReadOnlyMemory<byte> content)
    {
        var errors = new List<string>();
        if (content.Length > MostBytes) return new CatalogReading(null, [$"is larger than {MostBytes} bytes"]);
        if (content.Span.StartsWith("\uFEFF"u8)) content = content[3..];
        try
        {
            using var document = JsonDocument.Parse(content, new JsonDocumentOptions { AllowDuplicateProperties = false });
            Check(document.RootElement, errors);
            return errors.Count == 0 ? new CatalogReading(BuiltInCatalog.Parse(content), []) : new CatalogReading(null, Bounded(errors));
        }
        catch (JsonException exception)
        {
            return new CatalogReading(null, [$"is not valid JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1})"]);
        }
        catch (FormatException exception)
        {
            return new CatalogReading(null, [exception.Message]);
        }
    }

    private static ImmutableArray<string> Bounded(List<string> errors) =>
        errors.Count <= MostErrors ? [.. errors] : [.. errors.Take(MostErrors), $"{errors.Count - MostErrors} more errors are not shown"];

    private static void Check(JsonElement root, List<string> errors)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("models", out var models) || models.ValueKind != JsonValueKind.Array)
        {
            errors.Add("is no catalog: it must be an object with a list 'models'");
            return;
        }

        if (models.GetArrayLength() == 0) errors.Add("models: is empty");
        var places = new Dictionary<(string, string), int>();
        foreach (var (i, model) in models.EnumerateArray().Index())
        {
            if (model.ValueKind != JsonValueKind.Object)
            {
                errors.Add($"models[{i}]: must be an object");
                continue;
            }

            var at = $"models[{i}]";
            if (Name(model, "provider", at, errors) is not { } provider || Name(model, "id", at, errors) is not { } id) continue;
            if (!places.TryAdd((provider, id), i)) errors.Add($"{at}: {provider}/{id} stands twice; first as models[{places[(provider, id)]}]");
            Check(model, $"{at} ({provider}/{id})", errors);
        }
    }

    private static void Check(JsonElement model, string at, List<string> errors)
    {
        foreach (var name in Texts) Must(model, name, at, "a text", static value => value.ValueKind == JsonValueKind.String, errors);
        foreach (var name in Flags) Must(model, name, at, "true or false", static value => value.ValueKind is JsonValueKind.True or JsonValueKind.False, errors);
        foreach (var name in Counts) Must(model, name, at, "a whole number above zero", static value => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var count) && count is > 0 and <= int.MaxValue && count == decimal.Truncate(count), errors);
        foreach (var name in Days) Must(model, name, at, "a day, such as 2026-12-01", static value => value.ValueKind == JsonValueKind.String && DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _), errors);
        Must(model, "modalities_input", at, "a list of texts", AreTexts, errors);
        Must(model, "reasoning_options", at, "a list of objects", static value => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(option => option.ValueKind == JsonValueKind.Object && (!option.TryGetProperty("values", out var values) || values.ValueKind is JsonValueKind.Array or JsonValueKind.Null)), errors);
        Must(model, "price_usd_per_million", at, "an object of prices", static value => value.ValueKind == JsonValueKind.Object, errors);
        if (model.TryGetProperty("price_usd_per_million", out var prices) && prices.ValueKind == JsonValueKind.Object) CheckPrices(prices, at + ".price_usd_per_million", errors);
        Must(model, "price_tiers", at, "a list of objects with 'above_input_tokens'", static value => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(IsTier), errors);
        if (!model.TryGetProperty("price_tiers", out var tiers) || tiers.ValueKind != JsonValueKind.Array) return;
        foreach (var (j, tier) in tiers.EnumerateArray().Index())
        {
            if (tier.ValueKind == JsonValueKind.Object) CheckPrices(tier, $"{at}.price_tiers[{j}]", errors);
        }
    }

    private static void CheckPrices(JsonElement prices, string at, List<string> errors)
    {
        foreach (var name in Prices)
        {
            Must(prices, name, at, $"US dollars per million tokens from 0 to {MostPrice} with at most nine decimals", static value => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var price) && price is >= 0 and <= MostPrice && price * 1_000_000_000 == decimal.Truncate(price * 1_000_000_000), errors);
        }
    }

    private static bool IsTier(JsonElement tier) =>
        tier.ValueKind == JsonValueKind.Object && tier.TryGetProperty("above_input_tokens", out var size) && size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out var above) && above > 0;

    private static bool AreTexts(JsonElement list) => list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String);

    /// <summary>An error where a member is there and is something else; <c>null</c> says that nobody states it.</summary>
    private static void Must(JsonElement element, string name, string at, string what, Func<JsonElement, bool> holds, List<string> errors)
    {
        if (element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null && !holds(value)) errors.Add($"{at}.{name}: must be {what}");
    }

    private static string? Name(JsonElement model, string name, string at, List<string> errors)
    {
        if (model.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= 256 } text && !text.Any(char.IsControl)) return text;
        errors.Add($"{at}.{name}: must be a text of 1 to 256 characters");
        return null;
    }
}
