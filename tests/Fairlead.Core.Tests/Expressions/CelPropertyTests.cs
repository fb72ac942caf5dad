using CsCheck;
using Fairlead.Core.Expressions;
using Fairlead.Core.Expressions.Syntax;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>What holds for every expression.</summary>
public sealed class CelPropertyTests
{
    private static readonly string[] Words =
    [
        "workload", "target.quality", "request.has_tools", "sensitivity", "request.metadata", "x", "1", "2u", "0.5", "-1", "'a'", "b'\\x00'", "true", "null", "&&", "||", "==", "!=", "<", "in", "+", "-", "*", "/", "%",
        "!", "?", ":", "(", ")", "[", "]", "{", "}", ",", ".", "size", "has", "exists", "all", "map", "matches", "timestamp", "duration", "type", "dyn", "prompt.mentions", "9223372036854775807", "r'\\'", "//", "\n", "`a`",
        "startsWith", "getHours", "int", "string", "cel.bind", "\"\"\"", "\u0000", "\ud800", "😀",
    ];

    private static readonly Gen<string> Leaf = OneOf(
        "workload", "target.quality", "request.has_tools", "sensitivity", "request.metadata.team", "1", "2u", "0.5", "-3", "- 0.25", "1e21", "'it\\'s'", "true", "null", "\"q\\\"\\u0007\\\\\"", "b'\\xff\\''", "[]", "{}",
        ".workload", "x.`a/b`", "-9223372036854775808");

    [Fact]
    public void Parse_WhatIsPrinted_IsTheSame() =>
        Source(4).Sample(source =>
        {
            var printed = CelPrinter.Print(Parsed(source));
            Assert.Equal(printed, CelPrinter.Print(Parsed(printed)));
        }, iter: 3000);

    [Fact]
    public void TryCompile_AnyWords_NeverThrowsAndErrorsLieInTheSource() =>
        OneOf(Words).Array[0, 14].Select(words => string.Join(' ', words)).Sample(Check, iter: 20_000);

    [Fact]
    public void TryCompile_AnyText_NeverThrowsAndErrorsLieInTheSource() => Gen.String[0, 40].Sample(Check, iter: 10_000);

    /// <summary>A pattern is read or refused, and one that is read matches or not, within the time that a match may take.</summary>
    [Fact]
    public void Matches_AnyPattern_NeverThrows() =>
        OneOf("a", "b", "|", "(", ")", "(?:", "(?i)", "(?P<n>", "(?=", "[", "]", "^", "[^", "-", "[:alpha:]", "\\d", "\\W", "\\pL", "\\p{", "\\Q", "\\E", "\\x4", "\\x{41}", "\\0", "\\1", "\\", "{2}", "{1,", "{,3}", "{900}", "*", "+", "?", ".", "$", "\ud83d", "\ude00", "😀", " ", "#")
            .Array[0, 12].Select(string.Concat).Sample(pattern =>
            {
                if (!CelPattern.TryCompile(pattern, out var compiled, out var problem))
                {
                    Assert.StartsWith("the pattern ", problem, StringComparison.Ordinal);
                    return;
                }

                var frame = new CelFrame(new FixedInputs([]), 0);
                Assert.Equal(CelKind.Bool, compiled.IsIn(ref frame, "aab 😀 A1-").Kind);
            }, iter: 10_000);

    [Fact]
    public void Evaluate_WhateverTheInputsAre_NeverThrows()
    {
        var values = OneOf(
            CelValue.Unknown, CelValue.Error("failed"), CelValue.Null, CelValue.Of(true), CelValue.Of(long.MinValue), CelValue.OfUint(ulong.MaxValue), CelValue.Of(double.NaN), CelValue.Of("a"),
            CelValue.OfBytes([0xff]), CelValue.Of(DateTimeOffset.MaxValue), CelValue.Of(TimeSpan.MaxValue), CelValue.OfList([CelValue.Null, CelValue.Of(1)]), CelValue.Of(["a"]), CelValue.OfMap([]), CelValue.OfType("int"));
        Gen.Select(Source(4), values.Array[Rule.Declarations.Count]).Sample((source, leaves) =>
        {
            CelExpression.TryCompile(source, Rule.Declarations, new NumberedSignals(), CelType.Dyn, isChecked: false, out var expression, out _);
            if (expression is null) return;
            var inputs = new FixedInputs(leaves, CelValue.Unknown, CelValue.Unknown, CelValue.Unknown);
            var value = expression.Evaluate(inputs);
            var reason = expression.Decide(inputs);
            Assert.Equal(value.Kind, reason.Value.Kind);
            Assert.Equal(reason.Part, source.Substring(reason.Offset, reason.Part.Length));
            Assert.InRange(value.ToString().Length, 0, 2048);
            Assert.True(value.Kind != CelKind.Error || !value.AsString.StartsWith("an input failed", StringComparison.Ordinal), value.AsString);
        }, iter: 5000);
    }

    /// <summary>An order that is worked out in wider numbers than the language has.</summary>
    [Fact]
    public void Compare_IntAndUint_IsTheOrderOfTheNumbers() =>
        Gen.Select(Gen.Long, Gen.ULong).Sample((left, right) =>
        {
            var due = ((Int128)left).CompareTo((Int128)right);
            Assert.Equal(due < 0, Evaluate(CelValue.Of(left), "<", CelValue.OfUint(right)));
            Assert.Equal(due >= 0, Evaluate(CelValue.Of(left), ">=", CelValue.OfUint(right)));
            Assert.Equal(due == 0, Evaluate(CelValue.OfUint(right), "==", CelValue.Of(left)));
        }, iter: 2000);

    private static bool Evaluate(CelValue left, string sign, CelValue right)
    {
        var builder = new CelDeclarations.Builder();
        builder.Variable("a", CelType.Dyn);
        builder.Variable("b", CelType.Dyn);
        Assert.True(CelExpression.TryCompile($"a {sign} b", builder.Build(), new NumberedSignals(), CelType.Bool, out var expression, out _));
        return expression.Evaluate(new FixedInputs([left, right])).IsTrue;
    }

    private static void Check(string source)
    {
        if (CelExpression.TryCompile(source, Rule.Declarations, new NumberedSignals(), CelType.Dyn, out var expression, out var errors))
        {
            Assert.Empty(errors);
            expression.Evaluate(new FixedInputs(Rule.Usual, CelValue.Of(true), CelValue.Of(true)));
            return;
        }

        Assert.NotEmpty(errors);
        Assert.All(errors, error => Assert.InRange(error.Offset + error.Length, error.Offset, source.Length));
    }

    private static CelSyntax Parsed(string source)
    {
        var errors = new List<CelError>();
        return CelParser.Read(source, errors) ?? throw new InvalidOperationException($"{source}: {errors[0]}");
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>Sources that parse, of any types, nested so deep.</summary>
    private static Gen<string> Source(int depth)
    {
        if (depth == 0) return Leaf;
        var inner = Source(depth - 1);
        return Gen.OneOf(
            Leaf,
            Gen.Select(inner, OneOf("==", "!=", "<", ">=", "in", "+", "-", "*", "/", "%", "&&", "||"), inner, (left, sign, right) => $"{left} {sign} {right}"),
            Gen.Select(inner, OneOf("!", "-", "- "), (operand, sign) => $"{sign}({operand})"),
            inner.Select(operand => $"({operand})"),
            Gen.Select(inner, inner, inner, (test, yes, no) => $"({test}) ? ({yes}) : {no}"),
            Gen.Select(inner, inner, (one, other) => $"[{one}, {other}]"),
            Gen.Select(inner, inner, (key, value) => $"{{{key}: {value}}}"),
            Gen.Select(inner, inner, (operand, key) => $"({operand})[{key}]"),
            Gen.Select(inner, OneOf("all", "exists", "exists_one", "map", "filter"), inner, (range, macro, body) => $"({range}).{macro}(x, {body})"),
            Gen.Select(inner, OneOf("size", "type", "dyn", "int", "uint", "double", "string", "bytes", "bool", "timestamp", "duration"), (argument, function) => $"{function}({argument})"),
            Gen.Select(inner, OneOf("startsWith", "contains", "matches", "getHours"), inner, (receiver, method, argument) => $"({receiver}).{method}({argument})"));
    }
}
