using Fairlead.Core.Ledger;

namespace Fairlead.Core.Outcomes;

/// <summary>What a route cost in a time, and how many of its requests were a success. Immutable.</summary>
/// <param name="Route">The route's name.</param>
/// <param name="Requests">How many requests it had that have ended.</param>
/// <param name="Successes">Those of them whose outcome is a success.</param>
/// <param name="Cost">What all of them cost, in all their attempts, as far as it is known.</param>
/// <param name="UnknownCosts">Attempts whose cost is not known.</param>
public sealed record RouteOutcomes(string Route, long Requests, long Successes, Usd Cost, long UnknownCosts)
{
    /// <summary>The cost over the successes, rounded half to even to a nano-dollar; null without successes.</summary>
    public Usd? CostPerSuccess => Successes == 0 ? null : new Usd(Rounding.Divide(Cost.NanoDollars, Successes));
}
