namespace Fairlead.Core.Expressions.Nodes;

/// <summary>A function of one value. An unknown or error is the result without a call.</summary>
internal sealed class Call1Node(CelFunction1 function, CelNode argument) : CelNode
{
    private readonly CelNode[] _children = [argument];

    public override ReadOnlySpan<CelNode> Children => _children;

    public override CelValue Evaluate(ref CelFrame frame)
    {
        var value = argument.Evaluate(ref frame);
        return value.Kind <= CelKind.Error ? value : function(ref frame, value);
    }
}

/// <summary>A function of two values.</summary>
internal sealed class Call2Node(CelFunction2 function, CelNode first, CelNode second) : CelNode
{
    private readonly CelNode[] _children = [first, second];

    public override ReadOnlySpan<CelNode> Children => _children;

    public override CelValue Evaluate(ref CelFrame frame)
    {
        var one = first.Evaluate(ref frame);
        var other = second.Evaluate(ref frame);
        return one.Kind <= CelKind.Error || other.Kind <= CelKind.Error ? frame.Value(CompareNode.Failed(ref frame, one, other)) : function(ref frame, one, other);
    }
}

/// <summary>A function of any number of values.</summary>
internal sealed class CallNode(CelFunctionN function, CelNode[] arguments) : CelNode
{
    public override ReadOnlySpan<CelNode> Children => arguments;

    public override CelValue Evaluate(ref CelFrame frame)
    {
        var values = new CelValue[arguments.Length];
        var failed = CelValue.Null;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = arguments[i].Evaluate(ref frame);
            Failure.Note(ref failed, values[i]);
        }

        return failed.Kind <= CelKind.Error ? failed : function(ref frame, values);
    }
}

/// <summary>Whether a text matches a pattern that stands in the rule.</summary>
internal sealed class MatchesNode(CelNode text, CelPattern pattern) : CelTestNode
{
    private readonly CelNode[] _children = [text];

    public override ReadOnlySpan<CelNode> Children => _children;

    public override CelTruth Test(ref CelFrame frame)
    {
        var value = text.Evaluate(ref frame);
        return value.Kind switch
        {
            CelKind.String => frame.Test(pattern.IsIn(ref frame, value.AsString)),
            CelKind.Unknown => CelTruth.Unknown,
            CelKind.Error => frame.Fail(value.AsString),
            _ => frame.Fail($"'matches' takes a string, not {CelType.NameOf(value)}"),
        };
    }
}
