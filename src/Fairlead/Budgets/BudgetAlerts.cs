using System.Diagnostics.Metrics;
using Fairlead.Core.Budgets;
using Fairlead.Telemetry;

namespace Fairlead.Budgets;

/// <summary>Tells of budgets: each share that is reached once per span, in the log and as a metric, and how far the furthest account of each is. Safe for any number of threads.</summary>
internal sealed class BudgetAlerts : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _reached;
    private readonly BudgetBoard _board;
    private readonly ILogger<BudgetAlerts> _logger;

    public BudgetAlerts(IMeterFactory meters, BudgetBoard board, TimeProvider time, ILogger<BudgetAlerts> logger)
    {
        (_board, _logger) = (board, logger);
        _meter = meters.Create(GatewayMetrics.MeterName);
        _reached = _meter.CreateCounter<long>("fairlead.budget.reached", "{alert}", "Shares of budgets that were reached, once per account and span.");
        _meter.CreateObservableGauge("fairlead.budget.used", () => Furthest(time.GetUtcNow(), Used), "1", "Share of a budget that is spent, of the account that has spent most of its own.");
        _meter.CreateObservableGauge("fairlead.budget.reserved", () => Furthest(time.GetUtcNow(), Reserved), "1", "Share of a budget that running attempts hold, of the account that holds most of its own.");
        board.Reached += Tell;
    }

    public void Dispose()
    {
        _board.Reached -= Tell;
        _meter.Dispose();
    }

    private void Tell(BudgetAlert alert)
    {
        _reached.Add(1, new("budget", alert.Budget.Name), new("percent", alert.Threshold.Percent));
        _logger.BudgetReached(
            alert.Account.Length == 0 ? alert.Budget.Name : $"{alert.Budget.Name} ({alert.Account})", alert.Threshold.Percent, alert.Spent.ToString(), alert.Limit.ToString(), alert.ResetsAt.UtcDateTime);
    }

    private IEnumerable<Measurement<double>> Furthest(DateTimeOffset now, Func<BudgetStanding, double> share) => _board.Standings(now)
        .GroupBy(standing => standing.Budget.Name, StringComparer.Ordinal)
        .Select(budget => new Measurement<double>(budget.Max(share), new KeyValuePair<string, object?>("budget", budget.Key)));

    private static double Used(BudgetStanding standing) => ShareOf(standing.Spent.NanoDollars, standing.Limit.NanoDollars);

    private static double Reserved(BudgetStanding standing) => ShareOf(standing.Reserved.NanoDollars, standing.Limit.NanoDollars);

    private static double ShareOf(long part, long whole) => whole == 0 ? part > 0 ? 1 : 0 : (double)part / whole;
}
