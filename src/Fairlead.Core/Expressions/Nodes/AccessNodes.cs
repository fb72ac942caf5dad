namespace Fairlead.Core.Expressions.Nodes;

/// <summary>A member of a map by its name.</summary>
internal sealed class SelectNode(CelNode operand, string member) : CelNode
{
    private readonly CelNode[] _children = [operand];
    private readonly CelValue _key = CelValue.Of(member);

    public override ReadOnlySpan<CelNode> Children => _children;

    public override CelValue Evaluate(ref CelFrame frame)
    {
        var map = operand.Evaluate(ref frame);
        if (map.Kind <= CelKind.Error) return map;
        if (map.Kind != CelKind.Map) return CelValue.Error($"{CelType.NameOf(map)} has no members");
        return map.TryGet(_key, out var value) ? value : CelValue.Error($"there is no key {_key}");
    }
}

/// <summary>Whether a map has a key: <c>has(map.key)</c>.</summary>
internal sealed class HasNode(CelNode operand, string member) : CelTestNode
{
    private readonly CelNode[] _children = [operand];
    private readonly CelValue _key = CelValue.Of(member);

    public override ReadOnlySpan<CelNode> Children => _children;

    public override CelTruth Test(ref CelFrame frame)
    {
        var map = operand.Evaluate(ref frame);
        return map.Kind switch
        {
            CelKind.Map => map.TryGet(_key, out _) ? CelTruth.True : CelTruth.False,
            CelKind.Unknown => CelTruth.Unknown,
            CelKind.Error => frame.Fail(map.AsString),
            _ => frame.Fail($"{CelType.NameOf(map)} has no members"),
        };
    }
}

/// <summary>A member of a list by its place, or of a map by its key.</summary>
internal sealed class IndexNode(CelNode operand, CelNode key) : CelNode
{
    private readonly CelNode[] _children = [operand, key];

    public override ReadOnlySpan<CelNode> Children => _children;

    public override CelValue Evaluate(ref CelFrame frame)
    {
        var container = operand.Evaluate(ref frame);
        var index = key.Evaluate(ref frame);
        if (container.Kind <= CelKind.Error || index.Kind <= CelKind.Error) return frame.Value(CompareNode.Failed(ref frame, container, index));
        switch (container.Kind)
        {
            case CelKind.Map:
                return container.TryGet(index, out var value) ? value : CelValue.Error(key is ConstantNode ? $"there is no key {index}" : "the map has no such key");
            case CelKind.List:
                if (!index.IsNumber) return CelValue.Error($"the index of a list is an int, not {CelType.NameOf(index)}");
                var place = CelOrder.AsNumber(index);
                return place >= 0 && place < container.Count && place == Math.Floor(place) ? container[(int)place] : CelValue.Error($"there is no {(key is ConstantNode ? $"index {index}" : "such index")} in a list of {container.Count}");
            default:
                return CelValue.Error($"{CelType.NameOf(container)} has no index");
        }
    }
}

/// <summary>A list of parts.</summary>
internal sealed class ListNode(CelNode[] members) : CelNode
{
    public override ReadOnlySpan<CelNode> Children => members;

    public override CelValue Evaluate(ref CelFrame frame)
    {
        var values = new CelValue[members.Length];
        var failed = CelValue.Null;
        for (var i = 0; i < members.Length; i++)
        {
            values[i] = members[i].Evaluate(ref frame);
            Failure.Note(ref failed, values[i]);
        }

        return failed.Kind <= CelKind.Error ? failed : CelValue.OfList(values);
    }
}

/// <summary>A map of parts: keys and values in turn.</summary>
internal sealed class MapNode(CelNode[] entries) : CelNode
{
    public override ReadOnlySpan<CelNode> Children => entries;

    public override CelValue Evaluate(ref CelFrame frame)
    {
        var values = new KeyValuePair<CelValue, CelValue>[entries.Length / 2];
        var failed = CelValue.Null;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = KeyValuePair.Create(entries[2 * i].Evaluate(ref frame), entries[(2 * i) + 1].Evaluate(ref frame));
            Failure.Note(ref failed, values[i].Key);
            Failure.Note(ref failed, values[i].Value);
        }

        return failed.Kind <= CelKind.Error ? failed : CelValue.OfMap(values);
    }
}

/// <summary>What several parts come to when some are no values: the first error, else an unknown.</summary>
internal static class Failure
{
    /// <summary>Takes a part in; <paramref name="failed"/> is null as long as all are values.</summary>
    public static void Note(ref CelValue failed, in CelValue value)
    {
        if (value.Kind <= CelKind.Error && failed.Kind != CelKind.Error) failed = value;
    }
}
