using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Core.Auditing;
using Fairlead.Core.Classification;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Costs;

/// <summary>Changes of what the ledger holds already: each is written down before it is made, and once more where it did not come to its end.</summary>
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
        var entry = new AuditEntry(AuditActions.UserErase, actor, tenant) { Reason = reason, Detail = $$"""{"user":"{{pseudonym}}"}""" };
        return await DoAsync(entry, () => ledger.EraseUserAsync(tenant, pseudonym, cancellationToken), cancellationToken);
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
        var entry = new AuditEntry(AuditActions.LedgerRetention, Gateway, "") { Detail = detail.ToJsonString() };
        return await DoAsync(entry, () => ledger.RemoveExpiredAsync(requests, costs, cancellationToken), cancellationToken);
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
        var entry = new AuditEntry(AuditActions.CostsRerate, actor, target ?? "") { Reason = reason, Detail = detail.ToJsonString() };
        var result = await DoAsync(entry, () => ledger.RerateAsync(rerating, cancellationToken), cancellationToken);
        var came = new JsonObject
        {
            ["attempts"] = result.Attempts,
            ["corrected"] = result.Corrected,
            ["now_known"] = result.NowKnown,
            ["unpriced"] = result.Unpriced,
            ["difference_usd"] = result.Difference.ToString(),
        };
        // Where this fails it is done all the same, and that it was to be is written down; the corrections tell what it came to.
        await NoteAsync(new AuditEntry(AuditActions.CostsRerated, actor, target ?? "") { Detail = came.ToJsonString() });
        return result;
    }

    private async Task<T> DoAsync<T>(AuditEntry entry, Func<ValueTask<T>> change, CancellationToken cancellationToken)
    {
        await audit.AppendAsync(entry, cancellationToken);
        try
        {
            return await change();
        }
        catch (Exception exception) when (exception is not OperationCanceledException || entry.Action != AuditActions.LedgerRetention) // which goes on after the next start
        {
            await NoteAsync(entry with { Action = entry.Action + AuditActions.Failed }); // where this fails too, the change itself has failed, and that is what its author hears
            throw;
        }
    }

    /// <summary>Writes down what has come of a change, if it can be.</summary>
    private async Task NoteAsync(AuditEntry entry)
    {
        try
        {
            await audit.AppendAsync(entry, CancellationToken.None);
        }
        catch (AuditException)
        {
            // What is done is done, and that it was to be is in the log.
        }
    }

    private static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
