using System.Collections.Immutable;

namespace Fairlead.Core.Outcomes;

/// <summary>Why the cost of a group of requests changed.</summary>
/// <param name="Values">A value for each dimension that was asked for, in that order; null where the requests have none.</param>
/// <param name="Change">The change with its parts; null where it is per successful outcome and a period has none.</param>
public sealed record ChangeRow(ImmutableArray<string?> Values, CostChange? Change);

/// <summary>Why a cost changed from one period to another: of all requests, and of each group by itself. The parts of a group are of its own change.</summary>
/// <param name="Rows">The groups, those with the largest change first.</param>
/// <param name="OtherGroups">How many groups the limit left out.</param>
/// <param name="Total">Of all requests; null where it is per successful outcome and a period has none.</param>
/// <param name="UnknownBefore">Requests of the period before whose cost is not known: they are left out.</param>
/// <param name="UnknownAfter">The same of the period that is explained.</param>
public sealed record ChangeReport(ImmutableArray<ChangeRow> Rows, int OtherGroups, CostChange? Total, long UnknownBefore, long UnknownAfter)
{
    /// <summary>How many of the last values of a row tell apart what a change of the mix is between: target and model.</summary>
    public const int MixDimensions = 2;

    /// <summary>Explains the change.</summary>
    /// <param name="before">The groups of the period before, by what is asked for, then target and model.</param>
    /// <param name="after">The same of the period that is explained.</param>
    /// <param name="isPerOutcome">Whether the cost per successful outcome is explained, in place of the whole.</param>
    /// <param name="limit">At most so many rows.</param>
    public static ChangeReport Of(IReadOnlyCollection<SumsRow> before, IReadOnlyCollection<SumsRow> after, bool isPerOutcome, int limit)
    {
        var groups = new Dictionary<string, (ImmutableArray<string?> Values, CostGroup Group)>(StringComparer.Ordinal);
        foreach (var row in before) groups[Key(row.Values)] = (row.Values, new CostGroup(row.Sums.Consumed, Consumption.None));
        foreach (var row in after)
        {
            var known = groups.GetValueOrDefault(Key(row.Values));
            groups[Key(row.Values)] = (row.Values, new CostGroup(known.Group.Before ?? Consumption.None, row.Sums.Consumed));
        }

        CostChange? Explain(IEnumerable<CostGroup> some) => isPerOutcome ? CostChange.OfOutcome([.. some]) : CostChange.OfTotal([.. some]);

        // Nothing asked for is one group, of which the total says it all.
        var rows = groups.Values
            .GroupBy(entry => Key(Asked(entry.Values)), StringComparer.Ordinal)
            .Select(group => new ChangeRow(Asked(group.First().Values), Explain(group.Select(entry => entry.Group))))
            .Where(row => !row.Values.IsEmpty)
            .OrderByDescending(row => Math.Abs((decimal)(row.Change?.Change.NanoDollars ?? 0)))
            .ThenBy(row => Key(row.Values), StringComparer.Ordinal)
            .ToImmutableArray();
        var told = rows.Length <= limit ? rows : rows[..limit];
        return new ChangeReport(
            told, rows.Length - told.Length, Explain(groups.Values.Select(entry => entry.Group)), before.Sum(row => row.Sums.UnknownCosts), after.Sum(row => row.Sums.UnknownCosts));
    }

    private static ImmutableArray<string?> Asked(ImmutableArray<string?> values) => values[..^MixDimensions];

    /// <summary>None is not the same as an empty text.</summary>
    private static string Key(ImmutableArray<string?> values) => string.Join('\0', values.Select(value => value is null ? "0" : "1" + value));
}
