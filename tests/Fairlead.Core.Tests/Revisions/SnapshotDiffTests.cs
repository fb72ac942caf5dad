using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Core.Revisions;
using Fairlead.Core.Tests.Configuration;

namespace Fairlead.Core.Tests.Revisions;

/// <summary>What a change of the configuration means, in words, and whose requests it touches.</summary>
public sealed class SnapshotDiffTests
{
    /// <summary>A configuration with something of everything.</summary>
    private const string Rich = """
        listen: "http://127.0.0.1:8484"
        providers:
          east: { kind: openai-compatible, base_url: "http://127.0.0.1:8001/v1", keys: ["env:EAST_ONE", "env:EAST_TWO"], region: us, facts: [soc2, dpa] }
          west: { kind: anthropic, keys: ["env:WEST"], region: eu, facts: [soc2] }
          sim: { kind: simulated, simulate: { first_token: 20ms, tokens_per_second: 80, faults: ["status 503"] } }
        targets:
          mini: { provider: east, model: m-mini, price: { input: 1, output: 2 }, family: m, context_window: 1000, max_output: 100, tools: true, json_schema: true, vision: false, reasoning: false, retires: 2030-01-31 }
          haiku: { provider: west, model: claude-haiku-4-5, deployment: haiku-eu }
          mistral: { provider: east, model: mistral-large, price: { input: 2, output: 6, cached_input: 0.5 } }
          play: { provider: sim, model: toy, price: { input: 0, output: 0 } }
        aliases: { gpt-4o: auto, "claude-*": gpt-4o, cheap: play }
        defaults: { timeouts: { connect: 1s, first_token: 15s, deadline: 120s }, retries: 1 }
        routes:
          - name: support
            timeouts: { first_token: 3s }
            tiers: [ { use: [mini] }, { use: [haiku] }, { name: last, use: [play] } ]
          - name: batch
            on_loss: reject
            tiers: [ { name: primary, use: [mistral, mini] }, { name: fallback, use: [haiku] } ]
          - { name: fun, tiers: [ { use: [play] } ] }
        budgets:
          - { name: tenants, each: tenant, limit: $500, per: month, at: [ { percent: 80, do: [alert, cheapest] }, { percent: 100, do: [block] } ], override: { acme: $2000 } }
          - { name: batches, scope: { route: batch }, limit: $20, per: day }
        limits: [ { name: tenants, each: tenant, rpm: 600, concurrent: 50 } ]
        keys:
          - { name: app, secret: "env:APP", tenant: acme }
          - { name: tool, secret: "env:TOOL" }
        admin: { key: "env:ADMIN", metrics: open }
        store: { ledger: "sqlite:data/fairlead.db", durability: group }
        """;

    /// <summary>A piece of the configuration, what stands there afterwards, and the lines due; in the order of the lines.</summary>
    public static TheoryData<string, string, string[]> Edits => new()
    {
        { "{ use: [haiku] }, { name: last", "{ use: [mistral] }, { name: last", ["route support: tier 2 now mistral instead of haiku"] },
        { "[ { use: [mini] }, { use: [haiku] }, { name: last, use: [play] } ]", "[ { use: [mini] }, { name: last, use: [play] } ]", ["route support: tier 2 removed: haiku"] },
        { "[ { use: [mini] }, { use: [haiku] }, { name: last, use: [play] } ]", "[ { use: [mini] }, { use: [haiku] }, { name: last, use: [play] }, { use: [mistral] } ]", ["route support: tier 4 added: mistral"] },
        { "[ { use: [mini] }, { use: [haiku] }, { name: last, use: [play] } ]", "[ { use: [mistral] }, { use: [mini] }, { use: [haiku] }, { name: last, use: [play] } ]", ["route support: tier 1 added: mistral"] },
        { "[ { use: [mini] }, { use: [haiku] }, { name: last, use: [play] } ]", "[ { use: [haiku] }, { use: [mini] }, { name: last, use: [play] } ]", ["route support: tiers in the order haiku; mini; last instead of mini; haiku; last"] },
        { "{ name: last, use: [play] }", "{ name: toys, use: [play] }", ["route support: tier 3 now named toys instead of last"] },
        { "{ name: last, use: [play] }", "{ use: [play] }", ["route support: tier 3 now named tier 3 instead of last"] },
        { "{ name: last, use: [play] }", "{ name: last, use: [play, mini] }", ["route support: tier 3 (last) now also mini"] },
        { "use: [mistral, mini]", "use: [mini, mistral]", ["route batch: tier 1 (primary) in the order mini, mistral instead of mistral, mini"] },
        { "use: [mistral, mini]", "use: [mistral]", ["route batch: tier 1 (primary) without mini"] },
        { "[ { name: primary, use: [mistral, mini] }, { name: fallback, use: [haiku] } ]", "[ { name: fallback, use: [haiku] }, { name: primary, use: [mistral, mini] } ]", ["route batch: tiers in the order fallback; primary instead of primary; fallback"] },
        { "on_loss: reject", "on_loss: list", ["route batch: on_loss now list instead of reject"] },
        { "{ first_token: 3s }", "{ first_token: 3s, deadline: 20s }", ["route support: deadline now 20s instead of 120s"] },
        { "{ first_token: 3s }", "{ first_token: 1500ms }", ["route support: first token timeout now 1500ms instead of 3s"] },
        { "first_token: 15s", "first_token: 5s", ["defaults: first token timeout now 5s instead of 15s"] },
        { "connect: 1s", "connect: 250ms", ["defaults: connect timeout now 250ms instead of 1s"] },
        { "deadline: 120s", "deadline: 120s, gap: 5s, headers: 4s", ["defaults: headers timeout now 4s instead of 10s", "defaults: gap timeout now 5s instead of 20s"] },
        { "retries: 1", "retries: 1, failures: { overloaded: retry }", ["defaults: failures now overloaded: retry instead of none"] },
        { "retries: 1", "retries: 1, failures: { prompt_filtered: next_target }", ["defaults: failures now prompt_filtered: next_target instead of none"] },
        { "on_loss: reject", "on_loss: reject\n    failures: { policy_rejected: next_target, empty_output: next_target }", ["route batch: failures now policy_rejected: next_target, empty_output: next_target instead of none"] },
        { "retries: 1", "retries: 0", ["defaults: retries now 0 instead of 1"] },
        { "  - { name: fun, tiers: [ { use: [play] } ] }\n", "", ["route fun: removed"] },
        { "routes:\n", "routes:\n  - { name: new, tiers: [ { use: [mini] }, { name: next, use: [play, haiku] } ] }\n", ["route new: added as number 1: tier 1 mini; tier 2 (next) play, haiku"] },
        { "gpt-4o: auto", "gpt-4o: batch", ["alias gpt-4o: now batch instead of auto"] },
        { "cheap: play", "cheap: play, dear: mistral", ["alias dear: added: stands for mistral"] },
        { ", cheap: play", "", ["alias cheap: removed: stood for play"] },
        { "\"claude-*\": gpt-4o", "\"claude-*\": fun", ["alias claude-*: now fun instead of gpt-4o"] },
        { "model: m-mini", "model: m-mini-2", ["target mini: model now m-mini-2 instead of m-mini"] },
        { "price: { input: 1, output: 2 }", "price: { input: 1.25, output: 2 }", ["target mini: price per million tokens now $1.25 in and $2 out instead of $1 in and $2 out"] },
        { ", cached_input: 0.5 }", ", cached_input: 0.25, cache_write: 3, cache_write_1h: 4 }", ["target mistral: price per million tokens now $2 in and $6 out, $0.25 cached, $3 written to the cache, $4 written for an hour instead of $2 in and $6 out, $0.5 cached"] },
        { ", price: { input: 2, output: 6, cached_input: 0.5 }", "", ["target mistral: price per million tokens now none instead of $2 in and $6 out, $0.5 cached"] },
        { ", deployment: haiku-eu", "", ["target haiku: deployment now none instead of haiku-eu"] },
        { "family: m,", "family: n,", ["target mini: family now n instead of m"] },
        { "context_window: 1000", "context_window: 2000", ["target mini: context window now 2000 instead of 1000"] },
        { "max_output: 100,", "", ["target mini: max output now none instead of 100"] },
        { "tools: true", "tools: false", ["target mini: tools now no instead of yes"] },
        { "json_schema: true", "json_schema: false", ["target mini: JSON schema now no instead of yes"] },
        { "vision: false", "vision: true", ["target mini: vision now yes instead of no"] },
        { "reasoning: false", "reasoning: true", ["target mini: reasoning now yes instead of no"] },
        { "retires: 2030-01-31", "retires: 2029-12-31", ["target mini: retires now 2029-12-31 instead of 2030-01-31"] },
        { "play: { provider: sim", "play: { provider: east", ["target play: provider now east instead of sim", "target play: prefill now none instead of plain"] },
        { "  play: { provider: sim", "  extra: { provider: sim, model: toy, price: { input: 0, output: 0 } }\n  play: { provider: sim", ["target extra: added: toy at sim"] },
        { "127.0.0.1:8001", "127.0.0.1:8002", ["provider east: address now http://127.0.0.1:8002/v1 instead of http://127.0.0.1:8001/v1"] },
        { "region: us", "region: ca", ["provider east: region now ca instead of us"] },
        { "facts: [soc2, dpa]", "facts: [dpa, zdr]", ["provider east: facts now zdr instead of soc2"] },
        { "facts: [soc2] }", "facts: [soc2, hipaa] }", ["provider west: facts now also hipaa"] },
        { ", facts: [soc2] }", " }", ["provider west: facts now none instead of soc2"] },
        { ", \"env:EAST_TWO\"", "", ["provider east: number of keys now 1 instead of 2", "provider east: keys without env:EAST_TWO"] },
        { "\"env:EAST_ONE\", \"env:EAST_TWO\"", "\"env:EAST_TWO\", \"env:EAST_ONE\"", ["provider east: keys in the order env:EAST_TWO, env:EAST_ONE instead of env:EAST_ONE, env:EAST_TWO"] },
        { "kind: anthropic", "kind: anthropic, base_url: \"https://example.com\"", ["provider west: address now https://example.com instead of https://api.anthropic.com", "provider west: address of its own now yes instead of no"] },
        { "first_token: 20ms", "dialect: anthropic-messages, first_token: 20ms", ["provider sim: dialect now anthropic-messages instead of openai-chat"] },
        { "first_token: 20ms", "first_token: 40ms", ["provider sim: first token now 40ms instead of 20ms"] },
        { "tokens_per_second: 80", "tokens_per_second: 40", ["provider sim: tokens per second now 40 instead of 80"] },
        { "faults: [\"status 503\"]", "faults: [\"status 503\", \"status 429\"]", ["provider sim: faults now also status 429"] },
        { "faults: [\"status 503\"]", "faults: [\"status 503\"], quota: [\"rpm=60\"]", ["provider sim: quota now rpm=60 instead of none"] },
        { "faults: [\"status 503\"]", "faults: [\"status 503\"], outages: \"99%\", outage_group: a", ["provider sim: outages now 99% instead of none", "provider sim: outage group now a instead of none"] },
        { "  sim: { kind", "  spare: { kind: simulated }\n  sim: { kind", ["provider spare: added: kind simulated, region not stated"] },
        { "tenant: acme", "tenant: globex", ["key app: tenant now globex instead of acme"] },
        { "secret: \"env:APP\"", "secret: \"env:NEW_APP\"", ["key app: secret now env:NEW_APP instead of env:APP"] },
        { "  - { name: tool, secret: \"env:TOOL\" }\n", "", ["key tool: removed from tenant default"] },
        { "name: tool,", "name: tools,", ["key tool: removed from tenant default", "key tools: added for tenant default"] },
        { "key: \"env:ADMIN\"", "key: \"env:ADMIN_TWO\"", ["admin: key now env:ADMIN_TWO instead of env:ADMIN"] },
        { "metrics: open", "metrics: guarded", ["admin: metrics now guarded instead of open"] },
        { "127.0.0.1:8484", "127.0.0.1:8485", ["listen: address now http://127.0.0.1:8485 instead of http://127.0.0.1:8484"] },
        { "sqlite:data/fairlead.db", "sqlite:data/other.db", ["store: ledger now data/other.db instead of data/fairlead.db"] },
        { "limit: $500", "limit: $400", ["budget tenants: limit now $400 instead of $500"] },
        { "per: month", "per: week, timezone: Europe/Berlin", ["budget tenants: span now week instead of month", "budget tenants: time zone now Europe/Berlin instead of UTC"] },
        { "acme: $2000", "acme: $1000", ["budget tenants: limits of its own for now acme $1000 instead of acme $2000"] },
        { "do: [block] }", "do: [alert] }", ["budget tenants: shares now 100% alert instead of 100% block"] },
        { "each: tenant, limit: $500", "each: team, limit: $500", ["budget tenants: kept for each now team instead of tenant"] },
        { "scope: { route: batch }", "scope: { route: [batch, fun] }", ["budget batches: scope now route batch or fun instead of route batch"] },
        { "  - { name: batches, scope: { route: batch }, limit: $20, per: day }\n", "", ["budget batches: removed, $20 per day"] },
        { "rpm: 600, concurrent: 50", "rpm: 500, tpm: 1000", ["limits tenants: limits now 500 requests a minute, 1000 tokens a minute instead of 600 requests a minute, 50 at once"] },
        { "retries: 1", "retries: 1, output_cap: 100", ["defaults: output cap now 100 instead of 8192"] },
        { "on_loss: reject", "on_loss: reject\n    over_budget: cut\n    limits: { rpm: 5 }", ["route batch: limits now 5 requests a minute instead of none", "route batch: over budget now cut instead of refuse"] },
        { "family: m,", "family: m, prefill: vllm,", ["target mini: prefill now vllm instead of none"] },
        { "on_loss: reject", "on_loss: reject\n    on_break: continue", ["route batch: on_break now continue instead of error"] },
        { "family: m,", "family: m, limits: { concurrent: 3 },", ["target mini: limits now 3 at once instead of none"] },
        { "tenant: acme }", "tenant: acme, limits: { rpm: 7 } }", ["key app: limits now 7 requests a minute instead of none"] },
        { "durability: group", "durability: group, key: \"env:STORE\"", ["store: key now env:STORE instead of none"] },
        { "durability: group", "durability: strict", ["store: durability now strict instead of group"] },
        // What is read no differently gives no line.
        { "listen:", "# a comment\nlisten:", [] },
        { "facts: [soc2, dpa]", "facts: [dpa, soc2]", [] },
        { "{ use: [mini] }, { use: [haiku] }", "{ name: tier 1, use: [mini] }, { use: [haiku] }", [] },
        { "{ first_token: 3s }", "{ first_token: 3s, connect: 1s }", [] },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void Between_OneEdit_SaysIt(string before, string after, string[] lines)
    {
        Assert.Equal(2, Rich.Split(before).Length); // it stands there, once
        var changes = SnapshotDiff.Between(Read(Rich), Read(Rich.Replace(before, after, StringComparison.Ordinal)));

        Assert.Equal(lines, changes.Select(change => change.ToString()));
    }

    [Theory]
    [MemberData(nameof(Edits))]
    public void Between_EditTakenBack_SaysAsMuch(string before, string after, string[] lines)
    {
        var there = SnapshotDiff.Between(Read(Rich), Read(Rich.Replace(before, after, StringComparison.Ordinal)));
        var back = SnapshotDiff.Between(Read(Rich.Replace(before, after, StringComparison.Ordinal)), Read(Rich));

        Assert.Equal(lines.Length == 0, back.IsEmpty);
        Assert.Equal(there.Select(change => change.Subject).Order(StringComparer.Ordinal), back.Select(change => change.Subject).Order(StringComparer.Ordinal));
        Assert.Equal(Touched(there), Touched(back));
    }

    [Theory]
    [MemberData(nameof(Edits))]
    public void Between_Itself_IsNothing(string before, string after, string[] lines)
    {
        var content = Rich.Replace(before, after, StringComparison.Ordinal);

        Assert.Empty(SnapshotDiff.Between(Read(content), Read(content)));
        Assert.NotNull(lines);
    }

    [Fact]
    public void Between_SecretsOfOtherValues_IsNothingAndShowsNone()
    {
        var names = new[] { "EAST_ONE", "EAST_TWO", "WEST", "APP", "TOOL", "ADMIN" };
        var before = Compiling.Snapshot(Rich, [.. names.Select(name => (name, "canary-before-" + name))]);
        var after = Compiling.Snapshot(Rich, [.. names.Select(name => (name, "canary-after-" + name))]);
        var without = Compiling.Snapshot(Rich.Replace("\"env:EAST_ONE\", \"env:EAST_TWO\"", "\"env:OTHER\"", StringComparison.Ordinal), [.. names.Append("OTHER").Select(name => (name, "canary-third-" + name))]);

        Assert.Empty(SnapshotDiff.Between(before, after));
        Assert.DoesNotContain(SnapshotDiff.Between(before, without), change => change.ToString().Contains("canary", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("support, batch, fun", "batch, fun, support", "support")]
    [InlineData("support, batch, fun", "fun, support, batch", "fun")]
    [InlineData("support, batch, fun", "fun, batch, support", "two of them")]
    [InlineData("support, batch, fun", "support, fun, batch", "one of them")]
    public void Between_RoutesInAnotherOrder_SaysTheFewestThatMoved(string before, string after, string moved)
    {
        var changes = SnapshotDiff.Between(Read(Ordered(before)), Read(Ordered(after)));

        Assert.All(changes, change => Assert.StartsWith("moved from number ", change.Text, StringComparison.Ordinal));
        if (moved == "two of them") Assert.Equal(2, changes.Length);
        else if (moved == "one of them") Assert.Single(changes);
        else Assert.Equal("route " + moved, Assert.Single(changes).Subject);
    }

    [Theory]
    [InlineData("{ use: [haiku] }, { name: last", "{ use: [mistral] }, { name: last", "support", "", "", false)]
    [InlineData("model: m-mini", "model: m-mini-2", "batch support", "mini", "", false)]
    [InlineData("region: us", "region: ca", "batch support", "mini mistral", "east/*", false)]
    [InlineData("gpt-4o: auto", "gpt-4o: batch", "", "", "claude-* gpt-4o", false)]
    [InlineData("cheap: play", "cheap: mini", "", "", "cheap", false)]
    [InlineData("retries: 1", "retries: 0", "", "", "", true)]
    [InlineData("tenant: acme", "tenant: globex", "", "", "", false)]
    [InlineData("durability: group", "durability: strict", "", "", "", false)]
    public void Between_OneEdit_NamesWhatItTouches(string before, string after, string routes, string targets, string models, bool isGlobal)
    {
        var change = Assert.Single(SnapshotDiff.Between(Read(Rich), Read(Rich.Replace(before, after, StringComparison.Ordinal))));

        Assert.Equal(Names(routes), change.Routes.Order(StringComparer.Ordinal));
        Assert.Equal(Names(targets), change.Targets.Order(StringComparer.Ordinal));
        Assert.Equal(Names(models), change.Models.Order(StringComparer.Ordinal));
        Assert.Equal(isGlobal, change.IsGlobal);
    }

    [Fact]
    public void Between_ListThatIsLong_ShowsItsBeginning()
    {
        var facts = Enumerable.Range(10, 30).Select(number => "f" + number);

        var change = Assert.Single(SnapshotDiff.Between(Read(Rich), Read(Rich.Replace("facts: [soc2, dpa]", $"facts: [soc2, dpa, {string.Join(", ", facts)}]", StringComparison.Ordinal))));

        Assert.Equal("facts now also f10, f11, f12, f13, f14, f15, f16, f17 and 22 more", change.Text);
    }

    private static string[] Names(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Touched(ImmutableArray<SnapshotChange> changes) =>
        changes.SelectMany(change => change.Routes.Concat(change.Targets).Concat(change.Models)).Distinct().Order(StringComparer.Ordinal);

    private static string Ordered(string names)
    {
        const string head = "providers: { sim: { kind: simulated } }\ntargets: { play: { provider: sim, model: toy, price: { input: 0, output: 0 } } }\nroutes:\n";
        return head + string.Join('\n', names.Split(", ").Select(name => $"  - {{ name: {name}, tiers: [ {{ use: [play] }} ] }}"));
    }

    private static GatewaySnapshot Read(string content)
    {
        var compiled = Compiling.Compiler().WithoutSecrets().Compile(content, "fairlead.yaml", "");
        Assert.True(compiled.Snapshot is not null, string.Join(Environment.NewLine, compiled.Errors));
        return compiled.Snapshot;
    }
}
