using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Reads a whole JSON answer of the dialect into canonical form.</summary>
internal static class MessagesAnswerReader
{
    /// <summary>Reads a body; null when a block in it is broken.</summary>
    public static Answer? Read(ReadOnlyMemory<byte> body, in AnswerFacts facts, TranslationLosses losses)
    {
        try
        {
            using var json = JsonBody.ParseAnswer(body);
            var parts = new List<Part>(2);
            foreach (var block in json.Root.GetProperty("content"u8).EnumerateArray())
            {
                if (ReadBlock(json, block, losses) is { } part) parts.Add(part);
            }

            var finish = MessagesFinish.Read(json, json.Root);
            if (finish.Reason is FinishReason.Stop or FinishReason.Unknown && parts.Exists(part => part is ToolCallPart)) finish = new Finish(FinishReason.ToolCalls);
            return new Answer { Id = facts.Id, Model = facts.Model, Usage = facts.Usage, Parts = parts, Finish = finish };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static Part? ReadBlock(JsonBody json, JsonElement block, TranslationLosses losses)
    {
        switch (block.String("type"u8))
        {
            case "text":
                if (block.Has("citations"u8, out var citations) && citations.ValueKind == JsonValueKind.Array && citations.GetArrayLength() > 0) losses.Lose("citations");
                return new TextPart(json.Text(block, "text"u8) ?? default);
            case "thinking":
                return new ThinkingPart(json.Text(block, "thinking"u8) ?? default)
                {
                    Signature = json.Text(block, "signature"u8) is { IsEmpty: false } signature ? new Signature(DialectNames.AnthropicMessages, signature) : null,
                };
            case "redacted_thinking":
                return new RedactedThinkingPart(json.Text(block, "data"u8) ?? default, DialectNames.AnthropicMessages);
            case "tool_use":
                return new ToolCallPart(block.String("id"u8) ?? "", block.String("name"u8) ?? "", json.Slice(block, "input"u8) ?? JsonSlice.Of("{}"u8));
            case { } other:
                losses.Lose(other);
                return null;
            default:
                throw new JsonException();
        }
    }
}
