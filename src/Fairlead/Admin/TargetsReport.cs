using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Requests;
using Fairlead.Endpoints;
using Fairlead.Pipeline;

namespace Fairlead.Admin;

/// <summary><c>/admin/v1/targets</c>: every configured target, each figure of its health with where it comes from, and how its breaker stands, which is set here too.</summary>
/// <param name="snapshots">The targets.</param>
/// <param name="health">What was measured of them.</param>
/// <param name="audit">Hears of a breaker that is set before it is.</param>
internal sealed class TargetsReport(SnapshotSource snapshots, HealthBoard health, IAuditLog audit) : IAdminPart
{
    public ImmutableArray<AdminOperation> Operations =>
    [
        new AdminOperation("GET", "targets", (context, _) => WriteAsync(context)),
        new AdminOperation("PUT", "targets/{id}/breaker", SetBreakerAsync),
    ];

    private async Task SetBreakerAsync(HttpContext context, AdminCall call)
    {
        var (fields, refusal) = await AdminFields.ReadAsync(context, ["state", "reason"]);
        string? state = null, reason = null;
        ChangeOrigin? origin = null;
        refusal ??= fields.Text("state", isRequired: true, out state) ?? fields.Text("reason", isRequired: false, out reason) ?? ChangeOrigin.Read(context.Request, out origin);
        refusal ??= state is "open" or "closed" or "auto" ? null : new Refusal(RefusalTable.InvalidValue, "Must be open, closed or auto.", "state");
        Target? target = null;
        if (refusal is null && !snapshots.Current.Targets.TryGetValue(call.Id, out target)) refusal = AdminRefusals.NotFound(AdminRefusals.TargetNotFound, "target", call.Id, snapshots.Current.Targets.Keys);
        if (refusal is not null)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        await audit.AppendAsync(new AuditEntry(AuditActions.TargetBreaker, origin!.Author, target!.Name) { Reason = reason ?? origin.Reason, Detail = $$"""{"state":"{{state}}"}""" }, CancellationToken.None);
        health.Set(target, state switch { "open" => BreakerOverride.Open, "closed" => BreakerOverride.Closed, _ => BreakerOverride.None });
        await JsonAnswer.WriteAsync(context, 200, json => Write(json, target, health.View));
    }

    private Task WriteAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, json =>
    {
        var snapshot = snapshots.Current;
        var view = health.View;
        json.WriteStartObject();
        json.WriteString("revision", snapshot.Revision);
        json.WriteNumber("window_seconds", HealthBoard.Window.TotalSeconds);
        json.WriteNumber("least_samples", HealthBoard.LeastSamples);
        json.WriteStartArray("targets");
        foreach (var target in snapshot.Targets.Values.OrderBy(target => target.Name, StringComparer.Ordinal)) Write(json, target, view);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private void Write(Utf8JsonWriter json, Target target, HealthView view)
    {
        var (measured, prior) = (view.Find(target.Name), target.Prior);
        json.WriteStartObject();
        json.WriteString("name", target.Name);
        json.WriteString("provider", target.Provider.Name);
        json.WriteString("model", target.WireModel);
        json.WriteString("region", target.Provider.Region);
        WritePrice(json, target);
        json.WriteString("state", StateOf(target, measured));
        json.WriteNumber("samples", measured?.Samples ?? 0);
        WriteBreaker(json, view.StandingOf(target.Name) ?? TargetStanding.Closed, health.LoadOf(target.Name));
        json.WriteStartObject("health");
        WriteFigures(json, EffectiveHealth.Of(measured, prior));
        json.WriteMeasured("cost_per_request_usd", measured?.CostPerRequest);
        json.WriteMeasured("refusal_rate", measured?.RefusalRate);
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

    private static void WriteBreaker(Utf8JsonWriter json, TargetStanding standing, TargetLoad? load)
    {
        json.WriteStartObject("breaker");
        json.WriteString("state", BreakerNames.Of(standing.State));
        json.WriteString("set_to", load?.Override switch { BreakerOverride.Open => "open", BreakerOverride.Closed => "closed", _ => "auto" });
        json.WriteNumber("share", standing.TakenShare);
        if (standing.Cause != BreakerCause.None) json.WriteString("cause", BreakerNames.Of(standing.Cause));
        if (standing.Failure != FailureClass.None) json.WriteString("failure", FailureTable.NameOf(standing.Failure));
        if (standing.State != BreakerState.Closed || standing.Share < 1) json.WriteString("since", standing.Since);
        json.WriteNumber("trips", load?.Trips ?? 0);
        json.WriteEndObject();
        json.WriteStartObject("load");
        json.WriteNumber("running", load?.Running ?? 0);
        if (load?.Limit is { } limit) json.WriteNumber("limit", limit);
        else json.WriteNull("limit");
        json.WriteMeasured("retries_left", load?.RetryBalance);
        json.WriteMeasured("load_ms", load?.Load);
        json.WriteEndObject();
    }

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
