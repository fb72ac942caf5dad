using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Json;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>What kind of event one of a stream is.</summary>
internal enum MessagesEventKind
{
    /// <summary>A ping, the end of a block, or one that this version does not know: nothing in it matters here.</summary>
    Other = 0,

    /// <summary>The message begins: its id, its model, its first counts.</summary>
    MessageStart,

    /// <summary>A block of content begins.</summary>
    BlockStart,

    /// <summary>A piece of a block.</summary>
    BlockDelta,

    /// <summary>The message ends: why, and its counts.</summary>
    MessageDelta,

    /// <summary>The dialect's own last event.</summary>
    MessageStop,

    /// <summary>The stream failed from within.</summary>
    Error,
}

/// <summary>What is read of one event of a stream.</summary>
internal ref struct MessagesEvent
{
    public MessagesEventKind Kind;
    public string? Id;
    public string? Model;
    public UpstreamFailure? Error;

    /// <summary>Bytes of meaningful content, quotes not counted.</summary>
    public long ContentBytes;

    /// <summary>What it tells of the answer's end.</summary>
    public AnswerEnd End;

    /// <summary>Whether a stop reason stands in it.</summary>
    public bool HasStopReason;

    /// <summary>Whether a usage stands in it.</summary>
    public bool HasUsage;

    /// <summary>Where the one text of a delta starts, behind its quote; 0 when there is not exactly one.</summary>
    public int TextStart;

    /// <summary>Its length as it is spelled.</summary>
    public int TextLength;

    /// <summary>Reads an event; false when it is not JSON.</summary>
    /// <param name="data">Its data.</param>
    /// <param name="usage">Counts are taken into it.</param>
    public bool TryRead(ReadOnlySpan<byte> data, ref MessagesUsage usage)
    {
        var json = new JsonCursor(data, MessagesAnswer.MostDepth);
        if (!json.TryEnterObject()) return json.TrySkip() && json.IsAtEnd;
        while (json.TryNextMember(out var name))
        {
            if (name.SequenceEqual("type"u8)) Kind = KindOf(json.Take());
            else if (name.SequenceEqual("message"u8)) ReadMessage(ref json, ref usage);
            else if (name.SequenceEqual("content_block"u8)) ReadBlock(ref json);
            else if (name.SequenceEqual("delta"u8)) ReadDelta(ref json);
            else if (name.SequenceEqual("usage"u8)) ReadUsage(ref json, ref usage);
            else if (name.SequenceEqual("error"u8)) Error = VendorErrors.OfMember(json.Take()) ?? Error;
            else json.TrySkip();
        }

        return json.IsAtEnd;
    }

    private static MessagesEventKind KindOf(ReadOnlySpan<byte> type) => type switch
    {
        _ when type.SequenceEqual("\"content_block_delta\""u8) => MessagesEventKind.BlockDelta,
        _ when type.SequenceEqual("\"content_block_start\""u8) => MessagesEventKind.BlockStart,
        _ when type.SequenceEqual("\"message_start\""u8) => MessagesEventKind.MessageStart,
        _ when type.SequenceEqual("\"message_delta\""u8) => MessagesEventKind.MessageDelta,
        _ when type.SequenceEqual("\"message_stop\""u8) => MessagesEventKind.MessageStop,
        _ when type.SequenceEqual("\"error\""u8) => MessagesEventKind.Error,
        _ => MessagesEventKind.Other,
    };

    private void ReadMessage(ref JsonCursor json, ref MessagesUsage usage)
    {
        if (!json.TryEnterObject())
        {
            json.TrySkip();
            return;
        }

        while (json.TryNextMember(out var name))
        {
            if (name.SequenceEqual("id"u8)) Id = json.TakeText(MessagesAnswer.MostTextBytes);
            else if (name.SequenceEqual("model"u8)) Model = json.TakeText(MessagesAnswer.MostTextBytes);
            else if (name.SequenceEqual("usage"u8)) ReadUsage(ref json, ref usage);
            else json.TrySkip();
        }
    }

    private void ReadUsage(ref JsonCursor json, ref MessagesUsage usage)
    {
        HasUsage = json.IsObject;
        usage.Read(ref json);
    }

    /// <summary>A block that begins is content when it is more than an empty text or an empty thought.</summary>
    private void ReadBlock(ref JsonCursor json)
    {
        if (!json.TryEnterObject())
        {
            json.TrySkip();
            return;
        }

        long text = 0, other = 0;
        var isText = false;
        while (json.TryNextMember(out var name))
        {
            var isType = name.SequenceEqual("type"u8);
            var isThought = name.SequenceEqual("thinking"u8);
            var isOwn = isThought || name.SequenceEqual("text"u8);
            var value = json.Take();
            End.HasOutput |= isOwn && !isThought && value is [(byte)'"', _, _, ..];
            if (isType) End.HasOutput |= MessagesAnswer.IsOutput(value);
            if (isType) isText = value.SequenceEqual("\"text\""u8) || value.SequenceEqual("\"thinking\""u8);
            else if (isOwn && value is [(byte)'"', ..]) text += value.Length - 2;
            else if (!isOwn) other += value.Length;
        }

        ContentBytes += isText ? text : Math.Max(text + other, 1);
    }

    /// <summary>A piece of text, of a thought, or of a tool's input; a signature alone is none.</summary>
    private void ReadDelta(ref JsonCursor json)
    {
        if (!json.TryEnterObject())
        {
            json.TrySkip();
            return;
        }

        var texts = 0;
        while (json.TryNextMember(out var name))
        {
            var isText = name.SequenceEqual("text"u8) || name.SequenceEqual("thinking"u8) || name.SequenceEqual("partial_json"u8);
            var isReason = name.SequenceEqual("stop_reason"u8);
            var isThought = name.SequenceEqual("thinking"u8);
            var value = json.Take();
            if (isReason) HasStopReason = value is [(byte)'"', _, _, ..];
            if (isReason) MessagesAnswer.ReadReason(value, ref End);
            if (!isText || value is not [(byte)'"', ..]) continue;
            texts++;
            TextLength = value.Length - 2;
            TextStart = json.Position - value.Length + 1;
            ContentBytes += TextLength;
            End.HasOutput |= !isThought && TextLength > 0;
        }

        if (texts != 1) TextStart = 0;
    }
}
