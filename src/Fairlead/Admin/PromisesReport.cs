using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Outcomes;
using Fairlead.Endpoints;
using Fairlead.Hosting;

namespace Fairlead.Admin;

/// <summary><c>GET /admin/v1/promises</c>: how each route stands to its promise.</summary>
internal sealed class PromisesReport(SnapshotSource snapshots, PromiseTracker promises, PromisedCosts costs) : IAdminPart
{
    public ImmutableArray<AdminOperation> Operations => [new AdminOperation("GET", "promises", (context, _) => WriteAsync(context))];

    private async Task WriteAsync(HttpContext context)
    {
        await costs.RefreshAsync();
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            var snapshot = snapshots.Current;
            json.WriteStartObject();
            json.WriteString("revision", snapshot.Revision);
            json.WriteStartArray("routes");
            foreach (var route in snapshot.Routes)
            {
                if (promises.Figures(route.Name) is { } figures) Write(json, route.Name, figures, costs.Find(route.Name));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, string route, PromiseFigures figures, RouteOutcomes? outcomes)
    {
        json.WriteStartObject();
        json.WriteString("route", route);
        json.WriteNumber("window_seconds", figures.Promise.Window.TotalSeconds);
        if (figures.P95 is { } p95)
        {
            json.WriteStartObject("p95");
            json.WriteNumber("promised_ms", figures.Promise.P95!.Value.TotalMilliseconds);
            Write(json, p95);
        }

        if (figures.Success is { } success)
        {
            json.WriteStartObject("success");
            json.WriteNumber("promised", figures.Promise.Success!.Value);
            Write(json, success);
        }

        if (figures.Promise.CostPerOutcome is { } promised)
        {
            json.WriteStartObject("cost_per_outcome");
            json.WriteString("promised_usd", promised.ToString());
            json.WriteString("measured_usd", outcomes?.CostPerSuccess?.ToString());
            json.WriteNumber("successes", outcomes?.Successes ?? 0);
            json.WriteNumber("requests", outcomes?.Requests ?? 0);
            json.WriteNumber("unknown_costs", outcomes?.UnknownCosts ?? 0);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ObjectiveFigures objective)
    {
        json.WriteNumber("events", objective.Events);
        json.WriteNumber("bad_events", objective.BadEvents);
        json.WriteMeasured("compliance", objective.Compliance);
        json.WriteMeasured("budget_left", objective.BudgetLeft);
        json.WriteMeasured("burn_rate_1h", objective.BurnRate);
        json.WriteEndObject();
    }
}
