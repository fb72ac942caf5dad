using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Hosting;
using Fairlead.Providers.Registry;
using Fairlead.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Server.Tests.Hosting;

/// <summary>The vendors of <c>kind: simulated</c>: checked with the configuration, kept over reloads that do not change them.</summary>
public sealed class SimulatedVendorsTests
{
    [Theory]
    [InlineData("east", "first_token: soon", "'soon' is not a distribution")]
    [InlineData("east", "first_token: 20", "needs a unit")]
    [InlineData("east", "tokens_per_second: 20ms", "is a plain number")]
    [InlineData("east", "faults: [\"explode 5\"]", "explode")]
    [InlineData("east", "quota: [\"rmp=60\"]", "does not take 'rmp=60'")]
    [InlineData("east", "outages: often", "begins with the availability")]
    [InlineData("\"ea:st\"", "first_token: 20ms", "letters, digits")]
    public void Compile_SettingsThatNoVendorCouldHave_IsAnErrorOfTheConfiguration(string name, string settings, string expected)
    {
        var error = Assert.Single(Compile(Text(settings, name: name)).Errors);

        Assert.StartsWith("providers.", error.Path, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_NothingOfItChanged_KeepsTheVendor()
    {
        await using var vendors = new SimulatedVendors(TimeProvider.System, NullLogger<SimulatedVendors>.Instance);
        await vendors.StartAsync(Snapshot(Text("first_token: 20ms, faults: [\"status 503\"]")), CancellationToken.None);
        var before = vendors.Vendors["east"];

        await vendors.StartAsync(Snapshot("# changed\n" + Text("first_token: 20ms, faults: [\"status 503\"]")), CancellationToken.None);

        Assert.Same(before, vendors.Vendors["east"]);
    }

    [Theory]
    [InlineData("first_token: 30ms", "2.50")]
    [InlineData("first_token: 20ms, faults: [\"status 503\"]", "2.50")]
    [InlineData("first_token: 20ms, quota: [\"rpm=60\"]", "2.50")]
    [InlineData("first_token: 20ms, outages: \"100%\"", "2.50")]
    [InlineData("first_token: 20ms, outage_group: acme", "2.50")]
    [InlineData("first_token: 20ms", "9.99")]
    public async Task Reload_ChangesIt_ANewOneTakesItsPlaceAndTheOldOneEndsItsWork(string settings, string price)
    {
        await using var vendors = new SimulatedVendors(TimeProvider.System, NullLogger<SimulatedVendors>.Instance);
        var first = Snapshot(Text("first_token: 20ms"));
        await vendors.StartAsync(first, CancellationToken.None);
        var before = vendors.AddressOf(first.Providers["east"]);

        var second = Snapshot(Text(settings, price));
        await vendors.StartAsync(second, CancellationToken.None);

        Assert.NotEqual(before, vendors.AddressOf(second.Providers["east"]));
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var answer = await client.GetAsync(new Uri(before, "/_simulator/requests"));
        Assert.True(answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Vendors_OfOneOutageGroup_AreDownTogether()
    {
        await using var vendors = new SimulatedVendors(TimeProvider.System, NullLogger<SimulatedVendors>.Instance);
        var text = Text("outage_group: acme").Replace(
            "targets:", "  west: { kind: simulated, simulate: { outage_group: acme } }\n  north: { kind: simulated }\ntargets:", StringComparison.Ordinal);
        await vendors.StartAsync(Snapshot(text), CancellationToken.None);

        vendors.Vendors["east"].Outages.Begin(SimulatedFault.Parse("status 503"));

        Assert.NotNull(vendors.Vendors["west"].Outages.Current);
        Assert.Null(vendors.Vendors["north"].Outages.Current);
    }

    private static string Text(string settings, string price = "2.50", string name = "east") => $$"""
        providers:
          {{name}}: { kind: simulated, simulate: { {{settings}} } }
        targets:
          large: { provider: {{name}}, model: any, price: { input: {{price}}, output: 10.00 } }
        routes:
          - { name: default, tiers: [ { use: [large] } ] }
        store: { ledger: ":memory:" }
        """;

    private static CompiledConfiguration Compile(string text) =>
        new ConfigurationCompiler(VendorRegistry.LoadBuiltIn(), BuiltInCatalog.Load(), new SecretReader(_ => null, File.ReadAllText), SimulatedVendors.Defect).Compile(text, "test.yaml", "");

    private static GatewaySnapshot Snapshot(string text)
    {
        var compiled = Compile(text);
        return compiled.Snapshot ?? throw new InvalidDataException(string.Join("; ", compiled.Errors));
    }
}
