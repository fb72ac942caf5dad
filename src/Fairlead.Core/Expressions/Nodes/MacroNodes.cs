namespace Fairlead.Core.Expressions.Nodes;

/// <summary>The places of a macro's variables: one, or two for a place and a member, or a key and a value.</summary>
internal readonly record struct MacroSlots(int First, int Second);

/// <summary>What every macro over a list or a map has: its range, its variables and its body. A turn is a step.</summary>
internal abstract class MacroNode(CelNode range, MacroSlots slots, params CelNode[] bodies) : CelNode
{
    private readonly CelNode[] _children = [range, .. bodies];

    public sealed override ReadOnlySpan<CelNode> Children => _children;

    public sealed override CelValue Evaluate(ref CelFrame frame)
    {
        var over = range.Evaluate(ref frame);
        if (over.Kind <= CelKind.Error) return over;
        if (over.Kind is not (CelKind.List or CelKind.Map)) return CelValue.Error($"a macro goes over a list or a map, not over {CelType.NameOf(over)}");
        return Over(ref frame, over);
    }

    protected abstract CelValue Over(ref CelFrame frame, in CelValue range);

    /// <summary>Goes to the next member.</summary>
    protected bool Next(ref CelFrame frame, ref MacroRange range)
    {
        if (!range.Next()) return false;
        if (slots.Second < 0)
        {
            frame.Locals![slots.First] = range.IsMap ? range.Key : range.Member;
        }
        else
        {
            frame.Locals![slots.First] = range.IsMap ? range.Key : CelValue.Of((long)range.Place);
            frame.Locals[slots.Second] = range.Member;
        }

        return true;
    }
}

/// <summary>Goes over a list, or over a map's entries.</summary>
internal struct MacroRange(CelValue over)
{
    private readonly CelValue _over = over;
    private readonly IEnumerator<KeyValuePair<CelValue, CelValue>>? _entries = over.Kind == CelKind.Map ? over.Entries.GetEnumerator() : null;
    private readonly int _count = over.Count;

    /// <summary>The place in a list.</summary>
    public int Place { get; private set; } = -1;

    public readonly bool IsMap => _entries is not null;

    public readonly CelValue Key => _entries!.Current.Key;

    public readonly CelValue Member => _entries is null ? _over[Place] : _entries.Current.Value;

    public bool Next() => _entries?.MoveNext() ?? ++Place < _count;
}

/// <summary><c>all</c> and <c>exists</c>: the operands of an and, or an or, are the turns.</summary>
internal sealed class QuantifierNode(CelNode range, MacroSlots slots, CelNode body, bool isAll) : MacroNode(range, slots, body)
{
    protected override CelValue Over(ref CelFrame frame, in CelValue range)
    {
        var decides = isAll ? CelTruth.False : CelTruth.True;
        var result = isAll ? CelTruth.True : CelTruth.False;
        string? error = null;
        var members = new MacroRange(range);
        while (Next(ref frame, ref members))
        {
            if (!frame.Spend(1)) return CelValue.Error(CelFrame.OutOfSteps);
            var truth = body.Test(ref frame);
            if (truth == decides) return CelValue.Of(!isAll);
            if (truth == CelTruth.Error) error ??= frame.Error;
            if (truth is CelTruth.Error or CelTruth.Unknown && result != CelTruth.Error) result = truth;
        }

        if (result == CelTruth.Error) frame.Error = error;
        return frame.Value(result);
    }
}

/// <summary><c>exists_one</c>: every turn counts, so an error of any is the result, else an unknown of any.</summary>
internal sealed class ExistsOneNode(CelNode range, MacroSlots slots, CelNode body) : MacroNode(range, slots, body)
{
    protected override CelValue Over(ref CelFrame frame, in CelValue range)
    {
        var count = 0;
        var failed = CelValue.Null;
        var members = new MacroRange(range);
        while (Next(ref frame, ref members))
        {
            if (!frame.Spend(1)) return CelValue.Error(CelFrame.OutOfSteps);
            var truth = body.Test(ref frame);
            if (truth == CelTruth.True) count++;
            else if (truth != CelTruth.False) Failure.Note(ref failed, frame.Value(truth));
        }

        return failed.Kind <= CelKind.Error ? failed : CelValue.Of(count == 1);
    }
}

/// <summary><c>map</c> and <c>filter</c>, and both at once; <c>transformList</c> is the same with two variables.</summary>
/// <param name="filter">Which members are taken; null for all.</param>
/// <param name="transform">What is made of a member; null for the member itself.</param>
internal sealed class CollectNode(CelNode range, MacroSlots slots, CelNode? filter, CelNode? transform)
    : MacroNode(range, slots, [.. new[] { filter, transform }.OfType<CelNode>()])
{
    protected override CelValue Over(ref CelFrame frame, in CelValue range)
    {
        var collected = new List<CelValue>();
        var failed = CelValue.Null;
        var members = new MacroRange(range);
        while (Next(ref frame, ref members))
        {
            if (!frame.Spend(1)) return CelValue.Error(CelFrame.OutOfSteps);
            var truth = filter?.Test(ref frame) ?? CelTruth.True;
            if (truth is CelTruth.Error or CelTruth.Unknown) Failure.Note(ref failed, frame.Value(truth));
            if (truth is CelTruth.False or CelTruth.Error) continue; // what an unknown test may take can err
            var value = transform?.Evaluate(ref frame) ?? (members.IsMap ? members.Key : members.Member);
            Failure.Note(ref failed, value);
            collected.Add(value);
        }

        return failed.Kind <= CelKind.Error ? failed : CelValue.OfList(collected);
    }
}

/// <summary><c>transformMap</c>: a map with the same keys and other values.</summary>
internal sealed class CollectMapNode(CelNode range, MacroSlots slots, CelNode? filter, CelNode transform)
    : MacroNode(range, slots, [.. new[] { filter, transform }.OfType<CelNode>()])
{
    protected override CelValue Over(ref CelFrame frame, in CelValue range)
    {
        var collected = new List<KeyValuePair<CelValue, CelValue>>();
        var failed = CelValue.Null;
        var members = new MacroRange(range);
        while (Next(ref frame, ref members))
        {
            if (!frame.Spend(1)) return CelValue.Error(CelFrame.OutOfSteps);
            var truth = filter?.Test(ref frame) ?? CelTruth.True;
            if (truth is CelTruth.Error or CelTruth.Unknown) Failure.Note(ref failed, frame.Value(truth));
            if (truth is CelTruth.False or CelTruth.Error) continue; // what an unknown test may take can err
            var value = transform.Evaluate(ref frame);
            Failure.Note(ref failed, value);
            collected.Add(KeyValuePair.Create(members.IsMap ? members.Key : CelValue.Of((long)members.Place), value));
        }

        return failed.Kind <= CelKind.Error ? failed : CelValue.OfMap(collected);
    }
}

/// <summary><c>cel.bind</c>: a name for a value, so that it is worked out once.</summary>
internal sealed class BindNode(int slot, CelNode value, CelNode body) : CelNode
{
    private readonly CelNode[] _children = [value, body];

    public override ReadOnlySpan<CelNode> Children => _children;

    public override CelValue Evaluate(ref CelFrame frame)
    {
        frame.Locals![slot] = value.Evaluate(ref frame);
        return body.Evaluate(ref frame);
    }
}
