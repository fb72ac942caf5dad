using Fairlead.Core.Ledger;

namespace Fairlead.Core.Budgets;

/// <summary>Why a budget has no room for an attempt.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Account">Its account; empty for the only one.</param>
/// <param name="Limit">Where it blocks.</param>
/// <param name="Left">What is left of that.</param>
/// <param name="Needed">What the attempt may cost at most.</param>
/// <param name="ResetsAt">When it begins anew.</param>
public sealed record BudgetRefusal(Budget Budget, string Account, Usd Limit, Usd Left, Usd Needed, DateTimeOffset ResetsAt);
