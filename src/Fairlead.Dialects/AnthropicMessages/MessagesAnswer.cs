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
        while (json.TryNextMember(out var name))
        {
            if (name.SequenceEqual("id"u8)) id = json.TakeText(MostTextBytes);
            else if (name.SequenceEqual("model"u8)) model = json.TakeText(MostTextBytes);
            else if (name.SequenceEqual("content"u8)) hasContent = json.Take() is [(byte)'[', ..];
            else if (name.SequenceEqual("usage"u8)) usage.Read(ref json);
            else if (name.SequenceEqual("error"u8)) error = VendorErrors.OfMember(json.Take()) ?? error;
            else json.TrySkip();
        }

        if (!json.IsAtEnd) return false;
        answer = new AnswerFacts { Id = id, Model = model, Usage = usage.Canonical, UsageIsAbsurd = usage.IsAbsurd, Error = error };
        return hasContent || error is not null;
    }
}
