using System.Collections.Frozen;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Outcomes;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Hosting;

/// <summary>
/// What a successful outcome of the routes costs that promise it, over the last day. It is read from the ledger when somebody asks and what is known is a
/// minute old, by one reader at a time; nobody who serves requests does. Safe for any number of threads.
/// </summary>
internal sealed class PromisedCosts(SqliteLedger ledger, SnapshotSource snapshots, TimeProvider time, ILogger<PromisedCosts> logger)
{
    /// <summary>How old figures may be.</summary>
    public static readonly TimeSpan MostAge = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private FrozenDictionary<string, RouteOutcomes> _known = FrozenDictionary<string, RouteOutcomes>.Empty;
    private Task _reading = Task.CompletedTask;
    private long? _readAt;

    /// <summary>What is known of a route; null where nothing is known of it, as of one without requests.</summary>
    public RouteOutcomes? Find(string route) => _known.GetValueOrDefault(route);

    /// <summary>Reads again where what is known is old. Completes when that is done; a file that cannot be read leaves what is known. Never fails.</summary>
    public Task RefreshAsync()
    {
        lock (_gate)
        {
            if (!_reading.IsCompleted || (_readAt is { } at && time.GetElapsedTime(at) < MostAge)) return _reading;
            if (!snapshots.Current.Routes.Any(route => route.Promise?.CostPerOutcome is not null)) return Task.CompletedTask;
            _readAt = time.GetTimestamp();
            return _reading = Task.Run(ReadAsync);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            var now = time.GetUtcNow();
            var routes = await ledger.RouteOutcomesAsync(now - Promise.MostWindow, now, CancellationToken.None);
            _known = routes.ToFrozenDictionary(route => route.Route, StringComparer.Ordinal);
        }
        catch (LedgerException exception)
        {
            logger.CostsPerOutcomeNotRead(exception.Message);
        }
    }
}
