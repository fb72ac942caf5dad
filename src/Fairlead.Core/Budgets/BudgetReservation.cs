using Fairlead.Core.Ledger;

namespace Fairlead.Core.Budgets;

/// <summary>
/// What one attempt holds of every budget that applies to it. It is settled once, however the attempt ends. Used by one request at a time.
/// </summary>
public sealed class BudgetReservation
{
    private readonly BudgetBoard _board;
    private readonly (BudgetMeter Meter, BudgetAccount Account)[] _held;
    private bool _isSettled;
    private long _unwritten;

    internal BudgetReservation(BudgetBoard board, (BudgetMeter Meter, BudgetAccount Account)[] held, long amount) => (_board, _held, Amount) = (board, held, amount);

    /// <summary>Nano-dollars that are held of each.</summary>
    public long Amount { get; private set; }

    /// <summary>Gives up what is held and counts what was spent. A second time changes nothing.</summary>
    /// <param name="spent">What the attempt costs; zero where that is not known.</param>
    public void Settle(Usd spent)
    {
        if (_isSettled) return;
        _isSettled = true;
        _unwritten = spent.NanoDollars;
        foreach (var (meter, account) in _held)
        {
            account.Await(_unwritten); // first: what is spent is never without it
            account.Settle(Amount, spent.NanoDollars);
            _board.Tell(meter, account);
        }
    }

    /// <summary>The ledger has been given what was settled. Called once the request has ended.</summary>
    public void Written()
    {
        foreach (var (_, account) in _held) account.Await(-_unwritten);
        _unwritten = 0;
    }

    /// <summary>Holds more, in every budget or in none.</summary>
    /// <param name="more">Nano-dollars.</param>
    public bool TryTopUp(long more)
    {
        if (!BudgetBoard.TakeAll(_held, more)) return false;
        Amount += more;
        return true;
    }
}
