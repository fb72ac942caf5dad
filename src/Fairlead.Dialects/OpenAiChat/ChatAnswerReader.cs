using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>Reads a whole JSON answer of the dialect into canonical form: its first choice.</summary>
internal static class ChatAnswerReader
{
    /// <summary>What is lost of a call whose input is no object.</summary>
    public const string BrokenCall = "tool_calls";

    /// <summary>Reads a body; null when a call in it is broken.</summary>
    public static Answer? Read(ReadOnlyMemory<byte> body, in AnswerFacts facts, TranslationLosses losses)
    {
        try
        {
            using var json = JsonBody.ParseAnswer(body);
            var choice = json.Root.GetProperty("choices"u8)[0];
            var message = choice.GetProperty("message"u8);
            var parts = new List<Part>(2);
            ReadThoughts(json, message, parts);
            ReadContent(json, message, parts, losses);
            var hasRefusal = json.Text(message, "refusal"u8) is { IsEmpty: false };
            if (hasRefusal) parts.Add(new RefusalPart(json.Text(message, "refusal"u8)!.Value));
            var reason = choice.String("finish_reason"u8) ?? "stop";
            if (!ReadCalls(json, message, parts, reason == "length", losses)) return null;
            List(message, losses, "annotations", "audio", "images", "executed_tools");
            List(json.Root, losses, "citations");
            return new Answer
            {
                Id = facts.Id,
                Model = facts.Model,
                Usage = facts.Usage,
                Parts = parts,
                Finish = ChatFinish.Read(json, choice, reason, parts.Exists(part => part is ToolCallPart), hasRefusal),
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static void ReadThoughts(JsonBody json, JsonElement message, List<Part> parts)
    {
        if (message.Has("reasoning_details"u8, out var details) && details.ValueKind == JsonValueKind.Array)
        {
            foreach (var detail in details.EnumerateArray())
            {
                var origin = ChatThoughts.OriginOf(detail.String("format"u8));
                if (json.Text(detail, "data"u8) is { IsEmpty: false } data) parts.Add(new RedactedThinkingPart(data, origin));
                else if ((json.Text(detail, "text"u8) ?? json.Text(detail, "summary"u8)) is { } text)
                {
                    var signature = json.Text(detail, "signature"u8);
                    parts.Add(new ThinkingPart(text) { Signature = signature is { IsEmpty: false } signed ? new Signature(origin, signed) : null });
                }
            }
        }

        if (parts.Exists(part => part is ThinkingPart)) return;
        var plain = json.Said(message, "reasoning_content"u8) ?? json.Said(message, "reasoning"u8);
        if (plain is { IsEmpty: false } thought) parts.Insert(0, new ThinkingPart(thought));
    }

    /// <summary>A text, or parts of thoughts and text as Mistral has them (SEMANTICS 10).</summary>
    private static void ReadContent(JsonBody json, JsonElement message, List<Part> parts, TranslationLosses losses)
    {
        if (!message.Has("content"u8, out var content)) return;
        if (content.ValueKind == JsonValueKind.String)
        {
            if (json.Text(content) is { IsEmpty: false } text) parts.Add(new TextPart(text));
            return;
        }

        if (content.ValueKind != JsonValueKind.Array) return;
        foreach (var part in content.EnumerateArray())
        {
            switch (part.String("type"u8))
            {
                case "text":
                    if (json.Text(part, "text"u8) is { IsEmpty: false } text) parts.Add(new TextPart(text));
                    break;
                case "thinking" when part.Has("thinking"u8, out var thoughts) && thoughts.ValueKind == JsonValueKind.Array:
                    foreach (var thought in thoughts.EnumerateArray())
                    {
                        if (json.Text(thought, "text"u8) is { IsEmpty: false } piece) parts.Add(new ThinkingPart(piece));
                    }

                    break;
                case { } other:
                    losses.Lose(other);
                    break;
            }
        }
    }

    /// <summary>False for a call whose input is no object (SEMANTICS 37), unless the limit cut it off: then it is lost and told.</summary>
    private static bool ReadCalls(JsonBody json, JsonElement message, List<Part> parts, bool isCut, TranslationLosses losses)
    {
        if (message.Has("function_call"u8, out var legacy) && !ReadCall(json, legacy, "", parts, isCut, losses)) return false;
        if (!message.Has("tool_calls"u8, out var calls) || calls.ValueKind != JsonValueKind.Array) return true;
        foreach (var call in calls.EnumerateArray())
        {
            if (call.String("type"u8) is { Length: > 0 } type and not "function") losses.Lose(type);
            else if (!call.Has("function"u8, out var function) || !ReadCall(json, function, call.String("id"u8) ?? "", parts, isCut, losses)) return false;
        }

        return true;
    }

    private static bool ReadCall(JsonBody json, JsonElement function, string id, List<Part> parts, bool isCut, TranslationLosses losses)
    {
        if (ToolInput.Read(json, function) is { } input)
        {
            parts.Add(new ToolCallPart(id, function.String("name"u8) ?? "", input));
            return true;
        }

        losses.Lose(BrokenCall);
        return isCut;
    }

    private static void List(JsonElement within, TranslationLosses losses, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!within.TryGetProperty(name, out var value)) continue;
            if (value.ValueKind == JsonValueKind.Object || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)) losses.Lose(name);
        }
    }
}
