using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Wire;

namespace Fairlead.Server.Tests.Translation;

/// <summary>The error that a client must get for a vendor's, by the failure table. Without a code any will do.</summary>
internal sealed record DueError(int Status, string? Code, string VendorsWords)
{
    private const string TooLong = "prompt is too long: ";
    private const int ComparedWords = 20;

    public static DueError Of(RecordedExchange exchange)
    {
        var (code, words) = Read(exchange.ResponseBody());
        if (code == "tool_use_failed") return new DueError(502, "schema_validation_failed", words);
        if (code == "content_filter") return new DueError(400, "policy_rejected", words);
        return exchange.Status switch
        {
            400 when IsContextLength(words) => new DueError(400, "context_length_exceeded", words),
            400 => new DueError(400, null, words),
            401 => new DueError(503, "provider_credentials_invalid", words),
            402 => new DueError(503, "provider_quota_exhausted", words),
            403 => new DueError(502, "provider_forbidden", words),
            404 => new DueError(404, "model_not_found", words),
            429 => new DueError(429, "rate_limited", words),
            498 or 529 => new DueError(503, "upstream_overloaded", words),
            500 or 502 => new DueError(502, "upstream_error", words),
            _ => throw new InvalidDataException($"Exchange {exchange.Id} has status {exchange.Status}; say here what is due."),
        };
    }

    /// <summary>What is wrong with the client's error; null when nothing is.</summary>
    public string? Defect(ClientAnswer answer, bool isAnthropicClient)
    {
        if (answer.Status != Status) return $"status: expected {Status} {Code}, got {answer.Status}: {answer.Body}";
        if (answer.MediaType != "application/json") return "content type: got " + answer.MediaType;
        if (ShapeDefect(answer.Json(), Status, isAnthropicClient) is { } misshapen) return misshapen + ": " + answer.Body;
        var error = answer.Json()!.Object("error");
        var code = isAnthropicClient ? error.Object("details").Text("error_code") : error.Text("code");
        if (Code is not null && code != Code) return $"error code: expected {Code}, got {code}";
        var words = VendorsWords[..Math.Min(VendorsWords.Length, ComparedWords)];
        var said = error.Text("message")!;
        // Anthropic's clients know a prompt that is too long by these words alone.
        if (isAnthropicClient && code == "context_length_exceeded" && said.StartsWith(TooLong, StringComparison.Ordinal)) said = said[TooLong.Length..];
        var isPassed = words.Length > 0 && said.StartsWith(words, StringComparison.Ordinal);
        return isPassed == (Status == 400) ? null : "message: expected the vendor's words exactly for the client's own fault, got " + said;
    }

    /// <summary>What no SDK of the dialect would read as an error; of any status where it stands in a stream.</summary>
    public static string? ShapeDefect(JsonObject? body, int? status, bool isAnthropicClient)
    {
        var error = body.Object("error");
        if (string.IsNullOrEmpty(error.Text("message")) || string.IsNullOrEmpty(error.Text("type"))) return "error: expected message and type";
        if (!isAnthropicClient) return error.Text("code") is { Length: > 0 } && error.Text("request_id") is { Length: > 0 } ? null : "error: expected code and request_id";
        if (body.Text("type") != "error" || string.IsNullOrEmpty(error.Object("details").Text("error_code")) || string.IsNullOrEmpty(body.Text("request_id"))) return "error: expected its type, code and request_id";
        var type = status switch
        {
            null => error.Text("type"),
            400 => "invalid_request_error",
            404 => "not_found_error",
            429 => "rate_limit_error",
            503 => "overloaded_error",
            504 => "timeout_error",
            _ => "api_error",
        };
        return error.Text("type") == type ? null : "error type: expected " + type;
    }

    private static bool IsContextLength(string words) =>
        new[] { "context length", "context size", "prompt is too long" }.Any(sign => words.Contains(sign, StringComparison.Ordinal));

    private static (string? Code, string Words) Read(byte[] body)
    {
        try
        {
            var whole = JsonNode.Parse(body);
            var error = whole.Object("error") ?? whole;
            return (error.Text("code"), error.Text("message") ?? whole.Text("error") ?? "");
        }
        catch (JsonException)
        {
            return (null, "");
        }
    }
}
