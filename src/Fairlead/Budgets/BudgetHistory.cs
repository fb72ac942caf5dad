using System.Collections.Immutable;
using Fairlead.Core.Budgets;
using Fairlead.Core.Ledger;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Budgets;

/// <summary>
/// Gives budgets what the ledger says is spent in their span: all of them before the first request is served, those that a reload brings beside
/// the traffic, and all again once costs were corrected. Safe for any number of threads.
/// </summary>
internal sealed class BudgetHistory(BudgetBoard board, SqliteLedger ledger, TimeProvider time, ILogger<BudgetHistory> logger) : IAsyncDisposable
{
    /// <summary>How often the ledger is read anew because an account moved meanwhile.</summary>
    private const int MostReads = 5;

    /// <summary>How long until a ledger that could not be read is read again.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();

    /// <summary>What is done beside the traffic, one after the other.</summary>
    private Task _last = Task.CompletedTask;

    private readonly Lock _gate = new();

    /// <summary>Takes the budgets that a process starts with.</summary>
    /// <exception cref="LedgerException">The ledger cannot be read: what is spent is not known, and nothing may be served.</exception>
    public Task StartAsync(ImmutableArray<Budget> budgets, CancellationToken cancellationToken) => ReconcileAsync(board.Apply(budgets), cancellationToken);

    /// <summary>Takes the budgets of a changed configuration. What was spent before in those that are new is counted a moment later.</summary>
    public void Apply(ImmutableArray<Budget> budgets)
    {
        lock (_gate) Beside(board.Apply(budgets));
        board.TellReached(time.GetUtcNow());
    }

    /// <summary>Counts anew: costs were corrected.</summary>
    public void CostsCorrected() => Beside([.. board.Standings(time.GetUtcNow()).Select(standing => standing.Budget).Distinct()]);

    /// <summary>Completes when what was begun beside the traffic is done. Never fails.</summary>
    public Task SettledAsync()
    {
        lock (_gate) return _last;
    }

    /// <summary>Ends what is done beside the traffic.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await SettledAsync();
        _stopping.Dispose();
    }

    private void Beside(ImmutableArray<Budget> budgets)
    {
        if (budgets.IsEmpty) return;
        lock (_gate) _last = NextAsync(_last, budgets);
    }

    /// <summary>Goes on until it is done: a ledger that cannot be read now can be in a while.</summary>
    private async Task NextAsync(Task before, ImmutableArray<Budget> budgets)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        for (var isNews = true; !_stopping.IsCancellationRequested; isNews = false)
        {
            try
            {
                await ReconcileAsync(budgets, _stopping.Token);
                return;
            }
            catch (Exception exception)
            {
                if (isNews && !_stopping.IsCancellationRequested) logger.BudgetsNotCounted(exception.Message);
                await Task.Delay(Again, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>
    /// Adds what the ledger has and an account has not; what has been spent by requests that still run the ledger will have later. An account that moved while the ledger was read is read again; one that never stands still gets
    /// what the ledger had more than the account before it was read, which is rather too much than too little.
    /// </summary>
    private async Task ReconcileAsync(ImmutableArray<Budget> budgets, CancellationToken cancellationToken)
    {
        foreach (var budget in budgets)
        {
            var left = new HashSet<string>(StringComparer.Ordinal);
            var isFirst = true;
            for (var read = 1; read <= MostReads && (isFirst || left.Count > 0); read++)
            {
                var span = BudgetSpan.Of(time.GetUtcNow(), budget.Per, budget.Zone);
                var before = SpentOf(budget);
                var ledgers = await LedgersAsync(budget, span, cancellationToken);
                var after = SpentOf(budget);
                IEnumerable<string> accounts = isFirst ? ledgers.Keys.Union(before.Keys) : [.. left];
                foreach (var account in accounts)
                {
                    var known = before.GetValueOrDefault(account);
                    if (known != after.GetValueOrDefault(account) && read < MostReads)
                    {
                        left.Add(account);
                        continue;
                    }

                    left.Remove(account);
                    board.Restore(budget.Name, account, span.Start, new Usd(ledgers.GetValueOrDefault(account) - (known.Spent - known.Unwritten)));
                }

                isFirst = false;
            }
        }
    }

    private Dictionary<string, (long Spent, long Unwritten)> SpentOf(Budget budget) => board.Standings(time.GetUtcNow())
        .Where(standing => standing.Budget.Name == budget.Name)
        .ToDictionary(standing => standing.Account, standing => (standing.Spent.NanoDollars, standing.Unwritten.NanoDollars), StringComparer.Ordinal);

    private async Task<Dictionary<string, long>> LedgersAsync(Budget budget, BudgetSpan span, CancellationToken cancellationToken)
    {
        var own = budget.Each is { } of ? BudgetSubject.IsTenants(of) ? (BudgetDimension[])[of, BudgetDimension.Tenant] : [of] : [];
        BudgetDimension[] dimensions = [.. budget.Scope.Select(scope => scope.Dimension).Concat(own).Distinct()];
        var spent = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var row in await ledger.SpentAsync(span.Start, span.End, [.. dimensions.Select(DimensionOf)], cancellationToken))
        {
            if (!budget.Scope.All(scope => row.Values[Array.IndexOf(dimensions, scope.Dimension)] is { } value && scope.Values.Contains(value, StringComparer.Ordinal))) continue;
            var account = budget.Each is { } each ? NameOf(each) : "";
            spent[account] = spent.GetValueOrDefault(account) + row.Cost.NanoDollars;

            string NameOf(BudgetDimension each)
            {
                var value = row.Values[Array.IndexOf(dimensions, each)] ?? "";
                return BudgetSubject.IsTenants(each) ? $"{row.Values[Array.IndexOf(dimensions, BudgetDimension.Tenant)]}/{value}" : value;
            }
        }

        return spent;
    }

    private static CostDimension DimensionOf(BudgetDimension dimension) => dimension switch
    {
        BudgetDimension.Tenant => CostDimension.Tenant,
        BudgetDimension.Team => CostDimension.Team,
        BudgetDimension.Feature => CostDimension.Feature,
        BudgetDimension.User => CostDimension.User,
        BudgetDimension.Key => CostDimension.Key,
        BudgetDimension.Environment => CostDimension.Environment,
        BudgetDimension.Workload => CostDimension.Workload,
        BudgetDimension.Route => CostDimension.Route,
        BudgetDimension.Provider => CostDimension.Provider,
        _ => CostDimension.Target,
    };
}
