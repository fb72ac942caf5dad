using Fairlead.Core.Expressions;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>Nothing that is written in a rule makes it costly without bound.</summary>
public sealed class CelLimitTests
{
    [Fact]
    public void TryCompile_LongSource_IsRefused()
    {
        Assert.True(Rule.Compile($"true//{new string('x', (16 * 1024) - 6)}").Constant);

        Assert.Equal("an expression has at most 16384 characters, not 16385", Assert.Single(Rule.Errors($"true//{new string('x', (16 * 1024) - 5)}")).Message);
    }

    [Theory]
    [InlineData("(", "true", ")")]
    [InlineData("[", "1", "]")]
    [InlineData("!", "true", "")]
    [InlineData("- ", "request.prompt_tokens", "")]
    [InlineData("true ? 1 : ", "2", "")]
    [InlineData("size([", "1", "])")]
    [InlineData("{1: ", "1", "}")]
    [InlineData("sensitivity.exists(x, ", "true", ")")]
    public void TryCompile_DeepNesting_IsRefused(string open, string inner, string close)
    {
        foreach (var depth in new[] { 65, 1000, 2000 })
        {
            var source = string.Concat(Enumerable.Repeat(open, depth)) + inner + string.Concat(Enumerable.Repeat(close, depth));
            if (source.Length > 16 * 1024) continue;
            Assert.Equal("an expression is nested at most 64 deep", Assert.Single(Rule.Errors(source)).Message);
        }

        Rule.Compile(string.Concat(Enumerable.Repeat(open, 30)) + inner + string.Concat(Enumerable.Repeat(close, 30)));
    }

    [Theory]
    [InlineData(" + 1")]
    [InlineData(" - 1")]
    [InlineData(" == true")]
    [InlineData("[0]")]
    [InlineData(".a")]
    [InlineData(".map(x, x)")]
    public void TryCompile_LongChain_IsRefused(string link)
    {
        var error = Assert.Single(Rule.Errors("dyn(1)" + string.Concat(Enumerable.Repeat(link, 1500))));

        Assert.Equal("at most 256 operators may build on each other", error.Message);
        Rule.Compile("dyn(1)" + string.Concat(Enumerable.Repeat(link, 200)));
    }

    [Theory]
    [InlineData(" && ")]
    [InlineData(" || ")]
    public void TryCompile_ManyOperandsOfLogic_IsNoDepth(string sign)
    {
        var expression = Rule.Compile(string.Join(sign, Enumerable.Repeat("request.has_tools", 700)));

        Assert.Equal(CelValue.Of(false), expression.Evaluate(new FixedInputs(Rule.Usual)));
    }

    [Fact]
    public void TryCompile_ManyParts_IsRefused() =>
        Assert.Equal("an expression has at most 4096 parts", Assert.Single(Rule.Errors($"[{string.Join(",", Enumerable.Repeat("1", 5000))}]")).Message);

    [Theory]
    [InlineData("workload.matches('((a{1000}){1000}){1000}')", "the pattern repeats too much")]
    [InlineData("workload.matches('(x{100}){100}')", "the pattern repeats too much")]
    [InlineData("workload.matches('a{1001}')", "the pattern repeats at most 1000 times, the smaller number first")]
    [InlineData("workload.matches('a{5,2}')", "the pattern repeats at most 1000 times, the smaller number first")]
    [InlineData("workload.matches('a{99999999999}')", "the pattern repeats at most 1000 times, the smaller number first")]
    public void TryCompile_PatternThatRepeatsTooMuch_IsRefused(string source, string message) => Assert.Equal(message, Assert.Single(Rule.Errors(source)).Message);

    [Fact]
    public void TryCompile_LongPattern_IsRefused()
    {
        Rule.Compile($"workload.matches('{new string('a', 1000)}')");

        Assert.Equal("a pattern has at most 1000 characters", Assert.Single(Rule.Errors($"workload.matches('{new string('a', 1001)}')")).Message);
    }

    [Fact]
    public void TryCompile_DeepPattern_IsRefused() =>
        Assert.Equal("a pattern has at most 64 groups", Assert.Single(Rule.Errors($"workload.matches('{new string('(', 200)}{new string(')', 200)}')")).Message);

    /// <summary>A pattern on which a backtracking matcher takes 2^60 steps.</summary>
    [Fact]
    public void Evaluate_ExponentialLookingPattern_IsLinear()
    {
        var leaves = Rule.Usual;
        leaves[Rule.Workload] = CelValue.Of(new string('a', 60) + "!");

        Assert.Equal(CelValue.Of(false), Rule.Compile("workload.matches('^(a+)+$')").Evaluate(new FixedInputs(leaves)));
        Assert.Equal(CelValue.Of(false), Rule.Compile("workload.matches('^(a|aa)+$')").Evaluate(new FixedInputs(leaves)));
    }

    [Theory]
    // A hundred members, each a macro over a hundred members, each a macro over a hundred members.
    [InlineData("L.all(x, L.all(y, L.all(z, x + y + z >= 0)))")]
    [InlineData("L.map(x, L.map(y, L.map(z, 1))).size() == 0")]
    [InlineData("L.filter(x, L.exists(y, L.exists_one(z, false))).size() == 0")]
    // Values that double at each step.
    [InlineData("D.all(x, x == x)")]
    [InlineData("cel.bind(s, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', S == '')")]
    [InlineData("L.all(x, L.all(y, !workload.matches('a' + string(x))))")]
    public void Evaluate_CostlyRule_EndsAsAnError(string template)
    {
        var list = $"[{string.Join(", ", Enumerable.Range(0, 100))}]";
        var doubled = "[[1]]" + string.Concat(Enumerable.Repeat(".map(a, [a, a])", 60));
        var text = "[s]" + string.Concat(Enumerable.Repeat(".map(s, s + s)", 40)) + "[0]";
        var bound = template.Replace("D.", $"{doubled}.", StringComparison.Ordinal).Replace("S ==", $"{text} ==", StringComparison.Ordinal);
        var source = bound.StartsWith("L.", StringComparison.Ordinal) ? $"cel.bind(L, {list}, {bound})" : bound;

        Assert.Equal("the evaluation takes more than 100000 steps", Rule.Evaluate(source).AsString);
    }

    [Fact]
    public void Evaluate_SecondTime_HasAllStepsAgain()
    {
        var list = $"[{string.Join(", ", Enumerable.Range(0, 300))}]";
        var expression = Rule.Compile($"{list}.all(x, {list}.exists(y, y == x))");

        for (var i = 0; i < 5; i++) Assert.Equal(CelValue.Of(true), expression.Evaluate(new FixedInputs(Rule.Usual)));
    }

    [Fact]
    public void ToString_LongValues_AreCut()
    {
        var text = CelValue.Of(new string('x', 10_000));
        var list = CelValue.OfList([.. Enumerable.Repeat(text, 1000)]);
        var nested = Enumerable.Range(0, 60).Aggregate(list, (inner, _) => CelValue.OfList([inner, inner]));

        Assert.Equal($"\"{new string('x', 64)}…\"", text.ToString());
        Assert.Equal("[1, 2, 3, 4, 5, 6, 7, 8, …]", CelValue.OfList([.. Enumerable.Range(1, 9).Select(one => CelValue.Of(one))]).ToString());
        Assert.InRange(list.ToString().Length, 64, 1024);
        Assert.InRange(nested.ToString().Length, 64, 1024);
    }
}
