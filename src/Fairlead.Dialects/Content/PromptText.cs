using System.Buffers;
using System.Text.RegularExpressions;
using Fairlead.Core.Classification;

namespace Fairlead.Dialects.Content;

/// <summary>
/// The system and user text of a request, decoded once into one pooled buffer: at most as many characters as the body has bytes. The
/// parts of a message are put together with a line end between them. Used by one thread.
/// </summary>
internal sealed class PromptText
{
    private static readonly SearchValues<string> Fences = SearchValues.Create(["```", "~~~"], StringComparison.Ordinal);

    private readonly List<int> _ends = []; // behind each message
    private char[] _buffer;

    /// <summary>Decodes the texts.</summary>
    public PromptText(ReadOnlySpan<byte> body, IReadOnlyList<PromptPart> parts)
    {
        var most = 0;
        foreach (var part in parts) most += part.Length + 1;
        _buffer = ArrayPool<char>.Shared.Rent(most);
        var length = 0;
        for (var i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            if (!part.StartsMessage) _buffer[length++] = '\n';
            else if (i > 0) _ends.Add(length);
            var written = SpelledChars.Decode(body.Slice(part.Start, part.Length), _buffer.AsSpan(length));
            Length += CodePoints(_buffer.AsSpan(length, written));
            length += written;
        }

        if (parts.Count > 0) _ends.Add(length);
    }

    /// <summary>Unicode code points of all texts, without what was put between them.</summary>
    public long Length { get; }

    /// <summary>Whether a message has one of the phrases.</summary>
    public bool Mentions(PhraseSet phrases)
    {
        var start = 0;
        foreach (var end in _ends)
        {
            if (phrases.IsIn(_buffer.AsSpan(start, end - start))) return true;
            start = end;
        }

        return false;
    }

    /// <summary>Whether a pattern matches within a message. All messages together have the time of the pattern.</summary>
    public bool Matches(Regex pattern)
    {
        var search = new PatternSearch(pattern, TimeProvider.System);
        var start = 0;
        foreach (var end in _ends)
        {
            if (search.IsIn(_buffer.AsSpan(start, end - start))) return true;
            start = end;
        }

        return false;
    }

    /// <summary>Whether a message has a line that begins a fenced block of code: three backticks or tildes, white space before them at most.</summary>
    public bool HasCodeFence()
    {
        var start = 0;
        foreach (var end in _ends)
        {
            if (HasCodeFence(_buffer.AsSpan(start, end - start))) return true;
            start = end;
        }

        return false;
    }

    /// <summary>Gives the buffer back. Nothing is asked afterwards.</summary>
    public void Return()
    {
        ArrayPool<char>.Shared.Return(_buffer);
        _buffer = [];
        _ends.Clear();
    }

    private static bool HasCodeFence(ReadOnlySpan<char> text)
    {
        for (var from = 0; text[from..].IndexOfAny(Fences) is >= 0 and var found; from += found + 3)
        {
            var before = from + found;
            while (before > 0 && text[before - 1] is ' ' or '\t') before--;
            if (before == 0 || text[before - 1] is '\n' or '\r') return true;
        }

        return false;
    }

    /// <summary>Pairs of surrogates count once, as CEL's <c>size</c> has it.</summary>
    private static int CodePoints(ReadOnlySpan<char> text)
    {
        var count = text.Length;
        while (text.IndexOfAnyInRange('\uD800', '\uDBFF') is >= 0 and var high)
        {
            text = text[(high + 1)..];
            if (!text.IsEmpty && char.IsLowSurrogate(text[0])) count--;
        }

        return count;
    }
}
