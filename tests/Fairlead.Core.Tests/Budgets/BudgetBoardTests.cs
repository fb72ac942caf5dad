using System.Collections.Frozen;
using System.Globalization;
using CsCheck;
using Fairlead.Core.Budgets;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Tests.Budgets;

public sealed class BudgetBoardTests
{
    private static readonly DateTimeOffset Noon = DateTimeOffset.Parse("2026-11-26T12:00:00Z", CultureInfo.InvariantCulture);

    [Fact]
    public void TakesExactlyAsManyAsThereIsRoomForHoweverManyAskAtOnce()
    {
        var board = Board(Daily("all", 50 * 7 + 6));
        var served = 0;
        Parallel.For(0, 1000, _ =>
        {
            if (board.Reserve(Of("acme"), Noon, 7, 7, out var _) is null) Interlocked.Increment(ref served);
        });
        Assert.Equal(50, served);
        Assert.Equal(350, Assert.Single(board.Standings(Noon)).Reserved.NanoDollars);
    }

    [Fact]
    public void NobodyIsRefusedBecauseOfWhatIsGivenBackInTheNextMoment()
    {
        // Of the two tenants one has nothing left: what its requests hold of the common budget for a moment must not keep the other's out.
        var board = Board(Daily("all", 1000), Daily("tenants", 100_000) with { Each = BudgetDimension.Tenant, Overrides = Amounts(("broke", 0)) });
        var refused = 0;
        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            if (board.Reserve(Of(i % 2 == 0 ? "broke" : "acme"), Noon, i % 2 == 0 ? 1000 : 100, i % 2 == 0 ? 1000 : 100, out var held) is not null)
            {
                if (i % 2 == 1) Interlocked.Increment(ref refused);
                return;
            }

            held!.Settle(Usd.Zero);
        });
        Assert.Equal(0, refused);
        Assert.All(board.Standings(Noon), standing => Assert.Equal((0, 0), (standing.Spent.NanoDollars, standing.Reserved.NanoDollars)));
    }

    [Fact]
    public void WhatIsSettledIsSpentAndNothingStaysHeld()
    {
        var board = Board(Daily("all", 100));
        Assert.Null(board.Reserve(Of("acme"), Noon, 60, 60, out var first));
        Assert.NotNull(board.Reserve(Of("acme"), Noon, 60, 60, out _));
        first!.Settle(new Usd(10));
        first.Settle(new Usd(10)); // once only
        Assert.Null(board.Reserve(Of("acme"), Noon, 60, 60, out var second));
        second!.Settle(Usd.Zero);
        var standing = Assert.Single(board.Standings(Noon));
        Assert.Equal((10, 0), (standing.Spent.NanoDollars, standing.Reserved.NanoDollars));
    }

    [Fact]
    public void ARefusalSaysWhoseBudgetAndUntilWhen()
    {
        var board = Board(Daily("tenants", 100) with { Each = BudgetDimension.Tenant });
        Assert.Null(board.Reserve(Of("acme"), Noon, 90, 90, out _));
        var refusal = board.Reserve(Of("acme"), Noon, 20, 20, out _)!;
        Assert.Equal(("tenants", "acme", 100L, 10L, 20L), (refusal.Budget.Name, refusal.Account, refusal.Limit.NanoDollars, refusal.Left.NanoDollars, refusal.Needed.NanoDollars));
        Assert.Equal(Noon.Date.AddDays(1), refusal.ResetsAt.UtcDateTime);
        Assert.Null(board.Reserve(Of("umbrella"), Noon, 20, 20, out _)); // another tenant has its own
    }

    [Fact]
    public void ANewDayBeginsAnewAndWhatWasHeldBeforeItCountsBeforeIt()
    {
        var board = Board(Daily("all", 100));
        Assert.Null(board.Reserve(Of("acme"), Noon, 100, 100, out var yesterdays));
        var tomorrow = Noon.AddHours(13);
        Assert.Null(board.Reserve(Of("acme"), tomorrow, 100, 100, out var todays));
        yesterdays!.Settle(new Usd(100));
        todays!.Settle(new Usd(1));
        Assert.Equal(1, Assert.Single(board.Standings(tomorrow)).Spent.NanoDollars);
    }

    [Fact]
    public void WhatWasAcceptedBeforeMidnightCountsBeforeItHoweverLateItIsSent()
    {
        var board = Board(Daily("all", 100));
        Assert.Null(board.Reserve(Of("acme"), Noon, 40, 40, out var first));
        first!.Settle(new Usd(40));
        Assert.Null(board.Reserve(Of("acme"), Noon.AddHours(13), 10, 10, out _)); // the next day has begun
        Assert.Null(board.Reserve(Of("acme"), Noon, 60, 60, out var failover));
        Assert.NotNull(board.Reserve(Of("acme"), Noon, 1, 1, out _)); // all of yesterday's is held
        failover!.Settle(new Usd(5));
        Assert.Equal(10, Assert.Single(board.Standings(Noon.AddHours(13))).Reserved.NanoDollars);
    }

    [Fact]
    public void AClockThatIsSetBackOpensNoDayThatHasEnded()
    {
        var board = Board(Daily("all", 100));
        Assert.Null(board.Reserve(Of("acme"), Noon, 100, 100, out _));
        Assert.NotNull(board.Reserve(Of("acme"), Noon.AddDays(-1), 1, 1, out _));
        Assert.Equal(Noon.Date, Assert.Single(board.Standings(Noon.AddDays(-1))).Span.Start.UtcDateTime);
    }

    [Fact]
    public void AChangedLimitKeepsWhatIsSpentAndAnotherScopeCountsAnew()
    {
        var board = Board(Daily("all", 100));
        board.Reserve(Of("acme"), Noon, 100, 100, out var held);
        held!.Settle(new Usd(80));
        Assert.Empty(board.Apply([Daily("all", 200)]));
        Assert.Equal((80, 200), Figures(board));
        Assert.Equal("all", Assert.Single(board.Apply([Daily("all", 200) with { Scope = [new BudgetScope(BudgetDimension.Tenant, ["acme"])] }])).Name);
        Assert.Equal((0, 200), Figures(board));

        static (long, long) Figures(BudgetBoard board)
        {
            var standing = Assert.Single(board.Standings(Noon));
            return (standing.Spent.NanoDollars, standing.Limit.NanoDollars);
        }
    }

    [Fact]
    public void WhatRunsOverAReloadCountsInTheBudgetsThatItBrings()
    {
        var board = Board(Daily("all", 100));
        var mark = board.Mark();
        board.Reserve(Of("acme"), Noon, 50, 50, out var held);
        board.Apply([Daily("all", 100), Daily("new", 100)]);
        held!.Settle(new Usd(30));
        board.AddLate(mark, Of("acme"), Noon, new Usd(30));
        Assert.Equal([30, 30], board.Standings(Noon).Select(standing => standing.Spent.NanoDollars));
    }

    [Fact]
    public void ABudgetThatOnlyTellsRefusesNothing()
    {
        var board = Board(Daily("all", 100) with { Thresholds = [new BudgetThreshold(80, BudgetActions.Alert), new BudgetThreshold(100, BudgetActions.Alert)] });
        var told = new List<int>();
        board.Reached += alert => told.Add(alert.Threshold.Percent);
        for (var i = 0; i < 5; i++)
        {
            Assert.Null(board.Reserve(Of("acme"), Noon, 50, 50, out var held));
            held!.Settle(new Usd(50));
        }

        Assert.Equal([80, 100], told);
        Assert.False(board.IsBlocking(Of("acme")));
    }

    [Fact]
    public void TheCheapestIsAskedForFromItsShareOn()
    {
        var board = Board(Daily("all", 100) with { Thresholds = [new BudgetThreshold(50, BudgetActions.Cheapest), new BudgetThreshold(100, BudgetActions.Block)] });
        Assert.Null(board.ViewOf(Of("acme"), Noon).Cheapest);
        board.Restore("all", "", Noon, new Usd(50));
        var view = board.ViewOf(Of("acme"), Noon);
        Assert.Equal(("all", 0.5, 50e-9), (view.Cheapest, view.Used, view.Left));
    }

    [Fact]
    public void RulesSeeTheBudgetOfWhichLeastIsLeft()
    {
        var board = Board(
            Daily("all", 1000),
            Daily("tenants", 100) with { Each = BudgetDimension.Tenant },
            Daily("other", 1) with { Scope = [new BudgetScope(BudgetDimension.Feature, ["search"])] },
            Daily("target", 1) with { Scope = [new BudgetScope(BudgetDimension.Target, ["mini"])] });
        board.Restore("tenants", "acme", Noon, new Usd(25));
        Assert.Equal(new BudgetView(0.25, 75e-9), board.ViewOf(Of("acme"), Noon));
        Assert.Equal(BudgetView.None, Board(Daily("target", 1) with { Scope = [new BudgetScope(BudgetDimension.Target, ["mini"])] }).ViewOf(Of("acme"), Noon));
    }

    [Fact]
    public void RequestsWithoutAValueShareAnAccount()
    {
        var board = Board(Daily("features", 100) with { Each = BudgetDimension.Feature });
        Assert.Null(board.Reserve(Of("acme"), Noon, 60, 60, out _));
        Assert.NotNull(board.Reserve(Of("acme"), Noon, 60, 60, out _));
        Assert.Null(board.Reserve(Of("umbrella"), Noon, 60, 60, out _)); // another tenant's
    }

    [Fact]
    public void TeamsFeaturesAndUsersAreEachTenantsOwn()
    {
        var board = Board(Daily("teams", 100) with { Each = BudgetDimension.Team, Overrides = Amounts(("growth", 50)) });
        Assert.Null(board.Reserve(new BudgetSubject(new Caller("acme", null) { Team = "growth" }), Noon, 50, 50, out _));
        Assert.NotNull(board.Reserve(new BudgetSubject(new Caller("acme", null) { Team = "growth" }), Noon, 1, 1, out _));
        Assert.Null(board.Reserve(new BudgetSubject(new Caller("umbrella", null) { Team = "growth" }), Noon, 50, 50, out _));
        Assert.Equal(["acme/growth", "umbrella/growth"], board.Standings(Noon).Select(standing => standing.Account));
    }

    [Fact]
    public void AShareThatAReloadOrTheLedgerReachesIsTold()
    {
        var alerts = new List<BudgetAlert>();
        var budget = Daily("all", 1000);
        var board = Board(budget);
        board.Reached += alerts.Add;
        board.Restore("all", "", Noon, new Usd(600));
        Assert.Empty(alerts);
        board.Apply([budget with { Limit = new Usd(500) }]);
        board.TellReached(Noon);
        Assert.Single(alerts);
        board.Apply([budget with { Limit = new Usd(500) }, Daily("new", 100)]);
        board.Restore("new", "", Noon, new Usd(100));
        Assert.Equal(["all", "new"], alerts.Select(alert => alert.Budget.Name));
    }

    [Fact]
    public void APartIsTakenWhereLessWillDo()
    {
        var board = Board(Daily("all", 100));
        Assert.Null(board.Reserve(Of("acme"), Noon, 300, 20, out var held));
        Assert.Equal(100, held!.Amount);
        Assert.False(held.TryTopUp(1));
        held.Settle(new Usd(90));
        Assert.NotNull(board.Reserve(Of("acme"), Noon, 300, 20, out _));
    }

    [Fact]
    public void AReloadBetweenALookAndAReservationCountsOnce()
    {
        var board = Board(Daily("old", 1000));
        var mark = board.Mark();                                   // Spender.Hold: first line
        board.Apply([Daily("old", 1000), Daily("new", 1000)]);     // reload
        Assert.Null(board.Reserve(Of("acme"), Noon, 10, 10, out var held, mark)); // Spender.Hold: next line
        held!.Settle(new Usd(7));
        board.AddLate(mark, Of("acme"), Noon, new Usd(7));
        Assert.Equal(7, SpentOf(board, Noon, "old"));
        Assert.Equal(7, SpentOf(board, Noon, "new"));
    }

    [Fact]
    public void ABudgetThatOnlyTellsHasRoomForHugeAmounts()
    {
        var board = Board(Daily("all", 1000) with { Thresholds = [new BudgetThreshold(80, BudgetActions.Alert)] });
        Assert.Null(board.Reserve(Of("acme"), Noon, long.MaxValue, long.MaxValue, out _));
        Assert.Null(board.Reserve(Of("other"), Noon, 1, 1, out _));
    }

    [Fact]
    public void ABudgetThatOnlyTellsRefusesNothingAfterACorrection()
    {
        var board = Board(Daily("all", 1000) with { Thresholds = [new BudgetThreshold(80, BudgetActions.Alert)] });
        board.Restore("all", "", Noon, new Usd(-1));
        Assert.Null(board.Reserve(Of("other"), Noon, 1, 1, out _));
    }

    [Fact]
    public void ALimitThatIsRaisedTellsItsShareAgain()
    {
        var alerts = new List<BudgetAlert>();
        var budget = Daily("all", 100) with { Thresholds = [new BudgetThreshold(80, BudgetActions.Alert), new BudgetThreshold(100, BudgetActions.Block)] };
        var board = Board(budget);
        board.Reached += alerts.Add;
        board.Reserve(Of("a"), Noon, 90, 90, out var held);
        held!.Settle(new Usd(90));
        Assert.Single(alerts);
        board.Apply([budget with { Limit = new Usd(1000) }]);
        board.Reserve(Of("a"), Noon, 800, 800, out held);
        held!.Settle(new Usd(800)); // 890 of 1000
        Assert.Equal(2, alerts.Count);
    }

    [Fact]
    public void AShareThatIsMovedIsTold()
    {
        var alerts = new List<BudgetAlert>();
        var budget = Daily("all", 100) with { Thresholds = [new BudgetThreshold(50, BudgetActions.Alert), new BudgetThreshold(100, BudgetActions.Block)] };
        var board = Board(budget);
        board.Reached += alerts.Add;
        board.Reserve(Of("a"), Noon, 60, 60, out var held);
        held!.Settle(new Usd(60));
        board.Apply([budget with { Thresholds = [new BudgetThreshold(70, BudgetActions.Alert), new BudgetThreshold(100, BudgetActions.Block)] }]);
        board.Reserve(Of("a"), Noon, 20, 20, out held);
        held!.Settle(new Usd(20)); // 80
        Assert.Equal([50, 70], alerts.Select(a => a.Threshold.Percent));
    }

    [Fact]
    public void ALateRequestCountsInTheSpanInWhichItWasAccepted()
    {
        var board = Board(Daily("all", 1000));
        var late = DateTimeOffset.Parse("2026-11-26T23:59:59Z", CultureInfo.InvariantCulture);
        var next = late.AddSeconds(2);
        _ = board.Standings(late).ToList(); // as at a start
        board.Reserve(Of("b"), next, 1, 1, out var other); // turns the page
        other!.Settle(Usd.Zero);
        board.Reserve(Of("a"), late, 10, 10, out var held); // accepted before, its body was slow, or its first send failed
        held!.Settle(new Usd(10));
        Assert.Equal(0, SpentOf(board, next, "all"));
    }

    [Fact]
    public void AClockThatWasAheadForAMomentDoesNotStopBudgetsFromBeginningAnew()
    {
        var board = Board(Daily("all", 10));
        _ = board.Standings(Noon).ToList(); // as at a start
        _ = board.Standings(Noon.AddYears(1)).ToList(); // a scrape, while the clock is wrong
        board.Reserve(Of("a"), Noon, 10, 10, out var held);
        held!.Settle(new Usd(10));
        Assert.Null(board.Reserve(Of("a"), Noon.AddDays(2), 10, 10, out _)); // the day after tomorrow
    }

    [Fact]
    public void WhatIsOnlyHeldTellsNothing()
    {
        var alerts = 0;
        var board = Board(Daily("all", 100) with { Thresholds = [new BudgetThreshold(10, BudgetActions.Alert), new BudgetThreshold(100, BudgetActions.Block)] });
        board.Reached += _ => Interlocked.Increment(ref alerts);
        var threads = Enumerable.Range(0, 6).Select(_ => new Thread(() =>
        {
            for (var n = 0; n < 50_000; n++)
            {
                if (board.Reserve(Of("a"), Noon, 10, 10, out var held) is null) held!.Settle(Usd.Zero);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.Equal(0, alerts);
    }

    [Fact]
    public void StandingsAreOfTheCurrentSpan()
    {
        var board = Board(Daily("tenants", 100) with { Each = BudgetDimension.Tenant });
        board.Reserve(Of("a"), Noon, 10, 10, out var held);
        held!.Settle(new Usd(10));
        Assert.Equal(0, SpentOf(board, Noon.AddDays(1), "tenants"));
    }

    [Fact]
    public void NamesThatSpendNothingTakeNoAccounts()
    {
        var board = Board(Daily("users", 100) with { Each = BudgetDimension.User });
        for (var i = 0; i < 100_000; i++) board.ViewOf(Of("mallory") with { User = "made-up-" + i }, Noon); // decided, then refused by the key's own limit
        Assert.Null(board.Reserve(Of("acme") with { User = "ada" }, Noon, 100, 100, out _));
        Assert.Null(board.Reserve(Of("acme") with { User = "bob" }, Noon, 100, 100, out _));
    }

    /// <summary>Whatever is asked in whatever order, each account agrees with a plain sum, and no limit is passed.</summary>
    [Fact]
    public void AgreesWithAPlainSum()
    {
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[1, 40], Gen.Int[0, 40], Gen.Bool).Array[0, 60].Sample(steps =>
        {
            var board = Board(Daily("all", 300), Daily("tenants", 120) with { Each = BudgetDimension.Tenant }, Daily("search", 90) with { Scope = [new BudgetScope(BudgetDimension.Feature, ["f1"])] });
            var limits = new Dictionary<string, long> { ["all"] = 300, ["t0"] = 120, ["t1"] = 120, ["t2"] = 120, ["f1"] = 90 };
            var used = limits.ToDictionary(limit => limit.Key, _ => 0L);
            foreach (var (tenant, feature, amount, spent, isSettled) in steps)
            {
                string[] books = feature == 1 ? ["all", "t" + tenant, "f1"] : ["all", "t" + tenant];
                var fits = books.All(book => used[book] + amount <= limits[book]);
                var refusal = board.Reserve(new BudgetSubject(new Caller("t" + tenant, null) { Feature = "f" + feature }), Noon, amount, amount, out var held);
                Assert.Equal(fits, refusal is null);
                if (held is null) continue;
                if (isSettled) held.Settle(new Usd(Math.Min(spent, amount)));
                foreach (var book in books) used[book] += isSettled ? Math.Min(spent, amount) : amount;
            }

            foreach (var standing in board.Standings(Noon))
            {
                var book = standing.Budget.Name switch { "tenants" => standing.Account, "search" => "f1", _ => "all" };
                Assert.Equal(used[book], standing.Spent.NanoDollars + standing.Reserved.NanoDollars);
            }
        });
    }

    internal static Budget Daily(string name, long nanoDollars) => new() { Name = name, Limit = new Usd(nanoDollars), Per = BudgetPeriod.Day };

    private static BudgetBoard Board(params Budget[] budgets)
    {
        var board = new BudgetBoard();
        board.Apply([.. budgets]);
        return board;
    }

    private static long SpentOf(BudgetBoard board, DateTimeOffset at, string name) => board.Standings(at).Where(standing => standing.Budget.Name == name).Sum(standing => standing.Spent.NanoDollars);

    private static BudgetSubject Of(string tenant) => new(new Caller(tenant, null)) { Target = "mini", Provider = "openai" };

    private static FrozenDictionary<string, Usd> Amounts(params (string Name, long Amount)[] amounts) => amounts.ToFrozenDictionary(one => one.Name, one => new Usd(one.Amount));
}
