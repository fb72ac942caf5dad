using System.Text.Json.Nodes;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>
/// A request of Anthropic's dialect in one form for all spellings that mean the same there. Every step says why nothing is lost by it.
/// </summary>
internal static class MessagesNormal
{
    public static string Of(JsonObject body)
    {
        var normal = body.DeepClone().AsObject();
        normal.Remove("model"); // a target's own name stands there
        normal["messages"] = Turns(body["messages"]!.AsArray());
        if (normal["system"] is { } system) normal["system"] = Blocks(system);
        if (normal["stream"]?.GetValue<bool>() != true) normal.Remove("stream"); // false is the default
        if (normal["service_tier"]?.GetValue<string>() == "auto") normal.Remove("service_tier"); // the default
        if (normal["tool_choice"]?["disable_parallel_tool_use"]?.GetValue<bool>() == false) normal["tool_choice"]!.AsObject().Remove("disable_parallel_tool_use"); // the default
        foreach (var tool in normal["tools"]?.AsArray() ?? [])
        {
            if (tool!["type"]?.GetValue<string>() == "custom") tool.AsObject().Remove("type"); // the default
            if (tool["strict"]?.GetValue<bool>() == false) tool.AsObject().Remove("strict"); // the same
        }

        return Canonical.Of(normal);
    }

    /// <summary>Neighbours of one role are one turn to the vendor; results stand first in it, as it wants them; a turn of nothing is none.</summary>
    public static JsonArray Turns(JsonArray messages)
    {
        var turns = new JsonArray();
        foreach (var message in messages)
        {
            var blocks = Blocks(message!["content"]!);
            if (blocks.Count == 0) continue;
            if (turns is [.., JsonObject last] && last["role"]!.GetValue<string>() == message["role"]!.GetValue<string>())
            {
                foreach (var block in blocks) last["content"]!.AsArray().Add(block!.DeepClone());
            }
            else
            {
                turns.Add(new JsonObject { ["role"] = message["role"]!.DeepClone(), ["content"] = blocks });
            }
        }

        foreach (var turn in turns) turn!["content"] = new JsonArray([.. turn["content"]!.AsArray().OrderBy(block => Type(block!) == "tool_result" ? 0 : 1).Select(block => block!.DeepClone())]);
        return turns;
    }

    /// <summary>A text is an array of one text. What another vendor thought is not for this one: it is taken out.</summary>
    public static JsonArray Blocks(JsonNode content)
    {
        if (content is JsonValue) return new JsonArray(new JsonObject { ["type"] = "text", ["text"] = content.DeepClone() });
        var blocks = new JsonArray();
        foreach (var item in content.AsArray())
        {
            var block = item!.DeepClone().AsObject();
            if (block["signature"]?.GetValue<string>().StartsWith("fairlead.", StringComparison.Ordinal) == true) continue;
            if (Type(block) == "tool_result")
            {
                block["content"] = block["content"] is { } result ? Blocks(result) : new JsonArray(); // none is nothing
                if (block["is_error"]?.GetValue<bool>() == false) block.Remove("is_error"); // the default
            }

            if (block["citations"] is JsonObject citations && citations["enabled"]!.GetValue<bool>() == false) block.Remove("citations"); // the default
            blocks.Add(block);
        }

        return blocks;
    }

    public static string Type(JsonNode block) => block["type"]!.GetValue<string>();
}
