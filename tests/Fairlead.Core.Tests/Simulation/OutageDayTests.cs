using System.Globalization;
using Fairlead.Simulator.Outages;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Simulation;

/// <summary>
/// A day of 24 hours on virtual time: three vendors with two targets each, every one of them up 99.5 % of the time, with blips, incidents and
/// outages of the whole vendor. What clients see of it, and what it costs.
/// </summary>
[Trait("Category", "Simulation")]
public sealed class OutageDayTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Day_TargetsThatAreUpMostOfTheTime_AnswersAllButAFew(int seed, bool hasOwnClocks)
    {
        var oracle = VirtualGateway.Run(Day(seed, hasOwnClocks));

        var tally = oracle.Tally;
        var success = Share(tally.Answered, tally.Requests);
        var caused = Share(tally.GatewayCaused, tally.Requests);
        var cost = Share(tally.ForResilience, tally.Spent);
        SharedFolder.Figures(string.Create(
            CultureInfo.InvariantCulture,
            $"outage day {seed}, {(hasOwnClocks ? "clocks of its own" : "default clocks")}: {tally.Requests} requests, {success:0.0000} % answered (bar 99.95), {caused:0.0000} % failures of the gateway's own (bar 0.02), resilience {cost:0.00} % of spend (bar 3), {Share(tally.Sends - tally.Requests, tally.Requests):0.00} % more sends, {Share(tally.Hedges, tally.Requests):0.00} % hedged, p99.9 {tally.Percentile(0.999):0} ms"));
        var examples = string.Join("\n", tally.Examples);
        Assert.True(success >= 99.95, $"{success} % answered\n{examples}");
        Assert.True(caused <= 0.02, $"{caused} % failures of the gateway's own\n{examples}");
        Assert.True(cost <= 3, $"{cost} % of spend for resilience");
    }

    private static double Share(double part, double whole) => 100 * part / whole;

    private static World Day(int seed, bool hasOwnClocks)
    {
        VirtualProvider[] providers = [.. Enumerable.Range(0, 3).Select(at => new VirtualProvider($"v{at}", "openai-compatible", "us", [new VirtualKey(), new VirtualKey()]))];
        VirtualTarget[] targets = [.. Enumerable.Range(0, 6).Select(at => new VirtualTarget
        {
            Name = $"t{at / 2}-{at % 2}",
            Provider = providers[at / 2],
            InputPrice = 500,
            OutputPrice = 2000,
            MedianMs = 350 + (50 * at),
            Spread = 0.45,
            TokenMs = 8,
            FailsShare = 0.001,
            Outages = new OutageModel(new OutageModelOptions { Availability = 0.995, Seed = (ulong)((seed * 100) + at), VendorSeed = (ulong)((seed * 100) + 50 + (at / 2)) }),
        })];
        return new World
        {
            Seed = seed,
            Providers = providers,
            Targets = targets,
            Routes =
            [
                new VirtualRoute("day", [new VirtualTier(["t0-0", "t0-1"], null, "load"), new VirtualTier(["t1-0", "t1-1"], null, "order"), new VirtualTier(["t2-0", "t2-1"], null, "order")])
                {
                    Hedge = "p98",
                    HedgedAtMost = 0.03,
                    FirstToken = TimeSpan.FromSeconds(hasOwnClocks ? 5 : 15),
                    Answer = hasOwnClocks ? TimeSpan.FromSeconds(10) : null,
                    Deadline = TimeSpan.FromSeconds(hasOwnClocks ? 30 : 120),
                },
            ],
            Asks = Asks(new Random(seed)),
            Forgets = true,
        };
    }

    /// <summary>More by day than at night; half of them streams.</summary>
    private static IEnumerable<Ask> Asks(Random random)
    {
        var at = 0.0;
        for (var number = 0; ; number++)
        {
            var rate = 2 - Math.Cos(at / 86_400 * 2 * Math.PI);
            at += -Math.Log(1 - random.NextDouble()) / rate;
            if (at >= 86_400) yield break;
            yield return new Ask(number, TimeSpan.FromSeconds(at), "day") { IsStream = random.Next(2) == 0, PromptTokens = random.Next(100, 2000), OutputTokens = random.Next(20, 300) };
        }
    }
}
