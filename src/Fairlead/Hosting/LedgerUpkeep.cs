using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Hosting;

/// <summary>Looks after the ledger beside the traffic: adds what was settled to the rollups. Never fails; what fails is tried again.</summary>
internal sealed class LedgerUpkeep(SqliteLedger ledger, TimeProvider time, ILogger<LedgerUpkeep> logger)
{
    /// <summary>How long what was settled may wait. Reports are complete all the same: they read what waits from the rows.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private bool _hasFailed;

    /// <summary>Completes when it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopped)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopped)) await RollUpAsync(stopped);
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    private async Task RollUpAsync(CancellationToken stopped)
    {
        try
        {
            await ledger.RollUpAsync(stopped);
            _hasFailed = false;
        }
        catch (LedgerException exception)
        {
            if (!_hasFailed) logger.NotRolledUp(exception.Message);
            _hasFailed = true;
        }
    }
}
