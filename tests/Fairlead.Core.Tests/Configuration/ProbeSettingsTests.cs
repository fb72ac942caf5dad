using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>What a configuration says of fallbacks that are to be known to work.</summary>
public sealed class ProbeSettingsTests
{
    private const string Rest = "\nproviders: { p: { kind: simulated } }\ntargets: { t: { provider: p, model: m, price: { input: 0, output: 0 } } }\nroutes: [ { name: default, tiers: [ { use: [t] } ] } ]";

    [Fact]
    public void Nothing_SendsNoProbes_AndIsStaleAfterADay() =>
        Assert.Equal(new ProbeSettings { Every = null, Stale = TimeSpan.FromHours(24) }, Compiling.Snapshot(Rest).Probes);

    [Fact]
    public void Everything_IsTaken() =>
        Assert.Equal(
            new ProbeSettings { Every = TimeSpan.FromHours(6), Budget = new Usd(500_000_000), MaxTokens = 1, Stale = TimeSpan.FromDays(3) },
            Compiling.Snapshot("probes: { every: 6h, budget: $0.50, max_tokens: 1, stale: 3d }" + Rest).Probes);

    [Theory]
    [InlineData("36h", 36)]
    [InlineData("720h", 720)]
    [InlineData("30d", 720)]
    [InlineData("1d", 24)]
    public void Stale_MayBeDays(string stale, int hours) => Assert.Equal(TimeSpan.FromHours(hours), Compiling.Snapshot($"probes: {{ stale: {stale} }}" + Rest).Probes.Stale);

    [Fact]
    public void Stale_Alone_SendsNoProbes() => Assert.Null(Compiling.Snapshot("probes: { stale: 1h }" + Rest).Probes.Every);

    [Theory]
    [InlineData("probes: { every: 30s }", "probes.every: must be a time from 1m to 30d with its unit, such as 2m or 6h")]
    [InlineData("probes: { every: 31d }", "probes.every: must be a time from 1m to 30d with its unit")]
    [InlineData("probes: { every: often }", "probes.every: must be a time")]
    [InlineData("probes: { stale: 1s }", "probes.stale: must be a time from 1m to 30d with its unit")]
    [InlineData("probes: { every: 6h, max_tokens: 0 }", "probes.max_tokens: must be a whole number from 1 to 256")]
    [InlineData("probes: { every: 6h, budget: -1 }", "probes.budget: must be")]
    [InlineData("probes: { budget: $1 }", "probes.budget: is for probes, and 'every' does not say that any are sent")]
    [InlineData("probes: { max_tokens: 1 }", "probes.max_tokens: is for probes, and 'every' does not say that any are sent")]
    [InlineData("probes: { evry: 6h }", "probes.evry: unknown key; did you mean 'every'?")]
    [InlineData("probes: 6h", "probes: must be")]
    [InlineData("keys: [ { name: probe, tenant: fairlead, secret: \"env:APP\" } ]", "tenant fairlead and name probe are what Fairlead itself asks with")]
    public void Wrong_IsRefused(string text, string error) => Assert.Contains(error, Assert.Single(Compiling.Errors(text + Rest, ("APP", "0123456789abcdef"))), StringComparison.Ordinal);
}
