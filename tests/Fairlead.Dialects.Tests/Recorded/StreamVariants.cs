using System.Text;

namespace Fairlead.Dialects.Tests.Recorded;

/// <summary>The same events in other framings that the standard allows.</summary>
internal static class StreamVariants
{
    public static IReadOnlyList<string> Names { get; } = ["crlf", "cr", "bom", "bom with split data", "comments between", "comments within", "no closing blank line", "no last line end", "no space", "split data"];

    public static byte[] Of(string name, byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes).ReplaceLineEndings("\n");
        return Encoding.UTF8.GetBytes(name switch
        {
            "crlf" => text.Replace("\n", "\r\n", StringComparison.Ordinal),
            "cr" => text.Replace("\n", "\r", StringComparison.Ordinal),
            "bom" => "\uFEFF" + text,
            "bom with split data" => "\uFEFF" + SplitData(text),
            "comments between" => ": hello\n\n" + text.Replace("\n\n", "\n\n: keep-alive\n\n", StringComparison.Ordinal),
            "comments within" => text.Replace("data:", ": data: not this\nid: 7\ndata:", StringComparison.Ordinal),
            "no closing blank line" => text.TrimEnd('\n') + "\n",
            "no last line end" => text.TrimEnd('\n'),
            "no space" => text.Replace("data: ", "data:", StringComparison.Ordinal),
            "split data" => SplitData(text),
            _ => throw new ArgumentException(name, nameof(name)),
        });
    }

    /// <summary>A JSON object may break its line behind its bracket: then its data stands in two lines.</summary>
    private static string SplitData(string text) => text.Replace("data: {", "data: {\ndata: ", StringComparison.Ordinal);
}
