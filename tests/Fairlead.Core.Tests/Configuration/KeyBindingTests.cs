using Fairlead.Core.Configuration;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>What the configuration says of a key.</summary>
public sealed class KeyBindingTests
{
    private const string Least = """
        providers: { p: { kind: simulated } }
        targets: { t: { provider: p, model: m } }
        routes: [ { name: default, tiers: [ { use: [t] } ] } ]
        """;

    [Fact]
    public void Key_WithoutPermissions_MayAll()
    {
        var key = Key("");

        Assert.Equal((null, null, null), (key.Owner, key.ExpiresAt, key.Permissions.MaySet));
        Assert.True(key.Permissions.AllowsClaim("user") && key.Permissions.AllowsOperation("explain"));
        Assert.Equal((null, false), (key.Permissions.Tools, key.Permissions.IsMinimal));
    }

    [Fact]
    public void Key_WithPermissions_MayThose()
    {
        var key = Key(", may_set: [user, latency_budget], operations: [chat, explain], tools: [get_weather], expose: full, expires: 2027-06-30, owner: \"team growth <growth@acme.example>\"");

        Assert.Equal("team growth <growth@acme.example>", key.Owner);
        Assert.Equal(new DateTimeOffset(2027, 7, 1, 0, 0, 0, TimeSpan.Zero), key.ExpiresAt);
        Assert.True(key.Permissions.AllowsClaim("latency_budget"));
        Assert.False(key.Permissions.AllowsClaim("feature"));
        Assert.True(key.Permissions.AllowsOperation("explain"));
        Assert.False(key.Permissions.AllowsOperation("models"));
        Assert.Equal(["get_weather"], key.Permissions.Tools!);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("none")]
    [InlineData("[]")]
    public void Tools_None_AreNone(string tools) => Assert.Empty(Key($", tools: {tools}").Permissions.Tools!);

    [Fact]
    public void Tools_True_AreAny() => Assert.Null(Key(", tools: true").Permissions.Tools);

    [Fact]
    public void Claims_AnEmptyList_AreNone() => Assert.False(Key(", may_set: []").Permissions.AllowsClaim("user"));

    [Fact]
    public void Expose_Minimal_HasNoDecisions() => Assert.False(Key(", expose: minimal").Permissions.AllowsOperation("explain"));

    [Fact]
    public void Expiry_Past_IsAWarning_FromTheFirstMomentAfterTheDay()
    {
        Assert.Empty(Warnings(new DateTimeOffset(2026, 6, 30, 23, 59, 59, TimeSpan.Zero)));
        Assert.Equal(["fairlead.yaml(4,46): keys[0].expires: the key 'a' has expired: its requests are refused"], Warnings(new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    [Theory]
    [InlineData("", "keys are configured and admin.key is not: the administration API and /metrics are closed")]
    [InlineData("admin: { metrics: guarded }", "keys are configured and admin.key is not: the administration API and /metrics are closed")]
    [InlineData("admin: { metrics: open }", "keys are configured and admin.key is not: the administration API is closed")]
    [InlineData("admin: { key: \"env:B\" }", null)]
    public void Keys_WithoutAnAdminKey_AreAWarning(string admin, string? expected)
    {
        var snapshot = Compiling.Snapshot(Text("") + "\n" + admin, ("A", "0123456789abcdef"), ("B", "fedcba9876543210"));

        Assert.Equal(expected is null ? [] : ["fairlead.yaml(1,1): " + expected], snapshot.Warnings.Where(warning => warning.Contains("admin.key", StringComparison.Ordinal)));
        Assert.Empty(Compiling.Snapshot(Least + "\nadmin: { metrics: guarded }").Warnings.Where(warning => warning.Contains("admin.key", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Warnings(DateTimeOffset now)
    {
        var compiled = Compiling.Compiler(new ManualClock(now), ("A", "0123456789abcdef")).Compile(Text(", expires: 2026-06-30"), "fairlead.yaml", "");
        return compiled.Warnings.Where(warning => warning.Contains("keys[0]", StringComparison.Ordinal));
    }

    private static ClientKey Key(string members) => Assert.Single(Compiling.Snapshot(Text(members), ("A", "0123456789abcdef")).Keys);

    private static string Text(string members) => Least + $"\nkeys: [ {{ name: a, secret: \"env:A\"{members} }} ]";

    private sealed class ManualClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
