using System.Text;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>What is wrong with a policy is told at its place, in words that say what to do.</summary>
public sealed class PolicyBadInputTests
{
    private const string Head = "providers: { p: { kind: simulated } }\ntargets: { t: { provider: p, model: m }, u: { provider: p, model: m } }\n";

    public static TheoryData<string, string> Cases => new()
    {
        // rules
        { Route("when: caller.featur == \"x\""), "fairlead.yaml(3,35): routes[0].when: no member is named 'featur' (at 'featur'); did you mean 'feature'?" },
        { Route("when: calller.feature == \"x\""), "fairlead.yaml(3,28): routes[0].when: no variable is named 'calller' (at 'calller'); did you mean 'caller'?" },
        { Route("when: caller.feature == 1"), "fairlead.yaml(3,28): routes[0].when: '==' does not compare string with int (at 'caller.feature == 1')" },
        { Route("when: caller.feature"), "fairlead.yaml(3,28): routes[0].when: this is string, where bool is due (at 'caller.feature')" },
        { Route("when: 'caller.feature == \"x'"), "fairlead.yaml(3,47): routes[0].when: the text has no end (at '\"x')" },
        { Route("when: target.tools"), "fairlead.yaml(3,28): routes[0].when: 'target' is seen by 'require' only (at 'target')" },
        { Route("when: 'prompt.matches(\"(\")'"), "fairlead.yaml(3,44): routes[0].when: the pattern has a '(' without ')' (at '\"(\"')" },
        { Route("when: prompt.matches(caller.feature)"), "fairlead.yaml(3,43): routes[0].when: 'matches' takes a literal string (at 'caller.feature')" },
        { Route("when: 'prompt.mentions([])'"), "fairlead.yaml(3,45): routes[0].when: 'mentions' takes 1 to 256 phrases (at '[]')" },
        { Route("when: \"\""), "fairlead.yaml(3,28): routes[0].when: has no value; write a rule, or leave the key out" },
        { Route("when: [a]"), "fairlead.yaml(3,28): routes[0].when: must be a rule, such as request.has_schema; in quotes where it holds ': ', '#' or begins with a quote or bracket" },
        { Tier("require: primary.tools"), "fairlead.yaml(3,52): routes[0].tiers[0].require: 'primary' is seen by the tiers after the first only (at 'primary')" },
        { Root("workloads: [ { name: w, when: 'workload == \"x\"' } ]"), "fairlead.yaml(3,32): workloads[0].when: 'workload' is seen by routes, constraints and tiers only (at 'workload')" },
        { Root("constraints: [ { name: c, require: budget.used < 0.5 } ]"), "fairlead.yaml(3,36): constraints[0].require: a constraint does not see 'budget': what it demands must not change with what is spent" },
        { Root("constraints: [ { name: c, when: budget.used < 0.5, require: target.tools } ]"), "fairlead.yaml(3,33): constraints[0].when: a constraint does not see 'budget': what it demands must not change with what is spent" },

        { Route("when: workload == \"sumarization\""), "fairlead.yaml(3,28): routes[0].when: 'sumarization' is not a workload (at 'workload == \"sumarization\"'); did you mean 'summarization'?" },
        { Root("constraints: [ { name: c, when: '\"ph1\" in sensitivity', require: target.tools } ]"), "fairlead.yaml(3,34): constraints[0].when: 'ph1' is not a sensitivity label (at '\"ph1\" in sensitivity'); did you mean 'phi'?" },
        { Route("when: 'request.dialect in [\"openai\"]'"), "fairlead.yaml(3,29): routes[0].when: 'openai' is not a dialect (at 'request.dialect in [\"openai\"]')" },
        { Tier("require: health.state == \"ok\""), "fairlead.yaml(3,52): routes[0].tiers[0].require: 'ok' is not a state of health (at 'health.state == \"ok\"')" },

        // sections
        { Root("constraints: [ { name: c } ]"), "fairlead.yaml(3,16): constraints[0]: needs 'require': what a target must be" },
        { Root("constraints: [ { require: target.tools } ]"), "fairlead.yaml(3,16): constraints[0]: needs 'name': what sentences and records call it" },
        { Root("constraints: [ { name: c, require: target.tools }, { name: c, require: target.tools } ]"), "fairlead.yaml(3,60): constraints[1].name: the constraint name 'c' stands twice" },
        { Root("constraints: [ { name: c, require: target.tools, guards: [pii] } ]"), "fairlead.yaml(3,50): constraints[0].guards: is not in this version of Fairlead" },
        { Root("workloads: [ { name: My-Work } ]"), "fairlead.yaml(3,22): workloads[0].name: must have 1 to 64 lower-case letters, digits or '_', the first a letter" },
        { Root("sensitivity: [ { label: PHI } ]"), "fairlead.yaml(3,25): sensitivity[0].label: must have 1 to 64 lower-case letters, digits or '_', the first a letter" },
        { Head.Replace("model: m },", "model: m, quality: { extration: 0.9 } },", StringComparison.Ordinal) + "routes: [ { name: r, tiers: [ { use: [t] } ] } ]", "fairlead.yaml(2,51): targets.t.quality.extration: no workload is named 'extration'; own ones stand in 'workloads'; did you mean 'extraction'?" },
        { Head.Replace("model: m },", "model: m, quality: 1.2 },", StringComparison.Ordinal) + "routes: [ { name: r, tiers: [ { use: [t] } ] } ]", "fairlead.yaml(2,49): targets.t.quality: must be a share from 0 to 1, such as 0.98 or 98%" },

        // routes and tiers
        { Head + "routes: [ { name: r, when: request.stream, tiers: [ { use: [t] } ] } ]", "fairlead.yaml(3,11): routes[0]: every route has a 'when': one must have none, so that every request has a route" },
        { Route("mode: observe"), "fairlead.yaml(3,28): routes[0].mode: needs 'baseline': the target that serves while the policy is only watched" },
        { Route("baseline: t"), "fairlead.yaml(3,32): routes[0].baseline: is for mode observe or advise: what is decided is served" },
        { Route("mode: advise, baseline: x1"), "fairlead.yaml(3,46): routes[0].baseline: no target is named 'x1'" },
        { Route("mode: watch"), "fairlead.yaml(3,28): routes[0].mode: must be one of: enforce, observe, advise" },
        { Route("promise: {}"), "fairlead.yaml(3,31): routes[0].promise: promises nothing: write p95, success, cost_per_outcome, window, tools, json_schema, vision, regions or facts" },
        { Route("promise: { success: 100% }"), "fairlead.yaml(3,42): routes[0].promise.success: must be above 0 and below 100%: of a promise of all, one failure is a breach" },
        { Route("promise: { cost_per_outcome: $0 }"), "fairlead.yaml(3,51): routes[0].promise.cost_per_outcome: must be above $0" },
        { Route("promise: { cost_per_outcome: -$1 }"), "fairlead.yaml(3,51): routes[0].promise.cost_per_outcome: must be US dollars from 0 to 1000000 with at most 9 decimals, such as 2.50 or $2.50" },
        { Tier("prefer: cheap"), "fairlead.yaml(3,51): routes[0].tiers[0].prefer: must be one of: order, cost, latency, load, quality, balanced, { balanced: { cost: 2, latency: 1 } }, { weighted: { mini: 95, sonnet: 5 } }" },
        { Tier("prefer: { weighted: { t: 0 } }"), "fairlead.yaml(3,63): routes[0].tiers[0].prefer.weighted: needs a weight above 0" },
        { Tier("prefer: { weighted: { v: 1 } }"), "fairlead.yaml(3,63): routes[0].tiers[0].prefer.weighted: no target is named 'v'" },
        { Tier("prefer: { weighted: { u: 1 } }"), "fairlead.yaml(3,63): routes[0].tiers[0].prefer.weighted: the tier does not use 'u'" },
        { Tier("prefer: { sticky: journey }"), "fairlead.yaml(3,51): routes[0].tiers[0].prefer: must be one of: order, cost, latency, load, quality, balanced, { balanced: { cost: 2, latency: 1 } }, { weighted: { mini: 95, sonnet: 5 } }" },
        { Tier("prefer: { balanced: { cost: 0 } }"), "fairlead.yaml(3,63): routes[0].tiers[0].prefer.balanced: needs a weight above 0 for cost, latency or quality" },
        { Tier("after: [timeout]"), "fairlead.yaml(3,31): routes[0].tiers[0]: 'after' is for the tiers after the first: nothing comes before this one" },
        { Head + "routes: [ { name: r, tiers: [ { use: [t] }, { use: [u], after: [time_out] } ] } ]", "fairlead.yaml(3,65): routes[0].tiers[1].after[0]: no failure class is named 'time_out', or none that may be tried elsewhere; did you mean 'timeout'?" },
        { Head + "routes: [ { name: r, tiers: [ { use: [t] }, { use: [u], after: [bad_request] } ] } ]", "fairlead.yaml(3,65): routes[0].tiers[1].after[0]: no request goes on after bad_request, unless 'failures' of the route says so: failures: { bad_request: next_target }" },
        { Head + "routes: [ { name: r, tiers: [ { use: [t] }, { use: [u], after: [client_gone] } ] } ]", "fairlead.yaml(3,65): routes[0].tiers[1].after[0]: no failure class is named 'client_gone', or none that may be tried elsewhere" },
        { Head + "routes: [ { name: r, failures: { timeout: surface }, tiers: [ { use: [t] }, { use: [u], after: [timeout] } ] } ]", "fairlead.yaml(3,97): routes[0].tiers[1].after[0]: no request goes on after timeout, unless 'failures' of the route says so: failures: { timeout: next_target }" },
        { Route("failures: { time_out: retry }"), "fairlead.yaml(3,34): routes[0].failures.time_out: no failure class is named 'time_out'; did you mean 'timeout'?" },
        { Route("failures: { overloaded: next }"), "fairlead.yaml(3,46): routes[0].failures.overloaded: must be one of: retry, next_key, next_target, surface, accept" },
        { Route("failures: { bad_request: retry }"), "fairlead.yaml(3,47): routes[0].failures.bad_request: bad_request cannot be retry: the same target says the same again" },
        { Route("failures: { client_gone: next_target }"), "fairlead.yaml(3,47): routes[0].failures.client_gone: client_gone cannot be next_target: the client is the reason, and no target can mend it" },
        { Route("failures: { timeout: accept }"), "fairlead.yaml(3,43): routes[0].failures.timeout: timeout cannot be accept: there is no answer that could be accepted" },
        { Route("failures: [timeout]"), "fairlead.yaml(3,32): routes[0].failures: must be a mapping of names to values" },
        { Head + "defaults: { failures: { refused: next_target } }\n" + "routes: [ { name: r, tiers: [ { use: [t] } ] } ]", "fairlead.yaml(3,34): defaults.failures.refused: refused cannot be next_target: a model that declines in words has answered, and providers are not searched for one that does not" },

        // keys
        { Root("keys: [ { name: a, secret: \"env:ONE\", routes: [rr] } ]"), "fairlead.yaml(3,48): keys[0].routes[0]: no route is named 'rr'; did you mean 'r'?" },
        { Root("keys: [ { name: a, secret: \"env:ONE\", targets: [tt] } ]"), "fairlead.yaml(3,49): keys[0].targets[0]: no target is named 'tt'; did you mean 't'?" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compile_OneThingWrong_SaysWhereAndWhat(string text, string expected)
    {
        var errors = Compiling.Errors(text, ("ONE", "secret-number-one-1"));

        Assert.True(errors.Contains(expected), $"expected {expected}{Environment.NewLine}but was  {string.Join(Environment.NewLine, errors)}");
    }

    [Theory]
    [InlineData("constraints", "{name: cN, require: target.tools}")]
    [InlineData("workloads", "{name: wN, when: request.stream}")]
    [InlineData("sensitivity", "{label: lN, when: request.stream}")]
    public void Compile_TenThousandRules_AreRefusedWithOneError(string section, string rule)
    {
        var text = new StringBuilder(Head).Append("routes: [ { name: r, tiers: [ { use: [t] } ] } ]\n").Append(section).Append(":\n");
        for (var i = 0; i < 10_000; i++) text.Append("- ").Append(rule.Replace("N", i.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)).Append('\n');

        Assert.Equal([$"fairlead.yaml(5,1): {section}: has 10000 entries; at most 1000 are possible"], Compiling.Errors(text.ToString()));
    }

    [Fact]
    public void Compile_AThousandOfEach_AreTakenAndPlanned()
    {
        var text = new StringBuilder(Head).Append("constraints:\n");
        for (var i = 0; i < 1000; i++) text.Append($"- {{name: c{i}, when: 'caller.team == \"t{i}\"', require: target.name != \"t\"}}\n");
        text.Append("routes:\n");
        for (var i = 0; i < 999; i++) text.Append($"- {{name: r{i}, when: 'caller.feature == \"f{i}\"', tiers: [{{use: [t, u]}}]}}\n");
        text.Append("- {name: last, tiers: [{use: [t, u]}]}\n");
        var snapshot = Compiling.Proving().Compile(text.ToString(), "fairlead.yaml", "").Snapshot!;

        var plan = Routing.Policies.Plan(snapshot, Routing.Policies.From(Routing.Policies.Request(), feature: "f998", team: "t999"));

        Assert.Equal(("r998", "u"), (plan.Route!.Name, Assert.Single(Routing.Policies.All(plan))));
    }

    [Fact]
    public void Compile_ARuleBeyondItsSize_IsRefused() =>
        Assert.Contains(
            Compiling.Errors(Route("when: '" + string.Join(" || ", Enumerable.Repeat("request.stream", 1200)) + "'")),
            error => error.EndsWith("routes[0].when: is longer than 16384 characters", StringComparison.Ordinal));

    private static string Route(string member) => Head + $"routes: [ {{ name: r, {member}, tiers: [ {{ use: [t] }} ] }}, {{ name: last, tiers: [ {{ use: [t] }} ] }} ]";

    private static string Tier(string member) => Head + $"routes: [ {{ name: r, tiers: [ {{ use: [t], {member} }} ] }} ]";

    private static string Root(string section) => Head + section + "\nroutes: [ { name: r, tiers: [ { use: [t] } ] } ]";
}
