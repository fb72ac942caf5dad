using Fairlead.Core.Auditing;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Costs;

/// <summary>Changes of what the ledger holds already: each is written down before it is made.</summary>
internal sealed class LedgerChanges(SqliteLedger ledger, IAuditLog audit)
{
    /// <summary>Takes an end user out of the ledger.</summary>
    /// <param name="tenant">Whose user it is.</param>
    /// <param name="pseudonym">What the ledger calls them.</param>
    /// <param name="actor">Who does it.</param>
    /// <param name="reason">Why; null when nobody says.</param>
    /// <param name="cancellationToken">Gives up in between.</param>
    /// <returns>How many settled requests were theirs.</returns>
    /// <exception cref="AuditException">It could not be written down, and was not done.</exception>
    /// <exception cref="LedgerException">The ledger cannot be read or written.</exception>
    public async Task<long> EraseUserAsync(string tenant, string pseudonym, string actor, string? reason, CancellationToken cancellationToken)
    {
        await audit.AppendAsync(new AuditEntry(LedgerAuditActions.UserErase, actor, tenant) { Reason = reason, Detail = $$"""{"user":"{{pseudonym}}"}""" }, cancellationToken);
        return await ledger.EraseUserAsync(tenant, pseudonym, cancellationToken);
    }
}
