using System.Collections.Immutable;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Outcomes;

/// <summary>A group of requests.</summary>
/// <param name="Values">A value for each dimension that was asked for, in that order; null where the requests have none.</param>
/// <param name="Sums">What it adds up to.</param>
public sealed record SumsRow(ImmutableArray<string?> Values, RequestSums Sums);

/// <summary>Groups of requests with their outcomes.</summary>
/// <param name="Rows">The dearest first; by time where a period was asked for; empty where nothing was asked for.</param>
/// <param name="Others">The sum of the groups beyond the limit; null where there are none.</param>
/// <param name="OtherGroups">How many these are.</param>
/// <param name="Total">The sum of everything.</param>
public sealed record SumsReport(ImmutableArray<SumsRow> Rows, RequestSums? Others, int OtherGroups, RequestSums Total)
{
    /// <summary>Sorts, sums and shortens.</summary>
    /// <param name="rows">All groups, in no order.</param>
    /// <param name="query">What was asked for.</param>
    public static SumsReport Of(IReadOnlyCollection<SumsRow> rows, CostQuery query)
    {
        if (query.By.IsEmpty) return new SumsReport([], null, 0, Sum([.. rows]));
        var period = query.By.FirstOrDefault(dimension => dimension.Period is not null) is { } found ? query.By.IndexOf(found) : -1;
        var sorted = rows
            .OrderBy(row => period < 0 ? null : CostPeriods.OrderOf(query.By[period].Period!.Value, row.Values[period]!), StringComparer.Ordinal)
            .ThenByDescending(row => row.Sums.Cost.NanoDollars)
            .ThenBy(row => string.Join('\0', row.Values), StringComparer.Ordinal)
            .ToImmutableArray();
        var told = sorted.Length <= query.Limit ? sorted : sorted[..query.Limit];
        var others = sorted.AsSpan()[told.Length..];
        return new SumsReport(told, others.IsEmpty ? null : Sum(others), others.Length, Sum(sorted.AsSpan()));
    }

    private static RequestSums Sum(ReadOnlySpan<SumsRow> rows)
    {
        var sum = RequestSums.None;
        foreach (var row in rows) sum += row.Sums;
        return sum;
    }
}
