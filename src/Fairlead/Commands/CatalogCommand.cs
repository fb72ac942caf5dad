using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fairlead.Core.Catalog;
using Spectre.Console;

namespace Fairlead.Commands;

/// <summary><c>fairlead catalog</c>: what the built-in catalog knows of models, and what a newer one would change.</summary>
internal static class CatalogCommand
{
    public static Command Build()
    {
        var command = new Command("catalog", "Show what is known of models, and compare it with a newer catalog.");
        command.Subcommands.Add(BuildShow());
        command.Subcommands.Add(CatalogDiffCommand.Build());
        return command;
    }

    private static Command BuildShow()
    {
        var filter = new Argument<string?>("FILTER") { Description = "Only models with this text in their id or family, in any case.", Arity = ArgumentArity.ZeroOrOne };
        var provider = new Option<string?>("--provider") { Description = "Only models of this vendor, as the catalog names it." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("show", "Show the built-in catalog: list prices in USD per million tokens, and facts.") { filter, provider, json };
        command.SetAction(parsed => CommandConsole.Run(parsed, console => Show(console, parsed.GetValue(filter), parsed.GetValue(provider), parsed.GetValue(json))));
        return command;
    }

    private static int Show(CommandConsole console, string? filter, string? provider, bool asJson)
    {
        var catalog = BuiltInCatalog.Load();
        if (provider is not null && catalog.Models.All(model => model.Provider != provider))
        {
            throw new InputException($"the catalog has no vendor '{provider}'; it has {string.Join(", ", catalog.Models.Select(model => model.Provider).Distinct().Order(StringComparer.Ordinal))}");
        }

        CatalogModel[] models =
        [
            .. catalog.Models
                .Where(model => (provider is null || model.Provider == provider) && (filter is null || Has(model.Id, filter) || Has(model.Facts.Family, filter)))
                .OrderBy(model => model.Provider, StringComparer.Ordinal).ThenBy(model => model.Id, StringComparer.Ordinal),
        ];
        if (models.Length == 0) throw new InputException($"no model of the catalog has '{filter}' in its id or family");
        if (asJson) WriteJson(console, catalog, models);
        else Write(console, catalog, models);
        return ExitCodes.Success;
    }

    private static void Write(CommandConsole console, ModelCatalog catalog, CatalogModel[] models)
    {
        var table = CommandConsole.Table("provider", "model", "family", "window", "output", "in $/M", "out $/M", "cached $/M", "tools", "schema", "vision", "reasons", "retires");
        foreach (var model in models)
        {
            var facts = model.Facts;
            string[] cells =
            [
                model.Provider, model.Id, facts.Family ?? "", Count(facts.ContextWindow), Count(facts.MaxOutput), Dollars(model.Price?.Input), Dollars(model.Price?.Output), Dollars(model.Price?.CachedInput),
                Flag(facts.Tools), Flag(facts.JsonSchema), Flag(facts.Vision), Flag(facts.Reasoning), facts.Retires?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "",
            ];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }

        console.Write(table);
        console.Line($"{models.Length} models; {catalog.Version}");
    }

    private static void WriteJson(CommandConsole console, ModelCatalog catalog, CatalogModel[] models) => console.Json(json =>
    {
        json.WriteStartObject();
        json.WriteString("version", catalog.Version);
        json.WriteStartArray("models");
        foreach (var model in models) WriteModel(json, model);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>A model; what nobody states is left out.</summary>
    public static void WriteModel(Utf8JsonWriter json, CatalogModel model)
    {
        var facts = model.Facts;
        json.WriteStartObject();
        json.WriteString("provider", model.Provider);
        json.WriteString("id", model.Id);
        if (facts.Family is { } family) json.WriteString("family", family);
        if (facts.ContextWindow is { } window) json.WriteNumber("context_window", window);
        if (facts.MaxOutput is { } output) json.WriteNumber("max_output_tokens", output);
        if (facts.Tools is { } tools) json.WriteBoolean("tool_calling", tools);
        if (facts.JsonSchema is { } schema) json.WriteBoolean("json_schema", schema);
        if (facts.Vision is { } vision) json.WriteBoolean("vision", vision);
        if (facts.Reasoning is { } reasoning) json.WriteBoolean("reasoning", reasoning);
        if (facts.Retires is { } retires) json.WriteString("deprecation_date", retires.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        if (model.EffectiveFrom is { } from) json.WriteString("effective_from", from.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        if (model.Price is { } price)
        {
            json.WriteStartObject("price_usd_per_million");
            json.WriteNumber("input", price.Input / 1e9m);
            json.WriteNumber("output", price.Output / 1e9m);
            if (price.CachedInput is { } cached) json.WriteNumber("cached_input", cached / 1e9m);
            if (price.CacheWrite is { } write) json.WriteNumber("cache_write", write / 1e9m);
            if (price.CacheWriteOneHour is { } hour) json.WriteNumber("cache_write_1h", hour / 1e9m);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Nano-dollars per million tokens in dollars; a dash where nobody knows.</summary>
    public static string Dollars(long? nanoDollars) => nanoDollars is { } price ? (price / 1e9m).ToString("0.#########", CultureInfo.InvariantCulture) : "–";

    private static string Count(int? count) => count?.ToString("#,0", CultureInfo.InvariantCulture) ?? "–";

    private static string Flag(bool? flag) => flag switch
    {
        true => "yes",
        false => "no",
        null => "–",
    };

    private static bool Has(string? text, string part) => text?.Contains(part, StringComparison.OrdinalIgnoreCase) == true;
}
