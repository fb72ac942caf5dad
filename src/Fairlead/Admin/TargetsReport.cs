using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Endpoints;

namespace Fairlead.Admin;

/// <summary><c>GET /admin/v1/targets</c>: every configured target, and each figure of its health with where it comes from.</summary>
/// <param name="snapshots">The targets.</param>
/// <param name="health">What was measured of them.</param>
internal sealed class TargetsReport(SnapshotSource snapshots, HealthBoard health) : IAdminPart
{
    public ImmutableArray<AdminOperation> Operations => [new AdminOperation("GET", "targets", (context, _) => WriteAsync(context))];

    private Task WriteAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, json =>
    {
        var snapshot = snapshots.Current;
        var view = health.View;
        json.WriteStartObject();
        json.WriteString("revision", snapshot.Revision);
        json.WriteNumber("window_seconds", HealthBoard.Window.TotalSeconds);
        json.WriteNumber("least_samples", HealthBoard.LeastSamples);
        json.WriteStartArray("targets");
        foreach (var target in snapshot.Targets.Values.OrderBy(target => target.Name, StringComparer.Ordinal)) Write(json, target, view.Find(target.Name), target.Prior);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, Target target, TargetHealth? measured, TargetPrior? prior)
    {
        json.WriteStartObject();
        json.WriteString("name", target.Name);
        json.WriteString("provider", target.Provider.Name);
        json.WriteString("model", target.WireModel);
        json.WriteString("region", target.Provider.Region);
        WritePrice(json, target);
        json.WriteString("state", StateOf(target, measured));
        json.WriteNumber("samples", measured?.Samples ?? 0);
        json.WriteStartObject("health");
        WriteFigures(json, EffectiveHealth.Of(measured, prior));
        json.WriteEndObject();
        json.WritePropertyName("prior");
        if (prior is null) json.WriteNullValue();
        else WritePrior(json, prior);
        json.WriteEndObject();
    }

    /// <summary>Whether it may be tried, and how much is known of it.</summary>
    private static string StateOf(Target target, TargetHealth? measured) => target.Provider switch
    {
        { NeedsKey: true, Keys.IsEmpty: true } => "no_key",
        _ => HealthState.Of(measured),
    };

    private static void WritePrice(Utf8JsonWriter json, Target target)
    {
        if (target.Price is not { } price)
        {
            json.WriteNull("price");
            return;
        }

        json.WriteStartObject("price");
        json.WriteNumber("input_nanodollars_per_million", price.Input);
        json.WriteNumber("output_nanodollars_per_million", price.Output);
        json.WriteString("price_version", price.Version);
        json.WriteEndObject();
    }

    private static void WriteFigures(Utf8JsonWriter json, EffectiveHealth health)
    {
        WriteFigure(json, "p50_ms", health.P50Ms);
        WriteFigure(json, "p95_ms", health.P95Ms);
        WriteFigure(json, "p99_ms", health.P99Ms);
        WriteFigure(json, "success_rate", health.SuccessRate);
        WriteFigure(json, "retry_rate", health.RetryRate);
        WriteFigure(json, "schema_validity", health.SchemaValidity);
        WriteFigure(json, "tool_success", health.ToolSuccess);
        WriteFigure(json, "quota_left", health.QuotaLeft);
    }

    private static void WriteFigure(Utf8JsonWriter json, string name, Figure figure)
    {
        json.WriteStartObject(name);
        json.WriteMeasured("value", figure.Value);
        json.WriteString("source", figure.Source switch
        {
            FigureSource.Measured => "measured",
            FigureSource.Prior => "prior",
            _ => "none",
        });
        json.WriteNumber("samples", figure.Samples);
        json.WriteEndObject();
    }

    private static void WritePrior(Utf8JsonWriter json, TargetPrior prior)
    {
        json.WriteStartObject();
        json.WriteMeasured("p50_ms", prior.P50Ms);
        json.WriteMeasured("p95_ms", prior.P95Ms);
        json.WriteMeasured("p99_ms", prior.P99Ms);
        json.WriteMeasured("success_rate", prior.SuccessRate);
        json.WriteMeasured("retry_rate", prior.RetryRate);
        json.WriteMeasured("schema_validity", prior.SchemaValidity);
        json.WriteMeasured("tool_success", prior.ToolSuccess);
        json.WriteMeasured("quota_left", prior.QuotaLeft);
        json.WriteEndObject();
    }
}
