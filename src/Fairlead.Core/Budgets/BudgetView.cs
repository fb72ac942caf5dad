namespace Fairlead.Core.Budgets;

/// <summary>
/// The tightest budget that applies to a request, as rules see it: a hint, for what is reserved decides. Immutable.
/// </summary>
/// <param name="Used">The share that is spent or held by running requests, 0 upwards; 0 where no budget applies.</param>
/// <param name="Left">US dollars that are left; infinite where no budget applies.</param>
public sealed record BudgetView(double Used, double Left)
{
    /// <summary>No budget applies.</summary>
    public static BudgetView None { get; } = new(0, double.PositiveInfinity);

    /// <summary>The budget for whose sake the cheapest candidate comes first; null where none asks for it.</summary>
    public string? Cheapest { get; init; }
}
