namespace Fairlead.Simulator.Quotas;

/// <summary>What one key may spend, and has spent. Safe for any number of threads.</summary>
internal sealed class CreditAccount(long nanoDollars)
{
    private long _spent;

    /// <summary>Whether nothing is left. Answers under way when it ends are still given, as a vendor does.</summary>
    public bool IsSpent => Interlocked.Read(ref _spent) >= nanoDollars;

    public void Spend(long charge) => Interlocked.Add(ref _spent, charge);
}
