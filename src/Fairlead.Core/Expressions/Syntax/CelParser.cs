using System.Collections.Immutable;

namespace Fairlead.Core.Expressions.Syntax;

/// <summary>Reads tokens into syntax: operators by how strongly they bind. The first thing that does not fit ends the reading.</summary>
internal sealed class CelParser
{
    /// <summary>UTF-16 units of a source.</summary>
    public const int MostSource = 16 * 1024;

    /// <summary>Brackets, arguments, signs and branches within each other.</summary>
    public const int MostNesting = 64;

    /// <summary>Parts of an expression.</summary>
    public const int MostNodes = 4096;

    /// <summary>Parts on a way down that are not nested as they are written, as in <c>a + b + c</c> and <c>a.b.c</c>.</summary>
    private const int MostHeight = 256;

    /// <summary>What 9223372036854775808 is read as: an int only behind a minus.</summary>
    public static readonly CelValue SmallestWithoutSign = CelValue.Error("9223372036854775808");

    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
    };

    private readonly List<CelToken> _tokens;
    private readonly List<CelError> _errors;
    private int _at;
    private int _nesting;
    private int _nodes;

    private CelParser(List<CelToken> tokens, List<CelError> errors)
    {
        _tokens = tokens;
        _errors = errors;
    }

    /// <summary>The syntax of a source; null when it has none, and then there are errors.</summary>
    public static CelSyntax? Read(string source, List<CelError> errors)
    {
        if (source.Length > MostSource)
        {
            errors.Add(new CelError(MostSource, source.Length - MostSource, $"an expression has at most {MostSource} characters, not {source.Length}", null));
            return null;
        }

        var parser = new CelParser(CelLexer.Read(source, errors), errors);
        try
        {
            var syntax = parser.Expression();
            if (parser.Here.Kind != CelTokenKind.End) throw parser.Unexpected("an operator or the end");
            return errors.Count == 0 ? syntax : null;
        }
        catch (Stop)
        {
            return null;
        }
    }

    private CelToken Here => _tokens[_at];

    /// <summary>Where the last token that was taken ended.</summary>
    private int Ended => _at == 0 ? 0 : _tokens[_at - 1].End;

    private CelToken Take() => Here.Kind == CelTokenKind.End ? Here : _tokens[_at++];

    private bool TryTake(string sign)
    {
        if (!Here.Is(sign)) return false;
        _at++;
        return true;
    }

    private void Expect(string sign, string where)
    {
        if (!TryTake(sign)) throw Unexpected($"'{sign}' {where}");
    }

    /// <summary>Leaves the reading. Only within this class: what was wrong is in the list.</summary>
    private sealed class Stop : Exception;

    private Stop Unexpected(string due)
    {
        var token = Here;
        if (token.Kind == CelTokenKind.Bad) return new Stop(); // reported by the lexer
        var found = token.Kind == CelTokenKind.End ? "the expression ends" : $"{Configuration.Words.Quote(token.Text.Length > 0 ? token.Text : "a text")} stands";
        var meant = token.Kind != CelTokenKind.Name ? null : token.Text.ToUpperInvariant() switch
        {
            "AND" => "&&",
            "OR" => "||",
            "NOT" => "!",
            _ => null,
        };
        return Report(token.Offset, token.Length, $"{found} where {due} is due", meant);
    }

    private Stop Report(int offset, int length, string message, string? suggestion = null)
    {
        _errors.Add(new CelError(offset, length, message, suggestion));
        return new Stop();
    }

    private T Made<T>(T syntax)
        where T : CelSyntax
    {
        if (++_nodes > MostNodes) throw Report(syntax.Offset, syntax.End - syntax.Offset, $"an expression has at most {MostNodes} parts");
        if (syntax.Height > MostHeight) throw Report(syntax.Offset, syntax.End - syntax.Offset, $"at most {MostHeight} operators may build on each other");
        return syntax;
    }

    private void Enter()
    {
        if (++_nesting > MostNesting) throw Report(Here.Offset, Here.Length, $"an expression is nested at most {MostNesting} deep");
    }

    private CelSyntax Expression()
    {
        Enter();
        var start = Here.Offset;
        var test = Operators(1);
        if (TryTake("?"))
        {
            var yes = Operators(1);
            Expect(":", "of '?'");
            var no = Expression();
            test = Made(new CelSyntax.Conditional(test, yes, no) { Offset = start, End = Ended });
        }

        _nesting--;
        return test;
    }

    private CelSyntax Operators(int weakest)
    {
        var start = Here.Offset;
        var left = Sign();
        while (Here.Kind == CelTokenKind.Sign && CelOperators.Between(Here.Text) is var (sign, strength) && strength >= weakest)
        {
            _at++;
            var right = Operators(strength + 1);
            if (sign is not (CelOperator.And or CelOperator.Or)) left = Made(new CelSyntax.Binary(sign, left, right) { Offset = start, End = Ended });
            else left = Logic(sign, left, right, start);
        }

        return left;
    }

    /// <summary>A chain is one part with many operands, so that its length is no depth.</summary>
    private CelSyntax.Logic Logic(CelOperator sign, CelSyntax first, CelSyntax second, int start)
    {
        var operands = ImmutableArray.CreateBuilder<CelSyntax>();
        Append(operands, sign, first);
        Append(operands, sign, second);
        while (Here.Kind == CelTokenKind.Sign && Here.Text == CelOperators.Text(sign))
        {
            _at++;
            Append(operands, sign, Operators(sign == CelOperator.Or ? 2 : 3));
        }

        return Made(new CelSyntax.Logic(sign, operands.ToImmutable()) { Offset = start, End = Ended });
    }

    private static void Append(ImmutableArray<CelSyntax>.Builder operands, CelOperator sign, CelSyntax operand)
    {
        if (operand is CelSyntax.Logic logic && logic.Sign == sign) operands.AddRange(logic.Operands);
        else operands.Add(operand);
    }

    private CelSyntax Sign()
    {
        var start = Here.Offset;
        var isNot = Here.Is("!");
        if (!isNot && !Here.Is("-")) return Members(Primary(), start);
        _at++;
        if (!isNot && Here.IsNumber) return Members(Negative(start), start);
        if (!isNot && Here.Kind == CelTokenKind.Literal && Here.Value.Kind == CelKind.Error) return Members(Negative(start), start);
        Enter();
        var operand = Sign();
        _nesting--;
        return Made(new CelSyntax.Unary(isNot ? CelOperator.Not : CelOperator.Negate, operand) { Offset = start, End = Ended });
    }

    private CelSyntax Negative(int start)
    {
        var token = Take();
        if (token.Value.Kind == CelKind.Uint)
        {
            var literal = Made(new CelSyntax.Literal(token.Value) { Offset = token.Offset, End = token.End });
            return Made(new CelSyntax.Unary(CelOperator.Negate, literal) { Offset = start, End = token.End });
        }

        var value = token.Value.Kind switch
        {
            CelKind.Int => CelValue.Of(-token.Value.AsInt),
            CelKind.Double => CelValue.Of(-token.Value.AsDouble),
            _ => CelValue.Of(long.MinValue),
        };
        return Made(new CelSyntax.Literal(value) { Offset = start, End = token.End });
    }

    private CelSyntax Members(CelSyntax operand, int start)
    {
        while (true)
        {
            if (TryTake("."))
            {
                var name = Here;
                if (name.Kind is not (CelTokenKind.Name or CelTokenKind.QuotedName)) throw Unexpected("the name of a member");
                _at++;
                if (name.Kind == CelTokenKind.Name && TryTake("("))
                {
                    var arguments = Listed(")", "of the arguments");
                    operand = Made(new CelSyntax.Call(operand, name.Text, name.Offset, arguments) { Offset = start, End = Ended });
                }
                else
                {
                    operand = Made(new CelSyntax.Select(operand, name.Text, name.Offset) { Offset = start, End = Ended });
                }
            }
            else if (TryTake("["))
            {
                var key = Expression();
                Expect("]", "of the index");
                operand = Made(new CelSyntax.Index(operand, key) { Offset = start, End = Ended });
            }
            else if (operand is CelSyntax.Name or CelSyntax.Select && Here.Is("{"))
            {
                throw Report(Here.Offset, 1, "messages are not part of the language here");
            }
            else
            {
                return operand;
            }
        }
    }

    private CelSyntax Primary()
    {
        var token = Here;
        if (token.Kind == CelTokenKind.Literal)
        {
            if (token.Value.Kind == CelKind.Error) throw Report(token.Offset, token.Length, $"'{token.Value.AsString}' does not fit an int");
            _at++;
            return Made(new CelSyntax.Literal(token.Value) { Offset = token.Offset, End = token.End });
        }

        if (TryTake("("))
        {
            var inner = Expression();
            Expect(")", "of the '('");
            return inner;
        }

        if (TryTake("["))
        {
            var members = Listed("]", "of the list");
            return Made(new CelSyntax.List(members) { Offset = token.Offset, End = Ended });
        }

        if (TryTake("{")) return Map(token.Offset);
        var isAbsolute = TryTake(".");
        var name = Here;
        if (name.Kind != CelTokenKind.Name) throw Unexpected(isAbsolute ? "a name" : "a value");
        if (Reserved.Contains(name.Text)) throw Report(name.Offset, name.Length, $"'{name.Text}' is a reserved word");
        _at++;
        if (!TryTake("(")) return Made(new CelSyntax.Name(name.Text, isAbsolute) { Offset = token.Offset, End = name.End });
        var arguments = Listed(")", "of the arguments");
        return Made(new CelSyntax.Call(null, name.Text, name.Offset, arguments) { Offset = token.Offset, End = Ended });
    }

    private ImmutableArray<CelSyntax> Listed(string end, string where)
    {
        var members = ImmutableArray.CreateBuilder<CelSyntax>();
        if (TryTake(end)) return [];
        do
        {
            if (members.Count > 0 && end == "]" && Here.Is(end)) break; // a comma may end a list
            members.Add(Expression());
        }
        while (TryTake(","));
        Expect(end, where);
        return members.ToImmutable();
    }

    private CelSyntax.Map Map(int start)
    {
        var entries = ImmutableArray.CreateBuilder<CelSyntax>();
        while (!TryTake("}"))
        {
            entries.Add(Expression());
            Expect(":", "behind the key");
            entries.Add(Expression());
            if (TryTake(",")) continue;
            Expect("}", "of the map");
            break;
        }

        return Made(new CelSyntax.Map(entries.ToImmutable()) { Offset = start, End = Ended });
    }
}
