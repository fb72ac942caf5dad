using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>What a vendor refuses whatever it means: the form of the bodies that are sent upstream.</summary>
internal static class UpstreamGrammar
{
    public static string? Defect(JsonObject body, TargetProfile target)
    {
        if (body.Text("model") != target.Model) return $"model: expected {target.Model}, got {body["model"]?.ToJsonString()}";
        return target.IsAnthropic ? Anthropic(body) : OpenAi(body, target);
    }

    private static string? Anthropic(JsonObject body)
    {
        if (body.Number("max_tokens") is null or <= 0) return "max_tokens: expected a number, got " + body["max_tokens"]?.ToJsonString();
        if (body.Has("tool_choice") && body.Array("tools") is not { Count: > 0 }) return "tool_choice: expected none without tools";
        var before = "";
        foreach (var message in body.Array("messages").Objects())
        {
            var role = message.Text("role");
            if (role is not ("user" or "assistant") || role == before) return $"messages: expected user and assistant in turn, got {role} after {before}";
            before = role;
            if (AnthropicContent(message["content"]) is { } defect) return "messages: " + defect;
        }

        return (body["system"] as JsonArray).Objects().Any(block => string.IsNullOrEmpty(block.Text("text"))) ? "system: expected no empty text" : null;
    }

    private static string? AnthropicContent(JsonNode? content)
    {
        if (content.AsText() is { } text) return text.Length > 0 ? null : "expected no empty text";
        var isBehindResults = false;
        foreach (var block in (content as JsonArray).Objects())
        {
            var type = block.Text("type");
            if (type == "text" && string.IsNullOrEmpty(block.Text("text"))) return "expected no empty text";
            if (type == "tool_result" && isBehindResults) return "expected results before all else";
            isBehindResults = type != "tool_result";
            if ((block.Text("id") ?? block.Text("tool_use_id")) is { } id && !CallId.IsAnthropic(id)) return "expected an id of the dialect's letters, got " + id;
            if (type == "tool_use" && block["input"] is not JsonObject) return "expected an object as input";
        }

        return content is JsonArray { Count: > 0 } ? null : "expected content";
    }

    private static string? OpenAi(JsonObject body, TargetProfile target)
    {
        var (limit, other) = target.Kind == "openai" ? ("max_completion_tokens", "max_tokens") : ("max_tokens", "max_completion_tokens");
        if (body.Has(other)) return $"{limit}: expected it in place of {other}";
        if (body.Flag("stream") == true && body.Object("stream_options").Flag("include_usage") != true) return "stream_options: expected to ask for usage";
        if (body.Flag("stream") != true && body.Has("stream_options")) return "stream_options: expected none without a stream";
        if (body.Object("response_format") is { } format && format.Object("json_schema").Text("name") is null or "") return "response_format: expected a name";
        if ((body.Has("tool_choice") || body.Has("parallel_tool_calls")) && body.Array("tools") is not { Count: > 0 }) return "tool_choice: expected none without tools";
        foreach (var message in body.Array("messages").Objects())
        {
            if (message.Text("role") is not ("system" or "developer" or "user" or "assistant" or "tool")) return "messages: expected a role of the dialect, got " + message["role"]?.ToJsonString();
            if (message["content"] is JsonArray { Count: 0 }) return "messages: expected content";
            if (message.Text("role") != "assistant" && message["content"] is null) return "messages: expected content";
            if (message.Array("tool_calls").Objects().Any(call => call.Object("function").Text("arguments") is null || call.Text("type") != "function")) return "messages: expected calls of functions with arguments as text";
        }

        return null;
    }
}
