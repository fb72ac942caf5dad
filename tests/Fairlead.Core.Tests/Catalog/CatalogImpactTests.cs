using System.Collections.Immutable;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Tests.Catalog;

/// <summary>What a newer catalog costs.</summary>
public sealed class CatalogImpactTests
{
    private const long Dollar = 1_000_000_000;

    [Fact]
    public void Used_LongRequests_CostWhatTheirOwnSizeCosts_NotWhatTheSumWould()
    {
        // $1 per million in, $2 above 100,000 tokens; then $1 and $3.
        var old = Priced(1, 2);
        var now = Priced(1, 3);
        var snapshot = Snapshot(old);
        var newer = new ModelCatalog("catalog:new", [new CatalogModel("openai", "m", ModelFacts.Unknown, now)]);
        var diff = CatalogDiff.Of(snapshot.Catalog, newer);
        TargetUsage[] usage =
        [
            new("default", "t", 0, 50, new TokenUsage(4_000_000, 0, 0, 0, 0)),     // short ones, though their sum is long
            new("default", "t", 100_000, 2, new TokenUsage(500_000, 0, 0, 0, 0)),
            new("elsewhere", "t", 0, 1, new TokenUsage(1_000_000, 0, 0, 0, 0)),    // a route that is no more
        ];

        var route = Assert.Single(CatalogImpact.Of(snapshot, diff, newer, usage));

        var target = Assert.Single(route.Targets);
        Assert.Equal([100_000L], CatalogImpact.SizesOf(snapshot, newer));
        Assert.Equal(52, target.Attempts);
        Assert.Equal(new Usd((4 * Dollar) + Dollar), target.UsedBefore);
        Assert.Equal(new Usd((4 * Dollar) + (3 * Dollar / 2)), target.UsedAfter);
        Assert.Equal(target.NominalBefore, target.NominalAfter);
    }

    [Fact]
    public void Untouched_Targets_AreNotTold()
    {
        var snapshot = Snapshot(Priced(1, 2));
        var newer = new ModelCatalog("catalog:new", [new CatalogModel("openai", "m", ModelFacts.Unknown, Priced(1, 2)), new CatalogModel("openai", "other", ModelFacts.Unknown, null)]);

        Assert.Empty(CatalogImpact.Of(snapshot, CatalogDiff.Of(snapshot.Catalog, newer), newer, []));
    }

    private static GatewaySnapshot Snapshot(Price price)
    {
        var vendor = new VendorDefinition { Kind = "openai", Dialect = "openai-chat", BaseUrl = new Uri("https://x.example/v1"), Path = "", CatalogName = "openai", Credentials = CredentialScheme.Bearer, NeedsKey = false, AcceptsStreamOptions = true };
        var compiler = new ConfigurationCompiler(
            new Dictionary<string, VendorDefinition> { ["openai"] = vendor }, new ModelCatalog("catalog:old", [new CatalogModel("openai", "m", ModelFacts.Unknown, price)]), SecretReader.AllSet);
        var compiled = compiler.Compile("providers: { p: { kind: openai } }\ntargets: { t: { provider: p, model: m } }\nroutes: [ { name: default, tiers: [ { use: [t] } ] } ]\n", "test.yaml", "");
        Assert.True(compiled.Snapshot is not null, string.Join(Environment.NewLine, compiled.Errors));
        return compiled.Snapshot;
    }

    private static Price Priced(long input, long above) =>
        new(input * Dollar, Dollar, null, null, ImmutableArray.Create(new LongContextPrice(100_000, above * Dollar, Dollar, null, null)), "catalog:test");
}
