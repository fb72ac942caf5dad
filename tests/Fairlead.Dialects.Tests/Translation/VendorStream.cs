using System.Text;
using System.Text.Json.Nodes;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>Frames events as vendors do, this way and that: line ends, spaces, comments, the event's name.</summary>
internal sealed class VendorStream(Random random)
{
    private readonly StringBuilder _text = new();

    private readonly string _lineEnd = random.Pick("\n", "\n", "\r\n");

    private readonly string _space = random.Pick(" ", " ", "");

    public void Event(JsonNode data, string? type = null)
    {
        if (random.Chance(12)) Line(": OPENROUTER PROCESSING" + _lineEnd);
        if (type is not null) Line("event:" + _space + type);
        Write("data:" + _space);
        // A line end within JSON is white space: the data then has several lines.
        Write(Encoding.UTF8.GetString(random.Spell(data)).Replace("\n", _lineEnd + "data:" + _space, StringComparison.Ordinal));
        Line(_lineEnd);
    }

    public void Line(string text) => Write(text + _lineEnd);

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(_text.ToString());

    /// <summary>A text in pieces, no character torn; empty ones now and then.</summary>
    public static List<string> Pieces(Random random, string text)
    {
        var pieces = new List<string>();
        var piece = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            piece.Append(rune);
            if (!random.Chance(4)) continue;
            pieces.Add(piece.ToString());
            piece.Clear();
            if (random.Chance(10)) pieces.Add("");
        }

        if (piece.Length > 0) pieces.Add(piece.ToString());
        return pieces;
    }

    /// <summary>Offsets at which bytes of some length are cut, in order.</summary>
    public static List<int> Cuts(Random random, int length)
    {
        if (random.Chance(16)) return [.. Enumerable.Range(1, length)];
        return [.. Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(length + 1)).Order()];
    }

    private void Write(string text) => _text.Append(text);
}
