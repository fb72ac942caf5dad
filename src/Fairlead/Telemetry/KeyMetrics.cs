using System.Diagnostics.Metrics;
using Fairlead.Access;

namespace Fairlead.Telemetry;

/// <summary>What is known of the stored keys, as gauges that are read at a scrape. Safe for any number of threads.</summary>
internal sealed class KeyMetrics : IDisposable
{
    private readonly Meter _meter;

    public KeyMetrics(IMeterFactory meters, LiveKeys keys, TimeProvider time)
    {
        _meter = meters.Create(GatewayMetrics.MeterName);
        _meter.CreateObservableGauge("fairlead.keys.live", () => keys.Current.Keys.Count(key => key.Stored.IsLive(time.GetUtcNow())), "{key}", "Keys of the store that let somebody in.");
        _meter.CreateObservableGauge("fairlead.keys.stale", () => keys.Failure is null ? 0 : 1, null, "1 while the store's keys cannot be read and the last known ones hold.");
    }

    public void Dispose() => _meter.Dispose();
}
