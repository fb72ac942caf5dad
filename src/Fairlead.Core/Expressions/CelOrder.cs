namespace Fairlead.Core.Expressions;

/// <summary>
/// Equality and order of values, as CEL has them: numbers compare across their types, texts by code point, false is before true.
/// Containers cost steps, since a small rule can build a value that is exponentially large to walk.
/// </summary>
internal static class CelOrder
{
    /// <summary>The answer of <see cref="Compare"/> when there is none: NaN.</summary>
    public const int Unordered = 2;

    /// <summary>The answer of <see cref="Compare"/> for values that CEL does not order.</summary>
    public const int NoOverload = 3;

    /// <summary>Whether two values are equal; of different kinds they are not. Check <paramref name="steps"/> afterwards: below zero the answer means nothing.</summary>
    public static bool AreEqual(in CelValue left, in CelValue right, ref int steps)
    {
        if (left.Kind != right.Kind) return left.IsNumber && right.IsNumber && CompareNumbers(left, right) == 0;
        switch (left.Kind)
        {
            case CelKind.Null: return true;
            case CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.Duration: return left.Bits == right.Bits;
            case CelKind.Double: return left.Number == right.Number;
            case CelKind.Timestamp: return left.Bits == right.Bits && left.Small == right.Small;
            case CelKind.String or CelKind.Type: return string.Equals((string)left.Reference!, (string)right.Reference!, StringComparison.Ordinal);
            case CelKind.Bytes: return left.AsBytes.SequenceEqual(right.AsBytes);
            case CelKind.List: return AreEqualLists(left, right, ref steps);
            case CelKind.Map: return AreEqualMaps(left, right, ref steps);
            default: return false;
        }
    }

    private static bool AreEqualLists(in CelValue left, in CelValue right, ref int steps)
    {
        var count = left.Count;
        if (count != right.Count) return false;
        for (var i = 0; i < count; i++)
        {
            if (--steps < 0 || !AreEqual(left[i], right[i], ref steps)) return false;
        }

        return true;
    }

    private static bool AreEqualMaps(in CelValue left, in CelValue right, ref int steps)
    {
        if (left.Count != right.Count) return false;
        foreach (var (key, value) in left.Entries)
        {
            if (--steps < 0 || !right.TryGet(key, out var other) || !AreEqual(value, other, ref steps)) return false;
        }

        return true;
    }

    /// <summary>Below, at or above zero; or <see cref="Unordered"/>, or <see cref="NoOverload"/>.</summary>
    public static int Compare(in CelValue left, in CelValue right)
    {
        if (left.Kind != right.Kind) return left.IsNumber && right.IsNumber ? CompareNumbers(left, right) : NoOverload;
        switch (left.Kind)
        {
            case CelKind.Bool or CelKind.Int or CelKind.Duration: return left.Bits.CompareTo(right.Bits);
            case CelKind.Uint: return unchecked((ulong)left.Bits).CompareTo(unchecked((ulong)right.Bits));
            case CelKind.Double: return CompareDoubles(left.Number, right.Number);
            case CelKind.Timestamp: return left.Bits != right.Bits ? left.Bits.CompareTo(right.Bits) : left.Small.CompareTo(right.Small);
            case CelKind.String: return Math.Sign(CompareTexts((string)left.Reference!, (string)right.Reference!));
            case CelKind.Bytes: return Math.Sign(left.AsBytes.SequenceCompareTo(right.AsBytes));
            default: return NoOverload;
        }
    }

    /// <summary>An integer meets a double as a double, so 9223372036854775807 and 9223372036854775808.0 are equal: that is the standard's own rule.</summary>
    public static int CompareNumbers(in CelValue left, in CelValue right) => (left.Kind, right.Kind) switch
    {
        (CelKind.Int, CelKind.Int) => left.Bits.CompareTo(right.Bits),
        (CelKind.Uint, CelKind.Uint) => unchecked((ulong)left.Bits).CompareTo(unchecked((ulong)right.Bits)),
        (CelKind.Int, CelKind.Uint) => left.Bits < 0 ? -1 : unchecked((ulong)left.Bits).CompareTo(unchecked((ulong)right.Bits)),
        (CelKind.Uint, CelKind.Int) => right.Bits < 0 ? 1 : unchecked((ulong)left.Bits).CompareTo(unchecked((ulong)right.Bits)),
        _ => CompareDoubles(AsNumber(left), AsNumber(right)),
    };

    public static int CompareDoubles(double left, double right) => left < right ? -1 : left > right ? 1 : left == right ? 0 : Unordered;

    public static double AsNumber(in CelValue value) => value.Kind switch
    {
        CelKind.Int => value.Bits,
        CelKind.Uint => unchecked((ulong)value.Bits),
        _ => value.Number,
    };

    /// <summary>By code point: UTF-16 units alone would put U+FFFD behind every character beyond the basic plane.</summary>
    public static int CompareTexts(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length) return left.Length - right.Length;
        char one = left[common], other = right[common];
        return char.IsSurrogate(one) == char.IsSurrogate(other) ? one - other : char.IsSurrogate(one) ? 1 : -1;
    }
}
