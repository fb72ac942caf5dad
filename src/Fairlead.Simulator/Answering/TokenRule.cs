using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Fairlead.Simulator.Answering;

/// <summary>
/// The vendor's counting rule, simple enough to be worked out by hand.
/// Prompt: for every message three tokens and one for every four UTF-8 bytes of its text, begun ones included; for <c>tools</c> one for
/// every four bytes of the member as it was sent. Answer: a stamp is a token; any other text is cut into tokens of four Unicode
/// scalars, the last one shorter.
/// </summary>
internal static class TokenRule
{
    private const int BytesPerToken = 4;
    private const int ScalarsPerToken = 4;
    private const int PerMessage = 3;

    public static int OfMessage(string text) => PerMessage + Ceiling(Encoding.UTF8.GetByteCount(text));

    public static int OfJson(JsonElement element) => Ceiling(JsonMarshal.GetRawUtf8Value(element).Length);

    /// <summary>Cuts a text into the tokens it is streamed in.</summary>
    public static List<string> Cut(string text)
    {
        var tokens = new List<string>();
        var start = 0;
        var at = 0;
        var scalars = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            at += rune.Utf16SequenceLength;
            if (++scalars % ScalarsPerToken != 0) continue;
            tokens.Add(text[start..at]);
            start = at;
        }

        if (start < text.Length) tokens.Add(text[start..]);
        return tokens;
    }

    private static int Ceiling(int bytes) => (bytes + BytesPerToken - 1) / BytesPerToken;
}
