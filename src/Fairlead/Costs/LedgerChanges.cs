using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Core.Auditing;
using Fairlead.Core.Classification;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Costs;

/// <summary>Changes of what the ledger holds already: each is written down before it is made.</summary>
internal sealed class LedgerChanges(SqliteLedger ledger, IAuditLog audit)
{
    /// <summary>Who does what nobody asks for at that moment.</summary>
    private const string Gateway = "gateway";

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
        await audit.AppendAsync(new AuditEntry(AuditActions.UserErase, actor, tenant) { Reason = reason, Detail = $$"""{"user":"{{pseudonym}}"}""" }, cancellationToken);
        return await ledger.EraseUserAsync(tenant, pseudonym, cancellationToken);
    }

    /// <summary>Removes what is older than it is to be kept. Where nothing is, nothing is written down.</summary>
    /// <param name="keep">How long what is kept.</param>
    /// <param name="now">Now.</param>
    /// <param name="cancellationToken">Ends it in between.</param>
    /// <returns>Null where nothing was to be removed.</returns>
    /// <exception cref="AuditException">It could not be written down, and was not done.</exception>
    /// <exception cref="LedgerException">The ledger cannot be read or written.</exception>
    public async Task<RemovedRows?> RemoveExpiredAsync(LedgerRetention keep, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (requests, costs) = (LedgerRetention.OldestKept(keep.Requests, now), LedgerRetention.OldestKept(keep.Costs, now));
        if (!await ledger.HasExpiredAsync(requests, costs, cancellationToken)) return null;
        var detail = new JsonObject();
        if (requests is { } oldest) detail["requests_before"] = oldest.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (costs is { } sums) detail["costs_before"] = sums.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        await audit.AppendAsync(new AuditEntry(AuditActions.LedgerRetention, Gateway, "") { Detail = detail.ToJsonString() }, cancellationToken);
        return await ledger.RemoveExpiredAsync(requests, costs, cancellationToken);
    }

    /// <summary>Computes costs anew at the prices of a configuration. A dry run changes nothing, and is not written down; what else comes of it is, once it is done.</summary>
    /// <param name="query">Whose: only its range of time is looked at.</param>
    /// <param name="target">Of this target alone; null: of all.</param>
    /// <param name="isDryRun">Whether nothing is written.</param>
    /// <param name="snapshot">The configuration that has the prices.</param>
    /// <param name="actor">Who does it.</param>
    /// <param name="reason">Why; null when nobody says.</param>
    /// <param name="cancellationToken">Gives up in between.</param>
    /// <exception cref="CostQueryException">Neither the configuration nor the ledger knows the target: nothing was done.</exception>
    /// <exception cref="AuditException">It could not be written down, and was not done.</exception>
    /// <exception cref="LedgerException">The ledger cannot be read or written.</exception>
    public async Task<RerateResult> RerateAsync(CostQuery query, string? target, bool isDryRun, GatewaySnapshot snapshot, string actor, string? reason, CancellationToken cancellationToken)
    {
        if (target is not null && !snapshot.Targets.ContainsKey(target))
        {
            var known = new KnownNames("a target", [.. snapshot.Targets.Keys, .. await ledger.TargetsAsync(cancellationToken)]);
            if (!known.Known(target)) throw new CostQueryException(known.Unknown(target));
        }

        var rerating = new Rerating(query.From, query.Until, sent => PricesInForce.Of(sent, snapshot)) { Target = target, IsDryRun = isDryRun };
        if (reason is not null) rerating = rerating with { Reason = reason };
        if (isDryRun) return await ledger.RerateAsync(rerating, cancellationToken);
        var detail = new JsonObject { ["from"] = Time(query.From), ["until"] = Time(query.Until), ["revision"] = snapshot.Revision };
        await audit.AppendAsync(new AuditEntry(AuditActions.CostsRerate, actor, target ?? "") { Reason = reason, Detail = detail.ToJsonString() }, cancellationToken);
        var result = await ledger.RerateAsync(rerating, cancellationToken);
        var came = new JsonObject
        {
            ["attempts"] = result.Attempts,
            ["corrected"] = result.Corrected,
            ["now_known"] = result.NowKnown,
            ["unpriced"] = result.Unpriced,
            ["difference_usd"] = result.Difference.ToString(),
        };
        try
        {
            await audit.AppendAsync(new AuditEntry(AuditActions.CostsRerated, actor, target ?? "") { Detail = came.ToJsonString() }, CancellationToken.None);
        }
        catch (AuditException)
        {
            // It is done, and that it was to be is written down: to say now that it failed would be wrong. The corrections tell what it came to.
        }

        return result;
    }

    private static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
