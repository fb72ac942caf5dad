using System.Diagnostics.Metrics;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Hosting;

namespace Fairlead.Telemetry;

/// <summary>
/// What is measured of targets and promises, as gauges that are read at a scrape: configured names only, and only figures that are
/// known. Safe for any number of threads.
/// </summary>
internal sealed class HealthMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly SnapshotSource _snapshots;
    private readonly HealthBoard _health;
    private readonly PromiseTracker _promises;
    private readonly PromisedCosts _costs;

    public HealthMetrics(IMeterFactory meters, SnapshotSource snapshots, HealthBoard health, PromiseTracker promises, PromisedCosts costs)
    {
        _costs = costs;
        _snapshots = snapshots;
        _health = health;
        _promises = promises;
        _meter = meters.Create(GatewayMetrics.MeterName);
        _meter.CreateObservableGauge("fairlead.target.latency", () => Targets().SelectMany(Latency), "ms", "Time to the answer over the last five minutes, by quantile.");
        _meter.CreateObservableGauge("fairlead.target.success_rate", () => Targets().Where(each => each.Health.SuccessRate is not null).Select(each => new Measurement<double>(each.Health.SuccessRate!.Value, Tag(each.Name))), "1", "Share of attempts that answered, over the last five minutes.");
        _meter.CreateObservableGauge("fairlead.target.samples", () => Targets().Select(each => new Measurement<int>(each.Health.Samples, Tag(each.Name))), "{attempt}", "Attempts in the last five minutes.");
        _meter.CreateObservableGauge("fairlead.slo.budget_left", () => Objectives().Select(each => new Measurement<double>(each.Figures.BudgetLeft, Tags(each.Route, each.Name))), "1", "Error budget of a route's promise that is left; negative when it is overspent.");
        _meter.CreateObservableGauge("fairlead.slo.burn_rate", () => Objectives().Where(each => each.Figures.BurnRate is not null).Select(each => new Measurement<double>(each.Figures.BurnRate!.Value, Tags(each.Route, each.Name))), "1", "How fast the last hour used the error budget; 1 uses it up in its window.");
        _meter.CreateObservableGauge("fairlead.promise.cost_per_outcome", CostsPerOutcome, "USD", "Cost of a successful outcome of a route that promises it, over the last day.");
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<(string Name, TargetHealth Health)> Targets()
    {
        var view = _health.View;
        foreach (var name in _snapshots.Current.Targets.Keys)
        {
            if (view.Find(name) is { } health) yield return (name, health);
        }
    }

    private IEnumerable<(string Route, string Name, ObjectiveFigures Figures)> Objectives()
    {
        foreach (var route in _snapshots.Current.Routes)
        {
            if (_promises.Figures(route.Name) is not { } figures) continue;
            if (figures.P95 is { } p95) yield return (route.Name, "p95", p95);
            if (figures.Success is { } success) yield return (route.Name, "success", success);
        }
    }

    /// <summary>What was known at the last scrape, or a minute ago: what is read now is told at the next one.</summary>
    private IEnumerable<Measurement<double>> CostsPerOutcome()
    {
        _ = _costs.RefreshAsync();
        foreach (var route in _snapshots.Current.Routes)
        {
            if (route.Promise?.CostPerOutcome is null || _costs.Find(route.Name)?.CostPerSuccess is not { } cost) continue;
            yield return new Measurement<double>(cost.NanoDollars / 1e9, new KeyValuePair<string, object?>("fairlead.route", route.Name));
        }
    }

    private static IEnumerable<Measurement<double>> Latency((string Name, TargetHealth Health) target)
    {
        if (target.Health.P50Ms is { } p50) yield return new Measurement<double>(p50, Tag(target.Name), new("quantile", "0.5"));
        if (target.Health.P95Ms is { } p95) yield return new Measurement<double>(p95, Tag(target.Name), new("quantile", "0.95"));
        if (target.Health.P99Ms is { } p99) yield return new Measurement<double>(p99, Tag(target.Name), new("quantile", "0.99"));
    }

    private static KeyValuePair<string, object?> Tag(string target) => new("fairlead.target", target);

    private static KeyValuePair<string, object?>[] Tags(string route, string objective) => [new("fairlead.route", route), new("objective", objective)];
}
