using System.Collections.Immutable;
using System.Numerics;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Outcomes;

/// <summary>What the requests of one target and model consumed in each of two periods.</summary>
/// <param name="Before">In the period that is compared with.</param>
/// <param name="After">In the period that is explained.</param>
public readonly record struct CostGroup(Consumption Before, Consumption After);

/// <summary>
/// Why a cost differs between two periods. With groups g, one for each target and model,
/// <code>cost = requests × Σg share × attempts per request × (input tokens per attempt × input price + output tokens per attempt × output price)</code>
/// where prices are what was paid for a token on average. A factor's part is the mean, over all orders in which the six factors could have changed one
/// after the other, of what its own change did (the Shapley value): no order is preferred, a factor that did not change has no part, and the parts add
/// up. They are computed in whole numbers and rounded so that they add up to the nano-dollar. What a factor is in a period cannot be told of a group that
/// is not in it: there it counts as unchanged, so that a target that is new or gone is a change of the mix. What was charged without tokens belongs to the price.
/// </summary>
/// <param name="Before">The cost of the period that is compared with, or its cost per successful outcome.</param>
/// <param name="After">That of the period that is explained.</param>
/// <param name="Parts">What each factor did, in the order of <see cref="CostFactor"/>: together the change.</param>
public sealed record CostChange(Usd Before, Usd After, ImmutableArray<Usd> Parts)
{
    /// <summary>Fractions of a nano-dollar that are computed with: far more than sums of truncated terms can lose.</summary>
    private const int FractionBits = 96;

    /// <summary>Of the six factors, as bits.</summary>
    private const int Subsets = 1 << CostFactors.Count;

    /// <summary>Weights of a change beside a number of factors that have changed already, over <see cref="AllOrders"/>: k! (5 − k)!.</summary>
    private static readonly int[] Orders = [120, 24, 12, 12, 24, 120];

    private const int AllOrders = 720;

    /// <summary>After less before.</summary>
    public Usd Change => After - Before;

    /// <summary>What a factor did.</summary>
    public Usd this[CostFactor factor] => Parts[(int)factor];

    /// <summary>Explains the change of the whole cost.</summary>
    /// <param name="groups">One for each target and model.</param>
    /// <param name="cancellationToken">Gives up between two groups.</param>
    public static CostChange OfTotal(IReadOnlyCollection<CostGroup> groups, CancellationToken cancellationToken = default)
    {
        var (before, after) = Totals(groups);
        return Of(groups, before, after, new Usd(before.CostNanoDollars), new Usd(after.CostNanoDollars), BigInteger.One, BigInteger.One, cancellationToken);
    }

    /// <summary>Explains the change of the cost per successful outcome, that of all requests over the successes; null where a period has no success.</summary>
    /// <param name="groups">One for each target and model.</param>
    /// <param name="cancellationToken">Gives up between two groups.</param>
    public static CostChange? OfOutcome(IReadOnlyCollection<CostGroup> groups, CancellationToken cancellationToken = default)
    {
        var (before, after) = Totals(groups);
        return PerOutcome(before) is { } costBefore && PerOutcome(after) is { } costAfter
            ? Of(groups, before, after, costBefore, costAfter, before.Successes, after.Successes, cancellationToken)
            : null;
    }

    /// <summary>The change alone, without its parts; null where it is per successful outcome and a period has no success.</summary>
    public static Usd? DifferenceOf(IReadOnlyCollection<CostGroup> groups, bool isPerOutcome)
    {
        var (before, after) = Totals(groups);
        return isPerOutcome ? PerOutcome(after) - PerOutcome(before) : new Usd(after.CostNanoDollars) - new Usd(before.CostNanoDollars);
    }

    private static Usd? PerOutcome(Consumption consumed) => consumed.Successes == 0 ? null : new Usd(Rounding.Divide(consumed.CostNanoDollars, consumed.Successes));

    private static CostChange Of(
        IReadOnlyCollection<CostGroup> groups,
        Consumption before,
        Consumption after,
        Usd costBefore,
        Usd costAfter,
        BigInteger successesBefore,
        BigInteger successesAfter,
        CancellationToken cancellationToken)
    {
        // 1. What the cost would be if just these factors had changed, for every subset of them.
        var costs = new BigInteger[Subsets];
        foreach (var group in groups)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Add(costs, group, before, after, successesBefore, successesAfter);
        }

        // 2. What a factor's change did, over all orders.
        var parts = new BigInteger[CostFactors.Count];
        for (var factor = 0; factor < CostFactors.Count; factor++)
        {
            for (var changed = 0; changed < Subsets; changed++)
            {
                if ((changed & (1 << factor)) == 0) parts[factor] += Orders[BitOperations.PopCount((uint)changed)] * (costs[changed | (1 << factor)] - costs[changed]);
            }
        }

        // 3. What no token accounts for, and what truncation lost.
        var exact = Scaled(after.CostNanoDollars, successesAfter) - Scaled(before.CostNanoDollars, successesBefore);
        parts[(int)CostFactor.Price] += AllOrders * (exact - (costs[Subsets - 1] - costs[0]));
        var shares = Rounding.Share(parts, AllOrders * (BigInteger.One << FractionBits), (costAfter - costBefore).NanoDollars);
        return new CostChange(costBefore, costAfter, [.. shares.Select(share => new Usd(share))]);
    }

    private static void Add(BigInteger[] costs, CostGroup group, Consumption before, Consumption after, BigInteger successesBefore, BigInteger successesAfter)
    {
        var (a, b) = (group.Before, group.After);
        // Never undefined: a period that is explained per success has one.
        var volume = new Factor(new Fraction(before.Requests, successesBefore), new Fraction(after.Requests, successesAfter));
        var share = Factor.Of(a.Requests, before.Requests, b.Requests, after.Requests);
        var attempts = Factor.Of(a.Attempts, a.Requests, b.Attempts, b.Requests);
        var input = Factor.Of(a.InputTokens, a.Attempts, b.InputTokens, b.Attempts);
        var output = Factor.Of(a.OutputTokens, a.Attempts, b.OutputTokens, b.Attempts);
        var inputPrice = Factor.Of(a.InputCostNanoDollars, a.InputTokens, b.InputCostNanoDollars, b.InputTokens);
        var outputPrice = Factor.Of(a.OutputCostNanoDollars, a.OutputTokens, b.OutputCostNanoDollars, b.OutputTokens);
        for (var changed = 0; changed < Subsets; changed++)
        {
            var sent = volume.At(changed, CostFactor.Volume) * share.At(changed, CostFactor.ModelMix) * attempts.At(changed, CostFactor.Retries);
            costs[changed] += (sent * input.At(changed, CostFactor.PromptLength) * inputPrice.At(changed, CostFactor.Price)).Scaled()
                + (sent * output.At(changed, CostFactor.OutputLength) * outputPrice.At(changed, CostFactor.Price)).Scaled();
        }
    }

    private static (Consumption Before, Consumption After) Totals(IReadOnlyCollection<CostGroup> groups)
    {
        var (before, after) = (Consumption.None, Consumption.None);
        foreach (var group in groups) (before, after) = (before + group.Before, after + group.After);
        return (before, after);
    }

    private static BigInteger Scaled(BigInteger number, BigInteger by) => new Fraction(number, by).Scaled();

    /// <summary>A quotient that is not shortened.</summary>
    private readonly record struct Fraction(BigInteger Number, BigInteger By)
    {
        public static Fraction operator *(Fraction left, Fraction right) => new(left.Number * right.Number, left.By * right.By);

        /// <summary>In the smallest fractions that are computed with, towards zero: equal quotients are equal, and those of the other sign too.</summary>
        public BigInteger Scaled() => (Number << FractionBits) / By;
    }

    /// <summary>What a factor is in each period.</summary>
    private readonly record struct Factor(Fraction Before, Fraction After)
    {
        /// <summary>Two quotients; one by zero is taken to be the other, and both zero where neither can be told.</summary>
        public static Factor Of(long before, long beforeBy, long after, long afterBy)
        {
            if (beforeBy == 0 && afterBy == 0) return new Factor(new Fraction(0, 1), new Fraction(0, 1));
            var (a, b) = (new Fraction(before, beforeBy), new Fraction(after, afterBy));
            return new Factor(beforeBy == 0 ? b : a, afterBy == 0 ? a : b);
        }

        /// <summary>The one that holds when a subset of the factors has changed.</summary>
        public Fraction At(int changed, CostFactor factor) => (changed & (1 << (int)factor)) == 0 ? Before : After;
    }
}
