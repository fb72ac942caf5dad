using Fairlead.Core.Expressions.Nodes;

namespace Fairlead.Core.Expressions;

/// <summary>Finds the smallest part of an expression that decided what it came to.</summary>
internal static class CelDeciding
{
    public static CelNode Part(CelNode node, ref CelFrame frame)
    {
        switch (node)
        {
            case AndNode:
                return Operand(node, CelTruth.False, ref frame);
            case OrNode:
                return Operand(node, CelTruth.True, ref frame);
            case NotNode { Operand: AndNode or OrNode or NotNode or ConditionalNode } not:
                return Part(not.Operand, ref frame);
            case ConditionalNode conditional:
                // A branch that is a constant decides nothing: the test does.
                return conditional.Chosen(ref frame) is null or ConstantNode ? Part(conditional.Children[0], ref frame) : node;
            default:
                return node;
        }
    }

    private static CelNode Operand(CelNode node, CelTruth deciding, ref CelFrame frame)
    {
        var truth = node.Test(ref frame);
        if (truth != deciding && truth <= CelTruth.True) return node;
        foreach (var operand in node.Children)
        {
            if (operand.Test(ref frame) == truth) return Part(operand, ref frame);
        }

        return node;
    }
}
