using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Tests;

namespace Fairlead.Dialects.Tests.Recorded;

/// <summary>One recorded answer of a vendor, read by the test's own means.</summary>
internal sealed record Exchange(string Id, string Api, string Provider, int Status, string Kind, JsonElement Response)
{
    private static readonly Lazy<IReadOnlyList<Exchange>> Chat = new(() => [.. Read("openai.chat")]);
    private static readonly Lazy<IReadOnlyList<Exchange>> Messages = new(() => [.. Read("anthropic.messages")]);
    private static readonly ConcurrentDictionary<string, IReadOnlyList<Exchange>> Others = new(StringComparer.Ordinal);
    private static readonly Lazy<IReadOnlyList<Exchange>> OtherErrors = new(() => [.. Read(null).Where(exchange => exchange.Status != 200 && exchange.Api is not ("openai.chat" or "anthropic.messages"))]);

    /// <summary>Every exchange in OpenAI's chat dialect, in a stable order; skips the test when the shared data is absent.</summary>
    public static IReadOnlyList<Exchange> All()
    {
        SharedFolder.SkipIfAbsent();
        return Chat.Value;
    }

    /// <summary>Every exchange in Anthropic's dialect, in a stable order; skips the test when the shared data is absent.</summary>
    public static IReadOnlyList<Exchange> AllMessages()
    {
        SharedFolder.SkipIfAbsent();
        return Messages.Value;
    }

    /// <summary>Every error of a vendor's other interfaces, in a stable order; skips the test when the shared data is absent.</summary>
    public static IReadOnlyList<Exchange> ErrorsOfOtherDialects()
    {
        SharedFolder.SkipIfAbsent();
        return OtherErrors.Value;
    }

    /// <summary>Every exchange of one interface, in a stable order; skips the test when the shared data is absent.</summary>
    public static IReadOnlyList<Exchange> AllOf(string api)
    {
        SharedFolder.SkipIfAbsent();
        return Others.GetOrAdd(api, static api => [.. Read(api)]);
    }

    /// <summary>The body of the request; null where none was recorded.</summary>
    public JsonNode? Request { get; private init; }

    /// <summary>Every recorded stream that kept its framing.</summary>
    public static IReadOnlyList<Exchange> Streams() => [.. All().Where(exchange => exchange is { Kind: "sse", Status: 200 })];

    /// <summary>The body as it came over the wire.</summary>
    public byte[] Body()
    {
        var body = Response.GetProperty("body");
        return Encoding.UTF8.GetBytes(body.ValueKind == JsonValueKind.String && Kind is "sse" or "text" ? body.GetString()! : body.GetRawText());
    }

    /// <summary>A response header; null when it was not recorded.</summary>
    public string? Header(string name)
    {
        if (!Response.TryGetProperty("headers", out var headers) || headers.ValueKind != JsonValueKind.Object) return null;
        foreach (var header in headers.EnumerateObject())
        {
            if (header.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && header.Value.ValueKind == JsonValueKind.String) return header.Value.GetString();
        }

        return null;
    }

    public override string ToString() => $"{Provider} {Id}";

    private static IEnumerable<Exchange> Read(string? api)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(SharedFolder.Path, "wire"), "*.jsonl").Order(StringComparer.Ordinal))
        {
            foreach (var line in File.ReadLines(file))
            {
                if (line.Length == 0) continue;
                var exchange = JsonDocument.Parse(line).RootElement;
                var itsApi = exchange.GetProperty("api").GetString()!;
                if (api is not null && itsApi != api) continue;
                var response = exchange.GetProperty("response");
                yield return new Exchange(
                    exchange.GetProperty("id").GetString()!,
                    itsApi,
                    exchange.GetProperty("provider").GetString()!,
                    response.GetProperty("status").GetInt32(),
                    response.GetProperty("body_kind").GetString()!,
                    response)
                {
                    Request = exchange.TryGetProperty("request", out var request) && request.ValueKind == JsonValueKind.Object && request.TryGetProperty("body", out var body) && body.ValueKind == JsonValueKind.Object ? JsonObject.Create(body) : null,
                };
            }
        }
    }
}
