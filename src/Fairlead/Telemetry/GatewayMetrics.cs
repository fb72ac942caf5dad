using System.Diagnostics.Metrics;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Pipeline;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Telemetry;

/// <summary>
/// The gateway's meter. Tags come from closed sets only: configured names, failure classes, outcomes. Tokens and durations of
/// attempts carry OpenTelemetry's GenAI names. Safe for any number of threads.
/// </summary>
internal sealed class GatewayMetrics : IDisposable
{
    public const string MeterName = "Fairlead";

    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
    };

    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestDuration;
    private readonly Counter<long> _attempts;
    private readonly Histogram<double> _attemptDuration;
    private readonly Histogram<double> _firstToken;
    private readonly Counter<long> _tokens;
    private readonly Counter<double> _cost;
    private readonly Counter<long> _unknownCost;
    private readonly Counter<long> _refused;

    public GatewayMetrics(IMeterFactory meters, SqliteLedger ledger)
    {
        _meter = meters.Create(MeterName);
        _requests = _meter.CreateCounter<long>("fairlead.requests", "{request}", "Accepted requests by how they ended for the client.");
        _requestDuration = _meter.CreateHistogram("fairlead.request.duration", "s", "From admission to the end of the answer.", advice: Durations);
        _attempts = _meter.CreateCounter<long>("fairlead.attempts", "{attempt}", "Upstream sends by how they ended.");
        _attemptDuration = _meter.CreateHistogram("gen_ai.client.operation.duration", "s", "Duration of upstream sends.", advice: Durations);
        _firstToken = _meter.CreateHistogram("gen_ai.client.operation.time_to_first_chunk", "s", "From an upstream send to its first meaningful content; streams.", advice: Durations);
        _tokens = _meter.CreateCounter<long>("fairlead.tokens", "{token}", "Tokens of upstream sends, by direction and by who counted them.");
        _cost = _meter.CreateCounter<double>("fairlead.cost", "USD", "Cost of upstream sends.");
        _unknownCost = _meter.CreateCounter<long>("fairlead.cost.unknown", "{attempt}", "Upstream sends whose cost is not known.");
        _meter.CreateObservableGauge("fairlead.ledger.waiting", () => ledger.Waiting, "{record}", "Records that are not on disk yet.");
        _meter.CreateObservableCounter("fairlead.ledger.refused", () => ledger.Refused, "{record}", "Records that the store would not take.");
        _refused = _meter.CreateCounter<long>("fairlead.refused", "{request}", "Requests refused before they were accepted, by code.");
    }

    public void Refused(string code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code));

    public void AttemptEnded(Attempt attempt, TimeSpan duration, TimeSpan? firstToken)
    {
        var target = attempt.Choice.Target;
        var provider = new KeyValuePair<string, object?>("gen_ai.provider.name", target.Provider.Name);
        var name = new KeyValuePair<string, object?>("fairlead.target", target.Name.Contains('/', StringComparison.Ordinal) ? "pinned" : target.Name);
        _attempts.Add(1, name, provider, new KeyValuePair<string, object?>("error.type", FailureTable.NameOf(attempt.Failure)));
        _attemptDuration.Record(duration.TotalSeconds, name, provider);
        if (firstToken is { } first) _firstToken.Record(first.TotalSeconds, name, provider);

        var charge = attempt.Charge;
        if (charge.Source != UsageSource.None)
        {
            var source = new KeyValuePair<string, object?>("source", charge.Source == UsageSource.Reported ? "reported" : "estimated");
            _tokens.Add(charge.Usage.Input, name, new KeyValuePair<string, object?>("gen_ai.token.type", "input"), source);
            _tokens.Add(charge.Usage.Output, name, new KeyValuePair<string, object?>("gen_ai.token.type", "output"), source);
        }

        if (charge.Cost is { } cost) _cost.Add(cost.NanoDollars / 1e9, name, provider);
        else _unknownCost.Add(1, name, provider);
    }

    public void RequestEnded(GatewayRequest request, RequestRecord record)
    {
        var route = new KeyValuePair<string, object?>("fairlead.route", request.Plan.Route?.Name ?? "pinned");
        _requests.Add(1, route, new KeyValuePair<string, object?>("outcome", OutcomeNames.Of(record.Outcome)), new KeyValuePair<string, object?>("error.type", FailureTable.NameOf(record.Failure)));
        _requestDuration.Record(record.Duration.TotalSeconds, route);
    }

    public void Dispose() => _meter.Dispose();
}
