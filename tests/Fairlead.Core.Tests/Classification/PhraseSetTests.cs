using Fairlead.Core.Classification;

namespace Fairlead.Core.Tests.Classification;

public sealed class PhraseSetTests
{
    [Theory]
    [InlineData("phi", "phi", true)]
    [InlineData("phi", "the PHI.", true)]
    [InlineData("phi", "(phi)", true)]
    [InlineData("phi", "philosophy", false)]
    [InlineData("phi", "delphi", false)]
    [InlineData("phi", "delphi phi", true)]
    [InlineData("phi", "phi_1", false)]
    [InlineData("phi", "phi1", false)]
    [InlineData("phi", "phi-1", true)]
    [InlineData("phi", "phi\u00E9", false)]
    [InlineData("phi", "phi\u0301", false)] // a mark belongs to its letter
    [InlineData("phi", "\U0001D4D0phi", false)] // a letter outside the first plane
    [InlineData("phi", "\U0001F600phi\U0001F600", true)]
    [InlineData("phi", "", false)]
    [InlineData("phi", "ph", false)]
    [InlineData("medical record", "a medical record", true)]
    [InlineData("medical record", "a Medical \r\n\t Record", true)]
    [InlineData("medical record", "medical\u00A0record", true)]
    [InlineData("  medical\n record ", "medical record", true)]
    [InlineData("medical record", "medicalrecord", false)]
    [InlineData("medical record", "medical records", false)]
    [InlineData("medical record", "medical the record", false)]
    [InlineData("medical record", "medical medical record", true)]
    [InlineData("medical record", "medical ", false)]
    [InlineData("tl;dr", "and TL;DR:", true)]
    [InlineData("c++", "c++11", true)] // ends in no word: needs no border
    [InlineData("c++", "objc++", false)]
    [InlineData("#tag", "a#tag", true)]
    [InlineData("#tag", "a#tags", false)]
    [InlineData("\u00C9T\u00C9", "un \u00E9t\u00E9 chaud", true)]
    [InlineData("\u00E9t\u00E9", "ete", false)]
    [InlineData("\u5BC6\u7801", "\u5BC6\u7801", true)]
    [InlineData("", "anything", false)]
    [InlineData(" ", "any thing", false)]
    public void IsIn_OnePhrase_FindsWholeWords(string phrase, string text, bool isIn) => Assert.Equal(isIn, new PhraseSet([phrase]).IsIn(text));

    [Theory]
    [InlineData("red car", true)]
    [InlineData("a blue car", true)]
    [InlineData("a blue bicycle", false)]
    [InlineData("a bicycle", true)]
    [InlineData("red red bus", true)]
    public void IsIn_SeveralPhrases_FindsAny(string text, bool isIn) =>
        Assert.Equal(isIn, new PhraseSet(["red car", "red bus", "blue car", "a bicycle", ""]).IsIn(text));

    [Fact]
    public void IsIn_HalfAPairBeside_IsNoLetter() => Assert.True(new PhraseSet(["phi"]).IsIn("\uD83Dphi\uDE00")); // an attribute cannot hold it

    [Fact]
    public void IsIn_NoPhrases_FindsNothing() => Assert.False(new PhraseSet([]).IsIn("anything"));

    /// <summary>Against a reading by words: every short text over a few words and signs.</summary>
    [Fact]
    public void IsIn_AllShortTexts_AgreesWithAReadingByWords()
    {
        string[] pieces = ["a", "B", "ab", " ", "\n", "-", "_", "\u00E9"];
        string[][] phrases = [["a"], ["ab"], ["a", "b"], ["b", "a", "b"]];
        var found = 0;
        foreach (var phrase in phrases)
        {
            var set = new PhraseSet([string.Join(' ', phrase)]);
            for (var n = 0; n < Math.Pow(pieces.Length, 5); n++)
            {
                var text = string.Concat(Enumerable.Range(0, 5).Select(place => pieces[n / (int)Math.Pow(pieces.Length, place) % pieces.Length]));
                var expected = ByWords(text, phrase);
                Assert.True(expected == set.IsIn(text), $"{string.Join(' ', phrase)} in {text}");
                if (expected) found++;
            }
        }

        Assert.InRange(found, 1000, 100_000);
    }

    [Fact]
    public void IsIn_TextFullOfNearMisses_EndsInLinearTime()
    {
        var set = new PhraseSet(["a a a a b", "aaaa c"]);
        var text = string.Concat(Enumerable.Repeat("a a aaaa \n", 400_000)); // quadratic work would not end in a test's time

        Assert.False(set.IsIn(text));
        Assert.True(set.IsIn(text + "c"));
    }

    /// <summary>Words and what stands between them; the phrase's words must follow each other with white space alone between.</summary>
    private static bool ByWords(string text, string[] phrase)
    {
        var words = new List<(string Word, bool FollowsSpace)>();
        var word = "";
        var between = "";
        foreach (var character in text + "-")
        {
            if (char.IsLetter(character) || character == '_')
            {
                word += char.ToLowerInvariant(character);
                continue;
            }

            if (word.Length > 0)
            {
                words.Add((word, between.Length > 0 && between.All(char.IsWhiteSpace)));
                word = "";
                between = "";
            }

            between += character;
        }

        for (var i = 0; i + phrase.Length <= words.Count; i++)
        {
            if (phrase.Select((wanted, j) => words[i + j].Word == wanted && (j == 0 || words[i + j].FollowsSpace)).All(isSame => isSame)) return true;
        }

        return false;
    }
}
