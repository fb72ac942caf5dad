using System.Globalization;

namespace Fairlead.Core.Expressions;

/// <summary>
/// A value of the policy language: 24 bytes, immutable, and without an allocation for every scalar. Texts, lists and maps are held
/// by reference and never copied, so that whoever gives one does not change it afterwards. The default is <see cref="Unknown"/>.
/// </summary>
public readonly struct CelValue : IEquatable<CelValue>
{
    /// <summary>How a list or map is held: <see cref="Small"/> of a value of that kind.</summary>
    internal const int Values = 0, Texts = 1, TextsByName = 1, NumbersByName = 2;

    internal const long NanosecondsPerSecond = 1_000_000_000;

    internal readonly object? Reference;
    internal readonly long Bits;

    /// <summary>Nanoseconds within the second of a timestamp; how a list or map is held.</summary>
    internal readonly int Small;

    private CelValue(CelKind kind, object? reference, long bits, int small = 0)
    {
        Kind = kind;
        Reference = reference;
        Bits = bits;
        Small = small;
    }

    public CelKind Kind { get; }

    /// <summary>CEL's <c>null</c>.</summary>
    public static CelValue Null => new(CelKind.Null, null, 0);

    /// <summary>The unknown of partial evaluation; comes from inputs only.</summary>
    public static CelValue Unknown => default;

    /// <summary>
    /// A failed evaluation. The message stands in logs, alerts and sentences: it names kinds, sizes and what the rule itself says, never a
    /// value of the request or its target.
    /// </summary>
    public static CelValue Error(string message) => new(CelKind.Error, message, 0);

    public static CelValue Of(bool value) => new(CelKind.Bool, null, value ? 1 : 0);

    public static CelValue Of(long value) => new(CelKind.Int, null, value);

    public static CelValue OfUint(ulong value) => new(CelKind.Uint, null, unchecked((long)value));

    public static CelValue Of(double value) => new(CelKind.Double, null, BitConverter.DoubleToInt64Bits(value));

    public static CelValue Of(string value) => new(CelKind.String, value, 0);

    public static CelValue OfBytes(byte[] value) => new(CelKind.Bytes, value, 0);

    public static CelValue Of(DateTimeOffset value)
    {
        var seconds = value.ToUnixTimeSeconds();
        return OfTimestamp(seconds, (int)((value.UtcTicks - DateTime.UnixEpoch.Ticks - (seconds * TimeSpan.TicksPerSecond)) * 100));
    }

    /// <summary>A duration; beyond ±292 years an error, since CEL counts nanoseconds in 64 bits.</summary>
    public static CelValue Of(TimeSpan value) =>
        value.Ticks is > long.MaxValue / 100 or < long.MinValue / 100 ? Error("the duration is out of range") : OfNanoseconds(value.Ticks * 100);

    /// <summary>A list of texts, held as it is.</summary>
    public static CelValue Of(IReadOnlyList<string> value) => new(CelKind.List, value, 0, Texts);

    /// <summary>A list of any values, held as it is.</summary>
    public static CelValue OfList(IReadOnlyList<CelValue> value) => new(CelKind.List, value, 0, Values);

    /// <summary>A map from texts to texts, held as it is.</summary>
    public static CelValue Of(IReadOnlyDictionary<string, string> value) => new(CelKind.Map, value, 0, TextsByName);

    /// <summary>A map from texts to doubles, held as it is.</summary>
    public static CelValue Of(IReadOnlyDictionary<string, double> value) => new(CelKind.Map, value, 0, NumbersByName);

    /// <summary>A map of any values; an error when a key stands twice or is no bool, int, uint or string.</summary>
    public static CelValue OfMap(IEnumerable<KeyValuePair<CelValue, CelValue>> entries) => CelMap.Of(entries);

    internal static CelValue OfMap(CelMap map) => new(CelKind.Map, map, 0, Values);

    internal static CelValue OfNanoseconds(long nanoseconds) => new(CelKind.Duration, null, nanoseconds);

    /// <summary>A timestamp of seconds since 1970 and nanoseconds within that second, which must be in range.</summary>
    internal static CelValue OfTimestamp(long seconds, int nanoseconds) => new(CelKind.Timestamp, null, seconds, nanoseconds);

    internal static CelValue OfType(string name) => new(CelKind.Type, name, 0);

    /// <summary>Whether this is the bool true.</summary>
    public bool IsTrue => Kind == CelKind.Bool && Bits != 0;

    /// <summary>The bool; false when it is none.</summary>
    public bool AsBool => IsTrue;

    /// <summary>The int; 0 when it is none.</summary>
    public long AsInt => Kind == CelKind.Int ? Bits : 0;

    /// <summary>The uint; 0 when it is none.</summary>
    public ulong AsUint => Kind == CelKind.Uint ? unchecked((ulong)Bits) : 0;

    /// <summary>The double; NaN when it is none.</summary>
    public double AsDouble => Kind == CelKind.Double ? Number : double.NaN;

    /// <summary>The text, or the message of an error, or the name of a type; empty when it is none of them.</summary>
    public string AsString => Kind is CelKind.String or CelKind.Error or CelKind.Type ? (string)Reference! : "";

    /// <summary>The bytes; empty when it is none.</summary>
    public ReadOnlySpan<byte> AsBytes => Kind == CelKind.Bytes ? (byte[])Reference! : [];

    /// <summary>The instant, to 100 ns; 1970 when it is none.</summary>
    public DateTimeOffset AsTimestamp => Kind == CelKind.Timestamp ? DateTimeOffset.FromUnixTimeSeconds(Bits).AddTicks(Small / 100) : DateTimeOffset.UnixEpoch;

    /// <summary>The duration, to 100 ns; zero when it is none.</summary>
    public TimeSpan AsDuration => Kind == CelKind.Duration ? new TimeSpan(Bits / 100) : TimeSpan.Zero;

    /// <summary>Members of a list, entries of a map; 0 when it is neither.</summary>
    public int Count => Kind switch
    {
        CelKind.List => Small == Texts ? ((IReadOnlyList<string>)Reference!).Count : ((IReadOnlyList<CelValue>)Reference!).Count,
        CelKind.Map => Small switch
        {
            TextsByName => ((IReadOnlyDictionary<string, string>)Reference!).Count,
            NumbersByName => ((IReadOnlyDictionary<string, double>)Reference!).Count,
            _ => ((CelMap)Reference!).Count,
        },
        _ => 0,
    };

    /// <summary>A member of a list; <paramref name="index"/> must be in range.</summary>
    public CelValue this[int index] =>
        Small == Texts ? Of(((IReadOnlyList<string>)Reference!)[index]) : ((IReadOnlyList<CelValue>)Reference!)[index];

    /// <summary>The value of a key of a map.</summary>
    public bool TryGet(in CelValue key, out CelValue value)
    {
        value = default;
        if (Kind != CelKind.Map) return false;
        switch (Small)
        {
            case TextsByName:
                if (key.Kind != CelKind.String || !((IReadOnlyDictionary<string, string>)Reference!).TryGetValue(key.AsString, out var text)) return false;
                value = Of(text);
                return true;
            case NumbersByName:
                if (key.Kind != CelKind.String || !((IReadOnlyDictionary<string, double>)Reference!).TryGetValue(key.AsString, out var number)) return false;
                value = Of(number);
                return true;
            default:
                return ((CelMap)Reference!).TryGet(key, out value);
        }
    }

    /// <summary>The entries of a map, in its order; none when it is no map.</summary>
    public IEnumerable<KeyValuePair<CelValue, CelValue>> Entries => Kind != CelKind.Map ? [] : Small switch
    {
        TextsByName => ((IReadOnlyDictionary<string, string>)Reference!).Select(entry => KeyValuePair.Create(Of(entry.Key), Of(entry.Value))),
        NumbersByName => ((IReadOnlyDictionary<string, double>)Reference!).Select(entry => KeyValuePair.Create(Of(entry.Key), Of(entry.Value))),
        _ => ((CelMap)Reference!).Entries,
    };

    internal double Number => BitConverter.Int64BitsToDouble(Bits);

    internal bool IsNumber => Kind is CelKind.Int or CelKind.Uint or CelKind.Double;

    /// <summary>CEL's own equality: numbers compare across their types, NaN equals nothing. Unknowns and errors equal nothing either.</summary>
    public bool Equals(CelValue other)
    {
        var steps = CelFrame.MostSteps;
        return CelOrder.AreEqual(this, other, ref steps);
    }

    public override bool Equals(object? obj) => obj is CelValue other && Equals(other);

    public override int GetHashCode() => Kind switch
    {
        CelKind.Int => ((double)Bits).GetHashCode(),
        CelKind.Uint => ((double)unchecked((ulong)Bits)).GetHashCode(),
        CelKind.Double => Number == 0 ? 0.0.GetHashCode() : Number.GetHashCode(),
        CelKind.String or CelKind.Type or CelKind.Error => string.GetHashCode((string)Reference!, StringComparison.Ordinal),
        CelKind.Bytes or CelKind.List or CelKind.Map => HashCode.Combine(Kind, Kind == CelKind.Bytes ? AsBytes.Length : Count),
        _ => HashCode.Combine(Kind, Bits, Small),
    };

    public static bool operator ==(CelValue left, CelValue right) => left.Equals(right);

    public static bool operator !=(CelValue left, CelValue right) => !left.Equals(right);

    /// <summary>A CEL literal for explanations; long texts, lists and maps are cut.</summary>
    public override string ToString() => CelText.Short(this);

    /// <summary>What CEL's <c>string()</c> makes of a double.</summary>
    internal static string Text(double value) => value switch
    {
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        _ => value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e'),
    };
}
