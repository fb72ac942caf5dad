using Fairlead.Core.Configuration;
using Fairlead.Core.Revisions;
using Fairlead.Core.Tests.Configuration;

namespace Fairlead.Core.Tests.Revisions;

/// <summary>What a change of rules and of what they read means, in words.</summary>
public sealed class SnapshotDiffPolicyTests
{
    private const string Rich = """
        providers:
          east: { kind: simulated, region: us }
          west: { kind: simulated, region: eu }
        targets:
          mini: { provider: east, model: a, price: { input: 1, output: 2 }, quality: { default: 0.5, extraction: 0.75 }, tags: [fast, cheap], environments: [prod], prior: { p50: 200ms, p95: 800ms, p99: 2s, success: 99%, schema_validity: 90%, tool_success: 80% }, tools: true, json_schema: true, vision: true, context_window: 100000 }
          haiku: { provider: west, model: b, price: { input: 3, output: 4 }, tools: true, json_schema: true, vision: true, context_window: 100000 }
        workloads:
          - { name: extraction, when: request.has_schema, templates: [invoice] }
          - { name: chatter, features: [lobby, bar] }
        sensitivity:
          - { label: phi, when: 'caller.feature == "clinic"' }
        constraints:
          - { name: stays in the EU, when: '"phi" in sensitivity', require: 'provider.region == "eu"' }
        routes:
          - name: extracts
            when: workload == "extraction"
            require: target.json_schema
            promise: { p95: 800ms, success: 99.9%, cost_per_outcome: $0.01, window: 8000, tools: true, regions: [us, eu], facts: [] }
            tiers:
              - { name: first, use: [mini, haiku], prefer: { weighted: { mini: 95, haiku: 5 }, sticky: journey }, require: target.tools }
              - { name: second, after: [timeout, overloaded], impact: slower answers }
          - { name: lounge, when: workload == "chatter", mode: observe, baseline: mini, restricted: true, tiers: [ { use: [mini] } ] }
          - { name: rest, tiers: [ { use: [haiku, mini], prefer: { balanced: { cost: 1, latency: 2 } } } ] }
          - { name: by-name, tiers: [ { use: [mini] } ] }
        keys:
          - { name: app, secret: "env:APP", team: growth, feature: lobby, routes: [extracts, rest], environments: [prod] }
        """;

    public static TheoryData<string, string, string[]> Edits => new()
    {
        { "default: 0.5, extraction: 0.75", "default: 0.5, extraction: 0.8", ["target mini: quality now extraction 0.8 instead of extraction 0.75"] },
        { "tags: [fast, cheap]", "tags: [cheap]", ["target mini: tags without fast"] },
        { "environments: [prod], prior", "environments: [prod, stage], prior", ["target mini: environments now also stage"] },
        { "tags: [fast, cheap],", "tags: [fast, cheap], restricted: true,", ["target mini: restricted now yes instead of no"] },
        { "p50: 200ms", "p50: 300ms", ["target mini: expected p50 in ms now 300 instead of 200"] },
        { "p95: 800ms, p99", "p95: 900ms, p99", ["target mini: expected p95 in ms now 900 instead of 800"] },
        { "p99: 2s", "p99: 3s", ["target mini: expected p99 in ms now 3000 instead of 2000"] },
        { "success: 99%", "success: 98%", ["target mini: expected success rate now 0.98 instead of 0.99"] },
        { ", schema_validity: 90%", "", ["target mini: expected schema validity now none instead of 0.9"] },
        { "tool_success: 80%", "tool_success: 70%", ["target mini: expected tool success now 0.7 instead of 0.8"] },
        { "when: request.has_schema", "when: request.has_tools", ["workload extraction: when now request.has_tools instead of request.has_schema"] },
        { "templates: [invoice]", "templates: [invoice, receipt]", ["workload extraction: templates now also receipt"] },
        { "features: [lobby, bar]", "features: [bar]", ["workload chatter: features without lobby"] },
        { "workloads:\n", "workloads:\n  - { name: poems, features: [poet] }\n", ["workload poems: added: features poet"] },
        { "when: 'caller.feature == \"clinic\"'", "when: 'caller.feature == \"ward\"'", ["sensitivity phi: when now caller.feature == \"ward\" instead of caller.feature == \"clinic\""] },
        { "require: 'provider.region == \"eu\"'", "require: 'provider.region != \"us\"'", ["constraint stays in the EU: require now provider.region != \"us\" instead of provider.region == \"eu\""] },
        { "when: '\"phi\" in sensitivity', ", "", ["constraint stays in the EU: when now none instead of \"phi\" in sensitivity"] },
        { "name: stays in the EU", "name: stays there", ["constraint stays in the EU: removed: when \"phi\" in sensitivity; require provider.region == \"eu\"", "constraint stays there: added: when \"phi\" in sensitivity; require provider.region == \"eu\""] },
        { "when: workload == \"extraction\"", "when: workload == \"chatter\"", ["route extracts: when now workload == \"chatter\" instead of workload == \"extraction\""] },
        { "require: target.json_schema\n", "require: target.vision\n", ["route extracts: require now target.vision instead of target.json_schema"] },
        { "promise: { p95: 800ms", "promise: { p95: 1s", ["route extracts: promise of p95 now 1s instead of 800ms"] },
        { "success: 99.9%", "success: 99.5%", ["route extracts: promise of success now 0.995 instead of 0.999"] },
        { "cost_per_outcome: $0.01, ", "cost_per_outcome: $0.02, ", ["route extracts: promise of cost per outcome now $0.02 instead of $0.01"] },
        { "cost_per_outcome: $0.01, ", "", ["route extracts: promise of cost per outcome now none instead of $0.01"] },
        { "window: 8000", "window: 9000", ["route extracts: promise of a context window now 9000 instead of 8000"] },
        { "tools: true, regions", "tools: false, regions", ["route extracts: promise of tools now no instead of yes"] },
        { "tools: true, regions", "tools: true, json_schema: true, vision: true, regions", ["route extracts: promise of JSON schema now yes instead of no", "route extracts: promise of vision now yes instead of no"] },
        { "regions: [us, eu]", "regions: [eu]", ["route extracts: promise of regions without us"] },
        { "facts: []", "facts: [soc2]", ["route extracts: promise of facts now soc2 instead of none"] },
        { "mini: 95, haiku: 5", "mini: 90, haiku: 10", ["route extracts: tier 1 (first) prefer now weighted haiku 10, mini 90, sticky by journey instead of weighted haiku 5, mini 95, sticky by journey"] },
        { "sticky: journey", "sticky: user", ["route extracts: tier 1 (first) prefer now weighted haiku 5, mini 95, sticky by user instead of weighted haiku 5, mini 95, sticky by journey"] },
        { "require: target.tools", "require: target.vision", ["route extracts: tier 1 (first) require now target.vision instead of target.tools"] },
        { "after: [timeout, overloaded], ", "", ["route extracts: tier 2 (second) after now any failure instead of timeout, overloaded"] },
        { "after: [timeout, overloaded]", "after: [timeout, overloaded, no_candidate]", ["route extracts: tier 2 (second) after now also no_candidate"] },
        { "impact: slower answers", "impact: none", ["route extracts: tier 2 (second) impact now none instead of slower answers"] },
        { "{ name: second, after", "{ name: second, use: [mini, haiku], after", ["route extracts: tier 2 (second) takes every target now no instead of yes"] },
        { "mode: observe", "mode: advise", ["route lounge: mode now advise instead of observe"] },
        { "baseline: mini", "baseline: haiku", ["route lounge: baseline now haiku instead of mini"] },
        { ", restricted: true, tiers", ", tiers", ["route lounge: restricted now no instead of yes"] },
        { "cost: 1, latency: 2", "cost: 1, latency: 3", ["route rest: tier 1 prefer now balanced cost 1, latency 3, quality 0 instead of balanced cost 1, latency 2, quality 0"] },
        { "team: growth", "team: sales", ["key app: team now sales instead of growth"] },
        { "feature: lobby", "feature: bar", ["key app: feature now bar instead of lobby"] },
        { "routes: [extracts, rest]", "routes: [rest], targets: [mini]", ["key app: routes without extracts", "key app: targets now mini instead of all that are not restricted"] },
        { "environments: [prod] }\n", "environments: [stage] }\n", ["key app: environments now stage instead of prod"] },
        // What is read no differently gives no line.
        { "tags: [fast, cheap]", "tags: [cheap, fast]", [] },
        { "when: request.has_schema", "when: 'request.has_schema'", [] },
        { "regions: [us, eu]", "regions: [eu, us]", [] },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void Between_OneEdit_SaysIt(string before, string after, string[] lines)
    {
        var content = Rich + "\n";
        Assert.Equal(2, content.Split(before).Length); // it stands there, once
        var (one, other) = (Read(content), Read(content.Replace(before, after, StringComparison.Ordinal)));

        Assert.Equal(lines, SnapshotDiff.Between(one, other).Select(change => change.ToString()));
        Assert.Equal(lines.Length == 0, SnapshotDiff.Between(other, one).IsEmpty);
        Assert.Empty(SnapshotDiff.Between(other, Read(content.Replace(before, after, StringComparison.Ordinal))));
    }

    [Fact]
    public void Between_WorkloadsInAnotherOrder_SaysIt()
    {
        var lines = Rich.Split('\n').ToList();
        var at = lines.FindIndex(line => line.Contains("name: chatter,", StringComparison.Ordinal));
        (lines[at - 1], lines[at]) = (lines[at], lines[at - 1]);

        var change = Assert.Single(SnapshotDiff.Between(Read(Rich), Read(string.Join('\n', lines))));

        Assert.Equal("workloads: workloads in the order chatter, extraction instead of extraction, chatter", change.ToString());
        Assert.True(change.IsGlobal);
    }

    /// <summary>A route's place and <c>when</c> touch those that are asked after it, up to the one that takes all; by-name is only ever named.</summary>
    [Theory]
    [InlineData("when: workload == \"chatter\", mode", "when: workload == \"extraction\", mode", "lounge rest")]
    [InlineData("when: workload == \"extraction\"\n", "when: workload == \"chatter\"\n", "extracts lounge rest")]
    [InlineData("routes:\n", "routes:\n  - { name: all, tiers: [ { use: [mini] } ] }\n", "all extracts lounge rest")]
    [InlineData("  - { name: rest,", "  - { name: new, when: request.stream, tiers: [ { use: [mini] } ] }\n  - { name: rest,", "new rest")]
    [InlineData("  - { name: by-name,", "  - { name: new, tiers: [ { use: [mini] } ] }\n  - { name: by-name,", "new")]
    [InlineData("  - { name: by-name, tiers: [ { use: [mini] } ] }\n", "", "by-name")]
    public void Between_RoutePlacedOtherwise_TouchesThoseAfterIt(string before, string after, string routes)
    {
        Assert.Equal(2, Rich.Split(before).Length);
        var change = Assert.Single(SnapshotDiff.Between(Read(Rich), Read(Rich.Replace(before, after, StringComparison.Ordinal))));

        Assert.Equal(routes.Split(' '), change.Routes.Order(StringComparer.Ordinal));
    }

    private static GatewaySnapshot Read(string content)
    {
        var compiled = Compiling.Compiler().WithoutSecrets().Compile(content, "fairlead.yaml", "");
        Assert.True(compiled.Snapshot is not null, string.Join(Environment.NewLine, compiled.Errors));
        return compiled.Snapshot;
    }
}
