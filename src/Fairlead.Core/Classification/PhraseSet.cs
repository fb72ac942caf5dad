using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Fairlead.Core.Classification;

/// <summary>
/// Phrases to look for in a text: found wherever they stand as whole words, in any case, with any white space between their words.
/// Immutable; safe for any number of threads.
/// </summary>
/// <remarks>
/// One pass finds where the first word of any phrase stands; only there are the phrases tried that begin so. Letters, digits, marks and
/// underscores make up words. A phrase that begins or ends with something else, such as <c>#tag</c> or <c>c++</c>, needs no border there.
/// Case is that of <see cref="StringComparison.OrdinalIgnoreCase"/>; a letter with its mark in one character is another one than in two.
/// </remarks>
public sealed class PhraseSet
{
    private readonly SearchValues<string> _firstWords;
    private readonly FrozenDictionary<char, string[][]> _byFirst;

    /// <summary>A set of these phrases. A blank one stands in no text.</summary>
    /// <param name="phrases">The phrases; white space around them is not theirs.</param>
    public PhraseSet(IEnumerable<string> phrases)
    {
        Phrases = [.. phrases];
        var words = Phrases.Select(Split).Where(phrase => phrase.Length > 0).ToList();
        _firstWords = SearchValues.Create([.. words.Select(phrase => phrase[0])], StringComparison.OrdinalIgnoreCase);
        _byFirst = words.GroupBy(phrase => Fold(phrase[0][0])).ToFrozenDictionary(group => group.Key, group => group.ToArray());
    }

    /// <summary>The phrases, as they are written.</summary>
    public ImmutableArray<string> Phrases { get; }

    /// <summary>Whether one of them stands in <paramref name="text"/>.</summary>
    public bool IsIn(ReadOnlySpan<char> text)
    {
        for (var at = 0; text[at..].IndexOfAny(_firstWords) is >= 0 and var found; at++)
        {
            at += found;
            if (!_byFirst.TryGetValue(Fold(text[at]), out var phrases)) continue;
            foreach (var phrase in phrases)
            {
                if (IsAt(phrase, text, at)) return true;
            }
        }

        return false;
    }

    private static bool IsAt(string[] phrase, ReadOnlySpan<char> text, int at)
    {
        if (BeginsAsWord(phrase[0]) && EndsAsWord(text[..at])) return false;
        for (var i = 0; i < phrase.Length; i++)
        {
            if (i > 0)
            {
                var gap = at;
                while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
                if (at == gap) return false;
            }

            var word = phrase[i];
            if (!text[at..].StartsWith(word, StringComparison.OrdinalIgnoreCase)) return false;
            at += word.Length;
        }

        return !EndsAsWord(phrase[^1]) || !BeginsAsWord(text[at..]);
    }

    private static string[] Split(string phrase) => phrase.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static bool BeginsAsWord(ReadOnlySpan<char> text)
    {
        Rune.DecodeFromUtf16(text, out var rune, out _);
        return !text.IsEmpty && IsWord(rune);
    }

    private static bool EndsAsWord(ReadOnlySpan<char> text)
    {
        Rune.DecodeLastFromUtf16(text, out var rune, out _);
        return !text.IsEmpty && IsWord(rune);
    }

    private static bool IsWord(Rune rune) => rune.Value == '_' || Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>As ordinal comparison without case does it.</summary>
    private static char Fold(char character) => char.ToUpperInvariant(character);
}
