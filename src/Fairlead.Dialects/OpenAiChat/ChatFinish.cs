using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>Why an answer ended, in the dialect's words and back (SEMANTICS 35, 112, 113).</summary>
internal static class ChatFinish
{
    /// <summary>Reads the reason of a choice.</summary>
    public static Finish Read(JsonBody json, JsonElement choice, string reason, bool hasCalls, bool hasRefusal)
    {
        var read = reason switch
        {
            "length" or "max_tokens" => FinishReason.Length,
            "content_filter" => FinishReason.Refusal,
            _ when hasCalls => FinishReason.ToolCalls,
            "stop" when hasRefusal => FinishReason.Refusal,
            "stop" or "end_turn" or "eos" or "tool_calls" or "function_call" => FinishReason.Stop, // calls without a call are none
            _ => FinishReason.Unknown,
        };
        // vLLM and its kin name the text that ended the answer.
        var stop = read == FinishReason.Stop ? json.Text(choice, "stop_reason"u8) : null;
        return stop is { IsEmpty: false } ? new Finish(FinishReason.StopSequence, stop) : new Finish(read);
    }

    /// <summary>The dialect's word. OpenAI's .NET SDK throws at any but these.</summary>
    public static ReadOnlySpan<byte> Of(FinishReason reason, bool usesFunctions) => reason switch
    {
        FinishReason.Length or FinishReason.Paused => "length"u8,
        FinishReason.ToolCalls => usesFunctions ? "function_call"u8 : "tool_calls"u8,
        FinishReason.Refusal => "content_filter"u8,
        _ => "stop"u8,
    };
}
