using Fairlead.Core.Expressions.Syntax;

namespace Fairlead.Core.Expressions.Nodes;

/// <summary>Two values by one of <c>== != &lt; &lt;= &gt; &gt;=</c>.</summary>
internal sealed class CompareNode(CelOperator sign, CelNode left, CelNode right) : CelTestNode
{
    private readonly CelNode[] _children = [left, right];

    public override ReadOnlySpan<CelNode> Children => _children;

    public override CelTruth Test(ref CelFrame frame)
    {
        var one = left.Evaluate(ref frame);
        var other = right.Evaluate(ref frame);
        return Compare(ref frame, sign, one, other);
    }

    public static CelTruth Compare(ref CelFrame frame, CelOperator sign, in CelValue left, in CelValue right)
    {
        if (left.Kind <= CelKind.Error || right.Kind <= CelKind.Error) return Failed(ref frame, left, right);
        if (sign is CelOperator.Equal or CelOperator.NotEqual)
        {
            var areEqual = CelOrder.AreEqual(left, right, ref frame.Steps);
            if (frame.Steps < 0) return frame.Fail(CelFrame.OutOfSteps);
            return areEqual == (sign == CelOperator.Equal) ? CelTruth.True : CelTruth.False;
        }

        var order = CelOrder.Compare(left, right);
        return order == CelOrder.NoOverload
            ? frame.Fail($"'{CelOperators.Text(sign)}' does not compare {CelType.NameOf(left)} with {CelType.NameOf(right)}")
            : Holds(sign, order) ? CelTruth.True : CelTruth.False;
    }

    /// <summary>Of operands that are no values: an error wins over an unknown, the left error over the right.</summary>
    public static CelTruth Failed(ref CelFrame frame, in CelValue left, in CelValue right)
    {
        if (left.Kind == CelKind.Error) return frame.Fail(left.AsString);
        return right.Kind == CelKind.Error ? frame.Fail(right.AsString) : CelTruth.Unknown;
    }

    /// <summary>Whether an order is one that the sign asks for. NaN has none.</summary>
    public static bool Holds(CelOperator sign, int order) => sign switch
    {
        CelOperator.Less => order < 0,
        CelOperator.AtMost => order <= 0,
        CelOperator.Greater => order is > 0 and < CelOrder.Unordered,
        CelOperator.AtLeast => order is >= 0 and < CelOrder.Unordered,
        CelOperator.Equal => order == 0,
        _ => order != 0,
    };
}

/// <summary>A leaf that is, or is not, a text that stands in the rule.</summary>
internal sealed class LeafIsTextNode(int leaf, string text, bool isEqual) : CelTestNode
{
    public override int Leaf => leaf;

    public override IReadOnlyList<string> Texts => [text];

    public override CelTruth Test(ref CelFrame frame)
    {
        var value = frame.Inputs.Read(leaf);
        if (value.Kind == CelKind.String) return string.Equals((string)value.Reference!, text) == isEqual ? CelTruth.True : CelTruth.False;
        return value.Kind switch
        {
            CelKind.Unknown => CelTruth.Unknown,
            CelKind.Error => frame.Fail(value.AsString),
            _ => isEqual ? CelTruth.False : CelTruth.True,
        };
    }
}

/// <summary>A leaf compared with a number that stands in the rule.</summary>
internal sealed class LeafCompareNumberNode(CelOperator sign, int leaf, CelValue number) : CelTestNode
{
    private readonly CelValue _number = number;
    private readonly double _asDouble = CelOrder.AsNumber(number);

    public override int Leaf => leaf;

    public override CelTruth Test(ref CelFrame frame)
    {
        var value = frame.Inputs.Read(leaf);
        bool holds;
        if (value.Kind == CelKind.Int && _number.Kind == CelKind.Int)
        {
            long left = value.Bits, right = _number.Bits;
            holds = sign switch
            {
                CelOperator.Less => left < right,
                CelOperator.AtMost => left <= right,
                CelOperator.Greater => left > right,
                CelOperator.AtLeast => left >= right,
                CelOperator.Equal => left == right,
                _ => left != right,
            };
        }
        else if (value.Kind == CelKind.Double)
        {
            var left = value.Number;
            holds = sign switch
            {
                CelOperator.Less => left < _asDouble,
                CelOperator.AtMost => left <= _asDouble,
                CelOperator.Greater => left > _asDouble,
                CelOperator.AtLeast => left >= _asDouble,
                CelOperator.Equal => left == _asDouble,
                _ => left != _asDouble,
            };
        }
        else
        {
            return CompareNode.Compare(ref frame, sign, value, _number);
        }

        return holds ? CelTruth.True : CelTruth.False;
    }
}
