using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Alerting;
using Fairlead.Core.Alerting;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Alerting;

/// <summary>Alerts on their way to a real sink that is well, slow, down, or says no; and that nobody else waits for it.</summary>
public sealed class AlertServingTests : IDisposable
{
    private const string Key = "signing-key-0123456789";

    private readonly TemporaryFolder _folder = new();
    private readonly SetClock _time = new(new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero));
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal) { ["HOOK_KEY"] = Key };

    public void Dispose() => _folder.Dispose();

    /// <summary>A day's quota of one model: other models of the key go on, and somebody is told until it may be used again.</summary>
    [Fact]
    public async Task Quota_OfAModel_LeavesTheKeyToOthers_AndIsToldUntilItsEnd()
    {
        const string spent = """
            [{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[
            {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},
            {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"600s"}]}}]
            """;
        var isSpent = true;
        await using var vendor = ByteServer.Start(request => isSpent && request.Text.Contains("gemini-a", StringComparison.Ordinal) ? Reply.Json(spent, 429) : Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("[ { webhook: \"env:HOOK\", events: [breaker] } ]", null, $$"""
            providers: { p: { kind: openai-compatible, base_url: "{{vendor.Address}}" } }
            targets: { large: { provider: p, model: gemini-a, price: { input: 1, output: 2 } }, small: { provider: p, model: gemini-b, price: { input: 1, output: 2 } } }
            aliases: { m: auto }
            routes: [ { name: default, tiers: [ { use: [large] }, { use: [small] } ] } ]
            """);
        for (var i = 0; i < 5; i++) await AskAsync(gateway);
        Assert.Equal(6, vendor.Requests.Count); // the first one alone tried it

        await FollowAsync(() => Board(gateway).Find(AlertEvent.Quota, "p key 1 for gemini-a") is not null, TimeSpan.FromSeconds(1));
        Assert.StartsWith("The model's quota is used up; it is tried again at 2026-03-05 12:1", Board(gateway).Find(AlertEvent.Quota, "p key 1 for gemini-a")!.Text, StringComparison.Ordinal);
        Assert.Single(Board(gateway).Open, alert => alert.Event == AlertEvent.Quota);
        await PassAsync(TimeSpan.FromMinutes(20));
        Assert.Single(Board(gateway).Open, alert => alert.Event == AlertEvent.Quota); // that it may be tried is not that it is back

        isSpent = false;
        await AskAsync(gateway);
        await FollowAsync(() => !Board(gateway).Open.Any(alert => alert.Event == AlertEvent.Quota), TimeSpan.FromSeconds(1));
    }

    /// <summary>A fallback that is out, and a peer that comes later, have failed no request over.</summary>
    [Theory]
    [InlineData("first", "failures", 100)]
    [InlineData("second", "failures", 100)]
    [InlineData("first", "open", 0)] // that is as its operator wants it
    [InlineData("second", "open", 0)]
    [InlineData("third", "failures", 0)]
    public async Task FailoverRate_CountsWhatWasHeldBackBeforeWhatAnswered(string target, string how, int share)
    {
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        await using var vendor = ByteServer.Start(Reply.Json(Answer("vendor")));
        await using var gateway = await StartAsync("[ { name: oncall, webhook: \"env:HOOK\", events: [failover_rate] } ]", hook, $$"""
            providers: { p: { kind: openai-compatible, base_url: "{{vendor.Address}}" } }
            targets:
              first: { provider: p, model: a, price: { input: 1, output: 2 } }
              second: { provider: p, model: b, price: { input: 1, output: 2 } }
              third: { provider: p, model: c, price: { input: 1, output: 2 } }
            aliases: { m: auto }
            routes: [ { name: default, tiers: [ { use: [first] }, { use: [second, third] } ] } ]
            """);
        if (target != "first") await gateway.SetBreakerAsync("first", "open");
        if (how == "open") await gateway.SetBreakerAsync(target, "open");
        else for (var i = 0; i < 2; i++) Health(gateway).Record(new AttemptSample(target, FailureClass.ModelGone, null)); // for five minutes

        for (var i = 0; i < 20; i++) await AskAsync(gateway);

        var (requests, failovers) = gateway.Host.Services.GetRequiredService<FailoverRate>().Of("default");
        Assert.Equal((20, share), (requests, failovers * 100 / requests));
    }

    /// <summary>A baseline is before all that its route's policy decides.</summary>
    [Fact]
    public async Task FailoverRate_CountsABaselineThatIsHeldBack()
    {
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        await using var vendor = ByteServer.Start(Reply.Json(Answer("vendor")));
        await using var gateway = await StartAsync("[ { name: oncall, webhook: \"env:HOOK\", events: [failover_rate] } ]", hook, $$"""
            providers: { p: { kind: openai-compatible, base_url: "{{vendor.Address}}" } }
            targets: { first: { provider: p, model: a, price: { input: 1, output: 2 } }, second: { provider: p, model: b, price: { input: 1, output: 2 } } }
            aliases: { m: auto }
            routes: [ { name: default, mode: observe, baseline: first, tiers: [ { use: [second] } ] } ]
            """);
        for (var i = 0; i < 5; i++) await AskAsync(gateway);
        Assert.Equal((5, 0), gateway.Host.Services.GetRequiredService<FailoverRate>().Of("default"));
        for (var i = 0; i < 2; i++) Health(gateway).Record(new AttemptSample("first", FailureClass.ModelGone, null)); // for five minutes

        for (var i = 0; i < 5; i++) await AskAsync(gateway);

        Assert.Equal((10, 5), gateway.Host.Services.GetRequiredService<FailoverRate>().Of("default"));
    }

    [Fact]
    public async Task FailoverRate_FromRequestsToTheSinkAndToItsEnd_WithinItsTimes()
    {
        var isDown = true;
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        await using var first = ByteServer.Start(_ => isDown ? Reply.Json(Error("overloaded"), 503) : Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await StartAsync("[ { name: oncall, webhook: \"env:HOOK\", key: \"env:HOOK_KEY\", events: [failover_rate] } ]", hook, Tiers("retries: 0", first.Address, second.Address));
        await gateway.SetBreakerAsync("first", "closed"); // what is held back needs a failover too, for longer than the vendor fails
        for (var i = 0; i < 20; i++) await AskAsync(gateway);
        var since = _time.GetUtcNow();
        await FollowAsync(() => !hook.Requests.IsEmpty, TimeSpan.FromSeconds(1));
        Assert.InRange(_time.GetUtcNow() - since, TimeSpan.Zero, TimeSpan.FromSeconds(30));

        var firing = Message(hook.Requests.First());
        Assert.Equal(("failover_rate", "firing", "default", "warning"), (Text(firing, "event"), Text(firing, "status"), Text(firing, "subject"), Text(firing, "severity")));
        Assert.Equal("100 % of 20 requests needed a failover in the last 5 minutes.", Text(firing, "text"));
        Assert.Equal(["id", "event", "severity", "status", "subject", "text", "count", "since", "at", "gateway", "revision"], firing.Select(member => member.Key));
        AssertSigned(hook.Requests.First());

        isDown = false;
        for (var i = 0; i < 201; i++) await AskAsync(gateway);
        var recovered = _time.GetUtcNow();
        await FollowAsync(() => hook.Requests.Count == 2, TimeSpan.FromSeconds(1));
        Assert.InRange(_time.GetUtcNow() - recovered, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60));
        var resolved = Message(hook.Requests.Last());
        Assert.Equal((Text(firing, "id"), "resolved", Text(firing, "since")), (Text(resolved, "id"), Text(resolved, "status"), Text(resolved, "since")));
        AssertSigned(hook.Requests.Last());
        await PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(2, hook.Requests.Count);
        Assert.Contains("Alert failover_rate default is over", gateway.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sink_HangsForEver_NoRequestWaitsAndTheMessageIsTriedAgain()
    {
        var tries = 0;
        await using var hook = ByteServer.Start(_ => Interlocked.Increment(ref tries) == 1 ? Reply.Json("{}") with { Before = _ => new TaskCompletionSource().Task } : Reply.Json("{}"));
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("[ { webhook: \"env:HOOK\" } ]", hook, Tiers("retries: 0", vendor.Address));
        var board = Board(gateway);
        Raise(board, "a");
        await FollowAsync(() => hook.Requests.Count == 1);

        for (var i = 0; i < 1000; i++) Raise(board, $"b{i % 10}");
        await AskAsync(gateway); // answered while the sink still hangs, for time stands still
        Assert.Single(hook.Requests);

        await FollowAsync(() => hook.Requests.Count == 12, TimeSpan.FromSeconds(1));
        Assert.Equal(["a", "b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9", "a"], Subjects(hook));
        Assert.Contains("Alerts are not taken by webhook-1 for now: no answer within 5 s", gateway.Log.Text, StringComparison.Ordinal);
        await FollowAsync(() => gateway.Log.Text.Contains("Alerts are taken by webhook-1 again", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(408)]
    [InlineData(425)]
    [InlineData(429)]
    public async Task Sink_SaysNotNow_IsToldLaterAndOnce(int status)
    {
        var tries = 0;
        await using var hook = ByteServer.Start(_ => Interlocked.Increment(ref tries) < 3 ? Reply.Json("{}", status) : Reply.Json("{}"));
        await using var gateway = await StartAsync("[ { webhook: \"env:HOOK\" } ]", hook);
        Raise(Board(gateway), "a");
        await FollowAsync(() => hook.Requests.Count == 3, TimeSpan.FromMilliseconds(100)); // slowly: a post has five seconds
        await PassAsync(TimeSpan.FromMinutes(5));

        Assert.Equal(3, hook.Requests.Count);
        Assert.Single(hook.Requests.Select(request => Text(Message(request), "id")).Distinct());
        Assert.Equal(1, gateway.Log.Text.Split($"it answered {status}").Length - 1); // told once
        await AssertMetricAsync(gateway, "fairlead_alerts_failed_total\\{[^}]*sink=\"webhook-1\"[^}]*\\} 2 ");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(302)]
    public async Task Sink_SaysNo_IsNotAskedAgain(int status)
    {
        await using var hook = ByteServer.Start(Reply.Json("{}", status));
        await using var gateway = await StartAsync("[ { webhook: \"env:HOOK\" } ]", hook);
        Raise(Board(gateway), "a");
        Raise(Board(gateway), "b");
        await ToldAsync(gateway, hook, 2);
        await PassAsync(TimeSpan.FromMinutes(5));

        Assert.Equal(["a", "b"], Subjects(hook));
        Assert.Contains($"Alert breaker a was given up at webhook-1: it answered {status}", gateway.Log.Text, StringComparison.Ordinal);
        await AssertMetricAsync(gateway, "fairlead_alerts_given_up_total\\{[^}]*sink=\"webhook-1\"[^}]*\\} 2 ");
    }

    [Fact]
    public async Task Sink_AsksToWait_IsLeftAloneForSoLong()
    {
        var tries = 0;
        await using var hook = ByteServer.Start(_ => Interlocked.Increment(ref tries) == 1 ? Reply.Json("{}", 429) with { Headers = [("retry-after", "120")] } : Reply.Json("{}"));
        await using var gateway = await StartAsync("[ { webhook: \"env:HOOK\" } ]", hook);
        Raise(Board(gateway), "a");
        await FollowAsync(() => gateway.Log.Text.Contains("it answered 429", StringComparison.Ordinal));
        await PassAsync(TimeSpan.FromSeconds(115));
        Assert.Single(hook.Requests);

        await FollowAsync(() => hook.Requests.Count == 2, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Sink_IsDownAndComesBack_HearsWhatIsSoInOrder()
    {
        var gone = ByteServer.Start(Reply.Json("{}"));
        var port = gone.Port;
        _environment["HOOK"] = $"http://127.0.0.1:{port}/";
        await gone.DisposeAsync();
        await using var gateway = await StartAsync("[ { webhook: \"env:HOOK\" } ]", null);
        var board = Board(gateway);
        Raise(board, "first");
        Raise(board, "short");
        board.Resolve(AlertEvent.Breaker, "short", "closed");
        Raise(board, "second");
        await FollowAsync(() => board.Recent.Length == 1, TimeSpan.FromSeconds(1)); // over before it could be told

        await using var hook = ByteServer.Start(_ => Reply.Json("{}"), port);
        await FollowAsync(() => hook.Requests.Count == 2, TimeSpan.FromSeconds(1));
        board.Resolve(AlertEvent.Breaker, "first", "closed");
        await FollowAsync(() => hook.Requests.Count == 3, TimeSpan.FromSeconds(1));
        await PassAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(["first firing", "first resolved", "second firing"], hook.Requests.Select(Message).Select(message => $"{Text(message, "subject")} {Text(message, "status")}").Order(StringComparer.Ordinal));
        Assert.Equal("first resolved", $"{Text(Message(hook.Requests.Last()), "subject")} {Text(Message(hook.Requests.Last()), "status")}");
    }

    [Fact]
    public async Task Sink_IsDown_DoesNotHoldUpAnother()
    {
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        _environment["DOWN"] = "http://127.0.0.1:1/";
        await using var gateway = await StartAsync("[ { webhook: \"env:DOWN\" }, { webhook: \"env:HOOK\" } ]", hook);

        Raise(Board(gateway), "a");

        await FollowAsync(() => hook.Requests.Count == 1);
    }

    [Fact]
    public async Task Slack_HasOneTextInWhichNoNameCallsAnybody()
    {
        await using var hook = ByteServer.Start(Reply.Json("ok"));
        await using var gateway = await StartAsync("[ { webhook: \"env:HOOK\", format: slack } ]", hook);
        Board(gateway).Raise(AlertEvent.Budget, "tenants (<!channel> & @here)", "$1 of $2 spent.", AlertSeverity.Critical);
        await ToldAsync(gateway, hook, 1);

        var message = Message(hook.Requests.First());
        Assert.Equal(["text", "mrkdwn", "unfurl_links"], message.Select(member => member.Key));
        Assert.StartsWith("Critical: budget tenants (&lt;!channel&gt; &amp; @\u2060here). $1 of $2 spent. (since 2026-03-05 12:00:00Z, found 1 ×, http://127.0.0.1", Text(message, "text"), StringComparison.Ordinal);
        Assert.False(message["mrkdwn"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Stop_TellsWhatIsLeft()
    {
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        await using (var gateway = await StartAsync("[ { webhook: \"env:HOOK\" } ]", hook))
        {
            Raise(Board(gateway), "a");
            Raise(Board(gateway), "b");
        }

        Assert.Equal(["a", "b"], Subjects(hook));
    }

    [Fact]
    public async Task Reload_SinksFollowTheConfiguration()
    {
        await using var one = ByteServer.Start(Reply.Json("{}"));
        await using var two = ByteServer.Start(Reply.Json("{}"));
        _environment["ONE"] = one.Address;
        _environment["TWO"] = two.Address;
        var path = _folder.File("fairlead.yaml");
        string Yaml(string alerts) => $"listen: \"http://127.0.0.1:0\"\nstore: {{ ledger: \":memory:\" }}\nalerts: {alerts}\n" + Tiers("retries: 0", "http://127.0.0.1:9/v1");
        await File.WriteAllTextAsync(path, Yaml("[ { name: a, webhook: \"env:ONE\", events: [breaker] } ]"));
        await using var gateway = await RunningGateway.FollowAsync(path, _environment);
        var board = Board(gateway);
        Raise(board, "breaks");
        board.Raise(AlertEvent.Quota, "runs out", "low", AlertSeverity.Warning);
        await FollowAsync(() => one.Requests.Count == 1);

        await File.WriteAllTextAsync(path, Yaml("[ { name: a, webhook: \"env:ONE\" }, { name: b, webhook: \"env:TWO\", events: [breaker] } ]"));
        await FollowAsync(() => one.Requests.Count == 2 && two.Requests.Count == 1);
        Assert.Equal(["breaks", "runs out"], Subjects(one));
        Assert.Equal(["breaks"], Subjects(two));

        await File.WriteAllTextAsync(path, Yaml("[ { name: b, webhook: \"env:TWO\", events: [breaker] } ]"));
        await FollowAsync(() => gateway.Host.Services.GetRequiredService<AlertSender>().Channels.Length == 1);
        Raise(board, "breaks too");
        await FollowAsync(() => two.Requests.Count == 2);
        Assert.Equal(2, one.Requests.Count);
    }

    [Fact]
    public async Task Breaker_IsToldWithWhatFailed()
    {
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        await using var first = ByteServer.Start(Reply.Json(Error("server_error"), 500));
        await using var second = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("[ { webhook: \"env:HOOK\", events: [breaker] } ]", hook, Tiers("retries: 0", first.Address, second.Address));
        for (var i = 0; i < 5; i++) await AskAsync(gateway);
        await ToldAsync(gateway, hook, 1);

        Assert.Equal(("first", "Nothing is sent there: breaker open since 12:00 (server_error)."), (Text(Message(hook.Requests.First()), "subject"), Text(Message(hook.Requests.First()), "text")));
    }

    [Fact]
    public async Task Administration_ListsAlertsAndSinksAndSendsATest()
    {
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        await using var bad = ByteServer.Start(Reply.Json("{}", 403));
        _environment["BAD"] = bad.Address + "?token=canary-0123456789";
        _environment["GONE"] = "http://canary-0123456789.invalid/"; // some have their token in the name of the host
        _environment["DOWN"] = "http://127.0.0.1:9/canary-0123456789";
        await using var gateway = await StartAsync("[ { name: good, webhook: \"env:HOOK\", key: \"env:HOOK_KEY\", events: [quota] }, { name: bad, webhook: \"env:BAD\" }, { name: mute, webhook: \"env:NONE\" }, { name: gone, webhook: \"env:GONE\" }, { name: down, webhook: \"env:DOWN\" } ]", hook);
        var board = Board(gateway);
        Raise(board, "a");
        Raise(board, "b");
        board.Resolve(AlertEvent.Breaker, "b", "closed");
        await FollowAsync(() => board.Recent.Length == 1 && !bad.Requests.IsEmpty, TimeSpan.FromSeconds(1));

        var taken = await (await gateway.Client.PostAsync("admin/v1/alerts/test", null)).Content.ReadAsStringAsync();
        var listed = await gateway.Client.GetStringAsync("admin/v1/alerts");
        var told = hook.Requests.Count;
        foreach (var (query, body) in new[] { ("", """{"sink":"good"}"""), ("?name=good", "") })
        {
            using var refused = await gateway.Client.PostAsync("admin/v1/alerts/test" + query, new StringContent(body));
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        Assert.Equal(told, hook.Requests.Count);
        Assert.Equal(
            ["good True ", "bad False it answered 403", "mute False no value in env:NONE", "gone False its name cannot be resolved", "down False no connection can be made"],
            JsonNode.Parse(taken)!["sinks"]!.AsArray().Select(sink => $"{sink!["name"]} {sink["taken"]!.GetValue<bool>()} {sink["reason"]}"));
        Assert.Equal(("test", "firing"), (Text(Message(hook.Requests.Single()), "event"), Text(Message(hook.Requests.Single()), "status")));
        AssertSigned(hook.Requests.Single());
        var list = JsonNode.Parse(listed)!;
        Assert.Equal(("a", "firing"), (Text(list["open"]!.AsArray().Single()!, "subject"), Text(list["open"]![0]!, "status")));
        Assert.Equal(("b", "resolved"), (Text(list["recent"]!.AsArray().Single()!, "subject"), Text(list["recent"]![0]!, "status")));
        Assert.Equal(["good ok ", "bad failing it answered 403", "mute no_secret no value in env:NONE", "gone failing its name cannot be resolved", "down failing no connection can be made"], list["sinks"]!.AsArray().Select(sink => $"{sink!["name"]} {sink["state"]} {sink["reason"]}"));
        Assert.DoesNotContain("canary", listed + taken + gateway.Log.Text, StringComparison.Ordinal);
        await AssertMetricAsync(gateway, "fairlead_alerts_total\\{[^}]*event=\"breaker\"[^}]*status=\"resolved\"[^}]*\\} 1 ");
        await AssertMetricAsync(gateway, "fairlead_alerts_open\\{[^}]*event=\"breaker\"[^}]*\\} 1 ");
    }

    [Fact]
    public async Task Budget_ShareIsSpent_IsToldAndOverWhenItBeginsAnew()
    {
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync(
            "[ { webhook: \"env:HOOK\", events: [budget] } ]", hook, "budgets: [ { name: all, limit: $0.00001, per: hour, at: [ { percent: 80, do: [alert] } ] } ]\n" + Tiers("retries: 0", vendor.Address));
        await AskAsync(gateway);
        await ToldAsync(gateway, hook, 1);
        var firing = Message(hook.Requests.First());
        Assert.Equal(("budget", "all 80 %", "warning"), (Text(firing, "event"), Text(firing, "subject"), Text(firing, "severity")));

        await PassAsync(TimeSpan.FromMinutes(58));
        Assert.Single(Board(gateway).Open);
        await FollowAsync(() => hook.Requests.Count >= 2, TimeSpan.FromSeconds(5));
        Assert.InRange(_time.GetUtcNow().TimeOfDay, TimeSpan.FromHours(13), TimeSpan.FromHours(13) + TimeSpan.FromSeconds(60));
        Assert.Equal("resolved", Text(Message(hook.Requests.Last()), "status"));
    }

    [Fact]
    public async Task Security_ARedirect_IsToldAndOverAfterAQuarterOfAnHour()
    {
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        await using var leading = ByteServer.Start(Reply.Json("{}", 302) with { Headers = [("location", "http://127.0.0.1:9/")] });
        await using var second = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("[ { webhook: \"env:HOOK\", events: [security] } ]", hook, Tiers("retries: 0", leading.Address, second.Address));
        await AskAsync(gateway);
        await ToldAsync(gateway, hook, 1);
        var firing = Message(hook.Requests.First());
        Assert.Equal(("security", "first-vendor", "critical"), (Text(firing, "event"), Text(firing, "subject"), Text(firing, "severity")));

        await PassAsync(TimeSpan.FromMinutes(14));
        Assert.Single(Board(gateway).Open);
        await FollowAsync(() => hook.Requests.Count == 2, TimeSpan.FromSeconds(5));
        Assert.Equal("resolved", Text(Message(hook.Requests.Last()), "status"));
    }

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(0, 1000)]
    public async Task Security_AClockThatIsSet_NeitherKeepsNorEndsIt(int before, int after)
    {
        await using var leading = ByteServer.Start(Reply.Json("{}", 302) with { Headers = [("location", "http://127.0.0.1:9/")] });
        await using var second = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("[ ]", null, Tiers("retries: 0", leading.Address, second.Address));
        _time.Ahead = TimeSpan.FromDays(before);
        await AskAsync(gateway);
        Assert.Equal(1, Board(gateway).CountOpen(AlertEvent.Security));
        _time.Ahead = TimeSpan.FromDays(after);

        await PassAsync(TimeSpan.FromMinutes(14));
        Assert.Equal(1, Board(gateway).CountOpen(AlertEvent.Security));
        await FollowAsync(() => Board(gateway).CountOpen(AlertEvent.Security) == 0, TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("\"model\":\"m-2026-01-01\"", "\"model\":\"another\"", 200, "first wrong_model")]
    [InlineData("\"prompt_tokens\":7", "\"prompt_tokens\":-7", 200, "first absurd_usage")]
    [InlineData(null, "forbidden", 403, "first forbidden")]
    public async Task Anomaly_IsToldOnceAndOverAfterAQuarterOfAnHour(string? usual, string odd, int status, string subject)
    {
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        await using var first = ByteServer.Start(Reply.Json(usual is null ? Error(odd) : Answer("ok").Replace(usual, odd, StringComparison.Ordinal), status));
        await using var second = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("[ { webhook: \"env:HOOK\", events: [anomaly] } ]", hook, Tiers("retries: 0", first.Address, second.Address));
        await AskAsync(gateway);
        await AskAsync(gateway);
        await ToldAsync(gateway, hook, 1);
        var firing = Message(hook.Requests.First());
        Assert.Equal(("anomaly", subject, "warning"), (Text(firing, "event"), Text(firing, "subject"), Text(firing, "severity")));
        Assert.DoesNotContain("another", firing.ToJsonString().Replace("Another", "", StringComparison.Ordinal), StringComparison.Ordinal); // no vendor's words

        await PassAsync(TimeSpan.FromMinutes(14));
        Assert.Single(Board(gateway).Open);
        await FollowAsync(() => hook.Requests.Count == 2, TimeSpan.FromSeconds(5));
        Assert.Equal("resolved", Text(Message(hook.Requests.Last()), "status"));
    }

    [Fact]
    public async Task Anomaly_OfAnAnswerAsItShouldBe_IsNone()
    {
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        await using var first = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("[ { webhook: \"env:HOOK\", events: [anomaly] } ]", hook, Tiers("retries: 0", first.Address, first.Address));
        await AskAsync(gateway);
        await PassAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(Board(gateway).Open);
        Assert.Empty(hook.Requests);
    }

    [Theory]
    [InlineData("first-vendor: { kind: openai-compatible, base_url: \"{0}\", keys: [\"env:NEW\", \"env:OTHER\"] }")]  // another secret in its place
    [InlineData("first-vendor: { kind: openai-compatible, base_url: \"{0}\", keys: [] }")]                            // the nameless key in its place
    [InlineData("second-vendor: { kind: openai-compatible, base_url: \"{0}\" }")]                                     // the provider is gone
    public async Task Quota_TheKeyIsReplacedOrGone_IsOver(string provider)
    {
        var (gateway, vendor) = await FollowAsync("first-vendor: { kind: openai-compatible, base_url: \"{0}\", keys: [\"env:OLD\"] }", Reply.Json(Error("invalid_api_key"), 401));
        await using var one = gateway;
        await using var other = vendor;
        for (var i = 0; i < 3; i++) (await gateway.PostAsync(Question)).Dispose();
        Assert.Equal("first-vendor key 1", Assert.Single(Board(gateway).Open, alert => alert.Event == AlertEvent.Quota).Subject);

        await ApplyAsync(gateway, vendor, provider);
        await FollowAsync(() => Board(gateway).CountOpen(AlertEvent.Quota) == 0, TimeSpan.FromSeconds(1));

        Assert.Equal("It is not held any more: replaced, removed, or taken again.", Assert.Single(Board(gateway).Recent, alert => alert.Event == AlertEvent.Quota).Text);
    }

    [Fact]
    public async Task Quota_TheKeyHasAnotherPlace_IsToldOfThatPlace()
    {
        var (gateway, vendor) = await FollowAsync("first-vendor: { kind: openai-compatible, base_url: \"{0}\", keys: [\"env:OLD\"] }", Reply.Json(Error("invalid_api_key"), 401));
        await using var one = gateway;
        await using var other = vendor;
        for (var i = 0; i < 3; i++) (await gateway.PostAsync(Question)).Dispose();

        await ApplyAsync(gateway, vendor, "first-vendor: { kind: openai-compatible, base_url: \"{0}\", keys: [\"env:NEW\", \"env:OLD\"] }");
        await FollowAsync(() => Board(gateway).Find(AlertEvent.Quota, "first-vendor key 1") is null, TimeSpan.FromSeconds(1)); // longer than it is held: it is out of use until it is accepted

        Assert.Equal("first-vendor key 2", Assert.Single(Board(gateway).Open, alert => alert.Event == AlertEvent.Quota).Subject);
    }

    [Fact]
    public async Task Breaker_TheTargetIsRemoved_IsOver_AndBeginsAnewWhereItIsThereAgain()
    {
        const string Provider = "first-vendor: { kind: openai-compatible, base_url: \"{0}\" }";
        var (gateway, vendor) = await FollowAsync(Provider, Reply.Json(Error("server_error"), 500));
        await using var one = gateway;
        await using var other = vendor;
        for (var i = 0; i < 2; i++) Health(gateway).Record(new AttemptSample("first", FailureClass.ModelGone, null)); // for five minutes
        _ = Health(gateway).View;
        Assert.Equal("first", Assert.Single(Board(gateway).Open).Subject);

        await ApplyAsync(gateway, vendor, Provider, target: "another");
        for (var i = 0; i < 5; i++) Health(gateway).Record(new AttemptSample("first", FailureClass.ServerError, null)); // what still runs there
        await FollowAsync(() => Board(gateway).Open.IsEmpty, TimeSpan.FromSeconds(1));
        Assert.Equal(("first", "It is not configured any more."), (Board(gateway).Recent.Single().Subject, Board(gateway).Recent.Single().Text));

        await ApplyAsync(gateway, vendor, Provider);
        Assert.Equal(("first", AlertSeverity.Critical), (Assert.Single(Board(gateway).Open).Subject, Board(gateway).Open[0].Severity));
    }

    [Fact]
    public async Task Breaker_TargetsThatClientsNamed_AreOneAlertUntilTheLastIsWell()
    {
        await using var gateway = await StartAsync("[ ]", null);
        for (var i = 0; i < 2; i++) Health(gateway).Record(new AttemptSample("first-vendor/x", FailureClass.ModelGone, null)); // for five minutes
        for (var i = 0; i < 5; i++) Health(gateway).Record(new AttemptSample("first-vendor/y", FailureClass.ServerError, null)); // for seconds, and two minutes that nobody asks
        _ = Health(gateway).View;
        Assert.Equal(("pinned", 2), (Assert.Single(Board(gateway).Open).Subject, Board(gateway).Open[0].Count));

        await FollowAsync(() => Health(gateway).View.StandingOf("first-vendor/y") is null, TimeSpan.FromSeconds(1));
        await PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal("pinned", Assert.Single(Board(gateway).Open).Subject);

        await FollowAsync(() => Board(gateway).Open.IsEmpty, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Security_BrokenTls_IsTold()
    {
        await using var hook = ByteServer.Start(Reply.Json("{}"));
        using var plain = new TcpListener(IPAddress.Loopback, 0);
        plain.Start();
        var serving = ServePlainAsync(plain);
        await using var second = ByteServer.Start(Reply.Json(Answer("ok")));
        await using (var gateway = await StartAsync("[ { webhook: \"env:HOOK\", events: [security] } ]", hook, Tiers("retries: 0", $"https://{plain.LocalEndpoint}/v1", second.Address)))
        {
            await AskAsync(gateway);
            await ToldAsync(gateway, hook, 1);
        }

        Assert.StartsWith("No trusted connection can be made", Text(Message(hook.Requests.First()), "text"), StringComparison.Ordinal);
        plain.Stop();
        await serving;
    }

    /// <summary>Answers whatever comes in plain text.</summary>
    private static async Task ServePlainAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync();
                await socket.ReceiveAsync(new byte[4096]);
                await socket.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
            }
        }
        catch (SocketException)
        {
            // The test is over.
        }
        catch (ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static HealthBoard Health(RunningGateway gateway) => gateway.Host.Services.GetRequiredService<HealthBoard>();

    private static AlertBoard Board(RunningGateway gateway) => gateway.Host.Services.GetRequiredService<AlertBoard>();

    private static void Raise(AlertBoard board, string subject) => board.Raise(AlertEvent.Breaker, subject, "open since 12:00", AlertSeverity.Warning);

    private static JsonObject Message(ReceivedRequest request) => JsonNode.Parse(request.Body)!.AsObject();

    private static string Text(JsonNode message, string member) => message[member]!.GetValue<string>();

    private static IEnumerable<string> Subjects(ByteServer hook) => hook.Requests.Select(request => Text(Message(request), "subject"));

    private static async Task AskAsync(RunningGateway gateway)
    {
        using var response = await gateway.PostAsync(Question);
        await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static async Task AssertMetricAsync(RunningGateway gateway, string pattern) =>
        Assert.Matches(pattern.Replace("\\} 2 ", "\\} 2(\\D|$)", StringComparison.Ordinal).Replace("\\} 1 ", "\\} 1(\\D|$)", StringComparison.Ordinal), await gateway.Client.GetStringAsync("metrics"));

    private Task<RunningGateway> StartAsync(string alerts, ByteServer? hook, string? rest = null)
    {
        if (hook is not null) _environment["HOOK"] = hook.Address + "/alerts";
        return RunningGateway.StartAsync($"alerts: {alerts}\n" + (rest ?? Tiers("retries: 0", "http://127.0.0.1:9/v1")), _time, _environment);
    }

    /// <summary>A gateway of a file with one provider and one target, which can be changed.</summary>
    private async Task<(RunningGateway Gateway, ByteServer Vendor)> FollowAsync(string provider, Reply reply)
    {
        var vendor = ByteServer.Start(reply);
        foreach (var name in new[] { "OLD", "NEW", "OTHER" }) _environment[name] = $"vendor-key-{name}-0123456789";
        var path = _folder.File("fairlead.yaml");
        await File.WriteAllTextAsync(path, Yaml(vendor, provider, "first"));
        return (await RunningGateway.FollowAsync(path, _environment, _time), vendor);
    }

    private static async Task ApplyAsync(RunningGateway gateway, ByteServer vendor, string provider, string target = "first")
    {
        var applied = await gateway.Host.Services.GetRequiredService<SnapshotSource>().ApplyAsync(Yaml(vendor, provider, target), new AuditEntry(AuditActions.ConfigurationApply, "admin", ""), null, CancellationToken.None);
        Assert.True(applied is ApplyOutcome.Applied { IsChange: true }, applied.ToString());
    }

    private static string Yaml(ByteServer vendor, string provider, string target) => $$"""
        listen: "http://127.0.0.1:0"
        store: { ledger: ":memory:" }
        defaults: { retries: 0, {{Patient}} }
        providers: { {{provider.Replace("{0}", vendor.Address, StringComparison.Ordinal)}} }
        targets: { {{target}}: { provider: {{provider[..provider.IndexOf(':', StringComparison.Ordinal)]}}, model: n, price: { input: 1, output: 2 } } }
        aliases: { m: auto }
        routes: [ { name: default, tiers: [ { use: [{{target}}] } ] } ]
        """;

    private void AssertSigned(ReceivedRequest request)
    {
        var timestamp = request.Headers["x-fairlead-timestamp"];
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds(long.Parse(timestamp, CultureInfo.InvariantCulture)), _time.GetUtcNow() - TimeSpan.FromSeconds(10), _time.GetUtcNow());
        byte[] signed = [.. Encoding.ASCII.GetBytes(timestamp + "."), .. request.Body];
        Assert.Equal("sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), signed)), request.Headers["x-fairlead-signature"]);
    }

    /// <summary>Waits until a sink has been told so often, and the gateway has heard that it was taken: a clock that is moved before runs past the post's time.</summary>
    private Task ToldAsync(RunningGateway gateway, ByteServer hook, int times) =>
        FollowAsync(() => hook.Requests.Count == times && gateway.Host.Services.GetRequiredService<AlertSender>().Channels.All(channel => channel.Waiting == 0));

    /// <summary>Lets time pass in steps, with room for what other threads do in between.</summary>
    private async Task PassAsync(TimeSpan span)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += TimeSpan.FromSeconds(5))
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }
    }

    /// <summary>Waits for what other threads do, and lets time pass meanwhile where it is told to.</summary>
    private async Task FollowAsync(Func<bool> isSo, TimeSpan step = default)
    {
        for (var tries = 0; !isSo(); tries++)
        {
            Assert.True(tries < 3000, "It never came to be.");
            if (step > TimeSpan.Zero) _time.Advance(step);
            await Task.Delay(10);
        }
    }
}
