using System.Buffers;

namespace Fairlead.Core.Messages;

/// <summary>
/// What a client has of an answer that is still coming, so that another target could go on with it: its text, heard piece by piece. Keeps 1 MiB at most. Not
/// safe for several threads.
/// </summary>
public sealed class BegunAnswer : IAnswerEvents
{
    /// <summary>The most text that is kept, as it is spelled.</summary>
    public const int MostBytes = 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _text = new();

    private bool _hasOthers;

    /// <summary>
    /// Whether it is nothing but text so far, and all of that is kept: no call, no refusal, nothing that the canonical form has no word for. What the model
    /// thought before its text is left out.
    /// </summary>
    public bool IsText => !_hasOthers && _text.WrittenCount > 0;

    /// <summary>Bytes of the text, as it is spelled.</summary>
    public int Bytes => _text.WrittenCount;

    /// <summary>The text as it was spelled.</summary>
    public JsonText Text => new((byte[])[(byte)'"', .. _text.WrittenSpan, (byte)'"']);

    /// <inheritdoc />
    public void Begin(string? id, string? model)
    {
    }

    /// <inheritdoc />
    void IAnswerEvents.Text(ReadOnlySpan<byte> spelled)
    {
        _hasOthers |= spelled.Length > MostBytes - _text.WrittenCount;
        if (!_hasOthers) _text.Write(spelled);
    }

    /// <inheritdoc />
    public void Thinking(ReadOnlySpan<byte> spelled) => Thought();

    /// <inheritdoc />
    public void Signature(string origin, ReadOnlySpan<byte> spelled) => Thought();

    /// <inheritdoc />
    public void RedactedThinking(string origin, ReadOnlySpan<byte> spelled) => Thought();

    /// <inheritdoc />
    public void Refusal(ReadOnlySpan<byte> spelled) => _hasOthers = true;

    /// <inheritdoc />
    public void ToolCall(int key, string? id, string name) => _hasOthers = true;

    /// <inheritdoc />
    public void ToolInput(int key, ReadOnlySpan<byte> spelled) => _hasOthers = true;

    /// <inheritdoc />
    public void Unsupported(string what) => _hasOthers = true;

    /// <summary>A thought in front of the text is over once the text begins; one behind it has a place that no request can say.</summary>
    private void Thought() => _hasOthers |= _text.WrittenCount > 0;
}
