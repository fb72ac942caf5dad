using System.Numerics;
using CsCheck;
using Fairlead.Core.Catalog;
using Fairlead.Core.Execution;
using Fairlead.Core.Tests.Configuration;

namespace Fairlead.Core.Tests.Catalog;

/// <summary>Money, held against unbounded integers.</summary>
public sealed class PriceArithmeticTests
{
    private static readonly Gen<long> Nanos = Gen.Long[0, 1_000_000_000_000_000];
    private static readonly Gen<long?> MaybeNanos = Gen.Select(Gen.Bool, Nanos, (isKnown, nanos) => isKnown ? nanos : (long?)null);
    private static readonly Gen<LongContextPrice> Above = Gen.Select(Gen.Long[1, 1000], Nanos, Nanos, MaybeNanos, MaybeNanos, MaybeNanos, (size, input, output, cached, write, hour) => new LongContextPrice(size, input, output, cached, write) { CacheWriteOneHour = hour });
    private static readonly Gen<Price> Prices = Gen.Select(Nanos, Nanos, MaybeNanos, MaybeNanos, MaybeNanos, Above.Array[0, 3], (input, output, cached, write, hour, above) => new Price(input, output, cached, write, [.. above.DistinctBy(price => price.AboveInputTokens)], "v") { CacheWriteOneHour = hour });
    private static readonly Gen<TokenUsage> Usages = Gen.Select(Gen.Long[0, 700], Gen.Long[0, 700], Gen.Long[0, 350], Gen.Long[0, 350], Gen.Long[0, 2000], (fresh, cached, write, hour, output) => new TokenUsage(fresh + cached + write + hour, cached, write + hour, output, 0) { CacheWriteOneHour = hour });

    [Fact]
    public void Cost_AnyPriceAndUsage_IsTheExactSumRoundedOnce()
    {
        Gen.Select(Prices, Usages).Sample((price, usage) => Assert.Equal(Expected(price, usage), PriceArithmetic.Cost(price, usage).NanoDollars), iter: 20_000);
    }

    [Fact]
    public void OutputCost_AnyPriceAndUsage_IsAPartOfTheWhole()
    {
        Gen.Select(Prices, Usages).Sample((price, usage) =>
        {
            var output = PriceArithmetic.OutputCost(price, usage).NanoDollars;
            Assert.InRange(output, 0, PriceArithmetic.Cost(price, usage).NanoDollars);
            Assert.Equal(Expected(price with { Input = 0, CachedInput = 0, CacheWrite = 0, CacheWriteOneHour = 0, LongContext = [.. price.LongContext.Select(OnlyOutput)] }, usage), output);
        }, iter: 20_000);

        static LongContextPrice OnlyOutput(LongContextPrice above) => above with { Input = 0, CachedInput = 0, CacheWrite = 0, CacheWriteOneHour = 0 };
    }

    [Theory]
    [InlineData(1, 499_999, 0)]
    [InlineData(1, 500_000, 0)]          // half, to the even zero
    [InlineData(1, 500_001, 1)]
    [InlineData(1, 1_500_000, 2)]        // half, to the even two
    [InlineData(1, 2_500_000, 2)]
    [InlineData(3, 500_000, 2)]          // 1.5
    [InlineData(1_000_000, 2_500_000_000, 2_500_000_000)]
    [InlineData(0, 2_500_000_000, 0)]
    public void Cost_OfInput_RoundsHalfToEven(long tokens, long nanosPerMillion, long expected)
    {
        var price = new Price(nanosPerMillion, 0, null, null, [], "v");

        Assert.Equal(expected, PriceArithmetic.Cost(price, new TokenUsage(tokens, 0, 0, 0, 0)).NanoDollars);
    }

    [Fact]
    public void Cost_SeveralKinds_AreRoundedOnceTogether()
    {
        // Each alone is 0.4 and would vanish; together they are 1.6.
        var price = new Price(400_000, 400_000, 400_000, 400_000, [], "v");

        Assert.Equal(2, PriceArithmetic.Cost(price, new TokenUsage(3, 1, 1, 1, 0)).NanoDollars);
    }

    [Fact]
    public void Cost_AnOrdinaryAnswer_IsWhatABillSays()
    {
        // 1200 in, of them 1000 cached, at $2.50 and $1.25; 300 out at $10: 200 × 2.5 + 1000 × 1.25 + 300 × 10 millionths.
        var price = new Price(2_500_000_000, 10_000_000_000, 1_250_000_000, null, [], "v");

        Assert.Equal("0.00475", PriceArithmetic.Cost(price, new TokenUsage(1200, 1000, 0, 300, 250)).ToString());
    }

    [Fact]
    public void Cost_CachedWithoutAPriceOfItsOwn_CostsWhatInputCosts()
    {
        var price = new Price(3_000_000, 0, null, null, [], "v");

        Assert.Equal(30, PriceArithmetic.Cost(price, new TokenUsage(10, 4, 3, 0, 0)).NanoDollars);
    }

    [Fact]
    public void Cost_CacheWritesOfMinutesAndOfAnHour_ArePricedApart()
    {
        // claude-sonnet-4-5: 3 in, 3.75 for five minutes, 6 for an hour. 100 fresh, 40 for minutes, 60 for an hour.
        var price = new Price(3_000_000_000, 15_000_000_000, 300_000_000, 3_750_000_000, [], "v") { CacheWriteOneHour = 6_000_000_000 };

        Assert.Equal("0.00081", PriceArithmetic.Cost(price, new TokenUsage(200, 0, 100, 0, 0) { CacheWriteOneHour = 60 }).ToString());
        Assert.Equal("0.000675", PriceArithmetic.Cost(price, new TokenUsage(200, 0, 100, 0, 0)).ToString());
    }

    [Theory]
    [InlineData(3, null, 6)]     // Anthropic's ratio
    [InlineData(3, 4L, 6)]
    [InlineData(3, 7L, 7)]       // never cheaper than minutes
    [InlineData(0, null, 0)]
    public void Cost_CacheWriteOfAnHourWithoutAPriceOfItsOwn_IsTwiceInputOrAsOtherWrites(long input, long? write, long expected)
    {
        var price = new Price(input * 1_000_000, 0, null, write * 1_000_000, [], "v");

        Assert.Equal(expected, PriceArithmetic.Cost(price, new TokenUsage(1, 0, 1, 0, 0) { CacheWriteOneHour = 1 }).NanoDollars);
    }

    [Theory]
    [InlineData(200, 200)]       // not above
    [InlineData(201, 402)]
    [InlineData(500, 1000)]
    [InlineData(501, 1503)]
    public void Cost_AboveASize_HoldsForTheWholeAttempt(long input, long expected)
    {
        var price = new Price(1_000_000, 0, null, null, [new LongContextPrice(500, 3_000_000, 0, null, null), new LongContextPrice(200, 2_000_000, 0, null, null)], "v");

        Assert.Equal(expected, PriceArithmetic.Cost(price, new TokenUsage(input, 0, 0, 0, 0)).NanoDollars);
    }

    [Fact]
    public void Cost_TooLarge_Throws()
    {
        var price = new Price(long.MaxValue, long.MaxValue, null, null, [], "v");

        Assert.Throws<OverflowException>(() => PriceArithmetic.Cost(price, new TokenUsage(1_000_001, 0, 0, 0, 0)));
        Assert.Throws<OverflowException>(() => PriceArithmetic.Cost(price, new TokenUsage(long.MaxValue, 0, 0, long.MaxValue, 0)));
        Assert.Equal(long.MaxValue, PriceArithmetic.Cost(price, new TokenUsage(1_000_000, 0, 0, 0, 0)).NanoDollars);
    }

    [Theory]
    [InlineData(-1, 0, 0, 0, 0)]
    [InlineData(1, -1, 0, 0, 0)]
    [InlineData(1, 0, -1, 0, 0)]
    [InlineData(1, 0, 0, 0, -1)]
    [InlineData(1, 1, 1, 0, 0)]
    [InlineData(1, 0, 1, -1, 0)]
    [InlineData(3, 0, 1, 2, 0)]
    public void Cost_CountsThatCannotBe_Throw(long input, long cached, long write, long hour, long output)
    {
        var price = new Price(1, 1, null, null, [], "v");

        Assert.Throws<ArgumentOutOfRangeException>(() => PriceArithmetic.Cost(price, new TokenUsage(input, cached, write, output, 0) { CacheWriteOneHour = hour }));
    }

    [Fact]
    public void WorstPrice_OfARoute_IsNeverCheaperThanAnyOfItsTargets()
    {
        var prices = new[] { ("a", "1", "9", ", cached_input: 0.5"), ("b", "3", "4", ""), ("c", "2", "5", ", cache_write: 7, cache_write_1h: 8") };
        var snapshot = Compiling.Snapshot($$"""
            providers: { p: { kind: simulated } }
            targets:
              free: { provider: p, model: free }
            {{string.Join("\n", prices.Select(price => $"  {price.Item1}: {{ provider: p, model: m, price: {{ input: {price.Item2}, output: {price.Item3}{price.Item4} }} }}"))}}
            routes: [ { name: default, tiers: [ { use: [a, free] }, { use: [b, c] } ] }, { name: none, tiers: [ { use: [free] } ] } ]
            """);

        var worst = snapshot.Routes[0].WorstPrice!;
        Assert.Equal((3_000_000_000, 9_000_000_000, 3_000_000_000, 7_000_000_000), (worst.Input, worst.Output, worst.CachedInput!.Value, worst.CacheWrite!.Value));
        Assert.Equal(8_000_000_000, worst.CacheWriteOneHour);
        Assert.Equal("worst:" + snapshot.Revision, worst.Version);
        Assert.Null(snapshot.Routes[1].WorstPrice);
    }

    [Fact]
    public void WorstPrice_WithLongContext_HoldsAtEverySize()
    {
        var snapshot = Compiling.Snapshot(
            """
            providers: { openai: { kind: openai, keys: ["env:K"] } }
            targets: { long: { provider: openai, model: gpt-5.4 }, flat: { provider: openai, model: gpt-4o, price: { input: 4, output: 16 } } }
            routes: [ { name: default, tiers: [ { use: [long, flat] } ] } ]
            """,
            ("K", "key"));

        // $2.50/$15 up to 272,000 tokens of input and $5/$22.50 above, against $4/$16.
        var worst = snapshot.Routes[0].WorstPrice!;
        Assert.Equal(4_000, PriceArithmetic.Cost(worst, new TokenUsage(1, 0, 0, 0, 0)).NanoDollars);
        Assert.Equal(272_000 * 4_000L, PriceArithmetic.Cost(worst, new TokenUsage(272_000, 0, 0, 0, 0)).NanoDollars);
        Assert.Equal(272_001 * 5_000L, PriceArithmetic.Cost(worst, new TokenUsage(272_001, 0, 0, 0, 0)).NanoDollars);
        Assert.Equal((272_001 * 5_000L) + 22_500, PriceArithmetic.Cost(worst, new TokenUsage(272_001, 0, 0, 1, 0)).NanoDollars);
    }

    private static long Expected(Price price, TokenUsage usage)
    {
        var (input, output, cached, write, hour) = (price.Input, price.Output, price.CachedInput, price.CacheWrite, price.CacheWriteOneHour);
        foreach (var above in price.LongContext.Where(above => usage.Input > above.AboveInputTokens).OrderBy(above => above.AboveInputTokens))
        {
            (input, output, cached, write, hour) = (above.Input, above.Output, above.CachedInput, above.CacheWrite, above.CacheWriteOneHour);
        }

        var sum = (BigInteger)(usage.Input - usage.CachedInput - usage.CacheWrite) * input
            + (BigInteger)usage.CachedInput * (cached ?? input)
            + (BigInteger)(usage.CacheWrite - usage.CacheWriteOneHour) * (write ?? input)
            + (BigInteger)usage.CacheWriteOneHour * (hour ?? Math.Max(write ?? input, 2 * input))
            + (BigInteger)usage.Output * output;
        var whole = BigInteger.DivRem(sum, 1_000_000, out var rest);
        var isUp = rest > 500_000 || (rest == 500_000 && !whole.IsEven);
        return (long)(isUp ? whole + 1 : whole);
    }
}
