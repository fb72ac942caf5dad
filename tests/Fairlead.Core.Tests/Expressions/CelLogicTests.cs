using Fairlead.Core.Expressions;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>Errors and unknowns in logic: one operand that decides wins over both, an unknown over an error.</summary>
public sealed class CelLogicTests
{
    private static readonly CelDeclarations Declarations = Declare();

    [Theory]
    // T true, F false, E error, U unknown: rows are the left operand, columns T F E U the right.
    [InlineData("a && b", "T", "TFEU")]
    [InlineData("a && b", "F", "FFFF")]
    [InlineData("a && b", "E", "EFEU")]
    [InlineData("a && b", "U", "UFUU")]
    [InlineData("a || b", "T", "TTTT")]
    [InlineData("a || b", "F", "TFEU")]
    [InlineData("a || b", "E", "TEEU")]
    [InlineData("a || b", "U", "TUUU")]
    [InlineData("a ? b : true", "T", "TFEU")]
    [InlineData("a ? b : true", "F", "TTTT")]
    [InlineData("a ? b : true", "E", "EEEE")]
    [InlineData("a ? b : true", "U", "UUUU")]
    [InlineData("!a", "T", "FFFF")]
    [InlineData("!a", "F", "TTTT")]
    [InlineData("!a", "E", "EEEE")]
    [InlineData("!a", "U", "UUUU")]
    [InlineData("a == b", "T", "TFEU")]
    [InlineData("a == b", "E", "EEEU")]
    [InlineData("a == b", "U", "UUUU")]
    [InlineData("a == true", "E", "EEEE")]
    [InlineData("a != true", "U", "UUUU")]
    [InlineData("[1, 2].all(x, x == 1 ? a : b)", "T", "TFEU")]
    [InlineData("[1, 2].all(x, x == 1 ? a : b)", "F", "FFFF")]
    [InlineData("[1, 2].all(x, x == 1 ? a : b)", "E", "EFEU")]
    [InlineData("[1, 2].all(x, x == 1 ? a : b)", "U", "UFUU")]
    [InlineData("[1, 2].exists(x, x == 1 ? a : b)", "E", "TEEU")]
    [InlineData("[1, 2].exists(x, x == 1 ? a : b)", "U", "TUUU")]
    [InlineData("[1, 2].exists_one(x, x == 1 ? a : b)", "T", "FTEU")]
    [InlineData("[1, 2].exists_one(x, x == 1 ? a : b)", "E", "EEEU")]
    [InlineData("[a, b] == [true, true]", "E", "EEEU")]
    [InlineData("[a, b] == [true, true]", "U", "UUUU")]
    [InlineData("size(dyn([1, 2].filter(x, x == 1 ? a : b))) == 2", "T", "TFEU")]
    public void Evaluate_EveryPair_ComesToWhatTheStandardSays(string source, string left, string due)
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
