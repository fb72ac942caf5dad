namespace Fairlead.Core.Expressions;

/// <summary>A type of the policy language. <see cref="Dyn"/> is any type, checked when the rule is evaluated. Immutable.</summary>
public sealed class CelType : IEquatable<CelType>
{
    private CelType(string name, CelKind kind, CelType? key = null, CelType? element = null)
    {
        Name = name;
        Kind = kind;
        Key = key;
        Element = element;
    }

    public static CelType Bool { get; } = new("bool", CelKind.Bool);

    public static CelType Int { get; } = new("int", CelKind.Int);

    public static CelType Uint { get; } = new("uint", CelKind.Uint);

    public static CelType Double { get; } = new("double", CelKind.Double);

    public static CelType String { get; } = new("string", CelKind.String);

    public static CelType Bytes { get; } = new("bytes", CelKind.Bytes);

    public static CelType Null { get; } = new("null_type", CelKind.Null);

    public static CelType Timestamp { get; } = new("timestamp", CelKind.Timestamp);

    public static CelType Duration { get; } = new("duration", CelKind.Duration);

    public static CelType Type { get; } = new("type", CelKind.Type);

    public static CelType Dyn { get; } = new("dyn", CelKind.Unknown);

    public static CelType List(CelType element) => new("list", CelKind.List, element: element);

    public static CelType Map(CelType key, CelType value) => new("map", CelKind.Map, key, value);

    /// <summary>The kind of its values; <see cref="CelKind.Unknown"/> for <see cref="Dyn"/>.</summary>
    public CelKind Kind { get; }

    /// <summary>The type of a map's keys; else null.</summary>
    public CelType? Key { get; }

    /// <summary>The type of a list's members or a map's values; else null.</summary>
    public CelType? Element { get; }

    private string Name { get; }

    internal bool IsDyn => Kind == CelKind.Unknown;

    internal bool IsNumber => Kind is CelKind.Int or CelKind.Uint or CelKind.Double;

    /// <summary>Whether a value of this type may stand where <paramref name="expected"/> is asked for; dyn may stand anywhere.</summary>
    internal bool Fits(CelType expected) =>
        IsDyn || expected.IsDyn ||
        (Kind == expected.Kind && (Key is null || Key.Fits(expected.Key!)) && (Element is null || Element.Fits(expected.Element!)));

    /// <summary>Whether the two can be equal: numbers compare across their types.</summary>
    internal bool CanEqual(CelType other) =>
        IsDyn || other.IsDyn || (IsNumber && other.IsNumber) ||
        (Kind == other.Kind && (Key is null || Key.CanEqual(other.Key!)) && (Element is null || Element.CanEqual(other.Element!)));

    /// <summary>The type that holds both; dyn when they differ.</summary>
    internal static CelType Join(CelType one, CelType other)
    {
        if (one.Equals(other)) return one;
        if (one.Kind != other.Kind) return Dyn;
        return one.Kind switch
        {
            CelKind.List => List(Join(one.Element!, other.Element!)),
            CelKind.Map => Map(Join(one.Key!, other.Key!), Join(one.Element!, other.Element!)),
            _ => one,
        };
    }

    /// <summary>The name that <c>type()</c> gives.</summary>
    internal static string NameOf(in CelValue value) => value.Kind switch
    {
        CelKind.Null => "null_type",
        CelKind.Bool => "bool",
        CelKind.Int => "int",
        CelKind.Uint => "uint",
        CelKind.Double => "double",
        CelKind.String => "string",
        CelKind.Bytes => "bytes",
        CelKind.Timestamp => "google.protobuf.Timestamp",
        CelKind.Duration => "google.protobuf.Duration",
        CelKind.List => "list",
        CelKind.Map => "map",
        CelKind.Type => "type",
        CelKind.Error => "error",
        _ => "unknown",
    };

    public bool Equals(CelType? other) =>
        other is not null && (ReferenceEquals(this, other) || (Kind == other.Kind && Equals(Key, other.Key) && Equals(Element, other.Element)));

    public override bool Equals(object? obj) => Equals(obj as CelType);

    public override int GetHashCode() => HashCode.Combine(Kind, Key, Element);

    /// <summary>As CEL writes it: <c>list(string)</c>.</summary>
    public override string ToString() => Kind switch
    {
        CelKind.List => $"list({Element})",
        CelKind.Map => $"map({Key}, {Element})",
        _ => Name,
    };
}
