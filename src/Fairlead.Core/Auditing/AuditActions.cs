namespace Fairlead.Core.Auditing;

/// <summary>Names of what is written down. They are stable: people search for them.</summary>
public static class AuditActions
{
    /// <summary>What a name ends with when what an earlier record announced did not come to be.</summary>
    public const string Failed = ".failed";

    /// <summary>A gateway begins to serve.</summary>
    public const string GatewayStart = "gateway.start";

    /// <summary>A gateway ends.</summary>
    public const string GatewayStop = "gateway.stop";

    /// <summary>A configuration is applied through the administration API.</summary>
    public const string ConfigurationApply = "configuration.apply";

    /// <summary>An earlier configuration is applied again through the administration API.</summary>
    public const string ConfigurationRollback = "configuration.rollback";

    /// <summary>A changed file is applied.</summary>
    public const string ConfigurationReload = "configuration.reload";

    /// <summary>A configuration with errors was not applied.</summary>
    public const string ConfigurationRefuse = "configuration.refuse";

    /// <summary>A key is made.</summary>
    public const string KeyCreate = "key.create";

    /// <summary>A key is replaced by a new one of its name.</summary>
    public const string KeyRotate = "key.rotate";

    /// <summary>A key is ended for good.</summary>
    public const string KeyRevoke = "key.revoke";

    /// <summary>A target's breaker is opened, closed or left to itself by hand.</summary>
    public const string TargetBreaker = "target.breaker";

    /// <summary>Keys of a provider that were left alone may be tried again.</summary>
    public const string ProviderRelease = "provider.release";

    /// <summary>An end user is taken out of the ledger.</summary>
    public const string UserErase = "user.erase";

    /// <summary>Costs are computed anew at the prices in force.</summary>
    public const string CostsRerate = "costs.rerate";

    /// <summary>Costs were computed anew: what it came to.</summary>
    public const string CostsRerated = "costs.rerated";

    /// <summary>What is older than the configuration keeps is removed.</summary>
    public const string LedgerRetention = "ledger.retention";
}
