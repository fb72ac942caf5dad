using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>Reads what a request in OpenAI's chat dialect says.</summary>
internal static class OpenAiRequestExtractor
{
    private const string ClaudeFormat = "anthropic-claude-v1";

    public static WireConversation Extract(JsonObject body)
    {
        var conversation = new WireConversation
        {
            MaxTokens = body.Number("max_completion_tokens") ?? body.Number("max_tokens"),
            Temperature = body.Number("temperature"),
            TopP = body.Number("top_p"),
            User = body.Text("user"),
            IsStream = body.Flag("stream") == true,
        };
        if (body.Text("reasoning_effort") is { } effort) conversation.Reasoning = effort == "none" ? new WireReasoning(null, null, false, true) : new WireReasoning(effort, null, false, false);
        ReadMessages(conversation, body.Array("messages"));
        ReadTools(conversation, body);
        ReadSchema(conversation, body.Object("response_format"));
        if (body.Text("stop") is { } stop) conversation.Stops.Add(stop);
        conversation.Stops.AddRange(body.Array("stop")?.Select(item => item.AsText()!) ?? []);
        return conversation;
    }

    private static void ReadMessages(WireConversation conversation, JsonArray? messages)
    {
        var isLeading = true;
        foreach (var message in messages.Objects())
        {
            var role = message.Text("role") ?? "";
            var isSystem = role is "system" or "developer";
            isLeading = isLeading && isSystem;
            var parts = Content(message);
            if (isLeading) conversation.System.AddRange(parts);
            else if (isSystem) conversation.Say("system", parts);
            else if (role == "tool") conversation.Say("user", [new WirePart.Result(message.Text("tool_call_id") ?? "", Joined(parts), false) { CacheMark = Mark(message) }]);
            else if (role == "assistant") conversation.Say(role, [.. Thoughts(message), .. parts, .. Calls(message)]);
            else conversation.Say(role, parts);
        }
    }

    /// <summary>A mark on a message is one on its last part.</summary>
    private static List<WirePart> Content(JsonObject message)
    {
        var parts = new List<WirePart>();
        if (message.Text("content") is { Length: > 0 } text) parts.Add(new WirePart.Text(text));
        foreach (var item in message.Array("content").Objects())
        {
            if (item.Text("type") == "text" && item.Text("text") is null or "") continue;
            parts.Add(Part(item) with { CacheMark = Mark(item) });
        }

        if (parts.Count > 0 && parts[^1].CacheMark is null) parts[^1] = parts[^1] with { CacheMark = Mark(message) };
        return parts;
    }

    private static WirePart Part(JsonObject item)
    {
        switch (item.Text("type"))
        {
            case "text":
                return new WirePart.Text(item.Text("text")!);
            case "image_url":
                var url = item.Object("image_url").Text("url") ?? item.Text("image_url") ?? "";
                return DataAddress(url) is var (imageType, imageData) ? new WirePart.Image(imageType, imageData) : new WirePart.ImageAddress(url);
            case "file" when item.Object("file").Text("file_data") is { } file && DataAddress(file) is var (type, data):
                return new WirePart.Document(item.Object("file").Text("filename"), type, data);
            default:
                return new WirePart.Other(item.Text("type") ?? "");
        }
    }

    private static (string Type, string Data)? DataAddress(string url)
    {
        const string Base64 = ";base64,";
        var at = url.IndexOf(Base64, StringComparison.Ordinal);
        return url.StartsWith("data:", StringComparison.Ordinal) && at > 0 ? (url["data:".Length..at], url[(at + Base64.Length)..]) : null;
    }

    /// <summary>Signed thoughts of Claude; all others are of a vendor that the test does not follow.</summary>
    private static IEnumerable<WirePart> Thoughts(JsonObject message)
    {
        var details = message.Array("reasoning_details").Objects().ToList();
        if (details.Count == 0 && (message.Text("reasoning_content") ?? message.Text("reasoning")) is { Length: > 0 } thought) yield return new WirePart.Thought(thought, null);
        foreach (var detail in details)
        {
            var isClaude = detail.Text("format") == ClaudeFormat;
            if (isClaude && detail.Text("data") is { Length: > 0 } data) yield return new WirePart.SealedThought(data);
            else yield return new WirePart.Thought(detail.Text("text") ?? detail.Text("summary") ?? "", isClaude ? detail.Text("signature") : null);
        }
    }

    private static IEnumerable<WirePart> Calls(JsonObject message)
    {
        foreach (var call in message.Array("tool_calls").Objects())
        {
            var function = call.Object("function");
            yield return new WirePart.Call(call.Text("id") ?? "", function.Text("name") ?? "", Arguments(function.Text("arguments"))) { CacheMark = Mark(call) };
        }

        if (message.Object("function_call") is { } old) yield return new WirePart.Call("", old.Text("name") ?? "", Arguments(old.Text("arguments")));
    }

    public static JsonNode? Arguments(string? text)
    {
        if (text is null or "") return new JsonObject();
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void ReadTools(WireConversation conversation, JsonObject body)
    {
        foreach (var tool in body.Array("tools").Objects())
        {
            if (tool.Object("function") is { } function) conversation.Tools.Add(Tool(function));
        }

        conversation.Tools.AddRange(body.Array("functions").Objects().Select(Tool));
        if (conversation.Tools.Count == 0) return;
        conversation.IsParallelForbidden = body.Flag("parallel_tool_calls") == false;
        var named = body.Object("tool_choice").Object("function").Text("name") ?? body.Object("function_call").Text("name");
        conversation.ToolChoice = named is null ? body.Text("tool_choice") ?? body.Text("function_call") ?? "auto" : "tool " + named;
    }

    private static WireTool Tool(JsonObject function) =>
        new(function.Text("name") ?? "", function.Text("description") ?? "", function["parameters"]?.DeepClone() ?? OpenObject(), function.Flag("strict") == true);

    private static JsonObject OpenObject() => new() { ["type"] = "object", ["properties"] = new JsonObject() };

    private static void ReadSchema(WireConversation conversation, JsonObject? format)
    {
        if (format.Text("type") != "json_schema") return;
        var schema = format.Object("json_schema");
        conversation.Schema = schema?["schema"]?.DeepClone();
        conversation.IsSchemaStrict = schema.Flag("strict") == true;
    }

    private static string Joined(IEnumerable<WirePart> parts) => string.Concat(parts.Select(part => part is WirePart.Text text ? text.Value : part.Fact));

    private static string? Mark(JsonObject node) => node.Has("cache_control") ? CanonicalJson.Of(node["cache_control"]) : null;
}
