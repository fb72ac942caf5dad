using System.Buffers;
using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>Writes a whole JSON answer of the dialect from canonical form.</summary>
internal static class ChatAnswerWriter
{
    /// <summary>Writes the body.</summary>
    public static void Write(IBufferWriter<byte> body, Answer answer, in AnswerSetting setting)
    {
        using var json = JsonWriting.Open(body);
        json.WriteStartObject();
        json.WriteString("id"u8, answer.Id ?? setting.RequestId);
        json.WriteString("object"u8, "chat.completion"u8);
        json.WriteNumber("created"u8, setting.CreatedAt.ToUnixTimeSeconds());
        json.WriteString("model"u8, answer.Model ?? setting.Model);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        WriteMessage(json, answer, setting);
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, ChatFinish.Of(answer.Finish.Reason, setting.UsesFunctions));
        json.WriteEndObject();
        json.WriteEndArray();
        if (answer.Usage is { } usage) WriteUsage(json, usage);
        json.WriteEndObject();
    }

    /// <summary>Writes the member <c>usage</c>.</summary>
    public static void WriteUsage(Utf8JsonWriter json, TokenUsage usage)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, usage.Input);
        json.WriteNumber("completion_tokens"u8, usage.Output);
        json.WriteNumber("total_tokens"u8, usage.Input + usage.Output);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, usage.CachedInput);
        if (usage.CacheWrite > 0) json.WriteNumber("cache_write_tokens"u8, usage.CacheWrite);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, usage.Reasoning);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter json, Answer answer, in AnswerSetting setting)
    {
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        WriteJoined(json, "content"u8, answer.Parts.OfType<TextPart>().Select(part => part.Text));
        WriteJoined(json, "refusal"u8, Refusals(answer));
        var thoughts = answer.Parts.Where(part => part is ThinkingPart or RedactedThinkingPart).ToArray();
        if (thoughts.Any(part => part is ThinkingPart { Text.IsEmpty: false })) WriteJoined(json, "reasoning_content"u8, thoughts.OfType<ThinkingPart>().Select(part => part.Text));
        if (thoughts.Any(part => part is not ThinkingPart { Signature: null })) ChatThoughts.WriteDetails(json, thoughts);
        var calls = answer.Parts.OfType<ToolCallPart>().ToArray();
        if (calls.Length > 0 && setting.UsesFunctions) WriteFunctionCall(json, calls[0]);
        else if (calls.Length > 0) WriteCalls(json, calls, setting.RequestId);
        json.WriteEndObject();
    }

    /// <summary>The words of a refusal, or what the vendor says of it.</summary>
    private static IEnumerable<JsonText> Refusals(Answer answer)
    {
        foreach (var part in answer.Parts.OfType<RefusalPart>()) yield return part.Text;
        if (answer.Finish is { Reason: FinishReason.Refusal } && Explanation(answer.Finish) is { } explanation) yield return explanation;
    }

    /// <summary>What the vendor says of a refusal; null for nothing.</summary>
    public static JsonText? Explanation(Finish finish)
    {
        if (finish.RefusalDetails is not { } details) return null;
        using var json = JsonBody.ParseAnswer(details.Raw);
        return json.Root.Has("explanation"u8, out var explanation) && json.Text(explanation) is { IsEmpty: false } text ? text : null;
    }

    private static void WriteCalls(Utf8JsonWriter json, ToolCallPart[] calls, string requestId)
    {
        json.WriteStartArray("tool_calls"u8);
        for (var i = 0; i < calls.Length; i++)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, CallIds.OrMade(calls[i].Id, requestId, i));
            json.WriteString("type"u8, "function"u8);
            WriteFunction(json, "function"u8, calls[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFunctionCall(Utf8JsonWriter json, ToolCallPart call) => WriteFunction(json, "function_call"u8, call);

    private static void WriteFunction(Utf8JsonWriter json, ReadOnlySpan<byte> member, ToolCallPart call)
    {
        json.WriteStartObject(member);
        json.WriteString("name"u8, call.Name);
        json.WriteString("arguments"u8, call.Input.Span);
        json.WriteEndObject();
    }

    private static void WriteJoined(Utf8JsonWriter json, ReadOnlySpan<byte> member, IEnumerable<JsonText> texts)
    {
        var all = texts.ToArray();
        if (all.Length == 0) json.WriteNull(member);
        else if (all.Length == 1) json.WriteText(member, all[0]);
        else json.WriteSlice(member, new JsonSlice((byte[])[(byte)'"', .. all.SelectMany(text => text.Inner.ToArray()), (byte)'"']));
    }
}
