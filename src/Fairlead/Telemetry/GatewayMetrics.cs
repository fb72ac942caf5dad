using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Fairlead.Core.Configuration;
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
    private readonly Histogram<double> _requestDuration;
    private readonly Histogram<double> _attemptDuration;
    private readonly Histogram<double> _firstToken;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _hedged;
    private readonly Counter<long> _judged;
    private readonly Counter<long> _noted;
    private readonly Counter<long> _checkpointsFailed;
    private readonly ConcurrentDictionary<(string Route, RequestOutcome Outcome, FailureClass Failure), StrongBox> _requests = new();
    private readonly ConcurrentDictionary<(string Target, string Provider), TargetCounters> _targets = new();

    public GatewayMetrics(IMeterFactory meters, SqliteLedger ledger)
    {
        _meter = meters.Create(MeterName);
        _meter.CreateObservableCounter("fairlead.requests", Requests, "{request}", "Accepted requests by how they ended for the client.");
        _requestDuration = _meter.CreateHistogram("fairlead.request.duration", "s", "From admission to the end of the answer.", advice: Durations);
        _meter.CreateObservableCounter("fairlead.attempts", () => _targets.Values.SelectMany(target => target.Attempts()), "{attempt}", "Upstream sends by how they ended.");
        _attemptDuration = _meter.CreateHistogram("gen_ai.client.operation.duration", "s", "Duration of upstream sends.", advice: Durations);
        _firstToken = _meter.CreateHistogram("gen_ai.client.operation.time_to_first_chunk", "s", "From an upstream send to its first meaningful content; streams.", advice: Durations);
        _meter.CreateObservableCounter("fairlead.tokens", () => _targets.Values.SelectMany(target => target.Tokens()), "{token}", "Tokens of upstream sends, by direction and by who counted them.");
        _meter.CreateObservableCounter("fairlead.cost", () => _targets.Values.SelectMany(target => target.Cost()), "USD", "Cost of upstream sends.");
        _meter.CreateObservableCounter("fairlead.cost.unpriced", () => _targets.Values.SelectMany(target => target.UnpricedCost()), "USD", "The part of the cost that stands for targets without a price, at the dearest price of their route.");
        _meter.CreateObservableCounter("fairlead.cost.unknown", () => _targets.Values.SelectMany(target => target.UnknownCosts()), "{attempt}", "Upstream sends whose cost is not known.");
        _meter.CreateObservableGauge("fairlead.ledger.waiting", () => ledger.Waiting, "{record}", "Records that are not on disk yet.");
        _meter.CreateObservableCounter("fairlead.ledger.refused", () => ledger.Refused, "{record}", "Records that the store would not take.");
        _refused = _meter.CreateCounter<long>("fairlead.refused", "{request}", "Requests refused before they were accepted, by code.");
        _hedged = _meter.CreateCounter<long>("fairlead.hedges", "{attempt}", "Second sends beside one that took long, by whether they answered first.");
        _judged = _meter.CreateCounter<long>("fairlead.answers.judged", "{answer}", "Answers held against the schema and the tools of their request, by whether they meet them.");
        _noted = _meter.CreateCounter<long>("fairlead.answers.noted", "{answer}", "What was found of answers that is no failure by itself.");
        _checkpointsFailed = _meter.CreateCounter<long>("fairlead.audit.checkpoints.failed", "{checkpoint}", "Checkpoints of the audit log that could not be delivered, by where to.");
    }

    public void Refused(string code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code));

    public void Hedged(string route, bool isWon) => _hedged.Add(1, new("fairlead.route", route), new("won", isWon ? "true" : "false"));

    public void CheckpointFailed(string destination) => _checkpointsFailed.Add(1, new KeyValuePair<string, object?>("destination", destination));

    public void AttemptEnded(Attempt attempt, TimeSpan duration, TimeSpan? firstToken)
    {
        var target = attempt.Choice.Target;
        var counters = _targets.GetOrAdd((NameOf(target), target.Provider.Name), static key => new TargetCounters(key.Target, key.Provider));
        counters.Add(attempt.Failure, attempt.Charge);
        _attemptDuration.Record(duration.TotalSeconds, counters.Tags);
        foreach (var note in attempt.Notes) _noted.Add(1, new("fairlead.target", NameOf(target)), new("note", FailureTable.NameOf(note)));
        if (firstToken is { } first) _firstToken.Record(first.TotalSeconds, counters.Tags);
    }

    public void AnswerJudged(Attempt attempt, bool? schema, bool? tools)
    {
        Judged("schema", schema);
        Judged("tools", tools);

        void Judged(string what, bool? isValid)
        {
            if (isValid is not { } valid) return;
            _judged.Add(1, new("fairlead.target", NameOf(attempt.Choice.Target)), new("what", what), new("valid", valid ? "true" : "false"));
        }
    }

    public void RequestEnded(GatewayRequest request, RequestRecord record)
    {
        var route = request.Plan.Route?.Name ?? "pinned";
        Interlocked.Increment(ref _requests.GetOrAdd((route, record.Outcome, record.Failure), static _ => new StrongBox()).Count);
        _requestDuration.Record(record.Duration.TotalSeconds, new KeyValuePair<string, object?>("fairlead.route", route));
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>What a target is called in metrics, logs and alerts: a client may pin any model of a provider, and those are one name.</summary>
    public static string NameOf(string target) => target.Contains('/', StringComparison.Ordinal) ? "pinned" : target; // configured names have no slash

    private static string NameOf(Target target) => NameOf(target.Name);

    private IEnumerable<Measurement<long>> Requests() => _requests.Select(entry => new Measurement<long>(
        Volatile.Read(ref entry.Value.Count),
        new KeyValuePair<string, object?>("fairlead.route", entry.Key.Route),
        new KeyValuePair<string, object?>("outcome", OutcomeNames.Of(entry.Key.Outcome)),
        new KeyValuePair<string, object?>("error.type", FailureTable.NameOf(entry.Key.Failure))));

    private sealed class StrongBox
    {
        public long Count;
    }
}
