using System.Collections.Immutable;
using Fairlead.Core.Budgets;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Core.Tests.Configuration;

namespace Fairlead.Core.Tests.Routing;

/// <summary>Snapshots, requests and plans for tests of routing.</summary>
internal static class Worlds
{
    public const string Text = """
        providers:
          east: { kind: simulated }
          west: { kind: openai-compatible, base_url: "http://127.0.0.1:1/v1", keys: ["env:WEST"] }
          openai: { kind: openai, keys: ["env:OPENAI"] }
        targets:
          large: { provider: east, model: big, price: { input: 1, output: 2 } }
          large-west: { provider: west, model: big, deployment: big-7, price: { input: 3, output: 4 } }
          mini: { provider: openai, model: gpt-5-mini }
        aliases: { gpt-4o: auto, "gpt-*": cheap, "gpt-4*": large, chain: gpt-4o, pinned: large-west, loose: openai/gpt-4o, "own-*": own-thing, own-thing: mini }
        defaults: { timeouts: { deadline: 99s } }
        routes:
          - name: default
            timeouts: { gap: 7s }
            tiers: [ { name: primary, use: [large, mini] }, { name: elsewhere, use: [large-west] } ]
          - { name: cheap, tiers: [ { use: [mini] }, { use: [large] } ] }
        """;

    public static GatewaySnapshot Whole { get; } = Compiling.Snapshot(Text, ("WEST", "west-key"), ("OPENAI", "openai-key"));

    /// <summary>The same without the key of openai.</summary>
    public static GatewaySnapshot WithoutOpenAi { get; } = Compiling.Snapshot(Text, ("WEST", "west-key"));

    public static RequestFacts Asking(string model) => new()
    {
        RequestId = "req_00000000000000000000000000",
        AcceptedAt = DateTimeOffset.UnixEpoch,
        Caller = Caller.Anonymous,
        Operation = "chat",
        Dialect = "openai-chat",
        Model = model,
        IsStream = false,
        PromptTokensBound = 10,
        BodyBytes = 10,
        Content = NoContent.Instance,
    };

    public static Target Target(string name, int keys = 0) => new()
    {
        Name = name,
        Model = name,
        Facts = Core.Catalog.ModelFacts.Unknown,
        Provider = new Provider
        {
            Name = "at-" + name,
            Kind = "openai-compatible",
            Dialect = "openai-chat",
            Credentials = CredentialScheme.Bearer,
            AddressIsConfigured = true,
            Keys = [.. Enumerable.Range(0, keys).Select(i => new Secret($"env:K{i}", $"key-{i}"))],
            MissingKeys = [],
            NeedsKey = keys > 0,
            Facts = [],
            AcceptsStreamOptions = true,
        },
    };

    /// <summary>The plan of a request; null when nothing has the name it asks for.</summary>
    public static RoutePlan? PlanOf(RequestFacts facts, GatewaySnapshot snapshot, HealthView? health = null)
    {
        var inputs = new RequestInputs(facts, snapshot.Signals, BudgetView.None);
        var errors = new RuleErrors();
        Classifier.Classify(inputs, snapshot.Workloads, snapshot.Sensitivity, errors, RoutePlanner.ReadsOf(snapshot).Workload);
        return (RoutePlanner.Plan(inputs, snapshot, health ?? HealthView.Empty, errors) as Planning.Planned)?.Plan;
    }

    /// <summary>A plan whose tiers have these candidates.</summary>
    public static RoutePlan Plan(params Target[][] tiers) => new()
    {
        Route = null,
        Tiers = [.. tiers.Select((candidates, i) => new PlannedTier($"tier {i + 1}", i + 1, [.. candidates.Select((target, place) => new Candidate(target, place + 1))]))],
        Rejected = ImmutableArray<RejectedCandidate>.Empty,
        Timeouts = Timeouts.Default,
    };
}
