using System.Diagnostics.Metrics;
using Fairlead.Core.Overload;

namespace Fairlead.Telemetry;

/// <summary>What the gateway refuses for its own sake, and why. Safe for any number of threads.</summary>
internal sealed class OverloadMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _shed;

    public OverloadMetrics(IMeterFactory meters, OverloadGuard guard)
    {
        _meter = meters.Create(GatewayMetrics.MeterName);
        _shed = _meter.CreateCounter<long>("fairlead.shed", "{request}", "Requests refused for want of room, by how much they matter and what there was too much of.");
        _meter.CreateObservableGauge("fairlead.overload.level", () => guard.Level, null, "What is refused for want of room: 0 nothing, 1 what is sheddable, 2 what is normal too, 3 everything.");
        _meter.CreateObservableGauge("fairlead.overload.in_flight", () => guard.InFlight, "{request}", "Requests that were taken and have not ended.");
        _meter.CreateObservableGauge("fairlead.overload.delay", () => guard.Delay.TotalSeconds, "s", "How late work is done that is due, smoothed.");
        _meter.CreateObservableGauge("fairlead.overload.memory", () => guard.Memory, "1", "The share of the memory that is used, of what the process may use.");
    }

    public void Shed(Criticality criticality, OverloadReason reason) =>
        _shed.Add(1, new("criticality", Criticalities.NameOf(criticality)), new("reason", OverloadReasons.NameOf(reason)));

    public void Dispose() => _meter.Dispose();
}
