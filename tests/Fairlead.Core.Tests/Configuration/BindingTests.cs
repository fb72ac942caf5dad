using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>What is written means what it says, quoted or not, and what is left out has the documented default.</summary>
public sealed class BindingTests
{
    private const string Least = """
        providers: { p: { kind: simulated } }
        targets: { t: { provider: p, model: m } }
        routes: [ { name: default, tiers: [ { use: [t] } ] } ]

        """;

    private static string WithPrice(string price) => $$"""
        providers: { p: { kind: simulated } }
        targets: { t: { provider: p, model: m, price: {{price}} } }
        routes: [ { name: default, tiers: [ { use: [t] } ] } ]
        """;

    private static string WithAddress(string kind, string address) => $$"""
        providers: { p: { kind: {{kind}}, base_url: "{{address}}", keys: ["env:K"] } }
        targets: { t: { provider: p, model: m, price: { input: 1, output: 1 } } }
        routes: [ { name: default, tiers: [ { use: [t] } ] } ]
        """;

    [Fact]
    public void Compile_TheLeast_HasTheDocumentedDefaults()
    {
        var snapshot = Compiling.Snapshot(Least);

        Assert.Equal("http://127.0.0.1:8484", snapshot.Listen.OriginalString);
        Assert.Equal(1, snapshot.Retries);
        Assert.Equal(TimeSpan.FromSeconds(1), snapshot.DefaultTimeouts.Connect);
        Assert.Equal(TimeSpan.FromSeconds(10), snapshot.DefaultTimeouts.Headers);
        Assert.Equal(TimeSpan.FromSeconds(15), snapshot.DefaultTimeouts.FirstToken);
        Assert.Equal(TimeSpan.FromSeconds(20), snapshot.DefaultTimeouts.Gap);
        Assert.Equal(TimeSpan.FromSeconds(120), snapshot.DefaultTimeouts.Deadline);
        Assert.Equal(new StoreSettings("data/fairlead.db", LedgerDurability.Group), snapshot.Store);
        Assert.Empty(snapshot.Keys);
        Assert.Null(snapshot.AdminKey);
        Assert.False(snapshot.MetricsAreOpen);
        Assert.Equal("tier 1", snapshot.Routes[0].Tiers[0].Name);
        var provider = snapshot.Providers["p"];
        Assert.False(provider.NeedsKey);
        Assert.True(provider.AddressIsConfigured);
        Assert.Null(provider.BaseUrl);
        Assert.NotNull(provider.Simulated);
        Assert.Empty(provider.Simulated.Faults);
    }

    [Fact]
    public void Compile_Everything_IsTaken()
    {
        var snapshot = Compiling.Snapshot(
            """
            listen: "http://0.0.0.0:9000"
            providers:
              sim: { kind: simulated, simulate: { first_token: 20ms, tokens_per_second: 80, faults: ["status 503", "truncate 5"], quota: ["rpm=60"], outages: "99.5% seed=2", outage_group: acme } }
              own: { kind: openai-compatible, base_url: "https://models.example/v1", keys: ["env:A", "file:b"], region: eu, facts: [soc2, hipaa] }
            targets:
              large:
                provider: own
                model: big
                deployment: big-eu
                price: { input: "$2.50", output: 10, cached_input: 0.25, cache_write: 3.125, cache_write_1h: 5 }
                family: bigs
                context_window: 128000
                max_output: 16384
                tools: true
                json_schema: false
                vision: true
                reasoning: false
                retires: 2027-06-30
              small: { provider: sim, model: little, price: { input: 0, output: 0 } }
            aliases: { gpt-4o: auto, "claude-*": careful, cheap: small, other: own/any/thing, "big*": large }
            defaults: { timeouts: { connect: 500ms, gap: "1.5s" }, retries: 0 }
            routes:
              - { name: quick, tiers: [ { use: [small] }, { use: [large] } ], timeouts: { headers: 2s, first_token: 3s, gap: 4s, deadline: 2m } }
              - { name: careful, tiers: [ { name: only, use: [large, small] } ] }
            keys: [ { name: app, secret: "env:APP", tenant: acme } ]
            admin: { key: "env:ADMIN", metrics: guarded }
            store: { ledger: "sqlite:ledger.db", durability: strict }
            """,
            ("A", "a-key"), ("b", "b-key"), ("APP", "application-secret"), ("ADMIN", "administrator-secret"));

        Assert.Equal(9000, snapshot.Listen.Port);
        var simulated = snapshot.Providers["sim"].Simulated!;
        Assert.Equal(("20ms", "80"), (simulated.FirstToken, simulated.TokensPerSecond));
        Assert.Equal(["status 503", "truncate 5"], simulated.Faults);
        Assert.Equal(["rpm=60"], simulated.Quota);
        Assert.Equal(("99.5% seed=2", "acme"), (simulated.Outages, simulated.OutageGroup));
        var own = snapshot.Providers["own"];
        Assert.Equal("https://models.example/v1", own.BaseUrl!.ToString());
        Assert.True(own.AddressIsConfigured);
        Assert.Equal(["a-key", "b-key"], own.Keys.Select(key => key.Reveal()));
        Assert.Equal("eu", own.Region);
        Assert.Equal(["soc2", "hipaa"], own.Facts);
        var large = snapshot.Targets["large"];
        Assert.Equal("big", large.Model);
        Assert.Equal("big-eu", large.WireModel);
        Assert.Equal((2_500_000_000, 10_000_000_000, 250_000_000, 3_125_000_000), (large.Price!.Input, large.Price.Output, large.Price.CachedInput!.Value, large.Price.CacheWrite!.Value));
        Assert.Equal(5_000_000_000, large.Price.CacheWriteOneHour);
        Assert.Equal("config:" + snapshot.Revision, large.Price.Version);
        Assert.Equal(
            ("bigs", 128000, 16384, true, false, true, false, new DateOnly(2027, 6, 30)),
            (large.Facts.Family, large.Facts.ContextWindow, large.Facts.MaxOutput, large.Facts.Tools, large.Facts.JsonSchema, large.Facts.Vision, large.Facts.Reasoning, large.Facts.Retires));
        Assert.Equal(0, snapshot.Targets["small"].Price!.Input);
        Assert.Equal(["cheap", "gpt-4o", "other"], snapshot.Aliases.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([new PrefixAlias("claude-*", "careful"), new PrefixAlias("big*", "large")], snapshot.PrefixAliases);
        Assert.Equal(0, snapshot.Retries);
        Assert.Equal(TimeSpan.FromMilliseconds(1500), snapshot.DefaultTimeouts.Gap);
        Assert.Equal(["quick", "careful"], snapshot.Routes.Select(route => route.Name));
        var quick = snapshot.Routes[0].Timeouts;
        Assert.Equal(
            (TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4), TimeSpan.FromMinutes(2)),
            (quick.Connect, quick.Headers, quick.FirstToken, quick.Gap, quick.Deadline));
        Assert.Equal(TimeSpan.FromMilliseconds(1500), snapshot.Routes[1].Timeouts.Gap);
        Assert.Equal(["tier 1", "tier 2"], snapshot.Routes[0].Tiers.Select(tier => tier.Name));
        Assert.Equal(["large", "small"], snapshot.Routes[1].Tiers[0].Targets.Select(target => target.Name));
        Assert.Same(large, snapshot.Routes[1].Tiers[0].Targets[0]);
        Assert.Equal("acme", snapshot.Keys.Single().Tenant);
        Assert.Equal("administrator-secret", snapshot.AdminKey!.Reveal());
        Assert.Equal(new StoreSettings("ledger.db", LedgerDurability.Strict), snapshot.Store);
        Assert.Empty(snapshot.Warnings);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("2.50", 2_500_000_000)]
    [InlineData("\"2.50\"", 2_500_000_000)]
    [InlineData("$2.50", 2_500_000_000)]
    [InlineData("'$2.50'", 2_500_000_000)]
    [InlineData("0.000000001", 1)]
    [InlineData("0.1", 100_000_000)]
    [InlineData("1000000", 1_000_000_000_000_000)]
    [InlineData("0.07", 70_000_000)]
    [InlineData("010", 10_000_000_000)]
    public void Price_InAnyWriting_IsExact(string written, long nanoDollars)
    {
        Assert.Equal(nanoDollars, Compiling.Snapshot(WithPrice($"{{ input: {written}, output: 1 }}")).Targets["t"].Price!.Input);
    }

    [Theory]
    [InlineData("800ms", 800)]
    [InlineData("3s", 3_000)]
    [InlineData("\"3s\"", 3_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("2m", 120_000)]
    [InlineData("24h", 86_400_000)]
    [InlineData("0.5h", 1_800_000)]
    [InlineData("1ms", 1)]
    public void Time_InAnyUnit_IsExact(string written, int milliseconds)
    {
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Compiling.Snapshot(Least + $"defaults: {{ timeouts: {{ deadline: {written} }} }}").DefaultTimeouts.Deadline);
    }

    [Theory]
    [InlineData("no")]
    [InlineData("on")]
    [InlineData("0x10")]
    [InlineData("1.0")]
    [InlineData("2027-06-30")]
    [InlineData("12:30:45")]
    [InlineData("true")]
    public void Text_ThatLooksLikeSomethingElse_StaysAsWritten(string written)
    {
        var text = Least.Replace("model: m", "model: " + written, StringComparison.Ordinal);

        Assert.Equal(written, Compiling.Snapshot(text).Targets["t"].Model);
    }

    [Theory]
    [InlineData("openai", "http://127.0.0.1:8000", "http://127.0.0.1:8000/v1")]
    [InlineData("openai", "http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1")]
    [InlineData("openai", "http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1")]
    [InlineData("openai", "http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1")]
    [InlineData("openai-compatible", "http://127.0.0.1:8000", "http://127.0.0.1:8000/v1")]
    [InlineData("openai-compatible", "https://models.example/api/v3", "https://models.example/api/v3")]
    [InlineData("groq", "https://proxy.example", "https://proxy.example/openai/v1")]
    [InlineData("deepseek", "https://proxy.example", "https://proxy.example/")]
    [InlineData("anthropic", "https://api.anthropic.com", "https://api.anthropic.com/")]
    [InlineData("anthropic", "https://api.anthropic.com/v1/", "https://api.anthropic.com/")]
    [InlineData("anthropic", "https://proxy.example/anthropic/v1", "https://proxy.example/anthropic")]
    public void BaseUrl_WithOrWithoutItsPath_IsWhereTheDialectStarts(string kind, string written, string expected)
    {
        var provider = Compiling.Snapshot(WithAddress(kind, written), ("K", "key")).Providers["p"];

        Assert.Equal(expected, provider.BaseUrl!.ToString());
        Assert.True(provider.AddressIsConfigured);
    }

    [Fact]
    public void BaseUrl_OfTheVendor_IsNotTheOperators()
    {
        var provider = Compiling.Snapshot(Sources.Read("fairlead.example.yaml"), ("OPENAI_API_KEY", "k")).Providers["openai"];

        Assert.Equal("https://api.openai.com/v1", provider.BaseUrl!.ToString());
        Assert.False(provider.AddressIsConfigured);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8000/v1", false)]
    [InlineData("http://[::1]:8000/v1", false)]
    [InlineData("http://localhost:8000/v1", false)]
    [InlineData("https://10.0.0.7/v1", false)]
    [InlineData("http://10.0.0.7/v1", true)]
    [InlineData("http://models.example/v1", true)]
    [InlineData("http://localhost.example/v1", true)]
    public void BaseUrl_PlainHttpToAnotherMachine_IsWarnedOf(string address, bool isWarned)
    {
        var warnings = Compiling.Snapshot(WithAddress("openai-compatible", address), ("K", "key")).Warnings;

        Assert.Equal(isWarned ? ["fairlead.yaml(1,54): providers.p.base_url: is plain http to another machine: prompts and keys can be read on the way"] : [], warnings);
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", true)]
    [InlineData("http://127.0.0.1:8484/", true)]
    [InlineData("http://localhost:8484", true)]
    [InlineData("http://[::1]:8484", true)]
    [InlineData("http://127.9.9.9:1", true)]
    [InlineData("http://0.0.0.0:8484", false)]
    [InlineData("http://[::]:8484", false)]
    [InlineData("http://192.168.1.5:8484", false)]
    public void Listen_BeyondThisMachine_NeedsKeysSomewhere(string address, bool isAllowedWithoutKeys)
    {
        var text = Least + $"listen: \"{address}\"";

        Assert.Equal(isAllowedWithoutKeys, Warnings(text).IsEmpty);
        Assert.Empty(Warnings(text + "\nkeys: [ { name: a, secret: \"env:A\" } ]", ("A", "0123456789abcdef")));

        static ImmutableArray<string> Warnings(string text, params (string Name, string Value)[] values)
        {
            var compiled = Compiling.Compile(text, values);
            Assert.Empty(compiled.Errors);
            return [.. compiled.Warnings.Where(warning => warning.Contains("listen: is reachable from other machines", StringComparison.Ordinal))];
        }
    }

    [Theory]
    [InlineData("\":memory:\"", ":memory:")]
    [InlineData("\"sqlite::memory:\"", ":memory:")]
    [InlineData("sqlite:ledger.db", "/etc/fairlead/ledger.db")]
    [InlineData("sqlite:/var/ledger.db", "/var/ledger.db")]
    public void Ledger_RelativePath_IsRelativeToTheConfiguration(string written, string expected)
    {
        var compiled = Compiling.Compiler().Compile(Least + $"store: {{ ledger: {written} }}", "fairlead.yaml", "/etc/fairlead");

        Assert.Equal(expected, compiled.Snapshot!.Store.LedgerPath);
    }

    [Fact]
    public void Metrics_Open_NeedNoKey()
    {
        Assert.True(Compiling.Snapshot(Least + "admin: { metrics: open }").MetricsAreOpen);
    }

    [Fact]
    public void Revision_IsTheHashOfTheContent()
    {
        // The first 12 digits that sha256sum gives for this text.
        var text = "providers: { p: { kind: simulated } }\ntargets: { t: { provider: p, model: m } }\nroutes: [ { name: default, tiers: [ { use: [t] } ] } ]\n# é\n";

        Assert.Equal("939f15b3d64b", Compiling.Snapshot(text).Revision);
    }

    [Fact]
    public void Price_OfTheCatalog_HoldsUnlessWritten()
    {
        var snapshot = Compiling.Snapshot(
            """
            providers: { openai: { kind: openai, keys: ["env:K"] } }
            targets:
              known:  { provider: openai, model: gpt-4o }
              own:    { provider: openai, model: gpt-4o, price: { input: 0, output: 0 }, tools: false }
              alias:  { provider: openai, model: gpt-4o, deployment: my-gpt }
              unknown: { provider: openai, model: gpt-99 }
            routes: [ { name: default, tiers: [ { use: [known, own, alias, unknown] } ] } ]
            """,
            ("K", "key"));

        Assert.Equal((2_500_000_000, 10_000_000_000), (snapshot.Targets["known"].Price!.Input, snapshot.Targets["known"].Price!.Output));
        Assert.Equal((0, 0), (snapshot.Targets["own"].Price!.Input, snapshot.Targets["own"].Price!.Output));
        Assert.True(snapshot.Targets["known"].Facts.Tools);
        Assert.False(snapshot.Targets["own"].Facts.Tools);
        Assert.Equal(128000, snapshot.Targets["own"].Facts.ContextWindow);
        Assert.Equal(2_500_000_000, snapshot.Targets["alias"].Price!.Input);
        Assert.Null(snapshot.Targets["unknown"].Price);
        Assert.Equal(["fairlead.yaml(6,3): targets.unknown: no price is known for 'gpt-99'; it counts at its route's worst price. Write one, 0 if it costs nothing"], snapshot.Warnings);
        Assert.Equal((2_500_000_000, 10_000_000_000), (snapshot.Routes[0].WorstPrice!.Input, snapshot.Routes[0].WorstPrice!.Output));
    }
}
