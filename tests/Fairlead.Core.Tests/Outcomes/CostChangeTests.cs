using System.Collections.Immutable;
using System.Numerics;
using CsCheck;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;

namespace Fairlead.Core.Tests.Outcomes;

/// <summary>Parts of a change of cost: exact, without a preferred order, and those of factors that changed.</summary>
public sealed class CostChangeTests
{
    private static readonly Gen<Consumption> GenConsumption =
        from requests in Gen.Long[0, 6]
        from successes in Gen.Long[0, requests]
        from attempts in Gen.Long[0, requests * 2]
        from input in attempts == 0 ? Gen.Const(0L) : Gen.OneOf(Gen.Const(0L), Gen.Long[0, 5000])
        from output in attempts == 0 ? Gen.Const(0L) : Gen.OneOf(Gen.Const(0L), Gen.Long[0, 5000])
        from inputCost in Gen.OneOf(Gen.Long[-3, 3], Gen.Long[-1000, 2_000_000_000_000])
        from outputCost in Gen.OneOf(Gen.Long[-3, 3], Gen.Long[-1000, 2_000_000_000_000])
        select requests == 0 ? Consumption.None : new Consumption(requests, successes, attempts, input, output, inputCost + outputCost, outputCost);

    private static readonly Gen<CostGroup[]> GenGroups = Gen.Select(GenConsumption, GenConsumption, (before, after) => new CostGroup(before, after)).Array[0, 4];

    [Fact]
    public void Parts_AddUpToTheNanoDollar() => GenGroups.Sample(groups =>
    {
        foreach (var change in Both(groups)) Assert.Equal(change.Change.NanoDollars, change.Parts.Sum(part => part.NanoDollars));
    });

    [Fact]
    public void Total_IsTheDifferenceOfTheCosts() => GenGroups.Sample(groups =>
    {
        var change = CostChange.OfTotal(groups);
        Assert.Equal(groups.Sum(group => group.Before.CostNanoDollars), change.Before.NanoDollars);
        Assert.Equal(groups.Sum(group => group.After.CostNanoDollars), change.After.NanoDollars);
    });

    [Fact]
    public void Parts_OfTheWayBack_AreTheSameWithTheOtherSign() => GenGroups.Sample(groups =>
    {
        var back = groups.Select(group => new CostGroup(group.After, group.Before)).ToArray();
        foreach (var (there, other) in Both(groups).Zip(Both(back)))
        {
            Assert.Equal(there.Before, other.After);
            Assert.Equal(there.Parts.Select(part => -part.NanoDollars), other.Parts.Select(part => part.NanoDollars));
        }
    });

    [Fact]
    public void Parts_DoNotDependOnTheOrderOfGroups() => GenGroups.Sample(groups =>
    {
        foreach (var (one, other) in Both(groups).Zip(Both([.. groups.Reverse()]))) Assert.Equal(one.Parts, other.Parts);
    });

    [Fact]
    public void Parts_AreThoseOfAllOrdersOneByOne() => GenGroups.Sample(
        groups =>
        {
            var total = CostChange.OfTotal(groups);
            AssertNear(AllOrders.Parts(groups, 1, 1), total);
            var (before, after) = (groups.Sum(group => group.Before.Successes), groups.Sum(group => group.After.Successes));
            if (CostChange.OfOutcome(groups) is { } perOutcome) AssertNear(AllOrders.Parts(groups, before, after), perOutcome);
            else Assert.True(before == 0 || after == 0);
        },
        iter: 60);

    [Theory]
    [InlineData(CostFactor.Volume)]
    [InlineData(CostFactor.ModelMix)]
    [InlineData(CostFactor.Retries)]
    [InlineData(CostFactor.PromptLength)]
    [InlineData(CostFactor.OutputLength)]
    [InlineData(CostFactor.Price)]
    public void Part_OnlyOneFactorChanged_IsTheWholeChange(CostFactor only) =>
        Gen.Select(Gen.Long[1, 9], Gen.Long[1, 9], Gen.Long[1, 900], Gen.Long[1, 900], Gen.Long[1, 90_000], Gen.Long[2, 7]).Sample((requests, attempts, input, output, price, times) =>
        {
            CostGroup Group(long share, long expensive)
            {
                var before = Of(requests * share, attempts, input, output, price * expensive);
                var after = only switch
                {
                    CostFactor.Volume => Of(requests * share * times, attempts, input, output, price * expensive),
                    CostFactor.ModelMix => Of(requests * (10 - share), attempts, input, output, price * expensive),
                    CostFactor.Retries => Of(requests * share, attempts * times, input, output, price * expensive),
                    CostFactor.PromptLength => Of(requests * share, attempts, input * times, output, price * expensive),
                    CostFactor.OutputLength => Of(requests * share, attempts, input, output * times, price * expensive),
                    _ => Of(requests * share, attempts, input, output, price * expensive * times),
                };
                return new CostGroup(before, after);
            }

            var change = CostChange.OfTotal([Group(3, 1), Group(7, 5)]);

            foreach (var factor in Enum.GetValues<CostFactor>()) Assert.Equal(factor == only ? change.Change : Usd.Zero, change[factor]);
            Assert.NotEqual(Usd.Zero, change.Change);
        });

    [Fact]
    public void Part_MoreSuccessesOfTheSameRequests_IsVolumePerOutcome()
    {
        var change = CostChange.OfOutcome([new CostGroup(Of(10, 1, 100, 100, 10) with { Successes = 2 }, Of(10, 1, 100, 100, 10) with { Successes = 5 })])!;

        Assert.Equal(change.Change, change[CostFactor.Volume]);
        Assert.Equal(10_000 - 4_000, -change.Change.NanoDollars);
    }

    [Fact]
    public void Group_ThatIsNew_IsAChangeOfTheMix()
    {
        // The same number of requests; one of two goes to a target that is twice as dear.
        var change = CostChange.OfTotal([new CostGroup(Of(10, 1, 10, 10, 50), Of(5, 1, 10, 10, 50)), new CostGroup(Consumption.None, Of(5, 1, 10, 10, 100))]);

        Assert.Equal(new Usd(5_000), change.Change);
        Assert.Equal(change.Change, change[CostFactor.ModelMix]);
    }

    [Fact]
    public void Period_WithoutRequests_IsAChangeOfVolume()
    {
        var change = CostChange.OfTotal([new CostGroup(Consumption.None, Of(4, 1, 10, 10, 50))]);

        Assert.Equal(new Usd(4_000), change[CostFactor.Volume]);
        Assert.Equal(change.Change, change[CostFactor.Volume]);
    }

    [Fact]
    public void Cost_WithoutTokens_BelongsToThePrice()
    {
        var change = CostChange.OfTotal([new CostGroup(Of(2, 1, 10, 10, 5), Of(2, 1, 10, 10, 5)), new CostGroup(new Consumption(1, 0, 0, 0, 0, 7, 7), new Consumption(1, 0, 0, 0, 0, 9, 9))]);

        Assert.Equal(new Usd(2), change[CostFactor.Price]);
        Assert.Equal(change.Change, change[CostFactor.Price]);
    }

    [Fact]
    public void Nothing_ChangesNothing()
    {
        Assert.Equal(Usd.Zero, CostChange.OfTotal([]).Change);
        Assert.Null(CostChange.OfOutcome([]));
    }

    [Fact]
    public void Largest_OfWhatALedgerCanHold_IsComputed()
    {
        const long many = 1_000_000_000_000;
        var change = CostChange.OfTotal([new CostGroup(new Consumption(many, many, 3 * many, 90_000 * many, 1_000 * many, 4_000_000_000_000_000_000, 1_000_000_000_000_000_000), Of(1, 1, 1, 1, 1))]);

        Assert.Equal(change.Change.NanoDollars, change.Parts.Sum(part => part.NanoDollars));
    }

    /// <summary>Requests that are all alike: attempts each, tokens per attempt, nano-dollars per token.</summary>
    private static Consumption Of(long requests, long attempts, long input, long output, long price) => new(
        requests, 0, requests * attempts, requests * attempts * input, requests * attempts * output, requests * attempts * (input + output) * price, requests * attempts * output * price);

    private static IEnumerable<CostChange> Both(CostGroup[] groups)
    {
        yield return CostChange.OfTotal(groups);
        if (CostChange.OfOutcome(groups) is { } perOutcome) yield return perOutcome;
    }

    private static void AssertNear(ImmutableArray<AllOrders.Ratio> expected, CostChange change)
    {
        for (var i = 0; i < expected.Length; i++) Assert.True((expected[i] - new AllOrders.Ratio(change.Parts[i].NanoDollars, 1)).IsBelow(2), $"{(CostFactor)i}");
    }

    /// <summary>The same in the plainest way: every order of the factors, each changed after the other, in exact fractions. Shares no arithmetic with the product.</summary>
    private static class AllOrders
    {
        public static ImmutableArray<Ratio> Parts(CostGroup[] groups, long successesBefore, long successesAfter)
        {
            var parts = Enumerable.Repeat(new Ratio(0, 1), 6).ToArray();
            var orders = Permutations([0, 1, 2, 3, 4, 5]).ToList();
            foreach (var order in orders)
            {
                var isAfter = new bool[6];
                var cost = Cost(groups, isAfter, successesBefore, successesAfter);
                foreach (var factor in order)
                {
                    isAfter[factor] = true;
                    var next = Cost(groups, isAfter, successesBefore, successesAfter);
                    parts[factor] += next - cost;
                    cost = next;
                }
            }

            for (var i = 0; i < 6; i++) parts[i] = new Ratio(parts[i].Top, parts[i].Bottom * orders.Count);
            var charged = new Ratio(groups.Sum(group => group.After.CostNanoDollars), successesAfter) - new Ratio(groups.Sum(group => group.Before.CostNanoDollars), successesBefore);
            parts[5] += charged - parts.Aggregate((one, other) => one + other);
            return [.. parts];
        }

        private static readonly Dictionary<(int, CostGroup[]), Ratio> Costs = [];

        private static Ratio Cost(CostGroup[] groups, bool[] isAfter, long successesBefore, long successesAfter)
        {
            var key = (isAfter.Select((after, i) => after ? 1 << i : 0).Sum() + (successesBefore == 1 && successesAfter == 1 ? 64 : 0), groups);
            lock (Costs)
            {
                if (Costs.TryGetValue(key, out var known)) return known;
            }

            long Requests(bool after) => groups.Sum(group => after ? group.After.Requests : group.Before.Requests);
            var sum = new Ratio(0, 1);
            foreach (var group in groups)
            {
                // Of a period in which it cannot be told, the other one's.
                Ratio Told(bool after, Func<Consumption, long> top, Func<Consumption, long> bottom)
                {
                    var wanted = after ? group.After : group.Before;
                    var other = after ? group.Before : group.After;
                    return bottom(wanted) != 0 ? new Ratio(top(wanted), bottom(wanted)) : bottom(other) != 0 ? new Ratio(top(other), bottom(other)) : new Ratio(0, 1);
                }

                var volume = isAfter[0] ? new Ratio(Requests(true), successesAfter) : new Ratio(Requests(false), successesBefore);
                var shareOfAfter = isAfter[1] ? Requests(true) != 0 : Requests(false) == 0;
                var share = Requests(shareOfAfter) == 0 ? new Ratio(0, 1) : new Ratio((shareOfAfter ? group.After : group.Before).Requests, Requests(shareOfAfter));
                var attempts = Told(isAfter[2], of => of.Attempts, of => of.Requests);
                var input = Told(isAfter[3], of => of.InputTokens, of => of.Attempts) * Told(isAfter[5], of => of.CostNanoDollars - of.OutputCostNanoDollars, of => of.InputTokens);
                var output = Told(isAfter[4], of => of.OutputTokens, of => of.Attempts) * Told(isAfter[5], of => of.OutputCostNanoDollars, of => of.OutputTokens);
                sum += volume * share * attempts * (input + output);
            }

            lock (Costs) return Costs[key] = sum;
        }

        private static IEnumerable<int[]> Permutations(int[] items) =>
            items.Length <= 1 ? [items] : items.SelectMany(first => Permutations([.. items.Where(item => item != first)]).Select(rest => (int[])[first, .. rest]));

        public readonly record struct Ratio(BigInteger Top, BigInteger Bottom)
        {
            public static Ratio operator +(Ratio one, Ratio other) => Short((one.Top * other.Bottom) + (other.Top * one.Bottom), one.Bottom * other.Bottom);

            public static Ratio operator -(Ratio one, Ratio other) => Short((one.Top * other.Bottom) - (other.Top * one.Bottom), one.Bottom * other.Bottom);

            public static Ratio operator *(Ratio one, Ratio other) => Short(one.Top * other.Top, one.Bottom * other.Bottom);

            public bool IsBelow(int limit) => BigInteger.Abs(Top) < limit * Bottom;

            private static Ratio Short(BigInteger top, BigInteger bottom)
            {
                var common = BigInteger.GreatestCommonDivisor(top, bottom);
                return common.IsOne ? new Ratio(top, bottom) : new Ratio(top / common, bottom / common);
            }
        }
    }
}
