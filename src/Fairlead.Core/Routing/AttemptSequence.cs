using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;

namespace Fairlead.Core.Routing;

/// <summary>What to send next.</summary>
/// <param name="Tier">The tier.</param>
/// <param name="Target">The target.</param>
/// <param name="KeyIndex">Which of the provider's keys; -1 when it has none, or none may be used.</param>
/// <param name="IsRetry">True when the same target was just tried with the same key.</param>
public readonly record struct AttemptChoice(PlannedTier Tier, Target Target, int KeyIndex, bool IsRetry)
{
    /// <summary>Why none of its keys may be used; null when this one may.</summary>
    public SendRefusal? Refusal { get; init; }

    /// <summary>Whether it was held back for its health, and nothing else is left.</summary>
    public bool IsLastResort { get; init; }

    /// <summary>Whether it is out, and tried all the same: whatever is known of it.</summary>
    public bool IsPanic { get; init; }

    /// <summary>How far it may be let in for want of anything else.</summary>
    public LastResort Resort => IsPanic ? LastResort.OnceASecond : IsLastResort ? LastResort.Always : LastResort.Never;

    /// <summary>Whether it is sent while another send still runs.</summary>
    public bool IsHedge { get; init; }

    /// <summary>Attempts of this request before it whose time ran out: it gets less of it.</summary>
    public int TimeoutsBefore { get; init; }
}

/// <summary>
/// Walks a plan: which target and key to send to next, given why the last attempt failed. Pure but for the gate that it asks; the state
/// of one request, not safe for several threads.
/// </summary>
public sealed class AttemptSequence
{
    private readonly RoutePlan _plan;
    private readonly ISendGate _gate;
    private readonly bool _isReplaySafe;
    private SendBudget _budget;
    private int _retries;
    private int _tier = -1;
    private int _candidate;
    private int _held;
    private List<HeldCandidate>? _late; // held back when they were about to be sent to
    private PlannedTier? _resort; // what is tried last of all
    private bool _isPanic;        // and is out: it is sent one request, and no second one at once
    private int _key;
    private ulong _keysTried;
    private (int Candidate, int Key, ulong KeysTried) _beforeHedge;
    private bool _wasHedged; // where it stands is the second send's place
    private FailureClass _beside; // what the other one of two sends ended with
    private int _timeouts;
    private FailureClass _last;
    private bool _isTried;

    /// <summary>A walk over <paramref name="plan"/>.</summary>
    /// <param name="plan">The plan; at least one tier.</param>
    /// <param name="retries">Sends to the same target after a failure that may pass.</param>
    /// <param name="gate">Says which keys and retries there are.</param>
    /// <param name="isReplaySafe">Whether the request may be sent again after a send that may have been processed.</param>
    public AttemptSequence(RoutePlan plan, int retries, ISendGate gate, bool isReplaySafe = true)
    {
        _plan = plan;
        _retries = retries;
        _gate = gate;
        _isReplaySafe = isReplaySafe;
        _budget = new SendBudget(Math.Max(1, plan.Tiers.Length));
    }

    /// <summary>Sends taken so far.</summary>
    public int Sent => _budget.Sent;

    /// <summary>Why nothing more is sent, once there is no next send: what is tried is used up, or what failed last ends it.</summary>
    public UnansweredCause Cause { get; private set; }

    /// <summary>Whether what failed last ends it, so that no wait brings another send.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The first send; null for a plan without candidates.</summary>
    public AttemptChoice? First() => EnterNextTier(FailureClass.None, FailureClass.None);

    /// <summary>The send that follows a failure; null when none is left or the failure is the client's to hear.</summary>
    /// <param name="failure">Its class.</param>
    /// <param name="isByFilter">Whether a filter of the vendor's found it.</param>
    /// <param name="isWithinAnswer">Whether it came in an answer that had begun: then the request was processed, whatever the class.</param>
    /// <param name="isHedge">Whether it was the second one of two sends side by side.</param>
    public AttemptChoice? After(FailureClass failure, bool isByFilter = false, bool isWithinAnswer = false, bool isHedge = false)
    {
        _last = failure;
        _isTried = true;
        if (failure == FailureClass.Timeout) _timeouts++;
        var row = FailureTable.Of(failure);
        var action = _plan.Failures.ActionOf(failure, isByFilter);
        if (action is FailureAction.Surface or FailureAction.Accept) return End(CauseOf(row));
        if (!_isReplaySafe && (isWithinAnswer || !row.IsProvenUnprocessed)) return End(UnansweredCause.NotAgain);
        // Of two side by side it is the second one's place that may be tried once more, by what that one ended with.
        if (_wasHedged && !isHedge) action = _beside == FailureClass.None ? FailureAction.NextCandidate : _plan.Failures.ActionOf(_beside);
        // What the vendor wants left alone is not tried again, whatever the route says.
        if (action == FailureAction.Retry && _gate.ChooseKey(Current, ~(1UL << Math.Max(0, _key)), out _) < 0) action = FailureAction.NextKey;
        switch (action)
        {
            case FailureAction.Retry when !_isPanic && _retries > 0 && _budget.CanExtra && _gate.TryRetry(Current):
                _retries--;
                return Further(_key) with { IsRetry = true };
            case FailureAction.NextKey when !_isPanic && _budget.CanExtra && _gate.ChooseKey(Current, _keysTried, out _) is >= 0 and var key:
                return Further(key);
        }

        if (HasNextCandidate && _budget.TryExtra())
        {
            _candidate++;
            return EnterCandidate();
        }

        return EnterNextTier(failure, FailureClass.None);
    }

    /// <summary>
    /// The send in place of one that is not made because its target cannot carry the request, or may not be sent to now; null when no
    /// target is left. It uses up none of the budget.
    /// </summary>
    /// <param name="obstacle">What stands in the way, where that is a matter of health; else none.</param>
    /// <param name="resort">Whether it may be sent to all the same, where nothing else is left.</param>
    /// <param name="reason">Why it is not, for the sentence.</param>
    public AttemptChoice? InsteadOfLast(FailureClass obstacle = FailureClass.None, LastResort resort = LastResort.Never, string reason = "")
    {
        if (resort != LastResort.Never && _resort is null)
        {
            var tier = _plan.Tiers[_tier];
            (_late ??= []).Add(new HeldCandidate(tier with { Candidates = [tier.Candidates[_candidate] with { LastResort = reason }] }, resort == LastResort.OnceASecond));
        }

        if (HasNextCandidate)
        {
            _candidate++;
            return EnterCandidate();
        }

        _budget.GiveBack();
        return EnterNextTier(_last, _isTried ? FailureClass.None : obstacle == FailureClass.None ? FailureClass.NoCandidate : obstacle); // none of its targets can carry the request: it had no candidate either
    }

    /// <summary>A second send beside one that still runs: to the next target of its tier, else to the same one; null when none may be made.</summary>
    public AttemptChoice? Hedge()
    {
        if (!_isReplaySafe || _resort is not null || !_budget.CanExtra) return null;
        _beforeHedge = (_candidate, _key, _keysTried);
        if (HasNextCandidate)
        {
            _budget.TryExtra();
            _candidate++;
            var next = EnterCandidate() with { IsHedge = true };
            _wasHedged = true;
            return next;
        }

        if (_gate.ChooseKey(Current, 0, out _) is not (>= 0 and var key)) return null;
        _budget.TryExtra();
        _wasHedged = true;
        return Choice(key) with { IsHedge = true };
    }

    /// <summary>Tells of one of two sends side by side that has failed while the other still runs; what that ends with is told to <see cref="After"/>.</summary>
    /// <param name="failure">Its class.</param>
    public void FailedBeside(FailureClass failure)
    {
        _beside = failure;
        if (failure == FailureClass.Timeout) _timeouts++;
    }

    /// <summary>Takes back a second send that is not made after all.</summary>
    public void WithdrawHedge()
    {
        (_candidate, _key, _keysTried) = _beforeHedge;
        _wasHedged = false;
        _budget.GiveBack();
    }

    /// <summary>Begins anew with the sends that are left, after a wait.</summary>
    public AttemptChoice? Again()
    {
        (_tier, _candidate, _held, _resort, _isPanic, _isTried) = (-1, 0, 0, null, false, false);
        _late = null;
        _budget.Reopen();
        return First();
    }

    private static UnansweredCause CauseOf(FailureRow row)
    {
        if (row.Class == FailureClass.GatewayStopping) return UnansweredCause.GatewayStopped;
        return row.Action == FailureAction.Surface ? UnansweredCause.ClientFault : UnansweredCause.RouteStops;
    }

    /// <summary>A further send where it stands.</summary>
    private AttemptChoice Further(int key)
    {
        _budget.TryExtra();
        _wasHedged = false;
        _beside = FailureClass.None;
        return Choice(key);
    }

    private AttemptChoice? End(UnansweredCause cause)
    {
        (Cause, IsOver) = (cause, true);
        return null;
    }

    private Target Current => (_resort ?? _plan.Tiers[_tier]).Candidates[_resort is null ? _candidate : 0].Target;

    private bool HasNextCandidate => _resort is null && _tier >= 0 && _tier < _plan.Tiers.Length && _candidate + 1 < _plan.Tiers[_tier].Candidates.Length;

    /// <summary>The next tier that may be entered: after this failure, or because the one before it had no candidate.</summary>
    private AttemptChoice? EnterNextTier(FailureClass failure, FailureClass hadNone)
    {
        var (cause, isHeld) = (hadNone, false);
        for (var next = _tier + 1; next < _plan.Tiers.Length; next++)
        {
            var tier = _plan.Tiers[next];
            if (_resort is { } resort && tier.Number <= resort.Number) continue; // what comes before it was not to be entered
            if (tier.FollowsEmpty && cause == FailureClass.None) (cause, isHeld) = tier.HeldBefore == FailureClass.None ? (FailureClass.NoCandidate, false) : (tier.HeldBefore, true);
            if (tier.Number > 1 && !MayEnter(tier, failure, cause, isHeld))
            {
                Cause = UnansweredCause.RouteStops;
                continue; // to the tier behind it this one has none either
            }

            if (!_budget.TryFirstOfTier()) return null;
            (_resort, _isPanic) = (null, false);
            _tier = next;
            _candidate = 0;
            _isTried = false;
            return EnterCandidate();
        }

        return LeftInTier() ?? Resort(failure);
    }

    /// <summary>The next target of the tier by a send that was kept for tiers which may not be entered.</summary>
    private AttemptChoice? LeftInTier()
    {
        if (!HasNextCandidate || !_budget.TryResort()) return null;
        _candidate++;
        return EnterCandidate();
    }

    /// <summary>Whether a request may enter a tier.</summary>
    /// <param name="tier">The tier.</param>
    /// <param name="failure">What failed before it; none where nothing did.</param>
    /// <param name="cause">Why the tiers before it had no candidate; none where they had.</param>
    /// <param name="isHeld">Whether that was known when the request was planned.</param>
    private bool MayEnter(PlannedTier tier, FailureClass failure, FailureClass cause, bool isHeld)
    {
        if (FollowsFailure(tier, failure)) return true;
        return cause != FailureClass.None && (tier.After.Allows(FailureClass.NoCandidate) || tier.After.Allows(cause) || (isHeld && tier.After.Allows(FailureClass.VendorOutage)));
    }

    /// <summary>Whether a tier follows a failure, or the one of the send that ran beside.</summary>
    private bool FollowsFailure(PlannedTier tier, FailureClass failure) =>
        failure != FailureClass.None && (tier.After.Allows(failure) || (_beside != FailureClass.None && tier.After.Allows(_beside)));

    /// <summary>What was held back, when nothing else is left: rather than that no one is asked.</summary>
    private AttemptChoice? Resort(FailureClass failure)
    {
        while (Held(_held) is { } held)
        {
            _held++;
            var isFirst = _budget.Sent == 0;
            if (held.Tier.Number > 1 && !isFirst && !FollowsFailure(held.Tier, failure) && !held.Tier.After.Allows(FailureClass.NoCandidate)) continue;
            if (held.NeedsPanic && !_gate.TryPanic(_plan.Route?.Name ?? held.Tier.Candidates[0].Target.Name)) continue;
            if (!_budget.TryResort()) return null;
            (_resort, _isPanic) = (held.Tier, held.NeedsPanic);
            return EnterCandidate();
        }

        return null;
    }

    private HeldCandidate? Held(int at) =>
        at < _plan.HeldBack.Length ? _plan.HeldBack[at] : _late is not null && at - _plan.HeldBack.Length < _late.Count ? _late[at - _plan.HeldBack.Length] : null;

    private AttemptChoice EnterCandidate()
    {
        _keysTried = 0;
        _wasHedged = false;
        Cause = UnansweredCause.NothingLeft;
        _beside = FailureClass.None;
        var key = _gate.ChooseKey(Current, 0, out var refusal);
        return Choice(key) with { Refusal = key < 0 ? refusal : null };
    }

    private AttemptChoice Choice(int key)
    {
        _key = key;
        if (key >= 0) _keysTried |= 1UL << key;
        return new AttemptChoice(_resort ?? _plan.Tiers[_tier], Current, Current.Provider.Keys.IsEmpty ? -1 : key, IsRetry: false) { TimeoutsBefore = _timeouts, IsLastResort = _resort is not null, IsPanic = _isPanic };
    }
}
