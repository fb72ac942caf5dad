using System.Globalization;
using Fairlead.Core.Alerting;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Telemetry;

namespace Fairlead.Alerting;

/// <summary>Alerts of breakers, outages, and keys that are out of use. Safe for any number of threads.</summary>
/// <remarks>
/// What the configuration in force does not have any more can become well no more: its alerts are over with it, and begin anew where it comes
/// back as it was. Keys are looked at every second, for one that is another under the same reference is told by nobody.
/// </remarks>
internal sealed class HealthAlerts : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly SnapshotSource _snapshots;
    private readonly HealthBoard _health;
    private readonly KeyBoard _keys;
    private readonly AlertBoard _alerts;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _open = new(StringComparer.Ordinal); // targets whose alert is open, by their own names
    private readonly Dictionary<string, (string Provider, int Key)> _held = new(StringComparer.Ordinal); // keys whose alert is open, by its subject
    private readonly HashSet<string> _heldModels = new(StringComparer.Ordinal); // the same of keys that are left alone for a model, by subject
    private readonly ITimer _timer;

    public HealthAlerts(SnapshotSource snapshots, HealthBoard health, KeyBoard keys, AlertBoard alerts, TimeProvider time)
    {
        (_snapshots, _health, _keys, _alerts, _time) = (snapshots, health, keys, alerts, time);
        health.Changed += Changed;
        keys.Changed += Changed;
        snapshots.Applied += Applied;
        _timer = time.CreateTimer(static state => ((HealthAlerts)state!).LookAtKeys(), this, Every, Every);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _health.Changed -= Changed;
        _keys.Changed -= Changed;
        _snapshots.Applied -= Applied;
    }

    private void Applied(GatewaySnapshot snapshot)
    {
        lock (_gate)
        {
            foreach (var name in _open)
            {
                if (IsThere(name)) continue;
                _open.Remove(name);
                _alerts.Resolve(AlertEvent.Breaker, name, "It is not configured any more.");
            }
        }

        foreach (var (name, standing) in _health.View.Standings) Raise(name, standing); // one that is there again
        LookAtKeys();
    }

    /// <summary>Ends the alerts of keys that are others now, or gone, and begins those of keys that have another place.</summary>
    private void LookAtKeys()
    {
        var providers = _snapshots.Current.Providers;
        lock (_gate)
        {
            foreach (var (subject, (provider, key)) in _held)
            {
                if (IsOutOfUse(provider, key)) continue;
                _held.Remove(subject);
                _alerts.Resolve(AlertEvent.Quota, subject, "It is not held any more: replaced, removed, or taken again.");
            }
        }

        LookAtModels();
        foreach (var provider in providers.Values)
        {
            for (var key = 0; key < Math.Max(1, provider.Keys.Length); key++)
            {
                if (_keys.OutOfUse(provider, key) is not FailureClass.None and var why) Raise(new KeyChange(provider.Name, key, why, _time.GetUtcNow() + (_keys.StandingOf(provider)[key].Left ?? TimeSpan.Zero)));
            }
        }
    }

    /// <summary>Keys that have no quota left for a model that a target has: as they stand, for nobody tells of it. Models that clients thought up are theirs.</summary>
    private void LookAtModels()
    {
        var held = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        var snapshot = _snapshots.Current;
        foreach (var provider in snapshot.Providers.Values)
        {
            for (var key = 0; key < Math.Max(1, provider.Keys.Length); key++)
            {
                foreach (var (model, left) in _keys.ModelsOutOfUse(provider, key))
                {
                    if (!snapshot.Targets.Values.Any(target => target.Provider.Name == provider.Name && target.WireModel == model)) continue;
                    held[string.Create(CultureInfo.InvariantCulture, $"{provider.Name} key {key + 1} for {model}")] = left;
                }
            }
        }

        lock (_gate)
        {
            foreach (var (subject, left) in held)
            {
                if (_heldModels.Add(subject)) _alerts.Raise(AlertEvent.Quota, subject, string.Create(CultureInfo.InvariantCulture, $"The model's quota is used up; it is tried again at {(_time.GetUtcNow() + left).UtcDateTime:yyyy-MM-dd HH:mm}Z, or when the key is released."), AlertSeverity.Critical);
            }

            foreach (var subject in _heldModels)
            {
                if (held.ContainsKey(subject)) continue;
                _heldModels.Remove(subject);
                _alerts.Resolve(AlertEvent.Quota, subject, "A send with it was answered, or it is not held any more: released, replaced or removed.");
            }
        }
    }

    private bool IsOutOfUse(string provider, int key) => _snapshots.Current.Providers.TryGetValue(provider, out var known) && _keys.OutOfUse(known, key) != FailureClass.None;

    /// <summary>Whether there is such a target: a configured one, or one that a client may name.</summary>
    private bool IsThere(string target) => IsNamedByClient(target) || _snapshots.Current.Targets.ContainsKey(target);

    private static bool IsNamedByClient(string target) => GatewayMetrics.NameOf(target) != target;

    private void Changed(StandingChange change)
    {
        var standing = change.Standing;
        if (change.IsScope)
        {
            if (standing.IsOpen) _alerts.Raise(AlertEvent.Breaker, "outage of " + change.Name, "Its targets fail together; requests go elsewhere until one of them answers.", AlertSeverity.Critical);
            else _alerts.Resolve(AlertEvent.Breaker, "outage of " + change.Name, "It answers again.");
        }
        else if (standing.State == BreakerState.Open)
        {
            Raise(change.Name, standing, isNew: true);
        }
        else if (standing is { State: BreakerState.Closed, Share: 1 })
        {
            lock (_gate)
            {
                // Those that clients named have one alert together: the last that is well ends it.
                if (_open.Remove(change.Name) && !(IsNamedByClient(change.Name) && _open.Any(IsNamedByClient))) _alerts.Resolve(AlertEvent.Breaker, GatewayMetrics.NameOf(change.Name), "It takes every request again.");
            }
        }
    }

    /// <summary>Raises the alert of a target that is open, unless it is known and not new.</summary>
    private void Raise(string target, TargetStanding standing, bool isNew = false)
    {
        if (standing is not { State: BreakerState.Open, Cause: not (BreakerCause.Outage or BreakerCause.Operator) }) return; // what an operator does is known to the operator
        lock (_gate)
        {
            if (!IsThere(target) || (!_open.Add(target) && !isNew)) return;
            _alerts.Raise(AlertEvent.Breaker, GatewayMetrics.NameOf(target), $"Nothing is sent there: {standing.Reason}{(standing.Cause == BreakerCause.Failures ? $" ({FailureTable.NameOf(standing.Failure)})" : "")}.", standing.Cause == BreakerCause.Gone ? AlertSeverity.Critical : AlertSeverity.Warning);
        }
    }

    private void Changed(KeyChange change)
    {
        if (change.Failure != FailureClass.None)
        {
            Raise(change, isNew: true);
            return;
        }

        var subject = SubjectOf(change);
        lock (_gate)
        {
            _held.Remove(subject);
            _alerts.Resolve(AlertEvent.Quota, subject, "The vendor takes it again.");
        }
    }

    /// <summary>Raises the alert of a key that is out of use, unless it is known and not new.</summary>
    private void Raise(KeyChange held, bool isNew = false)
    {
        var subject = SubjectOf(held);
        var text = held.Failure == FailureClass.QuotaExhausted ? "Its account has no quota or credit left" : "The vendor does not accept it";
        lock (_gate)
        {
            if (!IsOutOfUse(held.Provider, held.Key)) return; // what was sent by a configuration before
            if (!_held.TryAdd(subject, (held.Provider, held.Key)) && !isNew) return;
            _alerts.Raise(AlertEvent.Quota, subject, string.Create(CultureInfo.InvariantCulture, $"{text}; it is tried again at {held.Until.UtcDateTime:yyyy-MM-dd HH:mm}Z, or when it is released."), AlertSeverity.Critical);
        }
    }

    private static string SubjectOf(KeyChange change) => string.Create(CultureInfo.InvariantCulture, $"{change.Provider} key {change.Key + 1}");
}
