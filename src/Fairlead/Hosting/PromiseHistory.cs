using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Hosting;

/// <summary>Gives the promises back at start what the ledger knows of the day before, beside the traffic and not before it.</summary>
internal sealed class PromiseHistory(SqliteLedger ledger, SnapshotSource snapshots, PromiseTracker promises, ILogger<PromiseHistory> logger)
{
    /// <summary>Completes when all of it is there, or cannot be had. Never fails.</summary>
    /// <param name="until">When this process began to serve: what ends later it counts itself.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public async Task RestoreAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        var promised = new List<(string Route, TimeSpan? P95)>();
        foreach (var route in snapshots.Current.Routes)
        {
            if (promises.PromiseOf(route.Name) is { } promise) promised.Add((route.Name, promise.P95));
        }

        if (promised.Count == 0) return;
        try
        {
            await ledger.ReadRoutesAsync(
                promised, until - Promise.MostWindow, until, slice => promises.Restore(slice.Route, slice.From, slice.Count, slice.BadLatency, slice.BadSuccess), cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The gateway stops; nobody asks any more.
        }
        catch (LedgerException exception)
        {
            logger.PromisesNotRestored(exception.Message);
        }
    }
}
