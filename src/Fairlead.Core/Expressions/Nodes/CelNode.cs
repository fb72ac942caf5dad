namespace Fairlead.Core.Expressions.Nodes;

/// <summary>
/// A compiled part of an expression: one class per operation. Immutable once compiled; safe for any number of threads. Never throws.
/// </summary>
internal abstract class CelNode
{
    /// <summary>Where the part stands in the source.</summary>
    public int Offset { get; private set; }

    public int Length { get; private set; }

    /// <summary>What the checker knows of its values.</summary>
    public CelType Type { get; private set; } = CelType.Dyn;

    /// <summary>The parts that it evaluates.</summary>
    public virtual ReadOnlySpan<CelNode> Children => [];

    /// <summary>The leaf that it reads itself; -1 when it reads none.</summary>
    public virtual int Leaf => -1;

    /// <summary>The texts of the rule that it compares that leaf with.</summary>
    public virtual IReadOnlyList<string> Texts => [];

    /// <summary>The signal that it asks for; -1 when it asks for none.</summary>
    public virtual int Signal => -1;

    public abstract CelValue Evaluate(ref CelFrame frame);

    /// <summary>The same where a bool is due, without making a value of it.</summary>
    public virtual CelTruth Test(ref CelFrame frame) => frame.Test(Evaluate(ref frame));

    public CelNode At(int offset, int end, CelType type)
    {
        (Offset, Length, Type) = (offset, end - offset, type);
        return this;
    }
}

/// <summary>A part whose values are bools: it is asked by <see cref="CelNode.Test"/>.</summary>
internal abstract class CelTestNode : CelNode
{
    public sealed override CelValue Evaluate(ref CelFrame frame) => frame.Value(Test(ref frame));

    public abstract override CelTruth Test(ref CelFrame frame);
}
