using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Fairlead.Core.Tokens;

/// <summary>One of OpenAI's tokenizers. Its table is loaded at the first count. Safe for several threads.</summary>
internal sealed class TokenEncoding
{
    /// <summary>
    /// The most characters that are given to the tokenizer at once. Its time grows with the square of a run without a break, such as a
    /// thousand equal letters; a cut before a space changes no count, a cut elsewhere adds one token at most.
    /// </summary>
    private const int Slice = 256;

    private readonly Lazy<TiktokenTokenizer> _tokenizer;

    private TokenEncoding(string name) => _tokenizer = new(() => TiktokenTokenizer.CreateForEncoding(name));

    /// <summary>Of gpt-4o and all later models.</summary>
    public static TokenEncoding O200k { get; } = new("o200k_base");

    /// <summary>Of gpt-4 and gpt-3.5.</summary>
    public static TokenEncoding Cl100k { get; } = new("cl100k_base");

    /// <summary>The tokens of a text that JSON spells.</summary>
    /// <param name="spelled">What stands between the quotes.</param>
    public int CountSpelled(ReadOnlySpan<byte> spelled)
    {
        if (spelled.IsEmpty) return 0;
        var rented = ArrayPool<char>.Shared.Rent(spelled.Length);
        try
        {
            return Count(rented.AsSpan(0, SpelledText.Decode(spelled, rented)));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }

    /// <summary>The tokens of a text in UTF-8.</summary>
    public int CountRaw(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return 0;
        var rented = ArrayPool<char>.Shared.Rent(utf8.Length);
        try
        {
            return Count(rented.AsSpan(0, Encoding.UTF8.GetChars(utf8, rented)));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }

    /// <summary>The tokens of a text.</summary>
    public int Count(ReadOnlySpan<char> text)
    {
        var tokenizer = _tokenizer.Value;
        var count = 0;
        while (text.Length > Slice)
        {
            var cut = Cut(text);
            count += tokenizer.CountTokens(text[..cut]);
            text = text[cut..];
        }

        return count + tokenizer.CountTokens(text);
    }

    /// <summary>Before the last space that follows a character, else at the limit but not within a pair.</summary>
    private static int Cut(ReadOnlySpan<char> text)
    {
        for (var index = Slice; index > 1; index--)
        {
            if (text[index] == ' ' && !char.IsWhiteSpace(text[index - 1])) return index;
        }

        return char.IsLowSurrogate(text[Slice]) ? Slice - 1 : Slice;
    }
}
