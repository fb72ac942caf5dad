using System.Collections.Immutable;

namespace Fairlead.Core.Classification;

/// <summary>
/// Phrases to look for in a text: found wherever they stand as whole words, in any case. Immutable; safe for any number of threads.
/// </summary>
public sealed class PhraseSet
{
    /// <summary>A set of these phrases.</summary>
    /// <param name="phrases">At least one; none empty.</param>
    public PhraseSet(IEnumerable<string> phrases) => Phrases = [.. phrases];

    /// <summary>The phrases, as they are written.</summary>
    public ImmutableArray<string> Phrases { get; }

    /// <summary>Whether one of them stands in <paramref name="text"/>.</summary>
    public bool IsIn(ReadOnlySpan<char> text)
    {
        foreach (var phrase in Phrases)
        {
            for (var from = 0; text[from..].IndexOf(phrase, StringComparison.OrdinalIgnoreCase) is >= 0 and var found; from += found + 1)
            {
                var start = from + found;
                var end = start + phrase.Length;
                if ((start == 0 || !IsWord(text[start - 1]) || !IsWord(phrase[0])) && (end == text.Length || !IsWord(text[end]) || !IsWord(phrase[^1]))) return true;
            }
        }

        return false;
    }

    private static bool IsWord(char character) => char.IsLetterOrDigit(character) || character == '_';
}
