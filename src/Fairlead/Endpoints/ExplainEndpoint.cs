using System.Text;
using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Dialects;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Pipeline;

namespace Fairlead.Endpoints;

/// <summary>
/// <c>POST /v1/explain</c>: <c>{endpoint, headers?, body}</c> → the decision, nothing sent. It calls the planner that serves
/// requests, with the caller's own key.
/// </summary>
internal sealed class ExplainEndpoint(Decider decider, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context, Admission admission, string requestId)
    {
        using var read = await AdmittedBody.ReadAsync(context, admission, requestId);
        if (read is null) return;
        var admitted = read.Admitted;
        ReadOnlyMemory<byte> answer = default;
        if (ReadEnvelope(read.Body.Bytes, admission.Snapshot, ref admitted, out var dialect, out var inner) is { } invalid)
        {
            await GatewayApplication.WriteAsync(context, requestId, invalid);
        }
        else if (decider.DecideDry(dialect!, inner, requestId, time.GetUtcNow(), admitted, admission.Snapshot, decision => answer = Render(decision, admission.Snapshot)) is { } defect)
        {
            await GatewayApplication.WriteAsync(context, requestId, defect with { Param = defect.Param is null ? "body" : "body." + defect.Param });
        }
        else
        {
            await JsonAnswer.WriteAsync(context, 200, answer);
        }
    }

    /// <summary>The decision of a dry run.</summary>
    public static Task WriteAsync(HttpContext context, Decision decision, GatewaySnapshot snapshot) => JsonAnswer.WriteAsync(context, 200, Render(decision, snapshot));

    /// <summary>The decision of a dry run, as it is answered: what it read is read while the body is there.</summary>
    internal static ReadOnlyMemory<byte> Render(Decision decision, GatewaySnapshot snapshot) => JsonAnswer.Render(json =>
    {
        var plan = decision.Plan;
        var first = new AttemptSequence(plan, 0, static _ => 0).First();
        json.WriteStartObject();
        json.WriteString("request_id", decision.Facts.RequestId);
        json.WriteBoolean("dry_run", true);
        json.WriteString("revision", snapshot.Revision);
        json.WriteString("sentence", first is { } choice ? DecisionSentence.ForPlan(plan, choice) : DecisionSentence.ForFailure(plan, []));
        if (first is { } chosen)
        {
            json.WriteString("target", chosen.Target.Name);
            json.WriteString("tier", chosen.Tier.Name);
        }

        json.WritePropertyName("decision");
        DecisionJson.Write(json, decision, snapshot);
        json.WriteEndObject();
    });

    private static Refusal? ReadEnvelope(ReadOnlyMemory<byte> bytes, GatewaySnapshot snapshot, ref Admitted admitted, out IDialect? dialect, out ReadOnlyMemory<byte> inner)
    {
        dialect = null;
        inner = default;
        try
        {
            using var envelope = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 130, AllowDuplicateProperties = false });
            if (envelope.RootElement.ValueKind != JsonValueKind.Object) return new Refusal(RefusalTable.InvalidType, "Must be an object {endpoint, headers, body}.");
            foreach (var member in envelope.RootElement.EnumerateObject())
            {
                if (member.Name is not ("endpoint" or "headers" or "body")) return new Refusal(RefusalTable.UnknownMember, "Takes endpoint, headers and body only.");
            }

            if (!envelope.RootElement.TryGetProperty("endpoint", out var endpoint) || endpoint.ValueKind != JsonValueKind.String || (dialect = DialectOf(endpoint.GetString()!)) is null)
            {
                return new Refusal(RefusalTable.UnknownEndpointToExplain, "Must be \"/v1/chat/completions\" or \"/v1/messages\".", "endpoint");
            }

            if (!envelope.RootElement.TryGetProperty("body", out var body) || body.ValueKind != JsonValueKind.Object)
            {
                return new Refusal(RefusalTable.MissingMember, "Must be the request's body, an object.", "body");
            }

            inner = Encoding.UTF8.GetBytes(body.GetRawText());
            return envelope.RootElement.TryGetProperty("headers", out var headers) ? ReadHeaders(headers, snapshot, ref admitted) : null;
        }
        catch (JsonException)
        {
            return new Refusal(RefusalTable.InvalidJson, "The body is not valid JSON without duplicate members.");
        }
    }

    private static Refusal? ReadHeaders(JsonElement headers, GatewaySnapshot snapshot, ref Admitted admitted)
    {
        if (headers.ValueKind != JsonValueKind.Object) return new Refusal(RefusalTable.InvalidType, "Must be an object of header names and texts.", "headers");
        var claims = admitted.Claims;
        foreach (var header in headers.EnumerateObject())
        {
            if (header.Value.ValueKind != JsonValueKind.String) return new Refusal(RefusalTable.InvalidType, "Must be an object of header names and texts.", "headers");
            if (!header.Name.StartsWith(Claims.HeaderPrefix, StringComparison.OrdinalIgnoreCase)) continue;
            if (Claims.TryAddHeader(header.Name, header.Value.GetString()!, snapshot, ref claims) is { } refusal) return refusal;
        }

        admitted = admitted with { Claims = claims };
        return null;
    }

    private static IDialect? DialectOf(string endpoint) => endpoint switch
    {
        "/v1/chat/completions" or "/chat/completions" or "POST /v1/chat/completions" => ChatDialect.Instance,
        "/v1/messages" or "/messages" or "POST /v1/messages" => MessagesDialect.Instance,
        _ => null,
    };
}
