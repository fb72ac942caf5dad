using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Why an answer ended, in the dialect's words and back (SEMANTICS 112, 113).</summary>
internal static class MessagesFinish
{
    /// <summary>Reads the reason from the object that holds it.</summary>
    public static Finish Read(JsonBody json, JsonElement within) => within.String("stop_reason"u8) switch
    {
        "end_turn" => new Finish(FinishReason.Stop),
        "stop_sequence" => new Finish(FinishReason.StopSequence, json.Text(within, "stop_sequence"u8)),
        "max_tokens" or "model_context_window_exceeded" => new Finish(FinishReason.Length),
        "tool_use" => new Finish(FinishReason.ToolCalls),
        "refusal" => new Finish(FinishReason.Refusal, RefusalDetails: OnOneLine(json.Slice(within, "stop_details"u8))),
        "pause_turn" or "compaction" => new Finish(FinishReason.Paused),
        _ => new Finish(FinishReason.Unknown),
    };

    /// <summary>Writes the reason's members.</summary>
    public static void Write(Utf8JsonWriter json, Finish finish, JsonText? refusal)
    {
        json.WriteString("stop_reason"u8, finish.Reason switch
        {
            FinishReason.StopSequence => "stop_sequence"u8,
            FinishReason.Length => "max_tokens"u8,
            FinishReason.ToolCalls => "tool_use"u8,
            FinishReason.Refusal => "refusal"u8,
            FinishReason.Paused => "pause_turn"u8,
            _ => "end_turn"u8,
        });
        if (finish is { Reason: FinishReason.StopSequence, StopSequence: { } stop }) json.WriteText("stop_sequence"u8, stop);
        else json.WriteNull("stop_sequence"u8);
        if (finish.Reason == FinishReason.Refusal) WriteDetails(json, finish, refusal);
    }

    /// <summary>A line end within JSON is white space; within an event of a stream it would end the event's data.</summary>
    private static JsonSlice? OnOneLine(JsonSlice? value)
    {
        if (value is not { } given || given.Span.IndexOfAny((byte)'\n', (byte)'\r') < 0) return value;
        var line = given.Raw.ToArray();
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        return new JsonSlice(line);
    }

    private static void WriteDetails(Utf8JsonWriter json, Finish finish, JsonText? refusal)
    {
        if (finish.RefusalDetails is { } details)
        {
            json.WriteSlice("stop_details"u8, details);
            return;
        }

        json.WriteStartObject("stop_details"u8);
        json.WriteString("type"u8, "refusal"u8);
        json.WriteNull("category"u8);
        if (refusal is { } words) json.WriteText("explanation"u8, words);
        else json.WriteNull("explanation"u8);
        json.WriteEndObject();
    }
}
