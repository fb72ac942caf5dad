using Fairlead.Core.Expressions;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>Inputs that stand in arrays.</summary>
internal sealed class FixedInputs(CelValue[] leaves, params CelValue[] signals) : ICelInputs
{
    public CelValue[] Leaves { get; } = leaves;

    public CelValue Read(int leaf) => Leaves[leaf];

    public CelValue Signal(int signal) => signals[signal];
}
