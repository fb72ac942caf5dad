namespace Fairlead.Core.Expressions.Nodes;

/// <summary>A value that stands in the expression, or was worked out when it was compiled.</summary>
internal sealed class ConstantNode(CelValue value) : CelNode
{
    private readonly CelValue _value = value;

    public CelValue Value => _value;

    public override CelValue Evaluate(ref CelFrame frame) => _value;
}

/// <summary>A declared variable or member.</summary>
internal sealed class LeafNode(int leaf) : CelNode
{
    public override int Leaf => leaf;

    public override CelValue Evaluate(ref CelFrame frame) => frame.Inputs.Read(leaf);
}

/// <summary>A call of a declared signal.</summary>
internal sealed class SignalNode(int signal) : CelNode
{
    public override int Signal => signal;

    public override CelValue Evaluate(ref CelFrame frame) => frame.Inputs.Signal(signal);
}

/// <summary>A macro's variable.</summary>
internal sealed class LocalNode(int slot) : CelNode
{
    public override CelValue Evaluate(ref CelFrame frame) => frame.Locals![slot];
}

/// <summary>A part that can only fail; from rules that were compiled unchecked.</summary>
internal sealed class FailNode(string message) : CelNode
{
    public override CelValue Evaluate(ref CelFrame frame) => CelValue.Error(message);
}
