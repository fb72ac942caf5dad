using System.Collections.Immutable;

namespace Fairlead.Core.Budgets;

/// <summary>What one account has spent and holds in one span. Each change is one atomic step: safe for any number of threads.</summary>
internal sealed class BudgetAccount(string name, BudgetSpan span)
{
    private long _committed; // spent and reserved together: what a limit is compared with
    private long _reserved;
    private long _spent;
    private int _undecided;
    private int _givenBack;
    private long _unwritten;
    private ImmutableArray<(int Percent, long Limit)> _told = [];

    /// <summary>The value of the budget's dimension; empty for the one account of a budget without, and for requests that have no value.</summary>
    public string Name => name;

    public BudgetSpan Span => span;

    /// <summary>Nano-dollars that are spent.</summary>
    public long Spent => Volatile.Read(ref _spent); // counted by itself: the difference of the others is wrong for a moment of each reservation

    /// <summary>Nano-dollars that running attempts hold.</summary>
    public long Reserved => Volatile.Read(ref _reserved);

    /// <summary>Both together: what limits are compared with.</summary>
    public long Committed => Volatile.Read(ref _committed);

    /// <summary>Holds an amount if it fits below a limit; false when it does not.</summary>
    public bool TryReserve(long amount, long limit)
    {
        var committed = Volatile.Read(ref _committed);
        while (true)
        {
            if (amount > limit - committed) return false;
            var seen = Interlocked.CompareExchange(ref _committed, committed + amount, committed);
            if (seen == committed) break;
            committed = seen;
        }

        Interlocked.Add(ref _reserved, amount);
        return true;
    }

    /// <summary>Holds an amount, limit or not.</summary>
    public void Reserve(long amount)
    {
        Interlocked.Add(ref _committed, amount);
        Interlocked.Add(ref _reserved, amount);
    }

    /// <summary>Gives up what was held, and counts what was spent in its place.</summary>
    public void Settle(long reserved, long spent)
    {
        Interlocked.Add(ref _spent, spent);
        Interlocked.Add(ref _reserved, -reserved);
        Interlocked.Add(ref _committed, spent - reserved);
    }

    /// <summary>Counts what was spent without having been held.</summary>
    public void Add(long spent)
    {
        Interlocked.Add(ref _spent, spent);
        Interlocked.Add(ref _committed, spent);
    }

    /// <summary>
    /// Begins to hold here for an attempt that must find room elsewhere too, and may then give it back. Who finds no room meanwhile looks again:
    /// nobody is refused because of what is given back in the next moment.
    /// </summary>
    public void Enter() => Interlocked.Increment(ref _undecided);

    public void Leave() => Interlocked.Decrement(ref _undecided);

    /// <summary>Gives back what was held for an attempt that found no room elsewhere. Before <see cref="Leave"/>.</summary>
    public void GiveBack(long reserved)
    {
        Settle(reserved, 0);
        Interlocked.Increment(ref _givenBack);
    }

    /// <summary>How often something was given back.</summary>
    public int GivenBack => Volatile.Read(ref _givenBack);

    /// <summary>Whether somebody's finding room elsewhere is still open.</summary>
    public bool HasUndecided => Volatile.Read(ref _undecided) > 0;

    /// <summary>Nano-dollars of what is spent that the ledger has not been given yet.</summary>
    public long Unwritten => Volatile.Read(ref _unwritten);

    /// <summary>What was settled stands with a request that still runs; or, negative, the ledger has been given it.</summary>
    public void Await(long spent) => Interlocked.Add(ref _unwritten, spent);

    /// <summary>Whether a share of a limit is told for the first time: of another limit it is told anew.</summary>
    public bool TellsFirst(int percent, long limit) =>
        !_told.Contains((percent, limit)) && ImmutableInterlocked.Update(ref _told, static (told, one) => told.Contains(one) ? told : told.Add(one), (percent, limit));
}
