using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Routing;

/// <summary>What to send next.</summary>
/// <param name="Tier">The tier.</param>
/// <param name="Target">The target.</param>
/// <param name="KeyIndex">Which of the provider's keys; -1 when it has none.</param>
/// <param name="IsRetry">True when the same target was just tried with the same key.</param>
public readonly record struct AttemptChoice(PlannedTier Tier, Target Target, int KeyIndex, bool IsRetry);

/// <summary>
/// Walks a plan: which target and key to send to next, given why the last attempt failed. Pure state of one request; not safe
/// for several threads.
/// </summary>
public sealed class AttemptSequence
{
    private readonly RoutePlan _plan;
    private readonly Func<Provider, int> _firstKey;
    private SendBudget _budget;
    private int _retries;
    private int _tier;
    private int _candidate;
    private int _firstKeyIndex;
    private int _keysTried;
    private FailureClass _last;
    private bool _isTried;

    /// <summary>A walk over <paramref name="plan"/>.</summary>
    /// <param name="plan">The plan; at least one tier.</param>
    /// <param name="retries">Sends to the same target after a failure that may pass.</param>
    /// <param name="firstKey">The key of a provider to start with: the one that worked last.</param>
    public AttemptSequence(RoutePlan plan, int retries, Func<Provider, int> firstKey)
    {
        _plan = plan;
        _retries = retries;
        _firstKey = firstKey;
        _budget = new SendBudget(plan.Tiers.Length);
    }

    /// <summary>Sends taken so far.</summary>
    public int Sent => _budget.Sent;

    /// <summary>The first send; null for a plan without candidates.</summary>
    public AttemptChoice? First()
    {
        _tier = -1;
        return EnterNextTier(FailureClass.None);
    }

    /// <summary>The send that follows a failure; null when none is left or the failure is the client's to hear.</summary>
    public AttemptChoice? After(FailureClass failure)
    {
        _last = failure;
        _isTried = true;
        switch (FailureTable.Of(failure).Action)
        {
            case FailureAction.Surface or FailureAction.Accept:
                return null;
            case FailureAction.Retry when _retries > 0 && _budget.TryExtra():
                _retries--;
                return Choice(isRetry: true);
            case FailureAction.NextKey when _keysTried < Current.Provider.Keys.Length && _budget.TryExtra():
                _keysTried++;
                return Choice(isRetry: false);
        }

        if (_candidate + 1 < _plan.Tiers[_tier].Candidates.Length && _budget.TryExtra())
        {
            _candidate++;
            return EnterCandidate();
        }

        return EnterNextTier(failure);
    }

    /// <summary>
    /// The send in place of one that is not made because its target cannot carry the request; null when no target is left. It uses up
    /// none of the budget.
    /// </summary>
    public AttemptChoice? InsteadOfLast()
    {
        if (_candidate + 1 < _plan.Tiers[_tier].Candidates.Length)
        {
            _candidate++;
            return EnterCandidate();
        }

        _budget.GiveBack();
        return EnterNextTier(_last, hadNone: !_isTried); // none of its targets can carry the request: it had no candidate either
    }

    private Target Current => _plan.Tiers[_tier].Candidates[_candidate].Target;

    /// <summary>The next tier that may be entered: after this failure, or because the one before it had no candidate.</summary>
    private AttemptChoice? EnterNextTier(FailureClass failure, bool hadNone = false)
    {
        for (var next = _tier + 1; next < _plan.Tiers.Length; next++)
        {
            var tier = _plan.Tiers[next];
            var followsNone = tier.FollowsEmpty || (hadNone && next == _tier + 1);
            if (tier.Number > 1 && !(failure != FailureClass.None && tier.After.Allows(failure)) && !(followsNone && tier.After.Allows(FailureClass.NoCandidate))) continue;
            if (!_budget.TryFirstOfTier()) return null;
            _tier = next;
            _candidate = 0;
            _isTried = false;
            return EnterCandidate();
        }

        return null;
    }

    private AttemptChoice EnterCandidate()
    {
        _keysTried = 1;
        _firstKeyIndex = Current.Provider.Keys.IsEmpty ? -1 : _firstKey(Current.Provider) % Current.Provider.Keys.Length;
        return Choice(isRetry: false);
    }

    private AttemptChoice Choice(bool isRetry) => new(
        _plan.Tiers[_tier], Current, _firstKeyIndex < 0 ? -1 : (_firstKeyIndex + _keysTried - 1) % Current.Provider.Keys.Length, isRetry);
}
