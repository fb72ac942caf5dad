using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Fairlead.Core.Configuration;
using Fairlead.Core.Policy;

namespace Fairlead.Telemetry;

/// <summary>
/// Tells of rules that could not be evaluated: each is counted every time, and logged once for each configuration. Safe for any number of
/// threads.
/// </summary>
internal sealed class RuleAlerts : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _errors;
    private readonly ILogger<RuleAlerts> _logger;
    private Told _told = new("");

    public RuleAlerts(IMeterFactory meters, ILogger<RuleAlerts> logger)
    {
        _meter = meters.Create(GatewayMetrics.MeterName);
        _errors = _meter.CreateCounter<long>("fairlead.rule.errors", "{request}", "Rules that could not be evaluated for a request, by where they stand.");
        _logger = logger;
    }

    public void Raise(IReadOnlyList<RuleError> errors, GatewaySnapshot snapshot)
    {
        var told = _told;
        if (told.Revision != snapshot.Revision) _told = told = new Told(snapshot.Revision);
        foreach (var error in errors)
        {
            _errors.Add(1, new KeyValuePair<string, object?>("rule", error.Place));
            if (told.Places.TryAdd(error.Place, 0)) _logger.RuleErred(error.Place, error.Message);
        }
    }

    public void Dispose() => _meter.Dispose();

    private sealed record Told(string Revision)
    {
        public ConcurrentDictionary<string, byte> Places { get; } = new(StringComparer.Ordinal);
    }
}
