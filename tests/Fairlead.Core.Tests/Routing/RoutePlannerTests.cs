using System.Collections.Frozen;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Routing;

namespace Fairlead.Core.Tests.Routing;

/// <summary>Tiers, candidates and rejections.</summary>
public sealed class RoutePlannerTests
{
    [Fact]
    public void Plan_ARoute_HasItsTiersInOrder()
    {
        var plan = Worlds.PlanOf(Worlds.Asking("auto"), Worlds.Whole)!;

        Assert.Equal("default", plan.Route!.Name);
        Assert.Equal([("primary", 1), ("elsewhere", 2)], plan.Tiers.Select(tier => (tier.Name, tier.Number)));
        Assert.Equal(["large", "mini"], plan.Tiers[0].Candidates.Select(candidate => candidate.Target.Name));
        Assert.Empty(plan.Rejected);
        Assert.Equal(TimeSpan.FromSeconds(7), plan.Timeouts.Gap);
        Assert.Equal(TimeSpan.FromSeconds(99), plan.Timeouts.Deadline);
        Assert.Equal((3_000_000_000, 4_000_000_000), (plan.WorstPrice!.Input, plan.WorstPrice.Output));
    }

    [Fact]
    public void Plan_TargetWithoutKey_IsRejectedWithItsReason()
    {
        var plan = Worlds.PlanOf(Worlds.Asking("default"), Worlds.WithoutOpenAi)!;

        Assert.Equal(["large"], plan.Tiers[0].Candidates.Select(candidate => candidate.Target.Name));
        Assert.Equal([new RejectedCandidate("mini", "primary", "no key (env:OPENAI missing)")], plan.Rejected);
    }

    [Fact]
    public void Plan_TierWithoutCandidate_IsLeftOutAndOthersKeepTheirNumbers()
    {
        var plan = Worlds.PlanOf(Worlds.Asking("cheap"), Worlds.WithoutOpenAi)!;

        Assert.Equal([("tier 2", 2)], plan.Tiers.Select(tier => (tier.Name, tier.Number)));
        Assert.Equal("mini", Assert.Single(plan.Rejected).Target);
    }

    [Fact]
    public void Plan_TierHeldBack_TheNextOneKnowsWhatFor()
    {
        var health = HealthView.Empty with
        {
            Standings = new Dictionary<string, TargetStanding> { ["mini"] = new(BreakerState.Open, BreakerCause.Failures, FailureClass.Timeout, default, null, 0) }.ToFrozenDictionary(StringComparer.Ordinal),
            StandingsVersion = 1,
        };
        var plan = Worlds.PlanOf(Worlds.Asking("cheap"), Worlds.Whole, health)!;

        Assert.Equal((2, true, FailureClass.Timeout), (plan.Tiers[0].Number, plan.Tiers[0].FollowsEmpty, plan.Tiers[0].HeldBefore));
        Assert.Equal("mini", Assert.Single(plan.HeldBack).Tier.Candidates[0].Target.Name);
    }

    [Fact]
    public void Without_LastOfATier_LeavesThePlanWithoutTheTierAndWithTheReason()
    {
        var plan = Worlds.PlanOf(Worlds.Asking("auto"), Worlds.Whole)!;
        var tier = plan.Tiers[0];

        var own = tier.Candidates.Aggregate(plan, (left, candidate) => left.Without(tier, candidate.Target, "cannot carry n"));

        Assert.True(own.IsOwn);
        Assert.False(plan.IsOwn);
        Assert.Equal([plan.Tiers[1] with { FollowsEmpty = true }], own.Tiers);
        Assert.All(own.Rejected.Skip(plan.Rejected.Length), rejected => Assert.Equal((RejectionCause.CannotCarry, "cannot carry n", tier.Name), (rejected.Cause, rejected.Reason, rejected.Tier)));
    }

    [Fact]
    public void Plan_PinnedTarget_IsAloneUnderTheDefaultTimeouts()
    {
        var plan = Worlds.PlanOf(Worlds.Asking("pinned"), Worlds.Whole)!;

        Assert.Null(plan.Route);
        Assert.Equal("pinned", plan.Alias);
        Assert.Equal(["large-west"], Assert.Single(plan.Tiers).Candidates.Select(candidate => candidate.Target.Name));
        Assert.Equal(TimeSpan.FromSeconds(20), plan.Timeouts.Gap);
        Assert.Equal(TimeSpan.FromSeconds(99), plan.Timeouts.Deadline);
    }

    [Fact]
    public void Plan_PinnedTargetWithoutKey_HasNoTier()
    {
        var plan = Worlds.PlanOf(Worlds.Asking("openai/gpt-4o"), Worlds.WithoutOpenAi)!;

        Assert.Empty(plan.Tiers);
        Assert.Equal("no key (env:OPENAI missing)", Assert.Single(plan.Rejected).Reason);
    }

    [Fact]
    public void Plan_UnknownName_IsNull()
    {
        Assert.Null(Worlds.PlanOf(Worlds.Asking("nothing"), Worlds.Whole));
    }

    [Fact]
    public void Plan_SameInputs_GiveTheSamePlan()
    {
        var first = Worlds.PlanOf(Worlds.Asking("auto"), Worlds.WithoutOpenAi)!;
        var second = Worlds.PlanOf(Worlds.Asking("auto"), Worlds.WithoutOpenAi)!;

        Assert.Equal(first.Tiers.SelectMany(tier => tier.Candidates), second.Tiers.SelectMany(tier => tier.Candidates));
        Assert.Equal(first.Rejected, second.Rejected);
    }
}
