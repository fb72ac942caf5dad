namespace Fairlead.Core.Expressions.Nodes;

/// <summary>
/// All operands hold: one false decides, whatever the others are; else an error wins over an unknown, and an unknown over true. So a
/// rule that errs is told, and does not pass for one that waits for a figure.
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
            if (truth == CelTruth.Error) error ??= frame.Error;
            if (result != CelTruth.Error) result = truth;
        }

        if (result == CelTruth.Error) frame.Error = error;
        return result;
    }
}

/// <summary>One operand holds: one true decides, whatever the others are; else an error wins over an unknown, and an unknown over false.</summary>
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
            if (truth == CelTruth.Error) error ??= frame.Error;
            if (result != CelTruth.Error) result = truth;
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

/// <summary>
/// One of two parts, by a test. A test that is an error is the result; one that is unknown is it too, unless a part that it may choose errs.
/// </summary>
internal sealed class ConditionalNode(CelNode test, CelNode yes, CelNode no) : CelNode
{
    private readonly CelNode[] _children = [test, yes, no];

    public override ReadOnlySpan<CelNode> Children => _children;

    /// <summary>The part that the test chooses, or that errs while the test is unknown; null when the test is the result.</summary>
    public CelNode? Chosen(ref CelFrame frame) => test.Test(ref frame) switch
    {
        CelTruth.True => yes,
        CelTruth.False => no,
        CelTruth.Unknown when yes.Evaluate(ref frame).Kind == CelKind.Error => yes,
        CelTruth.Unknown when no.Evaluate(ref frame).Kind == CelKind.Error => no,
        _ => null,
    };

    public override CelValue Evaluate(ref CelFrame frame)
    {
        var truth = test.Test(ref frame);
        switch (truth)
        {
            case CelTruth.True: return yes.Evaluate(ref frame);
            case CelTruth.False: return no.Evaluate(ref frame);
            case CelTruth.Error: return frame.Value(truth);
        }

        var value = yes.Evaluate(ref frame);
        if (value.Kind != CelKind.Error) value = no.Evaluate(ref frame);
        return value.Kind == CelKind.Error ? value : CelValue.Unknown;
    }

    public override CelTruth Test(ref CelFrame frame)
    {
        var truth = test.Test(ref frame);
        return truth switch
        {
            CelTruth.True => yes.Test(ref frame),
            CelTruth.False => no.Test(ref frame),
            CelTruth.Unknown when yes.Test(ref frame) == CelTruth.Error || no.Test(ref frame) == CelTruth.Error => CelTruth.Error,
            _ => truth,
        };
    }
}
