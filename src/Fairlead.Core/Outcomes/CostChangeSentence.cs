using System.Globalization;
using System.Text;

namespace Fairlead.Core.Outcomes;

/// <summary>
/// A change of cost in one sentence: <c>Cost rose by $1.20 (12 %) to $11.20: model mix +$0.90, output length +$0.40, volume −$0.10.</c> Amounts are rounded
/// to what the change makes worth telling; the parts that are too small for that are left out.
/// </summary>
public static class CostChangeSentence
{
    /// <summary>The sentence.</summary>
    /// <param name="change">The change.</param>
    /// <param name="isPerOutcome">Whether it is that of the cost per successful outcome.</param>
    public static string Of(CostChange change, bool isPerOutcome)
    {
        var subject = isPerOutcome ? "Cost per successful outcome" : "Cost";
        var difference = change.Change.NanoDollars;
        var most = Math.Max(Math.Abs((decimal)difference), change.Parts.Max(part => Math.Abs((decimal)part.NanoDollars)));
        var decimals = Decimals(difference == 0 ? most : Math.Abs((decimal)difference));
        var text = new StringBuilder(subject);
        if (difference == 0)
        {
            text.Append(" stayed at ").Append(Dollars(change.After.NanoDollars, Decimals(Math.Abs((decimal)change.After.NanoDollars))));
        }
        else
        {
            text.Append(difference > 0 ? " rose by " : " fell by ").Append(Dollars(Math.Abs((decimal)difference), decimals));
            if (change.Before.NanoDollars > 0) text.Append(CultureInfo.InvariantCulture, $" ({Percent(difference, change.Before.NanoDollars)} %)");
            text.Append(" to ").Append(Dollars(change.After.NanoDollars, decimals));
        }

        var separator = ": ";
        foreach (var factor in Enum.GetValues<CostFactor>().OrderByDescending(factor => Math.Abs((decimal)change[factor].NanoDollars)))
        {
            var part = change[factor].NanoDollars;
            var amount = Dollars(Math.Abs((decimal)part), decimals);
            if (amount == Dollars(0, decimals)) continue;
            text.Append(separator).Append(CostFactors.WordsOf(factor)).Append(part > 0 ? " +" : " −").Append(amount);
            separator = ", ";
        }

        return text.Append('.').ToString();
    }

    /// <summary>Two digits that count, and cents at least.</summary>
    private static int Decimals(decimal nanoDollars) =>
        nanoDollars == 0 ? 2 : Math.Clamp(1 - (int)Math.Floor(Math.Log10((double)(nanoDollars / 1_000_000_000m))), 2, 9);

    private static string Dollars(decimal nanoDollars, int decimals)
    {
        var dollars = Math.Round(Math.Abs(nanoDollars) / 1_000_000_000m, decimals);
        return (nanoDollars < 0 ? "−$" : "$") + dollars.ToString("#,0.00" + new string('#', decimals - 2), CultureInfo.InvariantCulture);
    }

    private static string Percent(long difference, long of)
    {
        var percent = Math.Abs((decimal)difference) / of * 100;
        return percent.ToString(percent < 10 ? "0.#" : "#,0", CultureInfo.InvariantCulture);
    }
}
