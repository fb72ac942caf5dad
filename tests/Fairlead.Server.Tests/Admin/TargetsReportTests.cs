using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Core.Health;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Admin;

/// <summary>What real attempts leave in <c>GET /admin/v1/targets</c>. The clock stands still but where the test turns it.</summary>
public sealed class TargetsReportTests
{
    private static readonly string[] Figures = ["p50_ms", "p95_ms", "p99_ms", "success_rate", "retry_rate", "schema_validity", "tool_success", "quota_left"];

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("targets")]
    [InlineData("promises")]
    public async Task Report_WithoutTheAdminKey_Is401(string path)
    {
        await using var gateway = await RunningGateway.StartAsync(
            Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1") + "\nadmin: { key: \"env:ADMIN_KEY\" }", environment: new Dictionary<string, string> { ["ADMIN_KEY"] = "a-long-admin-key-for-tests" });

        using var refused = await gateway.Client.GetAsync("admin/v1/" + path);

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.NotNull(await gateway.AdminAsync(path, "a-long-admin-key-for-tests"));
    }

    [Fact]
    public async Task Targets_NothingMeasured_AreAllThere_WithoutFigures()
    {
        await using var gateway = await RunningGateway.StartAsync("""
            providers:
              far: { kind: openai-compatible, base_url: "http://127.0.0.1:9/v1", region: eu }
              keyless: { kind: openai, keys: ["env:NO_SUCH_KEY"] }
            targets:
              b: { provider: far, model: m, deployment: m-2, price: { input: 1, output: 2 } }
              a: { provider: keyless, model: gpt-5-mini }
              c: { provider: far, model: other }
            routes: [ { name: default, tiers: [ { use: [a, b, c] } ] } ]
            """);

        var report = await gateway.AdminAsync("targets");

        Assert.Equal((300, 20), (report["window_seconds"]!.GetValue<int>(), report["least_samples"]!.GetValue<int>()));
        Assert.Equal(["a", "b", "c"], report["targets"]!.AsArray().Select(target => target!["name"]!.GetValue<string>()));
        var target = await gateway.TargetAsync("b");
        Assert.Equal(("far", "m-2", "eu", "unproven"), (Text(target, "provider"), Text(target, "model"), Text(target, "region"), Text(target, "state")));
        Assert.Equal((1_000_000_000, 2_000_000_000), (target["price"]!["input_nanodollars_per_million"]!.GetValue<long>(), target["price"]!["output_nanodollars_per_million"]!.GetValue<long>()));
        Assert.All(Figures, figure => Assert.Equal((null, "none", 0), target.Figure(figure)));
        Assert.Null(target["prior"]);
        Assert.Equal("no_key", Text(await gateway.TargetAsync("a"), "state"));
        Assert.Null((await gateway.TargetAsync("c"))["price"]);
    }

    [Fact]
    public async Task Targets_AfterFailover_HaveTheirAttempts()
    {
        await using var first = ByteServer.Start(Reply.Json(Vendors.Error("server_is_overloaded"), 503));
        await using var second = ByteServer.Start(request => request.Text.Contains("\"stream\":true", StringComparison.Ordinal) ? Vendors.Saying("A") : Reply.Json(Vendors.Answer("B")));
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", first.Address, second.Address), _time);
        await gateway.SetBreakerAsync("first", "closed");
        for (var i = 0; i < 19; i++) await AskAsync(gateway, i % 2 == 0 ? Vendors.Question : Vendors.StreamQuestion);

        var before = await LookAsync(gateway, "second");
        await AskAsync(gateway, Vendors.Question);
        var (failed, answered) = (await LookAsync(gateway, "first"), await gateway.TargetAsync("second"));

        Assert.Equal(("unproven", 19), (Text(before, "state"), before["samples"]!.GetValue<int>()));
        Assert.Equal((null, "none", 19), before.Figure("p95_ms"));
        Assert.Equal(("healthy", "failing"), (Text(answered, "state"), Text(failed, "state")));
        Assert.Equal((1, "measured", 20), answered.Figure("success_rate"));
        Assert.Equal((1, "measured", 20), answered.Figure("p50_ms")); // the clock stands: the least there is
        Assert.Equal((0, "measured", 20), failed.Figure("success_rate"));
        Assert.Equal((null, "none", 0), failed.Figure("p50_ms"));     // it never answered
    }

    [Fact]
    public async Task Targets_RetriesOnTheSame_AreTold()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Error("server_error"), 500));
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 1", vendor.Address), _time);
        await gateway.SetBreakerAsync("first", "closed");
        for (var i = 0; i < 10; i++)
        {
            var asking = AskAsync(gateway, Vendors.Question, HttpStatusCode.BadGateway);
            await _time.TurnUntilAsync(asking, TimeSpan.FromMilliseconds(20)); // a retry waits for the clock
            await asking;
        }

        Assert.Equal((0.5, "measured", 20), (await LookAsync(gateway, "first")).Figure("retry_rate"));
    }

    [Fact]
    public async Task Targets_ClientsOwnFault_LeavesTheRateAlone()
    {
        await using var vendor = ByteServer.Start(request => request.Text.Contains("wrong", StringComparison.Ordinal) ? Reply.Json(Vendors.Error("invalid_value"), 400) : Reply.Json(Vendors.Answer("B")));
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", vendor.Address), _time);
        for (var i = 0; i < 20; i++) await AskAsync(gateway, Vendors.Question);
        for (var i = 0; i < 20; i++) await AskAsync(gateway, Vendors.Question.Replace("Hello", "wrong", StringComparison.Ordinal), HttpStatusCode.BadRequest);

        var target = await LookAsync(gateway, "first");
        Assert.Equal((1, "measured", 20), target.Figure("success_rate"));
        Assert.Equal(40, target["samples"]!.GetValue<int>());
    }

    [Theory]
    [InlineData(true, 20)]
    [InlineData(false, 21)]
    public async Task Targets_DeadlineOfTheClients_LeavesTheRateAlone_AndTheRoutesDoesNot(bool isClients, int judged)
    {
        var isSilent = false;
        await using var vendor = ByteServer.Start(_ => Volatile.Read(ref isSilent)
            ? new Reply(200, "application/json", []) { Before = _ => Task.Delay(Timeout.Infinite) }
            : Reply.Json(Vendors.Answer("B")));
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0, timeouts: { deadline: 4s }", vendor.Address), _time);
        for (var i = 0; i < 20; i++) await AskAsync(gateway, Vendors.Question);
        Volatile.Write(ref isSilent, true);

        var asking = isClients ? gateway.PostAsync(Vendors.Question, ("x-fairlead-timeout-ms", "2000")) : gateway.PostAsync(Vendors.Question);
        while (vendor.Requests.Count < 21) await Task.Yield();
        await _time.TurnUntilAsync(asking, TimeSpan.FromMilliseconds(100));
        using var response = await asking;
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal(judged, (await LookAsync(gateway, "first")).Figure("success_rate").Samples);
    }

    [Fact]
    public async Task Targets_ClientTakesNothingForLong_NobodyIsBlamed()
    {
        // More than all buffers between the vendor and the client hold: the gateway waits for the client, and a clock runs out.
        var piece = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Vendors.Token(new string('x', 1000)), 50)));
        var sent = 0;
        await using var vendor = ByteServer.Start(request => request.Text.Contains("\"stream\":true", StringComparison.Ordinal)
            ? new Reply(200, "text/event-stream", [.. Enumerable.Repeat(piece, 2000)]) { HasLength = false, Before = _ => Task.FromResult(Interlocked.Increment(ref sent)) }
            : Reply.Json(Vendors.Answer("B")));
        await using var gateway = await RunningGateway.StartAsync(
            Vendors.Tiers("retries: 0, timeouts: { connect: 30s, headers: 60s, first_token: 60s, gap: 20s, deadline: 10h }", vendor.Address), _time);
        var board = gateway.Host.Services.GetRequiredService<HealthBoard>();
        for (var i = 0; i < 20; i++) await AskAsync(gateway, Vendors.Question);
        using var response = await gateway.PostAsync(Vendors.StreamQuestion); // and not read

        for (int turns = 0, still = 0, seen = 0; turns < 20_000 && still < 1000; turns++)
        {
            await Task.Delay(2);
            _time.Advance(TimeSpan.FromMilliseconds(100));
            still = seen == Volatile.Read(ref sent) ? still + 1 : 0;
            seen = Volatile.Read(ref sent);
        }

        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync()); // it goes on reading, and the answer breaks
        for (var turns = 0; turns < 1000 && board.View.Find("first")?.Samples != 21; turns++) await _time.TurnUntilAsync(Task.Delay(2), TimeSpan.FromMilliseconds(1));

        var health = board.View.Find("first")!;
        Assert.Equal((21, 20, 1.0), (health.Samples, health.JudgedSamples, health.SuccessRate));
    }

    [Fact]
    public async Task Targets_GatewayStoodStill_NobodyIsBlamed()
    {
        var isSlow = false;
        using var asked = new SemaphoreSlim(0);
        using var answer = new SemaphoreSlim(0);
        await using var vendor = ByteServer.Start(_ => Reply.Json(Vendors.Answer("B")) with
        {
            Before = async piece =>
            {
                if (piece != -1 || !Volatile.Read(ref isSlow)) return;
                asked.Release();
                await answer.WaitAsync();
            },
        });
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", vendor.Address), _time);
        for (var i = 0; i < 20; i++) await AskAsync(gateway, Vendors.Question);
        Volatile.Write(ref isSlow, true);

        var asking = AskAsync(gateway, Vendors.Question);
        await asked.WaitAsync();
        _time.Advance(TimeSpan.FromSeconds(10)); // what a suspended process sees
        answer.Release();
        await asking;

        var target = await LookAsync(gateway, "first");
        Assert.Equal((1, "measured", 20), target.Figure("p99_ms"));
        Assert.Equal(20, target["samples"]!.GetValue<int>());
    }

    [Theory]
    [InlineData(1200, true)]
    [InlineData(3, false)]
    public async Task Targets_JsonAnswersTakeLonger_TakeAllWhereTheyAreLonger(int tokens, bool takesAll)
    {
        var isSlow = false;
        await using var vendor = ByteServer.Start(_ => !Volatile.Read(ref isSlow) ? Reply.Json(Vendors.Answer("B"))
            : Reply.Json(Vendors.Answer("B").Replace("\"completion_tokens\":3", $"\"completion_tokens\":{tokens}", StringComparison.Ordinal)) with { Before = piece => piece == -1 ? Task.Delay(TimeSpan.FromSeconds(2), _time) : Task.CompletedTask });
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", vendor.Address), _time);
        for (var i = 0; i < 20; i++) await AskAsync(gateway, Vendors.Question);
        Volatile.Write(ref isSlow, true);

        for (var i = 0; i < 14; i++)
        {
            var asking = AskAsync(gateway, Vendors.Question);
            await _time.TurnUntilAsync(asking, TimeSpan.FromMilliseconds(50));
            await asking;
        }

        _time.Advance(HealthBoard.ViewAge);
        var standing = gateway.Host.Services.GetRequiredService<HealthBoard>().View.StandingOf("first");
        Assert.Equal(takesAll, standing is null);
    }

    [Theory]
    [InlineData(true, 0.25)]
    [InlineData(false, null)]
    public async Task Targets_QuotaLeft_IsReadWhereSomeRuleReadsIt(bool isRead, double? expected)
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("B")) with
        {
            Headers = [("x-ratelimit-limit-requests", "1000"), ("x-ratelimit-remaining-requests", "900"), ("x-ratelimit-limit-tokens", "40000"), ("x-ratelimit-remaining-tokens", "10000")],
        });
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", vendor.Address), _time);
        gateway.Host.Services.GetRequiredService<HealthBoard>().ReadsQuota = isRead;
        await AskAsync(gateway, Vendors.Question);

        Assert.Equal(expected, (await LookAsync(gateway, "first")).Figure("quota_left").Value);
    }

    [Fact]
    public async Task Targets_PinnedByProviderAndModel_AreMeasuredUnderThatName()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("B")));
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", vendor.Address), _time);
        await AskAsync(gateway, Vendors.Question.Replace("\"m\"", "\"first-vendor/other\"", StringComparison.Ordinal));
        await LookAsync(gateway, "first");

        var view = gateway.Host.Services.GetRequiredService<HealthBoard>().View;
        Assert.Equal(1, view.Find("first-vendor/other")!.Samples);
        Assert.DoesNotContain("first-vendor/other", (await gateway.AdminAsync("targets")).ToJsonString(), StringComparison.Ordinal); // clients' texts are not reported
        Assert.DoesNotContain("first-vendor/other", await gateway.Client.GetStringAsync("metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Targets_Prior_HoldsUntilThereIsEnough()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("B")));
        await using var gateway = await RunningGateway.StartAsync(
            Vendors.Tiers("retries: 0", vendor.Address).Replace("output: 2 }", "output: 2 }, prior: { p95: 800ms, success: 99% }", StringComparison.Ordinal), _time);
        var before = await gateway.TargetAsync("first");
        for (var i = 0; i < 20; i++) await AskAsync(gateway, Vendors.Question);
        var after = await LookAsync(gateway, "first");

        Assert.Equal((800, "prior", 0), before.Figure("p95_ms"));
        Assert.Equal((1, "measured", 20), after.Figure("p95_ms"));
        Assert.Equal(800, after["prior"]!["p95_ms"]!.GetValue<double>());
        Assert.Null(after["prior"]!["p50_ms"]);
    }

    [Fact]
    public async Task Targets_OfASimulatedVendor_AreMeasured()
    {
        await using var gateway = await RunningGateway.StartAsync("""
            providers: { east: { kind: simulated, simulate: { first_token: 30ms } } }
            targets: { large: { provider: east, model: sim-large, price: { input: 1, output: 2 } } }
            routes: [ { name: default, tiers: [ { use: [large] } ] } ]
            """);
        var board = gateway.Host.Services.GetRequiredService<HealthBoard>();
        // A machine too busy for its own clock loses samples on purpose; then a few more are asked for.
        for (var i = 0; i < 500 && !(board.View.Find("large")?.P50Ms > 0); i++) await AskAsync(gateway, Vendors.StreamQuestion.Replace("\"m\"", "\"large\"", StringComparison.Ordinal));

        var target = await gateway.TargetAsync("large");
        var (p50, source, _) = target.Figure("p50_ms");
        Assert.Equal("measured", source);
        Assert.True(p50 >= 30 * 0.95, $"A median of {p50} ms is less than the vendor waits.");
        Assert.Equal(1, target.Figure("success_rate").Value);
        var metrics = await gateway.Client.GetStringAsync("metrics");
        Assert.Contains("fairlead_target_latency_milliseconds{otel_scope_name=\"Fairlead\",fairlead_target=\"large\",quantile=\"0.95\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("fairlead_target_success_rate{otel_scope_name=\"Fairlead\",fairlead_target=\"large\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("fairlead_target_samples{otel_scope_name=\"Fairlead\",fairlead_target=\"large\"} ", metrics, StringComparison.Ordinal);
    }

    private static string? Text(JsonObject target, string name) => target[name]?.GetValue<string>();

    private async Task<JsonObject> LookAsync(RunningGateway gateway, string target)
    {
        _time.Advance(HealthBoard.ViewAge);
        return await gateway.TargetAsync(target);
    }

    private static async Task AskAsync(RunningGateway gateway, string question, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await gateway.PostAsync(question);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, text);
    }
}
