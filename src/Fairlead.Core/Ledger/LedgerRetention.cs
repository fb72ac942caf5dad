namespace Fairlead.Core.Ledger;

/// <summary>How long a ledger keeps what it has. Null: for ever.</summary>
/// <param name="Requests">Requests with their attempts, corrections, decisions and outcomes; at least <see cref="LeastDays"/> days.</param>
/// <param name="Costs">Their sums by quarter of an hour; not less than <paramref name="Requests"/>.</param>
public sealed record LedgerRetention(TimeSpan? Requests, TimeSpan? Costs)
{
    /// <summary>A month, and a day of any time zone: budgets are counted from requests.</summary>
    public const int LeastDays = 32;

    /// <summary>A century.</summary>
    public const int MostDays = 36_500;

    /// <summary>Everything is kept.</summary>
    public static LedgerRetention Everything { get; } = new(null, null);

    /// <summary>What was accepted before this is no longer kept: whole days, in UTC, so that a day goes at once.</summary>
    /// <param name="kept">How long something is kept; null: for ever.</param>
    /// <param name="now">Now.</param>
    /// <returns>The beginning of the oldest day that is kept; null where all are.</returns>
    public static DateTimeOffset? OldestKept(TimeSpan? kept, DateTimeOffset now) =>
        kept is { } span && now - DateTimeOffset.UnixEpoch > span ? new DateTimeOffset((now - span).UtcDateTime.Date, TimeSpan.Zero) : null;
}

/// <summary>What was removed from a ledger.</summary>
/// <param name="Requests">Requests, with all that belonged to them.</param>
/// <param name="Rollups">Sums of quarters of an hour.</param>
public sealed record RemovedRows(long Requests, long Rollups);
