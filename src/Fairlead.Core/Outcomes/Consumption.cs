namespace Fairlead.Core.Outcomes;

/// <summary>What a group of requests consumed, all of whose costs are known. Immutable.</summary>
/// <param name="Requests">How many there are.</param>
/// <param name="Successes">Those of them whose outcome is a success.</param>
/// <param name="Attempts">Attempts of theirs that were billed.</param>
/// <param name="InputTokens">Of these attempts.</param>
/// <param name="OutputTokens">Of these attempts.</param>
/// <param name="CostNanoDollars">The cost of all their attempts.</param>
/// <param name="OutputCostNanoDollars">The part of it that the output tokens cost.</param>
public sealed record Consumption(long Requests, long Successes, long Attempts, long InputTokens, long OutputTokens, long CostNanoDollars, long OutputCostNanoDollars)
{
    /// <summary>Nothing.</summary>
    public static Consumption None { get; } = new(0, 0, 0, 0, 0, 0, 0);

    /// <summary>The part of the cost that is not the output's.</summary>
    public long InputCostNanoDollars => CostNanoDollars - OutputCostNanoDollars;

    /// <summary>Both together.</summary>
    public static Consumption operator +(Consumption left, Consumption right) => new(
        left.Requests + right.Requests, left.Successes + right.Successes, left.Attempts + right.Attempts, left.InputTokens + right.InputTokens, left.OutputTokens + right.OutputTokens,
        checked(left.CostNanoDollars + right.CostNanoDollars), checked(left.OutputCostNanoDollars + right.OutputCostNanoDollars));
}
