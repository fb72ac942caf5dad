using System.Collections.Concurrent;
using System.Globalization;

namespace Fairlead.Core.Alerting;

/// <summary>
/// How many requests of each route needed a failover over the last five minutes, and whether that is an alert: clients may be served well meanwhile, and it
/// costs time, money and what was the reserve. State in memory. Safe for any number of threads.
/// </summary>
/// <param name="board">Is told.</param>
/// <param name="time">Where time comes from.</param>
public sealed class FailoverRate(AlertBoard board, TimeProvider time)
{
    /// <summary>Requests that it takes: of a few, one is a large share.</summary>
    public const int LeastRequests = 20;

    /// <summary>The share from which on it is an alert.</summary>
    public const double RaisedFrom = 0.20;

    /// <summary>The share below which it is none any more.</summary>
    public const double ResolvedBelow = 0.10;

    /// <summary>How long is looked back.</summary>
    public static readonly TimeSpan Window = SliceLength * Slices;

    private const int Slices = 10;

    private readonly ConcurrentDictionary<string, RouteWindow> _routes = new(StringComparer.Ordinal);

    private static TimeSpan SliceLength => TimeSpan.FromSeconds(30);

    /// <summary>Counts an ended request that was sent somewhere.</summary>
    /// <param name="route">The route's name.</param>
    /// <param name="neededFailover">Whether a target failed it, so that another had to be tried, or none was left.</param>
    public void Ended(string route, bool neededFailover)
    {
        var window = _routes.GetOrAdd(route, static _ => new RouteWindow());
        window.Add(Period(), neededFailover);
    }

    /// <summary>The requests of a route in the window, and those of them that needed a failover.</summary>
    public (long Requests, long Failovers) Of(string route) => _routes.TryGetValue(route, out var window) ? window.Sum(Period()) : default;

    /// <summary>Raises and resolves what is due. Called every few seconds.</summary>
    public void Look()
    {
        foreach (var (route, window) in _routes)
        {
            var (requests, failovers) = window.Sum(Period());
            var share = requests == 0 ? 0 : (double)failovers / requests;
            var text = string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} % of {requests} requests needed a failover in the last {Window.TotalMinutes} minutes.");
            if (share < ResolvedBelow) board.Resolve(AlertEvent.FailoverRate, route, text);
            else if (share >= RaisedFrom && requests >= LeastRequests) board.Raise(AlertEvent.FailoverRate, route, text, AlertSeverity.Warning);
            if (requests == 0) _routes.TryRemove(new(route, window)); // a request that comes in this very moment may be lost
        }
    }

    private long Period() => (long)(time.GetTimestamp() / (SliceLength.TotalSeconds * time.TimestampFrequency));

    private sealed class RouteWindow
    {
        private readonly Lock _gate = new();
        private readonly (long Period, long Requests, long Failovers)[] _slices = new (long, long, long)[Slices];

        public void Add(long period, bool neededFailover)
        {
            lock (_gate)
            {
                ref var slice = ref _slices[(int)(period % Slices)];
                if (slice.Period != period) slice = (period, 0, 0);
                slice.Requests++;
                if (neededFailover) slice.Failovers++;
            }
        }

        public (long Requests, long Failovers) Sum(long period)
        {
            lock (_gate)
            {
                var (requests, failovers) = (0L, 0L);
                foreach (var slice in _slices)
                {
                    if (slice.Period <= period - Slices || slice.Period > period) continue;
                    requests += slice.Requests;
                    failovers += slice.Failovers;
                }

                return (requests, failovers);
            }
        }
    }
}
