using System.Text.Json.Nodes;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Commands;

/// <summary><c>fairlead check</c>: what it tells, and what it ends with.</summary>
public sealed class CheckTests
{
    private const string Providers = """
        providers:
          a: { kind: openai-compatible, base_url: "https://a.example/v1", keys: ["env:FAIRLEAD_TEST_NEVER_SET"], region: us }
          b: { kind: openai-compatible, base_url: "https://b.example/v1" }
        targets:
          one: { provider: a, model: m, price: { input: 1, output: 2 } }
          two: { provider: b, model: m, price: { input: 1, output: 2 } }

        """;

    private const string Good = Providers + "routes: [ { name: default, tiers: [ { use: [one, two] } ] } ]\n";

    [Fact]
    public async Task Good_WithItsSecretsTakenAsSet_IsClean()
    {
        var run = await CheckAsync(Good, "--without-secrets", "--strict");

        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.Equal("0 errors, 0 warnings, 0 findings", run.Output.Trim());
    }

    [Fact]
    public async Task Example_OfAPolicy_IsClean()
    {
        var run = await CommandRun.OfAsync("check", "--config", Path.Combine(Sources.Root, "examples/policy/fairlead.yaml"), "--without-secrets", "--strict");

        Assert.True(run.Code == 0, run.Output + run.Errors);
    }

    [Fact]
    public async Task UnsetSecret_OfAProvider_IsAWarning_AndFailsWhenStrict()
    {
        // A third vendor, so that nothing but the warning is found.
        var text = Good.Replace("targets:", "  c: { kind: openai-compatible, base_url: \"https://c.example/v1\" }\ntargets:\n  three: { provider: c, model: m, price: { input: 1, output: 2 } }", StringComparison.Ordinal)
            .Replace("[one, two]", "[one, two, three]", StringComparison.Ordinal);

        var run = await CheckAsync(text);
        var strict = await CheckAsync(text, "--strict");

        Assert.Equal((0, 1), (run.Code, strict.Code));
        Assert.Contains("fairlead.yaml(2,", run.Output, StringComparison.Ordinal);
        Assert.Contains("no value in env:FAIRLEAD_TEST_NEVER_SET", run.Output, StringComparison.Ordinal);
        Assert.Contains("Warnings", run.Output, StringComparison.Ordinal);
        Assert.Contains("0 errors, 1 warning, 0 findings", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnsetSecret_OfAClientKeyOrTheAdmin_IsAnError_UnlessTakenAsSet()
    {
        const string Keys = Good + "keys: [ { name: app, secret: \"env:FAIRLEAD_TEST_NO_APP\" }, { name: other, secret: \"file:no/such/file\" } ]\nadmin: { key: \"env:FAIRLEAD_TEST_NO_ADMIN\" }\n";

        var run = await CheckAsync(Keys);
        var without = await CheckAsync(Keys, "--without-secrets");

        Assert.Equal(2, run.Code);
        foreach (var reference in new[] { "env:FAIRLEAD_TEST_NO_APP", "file:no/such/file", "env:FAIRLEAD_TEST_NO_ADMIN" }) Assert.Contains("no value in " + reference, run.Output, StringComparison.Ordinal);
        Assert.Equal(0, without.Code);
        Assert.Equal("0 errors, 0 warnings, 0 findings", without.Output.Trim());
    }

    [Fact]
    public async Task OneSecretTwice_IsFoundWithoutItsValue()
    {
        var run = await CheckAsync(Good + "keys: [ { name: app, secret: \"env:SAME\" }, { name: other, secret: \"env:SAME\" } ]\n", "--without-secrets");

        Assert.Equal(2, run.Code);
        Assert.Contains("have the same secret", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_AllOfThem_WithPlaces_AndWarningsBeside()
    {
        var run = await CheckAsync(Good.Replace("[one, two]", "[one, two, twoo]", StringComparison.Ordinal) + "defaults: { retries: 7 }\n");

        Assert.Equal(2, run.Code);
        Assert.Contains("fairlead.yaml(7,", run.Output, StringComparison.Ordinal);
        Assert.Contains("routes[0].tiers[0].use[2]: no target is named 'twoo'; did you mean 'two'?", run.Output, StringComparison.Ordinal);
        Assert.Contains("defaults.retries: must be", run.Output, StringComparison.Ordinal);
        Assert.Contains("no value in env:FAIRLEAD_TEST_NEVER_SET", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("2 errors, 1 warning, findings not looked for", run.Output.Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TierThatCanNeverServe_IsAnError()
    {
        var run = await CheckAsync(Providers + "routes: [ { name: default, require: provider.region == \"eu\", tiers: [ { use: [one] } ] } ]\n", "--without-secrets");

        Assert.Equal(2, run.Code);
        Assert.Contains("can never serve: one: provider.region is \"us\"", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finding_IsTold_AndFailsWhenStrict()
    {
        var text = Providers + "routes: [ { name: default, tiers: [ { use: [one] } ] } ]\n";

        var run = await CheckAsync(text, "--without-secrets");
        var strict = await CheckAsync(text, "--without-secrets", "--strict");

        Assert.Equal((0, 1), (run.Code, strict.Code));
        Assert.Contains("Findings", run.Output, StringComparison.Ordinal);
        Assert.Contains("hangs on one vendor, a", run.Output, StringComparison.Ordinal);
        Assert.Contains("targets.two: in no tier", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("0 errors, 0 warnings, 2 findings", run.Output.Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_HoldsAllOfIt()
    {
        var bad = JsonNode.Parse((await CheckAsync(Good.Replace("[one, two]", "[one, two, twoo]", StringComparison.Ordinal), "--json")).Output)!;
        var good = JsonNode.Parse((await CheckAsync(Good, "--json", "--without-secrets")).Output)!;

        var error = Assert.Single(bad["errors"]!.AsArray())!;
        Assert.Equal(("routes[0].tiers[0].use[2]", 7, "two"), (error["path"]!.GetValue<string>(), error["line"]!.GetValue<int>(), error["suggestion"]!.GetValue<string>()));
        Assert.Single(bad["warnings"]!.AsArray());
        Assert.Null(bad["findings"]);
        Assert.Empty(good["errors"]!.AsArray());
        Assert.Empty(good["findings"]!.AsArray());
        Assert.Equal(12, good["revision"]!.GetValue<string>().Length);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("providers: [", "is not valid YAML")]
    [InlineData("- 1", "must be a mapping")]
    public async Task TextThatIsNoConfiguration_IsAnError(string text, string error)
    {
        var run = await CheckAsync(text);

        Assert.Equal(2, run.Code);
        Assert.Contains(error, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileThatCannotBeRead_SaysSo()
    {
        using var folder = new TemporaryFolder();
        folder.Write("large.yaml", new string('#', (1024 * 1024) + 1));

        var missing = await CommandRun.OfAsync("check", "--config", folder.File("none.yaml"));
        var isFolder = await CommandRun.OfAsync("check", "--config", folder.Path);
        var large = await CommandRun.OfAsync("check", "--config", folder.File("large.yaml"));
        var option = await CommandRun.OfAsync("check", "--stric");

        Assert.Equal((2, 2, 2, 2), (missing.Code, isFolder.Code, large.Code, option.Code));
        Assert.StartsWith("fairlead: there is no file ", missing.Errors, StringComparison.Ordinal);
        Assert.Contains("is a folder", isFolder.Errors, StringComparison.Ordinal);
        Assert.Contains("is larger than 1048576 bytes", large.Errors, StringComparison.Ordinal);
    }

    private static async Task<CommandRun> CheckAsync(string text, params string[] options)
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", text);
        return await CommandRun.OfAsync(["check", "--config", folder.File("fairlead.yaml"), .. options]);
    }
}
