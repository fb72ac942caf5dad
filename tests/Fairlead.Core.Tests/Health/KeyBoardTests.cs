using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Tests.Configuration;
using Fairlead.Core.Tests.Routing;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>Which key is sent with, and which are left alone for how long.</summary>
public sealed class KeyBoardTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly KeyBoard _keys;
    private readonly List<KeyChange> _changes = [];

    public KeyBoardTests()
    {
        _keys = new KeyBoard(_time, new Random(1));
        _keys.Changed += _changes.Add;
    }

    [Fact]
    public void Choose_NamelessKey_IsTheOnlyOne()
    {
        var target = Worlds.Target("large");

        Assert.Equal((0, null), Choose(target));
        Assert.Equal((-1, null), Choose(target, tried: 1));
        _keys.Enter(target, -1);
        Assert.Equal(1, Assert.Single(_keys.StandingOf(target.Provider)).Running);
        _keys.Exit(target, -1, FailureClass.RateLimited, TimeSpan.FromSeconds(30), null);
        var (key, refusal) = Choose(target);
        Assert.Equal((-1, FailureClass.RateLimited), (key, refusal?.Failure));
        Assert.InRange(refusal!.Wait!.Value.TotalSeconds, 30, 31);
        Assert.Matches("^limited by its vendor for 3[01] s more$", refusal.Reason);
    }

    [Fact]
    public void Choose_AmongEquals_GoesRound()
    {
        var target = Worlds.Target("large", keys: 3);

        Assert.Equal([0, 1, 2, 0, 1, 2], Enumerable.Range(0, 6).Select(_ => Choose(target).Key));
    }

    [Fact]
    public void Choose_LeastRunning_BeforeMostQuotaLeft_BeforeItsTurn()
    {
        var target = Worlds.Target("large", keys: 3);
        foreach (var (key, left) in new[] { 0.1, 0.9, 0.5 }.Index())
        {
            _keys.Enter(target, key);
            _keys.Exit(target, key, FailureClass.None, null, left);
        }

        Assert.All(Enumerable.Range(0, 6), _ => Assert.Equal(1, Choose(target).Key));
        _keys.Enter(target, 1);
        Assert.All(Enumerable.Range(0, 6), _ => Assert.Equal(2, Choose(target).Key));
        _keys.Enter(target, 2);
        Assert.All(Enumerable.Range(0, 6), _ => Assert.Equal(0, Choose(target).Key));
        Assert.Equal(2, Choose(target, tried: 0b011).Key);
    }

    [Fact]
    public void RateLimited_WithAnEnd_HoldsTheKeyForThatModelUntilThen_WithATenthAtMostOnTop()
    {
        var (large, small) = (Worlds.Target("large", keys: 2), Worlds.Target("small"));
        small = WithProviderOf(large, "small");
        Send(large, 0, FailureClass.RateLimited, TimeSpan.FromSeconds(5));

        Assert.All(Enumerable.Range(0, 4), _ => Assert.Equal(1, Choose(large).Key));
        Assert.Contains(0, Enumerable.Range(0, 4).Select(_ => Choose(small).Key)); // another model's limit is another one
        var (model, failure, left) = Assert.Single(_keys.StandingOf(large.Provider)[0].Models);
        Assert.Equal(("large", FailureClass.RateLimited), (model, failure));
        Assert.InRange(left.TotalSeconds, 5, 5.5);
        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.All(Enumerable.Range(0, 4), _ => Assert.Equal(1, Choose(large).Key));
        _time.Advance(TimeSpan.FromSeconds(0.6));
        Assert.Contains(0, Enumerable.Range(0, 4).Select(_ => Choose(large).Key));
        Assert.Empty(_changes); // a limit is no news
    }

    [Fact]
    public void RateLimited_AnAnswerOfWhatWasSentBefore_DoesNotEndTheWait()
    {
        var target = Worlds.Target("large", keys: 1);
        _keys.Enter(target, 0);
        Send(target, 0, FailureClass.RateLimited, TimeSpan.FromSeconds(30));
        _time.Advance(TimeSpan.FromSeconds(1));
        _keys.Exit(target, 0, FailureClass.None, null, null);

        Assert.InRange(Choose(target).Refusal!.Wait!.Value.TotalSeconds, 29, 30);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)] // an end that is past is none: it would be sent to again and again
    public void RateLimited_WithoutAnEnd_GrowsFromASecondToAMinute_ByFullJitter(int? seconds)
    {
        var hint = seconds is { } given ? TimeSpan.FromSeconds(given) : (TimeSpan?)null;
        var most = new double[9];
        for (var seed = 0; seed < 50; seed++)
        {
            var keys = new KeyBoard(_time, new Random(seed));
            var target = Worlds.Target("large", keys: 1);
            foreach (ref var longest in most.AsSpan())
            {
                keys.Enter(target, 0);
                keys.Exit(target, 0, FailureClass.RateLimited, hint, null);
                keys.Choose(target, 0, out var refusal);
                longest = Math.Max(longest, refusal!.Wait!.Value.TotalSeconds);
                _time.Advance(refusal.Wait.Value);
            }
        }

        Assert.All(most.Index(), one => Assert.InRange(one.Item, 0.8 * Math.Min(60, 1 << one.Index), Math.Min(60, 1 << one.Index)));
    }

    [Fact]
    public void RateLimited_ManyAtOnce_CountAsOne_AndAnAnswerBeginsAnew()
    {
        var target = Worlds.Target("large", keys: 1);
        for (var i = 0; i < 10; i++) Send(target, 0, FailureClass.RateLimited, null);
        Assert.InRange(Choose(target).Refusal!.Wait!.Value.TotalSeconds, 0.1, 1);
        for (var i = 0; i < 6; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            Send(target, 0, FailureClass.RateLimited, null);
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        Send(target, 0, FailureClass.None, null);
        Assert.Equal((0, null), Choose(target));
        Send(target, 0, FailureClass.RateLimited, null);
        Assert.InRange(Choose(target).Refusal!.Wait!.Value.TotalSeconds, 0.1, 1);
    }

    [Theory]
    [InlineData(null, 3600)]
    [InlineData(90, 90)]
    [InlineData(1_000_000_000, 31 * 24 * 3600)] // no vendor takes a key away for good
    public void QuotaExhausted_HoldsTheWholeKeyForAnHour_OrUntilTheStatedEnd(int? stated, int seconds)
    {
        var target = Worlds.Target("large", keys: 1);
        var other = WithProviderOf(target, "small");
        Send(target, 0, FailureClass.QuotaExhausted, stated is { } given ? TimeSpan.FromSeconds(given) : null);
        Send(target, 0, FailureClass.QuotaExhausted, stated is { } again ? TimeSpan.FromSeconds(again) : null);

        var refusal = Choose(other).Refusal!;
        Assert.Equal((FailureClass.QuotaExhausted, "no key with quota left", TimeSpan.FromSeconds(seconds)), (refusal.Failure, refusal.Reason, refusal.Wait));
        var change = Assert.Single(_changes);
        Assert.Equal(new KeyChange("at-large", 0, FailureClass.QuotaExhausted, _time.GetUtcNow() + TimeSpan.FromSeconds(seconds)), change);

        _time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal((0, null), Choose(target));
        Assert.Null(_keys.StandingOf(target.Provider)[0].Left);
        Assert.Single(_changes); // that it may be tried is not that it is back
        Send(target, 0, FailureClass.None, null);
        Assert.Equal(FailureClass.None, _changes[1].Failure);
    }

    [Fact]
    public void QuotaExhausted_AnAnswerOfWhatWasSentBefore_BringsNoKeyBack()
    {
        var target = Worlds.Target("large", keys: 1);
        _keys.Enter(target, 0);
        Send(target, 0, FailureClass.QuotaExhausted, null);
        _keys.Exit(target, 0, FailureClass.None, null, null);

        Assert.Equal(FailureClass.QuotaExhausted, Choose(target).Refusal?.Failure);
        Assert.Single(_changes);
    }

    [Fact]
    public void CredentialsInvalid_IsTriedAgainAfterTwoSeconds_AndTwiceAsLong_UpToFiveMinutes()
    {
        var target = Worlds.Target("large", keys: 1);
        foreach (var seconds in new[] { 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 })
        {
            for (var i = 0; i < 10; i++) Send(target, 0, FailureClass.CredentialsInvalid, TimeSpan.FromDays(1)); // ten at once, and what the vendor asks for is no matter
            Assert.Equal(TimeSpan.FromSeconds(seconds), Choose(target).Refusal!.Wait);
            _time.Advance(TimeSpan.FromSeconds(seconds));
        }

        Assert.Single(_changes);
        Send(target, 0, FailureClass.None, null);
        Send(target, 0, FailureClass.CredentialsInvalid, null);
        Assert.Equal(0, Choose(target).Key); // one alone may be the vendor's own trouble
        Send(target, 0, FailureClass.CredentialsInvalid, null);
        Assert.Equal(TimeSpan.FromSeconds(2), Choose(target).Refusal!.Wait);
        Assert.Equal([FailureClass.CredentialsInvalid, FailureClass.None, FailureClass.CredentialsInvalid], _changes.Select(change => change.Failure));
    }

    [Fact]
    public void Forbidden_ThreeTimesInARow_HoldsOneModelForFiveMinutes()
    {
        var target = Worlds.Target("large", keys: 1);
        foreach (var failure in new[] { FailureClass.Forbidden, FailureClass.Forbidden, FailureClass.None, FailureClass.Forbidden, FailureClass.Forbidden })
        {
            Send(target, 0, failure, null); // one alone may be about what was asked
            Assert.Equal((0, null), Choose(target));
        }

        Send(target, 0, FailureClass.Forbidden, null);
        Assert.Equal((FailureClass.Forbidden, TimeSpan.FromMinutes(5)), (Choose(target).Refusal!.Failure, Choose(target).Refusal!.Wait));
        Assert.Equal(0, Choose(WithProviderOf(target, "small")).Key);
    }

    [Theory]
    [InlineData(FailureClass.ServerError)]
    [InlineData(FailureClass.Overloaded)]
    [InlineData(FailureClass.BadRequest)]
    [InlineData(FailureClass.ClientGone)]
    [InlineData(FailureClass.HedgeLost)]
    public void Exit_WhatSaysNothingOfTheKey_HoldsNothing(FailureClass failure)
    {
        var target = Worlds.Target("large", keys: 1);
        Send(target, 0, failure, TimeSpan.FromMinutes(1));

        Assert.Equal((0, null), Choose(target));
    }

    [Fact]
    public void Choose_AllHeld_TellsTheSoonest_AndAllTried_Nothing()
    {
        var target = Worlds.Target("large", keys: 2);
        Send(target, 0, FailureClass.QuotaExhausted, null);
        for (var i = 0; i < 2; i++) Send(target, 1, FailureClass.CredentialsInvalid, null);
        var refusal = Choose(target).Refusal!;

        Assert.Equal((FailureClass.CredentialsInvalid, "no key that its vendor accepts", TimeSpan.FromSeconds(2)), (refusal.Failure, refusal.Reason, refusal.Wait));
        Assert.Equal((-1, null), Choose(target, tried: 0b11));
    }

    [Fact]
    public void Forbidden_AfterLimits_IsCountedByItself()
    {
        var target = Worlds.Target("large");
        for (var i = 0; i < 4; i++)
        {
            Send(target, 0, FailureClass.RateLimited, TimeSpan.FromSeconds(1));
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        Send(target, 0, FailureClass.Forbidden, null);

        Assert.Equal(0, Choose(target).Key);
    }

    [Fact]
    public void Models_ThatClientsThinkUp_DoNotFreeWhatIsHeld()
    {
        var large = Worlds.Target("large");
        Send(large, 0, FailureClass.RateLimited, TimeSpan.FromMinutes(5));
        for (var i = 0; i < 2_000; i++) Send(WithProviderOf(large, $"thought up {i}"), 0, FailureClass.RateLimited, TimeSpan.FromSeconds(20));

        Assert.Equal(-1, Choose(large).Key);
        Assert.Equal(1_000, _keys.StandingOf(large.Provider)[0].Models.Count);
        _time.Advance(TimeSpan.FromMinutes(1));
        Send(WithProviderOf(large, "later"), 0, FailureClass.RateLimited, TimeSpan.FromSeconds(20));
        Assert.Equal(["large", "later"], _keys.StandingOf(large.Provider)[0].Models.Select(model => model.Model).Order());
    }

    [Fact]
    public void Forbidden_WhileALimitHolds_LeavesTheLimitTheReason()
    {
        var target = Worlds.Target("large");
        Send(target, 0, FailureClass.RateLimited, TimeSpan.FromSeconds(30));
        Send(target, 0, FailureClass.Forbidden, null); // was sent beside it

        Assert.Equal(FailureClass.RateLimited, Choose(target).Refusal!.Failure);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.9)]
    [InlineData(5)]
    [InlineData(3600)]
    public void HoldAtMost_IsNeverPassed(double seconds)
    {
        var asked = TimeSpan.FromSeconds(seconds);
        for (var i = 0; i < 200; i++)
        {
            var target = Worlds.Target($"large-{i}");
            Send(target, 0, FailureClass.RateLimited, asked);
            Assert.InRange(Choose(target).Refusal!.Wait!.Value, asked, KeyBoard.HoldAtMost(asked));
        }

        Assert.InRange(KeyBoard.HoldAtMost(asked) - asked, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void CredentialsInvalid_AnAnswerBetween_EndsTheRow_ThoughALimitOfAnotherModelStands()
    {
        var target = Worlds.Target("large");
        Send(WithProviderOf(target, "small"), 0, FailureClass.RateLimited, TimeSpan.FromHours(1));
        Send(target, 0, FailureClass.CredentialsInvalid, null);
        Send(target, 0, FailureClass.None, null);
        Send(target, 0, FailureClass.CredentialsInvalid, null);

        Assert.Equal(0, Choose(target).Key);
    }

    /// <summary>A day's quota of one model leaves the key to all others.</summary>
    [Fact]
    public void QuotaExhausted_OfTheModel_HoldsTheKeyForThatAlone()
    {
        var target = Worlds.Target("large", keys: 1);
        _keys.Enter(target, 0);
        _keys.Exit(target, 0, FailureClass.QuotaExhausted, TimeSpan.FromHours(9), null, isOfModel: true);

        Assert.Equal((0, null), Choose(WithProviderOf(target, "small")));
        var refusal = Choose(target).Refusal!;
        Assert.Equal((FailureClass.QuotaExhausted, "no key with quota left", TimeSpan.FromHours(9)), (refusal.Failure, refusal.Reason, refusal.Wait));
        Assert.Empty(_changes);
        Assert.Equal(("large", FailureClass.QuotaExhausted, TimeSpan.FromHours(9)), Assert.Single(Assert.Single(_keys.StandingOf(target.Provider)).Models));
        Assert.Equal(("large", TimeSpan.FromHours(9)), Assert.Single(_keys.ModelsOutOfUse(target.Provider, 0)));
        _time.Advance(TimeSpan.FromHours(9));
        Assert.Equal((0, null), Choose(target));
        Assert.Equal(("large", TimeSpan.Zero), Assert.Single(_keys.ModelsOutOfUse(target.Provider, 0))); // that it may be tried is not that it is back
        Send(target, 0, FailureClass.None, null);
        Assert.Empty(_keys.ModelsOutOfUse(target.Provider, 0));
    }

    [Fact]
    public void Exit_WhatIsAboutOneRequest_HoldsNothing()
    {
        var target = Worlds.Target("large");
        for (var i = 0; i < 5; i++)
        {
            _keys.Enter(target, 0);
            _keys.Exit(target, 0, FailureClass.RateLimited, TimeSpan.FromSeconds(60), null, isAboutRequest: true);
        }

        Assert.Equal((0, null), Choose(target));
        Assert.Equal(0, Assert.Single(_keys.StandingOf(target.Provider)).Running);
    }

    [Fact]
    public void Release_EveryKeyMayBeTriedAtOnce_AndIsToldOnce()
    {
        var target = Worlds.Target("large", keys: 3);
        Send(target, 0, FailureClass.QuotaExhausted, null);
        Send(target, 1, FailureClass.RateLimited, TimeSpan.FromHours(1));
        _changes.Clear();

        Assert.Equal(2, _keys.Release(target.Provider));
        Assert.Equal(0, _keys.Release(target.Provider));
        Assert.Equal([0, 1], _changes.Select(change => change.Key));
        Assert.Equal([0, 1, 2], Enumerable.Range(0, 3).Select(_ => Choose(target).Key).Order());
    }

    [Fact]
    public void Reload_TheSameKey_KeepsItsState_AndAnExchangedOneIsFresh()
    {
        const string text = """
            providers: { west: { kind: openai-compatible, base_url: "http://127.0.0.1:1/v1", keys: ["env:A", "env:B"] } }
            targets: { large: { provider: west, model: big } }
            routes: [ { name: default, tiers: [ { use: [large] } ] } ]
            """;
        var before = Compiling.Snapshot(text, ("A", "a-key"), ("B", "b-key")).Targets["large"];
        Send(before, 0, FailureClass.QuotaExhausted, null);
        for (var i = 0; i < 2; i++) Send(before, 1, FailureClass.CredentialsInvalid, null);
        var after = Compiling.Snapshot(text, ("A", "a-key"), ("B", "another-key")).Targets["large"];

        Assert.Equal([FailureClass.QuotaExhausted, FailureClass.None], _keys.StandingOf(after.Provider).Select(key => key.Failure));
        Assert.Equal(1, Choose(after).Key);
        Assert.Equal((-1, FailureClass.CredentialsInvalid), (Choose(before).Key, Choose(before).Refusal?.Failure)); // a request that runs keeps the old one
    }

    [Fact]
    public void Configuration_MoreKeysThanARequestCanTellApart_IsRefused()
    {
        static string Text(int keys) => $$"""
            providers: { west: { kind: openai-compatible, base_url: "http://127.0.0.1:1/v1", keys: [{{string.Join(", ", Enumerable.Range(0, keys).Select(i => $"\"env:K{i}\""))}}] } }
            targets: { large: { provider: west, model: big } }
            routes: [ { name: default, tiers: [ { use: [large] } ] } ]
            """;
        var values = Enumerable.Range(0, 65).Select(i => ($"K{i}", $"key-number-{i}")).ToArray();

        Assert.Contains("64", Assert.Single(Compiling.Errors(Text(65), values)), StringComparison.Ordinal);
        var target = Compiling.Snapshot(Text(64), values).Targets["large"];
        Assert.Equal(63, Choose(target, tried: ulong.MaxValue >> 1).Key);
        Assert.Equal(-1, Choose(target, tried: ulong.MaxValue).Key);
    }

    [Fact]
    public void Threads_SendAtOnce_AndNothingRunsAfterwards()
    {
        var target = Worlds.Target("large", keys: 4);
        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var key = _keys.Choose(target, 0, out var refusal);
            if (key < 0)
            {
                Assert.NotNull(refusal);
                return;
            }

            _keys.Enter(target, key);
            _keys.Exit(target, key, i % 997 == 0 ? FailureClass.RateLimited : FailureClass.None, null, i % 3 == 0 ? 0.5 : null);
        });

        Assert.All(_keys.StandingOf(target.Provider), key => Assert.Equal(0, key.Running));
    }

    [Fact]
    public void Choose_AndExit_WhileNothingIsHeld_AllocateNothing()
    {
        var (one, three) = (Worlds.Target("one", keys: 1), Worlds.Target("three", keys: 3));
        Round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Round()
        {
            foreach (var target in (ReadOnlySpan<Target>)[one, three])
            {
                var key = _keys.Choose(target, 0, out _);
                _keys.Enter(target, key);
                _keys.Exit(target, key, FailureClass.None, null, 0.5);
            }
        }
    }

    private (int Key, SendRefusal? Refusal) Choose(Target target, ulong tried = 0) => (_keys.Choose(target, tried, out var refusal), refusal);

    private void Send(Target target, int key, FailureClass failure, TimeSpan? retryAfter)
    {
        _keys.Enter(target, key);
        _keys.Exit(target, key, failure, retryAfter, null);
    }

    private static Target WithProviderOf(Target target, string name) => new() { Name = name, Model = name, Facts = target.Facts, Provider = target.Provider };
}
