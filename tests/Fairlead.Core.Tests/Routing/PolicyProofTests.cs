using Fairlead.Core.Routing;

namespace Fairlead.Core.Tests.Routing;

/// <summary>A tier that can never serve is found, with the reason of each target; one that might is not.</summary>
public sealed class PolicyProofTests
{
    [Theory]
    [InlineData("routes: [ { name: r, tiers: [ { name: none, use: [mini, local], require: target.reasoning } ] } ]", "routes[0].tiers[0]: the tier 'none' can never serve: mini: target.reasoning is false; local: target.reasoning is false")]
    [InlineData("routes: [ { name: r, require: provider.region == \"mars\", tiers: [ { use: [mini] } ] } ]", "routes[0].tiers[0]: the tier 'tier 1' can never serve: mini: provider.region is \"us\"")]
    [InlineData("routes: [ { name: r, promise: { window: 300000 }, tiers: [ { use: [big] }, { use: [mini, local] } ] } ]", "routes[0].tiers[1]: the tier 'tier 2' can never serve: mini: the route promises a window of 300000 tokens; local: the route promises a window of 300000 tokens")]
    [InlineData("routes: [ { name: r, promise: { tools: true }, tiers: [ { use: [deep] } ] } ]", "routes[0].tiers[0]: the tier 'tier 1' can never serve: deep: the route promises tools")]
    [InlineData("constraints: [ { name: eu, require: provider.region == \"eu\" } ]\nroutes: [ { name: r, tiers: [ { use: [mini] } ] } ]", "routes[0].tiers[0]: the tier 'tier 1' can never serve: mini: constraint eu (provider.region is \"us\")")]
    [InlineData("constraints: [ { name: eu, when: '\"phi\" in sensitivity', require: provider.region == \"eu\" } ]\nroutes: [ { name: r, when: 'caller.team == \"x\" && \"phi\" in sensitivity', tiers: [ { use: [mini] } ] }, { name: s, tiers: [ { use: [mini] } ] } ]", "routes[0].tiers[0]: the tier 'tier 1' can never serve: mini: constraint eu (provider.region is \"us\")")]
    [InlineData("routes: [ { name: r, tiers: [ { use: [mini] }, { use: [mini], require: target.provider != primary.provider } ] } ]", "routes[0].tiers[1]: the tier 'tier 2' can never serve: mini: not target.provider != primary.provider")]
    public void Of_ATierThatCanNeverServe_SaysWhy(string rules, string expected)
    {
        var finding = Assert.Single(PolicyProof.Of(Policies.Snapshot(rules)));

        Assert.Equal(expected, $"{finding.At.Path}: {finding.Message}");
    }

    [Theory]
    [InlineData("routes: [ { name: r, tiers: [ { use: [mini], require: health.p95_ms < 1 } ] } ]")]
    [InlineData("routes: [ { name: r, tiers: [ { use: [mini], require: request.stream } ] } ]")]
    [InlineData("routes: [ { name: r, tiers: [ { use: [local], require: target.quality > 0.99 } ] } ]")] // of which workload, nobody knows
    [InlineData("constraints: [ { name: eu, when: '\"phi\" in sensitivity', require: provider.region == \"eu\" } ]\nroutes: [ { name: r, when: '\"phi\" in sensitivity || request.stream', tiers: [ { use: [mini] } ] }, { name: s, tiers: [ { use: [mini] } ] } ]")]
    [InlineData("routes: [ { name: r, tiers: [ { require: target.reasoning } ] } ]")]
    public void Of_ATierThatMightServe_IsSilent(string rules) => Assert.Empty(PolicyProof.Of(Policies.Snapshot(rules)));

    [Fact]
    public void Compile_WithTheProof_RefusesAtTheTier()
    {
        var compiled = Configuration.Compiling.Proving().Compile(Policies.Targets + "\nroutes: [ { name: r, tiers: [ { use: [mini], require: target.reasoning } ] } ]", "fairlead.yaml", "");

        Assert.Null(compiled.Snapshot);
        Assert.Equal("fairlead.yaml(13,31): routes[0].tiers[0]: the tier 'tier 1' can never serve: mini: target.reasoning is false", Assert.Single(compiled.Errors).ToString());
    }
}
