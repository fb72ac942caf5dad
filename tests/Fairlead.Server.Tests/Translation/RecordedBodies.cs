using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Wire;

namespace Fairlead.Server.Tests.Translation;

/// <summary>Bodies of recorded exchanges as JSON.</summary>
internal static class RecordedBodies
{
    /// <summary>
    /// What the client asked. Some vendors have the model in the path: it is put back. Where nothing was recorded, or only
    /// scalars, the smallest request.
    /// </summary>
    public static JsonObject Asked(this RecordedExchange exchange)
    {
        if (exchange.Request.ValueKind == JsonValueKind.Object && exchange.Request.TryGetProperty("body", out var body) && body.ValueKind == JsonValueKind.Object && body.TryGetProperty("messages", out _))
        {
            var asked = JsonNode.Parse(body.GetRawText())!.AsObject();
            asked["model"] ??= exchange.Model;
            return asked;
        }

        var made = JsonNode.Parse(exchange.RequestBody())!.AsObject();
        made["max_tokens"] ??= 100;
        return made;
    }

    public static string? Betas(this RecordedExchange exchange) =>
        exchange.Request.ValueKind == JsonValueKind.Object && exchange.Request.TryGetProperty("headers", out var headers) && headers.ValueKind == JsonValueKind.Object && headers.TryGetProperty("anthropic-beta", out var betas)
            ? betas.GetString() : null;

    /// <summary>Whether the answer came as a stream.</summary>
    public static bool Streamed(this RecordedExchange exchange) => exchange.IsStream || exchange.BodyKind is "sse" or "events";

    public static string Label(this RecordedExchange exchange) => $"{exchange.Id} ({exchange.Provider}, {exchange.Status})";
}
