using Fairlead.Core.Configuration;
using Fairlead.Providers.Registry;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>What is served when there are only keys in the environment.</summary>
public sealed class EnvironmentConfigurationTests
{
    private static readonly IReadOnlyDictionary<string, VendorDefinition> Vendors = VendorRegistry.LoadBuiltIn();

    [Fact]
    public void Write_NoKey_IsNull()
    {
        Assert.Null(EnvironmentConfiguration.Write(Vendors, _ => null));
        Assert.Null(EnvironmentConfiguration.Write(Vendors, _ => "  "));
    }

    [Fact]
    public void Write_TwoKeys_ServesBothInOrder()
    {
        (string Name, string Value)[] keys = [("OPENAI_API_KEY", "sk-canary-one"), ("GROQ_API_KEY", "sk-canary-two")];
        var text = EnvironmentConfiguration.Write(Vendors, name => keys.FirstOrDefault(key => key.Name == name).Value)!;

        Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
        var snapshot = Compiling.Snapshot(text, keys);
        Assert.Empty(snapshot.Warnings);
        Assert.Equal("http://127.0.0.1:8484", snapshot.Listen.OriginalString);
        var route = Assert.Single(snapshot.Routes);
        Assert.Equal(["groq", "openai"], route.Tiers.Select(tier => tier.Targets.Single().Name));
        Assert.Equal(["llama-3.3-70b-versatile", "gpt-5-mini"], route.Tiers.Select(tier => tier.Targets.Single().Model));
        Assert.Equal("sk-canary-one", snapshot.Providers["openai"].Keys.Single().Reveal());
        Assert.Contains(new PrefixAlias("gpt-*", "auto"), snapshot.PrefixAliases);
    }

    [Fact]
    public void Write_EveryKey_FitsIntoARoute()
    {
        var variables = Vendors.Values.Select(vendor => vendor.KeyVariable).OfType<string>().ToArray();
        Assert.True(variables.Length > 6, "The test needs more vendors than a route has tiers.");
        var text = EnvironmentConfiguration.Write(Vendors, name => variables.Contains(name) ? "key-" + name : null)!;

        var snapshot = Compiling.Snapshot(text, [.. variables.Select(name => (name, "key-" + name))]);

        Assert.Equal(6, snapshot.Routes[0].Tiers.Length);
        Assert.Equal(variables.Length, snapshot.Routes[0].Tiers.Sum(tier => tier.Targets.Length));
    }
}
