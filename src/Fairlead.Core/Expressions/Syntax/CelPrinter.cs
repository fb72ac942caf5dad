using System.Collections.Immutable;
using System.Text;

namespace Fairlead.Core.Expressions.Syntax;

/// <summary>
/// Writes syntax in one way only, every operator in parentheses: two expressions are structurally the same exactly when they print
/// the same, and what is printed reads back as the same.
/// </summary>
internal static class CelPrinter
{
    public static string Print(CelSyntax syntax)
    {
        var text = new StringBuilder();
        Write(text, syntax);
        return text.ToString();
    }

    private static void Write(StringBuilder text, CelSyntax syntax)
    {
        switch (syntax)
        {
            case CelSyntax.Literal literal:
                var isNegative = (literal.Value.Kind == CelKind.Int && literal.Value.AsInt < 0) || (literal.Value.Kind == CelKind.Double && double.IsNegative(literal.Value.AsDouble));
                if (isNegative) text.Append('(');
                CelText.WriteWhole(text, literal.Value);
                if (isNegative) text.Append(')');
                break;
            case CelSyntax.Name name:
                if (name.IsAbsolute) text.Append('.');
                text.Append(name.Text);
                break;
            case CelSyntax.Select select:
                Write(text, select.Operand);
                text.Append('.');
                WriteMember(text, select.Member);
                break;
            case CelSyntax.Index index:
                Write(text, index.Operand);
                text.Append('[');
                Write(text, index.Key);
                text.Append(']');
                break;
            case CelSyntax.Call call:
                if (call.Target is not null)
                {
                    Write(text, call.Target);
                    text.Append('.');
                }

                text.Append(call.Function).Append('(');
                WriteAll(text, call.Arguments, ", ");
                text.Append(')');
                break;
            case CelSyntax.List list:
                text.Append('[');
                WriteAll(text, list.Members, ", ");
                text.Append(']');
                break;
            case CelSyntax.Map map:
                text.Append('{');
                for (var i = 0; i < map.Entries.Length; i++)
                {
                    if (i > 0) text.Append(i % 2 == 0 ? ", " : ": ");
                    Write(text, map.Entries[i]);
                }

                text.Append('}');
                break;
            case CelSyntax.Unary unary:
                text.Append('(').Append(CelOperators.Text(unary.Sign));
                var operand = text.Length;
                Write(text, unary.Operand);
                if (char.IsAsciiDigit(text[operand])) text.Insert(operand, '(').Append(')'); // -(5) is not -5
                text.Append(')');
                break;
            case CelSyntax.Binary binary:
                text.Append('(');
                Write(text, binary.Left);
                text.Append(' ').Append(CelOperators.Text(binary.Sign)).Append(' ');
                Write(text, binary.Right);
                text.Append(')');
                break;
            case CelSyntax.Logic logic:
                text.Append('(');
                WriteAll(text, logic.Operands, $" {CelOperators.Text(logic.Sign)} ");
                text.Append(')');
                break;
            case CelSyntax.Conditional conditional:
                text.Append('(');
                Write(text, conditional.Test);
                text.Append(" ? ");
                Write(text, conditional.Yes);
                text.Append(" : ");
                Write(text, conditional.No);
                text.Append(')');
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static void WriteMember(StringBuilder text, string member)
    {
        var isPlain = (char.IsAsciiLetter(member[0]) || member[0] == '_') && member.All(one => char.IsAsciiLetterOrDigit(one) || one == '_') && member is not ("in" or "true" or "false" or "null");
        if (isPlain) text.Append(member);
        else text.Append('`').Append(member).Append('`');
    }

    private static void WriteAll(StringBuilder text, ImmutableArray<CelSyntax> parts, string between)
    {
        for (var i = 0; i < parts.Length; i++)
        {
            if (i > 0) text.Append(between);
            Write(text, parts[i]);
        }
    }
}
