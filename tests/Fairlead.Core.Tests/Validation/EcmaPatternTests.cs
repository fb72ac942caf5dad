using System.Text.Json;
using static Fairlead.Core.Tests.Validation.Schemas;

namespace Fairlead.Core.Tests.Validation;

/// <summary>Patterns mean what ECMAScript means by them (ECMA-262, section 22.2), not what .NET does.</summary>
public sealed class EcmaPatternTests
{
    [Theory]
    [InlineData(@"^\d+$", "123", true)]
    [InlineData(@"^\d+$", "১২৩", false)]
    [InlineData(@"^[\d-]+$", "1-2", true)]
    [InlineData(@"^[^\d]$", "১", true)]
    [InlineData(@"^\D$", "১", true)]
    [InlineData(@"^\w+$", "a_1", true)]
    [InlineData(@"^\w+$", "é", false)]
    [InlineData(@"^\W$", "é", true)]
    [InlineData(@"^[\W]$", "é", true)]
    [InlineData(@"^[\W]$", "_", false)]
    [InlineData(@"^\s$", "\uFEFF", true)]
    [InlineData(@"^\s$", "\u0085", false)]
    [InlineData(@"^\S+$", "a\u00A0b", false)]
    [InlineData(@"^[\S]$", "\u0085", true)]
    [InlineData("^a$", "a\n", false)]
    [InlineData("^.$", "😀", true)]
    [InlineData("^..$", "😀", false)]
    [InlineData("^.$", "\u2028", false)]
    [InlineData("^[^a]$", "😀", true)]
    [InlineData("^[^a]{2}$", "😀", false)]
    [InlineData("^😀+$", "😀😀", true)]
    [InlineData(@"^\u{1F600}$", "😀", true)]
    [InlineData(@"^\uD83D\uDE00$", "😀", true)]
    [InlineData(@"^\x41\u0042\cJ$", "AB\n", true)]
    [InlineData(@"^\p{Lu}\p{Letter}+$", "Éa", true)]
    [InlineData(@"^\p{Lu}\P{L}$", "Éa", false)]
    [InlineData(@"^[\p{L}.]+$", "é.", true)]
    [InlineData(@"^[a\-z]+$", "a-z", true)]
    [InlineData(@"^[a\-z]+$", "b", false)]
    [InlineData(@"^[[a]$", "[", true)]
    [InlineData(@"^\/\.\-$", "/.-", true)]
    [InlineData("^(?:ab|c){2,3}$", "abcab", true)]
    [InlineData("^(?:ab|c){2,3}$", "ab", false)]
    [InlineData("^(?<year>[0-9]{4})-x$", "2026-x", true)]
    [InlineData("b", "abc", true)]
    [InlineData("^[^]$", "\n", true)]
    [InlineData("[]", "a", false)]
    public void Pattern_IsFoundOrNot(string pattern, string text, bool isFound) =>
        Assert.Equal(isFound, Validate($$"""{"pattern":{{JsonSerializer.Serialize(pattern)}}}""", JsonSerializer.Serialize(text)).IsValid);

    [Theory]
    [InlineData("(?=a)", "'/pattern' is a pattern that looks ahead, behind or back.")]
    [InlineData(@"[\u{1F600}]", "'/pattern' is a pattern with a character beyond U+FFFF in a set.")]
    [InlineData("[😀]", "'/pattern' is a pattern with a character beyond U+FFFF in a set.")]
    [InlineData(@"\p{Script=Greek}", "'/pattern' is no regular expression.")]
    [InlineData(@"\A", "'/pattern' is no regular expression.")]
    [InlineData(@"a\", "'/pattern' is no regular expression.")]
    [InlineData("a)", "'/pattern' is no regular expression.")]
    [InlineData("[a", "'/pattern' is no regular expression.")]
    [InlineData("a{x}", "'/pattern' is no regular expression.")]
    [InlineData("((a{100}){100}){100}", "'/pattern' is a pattern that stands for more than 4096 parts.")]
    [InlineData("a{1,100000}", "'/pattern' is no regular expression.")]
    public void Pattern_NotToBeCarriedOver_IsRefused(string pattern, string reason) => Assert.Equal(reason, Refused($$"""{"pattern":{{JsonSerializer.Serialize(pattern)}}}"""));
}
