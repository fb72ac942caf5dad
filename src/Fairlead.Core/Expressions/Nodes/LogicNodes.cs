namespace Fairlead.Core.Expressions.Nodes;

/// <summary>
/// All operands hold: one false decides, whatever the others are; else an unknown wins over an error, and an error over true.
/// </summary>
internal sealed class AndNode(CelNode[] operands) : CelTestNode
{
    public override ReadOnlySpan<CelNode> Children => operands;

    public override CelTruth Test(ref CelFrame frame)
    {
        var result = CelTruth.True;
        string? error = null;
        foreach (var operand in operands)
        {
            var truth = operand.Test(ref frame);
            if (truth == CelTruth.True) continue;
            if (truth == CelTruth.False) return CelTruth.False;
            if (truth == CelTruth.Unknown) result = CelTruth.Unknown;
            else if (result == CelTruth.True)
            {
                result = CelTruth.Error;
                error = frame.Error;
            }
        }

        if (result == CelTruth.Error) frame.Error = error;
        return result;
    }
}

/// <summary>One operand holds: one true decides, whatever the others are; else an unknown wins over an error, and an error over false.</summary>
internal sealed class OrNode(CelNode[] operands) : CelTestNode
{
    public override ReadOnlySpan<CelNode> Children => operands;

    public override CelTruth Test(ref CelFrame frame)
    {
        var result = CelTruth.False;
        string? error = null;
        foreach (var operand in operands)
        {
            var truth = operand.Test(ref frame);
            if (truth == CelTruth.False) continue;
            if (truth == CelTruth.True) return CelTruth.True;
            if (truth == CelTruth.Unknown) result = CelTruth.Unknown;
            else if (result == CelTruth.False)
            {
                result = CelTruth.Error;
                error = frame.Error;
            }
        }

        if (result == CelTruth.Error) frame.Error = error;
        return result;
    }
}

internal sealed class NotNode(CelNode operand) : CelTestNode
{
    private readonly CelNode[] _children = [operand];

    public override ReadOnlySpan<CelNode> Children => _children;

    public CelNode Operand => operand;

    public override CelTruth Test(ref CelFrame frame)
    {
        var truth = operand.Test(ref frame);
        return truth <= CelTruth.True ? truth ^ CelTruth.True : truth;
    }
}

/// <summary>One of two parts, by a test. A test that is unknown or an error is the result.</summary>
internal sealed class ConditionalNode(CelNode test, CelNode yes, CelNode no) : CelNode
{
    private readonly CelNode[] _children = [test, yes, no];

    public override ReadOnlySpan<CelNode> Children => _children;

    /// <summary>The part that the test chooses; null when the test is no bool.</summary>
    public CelNode? Chosen(ref CelFrame frame) => test.Test(ref frame) switch
    {
        CelTruth.True => yes,
        CelTruth.False => no,
        _ => null,
    };

    public override CelValue Evaluate(ref CelFrame frame)
    {
        var truth = test.Test(ref frame);
        return truth switch
        {
            CelTruth.True => yes.Evaluate(ref frame),
            CelTruth.False => no.Evaluate(ref frame),
            _ => frame.Value(truth),
        };
    }

    public override CelTruth Test(ref CelFrame frame)
    {
        var truth = test.Test(ref frame);
        return truth switch
        {
            CelTruth.True => yes.Test(ref frame),
            CelTruth.False => no.Test(ref frame),
            _ => truth,
        };
    }
}
