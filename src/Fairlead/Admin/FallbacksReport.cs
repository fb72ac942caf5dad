using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Endpoints;

namespace Fairlead.Admin;

/// <summary><c>GET /admin/v1/fallbacks</c>: every tier of every route, and when its targets last answered.</summary>
/// <param name="snapshots">The tiers.</param>
/// <param name="board">When targets answered.</param>
internal sealed class FallbacksReport(SnapshotSource snapshots, FallbackBoard board) : IAdminPart
{
    public ImmutableArray<AdminOperation> Operations => [new AdminOperation("GET", "fallbacks", (context, _) => WriteAsync(context))];

    private Task WriteAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, json =>
    {
        var snapshot = snapshots.Current;
        json.WriteStartObject();
        json.WriteString("revision", snapshot.Revision);
        json.WriteNumber("stale_after_seconds", snapshot.Probes.Stale.TotalSeconds);
        json.WriteStartArray("tiers");
        foreach (var route in snapshot.Routes)
        {
            foreach (var tier in route.Tiers)
            {
                var untested = board.UntestedFor(tier);
                json.WriteStartObject();
                json.WriteString("route", route.Name);
                json.WriteString("tier", tier.Name);
                json.WriteNumber("untested_seconds", Math.Round(untested.TotalSeconds));
                json.WriteBoolean("stale", untested >= snapshot.Probes.Stale);
                json.WriteStartArray("targets");
                foreach (var target in tier.Targets)
                {
                    var last = board.LastOf(target.Name);
                    json.WriteStartObject();
                    json.WriteString("name", target.Name);
                    if (last is { } known) json.WriteString("answered_at", known.At);
                    else json.WriteNull("answered_at");
                    json.WriteString("by", last switch { null => null, { IsProbe: true } => "probe", _ => "request" });
                    WriteProbe(json, board.LastProbeOf(target.Name));
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteProbe(Utf8JsonWriter json, (DateTimeOffset At, ProbeOutcome Outcome)? last)
    {
        if (last is not var (at, outcome))
        {
            json.WriteNull("last_probe");
            return;
        }

        json.WriteStartObject("last_probe");
        json.WriteString("at", at);
        json.WriteString("outcome", ProbeOutcomes.NameOf(outcome));
        json.WriteEndObject();
    }
}
