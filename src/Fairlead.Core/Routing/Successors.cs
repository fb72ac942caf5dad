using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Routing;

/// <summary>Which targets may go on with an answer that broke off after the client had some of it. Pure.</summary>
public static class Successors
{
    /// <summary>
    /// The candidates behind the one that broke off, in the order of the plan: those of its tier, then those of the later tiers that the failure lets the request
    /// enter. All of them may serve the request; only those that go on with an answer that is begun are told.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="broken">What broke off.</param>
    /// <param name="failure">Why.</param>
    /// <param name="gate">Says which keys may be used.</param>
    public static IEnumerable<AttemptChoice> Of(RoutePlan plan, AttemptChoice broken, FailureClass failure, ISendGate gate)
    {
        var isBehind = false;
        foreach (var tier in plan.Tiers)
        {
            var isIts = tier.Number == broken.Tier.Number;
            if (tier.Number < broken.Tier.Number || (!isIts && !MayEnter(tier, failure))) continue;
            foreach (var candidate in tier.Candidates)
            {
                var target = candidate.Target;
                var isItself = target.Name == broken.Target.Name;
                if ((!isIts || isBehind) && !isItself && target.Prefill != PrefillForm.None)
                {
                    var key = gate.ChooseKey(target, 0, out _);
                    if (key >= 0) yield return new AttemptChoice(tier, target, target.Provider.Keys.IsEmpty ? -1 : key, IsRetry: false);
                }

                isBehind |= isIts && isItself;
            }
        }
    }

    private static bool MayEnter(PlannedTier tier, FailureClass failure) => tier.After.Allows(failure) || (tier.FollowsEmpty && tier.After.Allows(FailureClass.NoCandidate));
}
