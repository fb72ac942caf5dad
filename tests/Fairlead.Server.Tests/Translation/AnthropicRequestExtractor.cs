using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>Reads what a request in Anthropic's messages dialect says.</summary>
internal static class AnthropicRequestExtractor
{
    public static WireConversation Extract(JsonObject body)
    {
        var conversation = new WireConversation
        {
            MaxTokens = body.Number("max_tokens"),
            Temperature = body.Number("temperature"),
            TopP = body.Number("top_p"),
            User = body.Object("metadata").Text("user_id"),
            IsStream = body.Flag("stream") == true,
            Schema = (body.Object("output_config").Object("format") ?? body.Object("output_format"))?["schema"]?.DeepClone(),
            Reasoning = Reasoning(body),
        };
        conversation.System.AddRange(Blocks(body["system"]));
        foreach (var message in body.Array("messages").Objects()) conversation.Say(message.Text("role") ?? "", Blocks(message["content"]));
        conversation.Stops.AddRange(body.Array("stop_sequences")?.Select(item => item.AsText()!) ?? []);
        ReadTools(conversation, body);
        return conversation;
    }

    private static WireReasoning Reasoning(JsonObject body)
    {
        var thinking = body.Object("thinking");
        var effort = body.Object("output_config").Text("effort");
        return thinking.Text("type") switch
        {
            "disabled" => new WireReasoning(null, null, false, true),
            "enabled" => new WireReasoning(effort, thinking.Number("budget_tokens"), false, false),
            "adaptive" => new WireReasoning(effort, null, true, false),
            _ => new WireReasoning(effort, null, false, false),
        };
    }

    private static IEnumerable<WirePart> Blocks(JsonNode? content)
    {
        if (content.AsText() is { Length: > 0 } text) yield return new WirePart.Text(text);
        foreach (var block in (content as JsonArray).Objects())
        {
            if (block.Text("type") == "text" && block.Text("text") is null or "") continue;
            yield return Block(block) with { CacheMark = block.Has("cache_control") ? CanonicalJson.Of(block["cache_control"]) : null };
        }
    }

    private static WirePart Block(JsonObject block)
    {
        var source = block.Object("source");
        return (block.Text("type"), source.Text("type")) switch
        {
            ("text", _) => new WirePart.Text(block.Text("text")!),
            ("image", "base64") => new WirePart.Image(source.Text("media_type") ?? "", source.Text("data") ?? ""),
            ("image", "url") => new WirePart.ImageAddress(source.Text("url") ?? ""),
            ("document", "base64" or "text") => new WirePart.Document(block.Text("title"), source.Text("media_type") ?? "", source.Text("data") ?? ""),
            ("tool_use", _) => new WirePart.Call(block.Text("id") ?? "", block.Text("name") ?? "", block["input"]?.DeepClone()),
            ("tool_result", _) => new WirePart.Result(block.Text("tool_use_id") ?? "", Joined(block["content"]), block.Flag("is_error") == true),
            ("thinking", _) => new WirePart.Thought(block.Text("thinking") ?? "", block.Text("signature")),
            ("redacted_thinking", _) => new WirePart.SealedThought(block.Text("data") ?? ""),
            var (type, _) => new WirePart.Other(type ?? ""),
        };
    }

    private static void ReadTools(WireConversation conversation, JsonObject body)
    {
        foreach (var tool in body.Array("tools").Objects().Where(tool => tool.Has("input_schema")))
        {
            conversation.Tools.Add(new WireTool(tool.Text("name") ?? "", tool.Text("description") ?? "", tool["input_schema"]!.DeepClone(), tool.Flag("strict") == true));
        }

        if (conversation.Tools.Count == 0) return;
        var choice = body.Object("tool_choice");
        conversation.IsParallelForbidden = choice.Flag("disable_parallel_tool_use") == true;
        conversation.ToolChoice = choice.Text("type") switch
        {
            null => "auto",
            "any" => "required",
            "tool" => "tool " + choice.Text("name"),
            var other => other,
        };
    }

    private static string Joined(JsonNode? content) => string.Concat(Blocks(content).Select(part => part is WirePart.Text text ? text.Value : part.Fact));
}
