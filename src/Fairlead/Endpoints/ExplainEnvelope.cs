using System.Text;
using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Dialects;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Pipeline;

namespace Fairlead.Endpoints;

/// <summary>A request to be explained, written down: <c>{endpoint, headers?, body}</c>.</summary>
internal static class ExplainEnvelope
{
    /// <summary>Reads it; null when it holds.</summary>
    /// <param name="bytes">JSON.</param>
    /// <param name="snapshot">Says which workloads and labels may be claimed.</param>
    /// <param name="admitted">Who asks; then with the claims of the headers.</param>
    /// <param name="dialect">The endpoint's.</param>
    /// <param name="inner">The body.</param>
    public static Refusal? Read(ReadOnlyMemory<byte> bytes, GatewaySnapshot snapshot, ref Admitted admitted, out IDialect? dialect, out ReadOnlyMemory<byte> inner)
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
            if (Claims.TryAddHeader(header.Name, header.Value.GetString()!, admitted.Caller.Permissions, snapshot, ref claims) is { } refusal) return refusal;
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
