using CsCheck;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Routing;

namespace Fairlead.Core.Tests.Routing;

/// <summary>The walk over a plan.</summary>
public sealed class AttemptSequenceTests
{
    private static readonly FailureClass[] Elsewhere =
    [
        FailureClass.ConnectFailed, FailureClass.Timeout, FailureClass.Overloaded, FailureClass.ServerError, FailureClass.ConnectionReset,
        FailureClass.RateLimited, FailureClass.QuotaExhausted, FailureClass.CredentialsInvalid, FailureClass.ModelGone, FailureClass.Truncated,
    ];

    /// <summary>Keys of each candidate of each tier, retries, the first key, and why each send fails.</summary>
    private static readonly Gen<(int[][] Tiers, int Retries, int FirstKey, int[] Failures)> Walks = Gen.Select(
        Gen.Int[0, 3].Array[1, 4].Array[1, 6], Gen.Int[0, 2], Gen.Int[0, 9], Gen.Int[0, Elsewhere.Length - 1].Array[12]);

    [Fact]
    public void Walk_FailuresThatMayBeTriedElsewhere_StaysWithinTheSendsAndReachesEveryTier()
    {
        Walks.Sample(
            walk =>
            {
                var sends = Walk(walk.Tiers, walk.Retries, walk.FirstKey, walk.Failures.Select(i => Elsewhere[i]).ToArray());

                Assert.True(sends.Count <= Math.Min(6, walk.Tiers.Length + 2), $"{sends.Count} sends");
                Assert.Equal(Enumerable.Range(1, walk.Tiers.Length), sends.Select(send => send.Tier.Number).Distinct());
                Assert.Equal(sends.Select(send => send.Tier.Number).Order(), sends.Select(send => send.Tier.Number));
                Assert.True(sends.Count(send => send.IsRetry) <= walk.Retries);
                var fresh = sends.Where(send => !send.IsRetry).Select(send => (send.Target.Name, send.KeyIndex)).ToArray();
                Assert.Equal(fresh.Distinct(), fresh); // the same target with the same key again is a retry
                Assert.All(sends, send => Assert.InRange(send.KeyIndex, send.Target.Provider.Keys.IsEmpty ? -1 : 0, send.Target.Provider.Keys.Length - 1));
            },
            iter: 3_000);
    }

    [Fact]
    public void Walk_TheClientsOwnFault_EndsAtOnce()
    {
        foreach (var failure in new[] { FailureClass.BadRequest, FailureClass.ContextLengthExceeded, FailureClass.PolicyRejected, FailureClass.ClientGone })
        {
            Assert.Single(Walk([[1, 1], [1]], retries: 2, firstKey: 0, failure, failure, failure));
        }
    }

    [Theory]
    [InlineData(FailureClass.PolicyRejected, FailureAction.NextCandidate, "t1.1 key 0, t2.1 key 0")]
    [InlineData(FailureClass.ContextLengthExceeded, FailureAction.NextCandidate, "t1.1 key 0, t2.1 key 0")]
    [InlineData(FailureClass.Overloaded, FailureAction.Retry, "t1.1 key 0, t1.1 key 0 again, t2.1 key 0")]
    [InlineData(FailureClass.Overloaded, FailureAction.NextKey, "t1.1 key 0, t1.1 key 1, t2.1 key 0")]
    [InlineData(FailureClass.ServerError, FailureAction.Surface, "t1.1 key 0")]
    public void Walk_ARouteThatSaysWhatFollows_IsHeard(FailureClass failure, FailureAction action, string sends)
    {
        var plan = Worlds.Plan([[Worlds.Target("t1.1", 2)], [Worlds.Target("t2.1", 1)]]) with { Failures = FailurePolicy.Default.With(failure, action) };
        var sequence = new AttemptSequence(plan, 1, OpenGate.Instance);

        var walked = new List<string>();
        for (var choice = sequence.First(); choice is { } send; choice = sequence.After(failure)) walked.Add(Say(send));

        Assert.Equal(sends, string.Join(", ", walked));
    }

    [Fact]
    public void Walk_ServerErrors_RetryThenGoOn()
    {
        var sends = Walk([[0], [0]], retries: 1, firstKey: 0, Enumerable.Repeat(FailureClass.ServerError, 9).ToArray());

        Assert.Equal(["t1.1", "t1.1 again", "t2.1"], sends.Select(Say));
    }

    [Fact]
    public void Walk_TwoRetries_AreOfTheRequestNotOfTheTarget()
    {
        var sends = Walk([[0], [0]], retries: 2, firstKey: 0, FailureClass.ServerError, FailureClass.Timeout, FailureClass.ServerError, FailureClass.ServerError, FailureClass.ServerError);

        Assert.Equal(["t1.1", "t1.1 again", "t2.1", "t2.1 again"], sends.Select(Say));
    }

    [Fact]
    public void Walk_NoRetries_GoesOnAtOnce()
    {
        var sends = Walk([[0], [0]], retries: 0, firstKey: 0, FailureClass.ServerError, FailureClass.ServerError);

        Assert.Equal(["t1.1", "t2.1"], sends.Select(Say));
    }

    [Fact]
    public void Walk_RateLimits_TryEveryKeyFromTheOneThatWorkedLast()
    {
        var sends = Walk([[3]], retries: 2, firstKey: 2, Enumerable.Repeat(FailureClass.RateLimited, 9).ToArray());

        Assert.Equal(["t1.1 key 2", "t1.1 key 0", "t1.1 key 1"], sends.Select(Say));
    }

    [Fact]
    public void Walk_RateLimits_LeaveASendForEveryTier()
    {
        var sends = Walk([[3], [3], [3], [3], [3], [3]], retries: 2, firstKey: 0, Enumerable.Repeat(FailureClass.RateLimited, 9).ToArray());

        Assert.Equal(["t1.1 key 0", "t2.1 key 0", "t3.1 key 0", "t4.1 key 0", "t5.1 key 0", "t6.1 key 0"], sends.Select(Say));
    }

    [Fact]
    public void Walk_ARefusedConnection_IsNotTriedWithAnotherKey()
    {
        var sends = Walk([[3, 1], [1]], retries: 2, firstKey: 0, Enumerable.Repeat(FailureClass.ConnectFailed, 9).ToArray());

        Assert.Equal(["t1.1 key 0", "t1.2 key 0", "t2.1 key 0"], sends.Select(Say));
    }

    [Fact]
    public void First_NoCandidates_IsNull()
    {
        Assert.Null(new AttemptSequence(Worlds.Plan(), 1, OpenGate.Instance).First());
    }

    [Theory]
    [InlineData(FailureClass.ServerError)] // no retry
    [InlineData(FailureClass.RateLimited)] // no further key
    public void After_APanickedSend_TheTargetThatIsOutGetsNoSecondOne(FailureClass failure)
    {
        var plan = HoldingBack(Worlds.Plan(), number: 1, needsPanic: true, Worlds.Target("out", keys: 2));
        var sequence = new AttemptSequence(plan, 2, new GateFrom(0));

        Assert.True(sequence.First() is { IsLastResort: true, IsPanic: true });
        Assert.Null(sequence.After(failure));
    }

    [Fact]
    public void First_ATargetThatTakesAPart_IsTheLastResortWithoutPanic()
    {
        var plan = HoldingBack(Worlds.Plan(), number: 1, needsPanic: false, Worlds.Target("slow"));

        Assert.True(new AttemptSequence(plan, 2, new GateFrom(0)).First() is { IsLastResort: true, IsPanic: false });
    }

    [Fact]
    public void After_ALastResort_TheTiersBehindItMayBeEntered()
    {
        var whole = Worlds.Plan([Worlds.Target("one")], [Worlds.Target("two")]);
        var plan = HoldingBack(whole with { Tiers = [whole.Tiers[1] with { After = Entry("server_error") }] }, number: 1, needsPanic: false, Worlds.Target("one"));
        var sequence = new AttemptSequence(plan, 0, new GateFrom(0));

        Assert.Equal("one", sequence.First()?.Target.Name); // the second tier is for what has failed, and nothing has
        Assert.True(sequence.After(FailureClass.ServerError) is { Target.Name: "two", IsLastResort: false });
        Assert.Null(sequence.After(FailureClass.ServerError));
    }

    [Fact]
    public void After_NoTierMayBeEntered_WhatWasKeptForThemGoesToTheRestOfTheTier()
    {
        var whole = Worlds.Plan([Worlds.Target("a"), Worlds.Target("b"), Worlds.Target("c"), Worlds.Target("d")], [Worlds.Target("limits only")]);
        var sequence = new AttemptSequence(whole with { Tiers = [whole.Tiers[0], whole.Tiers[1] with { After = Entry("rate_limited") }] }, 0, new GateFrom(0));
        var names = new List<string>();
        for (var choice = sequence.First(); choice is { } send; choice = sequence.After(FailureClass.Overloaded)) names.Add(send.Target.Name);

        Assert.Equal(["a", "b", "c", "d"], names);
    }

    [Fact]
    public void First_TheTierBehindWhatIsHeldBackIsForOthers_TheOneAfterItIsEntered()
    {
        var whole = Worlds.Plan([Worlds.Target("held")], [Worlds.Target("limits only")], [Worlds.Target("any")]);
        var limits = whole.Tiers[1] with { After = Entry("rate_limited"), FollowsEmpty = true, HeldBefore = FailureClass.ServerError };
        var plan = HoldingBack(whole with { Tiers = [limits, whole.Tiers[2]] }, number: 1, needsPanic: true, Worlds.Target("held"));

        Assert.Equal("any", new AttemptSequence(plan, 0, new GateFrom(0)).First()?.Target.Name);
        Assert.Equal("limits only", new AttemptSequence(plan with { Tiers = [limits with { HeldBefore = FailureClass.RateLimited }, whole.Tiers[2]] }, 0, new GateFrom(0)).First()?.Target.Name);
    }

    [Fact]
    public void InsteadOfLast_AnObstacle_CountsForEveryTierBehind()
    {
        var whole = Worlds.Plan([Worlds.Target("full")], [Worlds.Target("limits only")], [Worlds.Target("overload")]);
        var sequence = new AttemptSequence(whole with { Tiers = [whole.Tiers[0], whole.Tiers[1] with { After = Entry("rate_limited") }, whole.Tiers[2] with { After = Entry("overloaded") }] }, 0, new GateFrom(0));

        Assert.Equal("full", sequence.First()?.Target.Name);
        Assert.Equal("overload", sequence.InsteadOfLast(FailureClass.Overloaded)?.Target.Name);
    }

    private static TierEntry Entry(string name) => TierEntry.TryParse(name, out var entry) ? entry : throw new ArgumentException(name);

    private static RoutePlan HoldingBack(RoutePlan plan, int number, bool needsPanic, Target target) =>
        plan with { HeldBack = [new HeldCandidate(new PlannedTier($"tier {number}", number, [new Candidate(target, 1)]), needsPanic)] };

    [Fact]
    public void InsteadOfLast_ATargetThatIsFull_IsAskedAllTheSameWhereNothingElseIsLeft()
    {
        var plan = Worlds.Plan([[Worlds.Target("full", 0)], [Worlds.Target("other", 0)]]);
        var sequence = new AttemptSequence(plan, 2, new GateFrom(0));
        Assert.Equal("full", sequence.First()?.Target.Name);

        Assert.Equal("other", sequence.InsteadOfLast(FailureClass.Overloaded, LastResort.Always, "runs the 8 requests that it carries at once")?.Target.Name);
        var resort = sequence.After(FailureClass.ConnectFailed);

        Assert.True(resort is { Target.Name: "full", IsLastResort: true, IsPanic: false, Resort: LastResort.Always });
        Assert.Equal("runs the 8 requests that it carries at once", resort.Value.Tier.Candidates[0].LastResort);
        Assert.Null(sequence.After(FailureClass.ConnectFailed));
        Assert.Equal(2, sequence.Sent);
    }

    /// <summary>All sends of a walk whose n-th send fails for the n-th reason.</summary>
    private static List<AttemptChoice> Walk(int[][] tiers, int retries, int firstKey, params FailureClass[] failures)
    {
        var plan = Worlds.Plan([.. tiers.Select((keys, tier) => keys.Select((count, i) => Worlds.Target($"t{tier + 1}.{i + 1}", count)).ToArray())]);
        var sequence = new AttemptSequence(plan, retries, new GateFrom(firstKey));
        var sends = new List<AttemptChoice>();
        for (var choice = sequence.First(); choice is { } send; choice = sequence.After(failures[sends.Count - 1])) sends.Add(send);
        Assert.Equal(sends.Count, sequence.Sent);
        return sends;
    }

    private static string Say(AttemptChoice choice) =>
        choice.Target.Name + (choice.KeyIndex < 0 ? "" : $" key {choice.KeyIndex}") + (choice.IsRetry ? " again" : "");

    /// <summary>Keys in turn from one of them; every retry.</summary>
    private sealed class GateFrom(int firstKey) : ISendGate
    {
        public int ChooseKey(Target target, ulong tried, out SendRefusal? refusal)
        {
            refusal = null;
            var keys = Math.Max(1, target.Provider.Keys.Length);
            for (var i = 0; i < keys; i++)
            {
                var key = (firstKey + i) % keys;
                if ((tried & (1UL << key)) == 0) return key;
            }

            return -1;
        }

        public bool TryRetry(Target target) => true;

        public bool TryPanic(string route) => true;
    }
}
