using Fairlead.Core.Tests.Routing;

namespace Fairlead.Core.Tests.Policy;

/// <summary>A rule that errs is never taken for one that holds.</summary>
public sealed class FailingRuleTests
{
    [Theory]
    [InlineData("provider.name == \"onprem\" || (target.tags[0] == \"approved\" && health.p95_ms < 2000.0)")]
    [InlineData("provider.name == \"onprem\" || (health.p95_ms < 2000.0 && target.tags[0] == \"approved\")")]
    [InlineData("provider.name == \"onprem\" || health.p95_ms < 2000.0 || target.tags[0] == \"approved\"")]
    [InlineData("provider.name == \"onprem\" ? true : health.p95_ms < 2000.0 ? target.tags[0] == \"approved\" : true")]
    [InlineData("provider.name == \"onprem\" || [0, 1].exists(i, i == 0 ? health.p95_ms < 2000.0 : target.tags[i] == \"approved\")")]
    [InlineData("provider.name == \"onprem\" || double(target.tags[0]) > health.p95_ms")]
    public void Require_ErrsWhileAFigureIsUnknown_Rejects(string require)
    {
        var snapshot = Policies.Snapshot($"routes: [ {{ name: r, tiers: [ {{ require: '{require}' }} ] }} ]");

        var plan = Policies.Plan(snapshot, Policies.Request());

        Assert.Equal(["local"], plan.All());
        Assert.Contains(" errs (there is no ", plan.Why("mini"), StringComparison.Ordinal);
    }

    [Fact]
    public void Require_OnlyAFigureIsUnknown_Passes()
    {
        var snapshot = Policies.Snapshot("routes: [ { name: r, tiers: [ { require: 'target.name in [\"mini\", \"big\"] && health.p95_ms < 2000.0' } ] } ]");

        Assert.Equal(["big", "mini"], Policies.Plan(snapshot, Policies.Request()).All().Order());
    }
}
