using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Core.Routing;
using Fairlead.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>Policy over real HTTP: what is served, what is told, what is recorded, what is refused.</summary>
public sealed class PolicyServingTests
{
    private const string Keys = """

        keys:
          - { name: marketing-app, secret: "env:MARKETING", tenant: acme, team: growth, feature: marketing, routes: [marketing, usual] }
          - { name: clinic-app,    secret: "env:CLINIC",    tenant: clinic, feature: clinic, environments: [prod] }
          - { name: workbench,     secret: "env:BENCH",     tenant: acme, targets: [us, eu] }
        """;

    private static readonly Dictionary<string, string> Secrets = new() { ["MARKETING"] = "marketing-secret-1", ["CLINIC"] = "clinic-secret-22222", ["BENCH"] = "workbench-secret-33" };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task SamePrompt_ForThreeCallers_GoesThreeWays()
    {
        await using var world = await WorldAsync(Keys);

        using var marketing = await world.AskAsync("marketing-secret-1");
        using var clinic = await world.AskAsync("clinic-secret-22222");
        using var bench = await world.AskAsync("workbench-secret-33");

        Assert.Equal(("cheap", "eu", "us"), (Target(marketing), Target(clinic), Target(bench)));
        Assert.Equal(
            "Sent to cheap at us-vendor because route marketing (caller.feature == \"marketing\") prefers cost and it is the cheapest of 3 that qualify ($0.0004 expected).",
            Vendors.Header(marketing, "x-fairlead-reason"));
        Assert.StartsWith(
            "Sent to eu at eu-vendor because constraint health data stays in contract holds and route usual lists it next in tier 2; us: constraint health data stays in contract (provider.facts has no \"hipaa\")",
            Vendors.Header(clinic, "x-fairlead-reason"), StringComparison.Ordinal);
        Assert.Equal("Sent to us at us-vendor because route usual lists it first in tier 1.", Vendors.Header(bench, "x-fairlead-reason"));
    }

    [Fact]
    public async Task Constraint_HoldsWhileThingsBurn()
    {
        await using var world = await WorldAsync(Keys);
        world.EuFails = true;

        using var response = await world.AskAsync("clinic-secret-22222");
        foreach (var model in (string[])["us", "cheap", "us-vendor/anything"])
        {
            using var pinned = await world.AskAsync("clinic-secret-22222", model);
            Assert.Equal((HttpStatusCode.Forbidden, "no_allowed_target"), (pinned.StatusCode, await CodeAsync(pinned)));
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Empty(world.Us.Requests);
    }

    [Fact]
    public async Task Labels_OfTheCaller_BindAsRulesDo()
    {
        await using var world = await WorldAsync("");

        using var plain = await world.AskAsync(null);
        using var labelled = await world.AskAsync(null, headers: ("x-fairlead-sensitivity", "phi"));
        using var misspelt = await world.AskAsync(null, headers: ("x-fairlead-sensitivity", "ph1"));

        Assert.Equal(("us", "eu"), (Target(plain), Target(labelled)));
        Assert.Equal(HttpStatusCode.BadRequest, misspelt.StatusCode);
    }

    [Theory]
    [InlineData("marketing-secret-1", "clinic", null, null, HttpStatusCode.Forbidden, "route_not_allowed")]           // a route of others
    [InlineData("marketing-secret-1", "auto", "x-fairlead-feature", "clinic", HttpStatusCode.Forbidden, "claim_not_allowed")]
    [InlineData("clinic-secret-22222", "auto", "x-fairlead-environment", "dev", HttpStatusCode.Forbidden, "claim_not_allowed")]
    [InlineData("workbench-secret-33", "cheap", null, null, HttpStatusCode.Forbidden, "no_allowed_target")]           // a target of others
    [InlineData("workbench-secret-33", "auto", "x-fairlead-max-cost-usd", "0.0000001", HttpStatusCode.PaymentRequired, "max_cost_exceeded")]
    [InlineData("workbench-secret-33", "never", null, null, HttpStatusCode.Forbidden, "no_allowed_target")]                 // what the request is not
    [InlineData("workbench-secret-33", "auto", "x-fairlead-workload", "sumarization", HttpStatusCode.BadRequest, "invalid_header")]
    public async Task Refused_IsToldByItsCode(string key, string model, string? header, string? value, HttpStatusCode status, string code)
    {
        await using var world = await WorldAsync(Keys);

        using var response = await world.AskAsync(key, model, header is null ? [] : [(header, value!)]);

        Assert.Equal((status, code), (response.StatusCode, await CodeAsync(response)));
        Assert.Empty(world.Us.Requests);
        Assert.Empty(world.Eu.Requests);
    }

    [Fact]
    public async Task Advise_ServesTheBaselineAndTells()
    {
        await using var world = await WorldAsync("");

        using var response = await world.AskAsync(null, "advised");
        using var observed = await world.AskAsync(null, "observed");

        Assert.Equal(("us", "us"), (Target(response), Target(observed)));
        Assert.Equal("Would be sent to cheap at us-vendor because route advised prefers cost and it is the cheapest of 3 that qualify ($0.0004 expected).", Vendors.Header(response, "x-fairlead-advice"));
        Assert.False(observed.Headers.Contains("x-fairlead-advice"));
        var record = await Vendors.RecordAsync(world.Gateway, observed);
        Assert.Equal("cheap", record["decision"]!["advice"]!["candidates"]![0]!["target"]!.GetValue<string>());
    }

    [Fact]
    public async Task Record_HasWhatRulesReadAndDerivesTheSentenceAgain()
    {
        await using var world = await WorldAsync("");
        world.EuFails = true;
        foreach (var (model, headers) in ((string, (string, string)[])[])[
            ("auto", []), ("auto", [("x-fairlead-feature", "marketing")]), ("auto", [("x-fairlead-sensitivity", "phi")]), ("advised", []), ("us", []), ("rest", []), ("never", []),
            ("auto", [("x-fairlead-workload", "extraction"), ("x-fairlead-template", "t")])])
        {
            using var response = await world.AskAsync(null, model, headers);
            var record = await Vendors.RecordAsync(world.Gateway, response);

            var decision = RecordedDecision.Parse(record["decision"]!.ToJsonString());
            var failed = record["attempts"]!.AsArray().Where(attempt => attempt!["outcome"]!.GetValue<string>() != "answered")
                .Select(attempt => new FailedAttempt(attempt!["target"]!.GetValue<string>(), Core.Execution.FailureTable.Find(attempt["outcome"]!.GetValue<string>())!.Class, "service_unavailable")).ToArray();
            var answered = record["attempts"]!.AsArray().LastOrDefault(attempt => attempt!["outcome"]!.GetValue<string>() == "answered");
            var derived = answered is null
                ? DecisionSentence.ForFailure(decision!, failed)
                : DecisionSentence.ForAnswer(decision!, decision!.Tiers.Single(tier => tier.Name == answered["tier"]!.GetValue<string>()).Number, answered["target"]!.GetValue<string>(), failed);
            Assert.Equal(record["sentence"]!.GetValue<string>(), derived);
            Assert.Equal(Vendors.Header(response, "x-fairlead-reason"), derived);
        }

        using var last = await world.AskAsync(null, "auto", ("x-fairlead-feature", "marketing"), ("x-fairlead-workload", "extraction"), ("x-fairlead-sensitivity", "phi"));
        var inputs = (await Vendors.RecordAsync(world.Gateway, last))["decision"]!["inputs"]!;
        Assert.Equal("marketing", inputs["caller.feature"]!.GetValue<string>());
        Assert.Equal("header", inputs["workload_source"]!.GetValue<string>());
        Assert.Equal("caller", inputs["sensitivity_sources"]!["phi"]!.GetValue<string>());
        Assert.False(inputs["prompt.mentions([\"confidential\"])"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Explain_AndTheDryRunHeader_SayWhatIsServed()
    {
        await using var world = await WorldAsync("");
        foreach (var model in (string[])["auto", "usual", "marketing", "advised", "rest", "us", "eu-vendor/x", "draw"])
        {
            foreach (var headers in ((string, string)[][])[[], [("x-fairlead-feature", "marketing")], [("x-fairlead-sensitivity", "phi")]])
            {
                using var served = await world.AskAsync(null, model, [.. headers, ("x-fairlead-journey", "j-7")]);
                using var dry = await world.AskAsync(null, model, [.. headers, ("x-fairlead-journey", "j-7"), ("x-fairlead-dry-run", "true")]);
                var told = JsonNode.Parse(await dry.Content.ReadAsStringAsync())!;
                if (!served.IsSuccessStatusCode)
                {
                    Assert.Null(told["target"]);
                    continue;
                }

                Assert.Equal(Target(served), told["target"]!.GetValue<string>());
                Assert.Equal("Would be s" + Vendors.Header(served, "x-fairlead-reason")[1..], told["sentence"]!.GetValue<string>());
            }
        }
    }

    [Fact]
    public async Task NewTargets_GetFirstTraffic_AndFailingOnesLoseIt()
    {
        await using var world = await WorldAsync("");
        world.EuFails = true;
        await world.Gateway.SetBreakerAsync("eu", "closed"); // or it would open first
        for (var i = 0; i < 20; i++)
        {
            using var response = await world.AskAsync(null, "healthy");
            Assert.Equal("us", Target(response)); // after eu, of which nothing was known, was tried first
        }

        Assert.Equal(20, world.Eu.Requests.Count);
        _time.Advance(TimeSpan.FromMilliseconds(300));
        using var later = await world.AskAsync(null, "healthy");

        Assert.Equal(20, world.Eu.Requests.Count);
        Assert.Equal("Sent to us at us-vendor because route healthy lists it next; eu: health.success_rate is 0.0.", Vendors.Header(later, "x-fairlead-reason"));
    }

    [Fact]
    public async Task User_ReachesNoRecordNoHeaderAndNoLog()
    {
        await using var world = await WorldAsync("");

        using var response = await world.AskAsync(null, "personal", ("x-fairlead-user", "alice@example.org"));
        var record = await Vendors.RecordAsync(world.Gateway, response);

        Assert.Equal("us", Target(response));
        Assert.Contains("eu: not caller.user == \"nobody\"", record["sentence"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.DoesNotContain("alice", record.ToJsonString() + response.Headers + world.Gateway.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counting_TriesNoMoreThanServingDoes()
    {
        await using var world = await WorldAsync("", "anthropic");
        world.EuFails = true;
        world.UsFails = true;

        using var counted = await world.Gateway.PostAsync("v1/messages/count_tokens", """{"model":"many","messages":[{"role":"user","content":"Hello"}]}""");
        using var refused = await world.Gateway.PostAsync("v1/messages/count_tokens", """{"model":"entered","messages":[{"role":"user","content":"Hello"}]}""");

        Assert.Equal(HttpStatusCode.OK, counted.StatusCode);
        Assert.InRange(world.Us.Requests.Count + world.Eu.Requests.Count, 1, 4); // two tiers: four sends
    }

    [Fact]
    public async Task RuleThatErrs_IsCountedAndLoggedOnce()
    {
        await using var world = await WorldAsync("");
        for (var i = 0; i < 3; i++)
        {
            using var response = await world.AskAsync(null, headers: ("x-fairlead-template", "broken"));
            Assert.Equal("us", Target(response));
        }

        Assert.Contains("fairlead_rule_errors_total{otel_scope_name=\"Fairlead\",rule=\"routes[1].when\"} 3", await world.Gateway.Client.GetStringAsync("metrics"), StringComparison.Ordinal);
        Assert.Single(world.Gateway.Log.Text.Split("The rule routes[1].when could not be evaluated", StringSplitOptions.None)[1..]);
    }

    private static string Target(HttpResponseMessage response) => Vendors.Header(response, "x-fairlead-target");

    private static async Task<string> CodeAsync(HttpResponseMessage response) => JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>();

    private async Task<World> WorldAsync(string keys, string kind = "openai-compatible")
    {
        var world = new World();
        world.Gateway = await RunningGateway.StartAsync(
            $$"""
            providers:
              us-vendor: { kind: {{kind}}, {{(kind == "anthropic" ? "keys: [\"env:MARKETING\"], " : "")}}base_url: "{{world.Us.Address}}", region: us, facts: [soc2] }
              eu-vendor: { kind: {{kind}}, {{(kind == "anthropic" ? "keys: [\"env:MARKETING\"], " : "")}}base_url: "{{world.Eu.Address}}", region: eu, facts: [soc2, hipaa] }
            targets:
              us:    { provider: us-vendor, model: large, price: { input: 2, output: 8 } }
              eu:    { provider: eu-vendor, model: large, price: { input: 3, output: 12 } }
              cheap: { provider: us-vendor, model: small, price: { input: 0.5, output: 1 } }
            sensitivity:
              - { label: phi, when: caller.feature == "clinic" }
              - { label: pii, when: 'prompt.mentions(["confidential"])' }
            constraints:
              - { name: health data stays in contract, when: '"phi" in sensitivity', require: '"hipaa" in provider.facts' }
            defaults: { retries: 0, {{Vendors.Patient}} }
            routes:
              - { name: marketing, when: caller.feature == "marketing", tiers: [ { prefer: cost } ] }
              - { name: erring, when: 'request.template == "broken" && int(request.template) == 1', tiers: [ { use: [cheap] } ] }
              - { name: clinic, when: caller.team == "nobody", restricted: true, tiers: [ { use: [eu] } ] }
              - { name: never, when: caller.team == "nobody", tiers: [ { use: [us, eu], require: request.max_tokens > 1000000 } ] }
              - { name: advised, when: caller.team == "nobody", mode: advise, baseline: us, tiers: [ { prefer: cost } ] }
              - { name: observed, when: caller.team == "nobody", mode: observe, baseline: us, tiers: [ { prefer: cost } ] }
              - { name: rest, when: caller.team == "nobody", tiers: [ { use: [eu] }, { use: [us, cheap], prefer: cost } ] }
              - { name: draw, when: caller.team == "nobody", tiers: [ { use: [us, cheap], prefer: { weighted: { us: 1, cheap: 1 }, sticky: journey } } ] }
              - { name: personal, when: caller.team == "nobody", tiers: [ { use: [eu], require: caller.user == "nobody" }, { use: [us] } ] }
              - { name: many, when: caller.team == "nobody", tiers: [ {}, {} ] }
              - { name: entered, when: caller.team == "nobody", tiers: [ { use: [us], require: request.stream }, { use: [eu], after: [rate_limited] } ] }
              - { name: healthy, when: caller.team == "nobody", tiers: [ { use: [eu, us], require: health.success_rate > 0.5 } ] }
              - { name: usual, tiers: [ { use: [us] }, { use: [eu] } ] }
            {{keys}}
            """,
            _time, Secrets);
        return world;
    }

    /// <summary>A gateway in front of a vendor in the US and one in the EU.</summary>
    private sealed class World : IAsyncDisposable
    {
        public World()
        {
            Us = ByteServer.Start(_ => UsFails ? Reply.Json(Vendors.Error("service_unavailable"), 503) : Reply.Json(Vendors.Answer("us")));
            Eu = ByteServer.Start(_ => EuFails ? Reply.Json(Vendors.Error("service_unavailable"), 503) : Reply.Json(Vendors.Answer("eu")));
        }

        public ByteServer Us { get; }

        public ByteServer Eu { get; }

        public bool EuFails { get; set; }

        public bool UsFails { get; set; }

        public RunningGateway Gateway { get; set; } = null!;

        public Task<HttpResponseMessage> AskAsync(string? key, string model = "auto", params (string Name, string Value)[] headers) => Gateway.PostAsync(
            $$"""{"model":"{{model}}","messages":[{"role":"user","content":"Hello"}]}""", key is null ? headers : [.. headers, ("authorization", "Bearer " + key)]);

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Us.DisposeAsync();
            await Eu.DisposeAsync();
        }
    }
}
