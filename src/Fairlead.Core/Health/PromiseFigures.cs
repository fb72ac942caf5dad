namespace Fairlead.Core.Health;

/// <summary>How a route stands to its promise, at one moment. An objective that the promise has not is null. Immutable.</summary>
/// <param name="Promise">The promise.</param>
/// <param name="P95">The objective of its time to answer.</param>
/// <param name="Success">The objective of its answers.</param>
public sealed record PromiseFigures(Promise Promise, ObjectiveFigures? P95, ObjectiveFigures? Success);

/// <summary>One objective: a share of requests that may be bad, and how much of it was used. Immutable.</summary>
/// <param name="AllowedShare">The error budget: the share of the window's requests that may be bad, above 0 and below 1.</param>
/// <param name="Events">Requests in the window.</param>
/// <param name="BadEvents">Those of them that broke the objective.</param>
/// <param name="RecentEvents">Requests in the last hour.</param>
/// <param name="RecentBadEvents">Those of them that broke it.</param>
public sealed record ObjectiveFigures(double AllowedShare, long Events, long BadEvents, long RecentEvents, long RecentBadEvents)
{
    /// <summary>Share of requests that kept the objective, 0 to 1; null without requests.</summary>
    public double? Compliance => Events == 0 ? null : (double)(Events - BadEvents) / Events;

    /// <summary>What is left of the budget: 1 when nothing was used, 0 when all was, negative when more was. 1 without requests.</summary>
    public double BudgetLeft => Events == 0 ? 1 : 1 - (BadEvents / (AllowedShare * Events));

    /// <summary>
    /// How fast the last hour used the budget: its share of bad requests over the allowed one. At 1 the budget lasts exactly as long as
    /// the window. Null without requests in the hour.
    /// </summary>
    public double? BurnRate => RecentEvents == 0 ? null : (double)RecentBadEvents / RecentEvents / AllowedShare;
}

/// <summary>What was counted of a route that promises something, over a span of time.</summary>
/// <param name="Requests">Requests that say something of the promise.</param>
/// <param name="BadLatency">Those of them that broke the promised time.</param>
/// <param name="BadSuccess">Those of them that were not answered.</param>
public readonly record struct PromiseCounts(long Requests, long BadLatency, long BadSuccess);
