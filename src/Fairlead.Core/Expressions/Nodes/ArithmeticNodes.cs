using Fairlead.Core.Expressions.Syntax;

namespace Fairlead.Core.Expressions.Nodes;

/// <summary>Two values by one of <c>+ - * / %</c>. An integer that does not fit is an error, never another number.</summary>
internal sealed class ArithmeticNode(CelOperator sign, CelNode left, CelNode right) : CelNode
{
    /// <summary>Characters, bytes or members that are copied for one step.</summary>
    private const int CopiedPerStep = 64;

    private const string Overflow = "the integer does not fit 64 bits";

    private readonly CelNode[] _children = [left, right];

    public override ReadOnlySpan<CelNode> Children => _children;

    public override CelValue Evaluate(ref CelFrame frame)
    {
        var one = left.Evaluate(ref frame);
        var other = right.Evaluate(ref frame);
        if (one.Kind <= CelKind.Error || other.Kind <= CelKind.Error) return frame.Value(CompareNode.Failed(ref frame, one, other));
        return (one.Kind, other.Kind) switch
        {
            (CelKind.Int, CelKind.Int) => Ints(one.Bits, other.Bits),
            (CelKind.Uint, CelKind.Uint) => Uints(one.AsUint, other.AsUint),
            (CelKind.Double, CelKind.Double) => Doubles(one.Number, other.Number) ?? NoOverload(one, other),
            (CelKind.String, CelKind.String) or (CelKind.Bytes, CelKind.Bytes) or (CelKind.List, CelKind.List) when sign == CelOperator.Add => Joined(ref frame, one, other),
            (CelKind.Timestamp, CelKind.Duration) when sign is CelOperator.Add or CelOperator.Subtract => CelTime.Shift(one, sign == CelOperator.Add ? other.Bits : -(Int128)other.Bits),
            (CelKind.Duration, CelKind.Timestamp) when sign == CelOperator.Add => CelTime.Shift(other, one.Bits),
            (CelKind.Duration, CelKind.Duration) when sign is CelOperator.Add or CelOperator.Subtract => CelTime.Duration((Int128)one.Bits + (sign == CelOperator.Add ? other.Bits : -(Int128)other.Bits)),
            (CelKind.Timestamp, CelKind.Timestamp) when sign == CelOperator.Subtract => CelTime.Between(one, other),
            _ => NoOverload(one, other),
        };
    }

    /// <summary>The type of the result; null when the operands do not fit the sign.</summary>
    public static CelType? TypeOf(CelOperator sign, CelType left, CelType right)
    {
        if (left.IsDyn || right.IsDyn)
        {
            var known = left.IsDyn ? right : left;
            return known.IsDyn || known.IsNumber || known.Kind is CelKind.Timestamp or CelKind.Duration || sign == CelOperator.Add ? CelType.Dyn : null;
        }

        return (left.Kind, right.Kind) switch
        {
            (CelKind.Int, CelKind.Int) or (CelKind.Uint, CelKind.Uint) => left,
            (CelKind.Double, CelKind.Double) when sign != CelOperator.Modulo => left,
            (CelKind.String, CelKind.String) or (CelKind.Bytes, CelKind.Bytes) when sign == CelOperator.Add => left,
            (CelKind.List, CelKind.List) when sign == CelOperator.Add => CelType.Join(left, right),
            (CelKind.Timestamp, CelKind.Duration) when sign is CelOperator.Add or CelOperator.Subtract => left,
            (CelKind.Duration, CelKind.Timestamp) when sign == CelOperator.Add => right,
            (CelKind.Duration, CelKind.Duration) when sign is CelOperator.Add or CelOperator.Subtract => left,
            (CelKind.Timestamp, CelKind.Timestamp) when sign == CelOperator.Subtract => CelType.Duration,
            _ => null,
        };
    }

    private CelValue NoOverload(in CelValue left, in CelValue right) =>
        CelValue.Error($"'{CelOperators.Text(sign)}' does not take {CelType.NameOf(left)} and {CelType.NameOf(right)}");

    private CelValue Ints(long left, long right)
    {
        if (right == 0 && sign is CelOperator.Divide or CelOperator.Modulo && right == 0) return CelValue.Error("division by zero");
        var result = sign switch
        {
            CelOperator.Add => (Int128)left + right,
            CelOperator.Subtract => (Int128)left - right,
            CelOperator.Multiply => (Int128)left * right,
            CelOperator.Divide => (Int128)left / right,
            _ => right == -1 ? 0 : left % right,
        };
        return result < long.MinValue || result > long.MaxValue ? CelValue.Error(Overflow) : CelValue.Of((long)result);
    }

    private CelValue Uints(ulong left, ulong right)
    {
        if (right == 0 && sign is CelOperator.Divide or CelOperator.Modulo && right == 0) return CelValue.Error("division by zero");
        var result = sign switch
        {
            CelOperator.Add => (Int128)left + right,
            CelOperator.Subtract => (Int128)left - right,
            CelOperator.Multiply => left == 0 || right <= ulong.MaxValue / left ? (Int128)(left * right) : -1,
            CelOperator.Divide => left / right,
            _ => left % right,
        };
        return result < 0 || result > ulong.MaxValue ? CelValue.Error(Overflow) : CelValue.OfUint((ulong)result);
    }

    private CelValue? Doubles(double left, double right) => sign switch
    {
        CelOperator.Add => CelValue.Of(left + right),
        CelOperator.Subtract => CelValue.Of(left - right),
        CelOperator.Multiply => CelValue.Of(left * right),
        CelOperator.Divide => CelValue.Of(left / right),
        _ => null,
    };

    private static CelValue Joined(ref CelFrame frame, in CelValue left, in CelValue right)
    {
        if (left.Kind == CelKind.List) return JoinedLists(ref frame, left, right);
        var length = left.Kind == CelKind.String ? (long)left.AsString.Length + right.AsString.Length : (long)left.AsBytes.Length + right.AsBytes.Length;
        if (length > int.MaxValue / 4 || !frame.Spend((int)(length / CopiedPerStep))) return CelValue.Error(CelFrame.OutOfSteps);
        return left.Kind == CelKind.String ? CelValue.Of(left.AsString + right.AsString) : CelValue.OfBytes([.. left.AsBytes, .. right.AsBytes]);
    }

    private static CelValue JoinedLists(ref CelFrame frame, in CelValue left, in CelValue right)
    {
        var count = (long)left.Count + right.Count;
        if (!frame.Spend((int)Math.Min(int.MaxValue / 2, count))) return CelValue.Error(CelFrame.OutOfSteps);
        var members = new CelValue[count];
        for (var i = 0; i < members.Length; i++) members[i] = i < left.Count ? left[i] : right[i - left.Count];
        return CelValue.OfList(members);
    }
}

/// <summary>A number with its sign changed.</summary>
internal sealed class NegateNode(CelNode operand) : CelNode
{
    private readonly CelNode[] _children = [operand];

    public override ReadOnlySpan<CelNode> Children => _children;

    public override CelValue Evaluate(ref CelFrame frame)
    {
        var value = operand.Evaluate(ref frame);
        return value.Kind switch
        {
            CelKind.Int => value.Bits == long.MinValue ? CelValue.Error("the integer does not fit 64 bits") : CelValue.Of(-value.Bits),
            CelKind.Double => CelValue.Of(-value.Number),
            CelKind.Unknown or CelKind.Error => value,
            _ => CelValue.Error($"'-' does not take {CelType.NameOf(value)}"),
        };
    }
}
