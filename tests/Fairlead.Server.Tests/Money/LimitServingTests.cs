using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using static Fairlead.Server.Tests.Money.BudgetServingTests;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Money;

/// <summary>Limits per minute and at once in front of real sends.</summary>
public sealed class LimitServingTests
{
    private const string Keys = "keys: [ { name: app, secret: \"env:APP\", tenant: acme, limits: { LIMITS } }, { name: other, secret: \"env:OTHER\", tenant: acme } ]";

    private static readonly Dictionary<string, string> Secrets = new() { ["APP"] = "app-secret-of-many-characters", ["OTHER"] = "other-secret-of-many-characters" };

    private static readonly (string, string) App = ("authorization", "Bearer app-secret-of-many-characters");

    private static readonly (string, string) Other = ("authorization", "Bearer other-secret-of-many-characters");

    [Fact]
    public async Task TooManyInAMinute_IsA429ThatSaysWhenThereIsRoom()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")) with { Headers = [("x-ratelimit-limit-requests", "9999"), ("x-ratelimit-remaining-requests", "9998"), ("x-ratelimit-remaining-images", "3")] });
        await using var gateway = await RunningGateway.StartAsync(Tiers("retries: 0", vendor.Address) + "\n" + Keys.Replace("LIMITS", "rpm: 2, tpm: 100000", StringComparison.Ordinal), environment: Secrets);

        using var first = await gateway.PostAsync(Question, App);
        Assert.Equal(("2", "1"), (Header(first, "x-ratelimit-limit-requests"), Header(first, "x-ratelimit-remaining-requests"))); // its own, not the vendor's
        Assert.Equal("", Header(first, "x-ratelimit-remaining-images"));
        Assert.Equal("100000", Header(first, "x-ratelimit-limit-tokens"));
        Assert.EndsWith("s", Header(first, "x-ratelimit-reset-requests"), StringComparison.Ordinal);
        using var second = await gateway.PostAsync(Question, App);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);

        using var third = await gateway.PostAsync(Question, App);
        Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
        Assert.InRange(int.Parse(Header(third, "retry-after"), CultureInfo.InvariantCulture), 1, 30);
        var error = JsonNode.Parse(await third.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal("rate_limit_exceeded", error["code"]!.GetValue<string>());
        Assert.Contains("key app is at its limit of 2 requests a minute", error["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(("2", "0"), (Header(third, "x-ratelimit-limit-requests"), Header(third, "x-ratelimit-remaining-requests")));
        Assert.Equal(2, vendor.Requests.Count);
        using var others = await gateway.PostAsync(Question, Other);
        Assert.Equal(HttpStatusCode.OK, others.StatusCode);
    }

    [Fact]
    public async Task AnthropicsClientsAreToldInTheirWords()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")));
        await using var gateway = await RunningGateway.StartAsync(Tiers("retries: 0", vendor.Address) + "\n" + Keys.Replace("LIMITS", "rpm: 1", StringComparison.Ordinal), environment: Secrets);
        const string body = """{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"Hello"}]}""";
        using var first = await gateway.PostAsync("v1/messages", body, App);
        Assert.Equal(("1", "0"), (Header(first, "anthropic-ratelimit-requests-limit"), Header(first, "anthropic-ratelimit-requests-remaining")));
        Assert.EndsWith("Z", Header(first, "anthropic-ratelimit-requests-reset"), StringComparison.Ordinal);
        using var second = await gateway.PostAsync("v1/messages", body, App);
        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        Assert.Equal("rate_limit_error", JsonNode.Parse(await second.Content.ReadAsStringAsync())!["error"]!["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task WhatRunsIsFreedHoweverItEnds()
    {
        var answers = new Queue<Reply>([
            Reply.Json(Error("server_error"), 500), Reply.Json(Answer("yes")), Saying("A"), Reply.Json("{", 200), Reply.Stream(Role, Token("A")) with { End = ReplyEnd.Reset }, Reply.Json(Answer("yes"))]);
        await using var vendor = ByteServer.Start(_ => answers.Dequeue());
        await using var gateway = await RunningGateway.StartAsync(Tiers("retries: 0", vendor.Address) + "\n" + Keys.Replace("LIMITS", "concurrent: 1", StringComparison.Ordinal), environment: Secrets);
        for (var i = 0; i < 6; i++)
        {
            using var response = await gateway.PostAsync(i is 2 or 4 ? StreamQuestion : Question, App);
            Assert.NotEqual(HttpStatusCode.TooManyRequests, response.StatusCode);
            try
            {
                await response.Content.ReadAsStringAsync();
            }
            catch (HttpRequestException)
            {
                // The one that the vendor broke off.
            }

            await EventuallyAsync(() => gateway.Host.InFlight == 0);
        }
    }

    [Fact]
    public async Task OneAtATimeMeansOneAtATime_AndAClientThatLeavesGivesItsPlaceUp()
    {
        var mayAnswer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")) with { Before = _ => mayAnswer.Task });
        await using var gateway = await RunningGateway.StartAsync(Tiers("retries: 0", vendor.Address) + "\nlimits: [ { name: tenants, each: tenant, concurrent: 1 } ]\n" + Keys.Replace("LIMITS", "rpm: 1000", StringComparison.Ordinal), environment: Secrets);
        using var leaving = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(Question, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation(App.Item1, App.Item2);
        var running = gateway.Client.SendAsync(request, leaving.Token);
        await EventuallyAsync(() => vendor.Requests.Count == 1);

        using var refused = await gateway.PostAsync(Question, Other); // another key of the same tenant
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("1", Header(refused, "retry-after"));
        Assert.Contains("concurrency_limit_exceeded", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await EventuallyAsync(() => gateway.Host.InFlight == 0);
        mayAnswer.SetResult();
        using var served = await gateway.PostAsync(Question, Other);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }

    [Fact]
    public async Task ATargetAtItsLimitGivesWayToTheNext()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        var yaml = Tiers("retries: 0", first.Address, second.Address).Replace("first: { provider: first-vendor,", "first: { limits: { rpm: 1 }, provider: first-vendor,", StringComparison.Ordinal);
        await using var gateway = await RunningGateway.StartAsync(yaml);
        using var one = await gateway.PostAsync(Question);
        Assert.Equal("first", Header(one, "x-fairlead-target"));
        using var two = await gateway.PostAsync(Question);
        Assert.Equal("second", Header(two, "x-fairlead-target"));
        Assert.Contains("first: at its limit of 1 requests a minute", Header(two, "x-fairlead-reason"), StringComparison.Ordinal);
        using var pinned = await gateway.PostAsync(Question.Replace("\"m\"", "\"first\"", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.TooManyRequests, pinned.StatusCode);
        Assert.InRange(int.Parse(Header(pinned, "retry-after"), CultureInfo.InvariantCulture), 50, 60);
        Assert.Equal("", Header(pinned, "x-should-retry")); // it may be asked for again
        Assert.Contains("target first is at its limit", await pinned.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARouteHasLimitsOfItsOwn()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")));
        await using var gateway = await RunningGateway.StartAsync(Tiers("retries: 0", vendor.Address).Replace("- name: default", "- name: default\n    limits: { tpm: 100 }", StringComparison.Ordinal));
        const string asked = """{"model":"m","max_tokens":80,"messages":[]}""";
        using var first = await gateway.PostAsync(asked);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var second = await gateway.PostAsync(asked); // ten were used, not eighty
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        using var third = await gateway.PostAsync(asked.Replace("80", "99", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
        Assert.Contains("route default is at its limit of 100 tokens a minute", await third.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClientThatHasItsWholeAnswerMayAskAgainOverAnotherConnection()
    {
        await using var vendor = ByteServer.Start(Saying("A") with { End = ReplyEnd.Hang });
        await using var gateway = await RunningGateway.StartAsync(Tiers("retries: 0", vendor.Address) + "\nlimits: [ { name: t, each: tenant, concurrent: 1 } ]");
        using var other = new HttpClient { BaseAddress = gateway.Address };
        using var response = await gateway.PostAsync(StreamQuestion);
        Assert.Contains("[DONE]", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var next = await other.PostAsync("v1/chat/completions", new StringContent(Question, System.Text.Encoding.UTF8, "application/json"));
        Assert.NotEqual(HttpStatusCode.TooManyRequests, next.StatusCode);
    }
}
