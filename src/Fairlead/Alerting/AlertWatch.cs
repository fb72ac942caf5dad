using System.Collections.Concurrent;
using System.Globalization;
using Fairlead.Core.Alerting;
using Fairlead.Core.Budgets;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Policy;
using Fairlead.Core.Routing;
using Fairlead.Pipeline;
using Fairlead.Telemetry;
using Route = Fairlead.Core.Configuration.Route;

namespace Fairlead.Alerting;

/// <summary>
/// Raises and resolves the alerts that follow from what is settled: failovers, promises, budgets, providers that behave as if somebody stood in front of
/// them, targets that do not answer as they should. What is a rate or ends by itself is looked at every few seconds. Safe for any number of threads.
/// </summary>
internal sealed class AlertWatch : IDisposable
{
    /// <summary>How often it is looked: fresh beside the half minute within which an alert has to be told.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>How long a provider, or a target, must behave before it is trusted again.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(15);

    private readonly SnapshotSource _snapshots;
    private readonly AlertBoard _board;
    private readonly FailoverRate _failovers;
    private readonly PromiseAlarm _promises;
    private readonly BudgetBoard _budgets;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, BudgetAlert> _spent = new(StringComparer.Ordinal); // open, by the alert's subject
    private readonly ITimer _timer;
    private int _isLooking;

    public AlertWatch(SnapshotSource snapshots, AlertBoard board, FailoverRate failovers, PromiseAlarm promises, BudgetBoard budgets, TimeProvider time)
    {
        (_snapshots, _board, _failovers, _promises, _budgets, _time) = (snapshots, board, failovers, promises, budgets, time);
        budgets.Reached += Reached;
        _timer = time.CreateTimer(static state => ((AlertWatch)state!).Look(), this, Every, Every);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _budgets.Reached -= Reached;
    }

    /// <summary>Takes how an attempt ended, where it failed or something of its answer was noted.</summary>
    public void AttemptEnded(Target target, FailureClass failure, AnswerNotes notes)
    {
        if (failure == FailureClass.TlsFailed) _board.Raise(AlertEvent.Security, target.Provider.Name, "No trusted connection can be made: its certificate does not hold, or somebody stands in between.", AlertSeverity.Critical);
        else if (failure == FailureClass.HostileResponse) _board.Raise(AlertEvent.Security, target.Provider.Name, "It answers what no such vendor answers: a redirect, or more than an answer may have.", AlertSeverity.Critical);
        else if (failure == FailureClass.Forbidden) Noticed(target, failure, "Its vendor does not permit it to the gateway's account: a right, a region or a setting is missing.");
        if (notes.Has(FailureClass.WrongModel)) Noticed(target, FailureClass.WrongModel, "Another model answers than was asked for; the requests' records name it.");
        if (notes.Has(FailureClass.AbsurdUsage)) Noticed(target, FailureClass.AbsurdUsage, "It reports a usage that cannot be; estimates are charged instead.");
    }

    /// <summary>Counts an ended request, where it had a route and was sent.</summary>
    public void RequestEnded(GatewayRequest request, RequestOutcome outcome)
    {
        if (request.Plan.Route is not { } route || request.Attempts.Count == 0 || outcome == RequestOutcome.ClientGone) return;
        _failovers.Ended(route.Name, NeededFailover(request, route, outcome));
    }

    /// <summary>
    /// Whether a target failed the request, or was held back for having failed others, so that another one answered it, or none. The client's
    /// own fault is no such failure.
    /// </summary>
    private static bool NeededFailover(GatewayRequest request, Route route, RequestOutcome outcome)
    {
        var deciding = (request.Answered ?? request.Attempts[^1]).Choice;
        if (outcome == RequestOutcome.Answered && request.Plan.Rejected.Any(rejected => WasHeldBackBefore(rejected, deciding, route))) return true;
        var last = deciding.Target.Name;
        foreach (var failed in request.Failed)
        {
            var row = FailureTable.Of(failed.Failure);
            if (row.IsClientFault || row.Action == FailureAction.Surface) continue;
            if (outcome != RequestOutcome.Answered || failed.Target != last) return true;
        }

        return false;
    }

    /// <summary>Whether a target stood before the one that answered and was held back, by what failed there and not by an operator.</summary>
    private static bool WasHeldBackBefore(RejectedCandidate rejected, AttemptChoice answered, Route route)
    {
        if (rejected is not { Cause: RejectionCause.HeldBack, Failure: not FailureClass.None }) return false;
        if (rejected.Tier == RoutePlanner.Baseline) return answered.Tier.Name != RoutePlanner.Baseline;
        if (rejected.Tier != answered.Tier.Name) return route.Tiers.TakeWhile(tier => tier.Name != answered.Tier.Name).Any(tier => tier.Name == rejected.Tier);
        // Where they are not tried in the order of the configuration, nobody knows which of a tier would have come first.
        return answered.Tier.Prefer is Preference.Order && route.Tiers.First(tier => tier.Name == answered.Tier.Name).Targets.TakeWhile(target => target.Name != answered.Target.Name).Any(target => target.Name == rejected.Target);
    }

    private void Noticed(Target target, FailureClass what, string text) =>
        _board.Raise(AlertEvent.Anomaly, $"{GatewayMetrics.NameOf(target.Name)} {FailureTable.NameOf(what)}", text, AlertSeverity.Warning);

    private void Reached(BudgetAlert reached)
    {
        var account = reached.Account.Length == 0 ? "" : $" ({reached.Account})";
        var subject = string.Create(CultureInfo.InvariantCulture, $"{reached.Budget.Name}{account} {reached.Threshold.Percent} %");
        var blocks = (reached.Threshold.Actions & (BudgetActions.Block | BudgetActions.Degrade)) != 0;
        var text = string.Create(
            CultureInfo.InvariantCulture, $"${reached.Spent} of ${reached.Limit} spent{(blocks ? "; nothing more is sent" : "")}. It begins anew at {reached.ResetsAt.UtcDateTime:yyyy-MM-dd HH:mm}Z.");
        _board.Raise(AlertEvent.Budget, subject, text, blocks ? AlertSeverity.Critical : AlertSeverity.Warning);
        if (_board.Find(AlertEvent.Budget, subject) is not null) _spent[subject] = reached;
    }

    private void Look()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) != 0) return;
        try
        {
            _failovers.Look();
            _promises.Look(_snapshots.Current.Routes.Select(route => route.Name));
            if (!_spent.IsEmpty) LookAtBudgets();
            LookAtQuiet(AlertEvent.Security);
            LookAtQuiet(AlertEvent.Anomaly);
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    /// <summary>A budget is well again in its next span, with a greater limit, after a correction, or when it is gone.</summary>
    private void LookAtBudgets()
    {
        var standings = _budgets.Standings(_time.GetUtcNow()).ToDictionary(standing => (standing.Budget.Name, standing.Account));
        foreach (var (subject, reached) in _spent)
        {
            if (standings.TryGetValue((reached.Budget.Name, reached.Account), out var now)
                && now.Budget.Thresholds.Any(threshold => threshold.Percent == reached.Threshold.Percent)
                && now.Spent.NanoDollars >= reached.Threshold.Of(now.Limit.NanoDollars)) continue;
            _spent.TryRemove(new(subject, reached));
            _board.Resolve(AlertEvent.Budget, subject, now is null ? "It begins anew, or is not there any more." : $"${now.Spent} of ${now.Limit} spent.");
        }
    }

    private void LookAtQuiet(AlertEvent what)
    {
        if (_board.CountOpen(what) == 0) return;
        foreach (var alert in _board.QuietFor(what, Quiet)) _board.Resolve(what, alert.Subject, $"Nothing of the kind for {Quiet.TotalMinutes} minutes.");
    }
}
