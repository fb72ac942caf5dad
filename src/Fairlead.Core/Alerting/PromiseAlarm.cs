using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Core.Health;

namespace Fairlead.Core.Alerting;

/// <summary>
/// Whether routes use up what their promises allow too fast, or have used it up. As the Site Reliability Workbook has it, a rate must be too high over a long
/// span, so that it matters, and over a short one too, so that it still goes on: the alert is over soon after the trouble is. Its factors are for a month;
/// these are for a day at most, the time that promises are held over. That all is used up is an alert of its own, which stays as long as it is so. Used by
/// one thread.
/// </summary>
/// <param name="promises">What was counted.</param>
/// <param name="board">Is told.</param>
public sealed class PromiseAlarm(PromiseTracker promises, AlertBoard board)
{
    /// <summary>Requests that it takes in the long span.</summary>
    public const int LeastRequests = 20;

    /// <summary>Bad ones among them that it takes: of 20 requests one that fails is a storm where 99.9 % are promised.</summary>
    public const int LeastBad = 5;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan FiveMinutes = TimeSpan.FromMinutes(5);

    /// <summary>In an hour, 14.4 uses up 60 % of a day's budget, and 6 a quarter. It is over below half of that.</summary>
    private static readonly ImmutableArray<Rule> Fast = [new Rule(Hour, FiveMinutes, 14.4, 0.5, AlertSeverity.Critical), new Rule(Hour, FiveMinutes, 6, 0.5, AlertSeverity.Warning)];

    /// <summary>All is used up.</summary>
    private static readonly ImmutableArray<Rule> Spent = [new Rule(Promise.MostWindow, null, 1, 0.9, AlertSeverity.Warning)];

    private readonly HashSet<string> _open = new(StringComparer.Ordinal);

    /// <summary>Raises and resolves what is due. Called every few seconds.</summary>
    /// <param name="routes">The names of all routes there are.</param>
    public void Look(IEnumerable<string> routes)
    {
        var looked = new HashSet<string>(StringComparer.Ordinal);
        foreach (var route in routes)
        {
            if (promises.PromiseOf(route) is not { } promise) continue;
            if (promise.P95 is { } most)
            {
                var objective = new Objective(route, "p95", 1 - Promise.ShareWithinP95, promise.Window, string.Create(CultureInfo.InvariantCulture, $"took longer than {most.TotalMilliseconds} ms"), static counts => counts.BadLatency);
                Look(objective, looked);
            }

            if (promise.Success is { } success) Look(new Objective(route, "success", 1 - success, promise.Window, "were not answered", static counts => counts.BadSuccess), looked);
        }

        foreach (var gone in _open.Except(looked, StringComparer.Ordinal).ToArray())
        {
            _open.Remove(gone);
            board.Resolve(AlertEvent.Slo, gone, "Nothing is promised of it any more.");
        }
    }

    private void Look(Objective objective, HashSet<string> looked)
    {
        Look(objective, $"{objective.Route} {objective.Name}", Fast, looked);
        Look(objective, $"{objective.Route} {objective.Name} budget", Spent, looked);
    }

    private void Look(Objective objective, string subject, ImmutableArray<Rule> rules, HashSet<string> looked)
    {
        looked.Add(subject);
        var isOpen = _open.Contains(subject);
        var last = "No requests any more.";
        foreach (var rule in rules)
        {
            var span = rule.Long < objective.Window ? rule.Long : objective.Window;
            if (promises.Counts(objective.Route, span) is not { } counts || objective.RateOf(counts) is not { } rate) continue;
            last = objective.Say(counts, rate, span);
            var recent = rule.Short is { } within ? promises.Counts(objective.Route, within) is { } few ? objective.RateOf(few) ?? 0 : 0 : rate;
            var slowest = Math.Min(rate, recent);
            if (slowest < rule.Factor * (isOpen ? rule.Keeps : 1)) continue;
            if (!isOpen && (counts.Requests < LeastRequests || objective.Bad(counts) < LeastBad)) continue;
            // What is enough to keep an alert open does not make it more urgent.
            board.Raise(AlertEvent.Slo, subject, last, slowest >= rule.Factor ? rule.Severity : AlertSeverity.Warning);
            _open.Add(subject);
            return;
        }

        if (_open.Remove(subject)) board.Resolve(AlertEvent.Slo, subject, last);
    }

    /// <param name="Long">Over which the rate must be too high; at most the promise's own window.</param>
    /// <param name="Short">Over which too; null: none.</param>
    /// <param name="Factor">How many times faster than allowed.</param>
    /// <param name="Keeps">The share of that which keeps an alert open.</param>
    /// <param name="Severity">How urgent it is.</param>
    private sealed record Rule(TimeSpan Long, TimeSpan? Short, double Factor, double Keeps, AlertSeverity Severity);

    private sealed record Objective(string Route, string Name, double Allowed, TimeSpan Window, string What, Func<PromiseCounts, long> Bad)
    {
        /// <summary>How many times faster than allowed; null without requests.</summary>
        public double? RateOf(PromiseCounts counts) => counts.Requests == 0 ? null : (double)Bad(counts) / counts.Requests / Allowed;

        public string Say(PromiseCounts counts, double rate, TimeSpan span) => string.Create(
            CultureInfo.InvariantCulture, $"{Bad(counts)} of {counts.Requests} requests {What} in the last {Words(span)}: {rate:0.0} times what the promise allows.");

        private static string Words(TimeSpan span) =>
            span == Hour ? "hour" : span > Hour ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0.#} hours") : string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0.#} minutes");
    }
}
