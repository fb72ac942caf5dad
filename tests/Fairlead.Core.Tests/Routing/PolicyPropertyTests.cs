using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;

namespace Fairlead.Core.Tests.Routing;

/// <summary>
/// Policies made at random, each rule as the text of the configuration and as plain code of the test: what the code forbids stands in no
/// plan, and the same request has the same plan, whatever was planned before it.
/// </summary>
public sealed class PolicyPropertyTests
{
    /// <summary>A target, as its configuration is written from it and as the test judges it.</summary>
    private sealed record World(string Name, string Region, bool Hipaa, bool Zdr, int Input, bool? Tools, int? Window, bool IsDevOnly, double? Quality)
    {
        public string Provider => $"p-{Region}-{(Hipaa ? 1 : 0)}{(Zdr ? 1 : 0)}";
    }

    /// <summary>A request, in the same way.</summary>
    private sealed record Ask(int Number, string Model, string? Feature, string? Team, bool Phi, bool Tools, bool Stream, int Tokens, string? Environment, string Workload);

    /// <summary>A rule over requests.</summary>
    private sealed record When(string Text, Func<Ask, bool> Holds);

    /// <summary>A rule over targets.</summary>
    private sealed record Require(string Text, Func<Ask, World, bool> Holds);

    private static readonly When[] Whens =
    [
        new("true", _ => true),
        new("\"phi\" in sensitivity", ask => ask.Phi),
        new("caller.feature == \"clinic\"", ask => ask.Feature == "clinic"),
        new("caller.team in [\"legal\", \"risk\"] && request.stream", ask => ask.Team is "legal" or "risk" && ask.Stream),
        new("!request.has_tools || caller.feature != \"clinic\"", ask => !ask.Tools || ask.Feature != "clinic"),
        new("workload == \"extraction\"", ask => ask.Workload == "extraction"),
        new("request.max_tokens / (request.max_tokens - request.max_tokens) > 1", _ => true), // errs always: counts as matched
    ];

    private static readonly Require[] Requires =
    [
        new("provider.region != \"us\"", (_, target) => target.Region != "us"),
        new("\"hipaa\" in provider.facts", (_, target) => target.Hipaa),
        new("provider.facts.exists(fact, fact == \"zdr\") || provider.region == \"onprem\"", (_, target) => target.Zdr || target.Region == "onprem"),
        new("target.input_price <= 3.0", (_, target) => target.Input <= 3),
        new("target.quality >= 0.8", (_, target) => (target.Quality ?? 0) >= 0.8),
        new("target.context_window > request.prompt_tokens * 2", (ask, target) => (target.Window ?? 0) > ask.Tokens * 2),
        new("!request.has_tools || target.tools", (ask, target) => !ask.Tools || target.Tools == true),
        new("target.qualities.nothing > 0.1", (_, _) => false), // errs always: rejects
    ];

    private static readonly string[] Prefers = ["order", "cost", "quality", "latency", "balanced", "{ weighted: { t0: 3, t1: 1 } }"];

    private static readonly Gen<World[]> Worlds = Gen.Select(
        OneOf("us", "eu", "onprem"), Gen.Bool, Gen.Bool, Gen.Int[1, 9], OneOf<bool?>(true, false, null), OneOf<int?>(null, 2000, 50_000),
        Gen.Bool, OneOf<double?>(null, 0.5, 0.9),
        (region, hipaa, zdr, input, tools, window, dev, quality) => new World("", region, hipaa, zdr, input, tools, window, dev, quality))
        .Array[2, 8].Select(worlds => worlds.Select((world, i) => world with { Name = $"t{i}" }).ToArray());

    private static readonly Gen<(int When, int Require)[]> Constraints = Gen.Select(Gen.Int[0, Whens.Length - 1], Gen.Int[0, Requires.Length - 1]).Array[0, 4];

    private static readonly Gen<(int When, int Require, int Tier, int Prefer)[]> Routes =
        Gen.Select(Gen.Int[0, Whens.Length - 2], Gen.Int[-1, Requires.Length - 1], Gen.Int[-1, Requires.Length - 1], Gen.Int[0, Prefers.Length - 1]).Array[1, 3];

    private static readonly Gen<Ask> Asks = Gen.Select(
        Gen.Int[0, 999_999], OneOf("auto", "auto", "auto", "r0", "last", "t0", "t1", "alias"), OneOf<string?>(null, "clinic", "shop"), OneOf<string?>(null, "legal", "risk"),
        Gen.Bool, Gen.Bool, Gen.Bool, OneOf(100, 1500, 40_000),
        (number, model, feature, team, phi, tools, stream, tokens) => new Ask(number, model, feature, team, phi, tools, stream, tokens, number % 3 == 0 ? "dev" : number % 3 == 1 ? "prod" : null, number % 2 == 0 ? "extraction" : ""));

    [Fact]
    public void Plan_HoldsNothingThatARuleForbids() =>
        Gen.Select(Worlds, Constraints, Routes, Asks.Array[1, 12]).Sample(
            (worlds, constraints, routes, asks) =>
            {
                var snapshot = Compile(worlds, constraints, routes, "enforce");
                foreach (var ask in asks)
                {
                    var plan = PlanOf(snapshot, ask);
                    var route = plan.Route is null ? null : plan.Route.Name == "last" ? default((int When, int Require, int Tier, int Prefer)?) : routes[int.Parse(plan.Route.Name[1..], CultureInfo.InvariantCulture)];
                    foreach (var (tier, candidate) in plan.Tiers.SelectMany(tier => tier.Candidates.Select(candidate => (tier, candidate))))
                    {
                        var world = worlds.Single(world => world.Name == candidate.Target.Name);
                        Assert.True(!world.IsDevOnly || ask.Environment == "dev", "environment");
                        Assert.False(ask.Tools && world.Tools == false, "tools");
                        Assert.False(ask.Tokens > (world.Window ?? int.MaxValue), "window");
                        foreach (var (when, require) in constraints) Assert.True(!Whens[when].Holds(ask) || Requires[require].Holds(ask, world), $"{Requires[require].Text} for {world}");
                        if (route is not { } rule || tier.Number != 1) continue;
                        if (rule.Require >= 0) Assert.True(Requires[rule.Require].Holds(ask, world), $"{Requires[rule.Require].Text} for {world}");
                        if (rule.Tier >= 0) Assert.True(Requires[rule.Tier].Holds(ask, world), $"{Requires[rule.Tier].Text} for {world}");
                    }

                    // And nothing is rejected that no rule forbids.
                    foreach (var rejected in plan.Rejected.Where(rejected => rejected.Cause == RejectionCause.Constraint))
                    {
                        var world = worlds.Single(world => world.Name == rejected.Target);
                        Assert.Contains(constraints, constraint => Whens[constraint.When].Holds(ask) && !Requires[constraint.Require].Holds(ask, world));
                    }

                    if (ask.Model == "auto")
                    {
                        var expected = Array.FindIndex(routes, rule => Whens[rule.When].Holds(ask));
                        Assert.Equal(expected < 0 ? "last" : $"r{expected}", plan.Route!.Name);
                    }
                }
            },
            iter: 400);

    [Fact]
    public void Plan_OfARequest_IsTheSameWhateverWasPlannedBefore() =>
        Gen.Select(Worlds, Constraints, Routes, Asks.Array[2, 12]).Sample(
            (worlds, constraints, routes, asks) =>
            {
                var warm = Compile(worlds, constraints, routes, "enforce");
                foreach (var ask in asks) PlanOf(warm, ask);
                foreach (var ask in asks) Assert.Equal(Told(PlanOf(Compile(worlds, constraints, routes, "enforce"), ask)), Told(PlanOf(warm, ask)));
            },
            iter: 60);

    [Fact]
    public void Observe_DecidesWhatEnforceDoes() =>
        Gen.Select(Worlds, Constraints, Routes, Asks.Array[1, 8]).Sample(
            (worlds, constraints, routes, asks) =>
            {
                var (enforced, observed) = (Compile(worlds, constraints, routes, "enforce"), Compile(worlds, constraints, routes, "observe"));
                foreach (var ask in asks)
                {
                    var (served, watched) = (PlanOf(enforced, ask), PlanOf(observed, ask));
                    if (watched.Advice is { } advice) Assert.Equal(Told(served), Told(advice));
                    else if (watched.Route is null) Assert.Equal(Told(served), Told(watched));
                    else Assert.Equal(served.All(), watched.All()); // the baseline may not be tried: what is decided is served
                    if (watched.Advice is not null) Assert.Equal(["t0"], watched.All());
                }
            },
            iter: 100);

    [Fact]
    public void Sentence_DerivesAgainFromTheRecordedDecision() =>
        Gen.Select(Worlds, Constraints, Routes, Asks.Array[1, 8], OneOf("enforce", "observe", "advise")).Sample(
            (worlds, constraints, routes, asks, mode) =>
            {
                var snapshot = Compile(worlds, constraints, routes, mode);
                foreach (var plan in asks.Select(ask => PlanOf(snapshot, ask)))
                {
                    var read = RecordedDecision.Parse(RecordedDecision.Of(plan).ToJson());
                    foreach (var tier in plan.Tiers)
                    {
                        foreach (var candidate in tier.Candidates)
                        {
                            var sentence = DecisionSentence.ForAnswer(plan, new AttemptChoice(tier, candidate.Target, -1, IsRetry: false), []);
                            Assert.Equal(sentence, DecisionSentence.ForAnswer(read!, tier.Number, candidate.Target.Name, []));
                        }
                    }

                    Assert.Equal(DecisionSentence.ForFailure(plan, []), DecisionSentence.ForFailure(read!, []));
                }
            },
            iter: 150);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static RoutePlan PlanOf(GatewaySnapshot snapshot, Ask ask)
    {
        var facts = Policies.Request(ask.Model, number: ask.Number) with
        {
            Caller = Caller.Anonymous with { Feature = ask.Feature, Team = ask.Team, Environment = ask.Environment },
            Sensitivity = ask.Phi ? ["phi"] : [],
            HasTools = ask.Tools,
            IsStream = ask.Stream,
            PromptTokensBound = ask.Tokens * 4,
            Content = Policies.Tokens(ask.Tokens),
            Workload = ask.Workload.Length == 0 ? Core.Classification.WorkloadGuess.None : new(ask.Workload, 1, Core.Classification.WorkloadSource.Header),
        };
        return Policies.Plan(snapshot, facts, Policies.Health(("t0", 300, 1), ("t2", 200, 1)) with { Version = 7 });
    }

    /// <summary>All that a plan says, as text; of the revision, which stands in the version of each price, nothing.</summary>
    private static string Told(RoutePlan plan) => Regex.Replace((RecordedDecision.Of(plan) with { Mode = "", Advice = null }).ToJson(), "config:[0-9a-f]{12}", "config");

    private static GatewaySnapshot Compile(World[] worlds, (int When, int Require)[] constraints, (int When, int Require, int Tier, int Prefer)[] routes, string mode)
    {
        static string Quoted(string rule) => "'" + rule + "'";
        var watching = mode == "enforce" ? "" : $"mode: {mode}, baseline: t0, ";
        var lines = new List<string> { "providers:" };
        lines.AddRange(worlds.DistinctBy(world => world.Provider).Select((world, i) =>
            $"  {world.Provider}: {{ kind: openai-compatible, base_url: \"http://127.0.0.1:{i + 1}/v1\", region: {world.Region}, facts: [{string.Join(", ", new[] { "soc2", world.Hipaa ? "hipaa" : null, world.Zdr ? "zdr" : null }.OfType<string>())}] }}"));
        lines.Add("targets:");
        lines.AddRange(worlds.Select(world => string.Create(CultureInfo.InvariantCulture,
            $"  {world.Name}: {{ provider: {world.Provider}, model: m-{world.Name}, price: {{ input: {world.Input}, output: {world.Input * 4} }}{(world.Tools is { } tools ? tools ? ", tools: true" : ", tools: false" : "")}{(world.Window is { } window ? $", context_window: {window}" : "")}{(world.IsDevOnly ? ", environments: [dev]" : "")}{(world.Quality is { } quality ? $", quality: {quality}" : "")} }}")));
        lines.Add("aliases: { alias: auto }");
        lines.Add("constraints: [" + string.Join(", ", constraints.Select((one, i) => $"{{ name: c{i}, when: {Quoted(Whens[one.When].Text)}, require: {Quoted(Requires[one.Require].Text)} }}")) + "]");
        lines.Add("routes:");
        for (var i = 0; i < routes.Length; i++)
        {
            var rule = routes[i];
            var require = rule.Require < 0 ? "" : $"require: {Quoted(Requires[rule.Require].Text)}, ";
            var tier = rule.Tier < 0 ? "" : $"require: {Quoted(Requires[rule.Tier].Text)}, ";
            lines.Add($"  - {{ name: r{i}, when: {Quoted(Whens[rule.When].Text)}, {watching}{require}tiers: [ {{ name: first, {tier}prefer: {Prefers[rule.Prefer]} }}, {{ name: second, use: [t1, t0] }} ] }}");
        }

        lines.Add($"  - {{ name: last, {watching}tiers: [ {{ use: [t0, t1], prefer: cost }} ] }}");
        return Configuration.Compiling.Snapshot(string.Join('\n', lines));
    }
}
