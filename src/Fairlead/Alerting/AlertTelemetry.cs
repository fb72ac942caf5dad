using System.Diagnostics.Metrics;
using Fairlead.Core.Alerting;
using Fairlead.Telemetry;

namespace Fairlead.Alerting;

/// <summary>Tells of alerts in the log and as metrics, whether or not anybody is told of them. Safe for any number of threads.</summary>
internal sealed class AlertTelemetry : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _changed;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _givenUp;
    private readonly AlertBoard _board;
    private readonly ILogger<AlertTelemetry> _logger;

    public AlertTelemetry(IMeterFactory meters, AlertBoard board, ILogger<AlertTelemetry> logger)
    {
        (_board, _logger) = (board, logger);
        _meter = meters.Create(GatewayMetrics.MeterName);
        _changed = _meter.CreateCounter<long>("fairlead.alerts", "{alert}", "Alerts that began, or were over, by what they are about.");
        _failed = _meter.CreateCounter<long>("fairlead.alerts.failed", "{message}", "Posts of alerts that were not taken, by whom.");
        _givenUp = _meter.CreateCounter<long>("fairlead.alerts.given_up", "{message}", "Messages of alerts that were refused, or not taken for ten minutes, by whom.");
        _meter.CreateObservableGauge("fairlead.alerts.open", Open, "{alert}", "Alerts that are open, by what they are about.");
        _meter.CreateObservableCounter("fairlead.alerts.refused", () => board.Refused, "{alert}", "Alerts that were left out because too many were open.");
        board.Changed += Tell;
    }

    public void Dispose()
    {
        _board.Changed -= Tell;
        _meter.Dispose();
    }

    /// <summary>A post was not taken.</summary>
    public void Failed(string sink) => _failed.Add(1, new KeyValuePair<string, object?>("sink", sink));

    /// <summary>A message is not tried any more.</summary>
    public void GivenUp(string sink) => _givenUp.Add(1, new KeyValuePair<string, object?>("sink", sink));

    private void Tell(Alert alert)
    {
        var what = AlertEvents.NameOf(alert.Event);
        if (alert.IsResolved)
        {
            _changed.Add(1, new("event", what), new("status", "resolved"));
            _logger.AlertResolved(what, alert.Subject, alert.Text);
            return;
        }

        if (alert.Count == 1) _changed.Add(1, new("event", what), new("status", "firing")); // one that became more urgent has begun before
        _logger.AlertFiring(alert.Severity == AlertSeverity.Critical ? LogLevel.Error : LogLevel.Warning, what, alert.Subject, AlertSeverities.NameOf(alert.Severity), alert.Text);
    }

    private IEnumerable<Measurement<int>> Open() =>
        Enum.GetValues<AlertEvent>().Select(what => new Measurement<int>(_board.CountOpen(what), new KeyValuePair<string, object?>("event", AlertEvents.NameOf(what))));
}
