using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Endpoints;
using Fairlead.Pipeline;

namespace Fairlead.Admin;

/// <summary><c>/admin/v1/providers</c>: how providers and regions do as a whole and how each key stands; keys that are left alone are released.</summary>
internal sealed class ProvidersEndpoint(SnapshotSource snapshots, HealthBoard health, KeyBoard keys, IAuditLog audit) : IAdminPart
{
    public ImmutableArray<AdminOperation> Operations =>
    [
        new AdminOperation("GET", "providers", (context, _) => ListAsync(context)),
        new AdminOperation("POST", "providers/{id}/release", ReleaseAsync),
    ];

    private Task ListAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, json =>
    {
        var snapshot = snapshots.Current;
        json.WriteStartObject();
        json.WriteString("revision", snapshot.Revision);
        json.WriteNumber("window_seconds", HealthBoard.Window.TotalSeconds);
        json.WriteStartArray("providers");
        foreach (var provider in snapshot.Providers.Values.OrderBy(provider => provider.Name, StringComparer.Ordinal)) Write(json, provider, snapshot);
        json.WriteEndArray();
        json.WriteStartArray("regions");
        foreach (var region in snapshot.TargetList.GroupBy(target => target.Provider.Region ?? "", StringComparer.Ordinal).OrderBy(region => region.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("name", region.Key);
            WriteFigures(json, [.. region.Select(target => target.Name)]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private void Write(Utf8JsonWriter json, Provider provider, GatewaySnapshot snapshot)
    {
        json.WriteStartObject();
        json.WriteString("name", provider.Name);
        json.WriteString("kind", provider.Kind);
        json.WriteString("region", provider.Region);
        json.WriteBoolean("is_out", health.OutageOf(provider.Name) is not null);
        if (health.OutageOf(provider.Name) is { } since) json.WriteString("out_since", since);
        WriteFigures(json, [.. snapshot.TargetList.Where(target => target.Provider.Name == provider.Name).Select(target => target.Name)]);
        json.WriteStartArray("keys");
        foreach (var key in keys.StandingOf(provider))
        {
            json.WriteStartObject();
            json.WriteNumber("key", key.Index + 1);
            json.WriteNumber("running", key.Running);
            json.WriteMeasured("quota_left", key.QuotaLeft);
            json.WriteString("held_for", key.Failure == FailureClass.None ? null : FailureTable.NameOf(key.Failure));
            if (key.Left is { } left) json.WriteNumber("seconds_left", Math.Ceiling(left.TotalSeconds));
            json.WriteStartArray("models");
            foreach (var (model, failure, wait) in key.Models)
            {
                json.WriteStartObject();
                json.WriteString("model", model);
                json.WriteString("held_for", FailureTable.NameOf(failure));
                json.WriteNumber("seconds_left", Math.Ceiling(wait.TotalSeconds));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteFigures(Utf8JsonWriter json, ImmutableArray<string> targets)
    {
        var together = health.Together(targets);
        json.WriteNumber("targets", targets.Length);
        json.WriteNumber("samples", together?.Samples ?? 0);
        json.WriteMeasured("p50_ms", together?.P50Ms);
        json.WriteMeasured("p95_ms", together?.P95Ms);
        json.WriteMeasured("p99_ms", together?.P99Ms);
        json.WriteMeasured("success_rate", together?.SuccessRate);
        json.WriteMeasured("cost_per_request_usd", together?.CostPerRequest);
    }

    private async Task ReleaseAsync(HttpContext context, AdminCall call)
    {
        var (body, invalid) = await AdminBody.ReadAsync(context);
        ChangeOrigin? origin = null;
        if ((invalid ?? (body.Length == 0 ? null : ContentTypes.Check(context.Request)) ?? ChangeOrigin.Read(context.Request, body, out origin)) is { } refusal)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        if (!snapshots.Current.Providers.TryGetValue(call.Id, out var provider))
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, AdminRefusals.NotFound(AdminRefusals.ProviderNotFound, "provider", call.Id, snapshots.Current.Providers.Keys));
            return;
        }

        await audit.AppendAsync(new AuditEntry(AuditActions.ProviderRelease, origin!.Author, provider.Name) { Reason = origin.Reason }, CancellationToken.None);
        var released = keys.Release(provider);
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("released", released);
            json.WriteEndObject();
        });
    }
}
