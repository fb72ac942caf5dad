using System.Collections.Immutable;

namespace Fairlead.Core.Expressions.Syntax;

/// <summary>A part of an expression as it is written. Parentheses are not parts: they only widen what stands around them.</summary>
internal abstract class CelSyntax
{
    private CelSyntax() { }

    /// <summary>Where it starts, in UTF-16 units of the source.</summary>
    public required int Offset { get; init; }

    /// <summary>Where it ends, exclusive.</summary>
    public required int End { get; init; }

    /// <summary>Parts on the longest way down, itself included.</summary>
    public int Height { get; private init; } = 1;

    private static int HeightOf(params ReadOnlySpan<CelSyntax> parts)
    {
        var height = 0;
        foreach (var part in parts) height = Math.Max(height, part.Height);
        return height + 1;
    }

    public sealed class Literal(CelValue value) : CelSyntax
    {
        public CelValue Value { get; } = value;
    }

    /// <summary>A name; with a leading dot it is never a macro's variable.</summary>
    public sealed class Name(string text, bool isAbsolute) : CelSyntax
    {
        public string Text { get; } = text;

        public bool IsAbsolute { get; } = isAbsolute;
    }

    public sealed class Select : CelSyntax
    {
        public Select(CelSyntax operand, string member, int memberOffset)
        {
            (Operand, Member, MemberOffset) = (operand, member, memberOffset);
            Height = HeightOf(operand);
        }

        public CelSyntax Operand { get; }

        public string Member { get; }

        public int MemberOffset { get; }
    }

    public sealed class Index : CelSyntax
    {
        public Index(CelSyntax operand, CelSyntax key)
        {
            (Operand, Key) = (operand, key);
            Height = HeightOf(operand, key);
        }

        public CelSyntax Operand { get; }

        public CelSyntax Key { get; }
    }

    /// <summary>A function or, with a target, a method.</summary>
    public sealed class Call : CelSyntax
    {
        public Call(CelSyntax? target, string function, int nameOffset, ImmutableArray<CelSyntax> arguments)
        {
            (Target, Function, NameOffset, Arguments) = (target, function, nameOffset, arguments);
            Height = Math.Max(HeightOf(arguments.AsSpan()), target is null ? 0 : HeightOf(target));
        }

        public CelSyntax? Target { get; }

        public string Function { get; }

        public int NameOffset { get; }

        public ImmutableArray<CelSyntax> Arguments { get; }
    }

    public sealed class List : CelSyntax
    {
        public List(ImmutableArray<CelSyntax> members)
        {
            Members = members;
            Height = HeightOf(members.AsSpan());
        }

        public ImmutableArray<CelSyntax> Members { get; }
    }

    /// <summary>A map: keys and values in turn.</summary>
    public sealed class Map : CelSyntax
    {
        public Map(ImmutableArray<CelSyntax> entries)
        {
            Entries = entries;
            Height = HeightOf(entries.AsSpan());
        }

        public ImmutableArray<CelSyntax> Entries { get; }
    }

    public sealed class Unary : CelSyntax
    {
        public Unary(CelOperator sign, CelSyntax operand)
        {
            (Sign, Operand) = (sign, operand);
            Height = HeightOf(operand);
        }

        public CelOperator Sign { get; }

        public CelSyntax Operand { get; }
    }

    public sealed class Binary : CelSyntax
    {
        public Binary(CelOperator sign, CelSyntax left, CelSyntax right)
        {
            (Sign, Left, Right) = (sign, left, right);
            Height = HeightOf(left, right);
        }

        public CelOperator Sign { get; }

        public CelSyntax Left { get; }

        public CelSyntax Right { get; }
    }

    /// <summary>Two or more operands joined by one of <c>&amp;&amp;</c> and <c>||</c>; an operand is not of the same sign.</summary>
    public sealed class Logic : CelSyntax
    {
        public Logic(CelOperator sign, ImmutableArray<CelSyntax> operands)
        {
            (Sign, Operands) = (sign, operands);
            Height = HeightOf(operands.AsSpan());
        }

        public CelOperator Sign { get; }

        public ImmutableArray<CelSyntax> Operands { get; }
    }

    public sealed class Conditional : CelSyntax
    {
        public Conditional(CelSyntax test, CelSyntax yes, CelSyntax no)
        {
            (Test, Yes, No) = (test, yes, no);
            Height = HeightOf(test, yes, no);
        }

        public CelSyntax Test { get; }

        public CelSyntax Yes { get; }

        public CelSyntax No { get; }
    }
}
