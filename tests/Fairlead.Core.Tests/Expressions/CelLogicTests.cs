using Fairlead.Core.Expressions;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>Errors and unknowns in logic: one operand that decides wins over both, an error over an unknown.</summary>
public sealed class CelLogicTests
{
    private static readonly CelDeclarations Declarations = Declare();

    [Theory]
    // T true, F false, E error, U unknown: rows are the left operand, columns T F E U the right.
    [InlineData("a && b", "T", "TFEU")]
    [InlineData("a && b", "F", "FFFF")]
    [InlineData("a && b", "E", "EFEE")]
    [InlineData("a && b", "U", "UFEU")]
    [InlineData("a || b", "T", "TTTT")]
    [InlineData("a || b", "F", "TFEU")]
    [InlineData("a || b", "E", "TEEE")]
    [InlineData("a || b", "U", "TUEU")]
    [InlineData("a ? b : true", "T", "TFEU")]
    [InlineData("a ? b : true", "F", "TTTT")]
    [InlineData("a ? b : true", "E", "EEEE")]
    [InlineData("a ? b : true", "U", "UUEU")]
    [InlineData("a ? true : b", "U", "UUEU")]
    [InlineData("(a ? (b ? 1 : 2) : 3) > 0", "U", "UUEU")]
    [InlineData("(a ? 3 : (b ? 1 : 2)) > 0", "U", "UUEU")]
    [InlineData("(a ? dyn(b) : dyn(1)) == true", "T", "TFEU")]
    [InlineData("!a", "T", "FFFF")]
    [InlineData("!a", "F", "TTTT")]
    [InlineData("!a", "E", "EEEE")]
    [InlineData("!a", "U", "UUUU")]
    [InlineData("a == b", "T", "TFEU")]
    [InlineData("a == b", "E", "EEEE")]
    [InlineData("a == b", "U", "UUEU")]
    [InlineData("a == true", "E", "EEEE")]
    [InlineData("a != true", "U", "UUUU")]
    [InlineData("a in [b]", "E", "EEEE")]
    [InlineData("a in [b]", "U", "UUEU")]
    [InlineData("string(a) + string(b) == 'truetrue'", "E", "EEEE")]
    [InlineData("string(a) + string(b) == 'truetrue'", "U", "UUEU")]
    [InlineData("string(a).startsWith(string(b))", "E", "EEEE")]
    [InlineData("string(a).startsWith(string(b))", "U", "UUEU")]
    [InlineData("[1, 2].all(x, x == 1 ? a : b)", "T", "TFEU")]
    [InlineData("[1, 2].all(x, x == 1 ? a : b)", "F", "FFFF")]
    [InlineData("[1, 2].all(x, x == 1 ? a : b)", "E", "EFEE")]
    [InlineData("[1, 2].all(x, x == 1 ? a : b)", "U", "UFEU")]
    [InlineData("[1, 2].exists(x, x == 1 ? a : b)", "E", "TEEE")]
    [InlineData("[1, 2].exists(x, x == 1 ? a : b)", "U", "TUEU")]
    [InlineData("[1, 2].exists_one(x, x == 1 ? a : b)", "T", "FTEU")]
    [InlineData("[1, 2].exists_one(x, x == 1 ? a : b)", "E", "EEEE")]
    [InlineData("[1, 2].exists_one(x, x == 1 ? a : b)", "U", "UUEU")]
    [InlineData("[a, b] == [true, true]", "E", "EEEE")]
    [InlineData("[a, b] == [true, true]", "U", "UUEU")]
    [InlineData("{'a': a, 'b': b} == {'a': true, 'b': true}", "E", "EEEE")]
    [InlineData("{'a': a, 'b': b} == {'a': true, 'b': true}", "U", "UUEU")]
    [InlineData("size(dyn([1, 2].filter(x, x == 1 ? a : b))) == 2", "T", "TFEU")]
    [InlineData("size(dyn([1, 2].filter(x, x == 1 ? a : b))) == 2", "E", "EEEE")]
    [InlineData("size(dyn([1, 2].filter(x, x == 1 ? a : b))) == 2", "U", "UUEU")]
    [InlineData("[1].map(x, a, b) == [true]", "T", "TFEU")]
    [InlineData("[1].map(x, a, b) == [true]", "F", "FFFF")]
    [InlineData("[1].map(x, a, b) == [true]", "E", "EEEE")]
    [InlineData("[1].map(x, a, b) == [true]", "U", "UUEU")]
    [InlineData("[1].transformMap(i, x, a, b) == {0: true}", "U", "UUEU")]
    [InlineData("[1, 2].map(x, x == 1 ? a : b) == [true, true]", "E", "EEEE")]
    [InlineData("[1, 2].map(x, x == 1 ? a : b) == [true, true]", "U", "UUEU")]
    public void Evaluate_EveryPair_ComesToWhatIsDue(string source, string left, string due)
    {
        var compiled = CelExpression.TryCompile(source, Declarations, new NumberedSignals(), CelType.Bool, out var expression, out _);

        Assert.True(compiled);
        Assert.Equal(due, string.Concat("TFEU".Select(right => Letter(expression!.Evaluate(new FixedInputs([Value(left[0]), Value(right)]))))));
    }

    [Fact]
    public void Evaluate_TwoErrors_GivesTheFirst()
    {
        CelExpression.TryCompile("(a || b) && a", Declarations, new NumberedSignals(), CelType.Bool, out var expression, out _);

        Assert.Equal("left", expression!.Evaluate(new FixedInputs([CelValue.Error("left"), CelValue.Error("right")])).AsString);
    }

    [Fact]
    public void Evaluate_ErrorThatAnOperandOvercame_IsNotTheOneThatIsTold()
    {
        CelExpression.TryCompile("a && (b || true)", Declarations, new NumberedSignals(), CelType.Bool, out var expression, out _);

        Assert.Equal("left", expression!.Evaluate(new FixedInputs([CelValue.Error("left"), CelValue.Error("right")])).AsString);
    }

    [Theory]
    [InlineData("a && b")]
    [InlineData("b || a")]
    [InlineData("a ? true : b")]
    [InlineData("a ? b : false")]
    [InlineData("[1, 2].all(x, x == 1 ? a : b)")]
    [InlineData("[1, 2].exists_one(x, x == 1 ? a : b)")]
    [InlineData("[1].map(x, a, b) == [true]")]
    [InlineData("a == b")]
    public void Decide_ErrorBesideAnUnknown_IsToldWithThePartThatErrs(string source)
    {
        CelExpression.TryCompile(source, Declarations, new NumberedSignals(), CelType.Bool, out var expression, out _);

        var reason = expression!.Decide(new FixedInputs([CelValue.Unknown, CelValue.Error("right")]));

        Assert.Equal("right", reason.Value.AsString);
        Assert.Equal("right", reason.PartValue.AsString);
        Assert.Contains("b", reason.Part, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_InputsThatThrow_IsAnError()
    {
        CelExpression.TryCompile("a || b", Declarations, new NumberedSignals(), CelType.Bool, out var expression, out _);

        Assert.Equal("an input failed (IndexOutOfRangeException)", expression!.Evaluate(new FixedInputs([])).AsString);
        Assert.Equal(CelKind.Error, expression.Decide(new FixedInputs([])).Value.Kind);
    }

    private static CelValue Value(char letter) => letter switch
    {
        'T' => CelValue.Of(true),
        'F' => CelValue.Of(false),
        'E' => CelValue.Error("failed"),
        _ => CelValue.Unknown,
    };

    private static char Letter(CelValue value) => value.Kind switch
    {
        CelKind.Bool => value.IsTrue ? 'T' : 'F',
        CelKind.Error => 'E',
        CelKind.Unknown => 'U',
        _ => '?',
    };

    private static CelDeclarations Declare()
    {
        var builder = new CelDeclarations.Builder();
        builder.Variable("a", CelType.Bool);
        builder.Variable("b", CelType.Bool);
        return builder.Build();
    }
}
