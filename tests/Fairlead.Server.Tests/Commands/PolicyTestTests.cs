using System.Text.Json.Nodes;
using System.Xml.Linq;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Commands;

/// <summary><c>fairlead test</c>: what passes, what fails and how it tells, what it refuses.</summary>
public sealed class PolicyTestTests
{
    private const string Configuration = """
        providers:
          us: { kind: openai-compatible, base_url: "https://us.example/v1", keys: ["env:US_KEY"], region: us }
          eu: { kind: openai-compatible, base_url: "https://eu.example/v1", keys: ["env:EU_KEY"], region: eu, facts: [hipaa] }
        targets:
          big: { provider: us, model: big, price: { input: 2, output: 8 }, json_schema: true, tools: true, vision: true }
          small: { provider: us, model: small, price: { input: 0.1, output: 0.4 }, json_schema: true, tools: true, vision: false, max_output: 4000 }
          home: { provider: eu, model: home, price: { input: 1, output: 4 }, json_schema: true, tools: true, vision: true }
        aliases: { "gpt-*": auto }
        workloads:
          - { name: extraction, when: request.has_schema }
        constraints:
          - { name: health stays, when: '"phi" in sensitivity', require: '"hipaa" in provider.facts' }
        routes:
          - { name: special, when: 'caller.key == "app"', restricted: true, tiers: [ { use: [home] } ] }
          - name: default
            tiers:
              - { name: cheap, use: [big, small], require: health.p95_ms < 800, prefer: cost }
              - { name: elsewhere, use: [home], after: [overloaded, no_candidate] }
        keys:
          - { name: app, secret: "env:APP_KEY", tenant: acme, routes: [special] }
          - { name: other, secret: "env:OTHER_KEY", tenant: acme }
        """;

    [Fact]
    public async Task Examples_AllPass()
    {
        var run = await CommandRun.OfAsync("test", Path.Combine(Sources.Root, "examples/policy/fairlead.policy-tests.yaml"), "--json");

        var result = JsonNode.Parse(run.Output)!;
        Assert.Equal(0, run.Code);
        Assert.Equal(0, result["failed"]!.GetValue<int>());
        Assert.True(result["passed"]!.GetValue<int>() >= 50);
        var tests = result["tests"]!.AsArray();
        Assert.True(tests.Count(test => test!["name"]!.GetValue<string>().StartsWith("health data", StringComparison.Ordinal)) >= 20);
    }

    /// <summary>Without the constraint that the examples rest on, their tests must notice.</summary>
    [Fact]
    public async Task Examples_WithoutTheirConstraints_Fail()
    {
        using var folder = new TemporaryFolder();
        var lines = Sources.Read("examples/policy/fairlead.yaml").Split('\n');
        folder.Write("weaker.yaml", string.Join('\n', lines.Where(line => !line.Contains("name: health data stays in its contract", StringComparison.Ordinal))));
        folder.Write("weaker.policy-tests.yaml", string.Join('\n', Sources.Read("examples/policy/fairlead.policy-tests.yaml").Split('\n')
            .Select(line => line.Replace("constraints: [health data stays in its contract, nothing delicate is retained]", "", StringComparison.Ordinal)
                .Replace("constraints: [health data stays in its contract]", "", StringComparison.Ordinal))));

        var run = await CommandRun.OfAsync("test", folder.File("weaker.policy-tests.yaml"), "--config", folder.File("weaker.yaml"), "--json");

        Assert.Equal(1, run.Code);
        var failed = JsonNode.Parse(run.Output)!["tests"]!.AsArray().Where(test => !test!["passed"]!.GetValue<bool>()).Select(test => test!["name"]!.GetValue<string>()).ToArray();
        Assert.Contains("health data pinned to a vendor outside its contract is refused", failed);
        Assert.Contains("health data pinned by an alias is refused too", failed);
        Assert.Contains("health data on a route that is asked for by name", failed);
        Assert.Contains("health data on a static route", failed);
        Assert.All(failed, name => Assert.StartsWith("health data", name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("route: default")]
    [InlineData("tier: cheap")]
    [InlineData("target: small")]
    [InlineData("order: [small, big, home]")]
    [InlineData("order: [small]")]
    [InlineData("workload: extraction", "{ schema: true }")]
    [InlineData("sensitivity: []")]
    [InlineData("constraints: []")]
    [InlineData("never: [us/other]")]
    [InlineData("sentence: [small, cheapest]")]
    [InlineData("rejected: { small: reads no images }", "{ images: true }")]
    [InlineData("target: big", "{ images: true }")]
    [InlineData("target: small", "{ dialect: anthropic-messages, prompt: Hi, tools: [search], schema: true }")]
    [InlineData("rejected: { small: largest output }", "{ max_tokens: 5000 }")]
    [InlineData("target: home", "{ model: home }")]
    [InlineData("refused: model_not_found", "{ model: nowhere }")]
    [InlineData("refused: missing_member", "{ body: { model: auto } }")]
    public async Task Expectation_ThatHolds_Passes(string expect, string request = "{}")
    {
        var run = await RunAsync($"{{ name: one, request: {request}, expect: {{ {expect} }} }}");

        Assert.True(run.Code == 0, run.Output + run.Errors);
    }

    [Theory]
    [InlineData("route: special", "route: expected special", "was      default")]
    [InlineData("tier: elsewhere", "tier: expected elsewhere", "was      cheap")]
    [InlineData("target: big", "target: expected big", "was      small")]
    [InlineData("order: [big]", "order: expected big", "was      small, big, home")]
    [InlineData("workload: extraction", "workload: expected extraction", "was      nothing")]
    [InlineData("sensitivity: [phi]", "sensitivity: expected phi", "was      nothing")]
    [InlineData("constraints: [health stays]", "constraints: expected health stays", "was      nothing")]
    [InlineData("never: [home]", "never: expected no tier holds home", "was      tier elsewhere holds it")]
    [InlineData("sentence: dearest", "sentence: expected …dearest…", "prefers cost")]
    [InlineData("rejected: { big: vision }", "rejected: expected big: …vision…", "was      big was not rejected")]
    [InlineData("refused: no_allowed_target", "refused: expected no_allowed_target", "was      answered by small")]
    public async Task Expectation_ThatDoesNot_TellsExpectedAndWas(string expect, string expected, string was)
    {
        var run = await RunAsync($"{{ name: one, request: {{}}, expect: {{ {expect} }} }}");

        Assert.Equal(1, run.Code);
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
        Assert.Contains(was, run.Output, StringComparison.Ordinal);
        Assert.Contains("Sent to small at us", run.Output, StringComparison.Ordinal);
        Assert.Contains("0 passed, 1 failed", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sensitivity: []", "was      phi")]
    [InlineData("constraints: []", "was      health stays")]
    [InlineData("rejected: { big: [health stays, anything else] }", "was      big: constraint health stays")]
    public async Task Expectation_OfLess_OrOfMore_DoesNotHold(string expect, string was)
    {
        var run = await RunAsync($"{{ name: one, headers: {{ x-fairlead-sensitivity: phi }}, request: {{}}, expect: {{ {expect} }} }}");

        Assert.Equal(1, run.Code);
        Assert.Contains(was, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("anthropic-messages")]
    public async Task Request_EveryMember_ReachesTheRules(string dialect)
    {
        using var folder = new TemporaryFolder();
        var when = $"""request.stream && request.max_tokens == 5 && request.has_schema && request.tools == ["search", "book"] && request.has_images && request.metadata.team == "x" && request.dialect == "{dialect}" && prompt.mentions(["hello there"]) && prompt.mentions(["be brief"]) && request.model == "gpt-4" """;
        folder.Write("fairlead.yaml", Configuration.Replace("when: request.has_schema", $"when: '{when}'", StringComparison.Ordinal));
        var members = new[] { "stream: true", "max_tokens: 5", "schema: true", "tools: [search, book]", "images: true", "metadata: { team: x }", $"dialect: {dialect}", "prompt: Hello there", "system: Be brief", "model: gpt-4" };
        string[] less = [.. members.Where(member => !member.StartsWith("dialect", StringComparison.Ordinal))];
        folder.Write("t.policy-tests.yaml", File(
        [
            $"{{ name: all, request: {{ {string.Join(", ", members)} }}, expect: {{ workload: extraction }} }}",
            .. less.Select(left => $"{{ name: 'without {left}', request: {{ {string.Join(", ", members.Where(member => member != left))} }}, expect: {{ workload: extraction }} }}"),
        ]));

        var run = await CommandRun.OfAsync("test", folder.File("t.policy-tests.yaml"));

        Assert.True(run.Output.Contains($"1 passed, {less.Length} failed", StringComparison.Ordinal), run.Output + run.Errors);
    }

    [Fact]
    public async Task Request_ThatNoTargetCanCarry_IsRefusedAsTheGatewayDoes()
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", """
            providers: { a: { kind: anthropic, keys: ["env:FAIRLEAD_TEST_NEVER_SET"] } }
            targets: { t: { provider: a, model: claude-haiku-4-5 } }
            routes: [ { name: default, tiers: [ { use: [t] } ] } ]
            """);
        folder.Write("t.policy-tests.yaml", File("{ name: two answers, request: { body: { model: auto, n: 2, messages: [ { role: user, content: Hi } ] } }, expect: { refused: unsupported_parameter, rejected: { t: cannot carry n }, never: [t] } }"));

        var run = await CommandRun.OfAsync("test", folder.File("t.policy-tests.yaml"));

        Assert.True(run.Code == 0, run.Output + run.Errors);
    }

    [Fact]
    public async Task Measured_OfOneTest_DoesNotReachTheNext()
    {
        var run = await RunAsync(
            "{ name: fast, request: {}, health: { small: { p95: 100ms }, big: { p95: 100ms } }, expect: { target: small } }",
            "{ name: slow, request: {}, health: { small: { p95: 900ms }, big: { p95: 100ms } }, expect: { target: big, rejected: { small: p95 } } }",
            "{ name: both slow, request: {}, health: { small: { p95: 900ms }, big: { p95: 1s } }, expect: { target: home, tier: elsewhere } }",
            "{ name: unknown, request: {}, expect: { target: small, sentence: unproven } }");

        Assert.True(run.Code == 0, run.Output + run.Errors);
    }

    [Fact]
    public async Task Defaults_HoldUntilATestSaysOtherwise()
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", Configuration.Replace("when: request.has_schema", "when: 'caller.feature == \"sums\" && caller.user_tier == \"gold\"'", StringComparison.Ordinal));
        folder.Write("t.policy-tests.yaml", """
            defaults:
              headers: { X-Fairlead-Feature: sums, x-fairlead-user-tier: gold }
              health: { small: { p95: 900ms }, big: { p95: 300ms } }
            tests:
              - { name: as they are, request: {}, expect: { workload: extraction, target: big, rejected: { small: p95 } } }
              - { name: another speed, health: { small: { samples: 3 } }, request: {}, expect: { target: small, sentence: unproven } }
            """);

        var run = await CommandRun.OfAsync("test", folder.File("t.policy-tests.yaml"));

        Assert.True(run.Code == 0, run.Output + run.Errors);
        folder.Write("t.policy-tests.yaml", "defaults: { headers: { x-fairlead-feature: sums, x-fairlead-user-tier: gold } }\ntests: [ { name: another feature, headers: { x-fairlead-feature: other }, request: {}, expect: { workload: extraction } } ]\n");
        Assert.Equal(1, (await CommandRun.OfAsync("test", folder.File("t.policy-tests.yaml"))).Code);
    }

    [Fact]
    public async Task Down_IsWalkedAsExecutionDoes()
    {
        var run = await RunAsync(
            "{ name: next in tier, request: {}, down: { small: timeout }, expect: { target: big, tier: cheap } }",
            "{ name: next tier only after what it names, request: {}, down: { small: timeout, big: timeout }, expect: { refused: upstream_timeout } }",
            "{ name: and then it is entered, request: {}, down: { small: timeout, big: overloaded }, expect: { target: home, sentence: ['small: timeout', 'big: overloaded'] } }",
            "{ name: the client's own fault ends it, request: {}, down: { small: bad_request }, expect: { refused: bad_request, sentence: request itself was refused } }");

        Assert.True(run.Code == 0, run.Output + run.Errors);
    }

    [Fact]
    public async Task Keys_Claims_AndPins_AreThoseOfARequest()
    {
        var run = await RunAsync(
            "{ name: its route, key: app, request: {}, expect: { route: special, target: home } }",
            "{ name: not its route, key: app, request: { model: default }, expect: { refused: route_not_allowed } }",
            "{ name: restricted, key: other, request: { model: special }, expect: { refused: route_not_allowed } }",
            "{ name: labelled, headers: { X-Fairlead-Sensitivity: phi }, request: {}, expect: { target: home, tier: elsewhere, constraints: [health stays], never: [big, small] } }",
            "{ name: labelled and pinned, headers: { x-fairlead-sensitivity: phi }, request: { model: big }, expect: { refused: no_allowed_target } }",
            "{ name: misspelt label, headers: { x-fairlead-sensitivity: phl }, request: {}, expect: { refused: invalid_header } }");

        Assert.True(run.Code == 0, run.Output + run.Errors);
    }

    [Fact]
    public async Task Time_Environment_Primary_AndWatchedRoutes_AreThoseOfARequest()
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", """
            providers:
              a: { kind: openai-compatible, base_url: "https://a.example/v1" }
              b: { kind: openai-compatible, base_url: "https://b.example/v1" }
            targets:
              old: { provider: a, model: old, family: f, retires: 2027-01-01 }
              young: { provider: a, model: young, family: f }
              twin: { provider: b, model: young, family: f }
              staged: { provider: b, model: staged, family: g, environments: [staging] }
            routes:
              - { name: watched, when: caller.feature == "watched", mode: observe, baseline: twin, tiers: [ { use: [young] } ] }
              - name: default
                tiers:
                  - { name: first, use: [old, staged, young] }
                  - { name: family elsewhere, require: target.family == primary.family && target.provider != primary.provider }
            """);
        folder.Write("t.policy-tests.yaml", """
            defaults: { at: 2026-12-31T23:59:59Z }
            tests:
              - { name: before it retires, request: {}, expect: { target: old, order: [old, young, twin], rejected: { staged: names no environment } } }
              - { name: in another zone it is the same moment, at: 2027-01-01T00:59:59+01:00, request: {}, expect: { target: old } }
              - { name: once it is retired, at: 2027-01-01T00:00:00Z, request: {}, expect: { target: young, order: [young, twin], rejected: { old: retired on 2027-01-01 }, never: [old] } }
              - { name: where it is for, headers: { x-fairlead-environment: staging }, request: {}, expect: { order: [old, staged, young, twin] } }
              - { name: where it is not for, headers: { x-fairlead-environment: prod }, request: {}, expect: { rejected: { staged: environment } } }
              - { name: what is watched is told and not served, headers: { x-fairlead-feature: watched }, request: {}, expect: { route: watched, target: twin, tier: baseline, never: [young], sentence: [mode observe, young] } }
            """);

        var run = await CommandRun.OfAsync("test", folder.File("t.policy-tests.yaml"));

        // The primary of the default route is 'old', also once it is retired: it is found from what never changes.
        Assert.True(run.Code == 0, run.Output + run.Errors);
    }

    [Fact]
    public async Task Body_OfATest_IsTheWholeBody_WithTypesByTheirLooks()
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", Configuration.Replace("when: request.has_schema", "when: 'request.max_tokens == 17 && request.stream && request.metadata.number == \"17\"'", StringComparison.Ordinal));
        folder.Write("t.policy-tests.yaml", """
            tests:
              - name: types
                request: { body: { model: auto, max_tokens: 17, stream: true, temperature: 0.5, stop: null, metadata: { number: "17" }, messages: [ { role: user, content: "17" } ] } }
                expect: { workload: extraction }
              - name: a text is no number
                request: { body: { model: auto, max_tokens: "17", messages: [] } }
                expect: { refused: invalid_type }
              - name: a claim in the body
                request: { metadata: { fairlead.workload: extraction } }
                expect: { workload: extraction }
              - name: an unknown claim in the body
                request: { metadata: { fairlead.wrkload: extraction } }
                expect: { refused: unknown_member }
            """);

        var run = await CommandRun.OfAsync("test", folder.File("t.policy-tests.yaml"));

        Assert.True(run.Code == 0, run.Output + run.Errors);
    }

    [Fact]
    public async Task RulesThatCouldNotBeEvaluated_AreTold()
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", Configuration.Replace("when: '\"phi\" in sensitivity'", "when: 'request.metadata.level == \"high\"'", StringComparison.Ordinal));
        folder.Write("t.policy-tests.yaml", File("{ name: no level, request: {}, expect: { constraints: [health stays], target: home } }", "{ name: a level, request: { metadata: { level: low } }, expect: { constraints: [], target: small } }"));

        var run = await CommandRun.OfAsync("test", folder.File("t.policy-tests.yaml"));

        Assert.True(run.Code == 0, run.Output + run.Errors);
        Assert.Contains("no level: constraints[0].when could not be evaluated: ", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("a level: ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filter_JUnit_AndSeveralFiles()
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", Configuration);
        folder.Write("a.policy-tests.yaml", File("{ name: good one, request: {}, expect: { target: small } }", "{ name: bad <one>, request: {}, expect: { target: big } }"));
        folder.Write("b.policy-tests.yaml", File("{ name: also good, request: {}, expect: { route: default } }"));

        var all = await CommandRun.OfAsync("test", folder.File("a.policy-tests.yaml"), folder.File("b.policy-tests.yaml"), "--junit", folder.File("out.xml"));
        var good = await CommandRun.OfAsync("test", folder.File("a.policy-tests.yaml"), folder.File("b.policy-tests.yaml"), "--filter", "GOOD");
        var none = await CommandRun.OfAsync("test", folder.File("a.policy-tests.yaml"), "--filter", "nobody");

        Assert.Equal(1, all.Code);
        Assert.Contains("2 passed, 1 failed", all.Output, StringComparison.Ordinal);
        var report = XDocument.Load(folder.File("out.xml")).Root!;
        Assert.Equal("3", report.Attribute("tests")!.Value);
        Assert.Equal("1", report.Attribute("failures")!.Value);
        var failure = Assert.Single(report.Descendants("failure"));
        Assert.Equal("bad <one>", failure.Parent!.Attribute("name")!.Value);
        Assert.Equal("target: expected big, was small", failure.Attribute("message")!.Value);
        Assert.Equal(0, good.Code);
        Assert.Contains("2 passed, 0 failed", good.Output, StringComparison.Ordinal);
        Assert.Equal(2, none.Code);
        Assert.Contains("nobody", none.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ name: one, request: {}, expect: {} }", "(3,39): tests[0].expect: expects nothing")]
    [InlineData("{ name: one, request: {} }", "tests[0]: needs 'expect'")]
    [InlineData("{ name: one, expect: { target: small } }", "tests[0]: needs 'request'")]
    [InlineData("{ request: {}, expect: { target: small } }", "tests[0]: needs 'name'")]
    [InlineData("{ name: one, request: {}, expect: { targt: small } }", "tests[0].expect.targt: unknown key; did you mean 'target'?")]
    [InlineData("{ name: one, request: { promt: x }, expect: { target: small } }", "tests[0].request.promt: unknown key; did you mean 'prompt'?")]
    [InlineData("{ name: one, request: {}, expect: { never: [smal] } }", "tests[0].expect.never[0]: no target is named 'smal'; did you mean 'small'?")]
    [InlineData("{ name: one, request: {}, expect: { route: defaults } }", "no route is named 'defaults'; did you mean 'default'?")]
    [InlineData("{ name: one, request: {}, expect: { tier: chaep } }", "no tier is named 'chaep'; did you mean 'cheap'?")]
    [InlineData("{ name: one, request: {}, expect: { sensitivity: [phy] } }", "no sensitivity label is named 'phy'; did you mean 'phi'?")]
    [InlineData("{ name: one, request: {}, expect: { constraints: [health stay] } }", "did you mean 'health stays'?")]
    [InlineData("{ name: one, request: {}, expect: { workload: extract } }", "no workload is named 'extract'")]
    [InlineData("{ name: one, request: {}, expect: { refused: no_alowed_target } }", "did you mean 'no_allowed_target'?")]
    [InlineData("{ name: one, key: apps, request: {}, expect: { target: small } }", "tests[0].key: no client key is named 'apps'; did you mean 'app'?")]
    [InlineData("{ name: one, health: { smal: { p95: 1s } }, request: {}, expect: { target: small } }", "tests[0].health.smal: no target is named 'smal'")]
    [InlineData("{ name: one, health: { small: { p95: fast } }, request: {}, expect: { target: small } }", "tests[0].health.small.p95: must be a time")]
    [InlineData("{ name: one, down: { small: broken }, request: {}, expect: { target: small } }", "tests[0].down.small: must be one of: connect_failed")]
    [InlineData("{ name: one, headers: { authorization: x }, request: {}, expect: { target: small } }", "begin with x-fairlead-")]
    [InlineData("{ name: one, at: yesterday, request: {}, expect: { target: small } }", "must be a time with its zone")]
    [InlineData("{ name: one, budget: { used: 120% }, request: {}, expect: { target: small } }", "must be a share")]
    [InlineData("{ name: one, request: { body: { model: auto }, prompt: x }, expect: { target: small } }", "tests[0].request.prompt: stands beside 'body'")]
    [InlineData("{ name: one, request: { dialect: gemini }, expect: { target: small } }", "must be one of: openai-chat, anthropic-messages")]
    [InlineData("{ name: one, request: {}, expect: { sentence: [] } }", "names nothing")]
    [InlineData("{ name: one, request: {}, expect: { never: [] } }", "names nothing")]
    public async Task BadTest_IsRefused_WithItsPlace(string test, string error)
    {
        var run = await RunAsync(test);

        Assert.Equal(2, run.Code);
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
        Assert.Contains(".policy-tests.yaml(3,", run.Errors, StringComparison.Ordinal);
        Assert.Equal("", run.Output);
    }

    [Theory]
    [InlineData("tests: []", "is empty")]
    [InlineData("", "is empty")]
    [InlineData("config: fairlead.yaml", "needs 'tests'")]
    [InlineData("tests: [ { name: a, request: {}, expect: { target: small } }, { name: a, request: {}, expect: { target: small } } ]", "a test named 'a' stands before")]
    [InlineData("config: nowhere.yaml\ntests: [ { name: a, request: {}, expect: { target: small } } ]", "there is no file")]
    [InlineData("- a", "must be a mapping")]
    public async Task BadFile_IsRefused(string text, string error)
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", Configuration);
        folder.Write("t.policy-tests.yaml", text);

        var run = await CommandRun.OfAsync("test", folder.File("t.policy-tests.yaml"));

        Assert.Equal(2, run.Code);
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BrokenConfiguration_ListsItsErrors()
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", Configuration.Replace("prefer: cost", "prefer: costs", StringComparison.Ordinal));
        folder.Write("t.policy-tests.yaml", File("{ name: a, request: {}, expect: { target: small } }"));

        var run = await CommandRun.OfAsync("test", folder.File("t.policy-tests.yaml"));

        Assert.Equal(2, run.Code);
        Assert.Contains("fairlead.yaml(", run.Errors, StringComparison.Ordinal);
        Assert.Contains("prefer", run.Errors, StringComparison.Ordinal);
    }

    /// <summary>The executable: the files of the folder it runs in.</summary>
    [Fact]
    public async Task WithoutFiles_TheFoldersOwnAreRun()
    {
        using var folder = new TemporaryFolder();
        await using (var process = FairleadProcess.Start(folder.Path, null, "test"))
        {
            Assert.Equal(2, await process.EndedAsync());
            Assert.Contains("there is no *.policy-tests.yaml in this folder", process.Errors, StringComparison.Ordinal);
        }

        folder.Write("fairlead.yaml", Configuration);
        folder.Write("t.policy-tests.yaml", File("{ name: a, request: {}, expect: { target: small } }"));
        await using var again = FairleadProcess.Start(folder.Path, null, "test");
        Assert.Equal(0, await again.EndedAsync());
        Assert.Contains("1 passed, 0 failed", again.Output, StringComparison.Ordinal);
    }

    private static string File(params string[] tests) => "config: fairlead.yaml\ntests:\n" + string.Concat(tests.Select(test => $"  - {test}\n"));

    private static async Task<CommandRun> RunAsync(params string[] tests)
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", Configuration);
        folder.Write("t.policy-tests.yaml", File(tests));
        return await CommandRun.OfAsync("test", folder.File("t.policy-tests.yaml"));
    }
}
