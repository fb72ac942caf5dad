using System.Buffers;
using System.Text;

namespace Fairlead.Pipeline;

/// <summary>Text as a header value: printable ASCII, capped. What is not is percent-encoded as UTF-8 (RFC 3986 2.1).</summary>
internal static class HeaderText
{
    private const int MostCharacters = 900;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !\"#$&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    public static string Encode(string text)
    {
        if (text.Length <= MostCharacters && !text.AsSpan().ContainsAnyExcept(Plain)) return text;

        var encoded = new StringBuilder(Math.Min(text.Length + 32, MostCharacters));
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var isPlain = rune.IsAscii && Plain.Contains((char)rune.Value);
            var bytes = isPlain ? 0 : rune.EncodeToUtf8(utf8);
            if (encoded.Length + Math.Max(1, bytes * 3) > MostCharacters - 3) return encoded.Append("...").ToString();
            if (isPlain) encoded.Append((char)rune.Value);
            for (var i = 0; i < bytes; i++) encoded.Append('%').Append(utf8[i].ToString("X2", null));
        }

        return encoded.ToString();
    }
}
