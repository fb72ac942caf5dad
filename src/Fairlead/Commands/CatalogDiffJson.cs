using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Fairlead.Core.Catalog;

namespace Fairlead.Commands;

/// <summary>What a newer catalog changes, as JSON. Costs are texts of dollars; null where nobody knows.</summary>
internal static class CatalogDiffJson
{
    public static void Write(CommandConsole console, ModelCatalog newer, CatalogDiff diff, ImmutableArray<RouteImpact> routes, bool hasLedger) => console.Json(json =>
    {
        json.WriteStartObject();
        json.WriteString("version", newer.Version);
        Models("added", diff.Added);
        Models("removed", diff.Removed);
        json.WriteStartArray("changed");
        foreach (var change in diff.Changed) Write(json, change);
        json.WriteEndArray();
        json.WriteStartArray("routes");
        foreach (var route in routes) Write(json, route, hasLedger);
        json.WriteEndArray();
        json.WriteEndObject();

        void Models(string name, ImmutableArray<CatalogModel> models)
        {
            json.WriteStartArray(name);
            foreach (var model in models) CatalogCommand.WriteModel(json, model);
            json.WriteEndArray();
        }
    });

    private static void Write(Utf8JsonWriter json, ModelChange change)
    {
        json.WriteStartObject();
        json.WriteString("provider", change.New.Provider);
        json.WriteString("id", change.New.Id);
        if (change.New.EffectiveFrom is { } from) json.WriteString("effective_from", from.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        json.WriteStartArray("prices");
        foreach (var price in change.Prices)
        {
            json.WriteStartObject();
            json.WriteString("name", price.Name);
            Optional(json, "old_usd_per_million", price.Old);
            Optional(json, "new_usd_per_million", price.New);
            if (price.Percent is { } percent) json.WriteNumber("percent", Math.Round(percent, 2));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("facts");
        foreach (var fact in change.Facts)
        {
            json.WriteStartObject();
            json.WriteString("name", fact.Name);
            json.WriteString("old", fact.Old);
            json.WriteString("new", fact.New);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RouteImpact route, bool hasLedger)
    {
        json.WriteStartObject();
        json.WriteString("route", route.Route);
        json.WriteStartArray("targets");
        foreach (var target in route.Targets)
        {
            json.WriteStartObject();
            json.WriteString("target", target.Target.Name);
            json.WriteBoolean("is_gone", target.Change is null);
            json.WriteBoolean("has_own_price", target.HasOwnPrice);
            json.WriteString("nominal_usd_before", target.NominalBefore?.ToString());
            json.WriteString("nominal_usd_after", target.NominalAfter?.ToString());
            if (hasLedger)
            {
                json.WriteNumber("week_attempts", target.Attempts);
                json.WriteString("week_usd_before", target.UsedBefore?.ToString());
                json.WriteString("week_usd_after", target.UsedAfter?.ToString());
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (hasLedger)
        {
            json.WriteString("week_usd_before", CatalogDiffCommand.Sum(route, static target => target.UsedBefore)?.ToString());
            json.WriteString("week_usd_after", CatalogDiffCommand.Sum(route, static target => target.UsedAfter)?.ToString());
        }

        json.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter json, string name, long? nanoDollars)
    {
        if (nanoDollars is { } price) json.WriteNumber(name, price / 1e9m);
        else json.WriteNull(name);
    }
}
