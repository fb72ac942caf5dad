using System.Buffers;

namespace Fairlead.Costs;

/// <summary>
/// Lines of CSV as RFC 4180 has them. Clients choose texts that stand in them, and spreadsheets run what looks like a formula: such a
/// text is given an apostrophe in front.
/// </summary>
internal static class Csv
{
    private static readonly SearchValues<char> ToBeQuoted = SearchValues.Create(",\"\r\n");

    /// <summary>A field that holds a text; null is empty.</summary>
    public static string Text(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        if (text[0] is '=' or '+' or '-' or '@' or '\t' or '\r') text = "'" + text;
        return text.AsSpan().ContainsAny(ToBeQuoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    /// <summary>A line of fields, with its end.</summary>
    public static string Line(IEnumerable<string> fields) => string.Join(',', fields) + "\r\n";
}
