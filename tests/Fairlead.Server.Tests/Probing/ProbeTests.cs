using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Admin;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Microsoft.Data.Sqlite;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Probing;

/// <summary>Fallbacks that nobody uses are probed, within a budget and under policy, and told of.</summary>
public sealed class ProbeTests : IDisposable
{
    /// <summary>Shorter than the clocks of a probe: a larger step would run past it while it is on its way.</summary>
    private static readonly TimeSpan Small = TimeSpan.FromSeconds(20);

    private readonly SetClock _time = new(new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero));
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal) { ["K"] = "vendor-key-0123456789" };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task FallbackThatNobodyUses_IsProbed_AndTheProbeIsARequestLikeAnyOther()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await StartAsync("probes: { every: 6h }", first, second);
        await PassAsync(gateway, TimeSpan.FromMinutes(2)); // neither has ever answered: each is probed at once
        Assert.Equal((1, 1), (first.Requests.Count, second.Requests.Count));
        Assert.Equal("""{"model":"m","max_tokens":16,"messages":[{"role":"user","content":"Answer with OK."}]}""", second.Requests.Single().Text);

        for (var hour = 0; hour < 5; hour++)
        {
            (await gateway.PostAsync(Question)).Dispose();
            await PassAsync(gateway, TimeSpan.FromHours(1), step: TimeSpan.FromMinutes(5));
        }

        Assert.Single(second.Requests);
        await PassAsync(gateway, TimeSpan.FromHours(1.1), Small);
        await ComesAsync(() => second.Requests.Count == 2);
        await PassAsync(gateway, Small);
        Assert.Equal((6, 2), (first.Requests.Count, second.Requests.Count)); // the first is used
        var tier = Tier(await gateway.AdminAsync("fallbacks"), "tier-second");
        Assert.Equal(("probe", false), (tier["targets"]![0]!["by"]!.GetValue<string>(), tier["stale"]!.GetValue<bool>()));
        Assert.Equal("request", Tier(await gateway.AdminAsync("fallbacks"), "tier-first")["targets"]![0]!["by"]!.GetValue<string>());
        Assert.Equal(3, Query("SELECT count(*) FROM requests WHERE tenant = 'fairlead' AND key_name = 'probe' AND outcome = 'answered'"));
        Assert.Equal(8, Query("SELECT count(*) FROM attempts"));
        var metrics = await gateway.Client.GetStringAsync("metrics");
        Assert.Contains("fairlead_probes_total{otel_scope_name=\"Fairlead\",fairlead_target=\"second\",outcome=\"answered\"} 2", metrics, StringComparison.Ordinal);
        Assert.Contains("fairlead_tier_untested_seconds{otel_scope_name=\"Fairlead\",fairlead_route=\"default\",fairlead_tier=\"tier-second\"}", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Budget_EndsProbesForTheDay()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second").Replace("\"completion_tokens\":3", "\"completion_tokens\":2000", StringComparison.Ordinal)));
        await using var gateway = await StartAsync("probes: { every: 1h, budget: $0.005 }", first, second); // two of the second, at $0.004 each, are too many

        await PassAsync(gateway, TimeSpan.FromHours(8), Small);
        Assert.InRange(second.Requests.Count, 1, 2);
        var sent = second.Requests.Count;
        await PassAsync(gateway, TimeSpan.FromHours(6), Small); // the next day
        await ComesAsync(() => second.Requests.Count > sent, Small);
    }

    [Theory]
    [InlineData("constraints: [ { name: none, when: caller.key == 'probe', require: target.name != 'second' } ]", "")]       // policy does not allow it
    [InlineData("", "\n  second: { provider: second-vendor, model: m }")]                       // nobody knows what it costs
    [InlineData("", "\n  second: { provider: second-vendor, model: m, price: { input: 1, output: 2 }, restricted: true }")]
    public async Task WhatMayNotBeProbed_IsNot(string more, string second)
    {
        await using var one = ByteServer.Start(Reply.Json(Answer("first")));
        await using var other = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await StartAsync("probes: { every: 1h }\n" + more, one, other, second);

        await PassAsync(gateway, TimeSpan.FromHours(3), Small);

        Assert.NotEmpty(one.Requests);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task WithoutProbes_NothingIsSent_AndStaleFallbacksAreTold_UntilTheyAnswer()
    {
        var isDown = false;
        await using var first = ByteServer.Start(_ => isDown ? Reply.Json(Error("overloaded"), 503) : Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await StartAsync("probes: { stale: 2h }", first, second);

        for (var i = 0; i < 5; i++)
        {
            (await gateway.PostAsync(Question)).Dispose();
            await PassAsync(gateway, TimeSpan.FromMinutes(30), step: TimeSpan.FromMinutes(5));
        }

        Assert.Empty(second.Requests);
        var alert = (await gateway.AdminAsync("alerts"))["open"]!.AsArray().Single(one => one!["event"]!.GetValue<string>() == "stale_fallback")!;
        Assert.Equal("default/tier-second", alert["subject"]!.GetValue<string>());
        Assert.True(Tier(await gateway.AdminAsync("fallbacks"), "tier-second")["stale"]!.GetValue<bool>());

        isDown = true;
        (await gateway.PostAsync(Question)).Dispose();
        await PassAsync(gateway, TimeSpan.FromMinutes(2));
        Assert.DoesNotContain((await gateway.AdminAsync("alerts"))["open"]!.AsArray(), one => one!["event"]!.GetValue<string>() == "stale_fallback");
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("\n  second: { provider: second-vendor, model: another, price: { input: 1, output: 2 } }", 2)] // by that name nothing has answered
    public async Task Restart_KnowsWhatAnswered(string otherSecond, int probes)
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using (var before = await StartAsync("probes: { every: 6h }", first, second)) await PassAsync(before, TimeSpan.FromMinutes(2));

        await using var gateway = await StartAsync("probes: { every: 6h }", first, second, otherSecond);
        await gateway.Host.ProbesStarted;
        await PassAsync(gateway, TimeSpan.FromMinutes(5));

        Assert.Equal(probes, second.Requests.Count);
        Assert.Equal("probe", Tier(await gateway.AdminAsync("fallbacks"), "tier-second")["targets"]![0]!["by"]!.GetValue<string>());
    }

    [Fact]
    public async Task Probe_GivesItsLimitInTheVendorsWord()
    {
        await using var openai = ByteServer.Start(Reply.Json(Answer("first")));
        await using var anthropic = ByteServer.Start(Reply.Json("""{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"OK"}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":2}}"""));
        await using var gateway = await StartAsync($$"""
            providers: { a: { kind: openai, base_url: "{{openai.Address}}", keys: ["env:K"] }, b: { kind: anthropic, base_url: "{{anthropic.Address}}", keys: ["env:K"] } }
            targets: { first: { provider: a, model: m, price: { input: 1, output: 2 } }, second: { provider: b, model: m, price: { input: 1, output: 2 } } }
            routes: [ { name: default, tiers: [ { use: [first] }, { use: [second] } ] } ]
            probes: { every: 6h, max_tokens: 20 }
            """);

        await PassAsync(gateway, TimeSpan.FromMinutes(2));

        Assert.Contains("\"max_completion_tokens\":20", openai.Requests.Single().Text, StringComparison.Ordinal);
        Assert.Contains("\"max_tokens\":20", anthropic.Requests.Single().Text, StringComparison.Ordinal);
        Assert.Equal(2, Query("SELECT count(*) FROM requests WHERE key_name = 'probe' AND outcome = 'answered'"));
    }

    [Fact]
    public async Task TargetOfAnEnvironment_IsProbedInIt()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await StartAsync("probes: { every: 6h }", first, second, "\n  second: { provider: second-vendor, model: m, price: { input: 1, output: 2 }, environments: [prod, test] }");

        await PassAsync(gateway, TimeSpan.FromMinutes(2));

        Assert.Single(second.Requests);
        Assert.Equal(1, Query("SELECT count(*) FROM requests WHERE key_name = 'probe' AND environment = 'prod'"));
    }

    [Fact]
    public async Task TargetTooDearForTheBudget_KeepsNoCheaperOneFromItsProbe()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await StartAsync("probes: { every: 1h, budget: $0.01 }", second, first, "\n  second: { provider: second-vendor, model: m, price: { input: 1000, output: 2000 } }");

        await PassAsync(gateway, TimeSpan.FromHours(3), Small);

        Assert.InRange(second.Requests.Count, 2, 4);
        Assert.Empty(first.Requests);
        Assert.Single(gateway.Log.Text.Split('\n'), line => line.Contains("What is left for probes today is less than one of second may cost: it is not probed before tomorrow", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(200, "", "answered")]
    [InlineData(503, "", "failed")]
    [InlineData(200, "constraints: [ { name: none, when: caller.key == 'probe', require: target.name != 'second' } ]", "not_sent")]
    public async Task WhatCameOfAProbe_IsTold(int status, string more, string outcome)
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(status == 200 ? Answer("second") : Error("overloaded"), status));
        await using var gateway = await StartAsync("probes: { every: 6h }\n" + more, first, second);

        await PassAsync(gateway, TimeSpan.FromMinutes(3));

        Assert.Equal(outcome, Tier(await gateway.AdminAsync("fallbacks"), "tier-second")["targets"]![0]!["last_probe"]!["outcome"]!.GetValue<string>());
        Assert.Contains($"fairlead_probes_total{{otel_scope_name=\"Fairlead\",fairlead_target=\"second\",outcome=\"{outcome}\"}} 1", await gateway.Client.GetStringAsync("metrics"), StringComparison.Ordinal);
        Assert.Contains($"Target second, which nobody had used for long, was probed: {outcome}", gateway.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClockThatWasAhead_KeepsNoProbeBack()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Error("overloaded"), 503));
        await using var gateway = await StartAsync("probes: { every: 1h }", first, second);
        _time.Ahead = TimeSpan.FromDays(1000);
        await PassAsync(gateway, TimeSpan.FromMinutes(2));
        Assert.Equal((1, 1), (first.Requests.Count, second.Requests.Count));

        _time.Ahead = TimeSpan.Zero;
        await PassAsync(gateway, TimeSpan.FromMinutes(50));
        Assert.Equal((1, 1), (first.Requests.Count, second.Requests.Count)); // of a time that nobody knows: as if it were just now
        await PassAsync(gateway, TimeSpan.FromMinutes(10));
        await ComesAsync(() => (first.Requests.Count, second.Requests.Count) == (2, 2), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task TargetThatIsHeldBackByHand_IsNotProbed()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await StartAsync("probes: { every: 1h }", first, second);
        await gateway.SetBreakerAsync("second", "open");

        await PassAsync(gateway, TimeSpan.FromHours(3), Small);
        Assert.Empty(second.Requests);
        Assert.Null(Tier(await gateway.AdminAsync("fallbacks"), "tier-second")["targets"]![0]!["last_probe"]);

        await gateway.SetBreakerAsync("second", "auto");
        await PassAsync(gateway, TimeSpan.FromHours(1), Small);
        Assert.NotEmpty(second.Requests);
    }

    [Fact]
    public async Task StaleFallback_ReachesTheSink_AndIsOverWhenItAnswers()
    {
        var isDown = false;
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        await using var first = ByteServer.Start(_ => isDown ? Reply.Json(Error("overloaded"), 503) : Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        _environment["HOOK"] = hook.Address + "/alerts";
        await using var gateway = await StartAsync("probes: { stale: 2h }\nalerts: [ { webhook: \"env:HOOK\", events: [stale_fallback] } ]", first, second);
        for (var i = 0; i < 5; i++)
        {
            (await gateway.PostAsync(Question)).Dispose();
            await PassAsync(gateway, TimeSpan.FromMinutes(30), step: TimeSpan.FromMinutes(5));
        }

        await ComesAsync(() => !hook.Requests.IsEmpty, TimeSpan.FromSeconds(1)); // a post whose time ran out while it was turned is sent again
        isDown = true;
        (await gateway.PostAsync(Question)).Dispose();
        await ComesAsync(() => hook.Requests.Any(request => request.Text.Contains("resolved", StringComparison.Ordinal)), TimeSpan.FromSeconds(1));

        Assert.Equal(
            ["default/tier-second firing None of its targets has answered for 2 hours: whether it works is not known.", "default/tier-second resolved One of its targets answered, or it is not there any more."],
            hook.Requests.Select(request => JsonNode.Parse(request.Text)!).Select(message => $"{message["subject"]} {message["status"]} {message["text"]}").Distinct());
    }

    [Fact]
    public async Task Restart_DoesNotBeginAnewHowLongATierIsUntested()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var third = ByteServer.Start(Reply.Json(Answer("third")));
        await using (var before = await StartAsync("probes: { stale: 24h }", first, second)) await PassAsync(before, TimeSpan.FromHours(13), step: TimeSpan.FromHours(1));

        var yaml = Tiers("retries: 0", first.Address, second.Address, third.Address); // another configuration, and a tier that is new
        await using var gateway = await StartAsync(yaml + "\nprobes: { stale: 24h }");
        await PassAsync(gateway, TimeSpan.FromHours(12), step: TimeSpan.FromHours(1));

        var report = await gateway.AdminAsync("fallbacks");
        Assert.Equal((25 * 3600, 12 * 3600), (Tier(report, "tier-second")["untested_seconds"]!.GetValue<double>(), Tier(report, "tier-third")["untested_seconds"]!.GetValue<double>()));
        Assert.Equal(["default/tier-first", "default/tier-second"], (await gateway.AdminAsync("alerts"))["open"]!.AsArray().Select(alert => alert!["subject"]!.GetValue<string>()).Order());
    }

    [Fact]
    public async Task Budget_SurvivesARestart()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second").Replace("\"completion_tokens\":3", "\"completion_tokens\":3000", StringComparison.Ordinal)));
        await using (var before = await StartAsync("probes: { every: 1h, budget: $0.005 }", first, second)) await PassAsync(before, TimeSpan.FromMinutes(5));
        Assert.Single(second.Requests); // $0.006: all of the day

        await using var gateway = await StartAsync("probes: { every: 1h, budget: $0.005 }", first, second);
        await PassAsync(gateway, TimeSpan.FromHours(3), Small);

        Assert.Equal((1, 1), (first.Requests.Count, second.Requests.Count));
    }

    [Fact]
    public async Task Stop_WaitsForTheProbeThatRuns_AndSettlesIt()
    {
        var answers = new TaskCompletionSource();
        await using var first = ByteServer.Start(Reply.Json(Answer("first")) with { Before = _ => answers.Task });
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        var gateway = await StartAsync("probes: { every: 6h }", first, second);
        _time.Advance(TimeSpan.FromSeconds(30));
        await ComesAsync(() => !first.Requests.IsEmpty);

        var stopping = gateway.DisposeAsync().AsTask();
        answers.SetResult();
        await stopping;

        Assert.Equal(1, Query("SELECT count(*) FROM requests WHERE key_name = 'probe' AND outcome = 'answered'"));
        Assert.Empty(second.Requests);
    }

    [Fact]
    public async Task Key_MayNotBeTakenForTheGatewayItself()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("first")));
        await using var gateway = await StartAsync(Tiers("retries: 0", vendor.Address));

        using var refused = await gateway.Client.PostAsync("admin/v1/keys", new StringContent("""{"name":"probe","tenant":"fairlead"}""", System.Text.Encoding.UTF8, "application/json"));

        Assert.Equal(System.Net.HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("what Fairlead itself asks with", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private Task<RunningGateway> StartAsync(string more, ByteServer first, ByteServer second, string otherSecond = "")
    {
        var yaml = Tiers("retries: 0", first.Address, second.Address);
        if (otherSecond.Length > 0) yaml = string.Join('\n', yaml.Split('\n').Select(line => line.StartsWith("  second: ", StringComparison.Ordinal) ? otherSecond[1..] : line));
        return StartAsync($"{yaml}\n{more}");
    }

    private async Task<RunningGateway> StartAsync(string yaml)
    {
        var gateway = await RunningGateway.StartAsync($"{yaml}\nstore: {{ ledger: \"sqlite:{_folder.File("ledger.db")}\" }}\n", _time, _environment);
        await gateway.Host.ProbesStarted;
        return gateway;
    }

    /// <summary>Waits for what other threads and processes do, and lets time pass meanwhile where it is told to.</summary>
    private async Task ComesAsync(Func<bool> isSo, TimeSpan step = default)
    {
        for (var tries = 0; !isSo(); tries++)
        {
            Assert.True(tries < 3000, "It never came to be.");
            if (step > TimeSpan.Zero) _time.Advance(step);
            await Task.Delay(10);
        }
    }

    /// <summary>Lets time pass, and waits for what it sets off.</summary>
    private async Task PassAsync(RunningGateway gateway, TimeSpan length, TimeSpan? step = null)
    {
        for (var passed = TimeSpan.Zero; passed < length; passed += step ?? TimeSpan.FromSeconds(30))
        {
            _time.Advance(step ?? TimeSpan.FromSeconds(30));
            await Task.Yield(); // what time sets off may be on its way on another thread
            await gateway.Probes.Looked;
        }

        await gateway.Host.Ledger.FlushAsync();
    }

    private static JsonObject Tier(JsonObject report, string name) => report["tiers"]!.AsArray().Single(tier => tier!["tier"]!.GetValue<string>() == name)!.AsObject();

    private long Query(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.File("ledger.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
