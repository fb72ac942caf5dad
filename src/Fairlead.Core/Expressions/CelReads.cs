using System.Collections.Immutable;
using Fairlead.Core.Expressions.Nodes;

namespace Fairlead.Core.Expressions;

/// <summary>The leaves and signals that a part names, each once, in the order in which they stand.</summary>
internal sealed class CelReads
{
    private readonly List<CelNode> _nodes = [];
    private readonly List<CelLiteral> _literals = [];

    public IEnumerable<int> Leaves => _nodes.Where(node => node.Leaf >= 0).Select(node => node.Leaf);

    public IEnumerable<int> Signals => _nodes.Where(node => node.Signal >= 0).Select(node => node.Signal);

    /// <summary>The texts that leaves are compared with, in the order in which they stand.</summary>
    public IEnumerable<CelLiteral> Literals => _literals;

    public static CelReads Of(CelNode node)
    {
        var reads = new CelReads();
        reads.Add(node);
        return reads;
    }

    /// <summary>What a part reads, with the values; of a conditional only the branch that its test chooses.</summary>
    public static ImmutableArray<(string Name, CelValue Value)> Values(CelNode part, CelProgram program, ICelInputs inputs)
    {
        var reads = new CelReads();
        var frame = new CelFrame(inputs, program.Slots);
        if (part is ConditionalNode conditional && conditional.Chosen(ref frame) is { } chosen)
        {
            reads.Add(conditional.Children[0]);
            reads.Add(chosen);
        }
        else
        {
            reads.Add(part);
        }

        return
        [
            .. reads._nodes.Select(node => node.Leaf >= 0
                ? (program.Declarations.NameOf(node.Leaf), inputs.Read(node.Leaf))
                : (program.TextOf(node), inputs.Signal(node.Signal))),
        ];
    }

    private void Add(CelNode node)
    {
        if (node.Leaf >= 0 || node.Signal >= 0)
        {
            if (!_nodes.Exists(known => known.Leaf == node.Leaf && known.Signal == node.Signal)) _nodes.Add(node);
        }

        foreach (var text in node.Texts) _literals.Add(new CelLiteral(node.Leaf, text, node.Offset, node.Length));
        foreach (var child in node.Children) Add(child);
    }
}
