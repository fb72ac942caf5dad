using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Wire;

/// <summary>One recorded exchange with a real vendor, read by the test's own means.</summary>
internal sealed record RecordedExchange(string Id, string Provider, string Model, bool IsStream, int Status, string BodyKind, JsonElement Request, JsonElement Response)
{
    /// <summary>Every exchange of an API in the shared folder, in a stable order.</summary>
    public static IEnumerable<RecordedExchange> All(string folder, string api) => Read(folder, api);

    /// <summary>Every error of every API in the shared folder, in a stable order.</summary>
    public static IEnumerable<RecordedExchange> Errors(string folder) => Read(folder, null).Where(exchange => exchange.Status >= 400);

    private static IEnumerable<RecordedExchange> Read(string folder, string? api)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "wire"), "*.jsonl").Order(StringComparer.Ordinal))
        {
            foreach (var line in File.ReadLines(file))
            {
                if (line.Length == 0) continue;
                var exchange = JsonDocument.Parse(line).RootElement;
                if (api is not null && exchange.GetProperty("api").GetString() != api) continue;
                var response = exchange.GetProperty("response");
                yield return new RecordedExchange(
                    exchange.GetProperty("id").GetString()!,
                    exchange.GetProperty("provider").GetString()!,
                    exchange.GetProperty("model") is { ValueKind: JsonValueKind.String } name && name.GetString() is { Length: > 0 } model ? model : "unnamed-model",
                    exchange.GetProperty("stream") is { ValueKind: JsonValueKind.True },
                    response.GetProperty("status").GetInt32(),
                    response.GetProperty("body_kind").GetString()!,
                    exchange.GetProperty("request"),
                    response);
            }
        }
    }

    /// <summary>The client's body: the recorded one where there is one, else the smallest that asks for the same.</summary>
    public byte[] RequestBody()
    {
        if (Request.ValueKind == JsonValueKind.Object && Request.TryGetProperty("body", out var body) && body.ValueKind == JsonValueKind.Object
            && body.TryGetProperty("messages", out _) && body.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.String)
        {
            return Encoding.UTF8.GetBytes(body.GetRawText());
        }

        var made = new JsonObject { ["model"] = Model, ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Hello" }) };
        if (IsStream) made["stream"] = true;
        return Encoding.UTF8.GetBytes(made.ToJsonString());
    }

    /// <summary>The vendor's body as bytes to serve; streams are framed as the dialect frames them where the source kept no framing.</summary>
    public byte[] ResponseBody()
    {
        var body = Response.GetProperty("body");
        return BodyKind switch
        {
            "sse" or "text" => Encoding.UTF8.GetBytes(body.GetString()!),
            "events" when body.EnumerateArray().All(item => item.TryGetProperty("type", out _)) => Encoding.UTF8.GetBytes(
                string.Concat(body.EnumerateArray().Select(item => $"event: {item.GetProperty("type").GetString()}\ndata: {item.GetRawText()}\n\n"))),
            "events" => Encoding.UTF8.GetBytes(string.Concat(body.EnumerateArray().Select(item => $"data: {item.GetRawText()}\n\n")) + "data: [DONE]\n\n"),
            "json" or "json_array_stream" => Encoding.UTF8.GetBytes(body.GetRawText()),
            "empty" => [],
            _ => throw new InvalidDataException($"Exchange {Id} has a body of kind {BodyKind}."),
        };
    }

    public string? ContentType()
    {
        if (Response.TryGetProperty("headers", out var headers) && headers.ValueKind == JsonValueKind.Object && headers.TryGetProperty("content-type", out var type)) return type.GetString();
        return BodyKind is "sse" or "events" ? "text/event-stream" : "application/json";
    }

    /// <summary>Recorded headers that a vendor would send again; framing is the server's own.</summary>
    public IEnumerable<(string Name, string Value)> ResponseHeaders()
    {
        if (!Response.TryGetProperty("headers", out var headers) || headers.ValueKind != JsonValueKind.Object) yield break;
        foreach (var header in headers.EnumerateObject())
        {
            if (header.Name.ToLowerInvariant() is "content-type" or "content-length" or "transfer-encoding" or "content-encoding" or "connection") continue;
            if (header.Value.ValueKind == JsonValueKind.String) yield return (header.Name, header.Value.GetString()!);
        }
    }
}
