using Fairlead.Core.Health;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>What is written of second sends, breakers and waits, and what holds where.</summary>
public sealed class SendSettingsTests
{
    [Fact]
    public void Breaker_NothingWritten_IsTheDefault()
    {
        var breaker = Compiling.Snapshot(Text("", "")).Targets["a"].Breaker;

        Assert.Equal((5, 0.5, null, null, TimeSpan.FromSeconds(2)), (breaker.Failures, breaker.Share, breaker.Slow, breaker.CostPerMinute, breaker.Open));
        Assert.Same(BreakerSettings.Default, breaker);
    }

    [Fact]
    public void Breaker_OfATarget_IsOverThatOfTheDefaults_KeyByKey()
    {
        var targets = Compiling.Snapshot(Text("breaker: { failures: 3, share: 20%, slow: 8s }", ", breaker: { failures: 9, cost_per_minute: $2.50, open: 1m }")).Targets;

        Assert.Equal(new BreakerSettings { Failures = 9, Share = 0.2, Slow = TimeSpan.FromSeconds(8), CostPerMinute = new Usd(2_500_000_000), Open = TimeSpan.FromMinutes(1) }, targets["a"].Breaker);
        Assert.Equal(new BreakerSettings { Failures = 3, Share = 0.2, Slow = TimeSpan.FromSeconds(8) }, targets["b"].Breaker);
    }

    [Theory]
    [InlineData("", "", null)]
    [InlineData("hedge: { after: p98 }", "", "p98 0.03")]
    [InlineData("hedge: { after: p98 }", "hedge: none, ", null)]
    [InlineData("hedge: none", "hedge: { after: 900ms, at_most: 10% }, ", "900ms 0.1")]
    [InlineData("hedge: { after: p50, at_most: 100% }", "hedge: { after: p99 }, ", "p99 0.03")] // whole: a share stands beside what it is a share for
    public void Hedge_OfARoute_IsOverThatOfTheDefaults(string defaults, string route, string? expected)
    {
        var hedge = Compiling.Snapshot(Text(defaults, "", route)).Routes[0].Hedge;

        Assert.Equal(expected, hedge is null ? null : FormattableString.Invariant($"{hedge.Shown} {hedge.AtMost}"));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("timeouts: { answer: 10s }", 10)]
    [InlineData("timeouts: { answer: none }", null)]
    public void Answer_OfARoute_MayBeNoneAgain(string route, int? seconds)
    {
        Assert.Equal(route.Length == 0 ? TimeSpan.FromSeconds(5) : seconds is { } count ? TimeSpan.FromSeconds(count) : null, Compiling.Snapshot(Text("timeouts: { answer: 5s }", "", route.Length == 0 ? "" : route + ", ")).Routes[0].Timeouts.Answer);
    }

    [Theory]
    [InlineData("retry_wait: 0s", 0)]
    [InlineData("retry_wait: none", 0)]
    [InlineData("retry_wait: 1500ms", 1500)]
    [InlineData("retry_wait: 1m", 60_000)]
    public void RetryWait_IsATimeOrNone(string defaults, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Compiling.Snapshot(Text(defaults, "")).RetryWait);

    [Theory]
    [InlineData("retry_wait: 61s", "defaults.retry_wait: must be none, or a time from 1ms to 1m with its unit")]
    [InlineData("breaker: { failures: 0 }", "defaults.breaker.failures: ")]
    [InlineData("breaker: { failures: 1001 }", "defaults.breaker.failures: ")]
    [InlineData("breaker: { share: 101% }", "defaults.breaker.share: must be a share above 0, up to 1")]
    [InlineData("breaker: { share: -5% }", "defaults.breaker.share: must be a share above 0, up to 1")]
    [InlineData("breaker: { open: 2 }", "defaults.breaker.open: must be a time from 1ms to 1h with its unit")]
    [InlineData("hedge: { after: p98, at_most: -3% }", "defaults.hedge.at_most: must be a share above 0, up to 1")]
    [InlineData("breaker: { slow: soon }", "defaults.breaker.slow: ")]
    [InlineData("breaker: 5", "defaults.breaker: ")]
    [InlineData("hedge: p98", "defaults.hedge: must say after what a second send is made, such as { after: p98 }, or be none")]
    [InlineData("hedge: { after: p }", "defaults.hedge.after: ")]
    [InlineData("hedge: { after: p+50 }", "defaults.hedge.after: ")]
    [InlineData("hedge: { after: p-50 }", "defaults.hedge.after: ")]
    [InlineData("hedge: { after: 0s }", "defaults.hedge.after: ")]
    public void BadInput_IsRefusedWithItsPlace(string defaults, string error) =>
        Assert.Contains(error, Assert.Single(Compiling.Errors(Text(defaults, ""))), StringComparison.Ordinal);

    private static string Text(string defaults, string target, string route = "") => $$"""
        providers: { p: { kind: simulated } }
        targets: { a: { provider: p, model: a{{target}} }, b: { provider: p, model: b } }
        defaults: { {{defaults}} }
        routes: [ { name: r, {{route}}tiers: [ { use: [a, b] } ] } ]
        """;
}
