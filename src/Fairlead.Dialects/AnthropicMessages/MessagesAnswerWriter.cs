using System.Buffers;
using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Writes a whole JSON answer of the dialect from canonical form.</summary>
internal static class MessagesAnswerWriter
{
    /// <summary>Writes the body. The dialect must have counts: estimates stand in for those that the vendor left out.</summary>
    public static void Write(IBufferWriter<byte> body, Answer answer, in AnswerSetting setting)
    {
        using var json = JsonWriting.Open(body);
        json.WriteStartObject();
        json.WriteString("id"u8, answer.Id ?? setting.RequestId);
        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, setting.RequestedModel);
        json.WriteStartArray("content"u8);
        JsonText? refusal = null;
        var calls = 0;
        foreach (var part in answer.Parts)
        {
            if (part is RefusalPart words) refusal = words.Text;
            WriteBlock(json, part, setting.RequestId, ref calls);
        }

        json.WriteEndArray();
        MessagesFinish.Write(json, answer.Finish, refusal);
        WriteUsage(json, answer.Usage ?? setting.Estimate);
        json.WriteEndObject();
    }

    /// <summary>Writes the member <c>usage</c>: input without what the cache gave or took (SEMANTICS 74, 75).</summary>
    public static void WriteUsage(Utf8JsonWriter json, TokenUsage usage)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, usage.Input - usage.CachedInput - usage.CacheWrite);
        json.WriteNumber("cache_creation_input_tokens"u8, usage.CacheWrite);
        if (usage.CacheWrite > 0)
        {
            json.WriteStartObject("cache_creation"u8);
            json.WriteNumber("ephemeral_5m_input_tokens"u8, usage.CacheWrite - usage.CacheWriteOneHour);
            json.WriteNumber("ephemeral_1h_input_tokens"u8, usage.CacheWriteOneHour);
            json.WriteEndObject();
        }

        json.WriteNumber("cache_read_input_tokens"u8, usage.CachedInput);
        json.WriteNumber("output_tokens"u8, usage.Output);
        if (usage.Reasoning > 0)
        {
            json.WriteStartObject("output_tokens_details"u8);
            json.WriteNumber("thinking_tokens"u8, usage.Reasoning);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteBlock(Utf8JsonWriter json, Part part, string requestId, ref int calls)
    {
        switch (part)
        {
            case TextPart { Text.IsEmpty: true }:
                return;
            case TextPart text:
                WriteText(json, text.Text);
                return;
            case RefusalPart refusal:
                WriteText(json, refusal.Text);
                return;
            case ThinkingPart thought:
                json.WriteStartObject();
                json.WriteString("type"u8, "thinking"u8);
                json.WriteText("thinking"u8, thought.Text);
                if (thought.Signature is { } signature) WriteForeign(json, "signature"u8, signature.Origin, signature.Value);
                else json.WriteString("signature"u8, ForeignThought.Mark);
                break;
            case RedactedThinkingPart redacted:
                json.WriteStartObject();
                json.WriteString("type"u8, "redacted_thinking"u8);
                WriteForeign(json, "data"u8, redacted.Origin, redacted.Data);
                break;
            case ToolCallPart call:
                json.WriteStartObject();
                json.WriteString("type"u8, "tool_use"u8);
                json.WriteString("id"u8, CallIds.ToMessages(CallIds.OrMade(call.Id, requestId, calls++)));
                json.WriteString("name"u8, call.Name);
                json.WriteSlice("input"u8, call.Input);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        json.WriteEndObject();
    }

    private static void WriteForeign(Utf8JsonWriter json, ReadOnlySpan<byte> member, string origin, JsonText value) =>
        json.WriteText(member, new JsonText((byte[])[(byte)'"', .. ForeignThought.Write(origin, value.Inner), (byte)'"']));

    private static void WriteText(Utf8JsonWriter json, JsonText text)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "text"u8);
        json.WriteText("text"u8, text);
        json.WriteEndObject();
    }
}
