using CsCheck;
using Fairlead.Core.Budgets;
using Fairlead.Core.Limits;
using Fairlead.Core.Requests;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Budgets;

public sealed class LimitBoardTests
{
    private static readonly Caller App = new("acme", "app") { Feature = "search" };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void AMinutesWorthIsThereAtOnceAndComesBackEvenly()
    {
        var board = new LimitBoard(_time);
        for (var i = 0; i < 60; i++) Assert.Null(Enter(board, new RateLimits(60, null, null)));
        var refusal = Enter(board, new RateLimits(60, null, null))!;
        Assert.Equal((LimitKind.Requests, "key app", 60, TimeSpan.FromSeconds(1)), (refusal.Kind, refusal.Holder, refusal.Most, refusal.Wait));
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.NotNull(Enter(board, new RateLimits(60, null, null)));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(Enter(board, new RateLimits(60, null, null)));
        Assert.NotNull(Enter(board, new RateLimits(60, null, null)));
    }

    [Fact]
    public void WhatRunsCountsUntilItHasEndedHoweverItEnds()
    {
        var board = new LimitBoard(_time);
        var limits = new RateLimits(null, null, 2);
        Assert.Null(Enter(board, limits, out var first));
        Assert.Null(Enter(board, limits, out _));
        Assert.Equal(LimitKind.Concurrent, Enter(board, limits)!.Kind);
        first!.Dispose();
        first.Dispose(); // once only
        Assert.Null(Enter(board, limits));
        Assert.NotNull(Enter(board, limits));
    }

    [Fact]
    public void TokensAreTakenBeforehandAndCountedAsTheyWere()
    {
        var board = new LimitBoard(_time);
        var limits = new RateLimits(null, 1000, null);
        Assert.Null(Enter(board, limits, out var lease, tokens: 900));
        Assert.Equal(100, lease!.Standing(LimitKind.Tokens)!.Value.Left);
        Assert.Equal(LimitKind.Tokens, Enter(board, limits, tokens: 200)!.Kind);
        lease.Used(50);
        lease.Used(50); // two attempts
        lease.Dispose();
        Assert.Null(Enter(board, limits, out var second, tokens: 850));
        Assert.Equal(50, second!.Standing(LimitKind.Tokens)!.Value.Left);
        second.Used(1900); // more than was thought: those that come next wait for it
        second.Dispose();
        Assert.Equal(TimeSpan.FromSeconds(60.06), Enter(board, limits, tokens: 1)!.Wait);
    }

    [Fact]
    public void WhatIsLargerThanAMinutesWorthIsLetThroughOnce()
    {
        var board = new LimitBoard(_time);
        var limits = new RateLimits(null, 1000, null);
        Assert.Null(Enter(board, limits, tokens: 5000));
        Assert.Equal(TimeSpan.FromSeconds(0.06), Enter(board, limits, tokens: 1)!.Wait); // not for the hours that an absurd number would take
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(Enter(board, limits, out var lease, tokens: 5000));
        lease!.Used(3000);
        lease.Dispose();
        Assert.Equal(TimeSpan.FromSeconds(120.06), Enter(board, limits, tokens: 1)!.Wait);
    }

    [Fact]
    public void OneThatHasNoRoomTakesNothingOfTheOthers()
    {
        var board = new LimitBoard(_time);
        LimitRule[] rules = [new LimitRule { Name = "tenants", Each = BudgetDimension.Tenant, Limits = new RateLimits(1, null, null) }];
        var own = new RateLimits(10, 100, 5);
        var subject = new BudgetSubject(App);
        Assert.Null(board.Enter(subject, [.. rules], own, null, 10, out var first));
        for (var i = 0; i < 20; i++) Assert.Equal("tenant acme", board.Enter(subject, [.. rules], own, null, 10, out _)!.Holder);
        Assert.Equal((9, 90), (first!.Standing(LimitKind.Requests) is { } requests ? 9 : 0, (int)first.Standing(LimitKind.Tokens)!.Value.Left));
        Assert.Null(board.Enter(subject, [], own, null, 90, out _));
    }

    [Fact]
    public void EachHasItsOwnAndSomeHaveOthers()
    {
        var board = new LimitBoard(_time);
        var rule = new LimitRule
        {
            Name = "features",
            Each = BudgetDimension.Feature,
            Limits = new RateLimits(1, null, null),
            Overrides = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary([KeyValuePair.Create("search", new RateLimits(2, null, null))]),
        };
        Assert.Equal((2, 1, 1), (Served("search"), Served("chat"), Served(null)));

        int Served(string? feature)
        {
            var served = 0;
            while (board.Enter(new BudgetSubject(App with { Feature = feature }), [rule], null, null, 0, out _) is null) served++;
            return served;
        }
    }

    [Fact]
    public void UsersOfOneNameOfTwoTenantsAreTwo()
    {
        var board = new LimitBoard(_time);
        LimitRule[] rules = [new LimitRule { Name = "users", Each = BudgetDimension.User, Limits = new RateLimits(1, null, null) }];
        foreach (var user in new[] { "u77", null })
        {
            Assert.Null(board.Enter(new BudgetSubject(App) { User = user }, [.. rules], null, null, 0, out _));
            Assert.NotNull(board.Enter(new BudgetSubject(App) { User = user }, [.. rules], null, null, 0, out _));
            Assert.Null(board.Enter(new BudgetSubject(new Caller("beta", "theirs")) { User = user }, [.. rules], null, null, 0, out _));
        }
    }

    [Fact]
    public void AChangedLimitKeepsWhatWasTaken()
    {
        var board = new LimitBoard(_time);
        for (var i = 0; i < 30; i++) Assert.Null(Enter(board, new RateLimits(60, null, null)));
        for (var i = 0; i < 60; i++) Assert.Null(Enter(board, new RateLimits(120, null, null))); // half a minute was taken
        Assert.NotNull(Enter(board, new RateLimits(120, null, null)));
    }

    [Fact]
    public void HoldersThatHaveEverythingAreForgottenBeforeThereAreTooMany()
    {
        var board = new LimitBoard(_time);
        LimitRule[] rules = [new LimitRule { Name = "users", Each = BudgetDimension.User, Limits = new RateLimits(60, null, null) }];
        for (var i = 0; i < 200_000; i++) board.Enter(new BudgetSubject(App) { User = "u" + i }, [.. rules], null, null, 0, out _);
        Assert.Equal(200_000, board.States);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(board.Enter(new BudgetSubject(App) { User = "new" }, [.. rules], null, null, 0, out _));
        Assert.Equal(1, board.States);
    }

    /// <summary>Over any time no more passes than a minute's worth and what came in since; and of steady askers nothing is lost.</summary>
    [Fact]
    public void PassesWhatABucketPasses()
    {
        Gen.Select(Gen.Int[1, 100], Gen.Select(Gen.Int[0, 3000], Gen.Int[1, 40]).Array[1, 80]).Sample((perMinute, steps) =>
        {
            var time = new FakeTimeProvider();
            var board = new LimitBoard(time);
            var limits = new RateLimits(null, perMinute, null);
            decimal left = perMinute;
            foreach (var (milliseconds, amount) in steps)
            {
                time.Advance(TimeSpan.FromMilliseconds(milliseconds));
                left = Math.Min(perMinute, left + ((decimal)milliseconds * perMinute / 60_000));
                var needs = Math.Min(amount, perMinute);
                var isTaken = board.Enter(new BudgetSubject(App), [], limits, null, amount, out _) is null;
                if (Math.Abs(left - needs) > 0.000001m) Assert.Equal(left >= needs, isTaken);
                if (isTaken) left -= needs;
            }
        });
    }

    private static LimitRefusal? Enter(LimitBoard board, RateLimits limits, long tokens = 0) => Enter(board, limits, out _, tokens);

    private static LimitRefusal? Enter(LimitBoard board, RateLimits limits, out LimitLease? lease, long tokens = 0) => board.Enter(new BudgetSubject(App), [], limits, null, tokens, out lease);
}
