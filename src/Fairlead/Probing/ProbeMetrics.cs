using System.Diagnostics.Metrics;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Telemetry;

namespace Fairlead.Probing;

/// <summary>How long tiers have not been used, and what probes found. Safe for any number of threads.</summary>
internal sealed class ProbeMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _probes;

    public ProbeMetrics(IMeterFactory meters, SnapshotSource snapshots, FallbackBoard board)
    {
        _meter = meters.Create(GatewayMetrics.MeterName);
        _probes = _meter.CreateCounter<long>("fairlead.probes", "{request}", "Small requests to targets that nobody had used for long, by what came of them.");
        _meter.CreateObservableGauge("fairlead.tier.untested", () => Untested(snapshots.Current, board), "s", "How long none of the targets of a tier has answered.");
    }

    public void Probed(string target, ProbeOutcome outcome) => _probes.Add(1, new("fairlead.target", target), new("outcome", ProbeOutcomes.NameOf(outcome)));

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<double>> Untested(GatewaySnapshot snapshot, FallbackBoard board)
    {
        foreach (var route in snapshot.Routes)
        {
            foreach (var tier in route.Tiers)
            {
                if (!tier.Targets.IsEmpty) yield return new Measurement<double>(board.UntestedFor(tier).TotalSeconds, new("fairlead.route", route.Name), new("fairlead.tier", tier.Name));
            }
        }
    }
}
