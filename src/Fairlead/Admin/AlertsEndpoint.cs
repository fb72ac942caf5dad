using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Alerting;
using Fairlead.Core.Alerting;
using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Endpoints;
using Fairlead.Pipeline;

namespace Fairlead.Admin;

/// <summary><c>/admin/v1/alerts</c>: what is wrong now, what was, and whether those who are told of it can be reached.</summary>
internal sealed class AlertsEndpoint(SnapshotSource snapshots, AlertBoard board, AlertSender sender) : IAdminPart
{
    public ImmutableArray<AdminOperation> Operations =>
    [
        new AdminOperation("GET", "alerts", (context, _) => ListAsync(context)),
        new AdminOperation("POST", "alerts/test", TestAsync),
    ];

    private Task ListAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, json =>
    {
        json.WriteStartObject();
        json.WriteString("revision", snapshots.Current.Revision);
        Write(json, "open", board.Open);
        Write(json, "recent", board.Recent);
        json.WriteNumber("refused", board.Refused);
        json.WriteStartArray("sinks");
        var channels = sender.Channels;
        foreach (var sink in snapshots.Current.Alerts) Write(json, sink, channels.FirstOrDefault(channel => channel.Sink.Name == sink.Name));
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private async Task TestAsync(HttpContext context, AdminCall call)
    {
        var request = context.Request;
        if (request.QueryString.HasValue || request.ContentLength is > 0 || (request.ContentLength is null && request.Headers.TransferEncoding.Count > 0))
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, new Refusal(RefusalTable.UnknownMember, "Takes nothing: every sink is sent a test."));
            return;
        }

        var taken = await sender.TestAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("sinks");
            foreach (var (sink, reason) in taken)
            {
                json.WriteStartObject();
                json.WriteString("name", sink.Name);
                json.WriteBoolean("taken", reason is null);
                json.WriteString("reason", reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, string name, ImmutableArray<Alert> alerts)
    {
        json.WriteStartArray(name);
        foreach (var alert in alerts)
        {
            json.WriteStartObject();
            AlertPayload.WriteMembers(json, alert, AlertEvents.NameOf(alert.Event));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, AlertSink sink, AlertChannel? channel)
    {
        json.WriteStartObject();
        json.WriteString("name", sink.Name);
        json.WriteString("format", sink.Format.ToString().ToLowerInvariant());
        json.WriteStartArray("events");
        foreach (var what in sink.Events) json.WriteStringValue(AlertEvents.NameOf(what));
        json.WriteEndArray();
        json.WriteString("state", channel switch
        {
            null => "no_secret",
            { Failing: null } => "ok",
            _ => "failing",
        });
        json.WriteString("reason", channel is null ? AlertSink.WhyNot(sink) : channel.Failing);
        json.WriteNumber("waiting", channel?.Waiting ?? 0);
        json.WriteNumber("failed", channel?.Failed ?? 0);
        json.WriteNumber("given_up", channel?.GivenUp ?? 0);
        json.WriteEndObject();
    }
}
