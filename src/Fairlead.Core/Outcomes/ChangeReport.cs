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

    /// <summary>Explains the change: of the groups that are told, and of all requests.</summary>
    /// <param name="before">The groups of the period before, by what is asked for, then target and model.</param>
    /// <param name="after">The same of the period that is explained.</param>
    /// <param name="isPerOutcome">Whether the cost per successful outcome is explained, in place of the whole.</param>
    /// <param name="limit">At most so many rows.</param>
    /// <param name="cancellationToken">Gives up in between.</param>
    public static ChangeReport Of(IReadOnlyCollection<SumsRow> before, IReadOnlyCollection<SumsRow> after, bool isPerOutcome, int limit, CancellationToken cancellationToken)
    {
        // Nothing asked for is one group, of which the total says it all. To explain takes a thousand times as long as to compare: just those that are told.
        var groups = Groups(before, after, Asked);
        var told = groups.Values
            .Where(group => !group.Values.IsEmpty)
            .OrderByDescending(group => Math.Abs((decimal)(CostChange.DifferenceOf(group.Mix, isPerOutcome)?.NanoDollars ?? 0)))
            .ThenBy(group => Key(group.Values), StringComparer.Ordinal)
            .Take(limit)
            .Select(group => new ChangeRow(group.Values, Explain(group.Mix)))
            .ToImmutableArray();
        var total = Groups(before, after, static _ => []).Values.FirstOrDefault()?.Mix ?? [];
        return new ChangeReport(
            told,
            groups.Values.Count(group => !group.Values.IsEmpty) - told.Length,
            Explain(total),
            before.Sum(row => row.Sums.UnknownCosts),
            after.Sum(row => row.Sums.UnknownCosts));

        CostChange? Explain(IReadOnlyCollection<CostGroup> mix) => isPerOutcome ? CostChange.OfOutcome(mix, cancellationToken) : CostChange.OfTotal(mix, cancellationToken);
    }

    /// <summary>Rows brought together by some of their values, each with its targets and models.</summary>
    private static Dictionary<string, Group> Groups(IReadOnlyCollection<SumsRow> before, IReadOnlyCollection<SumsRow> after, Func<ImmutableArray<string?>, ImmutableArray<string?>> by)
    {
        var groups = new Dictionary<string, Group>(StringComparer.Ordinal);
        foreach (var row in before) Add(row.Values, new CostGroup(row.Sums.Consumed, Consumption.None));
        foreach (var row in after) Add(row.Values, new CostGroup(Consumption.None, row.Sums.Consumed));
        return groups;

        void Add(ImmutableArray<string?> values, CostGroup consumed)
        {
            var own = by(values);
            if (!groups.TryGetValue(Key(own), out var group)) groups.Add(Key(own), group = new Group(own));
            group.Add(Key(values[^MixDimensions..]), consumed);
        }
    }

    private static ImmutableArray<string?> Asked(ImmutableArray<string?> values) => values[..^MixDimensions];

    /// <summary>None is not the same as an empty text.</summary>
    private static string Key(ImmutableArray<string?> values) => string.Join('\0', values.Select(value => value is null ? "0" : "1" + value));

    /// <summary>What was asked for, and what its requests consumed by target and model.</summary>
    private sealed class Group(ImmutableArray<string?> values)
    {
        private readonly Dictionary<string, CostGroup> _mix = new(StringComparer.Ordinal);

        public ImmutableArray<string?> Values => values;

        public IReadOnlyCollection<CostGroup> Mix => _mix.Values;

        public void Add(string targetAndModel, CostGroup consumed) => _mix[targetAndModel] =
            _mix.TryGetValue(targetAndModel, out var known) ? new CostGroup(known.Before + consumed.Before, known.After + consumed.After) : consumed;
    }
}
