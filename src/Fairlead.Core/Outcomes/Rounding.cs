using System.Numerics;

namespace Fairlead.Core.Outcomes;

/// <summary>Whole numbers of nano-dollars from what does not divide evenly.</summary>
internal static class Rounding
{
    /// <summary>A quotient, rounded half to even.</summary>
    public static long Divide(BigInteger number, BigInteger by)
    {
        var quotient = BigInteger.DivRem(number, by, out var rest);
        var half = (BigInteger.Abs(rest) * 2).CompareTo(BigInteger.Abs(by));
        if (half > 0 || (half == 0 && !quotient.IsEven)) quotient += number.Sign * by.Sign;
        return (long)quotient;
    }

    /// <summary>
    /// Rounds parts so that they add up to a total: each to the whole number next to it towards zero, and what is then missing one by one to those that
    /// lost the most. The first of equals comes first; the parts and the total with the other sign give the same with the other sign.
    /// </summary>
    /// <param name="parts">Each times <paramref name="scale"/>.</param>
    /// <param name="scale">Positive.</param>
    /// <param name="total">Their sum, or the whole number next to it.</param>
    public static long[] Share(ReadOnlySpan<BigInteger> parts, BigInteger scale, long total)
    {
        var whole = new long[parts.Length];
        var rests = new BigInteger[parts.Length];
        BigInteger left = total;
        for (var i = 0; i < parts.Length; i++)
        {
            whole[i] = (long)BigInteger.DivRem(parts[i], scale, out rests[i]);
            left -= whole[i];
        }

        for (; !left.IsZero; left -= left.Sign)
        {
            var most = 0;
            for (var i = 1; i < parts.Length; i++)
            {
                if (rests[i] * left.Sign > rests[most] * left.Sign) most = i;
            }

            whole[most] += left.Sign;
            rests[most] -= scale * left.Sign;
        }

        return whole;
    }
}
