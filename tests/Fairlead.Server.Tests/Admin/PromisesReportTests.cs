using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Admin;

/// <summary>How requests count for the promise of their route, and that a restart forgets none. The clock is the test's.</summary>
public sealed class PromisesReportTests
{

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Promises_NoneGiven_IsEmpty()
    {
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"), _time);

        Assert.Empty((await gateway.AdminAsync("promises"))["routes"]!.AsArray());
    }

    [Fact]
    public async Task Promises_NoRequests_AllBudgetIsLeft()
    {
        await using var gateway = await StartAsync("http://127.0.0.1:9/v1");

        var route = (await gateway.AdminAsync("promises"))["routes"]!.AsArray().Single()!;

        Assert.Equal(("default", 86400), (route["route"]!.GetValue<string>(), route["window_seconds"]!.GetValue<int>()));
        Assert.Equal((800, 0.9), (route["p95"]!["promised_ms"]!.GetValue<double>(), route["success"]!["promised"]!.GetValue<double>()));
        Assert.Equal((0, 1), (route["p95"]!["events"]!.GetValue<int>(), route["p95"]!["budget_left"]!.GetValue<double>()));
        Assert.Null(route["p95"]!["compliance"]);
        Assert.Null(route["p95"]!["burn_rate_1h"]);
    }

    [Fact]
    public async Task Promises_AnsweredFailedLateAndClientsOwn_CountAsTheyShould_AndARestartKeepsThem()
    {
        using var folder = new TemporaryFolder();
        var store = $"\nstore: {{ ledger: \"sqlite:{folder.File("ledger.db")}\" }}";
        using var asked = new SemaphoreSlim(0);
        using var answer = new SemaphoreSlim(0);
        await using var vendor = ByteServer.Start(request =>
            request.Text.Contains("broken", StringComparison.Ordinal) ? Reply.Json(Vendors.Error("server_error"), 500)
            : request.Text.Contains("wrong", StringComparison.Ordinal) ? Reply.Json(Vendors.Error("invalid_value"), 400)
            : !request.Text.Contains("late", StringComparison.Ordinal) ? Reply.Json(Vendors.Answer("B"))
            : Reply.Json(Vendors.Answer("B")) with
            {
                Before = async piece =>
                {
                    if (piece != -1) return;
                    asked.Release();
                    await answer.WaitAsync();
                },
            });
        await using (var gateway = await StartAsync(vendor.Address, store))
        {
            for (var i = 0; i < 16; i++) await AskAsync(gateway, "fine", HttpStatusCode.OK);
            await AskAsync(gateway, "broken", HttpStatusCode.BadGateway);
            for (var i = 0; i < 3; i++) await AskAsync(gateway, "wrong", HttpStatusCode.BadRequest);
            for (var i = 0; i < 3; i++)
            {
                var late = AskAsync(gateway, "late", HttpStatusCode.OK);
                await asked.WaitAsync();
                _time.Advance(TimeSpan.FromMilliseconds(801));
                answer.Release();
                await late;
            }

            AssertFigures(await RouteAsync(gateway));
            var metrics = await gateway.Client.GetStringAsync("metrics");
            Assert.Equal(0.5, Gauge(metrics, "fairlead_slo_budget_left", "success"), 6);
            Assert.Equal(4, Gauge(metrics, "fairlead_slo_burn_rate", "p95"), 6);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        await using var restarted = await StartAsync(vendor.Address, store);
        await restarted.Host.PromisesRestored;
        AssertFigures(await RouteAsync(restarted));
        await AskAsync(restarted, "fine", HttpStatusCode.OK);
        Assert.Equal(21, (await RouteAsync(restarted))["success"]!["events"]!.GetValue<int>());
    }

    [Fact]
    public async Task Promises_DeadlineOfTheClients_IsNoEvent()
    {
        await using var vendor = ByteServer.Start(new Reply(200, "application/json", []) { Before = _ => Task.Delay(Timeout.Infinite) });
        await using var gateway = await StartAsync(vendor.Address);
        var asking = gateway.PostAsync(Vendors.Question, ("x-fairlead-timeout-ms", "2000"));
        while (vendor.Requests.IsEmpty) await Task.Yield();
        await _time.TurnUntilAsync(asking, TimeSpan.FromMilliseconds(100));
        using var response = await asking;
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal(0, (await RouteAsync(gateway))["success"]!["events"]!.GetValue<int>());
    }

    [Fact]
    public async Task Promises_CostPerOutcome_IsMeasuredOverTheDay_AtMostOnceAMinute()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("B")));
        await using var gateway = await RunningGateway.StartAsync(
            Vendors.Tiers("retries: 0", vendor.Address).Replace("  - name: default", "  - name: default\n    promise: { cost_per_outcome: $0.02 }", StringComparison.Ordinal), _time);
        var none = (await RouteAsync(gateway))["cost_per_outcome"]!;
        Assert.Equal("0.02", none["promised_usd"]!.GetValue<string>());
        Assert.Null(none["measured_usd"]);
        var ids = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            using var answer = await gateway.PostAsync(Vendors.Question);
            ids.Add(Vendors.Header(answer, "x-fairlead-request-id"));
        }

        var flushed = gateway.Host.Ledger.FlushAsync(CancellationToken.None);
        await _time.TurnUntilAsync(flushed, TimeSpan.FromMilliseconds(10));
        foreach (var (id, outcome) in ids.Zip(["success", "success", "failure"]))
        {
            using var reported = await gateway.PostAsync("v1/outcomes", $$"""{"request_id":"{{id}}","outcome":"{{outcome}}"}""");
            Assert.Equal(HttpStatusCode.OK, reported.StatusCode);
        }

        Assert.Null((await RouteAsync(gateway))["cost_per_outcome"]!["measured_usd"]); // not a minute old yet
        _time.Advance(TimeSpan.FromMinutes(1));

        // Four times $0.000013 for two successes.
        var measured = (await RouteAsync(gateway))["cost_per_outcome"]!;
        Assert.Equal(("0.000026", 2, 4, 0), (measured["measured_usd"]!.GetValue<string>(), Int(measured, "successes"), Int(measured, "requests"), Int(measured, "unknown_costs")));
        Assert.Contains("fairlead_promise_cost_per_outcome_USD{otel_scope_name=\"Fairlead\",fairlead_route=\"default\"} 2.6E-05", await gateway.Client.GetStringAsync("metrics"), StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromHours(25));
        Assert.Null((await RouteAsync(gateway))["cost_per_outcome"]!["measured_usd"]);
    }

    private static void AssertFigures(JsonObject route)
    {
        // 20 requests say something: 16 fine, 3 late, 1 failed, which is late too. 1 may be late, and 2 may fail.
        var (p95, success) = (route["p95"]!, route["success"]!);
        Assert.Equal((20, 4, 0.8, -3, 4), (Int(p95, "events"), Int(p95, "bad_events"), Double(p95, "compliance"), Double(p95, "budget_left"), Double(p95, "burn_rate_1h")));
        Assert.Equal((20, 1, 0.95, 0.5, 0.5), (Int(success, "events"), Int(success, "bad_events"), Double(success, "compliance"), Double(success, "budget_left"), Double(success, "burn_rate_1h")));
    }

    private static double Gauge(string metrics, string name, string objective) => double.Parse(
        metrics.Split('\n').Single(line => line.StartsWith(name + "{otel_scope_name=\"Fairlead\",fairlead_route=\"default\",objective=\"" + objective + "\"} ", StringComparison.Ordinal)).Split(' ')[^1],
        CultureInfo.InvariantCulture);

    private static int Int(JsonNode objective, string name) => objective[name]!.GetValue<int>();

    private static double Double(JsonNode objective, string name) => objective[name]!.GetValue<double>();

    private Task<RunningGateway> StartAsync(string address, string store = "") =>
        RunningGateway.StartAsync(Vendors.Tiers("retries: 0", address).Replace("  - name: default", "  - name: default\n    promise: { p95: 800ms, success: 90% }", StringComparison.Ordinal) + store, _time);

    private static async Task<JsonObject> RouteAsync(RunningGateway gateway) => (await gateway.AdminAsync("promises"))["routes"]!.AsArray().Single()!.AsObject();

    private static async Task AskAsync(RunningGateway gateway, string text, HttpStatusCode expected)
    {
        using var response = await gateway.PostAsync(Vendors.Question.Replace("Hello", text, StringComparison.Ordinal));
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, body);
    }
}
