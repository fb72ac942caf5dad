namespace Fairlead.Core.Budgets;

/// <summary>
/// The tightest budget that applies to a request, as rules see it: a hint, for what is reserved decides. Immutable.
/// </summary>
/// <param name="Used">The share that is spent, 0 to 1; 0 where no budget applies.</param>
/// <param name="Left">US dollars that are left; infinite where no budget applies.</param>
public sealed record BudgetView(double Used, double Left)
{
    /// <summary>No budget applies.</summary>
    public static BudgetView None { get; } = new(0, double.PositiveInfinity);
}
