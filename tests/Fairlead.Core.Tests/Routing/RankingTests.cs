using Fairlead.Core.Configuration;

namespace Fairlead.Core.Tests.Routing;

/// <summary>The strategies, against numbers worked out by hand.</summary>
public sealed class RankingTests
{
    private static GatewaySnapshot Preferring(string prefer, string use = "") => Policies.Snapshot($"routes: [ {{ name: all, tiers: [ {{ {use}prefer: {prefer} }} ] }} ]");

    [Fact]
    public void Cost_IsThatOfTheRequest()
    {
        var snapshot = Policies.Snapshot("""
            routes: [ { name: all, tiers: [ { use: [big, cheapin], prefer: cost } ] } ]
            """.Replace("cheapin", "deep", StringComparison.Ordinal));
        var dear = Policies.Plan(snapshot, Policies.Request());

        Assert.Equal(["big", "deep"], dear.Order());
        // 1,000 in at 2.5 and 400 out at 10 dollars per million; 1,000 at 5 and 400 at 25.
        Assert.Equal([6_500_000, 15_000_000], dear.Tiers[0].Candidates.Select(candidate => candidate.Figure));
        // With 10 output tokens at most: 1,000 at 2.5 and 10 at 10.
        Assert.Equal(2_600_000, Policies.Plan(snapshot, Policies.Request() with { MaxOutputTokens = 10 }).Tiers[0].Candidates[0].Figure);
        // Two answers.
        Assert.Equal(10_500_000, Policies.Plan(snapshot, Policies.Request() with { Choices = 2 }).Tiers[0].Candidates[0].Figure);
    }

    [Fact]
    public void Cost_OrderFollowsTheShapeOfTheRequest()
    {
        var snapshot = Configuration.Compiling.Snapshot("""
            providers: { p: { kind: simulated } }
            targets:
              in:  { provider: p, model: a, price: { input: 0.1, output: 40 } }
              out: { provider: p, model: b, price: { input: 2, output: 1 } }
            routes: [ { name: all, tiers: [ { prefer: cost } ] } ]
            """);

        Assert.Equal(["in", "out"], Policies.Plan(snapshot, Policies.Request() with { MaxOutputTokens = 1, Content = Policies.Tokens(50_000) }).Order());
        Assert.Equal(["out", "in"], Policies.Plan(snapshot, Policies.Request() with { Content = Policies.Tokens(100) }).Order());
    }

    [Fact]
    public void Cost_OfAnUnpricedTarget_IsTheRoutesWorst()
    {
        var snapshot = Configuration.Compiling.Snapshot("""
            providers: { p: { kind: simulated } }
            targets: { unknown: { provider: p, model: a }, dear: { provider: p, model: b, price: { input: 9, output: 9 } }, cheap: { provider: p, model: c, price: { input: 1, output: 1 } } }
            routes: [ { name: all, tiers: [ { prefer: cost } ] } ]
            """);

        Assert.Equal(["cheap", "unknown", "dear"], Policies.Plan(snapshot, Policies.Request()).Order());
    }

    [Fact]
    public void Latency_IsTheMeasuredP95AndTheUnknownComesLast()
    {
        var plan = Policies.Plan(Preferring("latency", "use: [mini, big, deep], "), Policies.Request(number: 1), Policies.Health(("mini", 900, 1), ("deep", 300, 1)));

        Assert.Equal(["deep", "mini", "big"], plan.Order());
    }

    [Fact]
    public void Latency_OfSomeRequests_TriesTheUnknownFirst()
    {
        var snapshot = Preferring("latency", "use: [mini, big, deep], ");
        var health = Policies.Health(("mini", 900, 1), ("deep", 300, 1));
        var first = Enumerable.Range(0, 4000).Select(i => Policies.Plan(snapshot, Policies.Request(number: i), health).Tiers[0].Candidates[0]).ToArray();

        Assert.InRange(first.Count(candidate => candidate.Target.Name == "big"), 130, 270); // 5 % of 4,000 are 200; six standard deviations are 83
        Assert.All(first, candidate => Assert.Equal(candidate.Target.Name == "big", candidate.IsExplored));
        Assert.Equal(
            "Sent to big at us because route all prefers latency and it is one of 3 that qualify, first only to be measured.",
            Policies.Plan(snapshot, Policies.Request(number: Array.FindIndex(first, candidate => candidate.IsExplored)), health).Sentence());
    }

    [Fact]
    public void Quality_IsThatOfTheWorkloadElseTheDefault()
    {
        var plan = Policies.Plan(Preferring("quality"), Policies.Request());

        Assert.Equal(["deep", "big", "eubig", "mini", "eumini", "local"], plan.Order());
    }

    [Fact]
    public void Balanced_WeighsTheShares()
    {
        var plan = Policies.Plan(
            Preferring("{ balanced: { cost: 2, latency: 1, quality: 1 } }", "use: [mini, big], "), Policies.Request(), Policies.Health(("mini", 1000, 1), ("big", 250, 1)));

        // mini: cost 1, latency 250/1000, quality 0.7/0.9. big: cost 1.05/6.5, latency 1, quality 1.
        Assert.Equal(["mini", "big"], plan.Order());
        Assert.Equal(((2 * 1) + 0.25 + (0.7 / 0.9)) / 4, plan.Tiers[0].Candidates[0].Figure, 9);
        Assert.Equal(((2 * (1.05 / 6.5)) + 1 + 1) / 4, plan.Tiers[0].Candidates[1].Figure, 9);
    }

    [Fact]
    public void Weighted_DrawsByTheWeights()
    {
        var snapshot = Preferring("{ weighted: { mini: 75, big: 20, deep: 5 } }", "use: [deep, big, mini, local], ");
        var orders = Enumerable.Range(0, 8000).Select(i => Policies.Plan(snapshot, Policies.Request(number: i)).Order()).ToArray();

        Assert.InRange(orders.Count(order => order[0] == "mini"), 5760, 6240); // 6,000; six standard deviations are 232
        Assert.InRange(orders.Count(order => order[0] == "big"), 1385, 1815);
        Assert.InRange(orders.Count(order => order[0] == "deep"), 283, 517);
        Assert.All(orders, order => Assert.Equal("local", order[3])); // without a weight: never drawn, only last
    }

    [Fact]
    public void Weighted_Sticky_KeepsTheDrawOfAJourney()
    {
        var snapshot = Preferring("{ weighted: { mini: 50, big: 50 }, sticky: journey }", "use: [mini, big], ");
        string First(string? journey, int number) => Policies.Plan(snapshot, Policies.Request(number: number).From(journey: journey)).Order()[0];

        foreach (var journey in Enumerable.Range(0, 20).Select(i => $"j{i}")) Assert.Single(Enumerable.Range(0, 20).Select(i => First(journey, i)).Distinct());
        Assert.Equal(2, Enumerable.Range(0, 40).Select(i => First($"j{i}", 0)).Distinct().Count());
        Assert.Equal(2, Enumerable.Range(0, 40).Select(i => First(null, i)).Distinct().Count());
    }

    [Fact]
    public void Weighted_OneTargetLess_MovesNoOtherDraw()
    {
        var whole = Preferring("{ weighted: { mini: 40, big: 40, deep: 20 }, sticky: journey }", "use: [mini, big, deep], ");
        var less = Preferring("{ weighted: { mini: 40, big: 40 }, sticky: journey }", "use: [mini, big], ");
        foreach (var i in Enumerable.Range(0, 500))
        {
            var facts = Policies.Request().From(journey: $"j{i}");
            var before = Policies.Plan(whole, facts).Order();
            Assert.Equal(before.Where(name => name != "deep"), Policies.Plan(less, facts).Order());
        }
    }

    [Theory]
    [InlineData("cost", "Sent to local at onprem because route all prefers cost and it is the cheapest of 6 that qualify ($0 expected).")]
    [InlineData("quality", "Sent to deep at zdr because route all prefers quality and it is the best of 6 that qualify (quality 0.97).")]
    [InlineData("latency", "Sent to big at us because route all prefers latency and it is the fastest of 6 that qualify (p95 301 ms).")]
    [InlineData("order", "Sent to mini at us because route all lists it first.")]
    public void Sentence_QuotesTheNumbers(string prefer, string sentence)
    {
        Assert.Equal(sentence, Policies.Plan(Preferring(prefer), Policies.Request(number: 2), Policies.Health(("mini", 900, 1), ("big", 301, 1), ("eumini", 400, 1), ("eubig", 500, 1), ("deep", 600, 1), ("local", 700, 1))).Sentence());
    }
}
