using System.Collections.Immutable;

namespace Fairlead.Core.Ledger;

/// <summary>What was spent by one group of requests.</summary>
/// <param name="Values">The group: a value for each dimension that was asked for, in that order; null where the requests have none.</param>
/// <param name="Cost">The sum of its known costs, corrections included.</param>
public sealed record SpentRow(ImmutableArray<string?> Values, Usd Cost);
