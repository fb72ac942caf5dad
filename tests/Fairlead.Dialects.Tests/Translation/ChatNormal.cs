using System.Globalization;
using System.Text.Json.Nodes;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>
/// A request of OpenAI's dialect in one form for all spellings that mean the same there. Every step says why nothing is lost by it.
/// </summary>
internal static class ChatNormal
{
    /// <summary>Values that are what the vendor does unasked.</summary>
    private static readonly (string Name, string Value)[] Unsaid =
    [
        ("n", "1"), ("logprobs", "false"), ("frequency_penalty", "0"), ("service_tier", "\"auto\""), ("logit_bias", "{}"), ("metadata", "{}"), ("of_a_later_version", "{}"),
    ];

    public static string Of(JsonObject body)
    {
        var normal = body.DeepClone().AsObject();
        normal.Remove("model"); // a target's own name stands there
        normal["messages"] = Messages(body["messages"]!.AsArray());
        Tools(normal);
        Rename(normal, "max_completion_tokens", "max_tokens"); // the vendor's word for one thing; the generator says it once
        if (normal["stop"] is JsonValue) normal["stop"] = new JsonArray(normal["stop"]!.DeepClone()); // one text is an array of one
        if (normal["stream"]?.GetValue<bool>() != true) normal.Remove("stream"); // false is the default
        if (normal["stream_options"]?["include_usage"]?.GetValue<bool>() == false) normal.Remove("stream_options"); // the same
        if (normal["response_format"] is { } format && format["type"]!.GetValue<string>() == "text") normal.Remove("response_format"); // plain text is the default
        foreach (var (name, value) in Unsaid)
        {
            if (normal.TryGetPropertyValue(name, out var said) && Canonical.Of(said) == value) normal.Remove(name);
        }

        return Canonical.Of(normal);
    }

    public static JsonArray Parts(JsonNode? content) => content switch
    {
        null => [],
        JsonArray parts => parts.DeepClone().AsArray(),
        _ => content.GetValue<string>().Length == 0 ? [] : new JsonArray(new JsonObject { ["type"] = "text", ["text"] = content.DeepClone() }), // a text is an array of one text; an empty one says nothing
    };

    /// <summary>Thoughts that nobody signed and that follow one another are one; the numbers of details are their order.</summary>
    public static JsonArray Thoughts(JsonObject message)
    {
        var thoughts = new JsonArray();
        foreach (var detail in message["reasoning_details"]?.AsArray() ?? [])
        {
            var words = detail!["type"]!.GetValue<string>() == "reasoning.summary" ? detail["summary"] : detail["text"];
            if (detail["data"] is { } data) thoughts.Add(new JsonObject { ["data"] = data.DeepClone(), ["format"] = detail["format"]!.DeepClone() });
            else if (detail["signature"] is { } signature) thoughts.Add(new JsonObject { ["text"] = words!.DeepClone(), ["signature"] = signature.DeepClone(), ["format"] = detail["format"]!.DeepClone() });
            else AddPlain(thoughts, words!.GetValue<string>());
        }

        // Details repeat the plain text and count before it; the plain one has two names.
        if (thoughts.Count == 0 && (message["reasoning_content"] ?? message["reasoning"]) is { } plain) AddPlain(thoughts, plain.GetValue<string>());
        return thoughts;
    }

    private static void AddPlain(JsonArray thoughts, string words)
    {
        if (thoughts is [.., JsonObject { Count: 1 } last]) last["text"] = last["text"]!.GetValue<string>() + words;
        else thoughts.Add(new JsonObject { ["text"] = words });
    }

    private static JsonArray Messages(JsonArray messages)
    {
        var normal = new JsonArray();
        string? lastCall = null;
        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i]!.DeepClone().AsObject();
            message["content"] = Parts(message["content"]);
            if (Thoughts(message) is { Count: > 0 } thoughts) message["thoughts"] = thoughts;
            foreach (var name in new[] { "reasoning_details", "reasoning_content", "reasoning" }) message.Remove(name);
            if (message["function_call"] is JsonObject call)
            {
                // The dialect's first form has no ids: a call's place stands for it.
                lastCall = "call_" + i.ToString(CultureInfo.InvariantCulture);
                message.Remove("function_call");
                message["tool_calls"] = new JsonArray(new JsonObject { ["id"] = lastCall, ["type"] = "function", ["function"] = call.DeepClone() });
            }

            if (message["role"]!.GetValue<string>() == "function")
            {
                message["role"] = "tool";
                message["tool_call_id"] = lastCall;
                message.Remove("name"); // the call has it
            }

            foreach (var one in message["tool_calls"]?.AsArray() ?? []) Arguments(one!.AsObject());
            normal.Add(message);
        }

        return normal;
    }

    /// <summary>Arguments are the text of an object, however it is spelled; an empty text is an empty object.</summary>
    private static void Arguments(JsonObject call)
    {
        if (call["function"] is not JsonObject function) return;
        var text = function["arguments"]!.GetValue<string>();
        function["arguments"] = string.IsNullOrWhiteSpace(text) ? new JsonObject() : JsonNode.Parse(text);
    }

    private static void Tools(JsonObject body)
    {
        if (body["functions"] is JsonArray functions)
        {
            // The dialect's first form of tools.
            body.Remove("functions");
            body["tools"] = new JsonArray([.. functions.Select(function => new JsonObject { ["type"] = "function", ["function"] = function!.DeepClone() })]);
        }

        if (body["function_call"] is { } choice)
        {
            body.Remove("function_call");
            body["tool_choice"] = choice is JsonObject named ? new JsonObject { ["type"] = "function", ["function"] = named.DeepClone() } : choice.DeepClone();
        }
    }

    private static void Rename(JsonObject body, string from, string to)
    {
        if (!body.Remove(from, out var value)) return;
        body[to] = value;
    }
}
