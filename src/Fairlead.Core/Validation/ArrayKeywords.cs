using System.Runtime.InteropServices;
using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary><c>prefixItems</c>, and <c>items</c> for what it leaves over.</summary>
/// <param name="first">A schema each for the first items.</param>
/// <param name="others">For all others; null where nothing is said of them.</param>
internal sealed class ItemsKeyword(SchemaNode[] first, SchemaNode? others) : Keyword("items")
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.Array) return true;
        var isMet = true;
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (index < first.Length) isMet &= run.ItemHolds(first[index], index, item, "prefixItems");
            else if (others is null) break;
            else isMet &= run.ItemHolds(others, index, item, "items");
            if (!isMet && !run.Collects) return false;
            index++;
        }

        seen?.FirstItems(index);
        return isMet;
    }
}

/// <summary><c>contains</c>, with <c>minContains</c> and <c>maxContains</c>.</summary>
internal sealed class ContainsKeyword(SchemaNode schema, long least, long most) : Keyword("contains")
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.Array) return true;
        var found = 0L;
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (run.IsTooCostly) return false;
            if (run.Tries(schema, item, null))
            {
                found++;
                seen?.Item(index);
            }

            index++;
        }

        if (found < least) return run.Fail(least == 1 ? Name : "minContains", "has too few items of the kind it must contain");
        return found <= most || run.Fail("maxContains", "has too many items of the kind it may contain");
    }
}

/// <summary><c>minItems</c> and <c>maxItems</c>.</summary>
internal sealed class ItemCountKeyword(string name, long limit) : Keyword(name)
{
    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.Array) return true;
        var count = value.GetArrayLength();
        return Name == "minItems" ? count >= limit || run.Fail(Name, "has too few items") : count <= limit || run.Fail(Name, "has too many items");
    }
}

/// <summary><c>uniqueItems</c>.</summary>
internal sealed class UniqueKeyword() : Keyword("uniqueItems")
{
    private const int BytesOfAStep = 16;

    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.Array) return true;
        if (!run.Spend(JsonMarshal.GetRawUtf8Value(value).Length / BytesOfAStep)) return false;
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in value.EnumerateArray())
        {
            if (!known.Add(CanonicalText.Of(item))) return run.Fail(Name, "has an item more than once");
        }

        return true;
    }
}

/// <summary><c>unevaluatedItems</c>: for items that no other keyword has seen.</summary>
internal sealed class UnseenItemsKeyword(SchemaNode schema) : Keyword("unevaluatedItems")
{
    public override bool AsksWhatWasSeen => true;

    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (value.ValueKind != JsonValueKind.Array) return true;
        var isMet = true;
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (!run.Spend(1)) return false;
            if (!seen!.HasItem(index)) isMet &= run.ItemHolds(schema, index, item, Name);
            if (!isMet && !run.Collects) return false;
            index++;
        }

        seen!.FirstItems(index);
        return isMet;
    }
}
