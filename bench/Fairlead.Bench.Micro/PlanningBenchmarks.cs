using System.Collections.Frozen;
using System.Globalization;
using BenchmarkDotNet.Attributes;
using Fairlead.Core.Budgets;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Providers.Registry;

namespace Fairlead.Bench.Micro;

/// <summary>
/// Planning with 50 routes and 100 targets (DESIGN section 9). The request matches the last route's rule, so that all of them are
/// evaluated; its first tier has 25 candidates: those that a constraint, the route and health leave of a hundred.
/// </summary>
[MemoryDiagnoser]
public class PlanningBenchmarks
{
    private GatewaySnapshot _snapshot = null!;
    private RequestFacts _facts = null!;
    private HealthView _health = null!;
    private long _version;

    /// <summary>How the last route orders its candidates.</summary>
    [Params("order", "cost", "latency")]
    public string Prefer { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        var lines = new List<string> { "providers:" };
        for (var i = 0; i < 10; i++) lines.Add($"  p{i}: {{ kind: openai-compatible, base_url: \"http://127.0.0.1:{i + 1}/v1\", region: {(i % 2 == 0 ? "eu" : "us")}, facts: [soc2{(i % 3 == 0 ? ", hipaa" : "")}] }}");
        lines.Add("targets:");
        for (var i = 0; i < 100; i++) lines.Add(string.Create(CultureInfo.InvariantCulture, $"  t{i}: {{ provider: p{i % 10}, model: m{i}, price: {{ input: {1 + (i % 7)}, output: {4 + (i % 11)} }}, json_schema: true, tools: true, context_window: 200000, quality: {0.5 + (i / 250.0)} }}"));
        lines.Add("constraints:");
        lines.Add("  - { name: health data, when: '\"phi\" in sensitivity', require: '\"hipaa\" in provider.facts' }");
        lines.Add("  - { name: eu, when: 'caller.team == \"legal\"', require: provider.region == \"eu\" }");
        lines.Add("routes:");
        for (var i = 0; i < 49; i++) lines.Add($"  - {{ name: r{i}, when: 'workload == \"extraction\" && caller.feature == \"f{i}\"', tiers: [ {{ require: target.json_schema, prefer: cost }} ] }}");
        lines.Add($"  - {{ name: last, require: target.json_schema && target.quality >= 0.7, tiers: [ {{ require: health.p95_ms < 800, prefer: {Prefer} }}, {{ use: [t0, t1] }} ] }}");
        var compiler = new ConfigurationCompiler(VendorRegistry.LoadBuiltIn(), BuiltInCatalog.Load(), new SecretReader(_ => null, _ => ""));
        _snapshot = compiler.Compile(string.Join('\n', lines), "bench.yaml", "").Snapshot ?? throw new InvalidOperationException("The configuration of the benchmark is wrong.");
        _facts = new RequestFacts
        {
            RequestId = "req_00000000000000000000000000",
            AcceptedAt = DateTimeOffset.UnixEpoch,
            Caller = new Caller("acme", "key") { Feature = "other", Team = "legal" },
            Operation = "chat",
            Dialect = "openai-chat",
            Model = "auto",
            IsStream = false,
            PromptTokensBound = 4000,
            BodyBytes = 4200,
            Workload = new("extraction", 1, Core.Classification.WorkloadSource.Header),
            Content = NoContent.Instance,
        };
        _health = Health();
    }

    /// <summary>A plan, as one request after the other has it.</summary>
    [Benchmark(Baseline = true)]
    public object Plan() => RoutePlanner.Plan(new RequestInputs(_facts, _snapshot.Signals, BudgetView.None), _snapshot, _health, new RuleErrors());

    /// <summary>The first plan after the measured values have changed, at most four times a second.</summary>
    [Benchmark]
    public object PlanOfNewView() => RoutePlanner.Plan(new RequestInputs(_facts, _snapshot.Signals, BudgetView.None), _snapshot, _health with { Version = ++_version }, new RuleErrors());

    private HealthView Health() => new(
        1,
        Enumerable.Range(0, 100).ToFrozenDictionary(
            i => $"t{i}", i => new TargetHealth { Samples = 100, TimedSamples = 100, JudgedSamples = 100, P50Ms = 200, P95Ms = 300 + (i * 4), P99Ms = 2000, SuccessRate = 1 }, StringComparer.Ordinal));
}
