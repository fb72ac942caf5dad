using System.Text.Json;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Json;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Reads a whole JSON answer of the dialect.</summary>
public static class MessagesAnswer
{
    internal const int MostDepth = 256;
    internal const int MostTextBytes = 256;

    /// <summary>Reads a body; false when it is no message: not JSON, no object, without content.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out AnswerFacts answer)
    {
        try
        {
            return Read(new JsonCursor(body, MostDepth), out answer);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            answer = default;
            return false;
        }
    }

    private static bool Read(JsonCursor json, out AnswerFacts answer)
    {
        answer = default;
        if (!json.TryEnterObject()) return false;
        string? id = null, model = null;
        var usage = default(MessagesUsage);
        UpstreamFailure? error = null;
        var hasContent = false;
        var end = default(AnswerEnd);
        while (json.TryNextMember(out var name))
        {
            if (name.SequenceEqual("id"u8)) id = json.TakeText(MostTextBytes);
            else if (name.SequenceEqual("model"u8)) model = json.TakeText(MostTextBytes);
            else if (name.SequenceEqual("content"u8)) hasContent = ReadContent(ref json, ref end);
            else if (name.SequenceEqual("stop_reason"u8)) ReadReason(json.Take(), ref end);
            else if (name.SequenceEqual("usage"u8)) usage.Read(ref json);
            else if (name.SequenceEqual("error"u8)) error = VendorErrors.OfMember(json.Take()) ?? error;
            else json.TrySkip();
        }

        if (!json.IsAtEnd) return false;
        answer = new AnswerFacts { Id = id, Model = model, Usage = usage.Canonical, UsageIsAbsurd = usage.IsAbsurd, Notes = end.Notes(isFinished: true), Error = error };
        return hasContent || error is not null;
    }

    /// <summary>Notes why the message ended; nothing where it has not.</summary>
    internal static void ReadReason(ReadOnlySpan<byte> reason, ref AnswerEnd end)
    {
        end.IsFiltered |= reason.SequenceEqual("\"refusal\""u8);
        end.IsCut |= reason.SequenceEqual("\"max_tokens\""u8) || reason.SequenceEqual("\"model_context_window_exceeded\""u8);
        end.IsPaused |= reason.SequenceEqual("\"pause_turn\""u8) || reason.SequenceEqual("\"compaction\""u8);
    }

    /// <summary>Whether a block says anything by its type alone: a thought does not, and a text only with a text in it.</summary>
    internal static bool IsOutput(ReadOnlySpan<byte> type) =>
        !type.IsEmpty && !type.SequenceEqual("\"text\""u8) && !type.SequenceEqual("\"thinking\""u8) && !type.SequenceEqual("\"redacted_thinking\""u8);

    /// <summary>Whether there are blocks, of whatever kind; whether one of them says anything is noted.</summary>
    private static bool ReadContent(ref JsonCursor json, ref AnswerEnd end)
    {
        if (!json.TryEnterArray())
        {
            json.TrySkip();
            return false;
        }

        while (json.TryNextElement())
        {
            if (!json.TryEnterObject())
            {
                json.TrySkip();
                continue;
            }

            while (json.TryNextMember(out var name))
            {
                var isType = name.SequenceEqual("type"u8);
                var isText = name.SequenceEqual("text"u8);
                var value = json.Take();
                end.HasOutput |= (isType && IsOutput(value)) || (isText && value is [(byte)'"', _, _, ..]);
            }
        }

        return true;
    }
}
