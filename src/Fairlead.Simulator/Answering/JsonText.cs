using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fairlead.Simulator.Answering;

/// <summary>Strings as the vendors write them: only what JSON demands is escaped, every other character stands as itself.</summary>
internal static class JsonText
{
    /// <summary>How the vendors write: astral and other characters go out as themselves.</summary>
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a string member.</summary>
    public static void WriteText(this Utf8JsonWriter json, string name, string value)
    {
        // System.Text.Json's most relaxed encoder still escapes what lies beyond the basic plane.
        if (!value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            json.WriteString(name, value);
            return;
        }

        json.WritePropertyName(name);
        json.WriteRawValue(Literal(value), skipInputValidation: true);
    }

    private static string Literal(string value)
    {
        var text = new StringBuilder(value.Length + 16).Append('"');
        foreach (var letter in value)
        {
            if (letter is '"' or '\\') text.Append('\\').Append(letter);
            else if (letter < ' ') text.Append("\\u00").Append(((int)letter).ToString("x2", null));
            else text.Append(letter);
        }

        return text.Append('"').ToString();
    }
}
