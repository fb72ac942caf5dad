using Fairlead.Core.Ledger;

namespace Fairlead.Storage.Sqlite;

/// <summary>Sums over a whole ledger.</summary>
/// <param name="Requests">Requests, those that still run included.</param>
/// <param name="Attempts">Upstream sends of the settled ones.</param>
/// <param name="Cost">What the attempts cost as far as it is known, corrections included.</param>
/// <param name="UnknownCosts">Attempts whose cost is not known.</param>
public sealed record LedgerTotals(long Requests, long Attempts, Usd Cost, long UnknownCosts);
