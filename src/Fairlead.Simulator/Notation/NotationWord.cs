using System.Text;

namespace Fairlead.Simulator.Notation;

/// <summary>One word of a line: bare, or a name with a value.</summary>
/// <param name="Name">What stands before <c>=</c>; null for a bare word.</param>
/// <param name="Value">The word, or what stands after <c>=</c>, without quotes.</param>
/// <param name="IsQuoted">Whether it stood in quotes or braces.</param>
internal readonly record struct NotationWord(string? Name, string Value, bool IsQuoted)
{
    /// <summary>The value as it can stand after <c>=</c>.</summary>
    public static string Quote(string value)
    {
        var isBare = value.Length > 0 && value[0] is not ('"' or '{') && !value.Any(letter => char.IsWhiteSpace(letter) || letter is '"' or '\\' or '=');
        if (isBare && value != "+") return value;
        var text = new StringBuilder("\"");
        foreach (var letter in value)
        {
            _ = letter switch
            {
                '"' or '\\' => text.Append('\\').Append(letter),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                _ => text.Append(letter),
            };
        }

        return text.Append('"').ToString();
    }

    /// <summary>Cuts the line at blanks that stand outside of quotes and braces.</summary>
    public static IEnumerable<NotationWord> Cut(string text)
    {
        var at = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
            if (at == text.Length) yield break;
            var start = at;
            while (at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] is not ('=' or '"' or '{')) at++;
            string? name = null;
            if (at < text.Length && text[at] == '=')
            {
                name = text[start..at];
                start = ++at;
            }

            if (at == start && at < text.Length && text[at] == '"')
            {
                yield return new NotationWord(name, Quoted(text, ref at), IsQuoted: true);
            }
            else if (at == start && at < text.Length && text[at] == '{')
            {
                yield return new NotationWord(name, Braced(text, ref at), IsQuoted: true);
            }
            else
            {
                while (at < text.Length && !char.IsWhiteSpace(text[at])) at++;
                yield return new NotationWord(name, text[start..at], IsQuoted: false);
            }
        }
    }

    private static string Quoted(string text, ref int at)
    {
        var value = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                at++;
                return value.ToString();
            }

            if (text[at] == '\\' && ++at < text.Length)
            {
                value.Append(text[at] switch
                {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '"' or '\\' => text[at],
                    _ => throw new FormatException($"'\\{text[at]}' is no escape; there are \\\" \\\\ \\n \\r \\t."),
                });
            }
            else if (at < text.Length)
            {
                value.Append(text[at]);
            }
        }

        throw new FormatException("a quote is not closed.");
    }

    /// <summary>A JSON object as it stands, to its closing brace.</summary>
    private static string Braced(string text, ref int at)
    {
        var start = at;
        var depth = 0;
        var isString = false;
        for (; at < text.Length; at++)
        {
            var letter = text[at];
            if (isString && letter == '\\') at++;
            else if (letter == '"') isString = !isString;
            else if (!isString && letter == '{') depth++;
            else if (!isString && letter == '}' && --depth == 0) return text[start..++at];
        }

        throw new FormatException("a brace is not closed.");
    }
}
