using Fairlead.Core.Policy;
using Fairlead.Core.Routing;

namespace Fairlead.Core.Tests.Routing;

/// <summary>What must hold holds: for every route, tier, alias and pinned name, and where it cannot be judged.</summary>
public sealed class ConstraintTests
{
    private const string Rules = """
        aliases: { gpt-4o: auto, "claude-*": mini }
        constraints:
          - { name: health data stays in contract, when: '"phi" in sensitivity', require: '"hipaa" in provider.facts && provider.region != "us"' }
        routes:
          - { name: marketing, when: caller.feature == "marketing", tiers: [ { use: [mini] }, { use: [big, local] } ] }
          - { name: usual, tiers: [ { name: first, use: [mini, eumini] }, { name: rest, prefer: cost } ] }
        """;

    [Theory]
    [InlineData("auto")]
    [InlineData("gpt-4o")]
    [InlineData("usual")]
    [InlineData("marketing")]
    [InlineData("mini")]
    [InlineData("big")]
    [InlineData("us/some-model")]
    [InlineData("claude-sonnet")]
    [InlineData("eumini")]
    public void Plan_OfLabelledRequests_HoldsOnlyWhatTheConstraintAllows(string model)
    {
        var snapshot = Policies.Snapshot(Rules);

        foreach (var feature in (string?[])["marketing", null])
        {
            var plan = Policies.Plan(snapshot, Policies.Request(model).From(feature) with { Sensitivity = ["phi"] });

            Assert.Empty(plan.All().Except(["eumini", "eubig", "local"]));
            Assert.All(plan.Rejected, rejected => Assert.Equal(RejectionCause.Constraint, rejected.Cause));
        }
    }

    [Fact]
    public void Plan_OfOtherRequests_IsUntouched()
    {
        var plan = Policies.Plan(Policies.Snapshot(Rules), Policies.Request());

        Assert.Equal(["mini", "eumini"], plan.Order());
        Assert.Equal(6, plan.Order(1).Length);
        Assert.Empty(plan.Rejected);
    }

    [Fact]
    public void Rejected_ByAConstraint_NamesItAndWhatItRead()
    {
        var plan = Policies.Plan(Policies.Snapshot(Rules), Policies.Request("deep") with { Sensitivity = ["phi"] });

        Assert.Empty(plan.Tiers);
        Assert.Equal("constraint health data stays in contract (provider.facts has no \"hipaa\")", plan.Why("deep"));
        Assert.Equal(
            "Not answered because the target that the request names may not be tried; deep: constraint health data stays in contract (provider.facts has no \"hipaa\").",
            plan.Sentence());
    }

    [Theory]
    [InlineData("request.metadata.kind == \"x\"")] // no such member: an error, and so it holds
    [InlineData("int(caller.feature) > 3")]
    [InlineData("1 / size(sensitivity) > 0")]
    public void When_ThatErrs_CountsAsMatchedAndIsTold(string when)
    {
        var snapshot = Policies.Snapshot($$"""
            constraints: [ { name: careful, when: '{{when}}', require: provider.region == "eu" } ]
            routes: [ { name: all, tiers: [ {} ] } ]
            """);
        var errors = new RuleErrors();

        var plan = Assert.IsType<Planning.Planned>(Policies.Decide(snapshot, Policies.Request(), errors: errors)).Plan;

        Assert.Equal(["eumini", "eubig"], plan.Order());
        Assert.Equal("constraints[0].when", Assert.Single(errors.All).Place);
    }

    [Fact]
    public void Require_ThatErrs_RejectsTheTarget()
    {
        var snapshot = Policies.Snapshot("""
            constraints: [ { name: cheap only, require: 'target.qualities.extraction > 0.9' } ]
            routes: [ { name: all, tiers: [ {} ] } ]
            """);

        var plan = Policies.Plan(snapshot, Policies.Request());

        Assert.Equal(["mini", "eumini"], plan.Order());
        Assert.Contains("errs", plan.Why("local"), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_AllHold()
    {
        var snapshot = Policies.Snapshot("""
            constraints:
              - { name: eu, when: caller.team == "legal", require: provider.region == "eu" }
              - { name: cheap, when: caller.user_tier == "free", require: target.input_price < 1.0 }
              - { name: always, require: '"soc2" in provider.facts' }
            routes: [ { name: all, tiers: [ {} ] } ]
            """);

        string[] Of(string? team, string? tier) => Policies.Plan(snapshot, Policies.Request().From(team: team, userTier: tier)).Order();

        Assert.Equal(["mini", "big", "eumini", "eubig", "deep"], Of(null, null));
        Assert.Equal(["eumini", "eubig"], Of("legal", null));
        Assert.Equal(["mini", "eumini"], Of(null, "free"));
        Assert.Equal(["eumini"], Of("legal", "free"));
    }

    [Fact]
    public void Sensitivity_OfARule_IsUnderTheConstraintToo()
    {
        var snapshot = Policies.Snapshot("""
            sensitivity: [ { label: phi, when: 'prompt.mentions(["diagnosis"])' } ]
            constraints: [ { name: contract, when: '"phi" in sensitivity', require: '"hipaa" in provider.facts' } ]
            routes: [ { name: all, tiers: [ {} ] } ]
            """);

        Assert.Equal(6, Policies.Plan(snapshot, Policies.Request(prompt: "Hello")).All().Length);
        Assert.Equal(["eumini", "eubig", "local"], Policies.Plan(snapshot, Policies.Request(prompt: "The Diagnosis is clear")).All());
    }

    [Fact]
    public void MoreThanSixtyFour_HoldEachByItself()
    {
        var many = string.Concat(Enumerable.Range(0, 70).Select(i => $"  - {{ name: c{i}, when: caller.team == \"t{i}\", require: target.name != \"{(i == 69 ? "mini" : "big")}\" }}\n"));
        var snapshot = Policies.Snapshot($"constraints:\n{many}routes: [ {{ name: all, tiers: [ {{}} ] }} ]");

        Assert.Contains("mini", Policies.Plan(snapshot, Policies.Request().From(team: "t3")).All());
        Assert.DoesNotContain("big", Policies.Plan(snapshot, Policies.Request().From(team: "t3")).All());
        Assert.DoesNotContain("mini", Policies.Plan(snapshot, Policies.Request().From(team: "t69")).All());
        Assert.Contains("big", Policies.Plan(snapshot, Policies.Request().From(team: "t69")).All());
    }
}
