using System.Buffers;

namespace Fairlead.Dialects.Streaming;

/// <summary>
/// The bytes of the last plain delta but for its text and its padding. An event with the same bytes around its text says the same
/// and need not be parsed.
/// </summary>
/// <remarks>
/// Exact, not a guess: everything outside the text is compared, and the text is checked to be one whole string. The padding that
/// OpenAI adds against traffic analysis (<c>obfuscation</c>) is a second text that may differ.
/// </remarks>
internal sealed class EventShape
{
    /// <summary>What does not stand for itself in a string, or may not stand in it at all.</summary>
    private static readonly SearchValues<byte> NotPlain = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(value => (byte)value)]);

    private static readonly SearchValues<byte> Escapes = SearchValues.Create("\"\\/bfnrt"u8);

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private static ReadOnlySpan<byte> Padding => "\"obfuscation\":\""u8;

    private byte[] _bytes = [];
    private int _beforeLength;   // up to and with the quote that opens the text
    private int _middleLength;   // from the quote that closes it up to the padding's opening quote, or to the end
    private int _afterLength;    // from the padding's closing quote to the end; 0 without padding

    /// <summary>Where the text of an event that matches starts.</summary>
    public int TextStart => _beforeLength;

    /// <summary>Keeps nothing.</summary>
    public void Forget() => _beforeLength = 0;

    /// <summary>Keeps the shape of an event that was parsed.</summary>
    /// <param name="data">Its data.</param>
    /// <param name="textStart">Where its one text starts, behind its quote.</param>
    /// <param name="textLength">The length of the text as it is spelled.</param>
    public void Learn(ReadOnlySpan<byte> data, int textStart, int textLength)
    {
        var before = data[..textStart];
        var rest = data[(textStart + textLength)..];
        var middle = rest;
        ReadOnlySpan<byte> after = [];
        var padding = rest.LastIndexOf(Padding);
        if (padding >= 0)
        {
            var from = padding + Padding.Length;
            if (StringLength(rest[from..]) is >= 0 and var length)
            {
                middle = rest[..from];
                after = rest[(from + length)..];
            }
        }

        var total = before.Length + middle.Length + after.Length;
        if (_bytes.Length < total) _bytes = new byte[total];
        before.CopyTo(_bytes);
        middle.CopyTo(_bytes.AsSpan(before.Length));
        after.CopyTo(_bytes.AsSpan(before.Length + middle.Length));
        (_beforeLength, _middleLength, _afterLength) = (before.Length, middle.Length, after.Length);
    }

    /// <summary>Whether an event has the shape; then its text has so many bytes.</summary>
    public bool TryMatch(ReadOnlySpan<byte> data, out int textBytes)
    {
        textBytes = 0;
        if (_beforeLength == 0 || !data.StartsWith(_bytes.AsSpan(0, _beforeLength))) return false;
        var rest = data[_beforeLength..];
        var length = StringLength(rest);
        if (length < 0) return false;
        rest = rest[length..];
        var middle = _bytes.AsSpan(_beforeLength, _middleLength);
        if (!rest.StartsWith(middle)) return false;
        rest = rest[_middleLength..];
        if (_afterLength > 0)
        {
            var padding = StringLength(rest);
            if (padding < 0) return false;
            rest = rest[padding..];
        }

        if (!rest.SequenceEqual(_bytes.AsSpan(_beforeLength + _middleLength, _afterLength))) return false;
        textBytes = length;
        return true;
    }

    /// <summary>
    /// How many bytes stand before the quote that closes a string; -1 when none does, or when the string is not JSON's: then the
    /// parser has to say so.
    /// </summary>
    private static int StringLength(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (true)
        {
            var found = text[at..].IndexOfAny(NotPlain);
            if (found < 0) return -1;
            at += found;
            if (text[at] == '"') return at;
            if (text[at] != '\\' || at + 1 == text.Length) return -1;
            at++;
            if (text[at] == 'u')
            {
                if (text.Length - at < 5 || text.Slice(at + 1, 4).ContainsAnyExcept(HexDigits)) return -1;
                at += 5;
            }
            else if (Escapes.Contains(text[at]))
            {
                at++;
            }
            else
            {
                return -1;
            }
        }
    }
}
