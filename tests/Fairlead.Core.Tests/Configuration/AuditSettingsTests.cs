using Fairlead.Core.Configuration;
using Fairlead.Core.Revisions;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>Where checkpoints of the audit log go: what is taken, what is refused, and what a change of it is called.</summary>
public sealed class AuditSettingsTests
{
    private const string Rest = "\nproviders: { p: { kind: simulated } }\ntargets: { t: { provider: p, model: m, price: { input: 0, output: 0 } } }\nroutes: [ { name: default, tiers: [ { use: [t] } ] } ]";

    [Fact]
    public void Everything_IsTaken()
    {
        var compiled = Compiling.Compiler(("HOOK", "https://hooks.acme.example/in?token=1"), ("SIGN", "0123456789abcdef"))
            .Compile("audit: { checkpoint: { file: \"audit/checkpoints\", webhook: \"env:HOOK\", key: \"env:SIGN\", every: 30s } }" + Rest, "fairlead.yaml", "/etc/fairlead");

        var audit = compiled.Snapshot!.Audit;
        Assert.Equal(("/etc/fairlead/audit/checkpoints", "https://hooks.acme.example/in?token=1", "0123456789abcdef", TimeSpan.FromSeconds(30)), (audit.File, audit.Webhook!.Reveal(), audit.WebhookKey!.Reveal(), audit.Every));
        Assert.True(audit.AreTaken);
        Assert.Empty(compiled.Snapshot.Warnings);
    }

    [Theory]
    [InlineData("")]
    [InlineData("audit: {}")]
    [InlineData("audit: { checkpoint: {} }")]
    public void Nothing_TakesNone(string text)
    {
        Assert.Equal(new AuditSettings(), Compiling.Snapshot(text + Rest).Audit);
        Assert.False(Compiling.Snapshot(text + Rest).Audit.AreTaken);
        Assert.Equal(TimeSpan.FromSeconds(60), Compiling.Snapshot(text + Rest).Audit.Every);
    }

    [Theory]
    [InlineData("checkpoint: x", "(1,22): audit.checkpoint: must be a mapping")]
    [InlineData("checkpiont: {}", "(1,10): audit.checkpiont: unknown key; did you mean 'checkpoint'?")]
    [InlineData("checkpoint: { url: x }", "(1,24): audit.checkpoint.url: unknown key; known here: file, webhook, key, every")]
    [InlineData("checkpoint: { file: x, every: 999ms }", "(1,40): audit.checkpoint.every: must be a time from 1s to 1h")]
    [InlineData("checkpoint: { file: x, every: 61m }", "(1,40): audit.checkpoint.every: must be a time from 1s to 1h")]
    [InlineData("checkpoint: { every: 60s }", "(1,31): audit.checkpoint.every: is for checkpoints, and neither 'file' nor 'webhook' says where they go")]
    [InlineData("checkpoint: { file: x, key: \"env:SIGN\" }", "(1,38): audit.checkpoint.key: signs what goes to a webhook, and there is none")]
    [InlineData("checkpoint: { webhook: \"https://hooks.acme.example/token\" }", "(1,33): audit.checkpoint.webhook: must be env:NAME or file:PATH; a secret itself never stands in a configuration")]
    [InlineData("checkpoint: { webhook: \"env:NONE\" }", "(1,33): audit.checkpoint.webhook: no value in env:NONE")]
    [InlineData("checkpoint: { webhook: \"env:BAD\" }", "(1,33): audit.checkpoint.webhook: env:BAD must hold an http or https address without user and fragment")]
    [InlineData("checkpoint: { webhook: \"env:USER\" }", "(1,33): audit.checkpoint.webhook: env:USER must hold an http or https address without user and fragment")]
    public void Wrong_IsRefused(string audit, string error)
    {
        var errors = Compiling.Errors($"audit: {{ {audit} }}" + Rest, ("SIGN", "0123456789abcdef"), ("BAD", "ftp://canary.acme.example"), ("USER", "https://canary:canary@acme.example"));

        Assert.StartsWith("fairlead.yaml" + error, Assert.Single(errors), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void PlainHttpToAnotherMachine_IsWarnedOf()
    {
        var compiled = Compiling.Compiler(("HOOK", "http://hooks.acme.example/")).Compile("audit: { checkpoint: { webhook: \"env:HOOK\" } }" + Rest, "fairlead.yaml", "");

        Assert.Contains("plain http to another machine", Assert.Single(compiled.Snapshot!.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void StandIns_AreNoAddressesAndTakenAllTheSame()
    {
        var text = "audit: { checkpoint: { webhook: \"env:HOOK\", key: \"env:SIGN\" } }" + Rest;

        Assert.Empty(Compiling.Compiler().WithoutSecrets().Compile(text, "fairlead.yaml", "").Errors);
        Assert.Empty(new ConfigurationCompiler(Providers.Registry.VendorRegistry.LoadBuiltIn(), new Core.Catalog.ModelCatalog("none", []), SecretReader.AllSet).Compile(text, "fairlead.yaml", "").Errors);
    }

    [Fact]
    public void Change_IsSaid()
    {
        var none = Read("");
        var some = Read("audit: { checkpoint: { file: a, webhook: \"env:HOOK\", key: \"env:SIGN\" } }");
        var others = Read("audit: { checkpoint: { file: a, webhook: \"env:HOOK_TWO\", key: \"env:SIGN\", every: 10s } }");

        Assert.Equal(
            ["audit: checkpoint file now a instead of none", "audit: checkpoint webhook now env:HOOK instead of none", "audit: checkpoint key now env:SIGN instead of none", "audit: checkpoints every now 60 s instead of none"],
            SnapshotDiff.Between(none, some).Select(change => change.ToString()));
        Assert.Equal(["audit: checkpoint webhook now env:HOOK_TWO instead of env:HOOK", "audit: checkpoints every now 10 s instead of 60 s"], SnapshotDiff.Between(some, others).Select(change => change.ToString()));

        static GatewaySnapshot Read(string audit) => Compiling.Compiler().WithoutSecrets().Compile(audit + Rest, "fairlead.yaml", "").Snapshot!;
    }
}
