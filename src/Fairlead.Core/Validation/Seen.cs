namespace Fairlead.Core.Validation;

/// <summary>
/// Which members or items of one value schemas have looked at: what <c>unevaluatedProperties</c> and <c>unevaluatedItems</c> ask
/// (JSON Schema 2020-12, core, section 11). Schemas that are not met have seen nothing.
/// </summary>
internal sealed class Seen
{
    private HashSet<string>? _members;
    private HashSet<int>? _items;
    private int _firstItems;

    /// <summary>Whether all members were seen.</summary>
    public bool AllMembers { get; set; }

    public void Member(string name) => (_members ??= new HashSet<string>(StringComparer.Ordinal)).Add(name);

    public bool HasMember(string name) => AllMembers || _members?.Contains(name) == true;

    /// <summary>The items before this index were seen.</summary>
    public void FirstItems(int count) => _firstItems = Math.Max(_firstItems, count);

    public void Item(int index) => (_items ??= []).Add(index);

    public bool HasItem(int index) => index < _firstItems || _items?.Contains(index) == true;

    /// <summary>Takes over what another schema has seen of the same value.</summary>
    public void Add(Seen other)
    {
        AllMembers |= other.AllMembers;
        FirstItems(other._firstItems);
        if (other._members is { } members) (_members ??= new HashSet<string>(StringComparer.Ordinal)).UnionWith(members);
        if (other._items is { } items) (_items ??= []).UnionWith(items);
    }
}
