using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Streaming;

namespace Fairlead.Dialects.Translation;

/// <summary>
/// Tells the pieces of an answer that a stream's events hold. It is asked only for events that are not like the one before; a run of
/// like ones, which nearly all are, is told by its texts alone. State of one stream.
/// </summary>
internal abstract class AnswerDecoder(IAnswerEvents events)
{
    private PieceKind _last;
    private int _pieces;
    private int _lastKey;

    private enum PieceKind
    {
        None = 0,
        Text,
        Thinking,
        Refusal,
        ToolInput,
    }

    /// <summary>Why the answer ended, as far as it has.</summary>
    public Finish Finish { get; protected set; } = new(FinishReason.Unknown);

    /// <summary>How far the stream has come.</summary>
    public abstract StreamPosition Position { get; }

    /// <summary>Whether the stream goes on as it is, and this only tells of it: an event that it cannot read is then no fault of the stream.</summary>
    public bool OnlyListens { get; init; }

    /// <summary>Whether it only listened and could not read an event: it has told nothing since.</summary>
    public bool HasFailed { get; private set; }

    protected IAnswerEvents Events { get; } = events;

    /// <summary>Tells an event.</summary>
    /// <exception cref="JsonException">It is not JSON. Not where it only listens.</exception>
    public void Decode(ReadOnlySpan<byte> data)
    {
        if (HasFailed) return;
        try
        {
            DecodeEvent(data);
        }
        catch (Exception exception) when (OnlyListens && exception is (JsonException or InvalidOperationException))
        {
            HasFailed = true;
        }
    }

    private void DecodeEvent(ReadOnlySpan<byte> data)
    {
        _pieces = 0;
        using var json = JsonBody.ParseAnswer(data.ToArray());
        if (json.Root.ValueKind == JsonValueKind.Object) Decode(json);
    }

    /// <summary>Whether the last event held one piece and nothing else that is told: an event that differs in that text alone may be repeated.</summary>
    public bool CanRepeat => _pieces == 1 || HasFailed;

    /// <summary>Tells a further piece of the same kind as the last event's, which <see cref="CanRepeat"/>.</summary>
    public void Repeat(ReadOnlySpan<byte> spelled)
    {
        if (HasFailed) return;
        switch (_last)
        {
            case PieceKind.Text: Events.Text(spelled); break;
            case PieceKind.Thinking: Events.Thinking(spelled); break;
            case PieceKind.Refusal: Events.Refusal(spelled); break;
            case PieceKind.ToolInput: Events.ToolInput(_lastKey, spelled); break;
        }
    }

    protected abstract void Decode(JsonBody json);

    protected void Text(ReadOnlySpan<byte> spelled)
    {
        if (IsTold(PieceKind.Text, spelled)) Events.Text(spelled);
    }

    protected void Thinking(ReadOnlySpan<byte> spelled)
    {
        if (IsTold(PieceKind.Thinking, spelled)) Events.Thinking(spelled);
    }

    protected void Refusal(ReadOnlySpan<byte> spelled)
    {
        if (IsTold(PieceKind.Refusal, spelled)) Events.Refusal(spelled);
    }

    protected void ToolInput(int key, ReadOnlySpan<byte> spelled)
    {
        _lastKey = key;
        if (IsTold(PieceKind.ToolInput, spelled)) Events.ToolInput(key, spelled);
    }

    private bool IsTold(PieceKind kind, ReadOnlySpan<byte> spelled)
    {
        if (spelled.IsEmpty) return false;
        _last = kind;
        _pieces++;
        return true;
    }
}
