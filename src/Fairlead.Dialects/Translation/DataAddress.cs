using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Fairlead.Core.Messages;

namespace Fairlead.Dialects.Translation;

/// <summary>Bytes within an address, as RFC 2397 has them: <c>data:image/png;base64,…</c>.</summary>
internal static class DataAddress
{
    private const int MostMediaTypeCharacters = 127;

    private static readonly SearchValues<char> MediaTypeCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_");

    /// <summary>Reads one; false when it is an address of another kind, or its bytes are not in base64.</summary>
    public static bool TryRead(JsonText address, out string mediaType, out ReadOnlyMemory<byte> data)
    {
        mediaType = "";
        data = default;
        var text = address.Spelled;
        if (!address.Inner.StartsWith("data:"u8)) return false;
        if (text.Span.Contains((byte)'\\')) text = JsonText.Of(address.ToString().Replace("\\", "", StringComparison.Ordinal)).Spelled; // "\/" as some libraries write it
        var inner = text[1..^1];
        var comma = inner.Span.IndexOf((byte)',');
        if (comma < 0 || !inner.Span[..comma].EndsWith(";base64"u8)) return false;
        var head = inner.Span["data:"u8.Length..comma];
        var end = head.IndexOf((byte)';');
        mediaType = Encoding.ASCII.GetString(head[..end]).ToLowerInvariant();
        data = inner[(comma + 1)..];
        return IsMediaType(mediaType);
    }

    /// <summary>
    /// Whether a text is a media type and nothing else (RFC 6838 4.2, without parameters). It is written into the middle of an address,
    /// where anything else could end the text and begin members of the body.
    /// </summary>
    public static bool IsMediaType(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < text.Length - 1 && text.Length <= MostMediaTypeCharacters
            && !text.AsSpan(0, slash).ContainsAnyExcept(MediaTypeCharacters) && !text.AsSpan(slash + 1).ContainsAnyExcept(MediaTypeCharacters);
    }

    /// <summary>What the first bytes say that an image or document is; <paramref name="claimed"/> where they say nothing (SEMANTICS 69).</summary>
    public static string TypeOf(ReadOnlySpan<byte> base64, string claimed)
    {
        Span<byte> head = stackalloc byte[18];
        var start = base64[..Math.Min(base64.Length / 4 * 4, 24)];
        Base64.DecodeFromUtf8(start, head, out _, out var length);
        head = head[..length];
        if (head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G'])) return "image/png";
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) return "image/jpeg";
        if (head.StartsWith("GIF8"u8)) return "image/gif";
        if (head.StartsWith("RIFF"u8) && head.Length >= 12 && head[8..12].SequenceEqual("WEBP"u8)) return "image/webp";
        if (head.StartsWith("%PDF"u8)) return "application/pdf";
        return claimed == "image/jpg" ? "image/jpeg" : claimed;
    }
}
