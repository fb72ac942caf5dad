using Fairlead.Core.Overload;
using Fairlead.Core.Revisions;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>What a configuration says of the gateway's own limits, of its stop and of slow clients.</summary>
public sealed class OverloadSettingsTests
{
    private const string Rest = "\nproviders: { p: { kind: simulated } }\ntargets: { t: { provider: p, model: m, price: { input: 0, output: 0 } } }\nroutes: [ { name: default, tiers: [ { use: [t] } ] } ]";

    [Fact]
    public void Nothing_IsTheDefaults()
    {
        var snapshot = Compiling.Snapshot(Rest);

        Assert.Equal(new OverloadSettings { Concurrent = 10_000, Memory = 0.8 }, snapshot.Overload);
        Assert.Equal(new StopSettings { Drain = TimeSpan.FromSeconds(30), Notice = TimeSpan.Zero }, snapshot.Stop);
        Assert.Equal(TimeSpan.FromSeconds(30), snapshot.DefaultTimeouts.Client);
    }

    [Fact]
    public void Everything_IsTaken()
    {
        var snapshot = Compiling.Snapshot("overload: { concurrent: 500, memory: 70% }\nstop: { drain: 1m, notice: 5s }\ndefaults: { timeouts: { client: 10s } }" + Rest);

        Assert.Equal(new OverloadSettings { Concurrent = 500, Memory = 0.7 }, snapshot.Overload);
        Assert.Equal(new StopSettings { Drain = TimeSpan.FromMinutes(1), Notice = TimeSpan.FromSeconds(5) }, snapshot.Stop);
        Assert.Equal(TimeSpan.FromSeconds(10), snapshot.DefaultTimeouts.Client);
        Assert.Equal(TimeSpan.FromSeconds(10), snapshot.Routes[0].Timeouts.Client);
    }

    [Fact]
    public void Stop_MayBeAtOnce() => Assert.Equal(TimeSpan.Zero, Compiling.Snapshot("stop: { drain: 0s, notice: none }" + Rest).Stop.Drain);

    [Theory]
    [InlineData(null, Criticality.Normal)]
    [InlineData("normal", Criticality.Normal)]
    [InlineData("critical", Criticality.Critical)]
    [InlineData("sheddable", Criticality.Sheddable)]
    public void Key_HasACriticality(string? word, Criticality criticality)
    {
        var snapshot = Compiling.Snapshot($"keys: [ {{ name: app, secret: \"env:APP\"{(word is null ? "" : ", criticality: " + word)} }} ]" + Rest, ("APP", "0123456789abcdef"));

        Assert.Equal(criticality, Assert.Single(snapshot.Keys).Permissions.Criticality);
    }

    [Theory]
    [InlineData("overload: { concurrent: 0 }", "overload.concurrent: must be")]
    [InlineData("overload: { concurrent: 1000001 }", "overload.concurrent: must be")]
    [InlineData("overload: { memory: 0 }", "overload.memory: must be a share above 0, up to 1")]
    [InlineData("overload: { memory: 120% }", "overload.memory: must be a share")]
    [InlineData("overload: { memroy: 80% }", "overload.memroy: unknown key; did you mean 'memory'?")]
    [InlineData("stop: { drain: 11m }", "stop.drain: must be none, or a time from 1ms to 10m with its unit")]
    [InlineData("stop: { notice: 301s }", "stop.notice: must be none, or a time from 1ms to 5m with its unit")]
    [InlineData("stop: { drain: soon }", "stop.drain: must be none, or a time")]
    [InlineData("defaults: { timeouts: { client: 0s } }", "defaults.timeouts.client: must be a time")]
    [InlineData("keys: [ { name: app, secret: \"env:APP\", criticality: high } ]", "criticality: must be")]
    public void Wrong_IsRefused(string text, string error) => Assert.Contains(error, Assert.Single(Compiling.Errors(text + Rest, ("APP", "0123456789abcdef"))), StringComparison.Ordinal);

    [Fact]
    public void Changes_AreTold()
    {
        var before = Compiling.Snapshot("overload: { concurrent: 500 }\nstop: { drain: 10s }" + Rest);
        var after = Compiling.Snapshot("overload: { concurrent: 600, memory: 70% }\nstop: { drain: 20s, notice: 5s }\ndefaults: { timeouts: { client: 10s } }" + Rest);

        Assert.Equal(
            ["defaults: client timeout now 10s instead of 30s", "overload: requests in flight now 600 instead of 500", "overload: share of memory now 0.7 instead of 0.8", "stop: drain now 20s instead of 10s", "stop: notice now 5s instead of 0s"],
            SnapshotDiff.Between(before, after).Select(change => $"{change.Subject}: {change.Text}").Order(StringComparer.Ordinal));
    }
}
