using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Routing;

namespace Fairlead.Core.Tests.Routing;

/// <summary>The sentence, word for word.</summary>
public sealed class DecisionSentenceTests
{
    [Fact]
    public void ForAnswer_TheFirstOfARoute_SaysSo()
    {
        var plan = Plan("default", Worlds.Whole);

        Assert.Equal("Sent to large at east because route default lists it first in tier primary.", DecisionSentence.ForAnswer(plan, Choice(plan, 0, 0), []));
    }

    [Fact]
    public void ForAnswer_ThroughAnAlias_NamesIt()
    {
        var plan = Plan("gpt-4o", Worlds.Whole);

        Assert.Equal("Sent to large at east because gpt-4o is an alias and route default lists it first in tier primary.", DecisionSentence.ForAnswer(plan, Choice(plan, 0, 0), []));
    }

    [Fact]
    public void ForAnswer_AfterFailures_TellsEach()
    {
        var plan = Plan("default", Worlds.Whole);
        FailedAttempt[] failed = [new("large", FailureClass.ConnectFailed, "refused"), new("mini", FailureClass.Timeout, null)];

        Assert.Equal(
            "Sent to large-west at west because route default lists it next in tier elsewhere; large: connect_failed (refused); mini: timeout.",
            DecisionSentence.ForAnswer(plan, Choice(plan, 1, 0), failed));
    }

    [Fact]
    public void ForAnswer_WithRejected_TellsWhy()
    {
        var plan = Plan("default", Worlds.WithoutOpenAi);

        Assert.Equal(
            "Sent to large at east because route default lists it first in tier primary; mini: no key (env:OPENAI missing).",
            DecisionSentence.ForAnswer(plan, Choice(plan, 0, 0), []));
    }

    [Fact]
    public void ForAnswer_WhoseFirstTierIsRejected_IsNext()
    {
        var plan = Plan("cheap", Worlds.WithoutOpenAi);

        Assert.Equal(
            "Sent to large at east because route cheap lists it next in tier 2; mini: no key (env:OPENAI missing).",
            DecisionSentence.ForAnswer(plan, Choice(plan, 0, 0), []));
    }

    [Fact]
    public void ForAnswer_APinnedTarget_SaysSo()
    {
        var plan = Plan("pinned", Worlds.Whole);

        Assert.Equal("Sent to large-west at west because pinned is an alias and the request names that target.", DecisionSentence.ForAnswer(plan, Choice(plan, 0, 0), []));
    }

    [Fact]
    public void ForAnswer_AHedgeThatLost_IsNoFailure()
    {
        var plan = Plan("default", Worlds.Whole);

        Assert.Equal(
            "Sent to mini at openai because route default lists it next in tier primary; large: slower than the second call.",
            DecisionSentence.ForAnswer(plan, Choice(plan, 0, 1), [new("large", FailureClass.HedgeLost, null)]));
        Assert.Equal(
            "Sent to large at east because route default lists it first in tier primary; a second call to mini was slower.",
            DecisionSentence.ForAnswer(plan, Choice(plan, 0, 0), [new("mini", FailureClass.HedgeLost, null) { IsHedge = true }]));
    }

    [Fact]
    public void ForContinued_AHedgeThatLostBesideWhatBrokeOff_IsToldToo()
    {
        var plan = Plan("default", Worlds.Whole);
        FailedAttempt[] failed = [new("large", FailureClass.Truncated, null) { HadBegun = true, Number = 1 }, new("mini", FailureClass.HedgeLost, null) { IsHedge = true, Number = 2 }];

        Assert.Equal(
            "Sent to large at east because route default lists it first in tier primary; a second call to mini was slower; continued at large-west after large broke off (truncated).",
            DecisionSentence.ForContinued(plan.Recorded, 1, failed, "large-west"));
        Assert.StartsWith(
            "Not answered in full because the answer of large broke off after it had begun, when no other target may be tried",
            DecisionSentence.ForFailure(plan, failed, UnansweredCause.BrokenOff), StringComparison.Ordinal);
    }

    [Fact]
    public void ForFailure_OfARoute_TellsEach()
    {
        FailedAttempt[] failed = [new("large", FailureClass.Overloaded, "503"), new("large-west", FailureClass.ServerError, "")];

        Assert.Equal(
            "Not answered because route default has nothing left that could answer; large: overloaded (503); large-west: server_error.",
            DecisionSentence.ForFailure(Plan("default", Worlds.Whole), failed));
    }

    [Fact]
    public void ForFailure_OfAPinnedTarget_SaysSo() =>
        Assert.Equal(
            "Not answered because pinned is an alias and the target that the request names did not answer; large-west: connect_failed (refused).",
            DecisionSentence.ForFailure(Plan("pinned", Worlds.Whole), [new("large-west", FailureClass.ConnectFailed, "refused")]));

    [Theory]
    [InlineData(UnansweredCause.ClientFault, FailureClass.BadRequest, "Not answered because the request itself was refused, which no other target would change; large: bad_request.")]
    [InlineData(UnansweredCause.Deadline, FailureClass.Timeout, "Not answered because the deadline passed before route default had an answer; large: timeout.")]
    [InlineData(UnansweredCause.BrokenOff, FailureClass.Stalled, "Not answered in full because the answer of large broke off after it had begun, when no other target may be tried; large: stalled.")]
    [InlineData(UnansweredCause.GatewayStopped, FailureClass.GatewayStopping, "Not answered because the gateway was stopped before route default had an answer; large: gateway_stopping.")]
    [InlineData(UnansweredCause.OwnError, FailureClass.DependencyDown, "Not answered because of an error of Fairlead's own; large: dependency_down.")]
    public void ForFailure_WithTargetsUntried_DoesNotSayThatNoneIsLeft(UnansweredCause cause, FailureClass failure, string expected) =>
        Assert.Equal(expected, DecisionSentence.ForFailure(Plan("default", Worlds.Whole), [new("large", failure, null)], cause));

    [Fact]
    public void ForContinued_TellsBothAndWhy()
    {
        var decision = Plan("default", Worlds.Whole).Recorded;

        Assert.Equal(
            "Sent to large at east because route default lists it first in tier primary; continued at large-west after large broke off (stalled: gap clock).",
            DecisionSentence.ForContinued(decision, 1, [new("large", FailureClass.Stalled, "gap clock") { HadBegun = true }], "large-west"));
        Assert.Equal(
            "Sent to large-west at west because route default lists it next in tier elsewhere; large: overloaded (503); continued at third after large-west broke off (truncated).",
            DecisionSentence.ForContinued(decision, 2, [new("large", FailureClass.Overloaded, "503"), new("large-west", FailureClass.Truncated, null) { HadBegun = true }], "third"));
    }

    [Fact]
    public void ForFailure_OfAContinuation_TellsWhatBrokeOff() =>
        Assert.Equal(
            "Not answered in full because the answer of large broke off after it had begun, and could not be continued to its end; large: stalled; large-west: overloaded (503).",
            DecisionSentence.ForFailure(
                Plan("default", Worlds.Whole), [new("large", FailureClass.Stalled, null) { HadBegun = true }, new("large-west", FailureClass.Overloaded, "503")], UnansweredCause.BrokenOff));

    [Fact]
    public void ForFailure_WithoutCandidates_TellsWhy()
    {
        var plan = Worlds.PlanOf(Worlds.Asking("only"), Configuration.Compiling.Snapshot("""
            providers: { openai: { kind: openai, keys: ["env:OPENAI"] } }
            targets: { mini: { provider: openai, model: gpt-5-mini } }
            routes: [ { name: only, tiers: [ { use: [mini] } ] } ]
            """))!;

        Assert.Equal("Not answered because route only has no candidate that may be tried; mini: no key (env:OPENAI missing).", DecisionSentence.ForFailure(plan, []));
    }

    [Fact]
    public void ForPlan_OfADryRun_SaysWhatWouldBe()
    {
        var plan = Plan("auto", Worlds.Whole);

        Assert.Equal("Would be sent to large at east because route default lists it first in tier primary.", DecisionSentence.ForPlan(plan, Choice(plan, 0, 0)));
    }

    private static RoutePlan Plan(string model, GatewaySnapshot snapshot) => Worlds.PlanOf(Worlds.Asking(model), snapshot)!;

    private static AttemptChoice Choice(RoutePlan plan, int tier, int candidate) => new(plan.Tiers[tier], plan.Tiers[tier].Candidates[candidate].Target, -1, IsRetry: false);
}
