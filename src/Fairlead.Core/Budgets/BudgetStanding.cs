using Fairlead.Core.Ledger;

namespace Fairlead.Core.Budgets;

/// <summary>How an account of a budget stands.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Account">The value of its dimension; empty for the only one, and for requests without a value.</param>
/// <param name="Limit">What may be spent in the span.</param>
/// <param name="Spent">What is spent.</param>
/// <param name="Reserved">What running attempts hold.</param>
/// <param name="Span">The span that it counts in.</param>
public sealed record BudgetStanding(Budget Budget, string Account, Usd Limit, Usd Spent, Usd Reserved, BudgetSpan Span)
{
    /// <summary>What of <see cref="Spent"/> the ledger has not been given yet: sends that have ended of requests that have not.</summary>
    public Usd Unwritten { get; init; }
}
