namespace Fairlead.Core.Execution;

/// <summary>
/// How many upstream sends a request may make: one per untried tier is always allowed; retries, further keys and further
/// candidates share what is left of tiers + 2, at most 6. A value; one per request.
/// </summary>
public struct SendBudget
{
    private const int MostSends = 6;

    private readonly int _limit;
    private int _untriedTiers;

    /// <summary>The budget of a plan with so many tiers.</summary>
    public SendBudget(int tiers)
    {
        _limit = MostOf(tiers);
        _untriedTiers = tiers;
    }

    /// <summary>All sends that a request may make whose plan has so many tiers.</summary>
    public static int MostOf(int tiers) => Math.Min(MostSends, tiers + 2);

    /// <summary>Sends made.</summary>
    public int Sent { get; private set; }

    /// <summary>Takes the first send of the next tier. False only when a plan has more tiers than sends are allowed at all.</summary>
    public bool TryFirstOfTier()
    {
        if (Sent >= _limit) return false;
        Sent++;
        if (_untriedTiers > 0) _untriedTiers--; // none is, of a plan that is begun anew
        return true;
    }

    /// <summary>Gives back a send that was taken and not made.</summary>
    public void GiveBack() => Sent--;

    /// <summary>Takes the send that is tried when all tiers were; false when all sends are made.</summary>
    public bool TryResort()
    {
        if (Sent >= _limit) return false;
        Sent++;
        return true;
    }

    /// <summary>No send is kept for a tier any more: all were tried.</summary>
    public void Reopen() => _untriedTiers = 0;

    /// <summary>Whether a further send in the current tier would be given.</summary>
    public readonly bool CanExtra => Sent + 1 + _untriedTiers <= _limit;

    /// <summary>Takes a further send in the current tier; false when the sends left are kept for untried tiers.</summary>
    public bool TryExtra()
    {
        if (!CanExtra) return false;
        Sent++;
        return true;
    }
}
