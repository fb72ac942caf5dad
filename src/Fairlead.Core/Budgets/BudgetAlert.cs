using Fairlead.Core.Ledger;

namespace Fairlead.Core.Budgets;

/// <summary>A share of a budget has been spent, for the first time in its span.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Account">Its account; empty for the only one.</param>
/// <param name="Threshold">The share, and what follows.</param>
/// <param name="Spent">What is spent.</param>
/// <param name="Limit">Of what.</param>
/// <param name="ResetsAt">When it begins anew.</param>
public sealed record BudgetAlert(Budget Budget, string Account, BudgetThreshold Threshold, Usd Spent, Usd Limit, DateTimeOffset ResetsAt);
