using System.Buffers;
using System.Globalization;
using System.Text;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.Continuation;

/// <summary>
/// Tells the answer of a target that goes on with another one's to the writer of the client's stream, which has begun. Not safe for several threads.
/// </summary>
/// <remarks>
/// White space at the end of what the client has is not among what the target is given, for vendors refuse it or strip it. Most models begin with it again:
/// what the client has of it is not told twice.
/// </remarks>
public sealed class ContinuedAnswer : IAnswerEvents
{
    private readonly AnswerStreamWriter _writer;
    private readonly TranslationLosses _losses;
    private readonly string _told;

    private int _matched;
    private bool _isBeyondStart;

    /// <summary>A continuation.</summary>
    /// <param name="writer">Writes the client's stream.</param>
    /// <param name="request">What the target was asked.</param>
    /// <param name="losses">Takes what of the answer is left out.</param>
    public ContinuedAnswer(AnswerStreamWriter writer, ContinuedRequest request, TranslationLosses losses)
    {
        _writer = writer;
        _losses = losses;
        _told = request.WhiteSpace;
    }

    /// <summary>The client's stream.</summary>
    public AnswerStreamWriter Writer => _writer;

    /// <inheritdoc />
    public void Begin(string? id, string? model)
    {
        // The client's stream has begun.
    }

    /// <inheritdoc />
    public void Text(ReadOnlySpan<byte> spelled)
    {
        if (!_isBeyondStart) spelled = Untold(spelled);
        if (!spelled.IsEmpty) _writer.Text(spelled);
    }

    /// <inheritdoc />
    public void Thinking(ReadOnlySpan<byte> spelled) => LeaveOut();

    /// <inheritdoc />
    public void Signature(string origin, ReadOnlySpan<byte> spelled) => LeaveOut();

    /// <inheritdoc />
    public void RedactedThinking(string origin, ReadOnlySpan<byte> spelled) => LeaveOut();

    /// <inheritdoc />
    public void Refusal(ReadOnlySpan<byte> spelled) => _writer.Refusal(spelled);

    /// <inheritdoc />
    public void ToolCall(int key, string? id, string name) => _writer.ToolCall(key, id, name);

    /// <inheritdoc />
    public void ToolInput(int key, ReadOnlySpan<byte> spelled) => _writer.ToolInput(key, spelled);

    /// <inheritdoc />
    public void Unsupported(string what) => _writer.Unsupported(what);

    /// <summary>A thought in the middle of a text has no place in the client's stream.</summary>
    private void LeaveOut() => _losses.Lose("thinking");

    /// <summary>What of a piece the client has not been told yet.</summary>
    private ReadOnlySpan<byte> Untold(ReadOnlySpan<byte> spelled)
    {
        while (!spelled.IsEmpty && _matched < _told.Length)
        {
            if (!TryReadWhiteSpace(spelled, out var character, out var length) || character != _told[_matched]) break;
            _matched++;
            spelled = spelled[length..];
        }

        _isBeyondStart = !spelled.IsEmpty || _matched == _told.Length;
        return spelled;
    }

    /// <summary>Reads one character of white space, however it is spelled; false where the text goes on with something else.</summary>
    private static bool TryReadWhiteSpace(ReadOnlySpan<byte> spelled, out char character, out int length)
    {
        (character, length) = ('\0', 0);
        if (spelled[0] == '\\')
        {
            (character, length) = spelled[1] switch
            {
                (byte)'n' => ('\n', 2),
                (byte)'r' => ('\r', 2),
                (byte)'t' => ('\t', 2),
                (byte)'f' => ('\f', 2),
                (byte)'u' when ushort.TryParse(spelled[2..6], NumberStyles.AllowHexSpecifier, null, out var code) => ((char)code, 6),
                _ => ('\0', 0),
            };
        }
        else if (Rune.DecodeFromUtf8(spelled, out var rune, out length) == OperationStatus.Done && rune.IsBmp)
        {
            character = (char)rune.Value;
        }

        return length > 0 && char.IsWhiteSpace(character);
    }
}
