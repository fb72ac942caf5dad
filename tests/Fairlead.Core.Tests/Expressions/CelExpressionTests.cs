using Fairlead.Core.Expressions;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>What an expression knows of itself, and what rules come to.</summary>
public sealed class CelExpressionTests
{
    [Theory]
    [InlineData("workload == 'summarization' && caller.feature == 'marketing' && request.prompt_tokens < 8000 && !request.has_tools && 'phi' in sensitivity == false", true)]
    [InlineData("health.p95_ms < 800", true)]
    [InlineData("800 > health.p95_ms", true)]
    [InlineData("health.p95_ms < 640u", false)]
    [InlineData("target.quality >= 1", false)]
    [InlineData("request.prompt_tokens == 4200.0", true)]
    [InlineData("request.prompt_tokens != 4200u", false)]
    [InlineData("4200.5 >= request.prompt_tokens", true)]
    [InlineData("request.prompt_tokens in [1, 4200u]", true)]
    [InlineData("request.prompt_tokens in [1, 2, 3, 4, 5, 6, 7, 8, 9.0, 4200.0]", true)]
    [InlineData("request.prompt_tokens in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", false)]
    [InlineData("target.region in ['us', 'eu']", true)]
    [InlineData("target.region in ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'eu']", true)]
    [InlineData("target.region in ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']", false)]
    [InlineData("!(target.region in [])", true)]
    [InlineData("'pii' in sensitivity", true)]
    [InlineData("'team' in request.metadata", true)]
    [InlineData("has(target.family)", true)]
    [InlineData("has(request.metadata.team) && request.metadata.team == 'growth'", true)]
    [InlineData("has(request.metadata.nothing)", false)]
    [InlineData("request.metadata['team'].startsWith('gr')", true)]
    [InlineData("sensitivity.exists(label, label.startsWith('int'))", true)]
    [InlineData("sensitivity.all(label, size(label) > 3)", false)]
    [InlineData("sensitivity.map(label, size(label)) == [3, 8]", true)]
    [InlineData("sensitivity.filter(label, label != 'pii') == ['internal']", true)]
    [InlineData("request.at.getFullYear('Europe/Berlin') == 1970", true)]
    [InlineData("request.at + duration('1h') > request.at", true)]
    [InlineData("prompt.mentions(['a']) && !prompt.matches('b')", true)]
    [InlineData("prompt.length > 10", true)]
    [InlineData("type(prompt.length) == int", true)]
    [InlineData("workload.matches('^summ.*n$')", true)]
    [InlineData("(target.region == 'eu' ? target.quality : 0.0) > 0.8", true)]
    [InlineData("workload > 'SUMMARIZATION' // by code point", true)]
    public void Evaluate_Rule_ComesToWhatItSays(string source, bool due)
    {
        var expression = Rule.Compile(source, CelType.Bool);

        Assert.Equal(CelValue.Of(due), expression.Evaluate(new FixedInputs(Rule.Usual, CelValue.Of(true), CelValue.Of(false))));
    }

    /// <summary>A leaf with a literal, a literal with a leaf, and two leaves are three ways through the code; all number types meet each other.</summary>
    [Fact]
    public void Evaluate_EveryComparisonOfNumbers_IsTheOrderOfTheNumbers()
    {
        var builder = new CelDeclarations.Builder();
        builder.Variable("a", CelType.Dyn);
        builder.Variable("b", CelType.Dyn);
        var declarations = builder.Build();
        Func<int, CelValue>[] types = [number => CelValue.Of((long)number), number => CelValue.OfUint((ulong)number), number => CelValue.Of((double)number)];
        (string Sign, Func<int, int, bool> Due)[] signs = [("<", (x, y) => x < y), ("<=", (x, y) => x <= y), (">", (x, y) => x > y), (">=", (x, y) => x >= y), ("==", (x, y) => x == y), ("!=", (x, y) => x != y)];
        foreach (var (sign, due) in signs)
        {
            foreach (var (left, right, x, y) in from l in types from r in types from x in Enumerable.Range(1, 3) from y in Enumerable.Range(1, 3) select (l(x), r(y), x, y))
            {
                foreach (var source in new[] { $"a {sign} b", $"a {sign} {right}", $"{left} {sign} b", $"{left} {sign} {right}" })
                {
                    Assert.True(CelExpression.TryCompile(source, declarations, new NumberedSignals(), CelType.Bool, out var expression, out _));
                    Assert.True(CelValue.Of(due(x, y)) == expression.Evaluate(new FixedInputs([left, right])), $"{source} with {left} and {right}");
                }
            }
        }
    }

    [Theory]
    [InlineData("'😀' > '�'", true)]
    [InlineData("'😀' < '�'", false)]
    [InlineData("size('😀a') == 2", true)]
    [InlineData("0.0 / 0.0 != 0.0 / 0.0", true)]
    [InlineData("dyn(0.0 / 0.0) < 1 || dyn(0.0 / 0.0) >= 1", false)]
    [InlineData("request.prompt_tokens > 0.0 / 0.0", false)]
    [InlineData("r'\\' == '\\\\'", true)]
    [InlineData("request.metadata.nothing == 'x' || true", true)]
    [InlineData("duration('1h30m') == duration('5400s')", true)]
    [InlineData("string(duration('-1.5s')) == '-1.5s'", true)]
    [InlineData("timestamp('2030-01-31T23:59:59.5+01:00') == timestamp('2030-01-31T22:59:59.5Z')", true)]
    [InlineData("duration('123.321456789s').getMilliseconds() == 321", true)]
    public void Evaluate_Corner_ComesToWhatTheStandardSays(string source, bool due) => Assert.Equal(CelValue.Of(due), Rule.Evaluate(source));

    [Fact]
    public void Leaves_AreThoseThatAreRead_AscendingAndOnce()
    {
        var expression = Rule.Compile("target.quality > 0.5 && (workload == 'a' || target.quality > 0.9) && has(target.family) && sensitivity.exists(x, x == target.region)");

        Assert.Equal(["workload", "sensitivity", "target.region", "target.quality"], expression.Leaves.Select(Rule.Declarations.NameOf));
    }

    [Fact]
    public void Signals_SameCall_IsOneSignal()
    {
        var signals = new NumberedSignals();
        var expression = Rule.Compile("prompt.mentions(['a']) || !prompt.matches(\"b\") || prompt . mentions( [ \"a\" ] )", signals: signals);

        Assert.Equal([0, 1], expression.Signals);
        Assert.Equal(["prompt.mentions(['a'])", "prompt.matches(\"b\")"], signals.Calls.Select(call => call.Source));
        Assert.Equal(CelValue.Of("b"), signals.Calls[1].Argument);
    }

    [Fact]
    public void Conjuncts_OfAnd_AreItsOperandsWithTheirOwnSource()
    {
        var expression = Rule.Compile("(workload == 'a' && request.has_tools) && (target.quality > 0.5 || prompt.mentions(['x']))");

        Assert.Equal(["workload == 'a'", "request.has_tools", "target.quality > 0.5 || prompt.mentions(['x'])"], expression.Conjuncts.Select(one => one.Source));
        Assert.Equal([1, 20, 43], expression.Conjuncts.Select(one => one.Offset));
        Assert.Equal([["workload"], ["request.has_tools"], ["target.quality"]], expression.Conjuncts.Select(one => one.Leaves.Select(Rule.Declarations.NameOf)));
        Assert.Equal([0], expression.Conjuncts[2].Signals);
        Assert.False(expression.Conjuncts[1].Evaluate(new FixedInputs(Rule.Usual)).IsTrue);
        Assert.Same(expression.Conjuncts[0], Assert.Single(expression.Conjuncts[0].Conjuncts));
    }

    [Fact]
    public void Conjuncts_WithoutAnd_AreTheExpression()
    {
        var expression = Rule.Compile("workload == 'a' || workload == 'b'");

        Assert.Same(expression, Assert.Single(expression.Conjuncts));
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("1 + 1 == 3", false)]
    [InlineData("has(target.family)", true)]
    [InlineData("[1, 2].exists(x, x == 2)", true)]
    [InlineData("workload == workload", null)]
    [InlineData("1 / 0 == 1", null)]
    [InlineData("1 + 1", null)]
    public void Constant_IsThereWhenNothingIsRead(string source, bool? due) => Assert.Equal(due, Rule.Compile(source).Constant);

    [Theory]
    [InlineData("workload=='a'&&request.has_tools", "( workload == \"a\" ) // first\n && request.has_tools", true)]
    [InlineData("(request.has_tools && workload == 'a') && true", "request.has_tools && (workload == 'a' && true)", true)]
    [InlineData("1 - (2 - 3) == 2", "1 - 2 - 3 == 2", false)]
    [InlineData("workload == 'a'", "'a' == workload", false)]
    [InlineData("request.prompt_tokens == 1", "request.prompt_tokens == 1.0", false)]
    [InlineData("request.prompt_tokens == 1", "request.prompt_tokens == 1u", false)]
    [InlineData("-(5) < 1", "-5 < 1", false)]
    [InlineData("workload == '1'", "workload == \"1\" + \"\"", false)]
    [InlineData("workload == '1'", "workload == \"\\x31\"", true)]
    public void SameAs_IsAboutStructureOnly(string one, string other, bool due)
    {
        Assert.Equal(due, Rule.Compile(one).SameAs(Rule.Compile(other)));
        Assert.Equal(due, Rule.Compile(other).SameAs(Rule.Compile(one)));
    }

    [Theory]
    // Everything that is said to be free of allocations.
    [InlineData("workload == 'summarization' && caller.feature == 'marketing' && request.prompt_tokens < 8000 && !request.has_tools && 'phi' in sensitivity == false")]
    [InlineData("health.p95_ms < 800 || target.quality >= 1")]
    [InlineData("target.region in ['us', 'ca'] || target.region in ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']")]
    [InlineData("workload.startsWith('x') || workload.endsWith('y') || workload.contains('z') || size(workload) == 3")]
    [InlineData("(request.has_tools ? target.quality : health.p95_ms) < 1.0 && prompt.mentions(['a'])")]
    [InlineData("request.prompt_tokens + prompt.length * 2 > 10 && request.prompt_tokens in [1, 2, 3]")]
    [InlineData("has(request.metadata.team) && request.metadata.team == 'x'")]
    public void Evaluate_OrdinaryRule_AllocatesNothing(string source)
    {
        var expression = Rule.Compile(source);
        var inputs = new FixedInputs(Rule.Usual, CelValue.Of(true));
        for (var i = 0; i < 100; i++) Assert.Equal(CelKind.Bool, expression.Evaluate(inputs).Kind);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) _ = expression.Evaluate(inputs);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
