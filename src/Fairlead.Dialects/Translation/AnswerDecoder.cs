using System.Text.Json;
using Fairlead.Core.Messages;

namespace Fairlead.Dialects.Translation;

/// <summary>
/// Tells the pieces of an answer that a stream's events hold. It is asked only for events that are not like the one before; a run of
/// like ones, which nearly all are, is told by its texts alone. State of one stream.
/// </summary>
internal abstract class AnswerDecoder(IAnswerEvents events)
{
    private PieceKind _last;
    private int _lastKey;

    private enum PieceKind
    {
        None = 0,
        Text,
        Thinking,
        Refusal,
        ToolInput,
        Ignored,
    }

    /// <summary>Why the answer ended, as far as it has.</summary>
    public Finish Finish { get; protected set; } = new(FinishReason.Unknown);

    protected IAnswerEvents Events { get; } = events;

    /// <summary>Tells an event.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public void Decode(ReadOnlySpan<byte> data)
    {
        _last = PieceKind.None;
        using var json = JsonBody.ParseAnswer(data.ToArray());
        if (json.Root.ValueKind == JsonValueKind.Object) Decode(json);
    }

    /// <summary>Tells a further piece of the same kind as the last event's.</summary>
    public void Repeat(ReadOnlySpan<byte> spelled)
    {
        switch (_last)
        {
            case PieceKind.Text: Events.Text(spelled); break;
            case PieceKind.Thinking: Events.Thinking(spelled); break;
            case PieceKind.Refusal: Events.Refusal(spelled); break;
            case PieceKind.ToolInput: Events.ToolInput(_lastKey, spelled); break;
            case PieceKind.Ignored: break;
            default: throw new InvalidOperationException("The event before had no piece.");
        }
    }

    protected abstract void Decode(JsonBody json);

    /// <summary>The event has a piece of something that is not told.</summary>
    protected void Ignore() => _last = PieceKind.Ignored;

    protected void Text(ReadOnlySpan<byte> spelled)
    {
        _last = PieceKind.Text;
        if (!spelled.IsEmpty) Events.Text(spelled);
    }

    protected void Thinking(ReadOnlySpan<byte> spelled)
    {
        _last = PieceKind.Thinking;
        if (!spelled.IsEmpty) Events.Thinking(spelled);
    }

    protected void Refusal(ReadOnlySpan<byte> spelled)
    {
        _last = PieceKind.Refusal;
        if (!spelled.IsEmpty) Events.Refusal(spelled);
    }

    protected void ToolInput(int key, ReadOnlySpan<byte> spelled)
    {
        _last = PieceKind.ToolInput;
        _lastKey = key;
        if (!spelled.IsEmpty) Events.ToolInput(key, spelled);
    }
}
