using System.Globalization;
using Fairlead.Simulator;
using Fairlead.Simulator.Books;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Invariants;

/// <summary>INV-07, at a steady rate with retries on: what is broken is not sent more than was asked, and once its breaker is open next to nothing.</summary>
public sealed class AmplificationTests : FaultTest
{
    private const int PerSecond = 200;

    [Theory]
    [InlineData("status 500")]
    [InlineData("brownout latency=x3 errors=90%")]
    public async Task BrokenTier_GetsNoMoreThanWasAsked_ThenProbesAlone(string fault)
    {
        var seconds = SharedFolder.IsLarge ? 30 : 5;
        var (first, _) = await StartAsync();
        await AskSteadilyAsync(1); // it is known to work
        var before = first.Log.Count;
        first.Faults.Add(fault);

        var asked = await AskSteadilyAsync(seconds);

        await JudgeAsync();
        Assert.All(Entries, entry => Assert.Equal(ClientEnding.Answered, entry.Ending)); // the other tier stands
        var sends = first.Log.Requests.Where(request => request.Number > before).ToList();
        AssertBounded(fault, sends, asked, seconds);
    }

    [Fact]
    public async Task BothTiersBroken_EachGetsNoMoreThanWasAsked_ThenOneASecond()
    {
        var seconds = SharedFolder.IsLarge ? 30 : 5;
        var (first, second) = await StartAsync();
        await AskSteadilyAsync(1);
        var before = (First: first.Log.Count, Second: second.Log.Count);
        first.Faults.Add("status 503");
        second.Faults.Add("status 500");

        var asked = await AskSteadilyAsync(seconds);

        await JudgeAsync();
        AssertBounded("both, first", [.. first.Log.Requests.Where(request => request.Number > before.First)], asked, seconds);
        AssertBounded("both, second", [.. second.Log.Requests.Where(request => request.Number > before.Second)], asked, seconds);
    }

    /// <summary>
    /// Until the breaker opens – a second is more than it may take – at most 1.10 sends for each request; from then on one a second, of probes and of the last resort each.
    /// The seconds are the vendor's own clock's.
    /// </summary>
    private static void AssertBounded(string what, List<LoggedRequest> sends, int asked, int seconds)
    {
        Assert.NotEmpty(sends);
        var began = sends[0].ReceivedAt;
        var early = sends.Count(send => send.ReceivedAt - began < TimeSpan.FromSeconds(1));
        var late = sends.Count - early;
        SharedFolder.Figures(string.Create(CultureInfo.InvariantCulture, $"amplification, {what}: {asked} requests in {seconds} s, {early} sends in the first second, {late} behind it"));
        Assert.True(early <= 1.10 * PerSecond, $"{early} sends in the first second");
        Assert.True(late <= 2 * seconds, $"{late} sends in {seconds - 1} s");
    }

    /// <summary>Asks at the rate whatever the answers take; how many were asked.</summary>
    private async Task<int> AskSteadilyAsync(int seconds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var asking = new List<Task>();
        for (var tick = 0; tick < seconds * 20; tick++)
        {
            for (var i = 0; i < PerSecond / 20; i++) asking.Add(AskAsync(new ClientQuestion(IsStream: i % 2 == 0)));
            await timer.WaitForNextTickAsync();
        }

        await Task.WhenAll(asking);
        return asking.Count;
    }

    private async Task<(SimulatedVendor First, SimulatedVendor Second)> StartAsync()
    {
        MostSends = 4; // two tiers, and two
        var east = await QuickAsync("east");
        var west = await QuickAsync("west");
        await StartAsync(
            $$"""
            providers:
              east: { kind: openai-compatible, base_url: "{{east.BaseAddress}}" }
              west: { kind: openai-compatible, base_url: "{{west.BaseAddress}}" }
            targets:
              first: { provider: east, model: sim-large, price: { input: 2.50, output: 10.00 } }
              second: { provider: west, model: sim-large, price: { input: 2.50, output: 10.00 } }
            aliases: { m: auto }
            defaults: { timeouts: { {{Patient}} }, retries: 2 }
            routes: [ { name: default, tiers: [ { use: [first] }, { use: [second] } ] } ]
            """);
        return (east, west);

        Task<SimulatedVendor> QuickAsync(string name) => VendorAsync(new SimulatedVendorOptions
        {
            Name = name,
            FirstTokenLatency = Distribution.Parse("5ms"),
            TokensPerSecond = Distribution.Parse("0"),
            InputNanoDollarsPerMillionTokens = 2_500_000_000,
            OutputNanoDollarsPerMillionTokens = 10_000_000_000,
        });
    }
}
