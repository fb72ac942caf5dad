using Fairlead.Core.Expressions;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>Patterns mean what they mean in RE2, where .NET's own syntax has other meanings.</summary>
public sealed class CelMatchesTests
{
    [Theory]
    [InlineData(@"^\d+$", "123", true)]
    [InlineData(@"^\d+$", "١٢٣", false)] // digits are ASCII
    [InlineData(@"^\w+$", "naïve", false)]
    [InlineData(@"^[\w]+$", "naïve", false)]
    [InlineData(@"^\W$", "ï", true)]
    [InlineData(@"^[\W]$", "ï", true)]
    [InlineData(@"^[\D\s]$", "5", false)]
    [InlineData(@"^[\S]$", " ", false)]
    [InlineData(@"a$", "a\n", false)] // the end, not the last line's
    [InlineData(@"(?m)a$", "a\nb", true)]
    [InlineData(@"^[a-z-[aeiou]]$", "b]", true)] // no subtraction
    [InlineData(@"^[a-z-[aeiou]]$", "b", false)]
    [InlineData(@"^[[:alpha:]]+$", "abc", true)]
    [InlineData(@"^[[:alpha:]]+$", "ab1", false)]
    [InlineData(@"^[^[:space:]]+$", "a b", false)]
    [InlineData(@"^[]a]$", "]", true)]
    [InlineData(@"(?i)HELLO", "say hello", true)]
    [InlineData(@"(?i:H)ello", "hello", true)]
    [InlineData(@"(?i:H)ello", "hEllo", false)]
    [InlineData(@"(?P<name>ab)+", "xabab", true)]
    [InlineData(@"(?<name>ab)+", "xabab", true)]
    [InlineData(@"\Qa.b\E", "a.b", true)]
    [InlineData(@"\Qa.b\E", "axb", false)]
    [InlineData(@"\pL\p{Nd}\PL", "a1!", true)]
    [InlineData(@"\p{^L}", "a", false)]
    [InlineData(@"\x41\x{42}", "AB", true)]
    [InlineData(@"a{,2}", "a{,2}", true)] // not a count
    [InlineData(@"a{2,}", "aa", true)]
    [InlineData(@"^(😀){2}$", "😀😀", true)]
    [InlineData(@"^😀{2}$", "😀😀", true)]
    [InlineData(@"a b #c", "a b #c", true)]
    [InlineData(@"\.\-\/", ".-/", true)]
    [InlineData(@"a|", "", true)]
    [InlineData(@"\072", ":", true)]
    [InlineData(@"", "anything", true)]
    public void Matches_Pattern_IsRead(string pattern, string text, bool due)
    {
        var leaves = Rule.Usual;
        leaves[Rule.Workload] = CelValue.Of(text);
        var isLiteral = Rule.Compile($"workload.matches(r\"\"\"{pattern}\"\"\")");
        var isComputed = Rule.Compile($"workload.matches(r\"\"\"{pattern}\"\"\" + (request.has_tools ? 'x' : ''))");

        Assert.Equal(CelValue.Of(due), isLiteral.Evaluate(new FixedInputs(leaves)));
        Assert.Equal(CelValue.Of(due), isComputed.Evaluate(new FixedInputs(leaves)));
    }

    [Theory]
    [InlineData(@"(a)\1", "the pattern refers back to a group, which RE2 does not know")]
    [InlineData(@"a(?=b)", "the pattern has a group that RE2 does not know")]
    [InlineData(@"a(?!b)", "the pattern has a group that RE2 does not know")]
    [InlineData(@"(?<=a)b", "the pattern has a group that RE2 does not know")]
    [InlineData(@"(?<!a)b", "the pattern has a group that RE2 does not know")]
    [InlineData(@"(?>a)b", "the pattern has a group that RE2 does not know")]
    [InlineData(@"(?#a)b", "the pattern has a group that RE2 does not know")]
    [InlineData(@"(?x)a b", "the pattern has a group that RE2 does not know")]
    [InlineData(@"a**", "the pattern repeats a repetition; put it in parentheses")]
    [InlineData(@"*a", "the pattern repeats nothing")]
    [InlineData(@"(*a)", "the pattern repeats nothing")]
    [InlineData(@"a)", "the pattern has a ')' without '('")]
    [InlineData(@"[a", "the pattern has a '[' without ']'")]
    [InlineData(@"[z-a]", "the pattern is no regular expression")]
    [InlineData(@"[[:nothing:]]", "the pattern has a named class that RE2 does not know")]
    [InlineData(@"\y", @"the pattern has '\y', which RE2 does not know")]
    [InlineData(@"\p{Greek}", @"the pattern has a '\p' that is no general category such as \p{Lu}")]
    [InlineData(@"a\", @"the pattern ends with a '\'")]
    public void Matches_BadPattern_IsAnErrorOfTheRule(string pattern, string message) =>
        Assert.Equal(message, Assert.Single(Rule.Errors($"workload.matches(r'{pattern}')")).Message);
}
