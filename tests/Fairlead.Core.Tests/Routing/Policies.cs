using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Fairlead.Core.Budgets;
using Fairlead.Core.Classification;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Core.Tests.Configuration;

namespace Fairlead.Core.Tests.Routing;

/// <summary>Policies under test: a world of targets, requests with a text, health as it might be measured.</summary>
internal static class Policies
{
    /// <summary>Six targets of four vendors in two regions, without rules.</summary>
    public const string Targets = """
        providers:
          us:     { kind: openai-compatible, base_url: "http://127.0.0.1:1/v1", region: us, facts: [soc2, dpa] }
          eu:     { kind: openai-compatible, base_url: "http://127.0.0.1:2/v1", region: eu, facts: [soc2, dpa, hipaa, zdr] }
          zdr:    { kind: openai-compatible, base_url: "http://127.0.0.1:3/v1", region: us, facts: [soc2, zdr] }
          onprem: { kind: openai-compatible, base_url: "http://127.0.0.1:4/v1", region: onprem, facts: [onprem, hipaa] }
        targets:
          mini:   { provider: us, model: mini, family: m, price: { input: 0.25, output: 2 }, json_schema: true, tools: true, vision: true, context_window: 100000, quality: { default: 0.7, extraction: 0.95 } }
          big:    { provider: us, model: big, family: b, price: { input: 2.5, output: 10 }, json_schema: true, tools: true, reasoning: true, context_window: 400000, quality: 0.9, max_output: 8000 }
          eumini: { provider: eu, model: mini, family: m, price: { input: 0.3, output: 2.2 }, json_schema: true, tools: true, context_window: 100000, quality: { default: 0.7, extraction: 0.95 } }
          eubig:  { provider: eu, model: big, family: b, price: { input: 3, output: 12 }, json_schema: true, reasoning: true, tools: true, quality: 0.9 }
          deep:   { provider: zdr, model: deep, family: d, price: { input: 5, output: 25 }, reasoning: true, quality: 0.97 }
          local:  { provider: onprem, model: local, family: l, price: { input: 0, output: 0 }, json_schema: false, tools: false, vision: false, quality: 0.5, tags: [slow] }
        """;

    public static GatewaySnapshot Snapshot(string rules) => Compiling.Snapshot(Targets + "\n" + rules);

    /// <summary>A request as it is asked; change it by <c>with</c>.</summary>
    public static RequestFacts Request(string model = "auto", string prompt = "", int number = 0) => Worlds.Asking(model) with
    {
        RequestId = $"req_{number:D26}",
        PromptTokensBound = 4000,
        Content = new TextContent(prompt),
    };

    public static RequestFacts From(this RequestFacts request, string? feature = null, string? team = null, string? journey = null, string? environment = null, string? userTier = null) =>
        request with { Caller = request.Caller with { Feature = feature, Team = team, Journey = journey, Environment = environment, UserTier = userTier } };

    public static HealthView Health(params (string Target, double P95Ms, double Success)[] measured) => new(
        1 + measured.GetHashCode(),
        measured.ToFrozenDictionary(
            one => one.Target,
            one => new TargetHealth { Samples = 500, TimedSamples = 500, JudgedSamples = 500, P50Ms = one.P95Ms / 2, P95Ms = one.P95Ms, P99Ms = one.P95Ms * 2, SuccessRate = one.Success },
            StringComparer.Ordinal));

    public static Planning Decide(GatewaySnapshot snapshot, RequestFacts facts, HealthView? health = null, RuleErrors? errors = null, BudgetView? budget = null)
    {
        var inputs = new RequestInputs(facts, snapshot.Signals, budget ?? BudgetView.None);
        errors ??= new RuleErrors();
        Classifier.Classify(inputs, snapshot.Workloads, snapshot.Sensitivity, errors, RoutePlanner.ReadsOf(snapshot).Workload);
        return RoutePlanner.Plan(inputs, snapshot, health ?? HealthView.Empty, errors);
    }

    public static RoutePlan Plan(GatewaySnapshot snapshot, RequestFacts facts, HealthView? health = null) => Assert.IsType<Planning.Planned>(Decide(snapshot, facts, health)).Plan;

    /// <summary>The targets of a tier in their order.</summary>
    public static string[] Order(this RoutePlan plan, int tier = 0) => [.. plan.Tiers[tier].Candidates.Select(candidate => candidate.Target.Name)];

    /// <summary>All targets that a plan might send to.</summary>
    public static string[] All(this RoutePlan plan) => [.. plan.Tiers.SelectMany(tier => tier.Candidates).Select(candidate => candidate.Target.Name)];

    public static string Why(this RoutePlan plan, string target) => plan.Rejected.First(rejected => rejected.Target == target).Reason;

    public static string Sentence(this RoutePlan plan)
    {
        var first = new AttemptSequence(plan, 0, OpenGate.Instance).First();
        return first is { } choice ? DecisionSentence.ForAnswer(plan, choice, []) : DecisionSentence.ForFailure(plan, []);
    }

    /// <summary>A prompt of one message.</summary>
    private sealed class TextContent(string text) : IRequestContent
    {
        public long TextLength => text.Length;

        public long PromptTokens { get; init; } = 1000;

        public bool HasImages { get; init; }

        public bool HasCodeFence => text.Contains("```", StringComparison.Ordinal);

        public IReadOnlyList<string> ToolNames { get; init; } = [];

        public IReadOnlyDictionary<string, string> Metadata { get; init; } = FrozenDictionary<string, string>.Empty;

        public bool Mentions(PhraseSet phrases) => phrases.IsIn(text);

        public bool Matches(Regex pattern) => pattern.IsMatch(text);
    }

    /// <summary>A prompt of so many tokens.</summary>
    public static IRequestContent Tokens(long tokens) => new TextContent("") { PromptTokens = tokens };

    public static IRequestContent Image => new TextContent("") { HasImages = true };
}
