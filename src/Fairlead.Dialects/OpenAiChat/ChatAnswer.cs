using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Json;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>Reads a whole JSON answer of the dialect.</summary>
public static class ChatAnswer
{
    private const int MostDepth = 256;
    private const int MostTextBytes = 256;

    /// <summary>Reads a body; false when it is not a chat completion: not JSON, no object, or without a choice.</summary>
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
        TokenUsage? usage = null;
        var isAbsurd = false;
        UpstreamFailure? error = null;
        var hasChoice = false;
        var end = default(AnswerEnd);
        while (json.TryNextMember(out var name))
        {
            if (name.SequenceEqual("id"u8)) id = json.TakeText(MostTextBytes);
            else if (name.SequenceEqual("model"u8)) model = json.TakeText(MostTextBytes);
            else if (name.SequenceEqual("choices"u8)) hasChoice = ReadChoices(ref json, ref error, ref end);
            else if (name.SequenceEqual("error"u8)) error = VendorErrors.OfMember(json.Take()) ?? error;
            else if (name.SequenceEqual("prompt_filter_results"u8)) end.IsUnfiltered |= IsUnfiltered(json.Take());
            else if (name.SequenceEqual("usage"u8) && json.IsObject)
            {
                if (ReadUsage(json.Take()) is { } counts) usage = counts;
                else isAbsurd = true;
            }
            else json.TrySkip();
        }

        if (!json.IsAtEnd) return false;
        answer = new AnswerFacts { Id = id, Model = model, Usage = usage, UsageIsAbsurd = isAbsurd, Notes = end.Notes(isFinished: true), Error = error };
        return hasChoice || error is not null;
    }

    /// <summary>Whether there is a choice with a message; an error within a choice is one of the whole.</summary>
    private static bool ReadChoices(ref JsonCursor json, ref UpstreamFailure? error, ref AnswerEnd end)
    {
        var hasMessage = false;
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
                if (name.SequenceEqual("error"u8))
                {
                    error ??= VendorErrors.OfMember(json.Take());
                    continue;
                }

                if (name.SequenceEqual("message"u8)) hasMessage |= ReadMessage(ref json, ref end);
                else if (name.SequenceEqual("finish_reason"u8)) ReadReason(json.Take(), ref end);
                else if (name.SequenceEqual("content_filter_results"u8)) end.IsUnfiltered |= IsUnfiltered(json.Take());
                else json.TrySkip();
            }
        }

        return hasMessage;
    }

    /// <summary>Whether it is a message; what it says is noted. Thinking alone says nothing.</summary>
    private static bool ReadMessage(ref JsonCursor json, ref AnswerEnd end)
    {
        if (!json.TryEnterObject())
        {
            json.TrySkip();
            return false;
        }

        while (json.TryNextMember(out var name))
        {
            var isRefusal = name.SequenceEqual("refusal"u8);
            var isOutput = isRefusal || name.SequenceEqual("content"u8) || name.SequenceEqual("tool_calls"u8) || name.SequenceEqual("function_call"u8)
                || name.SequenceEqual("audio"u8) || name.SequenceEqual("images"u8) || name.SequenceEqual("executed_tools"u8);
            var value = json.Take();
            if (!isOutput || !HasSomething(value)) continue;
            end.HasOutput = true;
            end.IsRefused |= isRefusal;
        }

        return true;
    }

    /// <summary>Whether a text, a list or an object holds anything.</summary>
    private static bool HasSomething(ReadOnlySpan<byte> value) => value is [(byte)'"' or (byte)'[' or (byte)'{', ..] && value[1..^1].IndexOfAnyExcept(" \t\r\n"u8) >= 0;

    private static void ReadReason(ReadOnlySpan<byte> value, ref AnswerEnd end)
    {
        end.IsFiltered |= value.SequenceEqual("\"content_filter\""u8);
        end.IsCut |= value.SequenceEqual("\"length\""u8) || value.SequenceEqual("\"max_tokens\""u8);
    }

    /// <summary>Azure answers without its filter when that fails, and says so in the filter's results.</summary>
    private static bool IsUnfiltered(ReadOnlySpan<byte> results) => results.IndexOf("\"content_filter_error\""u8) >= 0;

    private static TokenUsage? ReadUsage(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return null; // the whole is broken
        var json = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = MostDepth });
        json.Read();
        return ChatUsage.TryRead(ref json, out var usage) ? usage : null;
    }
}
