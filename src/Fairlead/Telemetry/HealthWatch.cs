using System.Diagnostics.Metrics;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;

namespace Fairlead.Telemetry;

/// <summary>
/// Tells of breakers, outages and keys in the log and as metrics. Looks at the board every second, so that what time alone changes is told
/// without traffic too. Safe for any number of threads.
/// </summary>
internal sealed class HealthWatch : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly Meter _meter;
    private readonly Counter<long> _opened;
    private readonly SnapshotSource _snapshots;
    private readonly HealthBoard _health;
    private readonly KeyBoard _keys;
    private readonly ILogger<HealthWatch> _logger;
    private readonly ITimer _timer;

    public HealthWatch(IMeterFactory meters, SnapshotSource snapshots, HealthBoard health, KeyBoard keys, TimeProvider time, ILogger<HealthWatch> logger)
    {
        (_snapshots, _health, _keys, _logger) = (snapshots, health, keys, logger);
        _meter = meters.Create(GatewayMetrics.MeterName);
        _opened = _meter.CreateCounter<long>("fairlead.breaker.opened", "{time}", "Times that a target's breaker opened, by why.");
        _meter.CreateObservableGauge("fairlead.target.breaker", States, "1", "A target's breaker: 0 closed, 1 recovering, 2 half-open, 3 open.");
        _meter.CreateObservableGauge("fairlead.target.share", Shares, "1", "The share of the requests that a target takes where another one could.");
        _meter.CreateObservableGauge("fairlead.target.running", Running, "{attempt}", "Sends to a target that run.");
        _meter.CreateObservableGauge("fairlead.target.concurrency_limit", Limits, "{attempt}", "Sends to a target that may run at once, while that is limited.");
        _meter.CreateObservableGauge("fairlead.provider.keys_held", KeysHeld, "{key}", "Keys of a provider that are left alone, by why.");
        health.Changed += Changed;
        keys.Changed += Changed;
        _timer = time.CreateTimer(static state => _ = ((HealthWatch)state!)._health.View, this, Every, Every);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _health.Changed -= Changed;
        _keys.Changed -= Changed;
        _meter.Dispose();
    }

    private void Changed(StandingChange change)
    {
        var standing = change.Standing;
        if (change.IsScope)
        {
            if (standing.IsOpen) _logger.OutageBegan(change.Name);
            else _logger.OutageEnded(change.Name);
            return;
        }

        var name = GatewayMetrics.NameOf(change.Name);
        if (standing is { State: BreakerState.Open, Cause: not BreakerCause.Outage })
        {
            _opened.Add(1, new("fairlead.target", name), new("cause", BreakerNames.Of(standing.Cause)));
            _logger.BreakerOpened(name, BreakerNames.Of(standing.Cause), FailureTable.NameOf(standing.Failure));
        }
        else if (standing is { State: BreakerState.Closed, Share: 1 })
        {
            _logger.BreakerClosed(name);
        }
        else if (standing.State == BreakerState.Closed)
        {
            _logger.TrafficShifted(name, standing.Share);
        }
    }

    private void Changed(KeyChange change)
    {
        if (change.Failure == FailureClass.None) _logger.KeyOfProviderBack(change.Provider, change.Key + 1);
        else _logger.KeyOfProviderHeld(change.Provider, change.Key + 1, FailureTable.NameOf(change.Failure), change.Until.UtcDateTime);
    }

    private IEnumerable<Measurement<int>> States()
    {
        var view = _health.View;
        foreach (var name in _snapshots.Current.Targets.Keys)
        {
            yield return new Measurement<int>(view.StandingOf(name)?.State switch { BreakerState.Open => 3, BreakerState.HalfOpen => 2, BreakerState.Recovering => 1, _ => 0 }, Tag(name));
        }
    }

    private IEnumerable<Measurement<double>> Shares()
    {
        var view = _health.View;
        foreach (var name in _snapshots.Current.Targets.Keys) yield return new Measurement<double>(view.StandingOf(name)?.TakenShare ?? 1, Tag(name));
    }

    private IEnumerable<Measurement<int>> Running()
    {
        foreach (var name in _snapshots.Current.Targets.Keys)
        {
            if (_health.LoadOf(name) is { } load) yield return new Measurement<int>(load.Running, Tag(name));
        }
    }

    private IEnumerable<Measurement<int>> Limits()
    {
        foreach (var name in _snapshots.Current.Targets.Keys)
        {
            if (_health.LoadOf(name)?.Limit is { } limit) yield return new Measurement<int>(limit, Tag(name));
        }
    }

    private IEnumerable<Measurement<int>> KeysHeld()
    {
        foreach (var provider in _snapshots.Current.Providers.Values)
        {
            foreach (var held in _keys.StandingOf(provider).Where(key => key.Failure != FailureClass.None).GroupBy(key => key.Failure))
            {
                yield return new Measurement<int>(held.Count(), new("gen_ai.provider.name", provider.Name), new("error.type", FailureTable.NameOf(held.Key)));
            }
        }
    }

    private static KeyValuePair<string, object?> Tag(string target) => new("fairlead.target", target);
}
