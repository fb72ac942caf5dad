using Fairlead.Dialects.Json;

namespace Fairlead.Dialects.Content;

/// <summary>Collects the names of tools, within limits.</summary>
internal sealed class ToolNameList(int mostNames, int mostCharacters)
{
    private readonly List<string> _names = [];

    /// <summary>The names, in the order of the body.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Reads a list of tools: the <c>name</c> of each, or of what it holds as <c>function</c> or <c>custom</c>.</summary>
    /// <param name="tools">The array's bytes; empty when there is none.</param>
    public void Read(ReadOnlySpan<byte> tools)
    {
        var cursor = new JsonCursor(tools, PromptParts.MostDepth);
        if (!cursor.TryEnterArray()) return;
        while (!IsFull && cursor.TryNextElement())
        {
            if (cursor.TryEnterObject()) ReadOne(ref cursor, isWithin: false);
            else cursor.TrySkip();
        }
    }

    private bool IsFull => _names.Count == mostNames;

    private void ReadOne(ref JsonCursor cursor, bool isWithin)
    {
        while (cursor.TryNextSpelledMember(out var name))
        {
            if (SpelledChars.Is(name, "name"u8)) Take(cursor.Take());
            else if (!isWithin && (SpelledChars.Is(name, "function"u8) || SpelledChars.Is(name, "custom"u8)) && cursor.TryEnterObject()) ReadOne(ref cursor, isWithin: true);
            else cursor.TrySkip();
        }
    }

    private void Take(ReadOnlySpan<byte> value)
    {
        if (!IsFull && SpelledChars.TextOf(value, mostCharacters) is { Length: > 0 } name) _names.Add(name);
    }
}
