using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Expressions.Nodes;
using Fairlead.Core.Expressions.Syntax;

namespace Fairlead.Core.Expressions;

/// <summary>
/// Checks syntax and makes nodes of it, in one walk: every part gets its type, and the first operation that fits it. After an error
/// the walk goes on with the type dyn, so that one mistake is one error and all mistakes are seen.
/// </summary>
internal sealed partial class CelCompiler
{
    /// <summary>One mistake can be seen at every operator behind it.</summary>
    private const int MostErrors = 64;

    private readonly string _source;
    private readonly CelDeclarations _declarations;
    private readonly ICelSignals _signals;
    private readonly List<CelError> _errors;
    private readonly bool _isChecked;

    /// <summary>Variables of the macros around the current part, the innermost last.</summary>
    private readonly List<(string Name, CelType Type)> _locals = [];

    public CelCompiler(string source, CelDeclarations declarations, ICelSignals signals, List<CelError> errors, bool isChecked)
    {
        _source = source;
        _declarations = declarations;
        _signals = signals;
        _errors = errors;
        _isChecked = isChecked;
    }

    /// <summary>Places that the variables of macros need.</summary>
    public int Slots { get; private set; }

    public CelNode Compile(CelSyntax syntax, CelType expected)
    {
        var node = Compile(syntax);
        if (!node.Type.Fits(expected)) Report(syntax, $"this is {node.Type}, where {expected} is due");
        return node;
    }

    private CelNode Compile(CelSyntax syntax) => syntax switch
    {
        CelSyntax.Literal literal => new ConstantNode(literal.Value).At(syntax.Offset, syntax.End, TypeOf(literal.Value)),
        CelSyntax.Name name => Name(name),
        CelSyntax.Select select => Select(select),
        CelSyntax.Index index => Index(index),
        CelSyntax.Call call => Call(call),
        CelSyntax.List list => List(list),
        CelSyntax.Map map => Map(map),
        CelSyntax.Unary unary => Unary(unary),
        CelSyntax.Binary binary => Binary(binary),
        CelSyntax.Logic logic => Logic(logic),
        CelSyntax.Conditional conditional => Conditional(conditional),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private void Report(CelSyntax at, string message, string? suggestion = null) => Report(at.Offset, at.End - at.Offset, message, suggestion);

    private void Report(int offset, int length, string message, string? suggestion = null)
    {
        if (_isChecked && _errors.Count < MostErrors) _errors.Add(new CelError(offset, length, message, suggestion));
    }

    /// <summary>A part that is wrong: reported, and of any type from here on.</summary>
    private CelNode Wrong(CelSyntax syntax, int offset, int length, string message, string? suggestion = null)
    {
        Report(offset, length, message, suggestion);
        return new FailNode(message).At(syntax.Offset, syntax.End, CelType.Dyn);
    }

    /// <summary>An operation on constants is worked out now. One that fails is left to the evaluation: <c>false &amp;&amp; 1 / 0 > 0</c> is false.</summary>
    private static CelNode Fold(CelNode node)
    {
        if (node.Leaf >= 0) return node;
        foreach (var child in node.Children)
        {
            if (child is not ConstantNode) return node;
        }

        var frame = new CelFrame(null!, 0);
        var value = node.Evaluate(ref frame);
        return value.Kind <= CelKind.Error ? node : new ConstantNode(value).At(node.Offset, node.Offset + node.Length, node.Type);
    }

    private static CelType TypeOf(in CelValue value) => value.Kind switch
    {
        CelKind.Null => CelType.Null,
        CelKind.Bool => CelType.Bool,
        CelKind.Int => CelType.Int,
        CelKind.Uint => CelType.Uint,
        CelKind.Double => CelType.Double,
        CelKind.String => CelType.String,
        CelKind.Bytes => CelType.Bytes,
        _ => CelType.Dyn,
    };

    private CelNode Index(CelSyntax.Index index)
    {
        var operand = Compile(index.Operand);
        var key = Compile(index.Key);
        var type = CelType.Dyn;
        switch (operand.Type.Kind)
        {
            case CelKind.List:
                if (!key.Type.Fits(CelType.Int)) Report(index.Key, $"the index of a list is an int, not {key.Type}");
                type = operand.Type.Element!;
                break;
            case CelKind.Map:
                if (!key.Type.CanEqual(operand.Type.Key!)) Report(index.Key, $"the key of this map is {operand.Type.Key}, not {key.Type}");
                type = operand.Type.Element!;
                break;
            case CelKind.Unknown:
                break;
            default:
                Report(index, $"{operand.Type} has no index");
                break;
        }

        return Fold(new IndexNode(operand, key).At(index.Offset, index.End, type));
    }

    private CelNode List(CelSyntax.List list)
    {
        var members = Compile(list.Members);
        return Fold(new ListNode(members).At(list.Offset, list.End, CelType.List(Joined(members, 0, 1))));
    }

    private CelNode Map(CelSyntax.Map map)
    {
        var entries = Compile(map.Entries);
        for (var i = 0; i < entries.Length; i += 2)
        {
            if (entries[i].Type.Kind is not (CelKind.Unknown or CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.String)) Report(map.Entries[i], $"the key of a map is bool, int, uint or string, not {entries[i].Type}");
        }

        return Fold(new MapNode(entries).At(map.Offset, map.End, CelType.Map(Joined(entries, 0, 2), Joined(entries, 1, 2))));
    }

    private CelNode[] Compile(ImmutableArray<CelSyntax> parts)
    {
        var nodes = new CelNode[parts.Length];
        for (var i = 0; i < nodes.Length; i++) nodes[i] = Compile(parts[i]);
        return nodes;
    }

    /// <summary>The type that holds every so-manyth node; of none, dyn.</summary>
    private static CelType Joined(CelNode[] nodes, int first, int step)
    {
        CelType? type = null;
        for (var i = first; i < nodes.Length; i += step) type = type is null ? nodes[i].Type : CelType.Join(type, nodes[i].Type);
        return type ?? CelType.Dyn;
    }

    private CelNode Unary(CelSyntax.Unary unary)
    {
        var operand = Compile(unary.Operand);
        if (unary.Sign == CelOperator.Not)
        {
            if (!operand.Type.Fits(CelType.Bool)) Report(unary.Operand, $"'!' takes a bool, not {operand.Type}");
            return Fold(new NotNode(operand).At(unary.Offset, unary.End, CelType.Bool));
        }

        if (operand.Type.Kind is not (CelKind.Unknown or CelKind.Int or CelKind.Double)) Report(unary.Operand, $"'-' takes an int or a double, not {operand.Type}");
        return Fold(new NegateNode(operand).At(unary.Offset, unary.End, operand.Type));
    }

    private CelNode Logic(CelSyntax.Logic logic)
    {
        var operands = Compile(logic.Operands);
        for (var i = 0; i < operands.Length; i++)
        {
            if (!operands[i].Type.Fits(CelType.Bool)) Report(logic.Operands[i], $"'{CelOperators.Text(logic.Sign)}' takes bools, not {operands[i].Type}");
        }

        return (logic.Sign == CelOperator.And ? (CelNode)new AndNode(operands) : new OrNode(operands)).At(logic.Offset, logic.End, CelType.Bool);
    }

    private CelNode Conditional(CelSyntax.Conditional conditional)
    {
        var test = Compile(conditional.Test);
        var yes = Compile(conditional.Yes);
        var no = Compile(conditional.No);
        if (!test.Type.Fits(CelType.Bool)) Report(conditional.Test, $"'?' takes a bool, not {test.Type}");
        if (!yes.Type.Fits(no.Type)) Report(conditional.No, $"this is {no.Type}, while the part before ':' is {yes.Type}");
        return Fold(new ConditionalNode(test, yes, no).At(conditional.Offset, conditional.End, CelType.Join(yes.Type, no.Type)));
    }

    private CelNode Binary(CelSyntax.Binary binary)
    {
        var left = Compile(binary.Left);
        var right = Compile(binary.Right);
        switch (binary.Sign)
        {
            case CelOperator.In:
                CheckIn(binary, left.Type, right.Type);
                return Fold(In(left, right).At(binary.Offset, binary.End, CelType.Bool));
            case CelOperator.Equal or CelOperator.NotEqual:
                if (!left.Type.CanEqual(right.Type)) Report(binary, $"'{CelOperators.Text(binary.Sign)}' does not compare {left.Type} with {right.Type}");
                break;
            case CelOperator.Less or CelOperator.AtMost or CelOperator.Greater or CelOperator.AtLeast:
                if (!HaveOrder(left.Type, right.Type)) Report(binary, $"'{CelOperators.Text(binary.Sign)}' does not compare {left.Type} with {right.Type}");
                break;
            default:
                var type = ArithmeticNode.TypeOf(binary.Sign, left.Type, right.Type);
                if (type is null) Report(binary, $"'{CelOperators.Text(binary.Sign)}' does not take {left.Type} and {right.Type}");
                return Fold(new ArithmeticNode(binary.Sign, left, right).At(binary.Offset, binary.End, type ?? CelType.Dyn));
        }

        return Fold(Comparison(binary.Sign, left, right).At(binary.Offset, binary.End, CelType.Bool));
    }

    private static bool HaveOrder(CelType left, CelType right)
    {
        if (left.IsNumber && right.IsNumber) return true;
        var known = left.IsDyn ? right : left;
        if (!left.IsDyn && !right.IsDyn && left.Kind != right.Kind) return false;
        return known.IsDyn || known.IsNumber || known.Kind is CelKind.Bool or CelKind.String or CelKind.Bytes or CelKind.Timestamp or CelKind.Duration;
    }

    /// <summary>Most rules compare a leaf with a literal: those have nodes of their own.</summary>
    private static CelNode Comparison(CelOperator sign, CelNode left, CelNode right)
    {
        if (left is ConstantNode && right is not ConstantNode) return Comparison(Mirrored(sign), right, left);
        if (right is ConstantNode constant)
        {
            var isEquality = sign is CelOperator.Equal or CelOperator.NotEqual;
            if (left is LeafNode && constant.Value.Kind == CelKind.String && isEquality) return new LeafIsTextNode(left.Leaf, constant.Value.AsString, sign == CelOperator.Equal);
            if (left is LeafNode && constant.Value.IsNumber) return new LeafCompareNumberNode(sign, left.Leaf, constant.Value);
            if (left.Type.Kind == CelKind.Bool && constant.Value.Kind == CelKind.Bool && isEquality && constant.Value.IsTrue != (sign == CelOperator.Equal)) return new NotNode(left);
        }

        return new CompareNode(sign, left, right);
    }

    private static CelOperator Mirrored(CelOperator sign) => sign switch
    {
        CelOperator.Less => CelOperator.Greater,
        CelOperator.AtMost => CelOperator.AtLeast,
        CelOperator.Greater => CelOperator.Less,
        CelOperator.AtLeast => CelOperator.AtMost,
        _ => sign,
    };

    private void CheckIn(CelSyntax.Binary binary, CelType member, CelType set)
    {
        var due = set.Kind switch
        {
            CelKind.List => set.Element!,
            CelKind.Map => set.Key!,
            _ => null,
        };
        if (due is null && !set.IsDyn) Report(binary.Right, $"'in' looks into a list or a map, not into {set}", set.Kind == CelKind.String ? "contains" : null);
        else if (due is not null && !member.CanEqual(due)) Report(binary.Left, $"this is {member}, while 'in' looks into {set}");
    }

    private static CelNode In(CelNode left, CelNode right)
    {
        if (left is ConstantNode { Value.Kind: CelKind.String } text && right is LeafNode) return new TextInLeafNode(text.Value.AsString, right.Leaf);
        if (right is not ConstantNode { Value: { Kind: CelKind.List, Count: > 0 } list } || left is ConstantNode) return new InNode(left, right);
        var members = Enumerable.Range(0, list.Count).Select(i => list[i]).ToList();
        if (members.TrueForAll(member => member.Kind == CelKind.String)) return new InTextsNode(left, [.. members.Select(member => member.AsString)]);
        var isHashable = members.TrueForAll(member => member.Kind is CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.Double or CelKind.String);
        return isHashable && members.Count > 8 ? new InSetNode(left, members.ToFrozenSet()) : new InNode(left, right);
    }
}
