namespace Fairlead.Core.Expressions;

/// <summary>A map of any values, in the order of its entries. Keys are bools, ints, uints and texts; 1, 1u and 1.0 are the same key. Immutable.</summary>
internal sealed class CelMap
{
    private readonly Dictionary<CelValue, CelValue> _values;

    private CelMap(Dictionary<CelValue, CelValue> values) => _values = values;

    public int Count => _values.Count;

    /// <summary>A dictionary that nothing is removed from keeps the order in which entries came.</summary>
    public IEnumerable<KeyValuePair<CelValue, CelValue>> Entries => _values;

    public static CelValue Of(IEnumerable<KeyValuePair<CelValue, CelValue>> entries)
    {
        var values = new Dictionary<CelValue, CelValue>();
        foreach (var (key, value) in entries)
        {
            if (key.Kind is not (CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.String)) return CelValue.Error($"a key of a map is {CelType.NameOf(key)}; keys are bool, int, uint or string");
            if (!values.TryAdd(key, value)) return CelValue.Error("a key of the map stands twice");
        }

        return CelValue.OfMap(new CelMap(values));
    }

    public bool TryGet(in CelValue key, out CelValue value) => _values.TryGetValue(key, out value);
}
