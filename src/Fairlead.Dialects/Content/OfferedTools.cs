using System.Collections.Frozen;
using Fairlead.Dialects.Json;

namespace Fairlead.Dialects.Content;

/// <summary>Whether a request offers only tools of a list. Looks at every tool, however many there are and wherever they stand.</summary>
internal static class OfferedTools
{
    private const int MostCharacters = 128;

    /// <summary>
    /// The first tool of a body that the list does not have: its name, or an empty text for one that has none that can be told; null when there is no
    /// such tool. Tools that a vendor brings along (its search, servers of the Model Context Protocol) are told by the member that asks for them.
    /// </summary>
    /// <param name="body">The whole body.</param>
    /// <param name="allowed">The names of the tools that may be offered.</param>
    public static string? FirstOutside(ReadOnlySpan<byte> body, FrozenSet<string> allowed)
    {
        var cursor = new JsonCursor(body, PromptParts.MostDepth);
        if (!cursor.TryEnterObject()) return null;
        while (cursor.TryNextSpelledMember(out var name))
        {
            if (SpelledChars.Is(name, "tools"u8) || SpelledChars.Is(name, "functions"u8))
            {
                if (OfList(cursor.Take(), allowed) is { } outside) return outside;
            }
            else if (SpelledChars.Is(name, "mcp_servers"u8))
            {
                if (IsSaid(cursor.Take()) && !allowed.Contains("mcp_servers")) return "mcp_servers";
            }
            else if (SpelledChars.Is(name, "web_search_options"u8))
            {
                if (IsSaid(cursor.Take()) && !allowed.Contains("web_search_options")) return "web_search_options";
            }
            else
            {
                cursor.TrySkip();
            }
        }

        return cursor.IsBroken ? "" : null;
    }

    /// <summary>Whether a value asks for anything: <c>null</c> and an empty list do not.</summary>
    private static bool IsSaid(ReadOnlySpan<byte> value) =>
        !value.SequenceEqual("null"u8) && !(value.Length >= 2 && value[0] == '[' && !value[1..^1].ContainsAnyExcept(" \t\r\n"u8));

    private static string? OfList(ReadOnlySpan<byte> tools, FrozenSet<string> allowed)
    {
        if (!IsSaid(tools)) return null;
        var cursor = new JsonCursor(tools, PromptParts.MostDepth);
        if (!cursor.TryEnterArray()) return "";
        while (cursor.TryNextElement())
        {
            if (!cursor.TryEnterObject()) return "";
            var names = 0;
            if (OfOne(ref cursor, allowed, ref names, isWithin: false) is { } outside) return outside;
            if (names == 0) return "";
        }

        return cursor.IsBroken ? "" : null;
    }

    /// <summary>Every name that a tool goes by must be allowed: which of them counts is the vendor's to say.</summary>
    private static string? OfOne(ref JsonCursor cursor, FrozenSet<string> allowed, ref int names, bool isWithin)
    {
        while (cursor.TryNextSpelledMember(out var member))
        {
            if (SpelledChars.Is(member, "name"u8))
            {
                names++;
                if (SpelledChars.TextOf(cursor.Take(), MostCharacters) is not { Length: > 0 } name) return "";
                if (!allowed.Contains(name)) return name;
            }
            else if (!isWithin && (SpelledChars.Is(member, "function"u8) || SpelledChars.Is(member, "custom"u8)) && cursor.TryEnterObject())
            {
                if (OfOne(ref cursor, allowed, ref names, isWithin: true) is { } outside) return outside;
            }
            else
            {
                cursor.TrySkip();
            }
        }

        return null;
    }
}
