using Fairlead.Tests;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>The configurations that the repository itself holds.</summary>
public sealed class ExampleTests
{
    [Fact]
    public void Demo_Loads_WithoutKeysOrWarnings()
    {
        var snapshot = Compiling.Snapshot(Sources.Read("src/Fairlead/Commands/demo.yaml"));

        Assert.Empty(snapshot.Warnings);
        Assert.Equal(["marketing", "clinic", "default"], snapshot.Routes.Select(route => route.Name));
        Assert.Equal(["primary", "same model elsewhere", "smaller"], snapshot.Routes[2].Tiers.Select(tier => tier.Name));
        Assert.Equal(["large"], snapshot.Routes[2].Tiers[0].Targets.Select(target => target.Name));
        Assert.Equal(":memory:", snapshot.Store.LedgerPath);
        Assert.Equal("lognormal p50=40ms p99=150ms", snapshot.Providers["east"].Simulated!.FirstToken);
        Assert.Equal(2_500_000_000, snapshot.Targets["large"].Price!.Input);
        Assert.Equal(TimeSpan.FromMilliseconds(500), snapshot.DefaultTimeouts.Connect);
        Assert.Equal(TimeSpan.FromSeconds(10), snapshot.DefaultTimeouts.Headers);
    }

    [Fact]
    public void Example_WithItsKeys_LoadsWithoutWarnings()
    {
        var snapshot = Compiling.Snapshot(Sources.Read("fairlead.example.yaml"), ("OPENAI_API_KEY", "one"), ("GROQ_API_KEY", "two"));

        Assert.Empty(snapshot.Warnings);
        Assert.Equal(["mini", "fast", "local"], snapshot.Routes[0].Tiers.Select(tier => tier.Targets.Single().Name));
        Assert.Equal("https://api.groq.com/openai/v1", snapshot.Providers["groq"].BaseUrl!.ToString());
        Assert.Equal(TimeSpan.FromSeconds(3), snapshot.Routes[1].Timeouts.FirstToken);
        Assert.Equal(TimeSpan.FromSeconds(20), snapshot.Routes[1].Timeouts.Gap);
    }

    [Fact]
    public void Example_WithoutKeys_LoadsWithAWarningForEach()
    {
        var snapshot = Compiling.Snapshot(Sources.Read("fairlead.example.yaml"));

        Assert.Equal(3, snapshot.Warnings.Length);
        Assert.Contains("no value in env:OPENAI_API_KEY", snapshot.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("no value in env:GROQ_API_KEY", snapshot.Warnings[1], StringComparison.Ordinal);
        Assert.EndsWith("routes[1]: none of its targets has a key: every request on it fails", snapshot.Warnings[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Example_WithItsCommentedParts_LoadsToo()
    {
        var text = Sources.Read("fairlead.example.yaml")
            .Replace("# keys:\n#   - {", "keys:\n  - {", StringComparison.Ordinal)
            .Replace("# admin: {", "admin: {", StringComparison.Ordinal);

        var snapshot = Compiling.Snapshot(text, ("APP_KEY", "0123456789abcdef"), ("FAIRLEAD_ADMIN_KEY", "fedcba9876543210"));

        Assert.Equal("acme", snapshot.Keys.Single().Tenant);
        Assert.NotNull(snapshot.AdminKey);
    }

    [Fact]
    public void Example_FirstLine_NamesTheSchemaForEditors()
    {
        Assert.StartsWith("# yaml-language-server: $schema=docs/fairlead.schema.json\n", Sources.Read("fairlead.example.yaml"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Sources.Root, "docs/fairlead.schema.json")));
    }
}
