using System.Globalization;
using System.Text;

namespace Fairlead.Core.Expressions;

/// <summary>Writes values as CEL literals.</summary>
internal static class CelText
{
    private const int MostTotal = 256;
    private const int MostText = 64;
    private const int MostMembers = 8;

    /// <summary>For people: what is long is cut with an ellipsis.</summary>
    public static string Short(in CelValue value)
    {
        var text = new StringBuilder();
        Write(text, value, isWhole: false);
        return text.ToString();
    }

    /// <summary>The whole value, so that reading it gives the same.</summary>
    public static void WriteWhole(StringBuilder text, in CelValue value) => Write(text, value, isWhole: true);

    private static void Write(StringBuilder text, in CelValue value, bool isWhole)
    {
        if (!isWhole && text.Length > MostTotal)
        {
            if (text[^1] != '…') text.Append('…');
            return;
        }

        switch (value.Kind)
        {
            case CelKind.Unknown: text.Append("unknown"); break;
            case CelKind.Error: text.Append("error(").Append(isWhole || value.AsString.Length <= MostTotal ? value.AsString : $"{value.AsString.AsSpan(0, MostTotal)}…").Append(')'); break;
            case CelKind.Null: text.Append("null"); break;
            case CelKind.Bool: text.Append(value.Bits != 0 ? "true" : "false"); break;
            case CelKind.Int: text.Append(CultureInfo.InvariantCulture, $"{value.Bits}"); break;
            case CelKind.Uint: text.Append(CultureInfo.InvariantCulture, $"{unchecked((ulong)value.Bits)}u"); break;
            case CelKind.Double: WriteDouble(text, value.Number); break;
            case CelKind.String: WriteText(text, (string)value.Reference!, isWhole); break;
            case CelKind.Bytes: WriteBytes(text, value.AsBytes, isWhole); break;
            case CelKind.Timestamp: text.Append("timestamp(\"").Append(CelTime.Text(value)).Append("\")"); break;
            case CelKind.Duration: text.Append("duration(\"").Append(CelTime.DurationText(value.Bits)).Append("\")"); break;
            case CelKind.List: WriteList(text, value, isWhole); break;
            case CelKind.Map: WriteMap(text, value, isWhole); break;
            default: text.Append(value.AsString); break;
        }
    }

    private static void WriteDouble(StringBuilder text, double value)
    {
        if (!double.IsFinite(value))
        {
            text.Append("double(\"").Append(CelValue.Text(value)).Append("\")");
            return;
        }

        var written = CelValue.Text(value);
        text.Append(written);
        if (written.AsSpan().IndexOfAny('.', 'e') < 0) text.Append(".0");
    }

    private static void WriteText(StringBuilder text, string value, bool isWhole)
    {
        text.Append('"');
        var most = isWhole || value.Length <= MostText ? value.Length : MostText;
        if (most < value.Length && char.IsHighSurrogate(value[most - 1])) most--; // a character is shown whole or not at all
        for (var i = 0; i < most; i++) WriteCharacter(text, value[i]);
        if (most < value.Length) text.Append('…');
        text.Append('"');
    }

    private static void WriteCharacter(StringBuilder text, char character)
    {
        switch (character)
        {
            case '"': text.Append("\\\""); break;
            case '\\': text.Append("\\\\"); break;
            case '\n': text.Append("\\n"); break;
            case '\r': text.Append("\\r"); break;
            case '\t': text.Append("\\t"); break;
            default:
                if (char.IsControl(character)) text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
                else text.Append(character);
                break;
        }
    }

    private static void WriteBytes(StringBuilder text, ReadOnlySpan<byte> value, bool isWhole)
    {
        text.Append("b\"");
        var most = isWhole || value.Length <= MostText ? value.Length : MostText;
        foreach (var one in value[..most])
        {
            if (one is < 0x20 or > 0x7e or (byte)'"' or (byte)'\\') text.Append(CultureInfo.InvariantCulture, $"\\x{one:x2}");
            else text.Append((char)one);
        }

        if (most < value.Length) text.Append('…');
        text.Append('"');
    }

    private static void WriteList(StringBuilder text, in CelValue value, bool isWhole)
    {
        text.Append('[');
        for (var i = 0; i < value.Count; i++)
        {
            if (i > 0) text.Append(", ");
            if (!isWhole && i == MostMembers)
            {
                text.Append('…');
                break;
            }

            Write(text, value[i], isWhole);
        }

        text.Append(']');
    }

    private static void WriteMap(StringBuilder text, in CelValue value, bool isWhole)
    {
        text.Append('{');
        var count = 0;
        foreach (var (key, member) in value.Entries)
        {
            if (count > 0) text.Append(", ");
            if (!isWhole && count++ == MostMembers)
            {
                text.Append('…');
                break;
            }

            Write(text, key, isWhole);
            text.Append(": ");
            Write(text, member, isWhole);
            if (isWhole) count++;
        }

        text.Append('}');
    }
}
