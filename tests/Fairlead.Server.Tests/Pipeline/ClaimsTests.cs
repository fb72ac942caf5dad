using System.Collections.Frozen;
using System.Text;
using Fairlead.Core.Catalog;
using Fairlead.Core.Classification;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Dialects;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Hosting;
using Fairlead.Pipeline;
using Fairlead.Providers.Registry;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>What becomes of claims: the facts that rules see.</summary>
public sealed class ClaimsTests
{
    private static readonly GatewaySnapshot Snapshot = Compiled();

    private static readonly Caller Keyed = new("acme", "app") { Team = "growth" };

    public static TheoryData<string, string, string> BadClaims => new()
    {
        { "feature", "", "Must be 1 to 128 printable ASCII characters." },
        { "user", "caf\u00E9", "Must be 1 to 128 printable ASCII characters." },
        { "template", new string('t', 129), "Must be 1 to 128 printable ASCII characters." },
        { "workload", "summarisation", "'summarisation' is not a workload of this gateway; did you mean 'summarization'?" },
        { "workload", "Summarization", "'Summarization' is not a workload of this gateway; did you mean 'summarization'?" },
        { "workload", "", "'' is not a workload of this gateway; known are agentic_tool_use, classification, code_generation, customer_support, deep_reasoning, extraction, open_qa, rewriting_generation, summarization." },
        { "sensitivity", "ph1", "'ph1' is not a sensitivity label of this gateway; did you mean 'phi'?" },
        { "sensitivity", "pii, ph1", "'ph1' is not a sensitivity label of this gateway; did you mean 'phi'?" },
        { "sensitivity", "PHI", "'PHI' is not a sensitivity label of this gateway; did you mean 'phi'?" },
        { "sensitivity", "none", "'none' is not a sensitivity label of this gateway; known are financial_account, legal_confidential, phi, pii, secret." },
        { "sensitivity", "", "Must be sensitivity labels, comma-separated, none of them empty." },
        { "sensitivity", "pii,,phi", "Must be sensitivity labels, comma-separated, none of them empty." },
        { "sensitivity", "pii,", "Must be sensitivity labels, comma-separated, none of them empty." },
        { "sensitivity", string.Join(',', Enumerable.Repeat("pii", 17)), "May hold 16 labels at most." },
        { "latency-budget-ms", "0", "Must be a whole number of milliseconds from 1 to 86400000." },
        { "latency-budget-ms", "1.5", "Must be a whole number of milliseconds from 1 to 86400000." },
        { "latency-budget-ms", "86400001", "Must be a whole number of milliseconds from 1 to 86400000." },
        { "timeout-ms", "-1", "Must be a whole number of milliseconds from 1 to 86400000." },
        { "max-cost-usd", "$0.05", "Must be decimal dollars from 0 to 1000000 with at most nine decimals, such as 0.05." },
        { "max-cost-usd", "-0.05", "Must be decimal dollars from 0 to 1000000 with at most nine decimals, such as 0.05." },
        { "max-cost-usd", "0,05", "Must be decimal dollars from 0 to 1000000 with at most nine decimals, such as 0.05." },
        { "max-cost-usd", "1e-3", "Must be decimal dollars from 0 to 1000000 with at most nine decimals, such as 0.05." },
        { "max-cost-usd", "0.0000000001", "Must be decimal dollars from 0 to 1000000 with at most nine decimals, such as 0.05." },
        { "max-cost-usd", "1000000.01", "Must be decimal dollars from 0 to 1000000 with at most nine decimals, such as 0.05." },
        { "dry-run", "yes", "Must be true or false." },
    };

    [Theory]
    [MemberData(nameof(BadClaims))]
    public void Claim_Wrong_IsRefusedInAHeaderAndInMetadata(string claim, string value, string message)
    {
        var claims = Claims.None;
        var header = Claims.TryAddHeader("X-Fairlead-" + claim, value, CallerPermissions.Unrestricted, Snapshot, ref claims);
        Assert.Equal(("invalid_header", message, "x-fairlead-" + claim), (header!.Code, header.Message, header.Param));
        Assert.Same(Claims.None, claims);

        var member = "fairlead." + claim.Replace('-', '_');
        foreach (var dialect in Dialects)
        {
            var inBody = Refused(dialect, $"\"{member}\":{Quoted(value)}");
            Assert.Equal(("invalid_member", message, "metadata." + member), (inBody.Code, inBody.Message, inBody.Param));
        }
    }

    [Fact]
    public void Claims_InHeaders_BecomeFacts()
    {
        var claims = WithHeaders(
            ("feature", "search"), ("user", "u-1"), ("user-tier", "gold"), ("environment", "prod"), ("journey", "j"), ("template", "tldr"), ("workload", "summarization"),
            ("sensitivity", "phi, pii,phi"), ("latency-budget-ms", "800"), ("max-cost-usd", "0.05"), ("timeout-ms", "1000"));
        var facts = Facts(ChatDialect.Instance, claims, "\"a\":\"b\"");

        Assert.Equal(Keyed with { Feature = "search", User = "u-1", UserTier = "gold", Environment = "prod", Journey = "j" }, facts.Caller);
        Assert.Equal(("tldr", "summarization", WorkloadSource.Header), (facts.Template, facts.Workload.Name, facts.Workload.Source));
        Assert.Equal(["phi", "pii"], facts.Sensitivity);
        Assert.Equal((TimeSpan.FromMilliseconds(800), new Usd(50_000_000)), (facts.LatencyBudget, facts.MaxCost));
        Assert.Equal(TimeSpan.FromSeconds(1), claims.Timeout);
        Assert.Equal([new KeyValuePair<string, string>("a", "b")], facts.Content.Metadata);
    }

    [Fact]
    public void Claims_InMetadata_BecomeTheSameFacts()
    {
        foreach (var dialect in Dialects)
        {
            var facts = Facts(
                dialect, Claims.None,
                """
                "fairlead.feature":"search","fairlead.user":"u-1","fairlead.user_tier":"gold","fairlead.environment":"prod","fairlead.journey":"j","fairlead.template":"tldr","a":"b",
                "fairlead.workload":"summarization","fairlead.sensitivity":"pii,phi","fairlead.latency_budget_ms":"800","fairlead.max-cost-usd":"0.05"
                """);

            Assert.Equal(Keyed with { Feature = "search", User = "u-1", UserTier = "gold", Environment = "prod", Journey = "j" }, facts.Caller);
            Assert.Equal(("tldr", "summarization", WorkloadSource.Metadata), (facts.Template, facts.Workload.Name, facts.Workload.Source));
            Assert.Equal(["phi", "pii"], facts.Sensitivity);
            Assert.Equal((TimeSpan.FromMilliseconds(800), new Usd(50_000_000)), (facts.LatencyBudget, facts.MaxCost));
            Assert.Equal([new KeyValuePair<string, string>("a", "b")], facts.Content.Metadata);
        }
    }

    [Fact]
    public void Claims_InBothPlaces_TheBodyWins_AndLabelsAddUp()
    {
        var facts = Facts(
            ChatDialect.Instance, WithHeaders(("feature", "search"), ("workload", "extraction"), ("sensitivity", "phi"), ("template", "t")),
            """ "fairlead.feature":"chat","fairlead.workload":"open_qa","fairlead.sensitivity":"secret" """);

        Assert.Equal(("chat", "t", "open_qa", WorkloadSource.Metadata), (facts.Caller.Feature, facts.Template, facts.Workload.Name, facts.Workload.Source));
        Assert.Equal(["phi", "secret"], facts.Sensitivity);
    }

    [Fact]
    public void Claims_None_LeaveTheKeysCaller()
    {
        var facts = Facts(MessagesDialect.Instance, Claims.None, "");

        Assert.Same(Keyed, facts.Caller);
        Assert.Equal((null, "", WorkloadSource.None, null, null), (facts.Template, facts.Workload.Name, facts.Workload.Source, facts.LatencyBudget, facts.MaxCost));
        Assert.Empty(facts.Sensitivity);
    }

    [Theory]
    [InlineData(""" "fairlead.user_tier":"a","fairlead.user-tier":"b" """, "duplicate_member", "metadata.fairlead.user-tier")]
    [InlineData(""" "fairlead.colour":"red" """, "unknown_member", "metadata.fairlead.colour")]
    [InlineData(""" "fairlead.":"red" """, "unknown_member", "metadata.fairlead.")]
    [InlineData(""" "fairlead.cache":"off" """, "not_in_this_version", "metadata.fairlead.cache")]
    public void Metadata_OtherMembers_AreRefused(string members, string code, string param)
    {
        foreach (var dialect in Dialects)
        {
            var refusal = Refused(dialect, members);
            Assert.Equal((code, param), (refusal.Code, refusal.Param));
        }
    }

    public static TheoryData<string, string, string> EveryClaim => new()
    {
        { "feature", "feature", "search" },
        { "user", "user", "u-1" },
        { "user_tier", "user-tier", "gold" },
        { "journey", "journey", "j" },
        { "workload", "workload", "extraction" },
        { "sensitivity", "sensitivity", "phi" },
        { "template", "template", "t" },
        { "environment", "environment", "prod" },
        { "latency_budget", "latency-budget-ms", "800" },
        { "timeout", "timeout-ms", "800" },
        { "max_cost", "max-cost-usd", "0.05" },
        { "dry_run", "dry-run", "false" },
    };

    [Theory]
    [MemberData(nameof(EveryClaim))]
    public void Claim_BeyondTheKey_IsRefusedInAHeaderAndInMetadata_AndNoOtherIs(string word, string claim, string value)
    {
        var others = new CallerPermissions { MaySet = ClaimNames.All.Remove(word).ToFrozenSet() };
        var alone = new CallerPermissions { MaySet = [word] };
        var claims = Claims.None;
        var refusal = Claims.TryAddHeader("X-Fairlead-" + claim, value, others, Snapshot, ref claims);
        Assert.Equal(("claim_not_allowed", 403, $"The key may not set x-fairlead-{claim}.", "x-fairlead-" + claim), (refusal!.Code, refusal.Status, refusal.Message, refusal.Param));
        Assert.Same(Claims.None, claims);
        Assert.Null(Claims.TryAddHeader("X-Fairlead-" + claim, value, alone, Snapshot, ref claims));

        var member = "fairlead." + claim.Replace('-', '_');
        foreach (var dialect in Dialects)
        {
            var inBody = Dry(dialect, Claims.None, $"\"{member}\":{Quoted(value)}", out _, Keyed with { Permissions = others });
            Assert.Equal(("claim_not_allowed", $"The key may not set x-fairlead-{claim}.", "metadata." + member), (inBody!.Code, inBody.Message, inBody.Param));
            Assert.Null(Dry(dialect, Claims.None, $"\"{member}\":{Quoted(value)}", out _, Keyed with { Permissions = alone }));
        }
    }

    [Fact]
    public void Claim_BeyondTheKey_IsRefusedBeforeItsValueIsRead()
    {
        var claims = Claims.None;
        Assert.Equal("claim_not_allowed", Claims.TryAddHeader("x-fairlead-timeout-ms", "soon", new CallerPermissions { MaySet = [] }, Snapshot, ref claims)!.Code);
        Assert.Equal("unknown_header", Claims.TryAddHeader("x-fairlead-colour", "red", new CallerPermissions { MaySet = [] }, Snapshot, ref claims)!.Code);
    }

    [Fact]
    public void Names_OfTheSnapshot_AreKnownToo()
    {
        var claims = Claims.None;
        var snapshot = Compiled(SensitivityLabels.Names.With(["export_controlled"]), Workloads.Names.With(["translation"]));

        Assert.Null(Claims.TryAddHeader("x-fairlead-sensitivity", "export_controlled", CallerPermissions.Unrestricted, snapshot, ref claims));
        Assert.Null(Claims.TryAddHeader("x-fairlead-workload", "translation", CallerPermissions.Unrestricted, snapshot, ref claims));
        Assert.Equal(["export_controlled"], claims.Sensitivity);
        Assert.Equal("translation", claims.Workload);
        Assert.NotNull(Claims.TryAddHeader("x-fairlead-sensitivity", "export_controlled", CallerPermissions.Unrestricted, Snapshot, ref claims));
    }

    private static readonly IDialect[] Dialects = [ChatDialect.Instance, MessagesDialect.Instance];

    private static Claims WithHeaders(params (string Name, string Value)[] headers)
    {
        var claims = Claims.None;
        foreach (var (name, value) in headers) Assert.Null(Claims.TryAddHeader("x-fairlead-" + name, value, CallerPermissions.Unrestricted, Snapshot, ref claims));
        return claims;
    }

    private static RequestFacts Facts(IDialect dialect, Claims claims, string metadata)
    {
        Assert.Null(Dry(dialect, claims, metadata, out var facts));
        return facts!;
    }

    private static Refusal Refused(IDialect dialect, string metadata) => Dry(dialect, Claims.None, metadata, out _) ?? throw new InvalidOperationException("It was let in.");

    private static Refusal? Dry(IDialect dialect, Claims claims, string metadata, out RequestFacts? facts, Caller? caller = null)
    {
        var body = Encoding.UTF8.GetBytes("{\"model\":\"t\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"metadata\":{" + metadata + "}}");
        RequestFacts? decided = null;
        var refusal = Deciding.Decider.DecideDry(dialect, body, "req_00000000000000000000000000", DateTimeOffset.UnixEpoch, new Admitted(caller ?? Keyed, claims), Snapshot, decision =>
        {
            decided = decision.Facts;
            _ = decided.Content.Metadata; // kept once it is read
        });
        facts = decided;
        return refusal;
    }

    private static string Quoted(string value) => System.Text.Json.Nodes.JsonValue.Create(value).ToJsonString();

    private static GatewaySnapshot Compiled(KnownNames? labels = null, KnownNames? workloads = null)
    {
        var compiler = new ConfigurationCompiler(VendorRegistry.LoadBuiltIn(), BuiltInCatalog.Load(), new SecretReader(_ => null, _ => ""), SimulatedVendors.Defect);
        var load = SnapshotSource.FromText(compiler, """
            providers: { p: { kind: openai-compatible, base_url: "http://127.0.0.1:9/v1" } }
            targets: { t: { provider: p, model: m } }
            routes: [ { name: default, tiers: [ { use: [t] } ] } ]
            """, "test.yaml");
        var compiled = load.Source!.Current;
        return compiled with { SensitivityLabels = labels ?? compiled.SensitivityLabels, WorkloadNames = workloads ?? compiled.WorkloadNames };
    }
}
