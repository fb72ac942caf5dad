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

    [Fact]
    public void Hedge_GoesToTheNextOfItsTier_ElseToTheSameOneAgain()
    {
        var sequence = new AttemptSequence(Worlds.Plan([Worlds.Target("a", 1), Worlds.Target("b", 1)], [Worlds.Target("c", 1)]), 1, new GateFrom(0));
        Assert.False(sequence.First()?.IsHedge);
        Assert.True(sequence.Hedge() is { Target.Name: "b", IsHedge: true, IsRetry: false });
        Assert.Equal("c", sequence.After(FailureClass.ServerError)?.Target.Name); // both failed: neither is tried once more
        Assert.True(sequence.Hedge() is { Target.Name: "c", IsHedge: true });
        Assert.Equal(4, sequence.Sent);
        Assert.Null(sequence.Hedge());
        Assert.Null(sequence.After(FailureClass.ServerError));
    }

    /// <summary>Whichever ends last: the second one's place is where the walk stands, and its own failure says whether it is tried once more.</summary>
    [Theory]
    [InlineData(FailureClass.Truncated, FailureClass.ServerError, true)]
    [InlineData(FailureClass.ServerError, FailureClass.Truncated, false)] // the first's place is behind it
    [InlineData(FailureClass.ServerError, FailureClass.ServerError, true)]
    [InlineData(FailureClass.Timeout, FailureClass.Overloaded, false)]
    public void After_BothOfTwoSendsFailed_TheSecondOnesPlaceMayBeTriedOnceMore(FailureClass first, FailureClass second, bool isRetried)
    {
        foreach (var isSecondLast in new[] { true, false })
        {
            var sequence = new AttemptSequence(Worlds.Plan([Worlds.Target("a"), Worlds.Target("b")]), 1, new GateFrom(0));
            sequence.First();
            Assert.Equal("b", sequence.Hedge()?.Target.Name);
            sequence.FailedBeside(isSecondLast ? first : second);
            var next = sequence.After(isSecondLast ? second : first, isHedge: isSecondLast);

            if (isRetried) Assert.True(next is { Target.Name: "b", IsRetry: true, IsHedge: false });
            else Assert.Null(next);
            Assert.Equal(isRetried ? 3 : 2, sequence.Sent);
            Assert.Null(isRetried ? sequence.After(FailureClass.ServerError) : null);
        }
    }

    [Fact]
    public void FailedBeside_WhatEitherOfTwoSendsEndedWith_OpensTheTierBehind_AndItsTimeoutCounts()
    {
        var whole = Worlds.Plan([Worlds.Target("a"), Worlds.Target("b"), Worlds.Target("c")], [Worlds.Target("timeouts only")], [Worlds.Target("any")]);
        var plan = whole with { Tiers = [whole.Tiers[0] with { Candidates = [.. whole.Tiers[0].Candidates.Take(2)] }, whole.Tiers[1] with { After = Entry("timeout") }, whole.Tiers[2]] };
        var sequence = new AttemptSequence(plan, 0, new GateFrom(0));
        sequence.First();
        sequence.Hedge();
        sequence.FailedBeside(FailureClass.Timeout);
        Assert.True(sequence.After(FailureClass.ServerError) is { Target.Name: "timeouts only", TimeoutsBefore: 1 });

        var later = new AttemptSequence(plan with { Tiers = [whole.Tiers[0], .. plan.Tiers.Skip(1)] }, 0, new GateFrom(0));
        later.First();
        later.Hedge();
        later.FailedBeside(FailureClass.Timeout);
        Assert.Equal("c", later.After(FailureClass.ServerError)?.Target.Name);
        Assert.Equal("any", later.After(FailureClass.ServerError)?.Target.Name); // what ran beside is behind it: the last one is what counts
    }

    [Fact]
    public void Hedge_LeavesASendForEveryTier()
    {
        var sequence = new AttemptSequence(Worlds.Plan([Worlds.Target("a")], [Worlds.Target("b")], [Worlds.Target("c")], [Worlds.Target("d")], [Worlds.Target("e")], [Worlds.Target("f")]), 1, new GateFrom(0));
        sequence.First();

        Assert.Null(sequence.Hedge()); // six sends are for six tiers
    }

    [Fact]
    public void WithdrawHedge_TheWalkGoesOnAsIfThereHadBeenNone()
    {
        var plan = Worlds.Plan([Worlds.Target("a", 2), Worlds.Target("b", 1)], [Worlds.Target("c")]);
        foreach (var failure in Elsewhere)
        {
            var (with, without) = (new AttemptSequence(plan, 1, new GateFrom(0)), new AttemptSequence(plan, 1, new GateFrom(0)));
            var (one, other) = (with.First(), without.First());
            while (one is not null || other is not null)
            {
                Assert.Equal(Say(other!.Value), Say(one!.Value));
                if (with.Hedge() is not null) with.WithdrawHedge();
                (one, other) = (with.After(failure), without.After(failure));
            }

            Assert.Equal(without.Sent, with.Sent);
        }
    }

    [Fact]
    public void Hedge_WhatMayNotBeSentTwice_AndALastResort_AreNotHedged()
    {
        var plan = Worlds.Plan([Worlds.Target("a"), Worlds.Target("b")]);
        var once = new AttemptSequence(plan, 1, new GateFrom(0), isReplaySafe: false);
        once.First();
        Assert.Null(once.Hedge());

        var resort = new AttemptSequence(HoldingBack(Worlds.Plan(), number: 1, needsPanic: false, Worlds.Target("slow")), 1, new GateFrom(0));
        Assert.True(resort.First() is { IsLastResort: true });
        Assert.Null(resort.Hedge());
    }

    [Theory]
    [InlineData(FailureClass.ConnectFailed, true)] // proven not processed
    [InlineData(FailureClass.RateLimited, true)]
    [InlineData(FailureClass.Timeout, false)]
    [InlineData(FailureClass.ServerError, false)]
    [InlineData(FailureClass.Overloaded, false)]
    public void After_WhatMayNotBeSentTwice_GoesOnOnlyWhereNothingWasDone(FailureClass failure, bool goesOn)
    {
        var sequence = new AttemptSequence(Worlds.Plan([Worlds.Target("a")], [Worlds.Target("b")]), 1, new GateFrom(0), isReplaySafe: false);
        sequence.First();

        Assert.Equal(goesOn, sequence.After(failure) is not null);
    }

    [Fact]
    public void First_AllKeysAreRefused_SaysSo_AndTheNextTierIsForWhatTheyAreRefusedFor()
    {
        var refusal = new SendRefusal(FailureClass.RateLimited, "limited by its vendor for 9 s more", TimeSpan.FromSeconds(9));
        var whole = Worlds.Plan([Worlds.Target("full", 2)], [Worlds.Target("limits only")]);
        var sequence = new AttemptSequence(whole with { Tiers = [whole.Tiers[0], whole.Tiers[1] with { After = Entry("rate_limited") }] }, 1, new Refusing("full", refusal));

        var first = sequence.First()!.Value;
        Assert.Equal((refusal, -1), (first.Refusal, first.KeyIndex));
        Assert.Equal("limits only", sequence.InsteadOfLast(refusal.Failure)?.Target.Name);
        Assert.Equal(1, sequence.Sent); // what was not sent is not counted
    }

    [Fact]
    public void After_NoRetryIsLeftForTheTarget_GoesOn()
    {
        var sequence = new AttemptSequence(Worlds.Plan([Worlds.Target("a")], [Worlds.Target("b")]), 2, new Refusing(""));
        sequence.First();

        Assert.Equal("b", sequence.After(FailureClass.ServerError)?.Target.Name);
    }

    [Fact]
    public void Resort_OnceASecondOnly_TheRestIsNotAsked()
    {
        var plan = HoldingBack(Worlds.Plan(), number: 1, needsPanic: true, Worlds.Target("out"));

        Assert.Null(new AttemptSequence(plan, 2, new Refusing("")).First());
    }

    [Fact]
    public void Again_BeginsAtTheFirst_WithTheSendsThatAreLeft()
    {
        var sequence = new AttemptSequence(Worlds.Plan([Worlds.Target("a")], [Worlds.Target("b")]), 0, new GateFrom(0));
        var names = new List<string>();
        for (var choice = sequence.First(); choice is { } send; choice = sequence.After(FailureClass.RateLimited)) names.Add(send.Target.Name);
        for (var choice = sequence.Again(); choice is { } send; choice = sequence.After(FailureClass.RateLimited)) names.Add(send.Target.Name);

        Assert.Equal(["a", "b", "a", "b"], names);
        Assert.Equal(4, sequence.Sent);
        Assert.Null(sequence.Again());
    }

    [Fact]
    public void After_Timeouts_AreCounted()
    {
        var sequence = new AttemptSequence(Worlds.Plan([Worlds.Target("a")], [Worlds.Target("b")], [Worlds.Target("c")]), 0, new GateFrom(0));

        Assert.Equal(0, sequence.First()?.TimeoutsBefore);
        Assert.Equal(1, sequence.After(FailureClass.Timeout)?.TimeoutsBefore);
        Assert.Equal(1, sequence.After(FailureClass.ServerError)?.TimeoutsBefore);
    }

    /// <summary>Tiers, held-back targets, and what happens at each step: 0 to 5 a failure, 6 an obstacle, 7 a hedge that is made, 8 one that is withdrawn.</summary>
    [Fact]
    public void Walk_WithHedgesObstaclesAndHeldBackTargets_StaysWithinTheSends_AndResortsLast()
    {
        Gen.Select(Gen.Int[1, 3].Array[0, 4], Gen.Int[0, 3], Gen.Bool, Gen.Int[0, 8].Array[20]).Sample(
            (tiers, held, isPanic, steps) =>
            {
                var plan = Worlds.Plan([.. tiers.Select((count, tier) => Enumerable.Range(1, count).Select(i => Worlds.Target($"t{tier + 1}.{i}", 1)).ToArray())]);
                plan = plan with { HeldBack = [.. Enumerable.Range(1, held).Select(i => new HeldCandidate(new PlannedTier("held", 1, [new Candidate(Worlds.Target($"h{i}", 1), 1)]), isPanic))] };
                var sequence = new AttemptSequence(plan, 1, new GateFrom(0));
                var sent = new List<AttemptChoice>();
                var choice = sequence.First();
                foreach (var step in steps)
                {
                    if (choice is not { } next) break;
                    if (step == 6)
                    {
                        choice = sequence.InsteadOfLast(FailureClass.Overloaded);
                        continue;
                    }

                    sent.Add(next);
                    if (step >= 7 && sequence.Hedge() is { } hedge)
                    {
                        if (step == 7) sent.Add(hedge);
                        else sequence.WithdrawHedge();
                    }

                    choice = sequence.After(Elsewhere[step % 6]);
                }

                if (choice is null) Assert.Equal(sent.Count, sequence.Sent);
                Assert.True(sent.Count <= SendBudget.MostOf(Math.Max(1, tiers.Length)), $"{sent.Count} sends");
                var order = sent.Select(send => send.IsLastResort ? int.MaxValue : send.Tier.Number).ToArray();
                Assert.Equal(order.Order(), order);
                var resorts = sent.Where(send => send.IsLastResort && !send.IsRetry).Select(send => send.Target.Name).ToArray();
                Assert.Equal(resorts.Distinct(), resorts);
                Assert.All(sent, send => Assert.Equal(send.IsLastResort && isPanic, send.IsPanic));
                Assert.True(sent.Count(send => send.IsRetry) <= 1);
            },
            iter: 5_000);
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

    /// <summary>Refuses the keys of one target, every retry and every panic.</summary>
    private sealed class Refusing(string target, SendRefusal? because = null) : ISendGate
    {
        public int ChooseKey(Target asked, ulong tried, out SendRefusal? refusal)
        {
            refusal = asked.Name == target ? because : null;
            return refusal is null && (tried & 1) == 0 ? 0 : -1;
        }

        public bool TryRetry(Target asked) => false;

        public bool TryPanic(string route) => false;
    }
}
