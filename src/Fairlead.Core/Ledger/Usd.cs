using System.Globalization;

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

    /// <summary>Plain decimal dollars without trailing zeros and without a sign for the currency: <c>0.00011</c>.</summary>
    public override string ToString() =>
        (NanoDollars / 1_000_000_000m).ToString("0.#########", CultureInfo.InvariantCulture);
}
