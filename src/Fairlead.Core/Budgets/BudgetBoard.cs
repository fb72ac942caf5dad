using System.Collections.Immutable;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Budgets;

/// <summary>
/// What budgets have spent and hold, over reloads: accounts are known by the budget's name, scope and span. Reserving is one atomic step for each budget
/// that applies, in the process, and never waits. Safe for any number of threads.
/// </summary>
public sealed class BudgetBoard
{
    /// <summary>Others' findings of room elsewhere are waited for at most so often: they take less than a microsecond each.</summary>
    private const int MostLooks = 1000;

    /// <summary>More budgets than will ever apply to one attempt at the same time.</summary>
    private const int MostWatched = 64;

    /// <summary>More than any budget has, and so little that sums do not overflow: 1000 percent of a million dollars.</summary>
    private const long MostAmount = 10_000_000_000_000_001;

    private BudgetMeter[] _meters = []; // replaced as a whole, never changed

    /// <summary>A share of a budget has been spent. Raised on the thread of the request that spent it; a handler must not throw, or take long.</summary>
    public event Action<BudgetAlert>? Reached;

    /// <summary>Whether there are no budgets.</summary>
    public bool IsEmpty => Volatile.Read(ref _meters).Length == 0;

    /// <summary>Whether a budget is kept for each end user: only then it has to be found out who that is in the ledger.</summary>
    public bool ReadsUser => Array.Exists(Volatile.Read(ref _meters), static meter => meter.Budget.Each == BudgetDimension.User);

    /// <summary>Tells the shares that are reached already: a changed limit may have made them so.</summary>
    /// <param name="now">Now.</param>
    public void TellReached(DateTimeOffset now)
    {
        foreach (var meter in Volatile.Read(ref _meters))
        {
            foreach (var account in meter.AccountsAt(now)) Tell(meter, account);
        }
    }

    /// <summary>Takes the budgets of a configuration: those that count what others have counted go on from there.</summary>
    /// <returns>Those that count something new, of which what is spent already must be <see cref="Restore">restored</see>.</returns>
    public ImmutableArray<Budget> Apply(ImmutableArray<Budget> budgets)
    {
        var before = Volatile.Read(ref _meters);
        var fresh = ImmutableArray.CreateBuilder<Budget>();
        var meters = new List<BudgetMeter>(budgets.Length);
        foreach (var budget in budgets)
        {
            if (Array.Find(before, meter => meter.Budget.CountsAs(budget)) is { } known)
            {
                meters.Add(known.With(budget));
                continue;
            }

            meters.Add(new BudgetMeter(budget));
            fresh.Add(budget);
        }

        Volatile.Write(ref _meters, [.. meters]);
        return fresh.DrainToImmutable();
    }

    /// <summary>Counts what was spent before this process, or before a budget was there.</summary>
    /// <param name="budget">Its name.</param>
    /// <param name="account">The account; empty for the only one.</param>
    /// <param name="at">A time in the span that it was spent in; one that has ended is left out.</param>
    /// <param name="spent">What was spent; negative where a correction says that it was less than was counted.</param>
    public void Restore(string budget, string account, DateTimeOffset at, Usd spent)
    {
        foreach (var meter in Volatile.Read(ref _meters))
        {
            if (meter.Budget.Name != budget) continue;
            var found = meter.Account(account, at);
            if (!found.Span.Contains(at)) continue;
            found.Add(spent.NanoDollars);
            Tell(meter, found);
        }
    }

    /// <summary>What rules see of the tightest budget that applies to a caller: the one of which least is left.</summary>
    /// <param name="subject">The caller; route and target are not known yet.</param>
    /// <param name="acceptedAt">When the request was accepted.</param>
    public BudgetView ViewOf(in BudgetSubject subject, DateTimeOffset acceptedAt)
    {
        var meters = Volatile.Read(ref _meters);
        if (meters.Length == 0) return BudgetView.None;
        var (least, limit) = (long.MaxValue, 0L);
        string? cheapest = null;
        foreach (var meter in meters)
        {
            if (!meter.Budget.IsOfCaller || !subject.IsIn(meter.Budget)) continue;
            var name = meter.NameOf(subject);
            var most = meter.Budget.LimitOf(name);
            var spent = meter.Find(name, acceptedAt)?.Spent ?? 0; // makes none: who is only looked at must not use up the accounts that there may be
            if (cheapest is null && meter.Budget.Cheapens is { } cheapens && spent >= cheapens.Of(most)) cheapest = meter.Budget.Name;
            if (most - spent >= least) continue;
            (least, limit) = (most - spent, most);
        }

        if (least == long.MaxValue) return BudgetView.None;
        return new BudgetView(limit == 0 ? 1 : (double)(limit - least) / limit, Math.Max(0, least) / 1e9) { Cheapest = cheapest };
    }

    /// <summary>The greatest share that is spent of a budget that applies to an attempt; 0 where none does.</summary>
    /// <param name="subject">The attempt.</param>
    /// <param name="acceptedAt">When its request was accepted.</param>
    public double UsedOf(in BudgetSubject subject, DateTimeOffset acceptedAt)
    {
        var used = 0.0;
        foreach (var meter in Volatile.Read(ref _meters))
        {
            if (!subject.IsIn(meter.Budget)) continue;
            var name = meter.NameOf(subject);
            var most = meter.Budget.LimitOf(name);
            used = Math.Max(used, most == 0 ? 1 : (double)(meter.Find(name, acceptedAt)?.Spent ?? 0) / most);
        }

        return used;
    }

    /// <summary>Whether a budget that blocks applies to an attempt.</summary>
    public bool IsBlocking(in BudgetSubject subject)
    {
        foreach (var meter in Volatile.Read(ref _meters))
        {
            if (meter.Budget.Blocks is not null && subject.IsIn(meter.Budget)) return true;
        }

        return false;
    }

    /// <summary>Holds what an attempt may cost at most of every budget that applies to it, or of none.</summary>
    /// <param name="subject">The attempt.</param>
    /// <param name="acceptedAt">When its request was accepted: that decides the span.</param>
    /// <param name="amount">Nano-dollars that it may cost at most.</param>
    /// <param name="least">Less than <paramref name="amount"/> is taken too, where not all of it is left, but not less than this; the same as the amount for all or nothing.</param>
    /// <param name="reservation">What is held; null where no budget applies.</param>
    /// <param name="mark">The budgets to hold of, as <see cref="Mark"/> gave them; null for those of now.</param>
    /// <returns>Why there is no room; null when there is.</returns>
    public BudgetRefusal? Reserve(in BudgetSubject subject, DateTimeOffset acceptedAt, long amount, long least, out BudgetReservation? reservation, object? mark = null)
    {
        reservation = null;
        (amount, least) = (Math.Min(amount, MostAmount), Math.Min(least, MostAmount));
        var meters = (BudgetMeter[]?)mark ?? Volatile.Read(ref _meters);
        var count = 0;
        foreach (var meter in meters)
        {
            if (subject.IsIn(meter.Budget)) count++;
        }

        if (count == 0) return null;
        var held = new (BudgetMeter Meter, BudgetAccount Account)[count];
        var at = 0;
        foreach (var meter in meters)
        {
            if (subject.IsIn(meter.Budget)) held[at++] = (meter, meter.AccountOf(subject, acceptedAt));
        }

        if (least < amount)
        {
            foreach (var (meter, account) in held)
            {
                if (meter.Budget.Blocks is not null) amount = Math.Min(amount, meter.BlockingLimitOf(account.Name) - account.Committed);
            }

            if (amount < least) amount = least;
        }

        var full = Take(held, amount);
        if (full >= 0 && amount > least)
        {
            amount = least; // what was left a moment ago has gone
            full = Take(held, amount);
        }

        if (full >= 0)
        {
            var (meter, account) = held[full];
            return RefusalOf(meter, account.Name, account.Committed, account.Span, amount);
        }

        reservation = new BudgetReservation(this, held, amount);
        return null;
    }

    /// <summary>Why there is no room for an attempt, without holding anything; null when there is.</summary>
    /// <param name="subject">The attempt.</param>
    /// <param name="acceptedAt">When its request was accepted.</param>
    /// <param name="amount">Nano-dollars that must be left.</param>
    public BudgetRefusal? Look(in BudgetSubject subject, DateTimeOffset acceptedAt, long amount)
    {
        foreach (var meter in Volatile.Read(ref _meters))
        {
            if (meter.Budget.Blocks is null || !subject.IsIn(meter.Budget)) continue;
            var name = meter.NameOf(subject);
            var committed = meter.Find(name, acceptedAt)?.Committed ?? 0;
            if (amount > meter.BlockingLimitOf(name) - committed) return RefusalOf(meter, name, committed, BudgetSpan.Of(acceptedAt, meter.Budget.Per, meter.Budget.Zone), amount);
        }

        return null;
    }

    /// <summary>The budgets as they are now: for <see cref="AddLate"/>.</summary>
    public object Mark() => Volatile.Read(ref _meters);

    /// <summary>Counts what an attempt has spent in budgets that a reload has brought while it ran, of which it holds nothing. Called once, when it has ended.</summary>
    /// <param name="began">What <see cref="Mark"/> said before it was reserved for.</param>
    /// <param name="subject">The attempt.</param>
    /// <param name="acceptedAt">When its request was accepted.</param>
    /// <param name="spent">What it costs.</param>
    public void AddLate(object began, in BudgetSubject subject, DateTimeOffset acceptedAt, Usd spent)
    {
        var meters = Volatile.Read(ref _meters);
        if (ReferenceEquals(began, meters)) return;
        foreach (var meter in meters)
        {
            if (!subject.IsIn(meter.Budget) || Array.Exists((BudgetMeter[])began, meter.IsSameAs)) continue;
            var account = meter.AccountOf(subject, acceptedAt);
            if (account.Span.Contains(acceptedAt)) account.Add(spent.NanoDollars);
        }
    }

    /// <summary>How every account stands that was used in its current span, in the order of the configuration.</summary>
    /// <param name="now">Now.</param>
    public IEnumerable<BudgetStanding> Standings(DateTimeOffset now)
    {
        foreach (var meter in Volatile.Read(ref _meters))
        {
            var budget = meter.Budget;
            if (budget.Each is null) meter.Account("", now);
            if (budget.Each is { } each && !BudgetSubject.IsTenants(each))
            {
                foreach (var name in budget.Overrides.Keys) meter.Account(name, now);
            }

            foreach (var account in meter.AccountsAt(now).OrderBy(account => account.Name, StringComparer.Ordinal))
            {
                yield return new BudgetStanding(budget, account.Name, new Usd(budget.LimitOf(account.Name)), new Usd(account.Spent), new Usd(account.Reserved), account.Span) { Unwritten = new Usd(account.Unwritten) };
            }
        }
    }

    private static BudgetRefusal RefusalOf(BudgetMeter meter, string account, long committed, BudgetSpan span, long amount)
    {
        var limit = meter.BlockingLimitOf(account);
        return new BudgetRefusal(meter.Budget, account, new Usd(limit), new Usd(Math.Max(0, limit - committed)), new Usd(amount), span.End);
    }

    internal void Tell(BudgetMeter meter, BudgetAccount account)
    {
        var budget = meter.Budget;
        var limit = budget.LimitOf(account.Name);
        foreach (var threshold in budget.Thresholds)
        {
            if (account.Spent < threshold.Of(limit)) return;
            if (account.TellsFirst(threshold.Percent, limit)) Reached?.Invoke(new BudgetAlert(budget, account.Name, threshold, new Usd(account.Spent), new Usd(limit), account.Span.End));
        }
    }

    /// <summary>Takes an amount of all, or of none.</summary>
    internal static bool TakeAll((BudgetMeter Meter, BudgetAccount Account)[] held, long amount) => Take(held, amount) < 0;

    /// <summary>Takes an amount of all, or of none: then the place of one that has no room; -1 when all have. What others may give back in the next moment is waited for.</summary>
    private static int Take((BudgetMeter Meter, BudgetAccount Account)[] held, long amount)
    {
        Span<int> givenBack = stackalloc int[Math.Min(held.Length, MostWatched)];
        var wait = new SpinWait();
        while (true)
        {
            for (var i = 0; i < givenBack.Length; i++) givenBack[i] = held[i].Account.GivenBack;
            var full = TakeOnce(held, amount);
            if (full < 0) return full;
            var account = held[full].Account;
            if (wait.Count >= MostLooks || !(account.HasUndecided || (full < givenBack.Length && account.GivenBack != givenBack[full]))) return full;
            wait.SpinOnce(sleep1Threshold: -1); // gives way to the one who holds, should that one not be running
        }
    }

    private static int TakeOnce((BudgetMeter Meter, BudgetAccount Account)[] held, long amount)
    {
        if (held.Length == 1) return held[0].Meter.TryReserve(held[0].Account, amount) ? -1 : 0;
        foreach (var (_, account) in held) account.Enter();
        var full = -1;
        for (var i = 0; i < held.Length && full < 0; i++)
        {
            if (held[i].Meter.TryReserve(held[i].Account, amount)) continue;
            full = i;
            while (--i >= 0) held[i].Account.GiveBack(amount);
            break;
        }

        foreach (var (_, account) in held) account.Leave();
        return full;
    }
}
