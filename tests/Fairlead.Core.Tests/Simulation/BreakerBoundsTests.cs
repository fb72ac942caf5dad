using System.Globalization;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Simulation;

/// <summary>
/// How quickly a breaker opens, how soon its target is whole again, how often it turns meanwhile, and how much is sent to what is out: with
/// faults that come and go, at many requests and at few.
/// </summary>
[Trait("Category", "Simulation")]
public sealed class BreakerBoundsTests
{
    private static readonly TimeSpan Begin = TimeSpan.FromSeconds(30);

    public static TheoryData<double, VendorReply> Waves
    {
        get
        {
            var waves = new TheoryData<double, VendorReply>();
            foreach (var period in new[] { 1.0, 2, 5, 10, 20, 45, 90, 180, 300 })
            {
                waves.Add(period, VendorReply.ServerError);
                waves.Add(period, VendorReply.Silent);
            }

            return waves;
        }
    }

    [Theory]
    [MemberData(nameof(Waves))]
    public void Wave_AtTwentyASecond_TheBreakerOpensSoon_NeitherFlapsNorSticks(double seconds, VendorReply reply)
    {
        var period = TimeSpan.FromSeconds(seconds);
        var end = Begin + TimeSpan.FromSeconds(Math.Clamp(4 * seconds, 120, 700));
        var oracle = VirtualGateway.Run(Flapping(period, reply, end, TimeSpan.FromMilliseconds(50), until: end + TimeSpan.FromSeconds(90)));

        AssertTurnsSeldom(oracle);
        var turns = oracle.TurnsOf("flaps");
        var opened = turns.First(turn => turn.State == "open").At;
        var bad = oracle.Sends.Where(send => send.Target.Name == "flaps" && send.Failure != "none" && send.EndedAt <= opened).Select(send => send.EndedAt).Order().ToArray();
        Assert.True(bad.Length <= 5 || opened - bad[0] <= TimeSpan.FromSeconds(2), $"opened {opened - bad[0]} after the first failure, by {bad.Length}");
        // What was sent before the end may hang until its clock fires.
        var last = oracle.Sends.Where(send => send.Target.Name == "flaps" && send.Failure is not ("none" or "hedge_lost")).Max(send => send.EndedAt);
        var whole = turns[^1];
        Assert.Equal(("closed", 1.0), (whole.State, whole.Share));
        Assert.True(whole.At - (last > end ? last : end) <= TimeSpan.FromSeconds(60), $"whole {whole.At - end} after the last fault");
    }

    [Theory]
    [MemberData(nameof(Waves))]
    public void Wave_AtOneAMinute_TheBreakerDoesNotFlap(double seconds, VendorReply reply)
    {
        var end = Begin + TimeSpan.FromHours(2);
        AssertTurnsSeldom(VirtualGateway.Run(Flapping(TimeSpan.FromSeconds(seconds), reply, end, TimeSpan.FromMinutes(1), until: end)));
    }

    [Fact]
    public void Outage_AtOneAMinute_OpensTheBreakerByFiveFailures()
    {
        var oracle = VirtualGateway.Run(Flapping(default, VendorReply.ServerError, TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(1), until: TimeSpan.FromMinutes(30)));

        var opened = oracle.TurnsOf("flaps").First(turn => turn.State == "open").At;
        Assert.Equal(5, oracle.Sends.Count(send => send.Target.Name == "flaps" && send.Failure == "server_error" && send.EndedAt <= opened));
    }

    [Theory]
    [InlineData(VendorReply.ServerError, 1.0)]
    [InlineData(VendorReply.Overloaded, 1.0)]
    [InlineData(VendorReply.RefusesConnection, 1.0)]
    [InlineData(VendorReply.Resets, 1.0)]
    [InlineData(VendorReply.ServerError, 0.4)] // a brown-out that opens no breaker
    public void Storm_OfTwoHundredASecond_IsNotAmplified(VendorReply reply, double share)
    {
        var oracle = VirtualGateway.Run(Flapping(default, reply, Begin + TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(5), until: Begin + TimeSpan.FromSeconds(30), share));

        var opened = oracle.TurnsOf("flaps").FirstOrDefault(turn => turn.State == "open") is { At.Ticks: > 0 } turn ? turn.At : TimeSpan.MaxValue;
        var requests = oracle.Requests.Where(request => request.Ask.At >= Begin).ToArray();
        var sends = oracle.Sends.Where(send => send.Target.Name == "flaps" && send.At >= Begin).Select(send => send.At).ToArray();
        var (toTier, asked) = (sends.Count(at => at <= opened), requests.Count(request => request.Ask.At <= opened));
        var all = requests.Sum(request => request.Sends.Count) / (double)requests.Length;
        SharedFolder.Figures(string.Create(CultureInfo.InvariantCulture, $"storm of {reply}, {share * 100:0} % at 200 rps: {toTier} sends to the tier for {asked} requests until it opened (bar 1.10 and ten saved up), {all:0.000} sends for each request (bar 2.20)"));
        Assert.True(toTier <= (1.1 * asked) + 10, $"{toTier} sends to the tier for {asked} requests");
        Assert.True(all <= 2.2, $"{all} sends for each request");
        if (share < 1) return;
        Assert.True(opened - Begin <= TimeSpan.FromSeconds(2), $"opened {opened - Begin} after the outage began");
        var probes = sends.Where(at => at > opened).ToArray();
        for (var i = 1; i < probes.Length; i++) Assert.True(probes[i] - probes[i - 1] >= TimeSpan.FromSeconds(1), $"sent at {probes[i - 1]} and at {probes[i]}");
    }

    /// <summary>Leaving and coming back count, at most four a minute.</summary>
    private static void AssertTurnsSeldom(Oracle oracle)
    {
        var state = "closed";
        var changes = new List<TimeSpan>();
        foreach (var turn in oracle.TurnsOf("flaps"))
        {
            if (turn.State != state && ((state == "closed" && turn.State == "open") || turn.State == "closed")) changes.Add(turn.At);
            state = turn.State;
        }

        for (var i = 4; i < changes.Count; i++) Assert.True(changes[i] - changes[i - 4] > TimeSpan.FromMinutes(1), $"five turns from {changes[i - 4]} to {changes[i]}");
    }

    private static World Flapping(TimeSpan period, VendorReply reply, TimeSpan end, TimeSpan apart, TimeSpan until, double share = 1)
    {
        VirtualProvider[] providers = [.. Enumerable.Range(0, 2).Select(at => new VirtualProvider($"v{at}", "openai-compatible", "us", [new VirtualKey()]))];
        return new World
        {
            Seed = 7,
            Providers = providers,
            Targets =
            [
                new VirtualTarget { Name = "flaps", Provider = providers[0], MedianMs = 200, Spread = 0.3, TokenMs = 1, Faults = [new VirtualFault(Begin, end, reply, share, Period: period)] },
                new VirtualTarget { Name = "steady", Provider = providers[1], MedianMs = 200, Spread = 0.3, TokenMs = 1, IsSteady = true },
            ],
            Routes = [new VirtualRoute("route", [new VirtualTier(["flaps"], null, "order"), new VirtualTier(["steady"], null, "order")]) { FirstToken = TimeSpan.FromSeconds(2) }],
            Asks = Asks(apart, until),
        };
    }

    private static IEnumerable<Ask> Asks(TimeSpan apart, TimeSpan until)
    {
        for (var number = 0; number * apart < until; number++) yield return new Ask(number, number * apart, "route") { IsStream = true, OutputTokens = 10 };
    }
}
