using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Catalog;

/// <summary>What tokens cost. Integers only; pure.</summary>
public static class PriceArithmetic
{
    private const long TokensPerPrice = 1_000_000;

    /// <summary>
    /// The cost of one attempt: each kind of tokens at its price, the products summed, the sum rounded once, half to even, to the
    /// nano-dollar. The long-context price with the largest size below the input holds for the whole attempt. Cache writes of an
    /// hour without a price of their own cost twice what input costs, as at Anthropic, or what other writes cost where that is more.
    /// </summary>
    /// <param name="price">The price.</param>
    /// <param name="usage">Canonical counts: cached input and cache writes are part of input, reasoning is part of output.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative, or the parts of the input or of the cache writes are more than these.</exception>
    /// <exception cref="OverflowException">The cost does not fit into <see cref="Usd"/>.</exception>
    public static Usd Cost(Price price, TokenUsage usage)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(usage.CachedInput, nameof(usage));
        ArgumentOutOfRangeException.ThrowIfNegative(usage.CacheWrite, nameof(usage));
        ArgumentOutOfRangeException.ThrowIfNegative(usage.CacheWriteOneHour, nameof(usage));
        ArgumentOutOfRangeException.ThrowIfNegative(usage.Output, nameof(usage));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(usage.CacheWriteOneHour, usage.CacheWrite, nameof(usage));
        var fresh = (Int128)usage.Input - usage.CachedInput - usage.CacheWrite;
        if (fresh < 0) throw new ArgumentOutOfRangeException(nameof(usage), "Cached input and cache writes are part of the input.");

        var rates = RatesAt(price, usage.Input);
        var sum = checked(
            (fresh * rates.Input)
            + ((Int128)usage.CachedInput * rates.CachedInput)
            + ((Int128)(usage.CacheWrite - usage.CacheWriteOneHour) * rates.CacheWrite)
            + ((Int128)usage.CacheWriteOneHour * rates.CacheWriteOneHour)
            + ((Int128)usage.Output * rates.Output));
        return new Usd(checked((long)RoundHalfEven(sum, TokensPerPrice)));
    }

    /// <summary>
    /// What an attempt can cost at most, rounded up, in nano-dollars: every token of input at the dearest kind of input, every one of output, and
    /// the dearest of the prices that hold for any size of input up to this.
    /// </summary>
    /// <param name="price">The price.</param>
    /// <param name="inputTokens">The prompt has no more tokens; at least 0.</param>
    /// <param name="outputTokens">The answers together have no more; at least 0.</param>
    /// <param name="writesCache">Whether the vendor bills what a prompt writes into its cache, be there a price for it or not.</param>
    /// <returns>At most <see cref="long.MaxValue"/>, which is then too little.</returns>
    public static long Most(Price price, long inputTokens, long outputTokens, bool writesCache)
    {
        var most = At(RatesAt(price, 0));
        foreach (var above in price.LongContext)
        {
            if (inputTokens > above.AboveInputTokens) most = Int128.Max(most, At(RatesAt(price, above.AboveInputTokens + 1)));
        }

        return (long)Int128.Min((most + TokensPerPrice - 1) / TokensPerPrice, long.MaxValue);

        Int128 At(Rates rates)
        {
            var input = Math.Max(Math.Max(rates.Input, rates.CachedInput), rates.CacheWrite);
            if (writesCache) input = Math.Max(input, rates.CacheWriteOneHour);
            return ((Int128)inputTokens * input) + ((Int128)outputTokens * rates.Output);
        }
    }

    /// <summary>How many tokens of output an amount certainly pays beside a prompt: the reverse of <see cref="Most"/>.</summary>
    /// <param name="price">The price.</param>
    /// <param name="inputTokens">The prompt has no more tokens.</param>
    /// <param name="amount">Nano-dollars.</param>
    /// <param name="writesCache">As there.</param>
    /// <returns>At least 0; <see cref="long.MaxValue"/> where output costs nothing.</returns>
    public static long OutputFor(Price price, long inputTokens, long amount, bool writesCache)
    {
        var dearest = RatesAt(price, 0).Output;
        foreach (var above in price.LongContext)
        {
            if (inputTokens > above.AboveInputTokens) dearest = Math.Max(dearest, RatesAt(price, above.AboveInputTokens + 1).Output);
        }

        if (dearest == 0) return long.MaxValue;
        var left = (Int128)amount - Most(price, inputTokens, 0, writesCache);
        return left <= 0 ? 0 : (long)Int128.Min(left * TokensPerPrice / dearest, long.MaxValue);
    }

    /// <summary>
    /// The part of <see cref="Cost"/> that the output tokens cost, rounded in the same way: never more than the whole. The rest is
    /// what the input costs, so that the two parts add up exactly.
    /// </summary>
    /// <param name="price">The price.</param>
    /// <param name="usage">Counts that <see cref="Cost"/> takes.</param>
    /// <exception cref="OverflowException">The cost does not fit into <see cref="Usd"/>.</exception>
    public static Usd OutputCost(Price price, TokenUsage usage) =>
        new(checked((long)RoundHalfEven((Int128)usage.Output * RatesAt(price, usage.Input).Output, TokensPerPrice)));

    /// <summary>
    /// What a price is at an input size, the same for every size: for sums over requests, whose own sizes are not known any more.
    /// </summary>
    internal static Price At(Price price, long inputTokens)
    {
        var rates = RatesAt(price, inputTokens);
        return new Price(rates.Input, rates.Output, rates.CachedInput, rates.CacheWrite, [], price.Version) { CacheWriteOneHour = rates.CacheWriteOneHour };
    }

    /// <summary>
    /// The dearest price of each kind at every input size; null when none of <paramref name="prices"/> is known.
    /// </summary>
    /// <param name="prices">The prices; null for an unpriced target.</param>
    /// <param name="version">Names the result.</param>
    internal static Price? Worst(IEnumerable<Price?> prices, string version)
    {
        var known = prices.OfType<Price>().ToArray();
        if (known.Length == 0) return null;
        var worst = Dearest(known, inputTokens: 0);
        // The dearest of several changes only where one of them does.
        var sizes = known.SelectMany(price => price.LongContext).Select(above => above.AboveInputTokens).Distinct().Order();
        return new Price(
            worst.Input, worst.Output, worst.CachedInput, worst.CacheWrite,
            [.. sizes.Select(size => Above(size, Dearest(known, size + 1)))],
            version)
        {
            CacheWriteOneHour = worst.CacheWriteOneHour,
        };
    }

    private static LongContextPrice Above(long inputTokens, Rates rates) =>
        new(inputTokens, rates.Input, rates.Output, rates.CachedInput, rates.CacheWrite) { CacheWriteOneHour = rates.CacheWriteOneHour };

    private static Rates Dearest(Price[] prices, long inputTokens)
    {
        var dearest = new Rates(0, 0, 0, 0, 0);
        foreach (var price in prices)
        {
            var rates = RatesAt(price, inputTokens);
            dearest = new Rates(
                Math.Max(dearest.Input, rates.Input),
                Math.Max(dearest.Output, rates.Output),
                Math.Max(dearest.CachedInput, rates.CachedInput),
                Math.Max(dearest.CacheWrite, rates.CacheWrite),
                Math.Max(dearest.CacheWriteOneHour, rates.CacheWriteOneHour));
        }

        return dearest;
    }

    private static Rates RatesAt(Price price, long inputTokens)
    {
        LongContextPrice? holds = null;
        foreach (var above in price.LongContext)
        {
            if (inputTokens > above.AboveInputTokens && (holds is null || above.AboveInputTokens > holds.AboveInputTokens)) holds = above;
        }

        return holds is null
            ? Known(price.Input, price.Output, price.CachedInput, price.CacheWrite, price.CacheWriteOneHour)
            : Known(holds.Input, holds.Output, holds.CachedInput, holds.CacheWrite, holds.CacheWriteOneHour);
    }

    private static Rates Known(long input, long output, long? cachedInput, long? cacheWrite, long? cacheWriteOneHour)
    {
        var write = cacheWrite ?? input;
        var twiceInput = (long)Int128.Min((Int128)input * 2, long.MaxValue);
        return new Rates(input, output, cachedInput ?? input, write, cacheWriteOneHour ?? Math.Max(write, twiceInput));
    }

    private static Int128 RoundHalfEven(Int128 value, long divisor)
    {
        var (quotient, remainder) = Int128.DivRem(value, divisor);
        var twice = remainder * 2;
        return twice > divisor || (twice == divisor && Int128.IsOddInteger(quotient)) ? quotient + 1 : quotient;
    }

    /// <summary>Nano-dollars per million tokens, every kind known.</summary>
    private readonly record struct Rates(long Input, long Output, long CachedInput, long CacheWrite, long CacheWriteOneHour);
}
