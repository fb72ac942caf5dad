using Fairlead.Core.Configuration;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>Secrets are references; their values are nowhere but behind <see cref="Secret.Reveal"/>.</summary>
public sealed class SecretTests
{
    private const string Canary = "sk-canary-0123456789";

    private static string WithKeys(string keys) => $$"""
        providers: { p: { kind: openai, keys: {{keys}} } }
        targets: { t: { provider: p, model: gpt-5-mini } }
        routes: [ { name: default, tiers: [ { use: [t] } ] } ]
        """;

    [Theory]
    [InlineData("[\"sk-canary-0123456789\"]")]
    [InlineData("[sk-canary-0123456789]")]
    [InlineData("sk-canary-0123456789")]
    [InlineData("[[sk-canary-0123456789]]")]
    [InlineData("[{ a: sk-canary-0123456789 }]")]
    [InlineData("[\"env:sk-canary-0123456789\"]")]
    [InlineData("[\"file:\"]")]
    [InlineData("[\"env:\"]")]
    [InlineData("[\"env:1A\"]")]
    [InlineData("[\"ENV:A\"]")]
    [InlineData("[\"vault:sk-canary-0123456789\"]")]
    [InlineData("[\"Bearer sk-canary-0123456789\"]")]
    public void Keys_NotAReference_AreRefusedWithoutSayingThem(string keys)
    {
        var error = Assert.Single(Compiling.Errors(WithKeys(keys)));

        Assert.DoesNotContain("canary", error, StringComparison.Ordinal);
        Assert.Contains(keys.StartsWith('[') ? "must be env:NAME or file:PATH" : "must be a list", error, StringComparison.Ordinal);
    }

    [Fact]
    public void ClientSecret_Literal_IsRefusedWithoutSayingIt()
    {
        var error = Assert.Single(Compiling.Errors($$"""
            providers: { p: { kind: simulated } }
            targets: { t: { provider: p, model: m } }
            routes: [ { name: default, tiers: [ { use: [t] } ] } ]
            keys: [ { name: a, secret: {{Canary}} } ]
            """));

        Assert.Equal("fairlead.yaml(4,28): keys[0].secret: must be env:NAME or file:PATH; a secret itself never stands in a configuration", error);
    }

    [Fact]
    public void ASecretInTheWrongPlace_IsNotSaid()
    {
        var errors = Compiling.Errors($$"""
            providers: { p: { kind: openai, keys: ["env:K"], base_url: "https://{{Canary}}@x/v1", api_key: {{Canary}}, region: [{{Canary}}] } }
            targets: { t: { provider: p, model: gpt-5-mini, tools: {{Canary}}, price: {{Canary}} } }
            routes: [ { name: default, tiers: [ { use: [t] } ], timeouts: { gap: {{Canary}} } } ]
            listen: {{Canary}}
            """);

        Assert.Equal(7, errors.Length);
        Assert.All(errors, error => Assert.DoesNotContain("canary", error, StringComparison.Ordinal));
    }

    [Fact]
    public void ProviderKeys_FromEnvironmentAndFile_AreReadAndTrimmed()
    {
        var snapshot = Compiling.Snapshot(WithKeys("[\"env:A\", \"file:secrets/b\"]"), ("A", " first-key\n"), ("secrets/b", "second-key\r\n"));

        var keys = snapshot.Providers["p"].Keys;
        Assert.Equal(["first-key", "second-key"], keys.Select(key => key.Reveal()));
        Assert.Equal(["env:A", "file:secrets/b"], keys.Select(key => key.Reference));
        Assert.Empty(snapshot.Warnings);
    }

    [Fact]
    public void ProviderKeys_SomeMissing_AreLeftOutWithAWarning()
    {
        var provider = Compiling.Snapshot(WithKeys("[\"env:A\", \"env:B\", \"file:c\", \"env:BLANK\"]"), ("B", "key"), ("BLANK", " \n"));

        Assert.Equal(["env:B"], provider.Providers["p"].Keys.Select(key => key.Reference));
        Assert.Equal(["env:A", "file:c", "env:BLANK"], provider.Providers["p"].MissingKeys);
        Assert.Equal(["fairlead.yaml(1,40): providers.p: no value in env:A, file:c, env:BLANK; the other keys are used"], provider.Warnings);
    }

    [Fact]
    public void ProviderKeys_AllMissing_LeaveItsTargetsUnused()
    {
        var snapshot = Compiling.Snapshot(WithKeys("[\"env:A\"]"));

        Assert.True(snapshot.Providers["p"].NeedsKey);
        Assert.Empty(snapshot.Providers["p"].Keys);
        Assert.Equal(
            [
                "fairlead.yaml(1,40): providers.p: no value in env:A; its targets are not used",
                "fairlead.yaml(3,11): routes[0]: none of its targets has a key: every request on it fails",
            ],
            snapshot.Warnings);
    }

    [Fact]
    public void ProviderKeys_WrittenForAKindThatNeedsNone_AreNeededAllTheSame()
    {
        const string Text = """
            providers: { p: { kind: openai-compatible, base_url: "http://127.0.0.1:1/v1", keys: ["env:A"] }, q: { kind: openai-compatible, base_url: "http://127.0.0.1:1/v1" } }
            targets: { t: { provider: p, model: m, price: { input: 0, output: 0 } } }
            routes: [ { name: default, tiers: [ { use: [t] } ] } ]
            """;

        var snapshot = Compiling.Snapshot(Text);

        Assert.True(snapshot.Providers["p"].NeedsKey);
        Assert.False(snapshot.Providers["q"].NeedsKey);
    }

    [Fact]
    public void ClientKey_ShortSecret_IsWarnedOfWithoutSayingIt()
    {
        var snapshot = Compiling.Snapshot(
            WithKeys("[\"env:A\"]") + "\nkeys: [ { name: a, secret: \"env:B\", tenant: acme }, { name: b, secret: \"env:C\" } ]\nadmin: { key: \"env:D\" }",
            ("A", "provider-key"), ("B", "short"), ("C", "0123456789abcdef"), ("D", "fedcba9876543210"));

        Assert.Equal(["fairlead.yaml(4,28): keys[0].secret: env:B has fewer than 16 characters and can be guessed"], snapshot.Warnings);
        Assert.Equal([("a", "acme"), ("b", "default")], snapshot.Keys.Select(key => (key.Name, key.Tenant)));
        Assert.Equal("short", snapshot.Keys[0].Secret.Reveal());
    }

    [Fact]
    public void Secret_Formatted_SaysNothing()
    {
        var secret = new Secret("env:A", Canary);

        Assert.Equal("***", secret.ToString());
        Assert.Equal("***", $"{secret}");
        Assert.DoesNotContain("canary", new ClientKey("a", secret, "default").ToString(), StringComparison.Ordinal);
        Assert.Equal(Canary, secret.Reveal());
    }

    [Fact]
    public void SystemReader_FileTooLarge_IsMissing()
    {
        var folder = Directory.CreateTempSubdirectory("fairlead-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "fits"), new string('k', 64 * 1024));
            File.WriteAllText(Path.Combine(folder.FullName, "large"), new string('k', (64 * 1024) + 1));
            var compiler = new ConfigurationCompiler(Providers.Registry.VendorRegistry.LoadBuiltIn(), new Core.Catalog.ModelCatalog("none", []), SecretReader.System);

            var snapshot = compiler.Compile(WithKeys("[\"file:fits\", \"file:large\", \"file:none\"]"), "x", folder.FullName).Snapshot!;

            Assert.Equal(["file:fits"], snapshot.Providers["p"].Keys.Select(key => key.Reference));
            Assert.Equal(["file:large", "file:none"], snapshot.Providers["p"].MissingKeys);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
