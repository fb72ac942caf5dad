using Fairlead.Core.Expressions;
using Fairlead.Core.Policy;
using Fairlead.Core.Tests.Classification;

namespace Fairlead.Core.Tests.Policy;

/// <summary>Searches in prompts: each once, and each its own, however much of it is shown.</summary>
public sealed class RuleSignalsTests
{
    private const string Eight = "'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'";

    private static readonly string Long = new('x', 64);

    /// <summary>Two searches that are shown alike, and a text that only the second finds.</summary>
    public static TheoryData<string, string, string> Alike => new()
    {
        { $"prompt.mentions([{Eight}, 'i'])", $"prompt.mentions([{Eight}, 'j'])", "j" },
        { $"prompt.mentions([{Eight}])", $"prompt.mentions([{Eight}, 'j'])", "j" },
        { $"prompt.mentions(['{Long}y'])", $"prompt.mentions(['{Long}z'])", Long + "z" },
        { $"prompt.matches('{Long}y')", $"prompt.matches('{Long}z')", Long + "z" },
        { $"prompt.mentions(['{Long}1', '{Long}2', '{Long}3', '{Long}4', 'y'])", $"prompt.mentions(['{Long}1', '{Long}2', '{Long}3', '{Long}4', 'z'])", "z" },
    };

    [Theory]
    [MemberData(nameof(Alike))]
    public void Register_SearchesThatAreShownAlike_AreTwo(string one, string other, string text)
    {
        var signals = new RuleSignals();
        var first = Compile(one, signals);
        var second = Compile(other, signals);

        Assert.Equal(2, signals.Count);
        var inputs = RequestInputsTests.Of(new PlainContent(text), signals);
        Assert.Equal(CelValue.Of(false), first.Evaluate(inputs));
        Assert.Equal(CelValue.Of(true), second.Evaluate(inputs));
    }

    [Theory]
    [MemberData(nameof(Alike))]
    public void TextOf_SearchesThatAreShownAlike_DiffersAndIsBounded(string one, string other, string text)
    {
        var signals = new RuleSignals();
        Compile($"{one} || {other} || prompt.mentions(['{text}', 'another'])", signals);

        var texts = Enumerable.Range(0, signals.Count).Select(signals.TextOf).ToList();
        Assert.Equal(3, texts.Distinct(StringComparer.Ordinal).Count());
        Assert.All(texts, shown => Assert.InRange(shown.Length, 1, 264));
    }

    [Fact]
    public void TextOf_ManySearchesThatAreShownAlike_NumbersThemInTheirOrder()
    {
        var signals = new RuleSignals();
        foreach (var last in new[] { "i", "j", "k" }) Compile($"prompt.mentions([{Eight}, '{last}'])", signals);

        const string Shown = """prompt.mentions(["a", "b", "c", "d", "e", "f", "g", "h", …])""";
        Assert.Equal([Shown, Shown + " #2", Shown + " #3"], Enumerable.Range(0, signals.Count).Select(signals.TextOf));
    }

    [Fact]
    public void TextOf_LongSearch_IsCutBetweenCharacters()
    {
        for (var before = 0; before < 4; before++)
        {
            var signals = new RuleSignals();
            var phrase = new string('x', before) + string.Concat(Enumerable.Repeat("😀", 100));
            Compile($"prompt.mentions(['1{phrase}', '2{phrase}', '3{phrase}', '4{phrase}', '5{phrase}'])", signals);

            Assert.DoesNotContain('\uFFFD', string.Concat(signals.TextOf(0).EnumerateRunes()));
        }
    }

    [Fact]
    public void Register_SameSearch_IsOne()
    {
        var signals = new RuleSignals();

        Compile($"prompt.mentions([{Eight}, 'i']) || prompt.mentions( [{Eight.Replace('\'', '"')}, \"i\"] )", signals);
        Compile($"!prompt.mentions([{Eight}, 'i'])", signals);

        Assert.Equal(1, signals.Count);
    }

    internal static CelExpression Compile(string source, RuleSignals signals) =>
        CelExpression.TryCompile(source, PolicyVariables.DeclarationsOf(RuleScope.Routing), signals, CelType.Bool, out var expression, out var errors)
            ? expression
            : throw new InvalidOperationException($"{source}: {string.Join("; ", errors)}");
}
