using System.Collections.Immutable;

namespace Fairlead.Core.Ledger;

/// <summary>What a report of costs is asked for.</summary>
public sealed record CostQuery
{
    /// <summary>The first time of acceptance. Money belongs to the time at which its request was accepted.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The last one, exclusive.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>What to tell apart, in order; empty for one sum. One of the periods at most.</summary>
    public ImmutableArray<CostDimension> By { get; init; } = [];

    /// <summary>What the requests must be; all of it. Null stands for those that have none. A dimension that comes several times takes any of its values.</summary>
    public ImmutableArray<(CostDimension Dimension, string? Value)> Where { get; init; } = [];

    /// <summary>The time zone of hours, days and months.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>How many groups to tell; the others are one sum. At least 1.</summary>
    public int Limit { get; init; } = int.MaxValue;
}

/// <summary>What was asked for.</summary>
/// <param name="Rows">The groups: by time where a period was asked for, else the dearest first.</param>
/// <param name="Others">The sum of the groups beyond the limit; null where there are none.</param>
/// <param name="OtherGroups">How many these are.</param>
/// <param name="Total">The sum of everything.</param>
public sealed record CostReport(ImmutableArray<CostRow> Rows, CostSums? Others, int OtherGroups, CostSums Total);

/// <summary>A group.</summary>
/// <param name="Values">A value for each dimension that was asked for, in that order; null where the requests have none.</param>
/// <param name="Sums">Its sums.</param>
public sealed record CostRow(ImmutableArray<string?> Values, CostSums Sums);

/// <summary>A report that cannot be made as it was asked for. The message says why, and what to do.</summary>
public sealed class CostQueryException(string message) : Exception(message);
