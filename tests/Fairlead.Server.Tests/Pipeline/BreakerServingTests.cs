using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Server.Tests.Admin;
using Fairlead.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>Breakers, keys and what is held back, as clients and operators meet them.</summary>
public sealed class BreakerServingTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 5, 12, 3, 0, TimeSpan.Zero));

    [Fact]
    public async Task FiveFailures_OpenIt_AndTheSentenceSaysSo_AndItComesBack()
    {
        var isDown = true;
        await using var first = ByteServer.Start(_ => isDown ? Reply.Json(Error("server_is_overloaded"), 503) : Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address), _time);

        for (var i = 0; i < 5; i++) Assert.Equal("2", await AttemptsOfAsync(gateway));
        using var held = await gateway.PostAsync(Question);
        Assert.Equal(("second", "1"), (Header(held, "x-fairlead-target"), Header(held, "x-fairlead-attempts")));
        Assert.Equal("Sent to second at second-vendor because m is an alias and route default lists it next in tier tier-second; first: breaker open since 12:03.", Header(held, "x-fairlead-reason"));
        Assert.Equal(5, first.Requests.Count);
        Assert.Equal(("open", "failures", "overloaded"), Breaker(await gateway.TargetAsync("first")));
        Assert.Contains("The breaker of target first opened: failures (overloaded)", gateway.Log.Text, StringComparison.Ordinal);
        Assert.Contains("fairlead_breaker_opened_total{otel_scope_name=\"Fairlead\",cause=\"failures\",fairlead_target=\"first\"} 1", await gateway.Client.GetStringAsync("metrics"), StringComparison.Ordinal);

        isDown = false;
        _time.Advance(TimeSpan.FromSeconds(3)); // two, and a fifth of it at most
        var halfOpen = (await gateway.TargetAsync("first"))["breaker"]!;
        Assert.Equal(("half_open", 0.0), (halfOpen["state"]!.GetValue<string>(), halfOpen["share"]!.GetValue<double>())); // one at a time is no share
        for (var i = 0; i < 3; i++)
        {
            using var probe = await gateway.PostAsync(Question);
            Assert.Equal("first", Header(probe, "x-fairlead-target"));
        }

        _time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal("recovering", (await gateway.TargetAsync("first"))["breaker"]!["state"]!.GetValue<string>());
        Assert.Equal(0.01, (await gateway.TargetAsync("first"))["breaker"]!["share"]!.GetValue<double>());
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("closed", (await gateway.TargetAsync("first"))["breaker"]!["state"]!.GetValue<string>());
        using var back = await gateway.PostAsync(Question);
        Assert.Equal("first", Header(back, "x-fairlead-target"));
    }

    /// <summary>A long stream that comes at its pace is the client's wish: that the route has no time for it is no fault of the target's. One that never begins, or stops coming, is.</summary>
    [Theory]
    [InlineData(1000, "closed")]
    [InlineData(1, "open")]
    [InlineData(0, "open")]
    public async Task DeadlineCutsAStream_CountsUnlessItWasComing(int tokens, string state)
    {
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [.. Enumerable.Repeat(Token("Hello"), tokens).Select(Encoding.UTF8.GetBytes)])
        {
            HasLength = false,
            End = ReplyEnd.Hang,
            Before = _ => Task.Delay(20),
        });
        var hasBegun = tokens > 0;
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address).Replace("gap: 60s", "gap: 60s, deadline: 1s", StringComparison.Ordinal));

        await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            using var response = await gateway.PostAsync("""{"model":"m","stream":true,"messages":[{"role":"user","content":"Hello"}]}""");
            if (hasBegun) await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync()); // to its broken end, after which all is counted
        }));

        Assert.Equal(5, vendor.Requests.Count);
        Assert.Equal(state, (await gateway.TargetAsync("first"))["breaker"]!["state"]!.GetValue<string>());
    }

    /// <summary>A model that is gone by its own name is the target's; by another one it is one that the request named.</summary>
    [Theory]
    [InlineData("m is not a valid model ID", "open")]
    [InlineData("another/model:free is not a valid model ID", "closed")]
    public async Task ModelThatIsNone_CountsWhereItIsTheTargets(string message, string state)
    {
        await using var first = ByteServer.Start(Reply.Json($$$"""{"error":{"message":"{{{message}}}","code":400}}""", 400));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address), _time);

        for (var i = 0; i < 2; i++) Assert.Equal("2", await AttemptsOfAsync(gateway));

        Assert.Equal(state, (await gateway.TargetAsync("first"))["breaker"]!["state"]!.GetValue<string>());
    }

    /// <summary>More than an answer may have is the vendor's fault, unless several of them were asked for.</summary>
    [Theory]
    [InlineData(1, "open", 1)]
    [InlineData(2, "closed", 0)]
    public async Task AnswerIsTooLarge_CountsUnlessSeveralWereAskedFor(int choices, string state, int alerts)
    {
        await using var first = ByteServer.Start(Reply.Json(new string(' ', (32 * 1024 * 1024) + 1)));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address), _time);

        for (var i = 0; i < 5; i++)
        {
            using var response = await gateway.PostAsync($$"""{"model":"m","n":{{choices}},"messages":[{"role":"user","content":"Hello"}]}""");
            Assert.Equal("second", Header(response, "x-fairlead-target"));
        }

        Assert.Equal(state, (await gateway.TargetAsync("first"))["breaker"]!["state"]!.GetValue<string>());
        Assert.Equal(alerts, (await gateway.AdminAsync("alerts"))["open"]!.AsArray().Count(alert => alert!["event"]!.GetValue<string>() == "security"));
    }

    [Fact]
    public async Task NothingElse_OneASecondIsTriedAllTheSame()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Error("server_is_overloaded"), 503));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address), _time);
        for (var i = 0; i < 5; i++) (await gateway.PostAsync(Question)).Dispose();
        Assert.Equal(5, vendor.Requests.Count);

        using var tried = await gateway.PostAsync(Question);
        using var held = await gateway.PostAsync(Question);
        Assert.Equal(6, vendor.Requests.Count);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "1"), (tried.StatusCode, Header(tried, "x-fairlead-attempts")));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, held.StatusCode);
        Assert.Contains("upstream_unavailable", await held.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.NotNull(held.Headers.RetryAfter);

        _time.Advance(TimeSpan.FromSeconds(1));
        using var again = await gateway.PostAsync(Question);
        Assert.Equal(7, vendor.Requests.Count);
    }

    [Fact]
    public async Task SetByHand_HoldsUntilItIsSetAgain_AndIsWrittenDownFirst()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address), _time);

        using var set = await PutAsync(gateway, "first", """{"state":"open","reason":"a test of the second"}""");
        var shown = JsonNode.Parse(await set.Content.ReadAsStringAsync())!.AsObject();
        using var held = await gateway.PostAsync(Question);
        Assert.Equal(("open", "operator", null), Breaker(shown));
        Assert.Equal("open", shown["breaker"]!["set_to"]!.GetValue<string>());
        Assert.Contains("first: breaker opened by hand at 12:03", Header(held, "x-fairlead-reason"), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromHours(5));
        using var still = await gateway.PostAsync(Question);
        Assert.Equal("second", Header(still, "x-fairlead-target"));
        Assert.Empty(first.Requests);
        var audit = await gateway.AdminAsync("audit");
        Assert.Contains("target.breaker", audit.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("a test of the second", audit.ToJsonString(), StringComparison.Ordinal);

        using var back = await PutAsync(gateway, "first", """{"state":"auto"}""");
        using var answered = await gateway.PostAsync(Question);
        Assert.Equal("first", Header(answered, "x-fairlead-target"));
    }

    [Theory]
    [InlineData("first", """{"state":"ajar"}""", 400, "invalid_value")]
    [InlineData("first", """{}""", 400, "invalid_value")]
    [InlineData("first", """{"state":"open","until":"tomorrow"}""", 400, "unknown_member", "\"param\": \"until\"")]
    [InlineData("nobody", """{"state":"open"}""", 404, "target_not_found", "The configuration has no target 'nobody'.")]
    [InlineData("fisrt", """{"state":"open"}""", 404, "target_not_found", "The configuration has no target 'fisrt'; did you mean 'first'?")]
    public async Task SetByHand_BadInput_IsRefused(string target, string body, int status, string code, string told = "")
    {
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", "http://127.0.0.1:9/v1"), _time);

        using var response = await PutAsync(gateway, target, body);

        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(code, text, StringComparison.Ordinal);
        Assert.Contains(told, Regex.Unescape(text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyWithoutQuota_IsLeftAlone_AndReleased()
    {
        var hasQuota = false;
        await using var vendor = ByteServer.Start(request => request.Headers["authorization"] == "Bearer second-key-value" || hasQuota ? Reply.Json(Answer("ok")) : Reply.Json(Error("insufficient_quota"), 429));
        await using var gateway = await RunningGateway.StartJudgedAsync(
            $$"""
            providers: { v: { kind: openai-compatible, base_url: "{{vendor.Address}}", keys: ["env:ONE", "env:TWO"] } }
            targets: { t: { provider: v, model: m } }
            aliases: { m: auto }
            routes: [ { name: default, tiers: [ { use: [t] } ] } ]
            """,
            _time,
            new Dictionary<string, string> { ["ONE"] = "first-key-value", ["TWO"] = "second-key-value" });

        for (var i = 0; i < 4; i++) (await gateway.PostAsync(Question)).Dispose();
        Assert.Single(vendor.Requests, request => request.Headers["authorization"] == "Bearer first-key-value");
        var key = (await ProviderAsync(gateway, "v"))["keys"]![0]!;
        Assert.Equal(("quota_exhausted", 3600), (key["held_for"]!.GetValue<string>(), key["seconds_left"]!.GetValue<double>()));
        Assert.Contains("fairlead_provider_keys_held{otel_scope_name=\"Fairlead\",error_type=\"quota_exhausted\",gen_ai_provider_name=\"v\"} 1", await gateway.Client.GetStringAsync("metrics"), StringComparison.Ordinal);

        hasQuota = true;
        using var released = await gateway.PostAsync("admin/v1/providers/v/release", """{"reason":"paid"}""");
        Assert.Equal(1, JsonNode.Parse(await released.Content.ReadAsStringAsync())!["released"]!.GetValue<int>());
        for (var i = 0; i < 2; i++) (await gateway.PostAsync(Question)).Dispose();
        Assert.Equal(2, vendor.Requests.Count(request => request.Headers["authorization"] == "Bearer first-key-value"));
        Assert.Contains("provider.release", (await gateway.AdminAsync("audit")).ToJsonString(), StringComparison.Ordinal);
        using var unknown = await gateway.PostAsync("admin/v1/providers/nobody/release", "");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task LimitThatEndsSoon_IsWaitedFor_AndALaterOneIsNot()
    {
        var asked = 0;
        await using var vendor = ByteServer.Start(_ => Interlocked.Increment(ref asked) % 2 == 1 ? Reply.Json(Error("rate_limit_exceeded"), 429) with { Headers = [("retry-after-ms", "400")] } : Reply.Json(Answer("ok")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address), _time);

        var asking = gateway.PostAsync(Question);
        await _time.TurnUntilAsync(asking, TimeSpan.FromMilliseconds(20));
        using var waited = await asking;
        Assert.Equal((HttpStatusCode.OK, "2"), (waited.StatusCode, Header(waited, "x-fairlead-attempts")));

        await gateway.DisposeAsync();
        await using var longer = ByteServer.Start(Reply.Json(Error("rate_limit_exceeded"), 429) with { Headers = [("retry-after", "3")] });
        await using var other = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", longer.Address), _time);
        using var told = await other.PostAsync(Question);
        Assert.Equal(HttpStatusCode.TooManyRequests, told.StatusCode);
        using var early = await other.PostAsync(Question); // and the vendor is not asked again before
        Assert.Equal(HttpStatusCode.TooManyRequests, early.StatusCode);
        Assert.NotNull(early.Headers.RetryAfter);
        Assert.Single(longer.Requests);
        Assert.Contains("first: limited by its vendor for", Header(early, "x-fairlead-reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RequestThatLeavesSomethingBehind_IsNotSentTwice_UnlessNothingWasDone()
    {
        await using var failing = ByteServer.Start(Reply.Json(Error("server_error"), 500));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 1", failing.Address, second.Address), _time);
        const string stores = """{"model":"m","store":true,"messages":[{"role":"user","content":"Hello"}]}""";

        using var failed = await gateway.PostAsync(stores);
        Assert.Equal((HttpStatusCode.BadGateway, "1"), (failed.StatusCode, Header(failed, "x-fairlead-attempts")));
        Assert.Empty(second.Requests);

        await gateway.DisposeAsync();
        await using var limited = ByteServer.Start(Reply.Json(Error("rate_limit_exceeded"), 429) with { Headers = [("retry-after", "60")] });
        await using var other = await RunningGateway.StartJudgedAsync(Tiers("retries: 1", limited.Address, second.Address), _time);
        using var answered = await other.PostAsync(stores);
        Assert.Equal("second", Header(answered, "x-fairlead-target"));
    }

    private static (string State, string? Cause, string? Failure) Breaker(JsonObject target)
    {
        var breaker = target["breaker"]!;
        return (breaker["state"]!.GetValue<string>(), breaker["cause"]?.GetValue<string>(), breaker["failure"]?.GetValue<string>());
    }

    private static async Task<string> AttemptsOfAsync(RunningGateway gateway)
    {
        using var response = await gateway.PostAsync(Question);
        return Header(response, "x-fairlead-attempts");
    }

    private static async Task<JsonObject> ProviderAsync(RunningGateway gateway, string name) =>
        (await gateway.AdminAsync("providers"))["providers"]!.AsArray().Single(provider => provider!["name"]!.GetValue<string>() == name)!.AsObject();

    private static Task<HttpResponseMessage> PutAsync(RunningGateway gateway, string target, string body) =>
        gateway.Client.PutAsync($"admin/v1/targets/{target}/breaker", new StringContent(body, Encoding.UTF8, "application/json"));
}
