namespace Fairlead.Core.Auditing;

/// <summary>Names of what is written down about the ledger.</summary>
public static class LedgerAuditActions
{
    /// <summary>An end user is taken out of the ledger.</summary>
    public const string UserErase = "user.erase";

    /// <summary>Costs are computed anew at the prices in force.</summary>
    public const string CostsRerate = "costs.rerate";

    /// <summary>What is older than the configuration keeps is removed.</summary>
    public const string LedgerRetention = "ledger.retention";
}
