using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Costs;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Hosting;

/// <summary>
/// Looks after the ledger beside the traffic: adds what was settled to the rollups, and removes what is older than the configuration keeps. Never fails;
/// what fails is tried again.
/// </summary>
internal sealed class LedgerUpkeep(SqliteLedger ledger, IAuditLog audit, SnapshotSource snapshots, TimeProvider time, ILogger<LedgerUpkeep> logger)
{
    /// <summary>How long what was settled may wait. Reports are complete all the same: they read what waits from the rows.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>How often is looked for what is to be removed. It is whole days.</summary>
    private static readonly TimeSpan RemovalInterval = TimeSpan.FromHours(1);

    private readonly LedgerChanges _changes = new(ledger, audit);
    private bool _hasFailed;

    /// <summary>Completes when it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopped)
    {
        using var timer = new PeriodicTimer(Interval, time);
        long? removedAt = null;
        try
        {
            while (await timer.WaitForNextTickAsync(stopped))
            {
                await RollUpAsync(stopped);
                if (removedAt is { } last && time.GetElapsedTime(last) < RemovalInterval) continue;
                removedAt = time.GetTimestamp();
                await RemoveExpiredAsync(stopped);
            }
        }
        catch (Exception) when (stopped.IsCancellationRequested)
        {
            // The gateway stops, and what is cut off by that goes on after its next start.
        }
    }

    private async Task RollUpAsync(CancellationToken stopped)
    {
        try
        {
            await ledger.RollUpAsync(stopped);
            _hasFailed = false;
        }
        catch (Exception exception) when (!stopped.IsCancellationRequested) // whatever it is: the next time is another one
        {
            if (!_hasFailed) logger.NotRolledUp(exception.Message);
            _hasFailed = true;
        }
    }

    private async Task RemoveExpiredAsync(CancellationToken stopped)
    {
        try
        {
            if (await _changes.RemoveExpiredAsync(snapshots.Current.Keep, time.GetUtcNow(), stopped) is { } removed) logger.ExpiredRemoved(removed.Requests, removed.Rollups);
        }
        catch (Exception exception) when (!stopped.IsCancellationRequested)
        {
            logger.ExpiredNotRemoved(exception.Message);
        }
    }
}
