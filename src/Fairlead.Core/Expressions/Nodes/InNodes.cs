using System.Collections.Frozen;

namespace Fairlead.Core.Expressions.Nodes;

/// <summary>Whether a value is a member of a list or a key of a map.</summary>
internal sealed class InNode(CelNode left, CelNode right) : CelTestNode
{
    private readonly CelNode[] _children = [left, right];

    public override ReadOnlySpan<CelNode> Children => _children;

    public override CelTruth Test(ref CelFrame frame)
    {
        var member = left.Evaluate(ref frame);
        var set = right.Evaluate(ref frame);
        if (member.Kind <= CelKind.Error || set.Kind <= CelKind.Error) return CompareNode.Failed(ref frame, member, set);
        if (set.Kind == CelKind.Map) return set.TryGet(member, out _) ? CelTruth.True : CelTruth.False;
        return set.Kind == CelKind.List ? Test(ref frame, member, set) : frame.Fail($"'in' looks into a list or a map, not into {CelType.NameOf(set)}");
    }

    private static CelTruth Test(ref CelFrame frame, in CelValue member, in CelValue list)
    {
        var count = list.Count;
        if (!frame.Spend(count >> 3)) return frame.Fail(CelFrame.OutOfSteps);
        if (list.Small == CelValue.Texts) return member.Kind == CelKind.String && TextInLeafNode.IsIn(member.AsString, (IReadOnlyList<string>)list.Reference!) ? CelTruth.True : CelTruth.False;
        for (var i = 0; i < count; i++)
        {
            var isSame = CelOrder.AreEqual(member, list[i], ref frame.Steps);
            if (frame.Steps < 0) return frame.Fail(CelFrame.OutOfSteps);
            if (isSame) return CelTruth.True;
        }

        return CelTruth.False;
    }
}

/// <summary>Whether a text that stands in the rule is a member of a leaf.</summary>
internal sealed class TextInLeafNode(string text, int leaf) : CelTestNode
{
    public override int Leaf => leaf;

    public override IReadOnlyList<string> Texts => [text];

    public override CelTruth Test(ref CelFrame frame)
    {
        var list = frame.Inputs.Read(leaf);
        switch (list.Kind)
        {
            case CelKind.List when list.Small == CelValue.Texts:
                var texts = (IReadOnlyList<string>)list.Reference!;
                return frame.Spend(texts.Count >> 3) ? IsIn(text, texts) ? CelTruth.True : CelTruth.False : frame.Fail(CelFrame.OutOfSteps);
            case CelKind.List:
                if (!frame.Spend(list.Count >> 3)) return frame.Fail(CelFrame.OutOfSteps);
                for (var i = 0; i < list.Count; i++)
                {
                    if (list[i] is { Kind: CelKind.String } member && member.AsString == text) return CelTruth.True;
                }

                return CelTruth.False;
            case CelKind.Map:
                return list.TryGet(CelValue.Of(text), out _) ? CelTruth.True : CelTruth.False;
            case CelKind.Unknown:
                return CelTruth.Unknown;
            default:
                return frame.Fail(list.Kind == CelKind.Error ? list.AsString : $"'in' looks into a list or a map, not into {CelType.NameOf(list)}");
        }
    }

    public static bool IsIn(string text, IReadOnlyList<string> list)
    {
        if (list is string[] array)
        {
            foreach (var one in array)
            {
                if (string.Equals(one, text)) return true;
            }

            return false;
        }

        for (var i = 0; i < list.Count; i++)
        {
            if (string.Equals(list[i], text)) return true;
        }

        return false;
    }
}

/// <summary>Whether a value is one of the texts that stand in the rule: looked through up to eight of them, hashed beyond.</summary>
internal sealed class InTextsNode : CelTestNode
{
    private const int MostLinear = 8;

    private readonly CelNode[] _children;
    private readonly CelNode _left;
    private readonly int _leaf;
    private readonly string[] _texts;
    private readonly FrozenSet<string>? _set;

    public InTextsNode(CelNode left, string[] texts)
    {
        _left = left;
        _leaf = left.Leaf;
        _children = _leaf < 0 ? [left] : [];
        _texts = texts;
        _set = texts.Length > MostLinear ? texts.ToFrozenSet(StringComparer.Ordinal) : null;
    }

    public override ReadOnlySpan<CelNode> Children => _children;

    public override int Leaf => _leaf;

    public override IReadOnlyList<string> Texts => _leaf < 0 ? [] : _texts;

    public override CelTruth Test(ref CelFrame frame)
    {
        var value = _leaf >= 0 ? frame.Inputs.Read(_leaf) : _left.Evaluate(ref frame);
        if (value.Kind == CelKind.String)
        {
            var text = (string)value.Reference!;
            return (_set is null ? TextInLeafNode.IsIn(text, _texts) : _set.Contains(text)) ? CelTruth.True : CelTruth.False;
        }

        return value.Kind switch
        {
            CelKind.Unknown => CelTruth.Unknown,
            CelKind.Error => frame.Fail(value.AsString),
            _ => CelTruth.False,
        };
    }
}

/// <summary>Whether a value is one of many numbers or other scalars that stand in the rule.</summary>
internal sealed class InSetNode(CelNode left, FrozenSet<CelValue> set) : CelTestNode
{
    private readonly CelNode[] _children = [left];

    public override ReadOnlySpan<CelNode> Children => _children;

    public override CelTruth Test(ref CelFrame frame)
    {
        var value = left.Evaluate(ref frame);
        return value.Kind switch
        {
            CelKind.Unknown => CelTruth.Unknown,
            CelKind.Error => frame.Fail(value.AsString),
            _ => set.Contains(value) ? CelTruth.True : CelTruth.False,
        };
    }
}
