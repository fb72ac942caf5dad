using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Fairlead.Core.Tokens;

/// <summary>
/// Reads the characters of a text that JSON spells, one at a time, escapes resolved. Never fails: what is no character (half a pair, a
/// broken escape, bytes that are not UTF-8) reads as U+FFFD.
/// </summary>
/// <param name="spelled">What stands between the quotes.</param>
internal ref struct SpelledText(ReadOnlySpan<byte> spelled)
{
    private ReadOnlySpan<byte> _rest = spelled;

    /// <summary>The next character; false at the end.</summary>
    public bool TryRead(out Rune rune)
    {
        rune = Rune.ReplacementChar;
        if (_rest.IsEmpty) return false;
        var first = _rest[0];
        if (first == (byte)'\\')
        {
            rune = ReadEscape();
            return true;
        }

        if (first < 0x80)
        {
            rune = new Rune(first);
            _rest = _rest[1..];
            return true;
        }

        Rune.DecodeFromUtf8(_rest, out rune, out var consumed);
        _rest = _rest[consumed..];
        return true;
    }

    /// <summary>Writes the whole text as UTF-16; <paramref name="target"/> holds at least as many characters as there are bytes.</summary>
    public static int Decode(ReadOnlySpan<byte> spelled, Span<char> target)
    {
        if (!spelled.Contains((byte)'\\')) return Encoding.UTF8.GetChars(spelled, target);
        var text = new SpelledText(spelled);
        var length = 0;
        while (text.TryRead(out var rune)) length += rune.EncodeToUtf16(target[length..]);
        return length;
    }

    /// <summary>The same JSON with U+FFFD for all that is no character, so that whatever it spells can be decoded.</summary>
    public static ReadOnlyMemory<byte> Whole(ReadOnlyMemory<byte> json)
    {
        if (!Utf8.IsValid(json.Span)) json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json.Span));
        byte[]? whole = null;
        var rest = json.Span;
        while (rest.IndexOf((byte)'\\') is >= 0 and var escape)
        {
            rest = rest[escape..];
            if (TryReadUnit(rest, out var unit) && char.IsSurrogate(unit))
            {
                if (TryReadUnit(rest[6..], out var low) && char.IsSurrogatePair(unit, low))
                {
                    rest = rest[12..];
                    continue;
                }

                whole ??= json.ToArray();
                "\\ufffd"u8.CopyTo(whole.AsSpan(json.Length - rest.Length));
            }

            rest = rest[Math.Min(2, rest.Length)..];
        }

        return whole ?? json;
    }

    private Rune ReadEscape()
    {
        if (_rest.Length < 2)
        {
            _rest = default;
            return Rune.ReplacementChar;
        }

        var kind = _rest[1];
        if (kind == (byte)'u')
        {
            if (!TryReadUnit(_rest, out var unit))
            {
                _rest = _rest[2..];
                return Rune.ReplacementChar;
            }

            _rest = _rest[6..];
            if (Rune.TryCreate(unit, out var single)) return single;
            if (!TryReadUnit(_rest, out var low) || !Rune.TryCreate(unit, low, out var pair)) return Rune.ReplacementChar;
            _rest = _rest[6..];
            return pair;
        }

        _rest = _rest[2..];
        return kind switch
        {
            (byte)'n' => new Rune('\n'),
            (byte)'r' => new Rune('\r'),
            (byte)'t' => new Rune('\t'),
            (byte)'b' => new Rune('\b'),
            (byte)'f' => new Rune('\f'),
            < 0x80 => new Rune(kind),
            _ => Rune.ReplacementChar,
        };
    }

    private static bool TryReadUnit(ReadOnlySpan<byte> text, out char unit)
    {
        unit = default;
        if (text.Length < 6 || text[0] != (byte)'\\' || text[1] != (byte)'u') return false;
        Span<byte> bytes = stackalloc byte[2];
        if (Convert.FromHexString(text[2..6], bytes, out _, out var written) != OperationStatus.Done || written != 2) return false;
        unit = (char)(bytes[0] << 8 | bytes[1]);
        return true;
    }
}
