using System.Collections.Immutable;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;

namespace Fairlead.Costs;

/// <summary>What a change of cost is asked of.</summary>
/// <param name="After">The period that is explained; told apart by what is asked for.</param>
/// <param name="Before">The period that it is compared with, and else the same.</param>
/// <param name="IsPerOutcome">Whether the cost per successful outcome is explained, in place of the whole.</param>
internal sealed record ChangeQuery(CostQuery After, CostQuery Before, bool IsPerOutcome)
{
    /// <summary>Values of <c>per</c>, the first of which holds where none is given.</summary>
    public static ImmutableArray<string> Kinds { get; } = ["total", "outcome"];

    /// <summary>Reads what is asked of a change beside what is asked of every report.</summary>
    /// <param name="after">The period that is explained.</param>
    /// <param name="againstFrom">Where the one before begins; null for one of the same length just before, or up to <paramref name="againstTo"/>.</param>
    /// <param name="againstTo">Where it ends; null for where the other one begins.</param>
    /// <param name="per">A value of <see cref="Kinds"/>; null for the first.</param>
    /// <param name="now">Now.</param>
    /// <param name="query">What is asked for.</param>
    /// <param name="error">The first that is wrong.</param>
    public static bool TryRead(CostQuery after, string? againstFrom, string? againstTo, string? per, DateTimeOffset now, out ChangeQuery query, out CostArgumentError error)
    {
        query = null!;
        error = default;
        if (after.By.FirstOrDefault(dimension => dimension.Period is not null) is { } period)
        {
            error = new CostArgumentError("by", $"Not by {period}: two periods are compared.");
            return false;
        }

        if (per is not null && !Kinds.Contains(per))
        {
            error = new CostArgumentError("per", $"Must be {string.Join(" or ", Kinds)}.");
            return false;
        }

        var until = after.From;
        if (againstTo is not null)
        {
            if (!new CostArguments { To = againstTo, Timezone = after.Zone.Id }.TryRead(now, out var ending, out error)) return Rename(ref error);
            until = ending.Until;
        }

        var from = until - (after.Until - after.From);
        if (againstFrom is not null)
        {
            if (!new CostArguments { From = againstFrom, To = Instant(until), Timezone = after.Zone.Id }.TryRead(now, out var beginning, out error)) return Rename(ref error);
            from = beginning.From;
        }

        query = new ChangeQuery(after, after with { From = from, Until = until }, per == Kinds[1]);
        return true;
    }

    /// <summary>The groups that a report is made from: what is asked for, and what a change of the mix is between.</summary>
    public static CostQuery Grouped(CostQuery query) => query with { By = [.. query.By, CostDimension.Target, CostDimension.Model] };

    /// <summary>Makes the report.</summary>
    /// <param name="read">Reads the groups of a query.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ChangeReport> ReportAsync(Func<CostQuery, Task<IReadOnlyCollection<SumsRow>>> read, CancellationToken cancellationToken) =>
        ChangeReport.Of(await read(Grouped(Before)), await read(Grouped(After)), IsPerOutcome, After.Limit, cancellationToken);

    private static string Instant(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", null);

    private static bool Rename(ref CostArgumentError error)
    {
        error = error with { Argument = error.Argument is "from" or "to" ? "against_" + error.Argument : error.Argument };
        return false;
    }
}
