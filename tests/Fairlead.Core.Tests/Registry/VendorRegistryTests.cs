using Fairlead.Core.Configuration;
using Fairlead.Providers.Registry;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Registry;

/// <summary>The vendors that are built in.</summary>
public sealed class VendorRegistryTests
{
    /// <summary>Typed by hand from the vendors' own pages.</summary>
    [Theory]
    [InlineData("openai", "https://api.openai.com/v1", "OPENAI_API_KEY", "openai", true)]
    [InlineData("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY", "groq", true)]
    [InlineData("deepseek", "https://api.deepseek.com/", "DEEPSEEK_API_KEY", "deepseek", true)]
    [InlineData("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", "mistral", false)]
    [InlineData("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", null, true)]
    [InlineData("xai", "https://api.x.ai/v1", "XAI_API_KEY", "xai", true)]
    [InlineData("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY", null, true)]
    [InlineData("cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", null, true)]
    public void BuiltIn_AVendor_IsAsItsPagesSay(string kind, string address, string variable, string? catalog, bool takesStreamOptions)
    {
        var vendor = VendorRegistry.LoadBuiltIn()[kind];

        Assert.Equal(address, vendor.BaseUrl!.ToString());
        Assert.Equal(variable, vendor.KeyVariable);
        Assert.Equal(catalog, vendor.CatalogName);
        Assert.Equal(takesStreamOptions, vendor.AcceptsStreamOptions);
        Assert.Equal(CredentialScheme.Bearer, vendor.Credentials);
        Assert.Equal("openai-chat", vendor.Dialect);
        Assert.True(vendor.NeedsKey);
        Assert.NotNull(vendor.DefaultModel);
    }

    [Fact]
    public void BuiltIn_Anthropic_SpeaksItsOwnDialect()
    {
        var vendor = VendorRegistry.LoadBuiltIn()["anthropic"];

        Assert.Equal("https://api.anthropic.com/", vendor.BaseUrl!.ToString());
        Assert.Equal("", vendor.Path);
        Assert.Equal("ANTHROPIC_API_KEY", vendor.KeyVariable);
        Assert.Equal("anthropic", vendor.CatalogName);
        Assert.Equal(CredentialScheme.ApiKey, vendor.Credentials);
        Assert.Equal("anthropic-messages", vendor.Dialect);
        Assert.True(vendor.NeedsKey);
        Assert.NotNull(vendor.DefaultModel);
    }

    [Theory]
    [InlineData("openai-compatible", false)]
    [InlineData("simulated", true)]
    public void BuiltIn_AKindWithoutVendor_NeedsNoKey(string kind, bool isSimulated)
    {
        var vendor = VendorRegistry.LoadBuiltIn()[kind];

        Assert.False(vendor.NeedsKey);
        Assert.Null(vendor.BaseUrl);
        Assert.Null(vendor.KeyVariable);
        Assert.Equal("/v1", vendor.Path);
        Assert.Equal(isSimulated, vendor.IsSimulated);
    }

    [Fact]
    public void BuiltIn_EveryFile_IsThereUnderItsOwnName()
    {
        var files = Directory.GetFiles(Path.Combine(Sources.Root, "providers"), "*.yaml").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal);

        Assert.Equal(files, VendorRegistry.LoadBuiltIn().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void BuiltIn_DefaultModels_AreInTheCatalogAndPriced()
    {
        var catalog = Core.Catalog.BuiltInCatalog.Load();

        foreach (var vendor in VendorRegistry.LoadBuiltIn().Values)
        {
            if (vendor.CatalogName is { } name) Assert.NotNull(catalog.Find(name, vendor.DefaultModel!)!.Price);
        }
    }

    [Theory]
    [InlineData("kind: x\nauth: basic\nstream_options: true", "x.yaml(2,7): auth: must be one of: bearer")]
    [InlineData("kind: x\nauth: bearer", "x.yaml(1,1): needs 'stream_options': whether it takes include_usage")]
    [InlineData("kind: x\nauth: bearer\nstream_options: true\nquirks: 1", "x.yaml(4,1): quirks: unknown key")]
    [InlineData("auth: bearer\nstream_options: true\nbase_url: x", "x.yaml(3,11): base_url: must be an absolute http or https address")]
    public void Parse_BrokenDefinition_SaysWhereAndWhat(string text, string expected)
    {
        var exception = Assert.Throws<FormatException>(() => VendorDefinition.Parse(text, "x.yaml"));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }
}
