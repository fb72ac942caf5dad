using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary>
/// A JSON number as it is written, without rounding: digits times a power of ten. <c>1.0</c> and <c>1</c> are the same, and <c>1e400</c> is a
/// number like any other.
/// </summary>
internal readonly struct DecimalNumber
{
    /// <summary>Powers beyond this are taken for this: no two numbers that anyone means differ there.</summary>
    private const long MostPower = 1_000_000_000_000;

    /// <summary>Division of longer numbers would cost more than it tells.</summary>
    private const int MostDivisibleDigits = 1024;

    private readonly bool _isNegative;
    private readonly string _digits; // neither zeros at the front nor at the end; empty for zero
    private readonly long _power;    // of the last digit

    private DecimalNumber(bool isNegative, string digits, long power)
    {
        _isNegative = isNegative;
        _digits = digits;
        _power = power;
    }

    /// <summary>Whether nothing stands behind the point.</summary>
    public bool IsWhole => _digits.Length == 0 || _power >= 0;

    public bool IsZero => _digits.Length == 0;

    public bool IsNegative => _isNegative;

    /// <summary>How many digits it has: what arithmetic with it costs.</summary>
    public int Digits => _digits.Length;

    /// <summary>The number in units of ten to the minus <paramref name="places"/>; null when it is no whole number of them, or has more than 18 digits.</summary>
    public long? InUnits(int places)
    {
        if (_digits.Length == 0) return 0;
        var zeros = _power + places;
        if (zeros < 0 || _digits.Length + zeros > 18) return null;
        var units = long.Parse(_digits, NumberStyles.None, CultureInfo.InvariantCulture);
        for (; zeros > 0; zeros--) units *= 10;
        return _isNegative ? -units : units;
    }

    /// <summary>Equal for equal numbers, and for no others.</summary>
    public string Canonical => string.Create(CultureInfo.InvariantCulture, $"{(_isNegative ? "-" : "")}{_digits}e{_power}");

    /// <summary>Reads a number.</summary>
    public static DecimalNumber Of(JsonElement number) => Of(JsonMarshal.GetRawUtf8Value(number));

    /// <summary>Reads a number by the grammar of JSON.</summary>
    public static DecimalNumber Of(ReadOnlySpan<byte> spelled)
    {
        var isNegative = spelled[0] == '-';
        if (isNegative) spelled = spelled[1..];
        var e = spelled.IndexOfAny((byte)'e', (byte)'E');
        var power = e < 0 ? 0 : PowerOf(spelled[(e + 1)..]);
        var mantissa = e < 0 ? spelled : spelled[..e];
        var point = mantissa.IndexOf((byte)'.');
        Span<char> digits = mantissa.Length <= 256 ? stackalloc char[mantissa.Length] : new char[mantissa.Length];
        var count = 0;
        foreach (var digit in mantissa)
        {
            if (digit != '.') digits[count++] = (char)digit;
        }

        digits = digits[..count];
        if (point >= 0) power -= mantissa.Length - point - 1;
        var trimmed = digits.TrimEnd('0');
        power += digits.Length - trimmed.Length;
        trimmed = trimmed.TrimStart('0');
        return trimmed.IsEmpty ? new DecimalNumber(false, "", 0) : new DecimalNumber(isNegative, trimmed.ToString(), power);
    }

    public int CompareTo(DecimalNumber other)
    {
        if (IsZero || other.IsZero || _isNegative != other._isNegative) return Sign.CompareTo(other.Sign);
        var places = (_digits.Length + _power).CompareTo(other._digits.Length + other._power);
        var size = places != 0 ? places : string.CompareOrdinal(_digits, other._digits); // the shorter one has zeros behind it
        return _isNegative ? -Math.Sign(size) : Math.Sign(size);
    }

    /// <summary>Whether it is a whole multiple of another one, which is not zero; null when that is too long to tell.</summary>
    public bool? IsMultipleOf(DecimalNumber divisor)
    {
        if (IsZero) return true;
        if (_digits.Length > MostDivisibleDigits || divisor._digits.Length > MostDivisibleDigits) return null;
        // digits × 10^shift must be divisible by the divisor's digits.
        var shift = _power - divisor._power;
        var value = BigInteger.Parse(_digits, NumberStyles.None, CultureInfo.InvariantCulture);
        var by = BigInteger.Parse(divisor._digits, NumberStyles.None, CultureInfo.InvariantCulture);
        if (shift >= 0) return (value % by * BigInteger.ModPow(10, shift, by) % by).IsZero;
        // The digits do not end in a zero, yet must be divisible by ten to this power: that cannot be.
        return false;
    }

    private int Sign => IsZero ? 0 : _isNegative ? -1 : 1;

    private static long PowerOf(ReadOnlySpan<byte> spelled)
    {
        var isNegative = spelled[0] == '-';
        if (spelled[0] is (byte)'-' or (byte)'+') spelled = spelled[1..];
        var power = 0L;
        foreach (var digit in spelled) power = Math.Min((power * 10) + digit - '0', MostPower);
        return isNegative ? -power : power;
    }
}
