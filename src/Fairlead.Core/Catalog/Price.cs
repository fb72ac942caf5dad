using System.Collections.Immutable;

namespace Fairlead.Core.Catalog;

/// <summary>
/// Prices of a model in nano-dollars per million tokens. Null where no own price is known: cached input and cache writes then
/// cost what input costs, reasoning what output costs, and cache writes of an hour what <see cref="PriceArithmetic"/> says.
/// </summary>
/// <param name="Input">Input tokens.</param>
/// <param name="Output">Output tokens.</param>
/// <param name="CachedInput">Input tokens read from the vendor's cache.</param>
/// <param name="CacheWrite">Input tokens written to the vendor's cache.</param>
/// <param name="LongContext">Dearer prices above an input size, the smallest threshold first; empty when there are none.</param>
/// <param name="Version">Names this set of prices in the ledger, so that a charge can be derived again.</param>
public sealed record Price(
    long Input, long Output, long? CachedInput, long? CacheWrite, ImmutableArray<LongContextPrice> LongContext, string Version)
{
    /// <summary>Input tokens written to the vendor's cache for an hour.</summary>
    public long? CacheWriteOneHour { get; init; }
}

/// <summary>Prices that hold for the whole request once its input is above a size.</summary>
/// <param name="AboveInputTokens">The size, in tokens of input.</param>
/// <param name="Input">Input tokens; nano-dollars per million.</param>
/// <param name="Output">Output tokens.</param>
/// <param name="CachedInput">Cached input tokens; null: as input.</param>
/// <param name="CacheWrite">Cache writes; null: as input.</param>
public sealed record LongContextPrice(long AboveInputTokens, long Input, long Output, long? CachedInput, long? CacheWrite)
{
    /// <summary>Cache writes of an hour; null: as <see cref="PriceArithmetic"/> says.</summary>
    public long? CacheWriteOneHour { get; init; }
}
