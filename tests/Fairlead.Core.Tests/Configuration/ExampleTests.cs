namespace Fairlead.Core.Tests.Configuration;

/// <summary>The configurations that the repository itself holds.</summary>
public sealed class ExampleTests
{
    [Fact]
    public void Demo_Loads_WithoutKeysOrWarnings()
    {
        var snapshot = Compiling.Snapshot(Sources.Read("src/Fairlead/Commands/demo.yaml"));

        Assert.Empty(snapshot.Warnings);
        Assert.Equal(["default", "cheap"], snapshot.Routes.Select(route => route.Name));
        Assert.Equal(["primary", "same model elsewhere", "smaller"], snapshot.Routes[0].Tiers.Select(tier => tier.Name));
        Assert.Equal(["large"], snapshot.Routes[0].Tiers[0].Targets.Select(target => target.Name));
        Assert.Equal(":memory:", snapshot.Store.LedgerPath);
        Assert.Equal("lognormal p50=40ms p99=150ms", snapshot.Providers["east"].Simulated!.FirstToken);
        Assert.Equal(2_500_000_000, snapshot.Targets["large"].Price!.Input);
        Assert.Equal(TimeSpan.FromMilliseconds(500), snapshot.DefaultTimeouts.Connect);
        Assert.Equal(TimeSpan.FromSeconds(10), snapshot.DefaultTimeouts.Headers);
    }
}
