using System.Globalization;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Simulation;

/// <summary>What a second send is worth where a few calls take long, and what it costs.</summary>
[Trait("Category", "Simulation")]
public sealed class HedgingTests
{
    [Theory]
    [InlineData(1, 5.0)]
    [InlineData(2, 20.0)]
    [InlineData(3, 1.0)]
    [InlineData(8, 0.5)]
    public void Hedging_TwoOfAHundredTakeTwentyTimesAsLong_CutsTheTailFiveFoldForFewMoreSends(int seed, double perSecond)
    {
        var plain = VirtualGateway.Run(SlowAtTimes(seed, perSecond, hedge: null)).Tally;
        var hedged = VirtualGateway.Run(SlowAtTimes(seed, perSecond, hedge: "p98")).Tally;

        var (before, after) = (plain.Percentile(0.999), hedged.Percentile(0.999));
        var more = 100.0 * (hedged.Sends - plain.Sends) / plain.Sends;
        SharedFolder.Figures(string.Create(CultureInfo.InvariantCulture, $"hedging {seed}, {perSecond} rps: p99.9 {before:0} ms to {after:0} ms, {before / after:0.0}-fold (bar 5), for {more:0.00} % more sends (bar 3); p50 {plain.Percentile(0.5):0} to {hedged.Percentile(0.5):0} ms, p99 {plain.Percentile(0.99):0} to {hedged.Percentile(0.99):0} ms"));
        Assert.True(before >= 5 * after, $"p99.9 fell from {before} ms to {after} ms");
        Assert.True(more <= 3, $"{more} % more sends");
    }

    private static World SlowAtTimes(int seed, double perSecond, string? hedge)
    {
        VirtualProvider[] providers = [.. Enumerable.Range(0, 2).Select(at => new VirtualProvider($"v{at}", "openai-compatible", "us", [new VirtualKey()]))];
        return new World
        {
            Seed = seed,
            Providers = providers,
            Targets = [.. providers.Select((provider, at) => new VirtualTarget { Name = $"t{at}", Provider = provider, MedianMs = 400, Spread = 0.3, TokenMs = 1, SlowShare = 0.02 })],
            Routes = [new VirtualRoute("route", [new VirtualTier(["t0", "t1"], null, "order")]) { Hedge = hedge, HedgedAtMost = hedge is null ? 0 : 0.03, FirstToken = TimeSpan.FromSeconds(60), Deadline = TimeSpan.FromSeconds(120) }],
            Asks = Asks(new Random(seed), perSecond),
            Forgets = true,
        };
    }

    private static IEnumerable<Ask> Asks(Random random, double perSecond)
    {
        var at = 0.0;
        for (var number = 0; number < 30_000; number++)
        {
            at += -Math.Log(1 - random.NextDouble()) / perSecond;
            yield return new Ask(number, TimeSpan.FromSeconds(at), "route") { IsStream = true, OutputTokens = 50 };
        }
    }
}
