using System.Collections.Concurrent;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Health;

/// <summary>
/// How many second sends a route may make: a share of its requests, saved up for a few at most, so that hedging never doubles the load
/// when all is slow. Kept by the route's name. Safe for any number of threads.
/// </summary>
public sealed class HedgeBudget
{
    private const long PerHedge = 1_000_000;

    /// <summary>Hedges that may be saved up.</summary>
    private const long Most = 10 * PerHedge;

    private readonly ConcurrentDictionary<string, StrongBox> _routes = new(StringComparer.Ordinal);

    /// <summary>A request came that may be hedged.</summary>
    public void Asked(string route, HedgeSettings settings)
    {
        var box = _routes.GetOrAdd(route, static _ => new StrongBox());
        if (Volatile.Read(ref box.Saved) < Most) Interlocked.Add(ref box.Saved, (long)(settings.AtMost * PerHedge));
    }

    /// <summary>Takes one; false when there is none.</summary>
    public bool TryTake(string route)
    {
        if (!_routes.TryGetValue(route, out var box)) return false;
        if (Interlocked.Add(ref box.Saved, -PerHedge) >= 0) return true;
        Interlocked.Add(ref box.Saved, PerHedge);
        return false;
    }

    /// <summary>Gives one back that was not made.</summary>
    public void GiveBack(string route)
    {
        if (_routes.TryGetValue(route, out var box)) Interlocked.Add(ref box.Saved, PerHedge);
    }

    /// <summary>
    /// After how long a send to a target is hedged; null while nobody knows. A high percentile of a target that is slow now and then lies
    /// among its slow answers as often as before them: from twice the 95th percentile on for the 98th, three times for the 99th, it is what
    /// is to be cut off, and not waited for.
    /// </summary>
    public static TimeSpan? DelayOf(HedgeSettings settings, Target target, HealthView health)
    {
        if (settings.After is { } after) return after;
        var effective = EffectiveHealth.Of(health.Find(target.Name), target.Prior);
        var milliseconds = settings.Percentile switch
        {
            50 => effective.P50Ms.Value,
            95 => effective.P95Ms.Value,
            98 => Least(health.Find(target.Name)?.P98Ms ?? effective.P99Ms.Value, 2 * effective.P95Ms.Value),
            _ => Least(effective.P99Ms.Value, 3 * effective.P95Ms.Value),
        };
        return milliseconds is { } known ? TimeSpan.FromMilliseconds(known) : null;
    }

    private static double? Least(double? one, double? other) => one is { } left && other is { } right ? Math.Min(left, right) : one;

    private sealed class StrongBox
    {
        public long Saved;
    }
}
