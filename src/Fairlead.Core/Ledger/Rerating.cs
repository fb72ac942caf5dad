using Fairlead.Core.Catalog;

namespace Fairlead.Core.Ledger;

/// <summary>Costs that are to be computed anew.</summary>
/// <param name="From">The first time of acceptance.</param>
/// <param name="Until">The last one, exclusive.</param>
/// <param name="PriceOf">The price in force of what was sent; null where it has none.</param>
public sealed record Rerating(DateTimeOffset From, DateTimeOffset Until, Func<SentTo, Price?> PriceOf)
{
    /// <summary>Attempts of this target alone; null: of all.</summary>
    public string? Target { get; init; }

    /// <summary>Whether nothing is written: what would come of it is told.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Why, as it stands in each correction.</summary>
    public string Reason { get; init; } = "price in force";
}

/// <summary>Where an attempt went, as the ledger has it. Targets are changed and their names given anew: what was used says the model at the provider.</summary>
/// <param name="Target">The target's name.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="Model">The model that was asked for there.</param>
public readonly record struct SentTo(string Target, string Provider, string Model);

/// <summary>What came of computing costs anew.</summary>
/// <param name="Attempts">Attempts that something is owed for.</param>
/// <param name="Corrected">Those that a correction was written for.</param>
/// <param name="NowKnown">Those of them whose cost was unknown before.</param>
/// <param name="Unpriced">Those for which there is no price in force: they stay as they were.</param>
/// <param name="Difference">What all costs together are more than before; less, where it is negative.</param>
public sealed record RerateResult(long Attempts, long Corrected, long NowKnown, long Unpriced, Usd Difference)
{
    /// <summary>What came of two parts together.</summary>
    public static RerateResult operator +(RerateResult one, RerateResult other) => new(
        one.Attempts + other.Attempts, one.Corrected + other.Corrected, one.NowKnown + other.NowKnown, one.Unpriced + other.Unpriced, one.Difference + other.Difference);
}
