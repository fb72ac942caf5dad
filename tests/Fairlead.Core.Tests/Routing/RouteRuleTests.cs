using System.Collections.Frozen;
using Fairlead.Core.Classification;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;

namespace Fairlead.Core.Tests.Routing;

/// <summary>Routes by their rules, hard filters, entry into tiers, permissions, modes.</summary>
public sealed class RouteRuleTests
{
    private const string Rules = """
        workloads:
          - { name: extraction, when: request.has_schema }
          - { name: summarization, templates: [tldr], when: 'prompt.mentions(["summarize", "tl;dr"])' }
        routes:
          - { name: marketing, when: workload == "summarization" && caller.feature == "marketing", require: target.json_schema, tiers: [ { name: primary, require: health.p95_ms < 800, prefer: cost }, { name: same family elsewhere, require: target.family == primary.family && target.provider != primary.provider } ] }
          - { name: extraction, when: workload == "extraction", tiers: [ { require: target.quality >= 0.9, prefer: cost } ] }
          - { name: broken, when: 'request.metadata.x == "1"', tiers: [ { use: [local] } ] }
          - { name: usual, tiers: [ { use: [big, mini] } ] }
        """;

    [Theory]
    [InlineData("Please summarize this", "marketing", "marketing")]
    [InlineData("Please SUMMARIZE this", "marketing", "marketing")]
    [InlineData("An unsummarized text", "marketing", "usual")]
    [InlineData("Please summarize this", "sales", "usual")]
    [InlineData("Hello", "marketing", "usual")]
    public void Auto_GoesToTheFirstRouteThatMatches(string prompt, string feature, string route)
    {
        Assert.Equal(route, Policies.Plan(Policies.Snapshot(Rules), Policies.Request(prompt: prompt).From(feature)).Route!.Name);
    }

    [Fact]
    public void Auto_RouteWhoseRuleErrs_IsSkippedAndTold()
    {
        var errors = new RuleErrors();

        var plan = Assert.IsType<Planning.Planned>(Policies.Decide(Policies.Snapshot(Rules), Policies.Request(), errors: errors)).Plan;

        Assert.Equal("usual", plan.Route!.Name);
        Assert.Equal("routes[2].when", Assert.Single(errors.All).Place);
    }

    [Fact]
    public void Name_OfARoute_ReachesItWhateverItsRule()
    {
        var plan = Policies.Plan(Policies.Snapshot(Rules), Policies.Request("broken"));

        Assert.Equal(["local"], plan.Order());
    }

    [Fact]
    public void Workload_OfTheCaller_WinsOverRules()
    {
        var facts = Policies.Request(prompt: "summarize") with { HasSchema = true, Workload = new WorkloadGuess("open_qa", 1, WorkloadSource.Header) };

        Assert.Equal("usual", Policies.Plan(Policies.Snapshot(Rules), facts).Route!.Name);
        Assert.Equal("extraction", Policies.Plan(Policies.Snapshot(Rules), facts with { Workload = WorkloadGuess.None }).Route!.Name);
    }

    [Fact]
    public void Workload_OfATemplate_IsFound()
    {
        var facts = Policies.Request().From("marketing") with { Template = "tldr" };

        Assert.Equal("marketing", Policies.Plan(Policies.Snapshot(Rules), facts).Route!.Name);
    }

    [Fact]
    public void Quality_IsThatOfTheWorkload()
    {
        var plan = Policies.Plan(Policies.Snapshot(Rules), Policies.Request() with { HasSchema = true });

        Assert.Equal(["mini", "eumini", "big", "eubig", "deep"], plan.Order()); // by cost; of deep nobody knows whether it takes a schema
        Assert.Equal("takes no JSON Schema", plan.Why("local"));
    }

    [Fact]
    public void Health_Measured_DecidesAndUnknownPasses()
    {
        var facts = Policies.Request(prompt: "summarize").From("marketing");
        var plan = Policies.Plan(Policies.Snapshot(Rules), facts, Policies.Health(("mini", 1240, 1), ("big", 500, 1)));

        Assert.Equal(["eumini", "big", "eubig"], plan.Order());
        Assert.Equal("health.p95_ms is 1240.0", plan.Why("mini"));
        Assert.Equal([true, false, true], plan.Tiers[0].Candidates.Select(candidate => candidate.IsUnproven));
    }

    [Fact]
    public void Health_OfAPrior_DecidesUntilItIsMeasured()
    {
        var snapshot = Configuration.Compiling.Snapshot(Policies.Targets.Replace("quality: 0.97", "quality: 0.97, prior: { p95: 3s }", StringComparison.Ordinal) + """

            routes: [ { name: fast, tiers: [ { use: [deep, big], require: health.p95_ms < 800 } ] } ]
            """);

        Assert.Equal(["big"], Policies.Plan(snapshot, Policies.Request()).Order());
        Assert.Equal(["deep", "big"], Policies.Plan(snapshot, Policies.Request(), Policies.Health(("deep", 700, 1))).Order());
    }

    [Fact]
    public void Primary_IsTheTopOfTheFirstTierWhateverItsHealth()
    {
        var facts = Policies.Request(prompt: "summarize").From("marketing");
        var plan = Policies.Plan(Policies.Snapshot(Rules), facts, Policies.Health(("mini", 5000, 0.1), ("eumini", 5000, 0.1), ("big", 5000, 1), ("eubig", 5000, 1)));

        var tier = Assert.Single(plan.Tiers);
        Assert.Equal((2, true), (tier.Number, tier.FollowsEmpty));
        Assert.Equal(["eumini"], plan.Order()); // of mini's family, at another provider
    }

    [Fact]
    public void Filters_RejectWhatCannotServe()
    {
        var snapshot = Policies.Snapshot("routes: [ { name: all, tiers: [ {} ] } ]");

        Assert.Equal("calls no tools", Policies.Plan(snapshot, Policies.Request() with { HasTools = true }).Why("local"));
        Assert.Equal("takes no JSON Schema", Policies.Plan(snapshot, Policies.Request() with { HasSchema = true }).Why("local"));
        Assert.Equal("reads no images", Policies.Plan(snapshot, Policies.Request() with { Content = Policies.Image }).Why("local"));
        var large = Policies.Plan(snapshot, Policies.Request() with { PromptTokensBound = 900_000, Content = Policies.Tokens(200_000) });
        Assert.Equal("its window is 100000 tokens", large.Why("mini"));
        Assert.Contains("big", large.All()); // the bound is above its window, the estimate is not
        Assert.Equal("its largest output is 8000 tokens", Policies.Plan(snapshot, Policies.Request() with { MaxOutputTokens = 9000 }).Why("big"));
    }

    [Fact]
    public void MaxCost_RejectsWhatIsDearer()
    {
        var snapshot = Policies.Snapshot("routes: [ { name: all, tiers: [ { prefer: cost } ] } ]");
        var plan = Policies.Plan(snapshot, Policies.Request() with { MaxCost = new Usd(2_000_000) });

        // 1,000 tokens in and 400 out: mini 0.00105, eumini 0.00118, big 0.0065 dollars.
        Assert.Equal(["local", "mini", "eumini"], plan.Order());
        Assert.Equal("dearer than the $0.002 that the request allows", plan.Why("big"));
    }

    [Fact]
    public void Retired_IsRejectedFromItsDayOn()
    {
        var snapshot = Configuration.Compiling.Snapshot(Policies.Targets.Replace("tags: [slow]", "retires: 2027-01-31", StringComparison.Ordinal) + "\nroutes: [ { name: all, tiers: [ { use: [local, mini] } ] } ]");
        string[] On(string day) => Policies.Plan(snapshot, Policies.Request() with { AcceptedAt = DateTimeOffset.Parse(day, System.Globalization.CultureInfo.InvariantCulture) }).All();

        Assert.Equal(["local", "mini"], On("2027-01-30T23:59:59Z"));
        Assert.Equal(["mini"], On("2027-01-31T00:00:00Z"));
        Assert.Equal(["local", "mini"], On("2027-01-30T12:00:00Z"));
    }

    [Fact]
    public void Environments_BindTheTarget()
    {
        var snapshot = Configuration.Compiling.Snapshot(Policies.Targets.Replace("tags: [slow]", "environments: [dev, test]", StringComparison.Ordinal) + "\nroutes: [ { name: all, tiers: [ { use: [local, mini] } ] } ]");
        RoutePlan In(string? environment) => Policies.Plan(snapshot, Policies.Request().From(environment: environment));

        Assert.Equal(["local", "mini"], In("dev").All());
        Assert.Equal(["mini"], In("prod").All());
        Assert.Equal("not for the environment of the request", In("prod").Why("local"));
        Assert.Equal("the request names no environment", In(null).Why("local"));
    }

    [Fact]
    public void Permissions_BindTargetsAndRoutes()
    {
        var snapshot = Configuration.Compiling.Snapshot(Policies.Targets.Replace("tags: [slow]", "restricted: true", StringComparison.Ordinal) + """

            routes:
              - { name: secret, when: caller.team == "x", restricted: true, tiers: [ { use: [mini] } ] }
              - { name: all, tiers: [ { use: [local, mini] } ] }
            """);
        RequestFacts By(CallerPermissions permissions, string model, string? team = null) =>
            Policies.Request(model) with { Caller = new Caller("t", "k") { Team = team, Permissions = permissions } };
        var named = new CallerPermissions { Targets = FrozenSet.Create("local"), Routes = FrozenSet.Create("secret", "all") };

        Assert.Equal(["mini"], Policies.Plan(snapshot, By(CallerPermissions.Unrestricted, "all")).All());
        Assert.Equal("the key may not use it", Policies.Plan(snapshot, By(CallerPermissions.Unrestricted, "local")).Why("local"));
        Assert.Equal(["local"], Policies.Plan(snapshot, By(named, "all")).All());
        Assert.Equal(["local"], Policies.Plan(snapshot, By(named, "local")).All());
        Assert.Equal("secret", Assert.IsType<Planning.ForbiddenRoute>(Policies.Decide(snapshot, By(CallerPermissions.Unrestricted, "secret"))).Route.Name);
        Assert.IsType<Planning.ForbiddenRoute>(Policies.Decide(snapshot, By(CallerPermissions.Unrestricted, "auto", "x"))); // never a fall-through
        Assert.IsType<Planning.Planned>(Policies.Decide(snapshot, By(named, "secret")));
    }

    [Fact]
    public void Promise_OfWhatTargetsCan_BindsThem()
    {
        var snapshot = Policies.Snapshot("routes: [ { name: big prompts, promise: { window: 200000, facts: [soc2], regions: [us, eu] }, tiers: [ {} ] } ]".Replace("big prompts", "big-prompts", StringComparison.Ordinal));
        var plan = Policies.Plan(snapshot, Policies.Request());

        Assert.Equal(["big"], plan.All());
        Assert.Equal("the route promises a window of 200000 tokens", plan.Why("eubig")); // nobody states its window
    }

    [Fact]
    public void After_LetsOnlyTheNamedFailuresIn()
    {
        var snapshot = Policies.Snapshot("""
            routes:
              - name: all
                tiers:
                  - { use: [mini] }
                  - { use: [big], after: [rate_limited, no_candidate] }
                  - { use: [local] }
            """);
        var plan = Policies.Plan(snapshot, Policies.Request());
        string? Then(FailureClass failure)
        {
            var sequence = new AttemptSequence(plan, 0, OpenGate.Instance);
            sequence.First();
            return sequence.After(failure)?.Target.Name;
        }

        Assert.Equal("big", Then(FailureClass.RateLimited));
        Assert.Equal("local", Then(FailureClass.ServerError));
        Assert.Null(Then(FailureClass.BadRequest));
    }

    [Fact]
    public void After_NoCandidate_LetsInWhereTheTierBeforeHadNone()
    {
        const string Tiers = "routes: [ { name: all, tiers: [ { require: target.input_price > 100.0 || request.stream }, { use: [big], after: [AFTER] }, { use: [local], after: [no_candidate, timeout] } ] } ]";
        string? First(string after) => new AttemptSequence(Policies.Plan(Policies.Snapshot(Tiers.Replace("AFTER", after, StringComparison.Ordinal)), Policies.Request()), 0, OpenGate.Instance).First()?.Target.Name;

        Assert.Equal("big", First("no_candidate"));
        Assert.Equal("local", First("timeout")); // the second may not be entered, and is for the third as if it had none
    }

    [Fact]
    public void Observe_ServesTheBaselineAndKeepsTheDecision()
    {
        var plan = Policies.Plan(Policies.Snapshot("routes: [ { name: watched, mode: observe, baseline: big, tiers: [ { use: [mini, eumini], prefer: cost } ] } ]"), Policies.Request());

        Assert.Equal(["big"], plan.All());
        Assert.Equal(["mini", "eumini"], plan.Advice!.Order());
        Assert.Equal(
            "Sent to big at us because route watched is in mode observe and big is its baseline; by its policy it would be sent to mini at us because route watched prefers cost and it is the cheapest of 2 that qualify ($0.001 expected).",
            plan.Sentence());
    }

    [Fact]
    public void Observe_BaselineUnderAConstraint_IsNotServed()
    {
        var plan = Policies.Plan(
            Policies.Snapshot("""
                constraints: [ { name: eu only, require: provider.region == "eu" } ]
                routes: [ { name: watched, mode: advise, baseline: big, tiers: [ { use: [mini, eumini] } ] } ]
                """),
            Policies.Request());

        Assert.Equal(["eumini"], plan.All());
        Assert.Null(plan.Advice);
        Assert.Contains("big: constraint eu only (provider.region is \"us\")", plan.Sentence(), StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OfAStaticRoute_IsSharedAndOfOthersIsNot()
    {
        var snapshot = Policies.Snapshot(Rules);

        Assert.Same(Policies.Plan(snapshot, Policies.Request(number: 1)), Policies.Plan(snapshot, Policies.Request(number: 2)));
        Assert.False(Policies.Plan(snapshot, Policies.Request()).IsOwn);
        Assert.True(Policies.Plan(snapshot, Policies.Request() with { HasSchema = true }).IsOwn);
    }

    [Fact]
    public void Window_WithAnAbsurdLimit_IsNoWayAround()
    {
        var plan = Policies.Plan(
            Policies.Snapshot("routes: [ { name: all, tiers: [ { use: [mini] } ] } ]"),
            Policies.Request() with { PromptTokensBound = 900_000, Content = Policies.Tokens(200_000), MaxOutputTokens = long.MaxValue });

        Assert.Empty(plan.Tiers);
        Assert.Equal(RejectionCause.Window, Assert.Single(plan.Rejected).Cause);
    }

    [Fact]
    public void Model_NamedWithoutATarget_IsUnderTheSameFilters()
    {
        const string Text = """
            providers: { a: { kind: anthropic, keys: ["env:K"] }, o: { kind: openai, keys: ["env:K2"] } }
            targets: { t: { provider: a, model: claude-sonnet-4-5 } }
            routes: [ { name: all, tiers: [ { use: [t] } ] } ]
            """;
        var snapshot = Configuration.Compiling.Snapshot(Text, ("K", "one"), ("K2", "two"));
        var retired = Assert.Single(snapshot.Catalog.Models, model => model is { Provider: "anthropic", Id: "claude-3-7-sonnet-20250219" }).Facts.Retires!.Value;
        RoutePlan On(DateOnly day) => Policies.Plan(snapshot, Policies.Request("a/claude-3-7-sonnet-20250219") with { AcceptedAt = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero) });

        Assert.NotEmpty(On(retired.AddDays(-1)).Tiers);
        Assert.Equal(RejectionCause.Retired, Assert.Single(On(retired).Rejected).Cause);
        Assert.Equal("reads no images", Policies.Plan(snapshot, Policies.Request("o/gpt-4") with { Content = Policies.Image }).Why("o/gpt-4"));
    }

    [Theory]
    [InlineData("gold")]
    [InlineData("us/gpt-5-2025")]
    [InlineData("us/gpt-5")]
    public void Restricted_ByAnyOfItsNames_StaysSo(string model)
    {
        var snapshot = Configuration.Compiling.Snapshot(Policies.Targets + "\n" + """
              gold: { provider: us, model: gpt-5, deployment: gpt-5-2025, restricted: true, price: { input: 1, output: 1 } }
            routes: [ { name: all, tiers: [ { use: [mini] } ] } ]
            """.Replace("  gold", "  gold", StringComparison.Ordinal));

        Assert.Equal("the key may not use it", Policies.Plan(snapshot, Policies.Request(model)).Why("gold"));
    }

    [Fact]
    public void Require_ThatErrs_IsToldEachTime()
    {
        var snapshot = Policies.Snapshot("routes: [ { name: all, tiers: [ { require: 'target.tags[0] == \"slow\"' } ] } ]");
        for (var time = 0; time < 2; time++)
        {
            var errors = new RuleErrors();
            Policies.Decide(snapshot, Policies.Request(), errors: errors);
            Assert.Equal("routes[0].tiers[0].require", Assert.Single(errors.All).Place);
        }
    }

    [Fact]
    public void Primary_IsOneThatEveryRequestMayReach()
    {
        const string Rules = """
            constraints: [ { name: not in the us, require: provider.region != "us" } ]
            routes: [ { name: all, tiers: [ { prefer: quality }, { require: target.family == primary.family } ] } ]
            """;

        Assert.Empty(PolicyProof.Of(Policies.Snapshot(Rules)));
        Assert.Equal(["eubig"], Policies.Plan(Policies.Snapshot(Rules), Policies.Request()).Order(1));
    }

    [Fact]
    public void Reason_OfWhoTheUserIs_IsNotTold()
    {
        var snapshot = Policies.Snapshot("""
            routes: [ { name: all, tiers: [ { use: [mini], require: 'caller.user == "root" && request.has_tools' }, { use: [big], require: request.metadata.size() == 7 }, { use: [deep], require: caller.team == "x" } ] } ]
            """);
        var plan = Policies.Plan(snapshot, Policies.Request() with { Caller = Caller.Anonymous with { User = "alice@example.org", Team = "growth" } });

        Assert.Equal("not caller.user == \"root\"", plan.Why("mini"));
        Assert.DoesNotContain("metadata is", plan.Why("big"), StringComparison.Ordinal);
        Assert.Equal("caller.team is \"growth\"", plan.Why("deep"));
    }

    [Fact]
    public void Inputs_Recorded_AreThoseThatWereRead()
    {
        var snapshot = Policies.Snapshot("""
            routes:
              - { name: first, when: 'caller.team == "x" && prompt.mentions(["never asked"])', tiers: [ { use: [mini] } ] }
              - { name: second, when: 'prompt.mentions(["found"]) || caller.user == "u"', tiers: [ { use: [mini] } ] }
              - { name: third, when: 'prompt.mentions(["behind"])', tiers: [ { use: [mini] } ] }
              - { name: last, tiers: [ { use: [mini] } ] }
            """);
        var inputs = new RequestInputs(Policies.Request(prompt: "found it"), snapshot.Signals, Core.Budgets.BudgetView.None);
        RoutePlanner.Plan(inputs, snapshot, Core.Health.HealthView.Empty, new RuleErrors());

        Assert.Equal("""{"caller.team":"","prompt.mentions([\u0022found\u0022])":true}""", RecordedInputs.Of(inputs, snapshot));
    }
}
