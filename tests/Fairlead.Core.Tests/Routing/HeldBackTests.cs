using System.Collections.Frozen;
using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;

namespace Fairlead.Core.Tests.Routing;

/// <summary>Plans while targets are out, or take a part of the requests.</summary>
public sealed class HeldBackTests
{
    private static readonly DateTimeOffset Noon = new(2026, 7, 1, 12, 3, 0, TimeSpan.Zero);

    private static readonly GatewaySnapshot Two = Policies.Snapshot("routes: [ { name: two, tiers: [ { name: near, use: [mini, big] }, { name: far, use: [eumini] } ] } ]");

    private static long _views;

    [Fact]
    public void Plan_AnOpenTarget_IsRejectedWithItsReason_AndHeldBack()
    {
        var plan = Plan(Two, Open("mini"));

        Assert.Equal(["big", "eumini"], plan.All());
        var rejected = Assert.Single(plan.Rejected);
        Assert.Equal(("mini", "near", "breaker open since 12:03", RejectionCause.HeldBack, FailureClass.ServerError), (rejected.Target, rejected.Tier, rejected.Reason, rejected.Cause, rejected.Failure));
        var held = Assert.Single(plan.HeldBack);
        Assert.Equal(("mini", "near", 1, true), (held.Tier.Candidates[0].Target.Name, held.Tier.Name, held.Tier.Number, held.NeedsPanic));
        Assert.Equal("Sent to big at us because route two lists it next in tier near; mini: breaker open since 12:03.", plan.Sentence());
    }

    [Theory]
    [InlineData(BreakerCause.Operator)]
    [InlineData(BreakerCause.Cost)]
    [InlineData(BreakerCause.Gone)]
    public void Plan_WhatAnOperatorABillOrTheVendorEnded_IsNotTriedForWantOfAnythingElse(BreakerCause cause)
    {
        var plan = Plan(Two, Open("mini", cause), Open("big", cause), Open("eumini", cause));

        Assert.Equal((0, 0, 3), (plan.Tiers.Length, plan.HeldBack.Length, plan.Rejected.Length));
        Assert.Null(new AttemptSequence(plan, 1, OpenGate.Instance).First());
    }

    [Fact]
    public void Plan_EverythingIsOpen_TheLastResortIsTheFirstOfThem_AndTheSentenceSaysWhy()
    {
        var plan = Plan(Two, Open("mini"), Open("big", BreakerCause.Latency), Open("eumini", BreakerCause.Outage));
        Assert.Empty(plan.Tiers);
        Assert.Equal(["mini", "big", "eumini"], plan.HeldBack.Select(held => held.Tier.Candidates[0].Target.Name));

        var choice = new AttemptSequence(plan, 1, OpenGate.Instance).First()!.Value;
        Assert.Equal(("mini", true, true), (choice.Target.Name, choice.IsLastResort, choice.IsPanic));
        var resorted = plan.Resorting(choice.Tier);
        Assert.DoesNotContain(resorted.Rejected, rejected => rejected.Target == "mini");
        Assert.Equal(
            "Sent to mini at us because route two lists it first in tier near, though held back (breaker open since 12:03), because nothing else was left; big: breaker open since 12:03 for being slow; eumini: outage of us since 12:03.",
            DecisionSentence.ForAnswer(resorted, choice, []));
    }

    [Fact]
    public void Recorded_ALastResort_IsReadBack_AndItsSentenceDerivedAgain()
    {
        var plan = Plan(Two, Open("mini"), Open("big"), Open("eumini"));
        var choice = new AttemptSequence(plan, 1, OpenGate.Instance).First()!.Value;
        var resorted = plan.Resorting(choice.Tier);
        var read = RecordedDecision.Parse(resorted.Recorded.ToJson())!;

        Assert.Equal("breaker open since 12:03", read.Tiers[0].Candidates[0].LastResort);
        Assert.Equal(DecisionSentence.ForAnswer(resorted, choice, []), DecisionSentence.ForAnswer(read, 1, "mini", []));
    }

    [Fact]
    public void Resorting_IntoATierThatHasOthers_ComesAfterThem_AndWithoutTakesItOutAgain()
    {
        var plan = Plan(Two, Open("mini"));
        var resorted = plan.Resorting(plan.HeldBack[0].Tier);
        Assert.Equal(["big", "mini"], resorted.Order());
        Assert.Equal(["near", "far"], resorted.Tiers.Select(tier => tier.Name));
        Assert.Empty(resorted.Rejected);
        Assert.Equal(["big", "mini"], resorted.Resorting(plan.HeldBack[0].Tier).Order()); // twice is once

        var without = resorted.Without(resorted.Tiers[0], resorted.Tiers[0].Candidates[1].Target, "its vendor asked for a pause", RejectionCause.HeldBack, FailureClass.Overloaded);
        Assert.Equal(["big", "eumini"], without.All());
        Assert.Equal(("mini", "its vendor asked for a pause", FailureClass.Overloaded), (without.Rejected[0].Target, without.Rejected[0].Reason, without.Rejected[0].Failure));
    }

    [Fact]
    public void Plan_TheLastResort_ObeysWhatOnlyThisRequestAsks()
    {
        var snapshot = Policies.Snapshot("""
            constraints: [ { name: eu, when: 'caller.team == "munich"', require: 'provider.region == "eu"' } ]
            routes: [ { name: two, tiers: [ { use: [big, mini] }, { use: [eumini] } ] } ]
            """);
        (string, TargetStanding)[] all = [Open("big"), Open("mini"), Open("eumini")];
        string[] Held(RequestFacts facts) => [.. Policies.Plan(snapshot, facts, View(all)).HeldBack.Select(held => held.Tier.Candidates[0].Target.Name)];

        Assert.Equal(["big", "mini", "eumini"], Held(Policies.Request()));
        Assert.Equal(["eumini"], Held(Policies.Request().From(team: "munich")));
        Assert.Equal(["big"], Held(Policies.Request() with { PromptTokensBound = 300_000, Content = Policies.Tokens(300_000) }));
        Assert.Equal(["big", "mini"], Held(Policies.Request() with { MaxOutputTokens = 100, Content = Policies.Tokens(1000) }).Except(["eumini"]));
    }

    [Fact]
    public void Plan_AShare_TakesThatPartOfTheRequests_TheSameForTheSameId()
    {
        var health = View(Share("mini", 0.25));
        var plans = Enumerable.Range(0, 4000).Select(i => Policies.Plan(Two, Policies.Request(number: i), health)).ToArray();

        Assert.InRange(plans.Count(plan => plan.Order()[0] == "mini"), 835, 1165); // a quarter is 1,000; six standard deviations are 164
        Assert.All(plans.Index().Take(200), one => Assert.Equal(one.Item.All(), Policies.Plan(Two, Policies.Request(number: one.Index), health).All()));
        var held = plans.First(plan => plan.Order()[0] == "big");
        Assert.Equal("fails or is slow in part, takes 25 of 100 requests", held.Why("mini"));
        Assert.Equal(("mini", false), (Assert.Single(held.HeldBack).Tier.Candidates[0].Target.Name, held.HeldBack[0].NeedsPanic)); // any request may resort to it
    }

    [Fact]
    public void Plan_ASmallerShare_IsAPartOfTheGreaterOne()
    {
        string[] Taken(double share)
        {
            var health = View(Share("mini", share));
            return [.. Enumerable.Range(0, 500).Where(i => Policies.Plan(Two, Policies.Request(number: i), health).Order()[0] == "mini").Select(i => $"{i}")];
        }

        Assert.Empty(Taken(0.05).Except(Taken(0.25)));
        Assert.Empty(Taken(0.25).Except(Taken(0.75)));
        Assert.Equal(500, Taken(1).Length);
    }

    [Fact]
    public void Plan_WhatTakesAPart_IsResortedToBeforeWhatIsOut()
    {
        var plan = Policies.Plan(Two, Policies.Request(), View(Open("mini"), Share("big", 0), Open("eumini")));

        Assert.Equal([("big", false), ("mini", true), ("eumini", true)], plan.HeldBack.Select(held => (held.Tier.Candidates[0].Target.Name, held.NeedsPanic)));
    }

    [Theory]
    [InlineData("no_candidate", true)]
    [InlineData("vendor_outage", true)]
    [InlineData("server_error", true)] // the class of what opened the breaker
    [InlineData("rate_limited", false)]
    public void Plan_ATierEmptiedByHealth_IsFollowed_WhereTheNextOneIsForThat(string after, bool isFollowed)
    {
        var snapshot = Policies.Snapshot($$"""routes: [ { name: two, tiers: [ { use: [mini, big] }, { use: [eumini], after: [{{after}}] } ] } ]""");
        var plan = Plan(snapshot, Open("mini"), Open("big"));

        var first = new AttemptSequence(plan, 0, OpenGate.Instance).First()!.Value;
        Assert.Equal(isFollowed ? "eumini" : "mini", first.Target.Name);
        Assert.Equal(!isFollowed, first.IsLastResort);
    }

    [Fact]
    public void Plan_WhileNothingChanges_IsTheSameObject()
    {
        var health = View(Open("mini"));
        var plan = Policies.Plan(Two, Policies.Request(number: 1), health);

        Assert.Same(plan, Policies.Plan(Two, Policies.Request(number: 2), health));
        Assert.Same(plan, Policies.Plan(Two, Policies.Request(number: 3), health with { Version = 99 })); // figures that no rule reads
        Assert.NotSame(plan, Policies.Plan(Two, Policies.Request(number: 4), health with { StandingsVersion = -1 }));
    }

    [Fact]
    public void Plan_APinnedTarget_IsAskedWhenItIsOut_OnceInAWhile()
    {
        var plan = Policies.Plan(Two, Policies.Request("mini"), View(Open("mini")));

        Assert.Empty(plan.Tiers);
        var choice = new AttemptSequence(plan, 0, OpenGate.Instance).First()!.Value;
        Assert.True(choice.IsPanic);
        Assert.Equal("Sent to mini at us because the request names that target, though held back (breaker open since 12:03), because nothing else was left.", DecisionSentence.ForAnswer(plan.Resorting(choice.Tier), choice, []));
    }

    [Fact]
    public void Load_TakesTheBetterOfTwoThatAreDrawn_ByTheRequestsId_AndRecordsWhatItCompared()
    {
        var snapshot = Policies.Snapshot("routes: [ { name: all, tiers: [ { use: [mini, big, deep, local], prefer: load } ] } ]");
        var loads = new Dictionary<string, double> { ["mini"] = 100, ["big"] = 200, ["deep"] = 300, ["local"] = 400 };
        var health = HealthView.Empty with { Loads = name => loads[name] };
        var firsts = Enumerable.Range(0, 6000).Select(i => Policies.Plan(snapshot, Policies.Request(number: i), health).Order()[0]).CountBy(name => name).ToDictionary();

        // Of six pairs the least loaded is in three, the next is the better of two, then of one; the busiest of none.
        Assert.InRange(firsts["mini"], 2800, 3200);
        Assert.InRange(firsts["big"], 1800, 2200);
        Assert.InRange(firsts["deep"], 850, 1150);
        Assert.False(firsts.ContainsKey("local"));

        var plan = Policies.Plan(snapshot, Policies.Request(number: 7), health);
        Assert.Equal(plan.Order(), Policies.Plan(snapshot, Policies.Request(number: 7), health).Order());
        var read = RecordedDecision.Parse(plan.Recorded.ToJson())!;
        Assert.All(read.Tiers[0].Candidates, candidate => Assert.Equal(loads[candidate.Target], candidate.Load));
    }

    [Fact]
    public void Cost_WhatCostsTheSame_IsSpreadByLoad_AndNothingElseIs()
    {
        var snapshot = Configuration.Compiling.Snapshot("""
            providers: { p: { kind: simulated } }
            targets:
              one:  { provider: p, model: a, price: { input: 1, output: 1 } }
              two:  { provider: p, model: b, price: { input: 1, output: 1 } }
              dear: { provider: p, model: c, price: { input: 2, output: 2 } }
            routes: [ { name: all, tiers: [ { prefer: cost } ] } ]
            """);
        var health = HealthView.Empty with { Loads = name => name == "one" ? 500 : 100 };
        var plan = Policies.Plan(snapshot, Policies.Request(), health);

        Assert.Equal(["two", "one", "dear"], plan.Order());
        Assert.Equal([100, 500, double.NaN], RecordedDecision.Parse(plan.Recorded.ToJson())!.Tiers[0].Candidates.Select(candidate => candidate.Load));
    }

    [Fact]
    public void Recorded_WhatIsMeasured_HasTheFiguresOfHealth()
    {
        var snapshot = Policies.Snapshot("routes: [ { name: all, tiers: [ { use: [mini], require: 'health.p95_ms < 5000' } ] } ]");
        var health = new HealthView(1, new Dictionary<string, TargetHealth>
        {
            ["mini"] = new() { Samples = 50, P95Ms = 900.12351, P98Ms = 1200, P99Ms = 1500, CostPerRequest = 0.000123456, RefusalRate = 0.04 },
        }.ToFrozenDictionary(StringComparer.Ordinal));
        using var json = JsonDocument.Parse(Policies.Plan(snapshot, Policies.Request(), health).Recorded.ToJson());
        var measured = json.RootElement.GetProperty("candidates")[0].GetProperty("measured");

        Assert.Equal((900.1235, 1200, 0.000123456, 0.04), (measured.GetProperty("p95_ms").GetDouble(), measured.GetProperty("p98_ms").GetDouble(), measured.GetProperty("cost_per_request_usd").GetDouble(), measured.GetProperty("refusal_rate").GetDouble()));
    }

    private static RoutePlan Plan(GatewaySnapshot snapshot, params (string, TargetStanding)[] standings) => Policies.Plan(snapshot, Policies.Request(), View(standings));

    private static (string, TargetStanding) Open(string target, BreakerCause cause = BreakerCause.Failures) =>
        (target, new TargetStanding(BreakerState.Open, cause, cause == BreakerCause.Outage ? FailureClass.VendorOutage : FailureClass.ServerError, Noon, null, 0) { Scope = "us" });

    private static (string, TargetStanding) Share(string target, double share) =>
        (target, new TargetStanding(BreakerState.Closed, BreakerCause.None, FailureClass.DegradedQuality, Noon, null, share));

    private static HealthView View(params (string Target, TargetStanding Standing)[] standings) => HealthView.Empty with
    {
        Version = 1,
        StandingsVersion = Interlocked.Increment(ref _views),
        Standings = standings.ToFrozenDictionary(one => one.Target, one => one.Standing, StringComparer.Ordinal),
    };
}
