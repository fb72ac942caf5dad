using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fairlead.Core.Messages;

/// <summary>
/// A text as the JSON it came in spells it, escapes and all. It moves from one dialect to another without being decoded, so that not a
/// byte of it changes. Valid as long as the bytes it points to.
/// </summary>
public readonly struct JsonText
{
    private readonly ReadOnlyMemory<byte> _spelled;

    /// <summary>A text of valid JSON, its quotes included.</summary>
    public JsonText(ReadOnlyMemory<byte> spelled) => _spelled = spelled;

    /// <summary>With its quotes; empty for a text that was never given.</summary>
    public ReadOnlyMemory<byte> Spelled => _spelled;

    /// <summary>What stands between the quotes.</summary>
    public ReadOnlySpan<byte> Inner => _spelled.Length < 2 ? default : _spelled.Span[1..^1];

    /// <summary>Whether nothing stands between the quotes.</summary>
    public bool IsEmpty => _spelled.Length <= 2;

    /// <summary>How many characters it has, as UTF-16 counts them, however they are spelled.</summary>
    public int Length
    {
        get
        {
            var inner = Inner;
            var length = 0;
            for (var at = 0; at < inner.Length; length++)
            {
                if (inner[at] == '\\') at += inner[at + 1] == 'u' ? 6 : 2;
                else if (inner[at] < 0x80) at++;
                else if (inner[at] < 0xE0) at += 2;
                else if (inner[at] < 0xF0) at += 3;
                else (at, length) = (at + 4, length + 1);
            }

            return length;
        }
    }

    /// <summary>Spells a text.</summary>
    public static JsonText Of(string text) =>
        new((byte[])[(byte)'"', .. JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"']);

    /// <summary>The text, decoded.</summary>
    /// <exception cref="InvalidOperationException">It holds half a character.</exception>
    public override string ToString()
    {
        if (IsEmpty) return "";
        var reader = new Utf8JsonReader(_spelled.Span);
        reader.Read();
        return reader.GetString()!;
    }

    /// <summary>Whether it is nothing but white space.</summary>
    public bool IsBlank()
    {
        var inner = Inner;
        if (inner.IsEmpty) return true;
        return inner.IndexOfAnyExcept(" \\tnr"u8) < 0 && string.IsNullOrWhiteSpace(ToString());
    }
}

/// <summary>A value as the JSON it came in spells it, never decoded. Valid as long as the bytes it points to.</summary>
/// <param name="Raw">One whole JSON value.</param>
public readonly record struct JsonSlice(ReadOnlyMemory<byte> Raw)
{
    /// <summary>Its bytes.</summary>
    public ReadOnlySpan<byte> Span => Raw.Span;

    /// <summary>A value written here.</summary>
    public static JsonSlice Of(ReadOnlySpan<byte> json) => new(json.ToArray());
}
