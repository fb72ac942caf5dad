using System.Globalization;
using Fairlead.Core.Configuration;
using Fairlead.Core.Validation;

namespace Fairlead.Core.Ledger;

/// <summary>An amount of money in nano-dollars (1 USD = 1,000,000,000). Integer arithmetic only, checked.</summary>
public readonly record struct Usd(long NanoDollars)
{
    /// <summary>Nothing.</summary>
    public static Usd Zero => default;

    /// <summary>Sum; throws <see cref="OverflowException"/> rather than wrap.</summary>
    public static Usd operator +(Usd left, Usd right) => new(checked(left.NanoDollars + right.NanoDollars));

    /// <summary>Difference; throws <see cref="OverflowException"/> rather than wrap.</summary>
    public static Usd operator -(Usd left, Usd right) => new(checked(left.NanoDollars - right.NanoDollars));

    /// <summary>Reads plain decimal dollars, exactly: no sign, no exponent, at most nine decimals and a million dollars.</summary>
    public static bool TryParse(string text, out Usd amount)
    {
        amount = default;
        if (text.StartsWith('$') || !Units.TryNanoDollars(text, out var nanoDollars)) return false;
        amount = new Usd(nanoDollars);
        return true;
    }

    /// <summary>Reads a JSON number of dollars, exactly: it may have an exponent, and is no part of a nano-dollar. False beyond a billion dollars.</summary>
    /// <param name="number">By the grammar of JSON.</param>
    /// <param name="amount">Negative where the number is.</param>
    public static bool TryParseNumber(ReadOnlySpan<byte> number, out Usd amount)
    {
        var nanoDollars = DecimalNumber.Of(number).InUnits(9);
        amount = new Usd(nanoDollars ?? 0);
        return nanoDollars is not null;
    }

    /// <summary>Plain decimal dollars without trailing zeros and without a sign for the currency: <c>0.00011</c>.</summary>
    public override string ToString()
    {
        Span<char> text = stackalloc char[32];
        var (whole, rest) = Math.DivRem(NanoDollars, 1_000_000_000);
        var at = 0;
        if (NanoDollars < 0) text[at++] = '-';
        Math.Abs(whole).TryFormat(text[at..], out var written, default, CultureInfo.InvariantCulture);
        at += written;
        if (rest == 0) return new string(text[..at]);
        text[at++] = '.';
        Math.Abs(rest).TryFormat(text[at..], out _, "D9", CultureInfo.InvariantCulture);
        return new string(text[..(at + 9)].TrimEnd('0'));
    }
}
