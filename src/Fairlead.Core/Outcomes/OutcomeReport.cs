using Fairlead.Core.Ledger;

namespace Fairlead.Core.Outcomes;

/// <summary>The business result of one request, as its application reports it. Immutable.</summary>
/// <param name="RequestId">Our id of the request; well-formed.</param>
/// <param name="Tenant">The caller's: only a request of the same tenant may have it.</param>
/// <param name="Kind">What came of the answer.</param>
/// <param name="ReportedAt">When the report came.</param>
public sealed record OutcomeReport(string RequestId, string Tenant, OutcomeKind Kind, DateTimeOffset ReportedAt)
{
    /// <summary>The longest note.</summary>
    public const int MostNoteCharacters = 500;

    /// <summary>The largest value: a million dollars.</summary>
    public static Usd MostValue { get; } = new(1_000_000 * 1_000_000_000L);

    /// <summary>The name of the key that reports it; null without keys.</summary>
    public string? Key { get; init; }

    /// <summary>What it was worth, not negative, at most <see cref="MostValue"/>; null: not said.</summary>
    public Usd? Value { get; init; }

    /// <summary>How good it was, 0 to 1; null: not said.</summary>
    public double? Score { get; init; }

    /// <summary>In the application's words, without control characters, at most <see cref="MostNoteCharacters"/>; null for none.</summary>
    public string? Note { get; init; }
}

/// <summary>The last report of a request, as it is kept. Immutable.</summary>
/// <param name="Kind">What came of the answer.</param>
/// <param name="ReportedAt">When the report came.</param>
/// <param name="Reports">How many reports the request has.</param>
public sealed record StoredOutcome(OutcomeKind Kind, DateTimeOffset ReportedAt, long Reports)
{
    /// <summary>What it was worth; null: not said.</summary>
    public Usd? Value { get; init; }

    /// <summary>How good it was, 0 to 1; null: not said.</summary>
    public double? Score { get; init; }

    /// <summary>In the application's words; null for none.</summary>
    public string? Note { get; init; }
}
