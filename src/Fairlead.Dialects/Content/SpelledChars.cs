using System.Buffers;
using System.Globalization;
using System.Text;

namespace Fairlead.Dialects.Content;

/// <summary>
/// Texts as JSON spells them, read as UTF-16. Never fails, for a vendor may read what our parsers refuse: half a pair stays half a pair,
/// bytes that are not UTF-8 and broken escapes become U+FFFD.
/// </summary>
internal static class SpelledChars
{
    private const int LongestWord = 64;

    /// <summary>Writes a text; <paramref name="target"/> holds at least as many characters as there are bytes.</summary>
    /// <param name="spelled">What stands between the quotes.</param>
    /// <param name="target">Where to.</param>
    /// <returns>How many characters were written.</returns>
    /// <remarks>What stands between two escapes goes through the vectorised decoder: prompts are full of escaped line ends.</remarks>
    public static int Decode(ReadOnlySpan<byte> spelled, Span<char> target)
    {
        var length = 0;
        while (true)
        {
            var escape = spelled.IndexOf((byte)'\\');
            if (escape < 0) return length + Encoding.UTF8.GetChars(spelled, target[length..]);
            length += Encoding.UTF8.GetChars(spelled[..escape], target[length..]);
            target[length++] = Unescape(spelled[escape..], out var consumed);
            spelled = spelled[(escape + consumed)..];
        }
    }

    /// <summary>A short text as a string; null when it is longer.</summary>
    /// <param name="spelled">What stands between the quotes.</param>
    /// <param name="mostCharacters">In UTF-16.</param>
    public static string? Text(ReadOnlySpan<byte> spelled, int mostCharacters)
    {
        if (spelled.Length > mostCharacters * 6) return null; // each may be an escape
        var buffer = ArrayPool<char>.Shared.Rent(spelled.Length);
        var length = Decode(spelled, buffer);
        var text = length <= mostCharacters ? new string(buffer, 0, length) : null;
        ArrayPool<char>.Shared.Return(buffer);
        return text;
    }

    /// <summary>The same of a value, with its quotes; null for one that is no text, too.</summary>
    public static string? TextOf(ReadOnlySpan<byte> value, int mostCharacters) =>
        value.Length >= 2 && value[0] == '"' ? Text(value[1..^1], mostCharacters) : null;

    /// <summary>Whether a text is this word, however it is spelled.</summary>
    /// <param name="spelled">What stands between the quotes.</param>
    /// <param name="word">ASCII.</param>
    public static bool Is(ReadOnlySpan<byte> spelled, ReadOnlySpan<byte> word)
    {
        if (!spelled.Contains((byte)'\\')) return spelled.SequenceEqual(word);
        if (spelled.Length > LongestWord * 6) return false;
        Span<char> text = stackalloc char[LongestWord * 6];
        return Ascii.Equals(text[..Decode(spelled, text)], word);
    }

    private static char Unescape(ReadOnlySpan<byte> escape, out int consumed)
    {
        consumed = Math.Min(2, escape.Length);
        if (escape.Length < 2) return '\uFFFD';
        if (escape[1] == 'u')
        {
            if (escape.Length < 6 || !ushort.TryParse(escape[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)) return '\uFFFD';
            consumed = 6;
            return (char)unit;
        }

        return escape[1] switch
        {
            (byte)'n' => '\n',
            (byte)'r' => '\r',
            (byte)'t' => '\t',
            (byte)'b' => '\b',
            (byte)'f' => '\f',
            (byte)'"' => '"',
            (byte)'\\' => '\\',
            (byte)'/' => '/',
            _ => '\uFFFD',
        };
    }
}
