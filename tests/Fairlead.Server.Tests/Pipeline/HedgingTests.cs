using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Explaining;
using Fairlead.Server.Tests.Admin;
using Fairlead.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>A second send beside one that takes long, on the wire: the first that answers wins, the other is cut off, both are accounted.</summary>
public sealed class HedgingTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FirstTakesLong_TheSecondAnswers_AndTheFirstIsCutOff(bool isStream)
    {
        await using var slow = ByteServer.Start(Silent());
        await using var fast = ByteServer.Start(_ => isStream ? Saying("fast") : Reply.Json(Answer("fast")));
        await using var gateway = await StartAsync("hedge: { after: 800ms, at_most: 100% }", slow.Address, fast.Address);

        using var response = await AskAsync(gateway, isStream ? StreamQuestion : Question);
        var text = await response.Content.ReadAsStringAsync();
        var record = await RecordAsync(gateway, response);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("fast", text, StringComparison.Ordinal);
        Assert.Equal(("second", "2"), (Header(response, "x-fairlead-target"), Header(response, "x-fairlead-attempts")));
        Assert.Equal(["hedge_lost", "answered"], Failures(record));
        Assert.EndsWith("; first: slower than the second call.", Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        AssertDerived(record);
        Assert.Equal("second", record["target"]!.GetValue<string>());
        await slow.Requests.Single().PeerClosed.WaitAsync(TimeSpan.FromSeconds(30));
        // What the first may have cost is an estimate, never nothing.
        Assert.Equal("estimated", record["attempts"]![0]!["usage"]!["source"]!.GetValue<string>());
        Assert.Contains("fairlead_hedges_total{otel_scope_name=\"Fairlead\",fairlead_route=\"default\",won=\"true\"} 1", await gateway.Client.GetStringAsync("metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FirstAnswersAfterAll_TheSecondIsCutOff()
    {
        var mayAnswer = new TaskCompletionSource();
        await using var slow = ByteServer.Start(Reply.Json(Answer("slow")) with { Before = _ => mayAnswer.Task });
        await using var silent = ByteServer.Start(_ =>
        {
            mayAnswer.TrySetResult(); // the first answers once the second was asked
            return Silent();
        });
        await using var gateway = await StartAsync("hedge: { after: 800ms, at_most: 100% }", slow.Address, silent.Address);

        using var response = await AskAsync(gateway, Question);
        var record = await RecordAsync(gateway, response);

        Assert.Contains("slow", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(("first", "2"), (Header(response, "x-fairlead-target"), Header(response, "x-fairlead-attempts")));
        Assert.Equal(["answered", "hedge_lost"], Failures(record));
        Assert.EndsWith("; a second call to second was slower.", Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        AssertDerived(record);
        await silent.Requests.Single().PeerClosed.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("won=\"false\"} 1", await gateway.Client.GetStringAsync("metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FirstFailsMeanwhile_TheSecondAnswers()
    {
        var mayFail = new TaskCompletionSource();
        var mayAnswer = new TaskCompletionSource();
        await using var failing = ByteServer.Start(Reply.Json(Error("server_is_overloaded"), 503) with { Before = _ => mayFail.Task });
        await using var second = ByteServer.Start(_ =>
        {
            mayFail.TrySetResult();
            return Reply.Json(Answer("second")) with { Before = _ => mayAnswer.Task };
        });
        await using var gateway = await StartAsync("hedge: { after: 800ms, at_most: 100% }", failing.Address, second.Address);

        var asking = gateway.PostAsync(Question);
        await _time.TurnUntilAsync(Eventually(() => gateway.Log.Text.Contains("failed: overloaded", StringComparison.Ordinal)), TimeSpan.FromMilliseconds(50));
        mayAnswer.SetResult();
        using var response = await asking;

        Assert.Equal("second", Header(response, "x-fairlead-target"));
        Assert.Equal(["overloaded", "answered"], Failures(await RecordAsync(gateway, response)));
        Assert.Contains("first: overloaded", Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswersInTime_NothingIsSentTwice()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await StartAsync("hedge: { after: 800ms, at_most: 100% }", first.Address, second.Address);

        for (var i = 0; i < 5; i++) (await AskAsync(gateway, Question)).Dispose();

        Assert.Equal((5, 0), (first.Requests.Count, second.Requests.Count));
    }

    [Theory]
    [InlineData("hedge: { after: 800ms, at_most: 100% }", """{"model":"m","store":true,"messages":[{"role":"user","content":"Hello"}]}""")] // it leaves something behind
    [InlineData("hedge: none", Question)]
    [InlineData("hedge: { after: p98, at_most: 100% }", Question)] // of which nothing is known yet
    [InlineData("hedge: { after: 800ms, at_most: 3% }", Question)] // the first of a hundred is not the third
    public async Task MayNotBeSentTwice_IsNot(string hedge, string question)
    {
        await using var slow = ByteServer.Start(Silent());
        await using var fast = ByteServer.Start(Reply.Json(Answer("fast")));
        await using var gateway = await StartAsync(hedge + ", timeouts: { deadline: 5s }", slow.Address, fast.Address);

        using var response = await AskAsync(gateway, question);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Empty(fast.Requests);
    }

    [Fact]
    public async Task OneTargetAlone_IsAskedTwice()
    {
        var asked = 0;
        await using var vendor = ByteServer.Start(_ => Interlocked.Increment(ref asked) == 1 ? Silent() : Reply.Json(Answer("again")));
        await using var gateway = await StartAsync("hedge: { after: 800ms, at_most: 100% }", vendor.Address);

        using var response = await AskAsync(gateway, Question);

        Assert.Contains("again", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(["hedge_lost", "answered"], Failures(await RecordAsync(gateway, response)));
    }

    [Fact]
    public async Task HeldBackTarget_IsNoSecond()
    {
        await using var slow = ByteServer.Start(Silent());
        await using var fast = ByteServer.Start(Reply.Json(Answer("fast")));
        await using var gateway = await StartAsync("hedge: { after: 800ms, at_most: 100% }, timeouts: { deadline: 5s }", slow.Address, fast.Address);
        await gateway.SetBreakerAsync("second", "open");

        using var response = await AskAsync(gateway, Question);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Empty(fast.Requests);
        Assert.Equal(2, slow.Requests.Count); // the same target, which is alone then
    }

    /// <summary>Whatever the budget is of: the caller, the route, where the second send would go.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("scope: { route: default }, ")]
    [InlineData("scope: { provider: second-vendor }, ")]
    [InlineData("scope: { target: second }, ")]
    public async Task BudgetNearItsEnd_NothingIsSentTwice(string scope)
    {
        var asked = 0;
        var isOfSecond = scope.Contains("second", StringComparison.Ordinal);
        var dear = Answer("dear").Replace("\"completion_tokens\":3", "\"completion_tokens\":1000", StringComparison.Ordinal);
        await using var slow = ByteServer.Start(_ => Interlocked.Increment(ref asked) > 1 ? Silent() : isOfSecond ? Reply.Json(Error("server_is_overloaded"), 503) : Reply.Json(dear));
        await using var fast = ByteServer.Start(Reply.Json(dear));
        await using var gateway = await StartAsync("hedge: { after: 800ms, at_most: 100% }, timeouts: { deadline: 5s }", [slow.Address, fast.Address], $"budgets: [ {{ name: all, {scope}limit: $0.0025, per: day }} ]");
        const string question = """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}""";

        (await AskAsync(gateway, question)).Dispose(); // four fifths of it
        using var response = await AskAsync(gateway, question);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal(isOfSecond ? 1 : 0, fast.Requests.Count);
    }

    /// <summary>A send that had no connection yet has cost nothing.</summary>
    [Fact]
    public async Task LoserWithoutAConnection_IsNotCharged()
    {
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var waiting = new Sockets(8, (IPEndPoint)full.LocalEndPoint!); // nobody takes them, and there is no room for one more
        await using var fast = ByteServer.Start(Reply.Json(Answer("fast")));
        await using var gateway = await StartAsync("hedge: { after: 800ms, at_most: 100% }", $"http://{full.LocalEndPoint}/v1", fast.Address);

        using var response = await AskAsync(gateway, Question);
        var record = await RecordAsync(gateway, response);

        Assert.Equal(["hedge_lost", "answered"], Failures(record));
        Assert.True(record["attempts"]![0]!["usage"] is null, record["attempts"]![0]!.ToJsonString());
        Assert.Equal(record["attempts"]![1]!["cost_usd"]!.ToString(), record["cost_usd"]!.ToString());
    }

    [Fact]
    public async Task ClientLeavesWhileTwoRun_BothAreCutOff()
    {
        await using var one = ByteServer.Start(Silent());
        await using var other = ByteServer.Start(Silent());
        await using var gateway = await StartAsync("hedge: { after: 800ms, at_most: 100% }", one.Address, other.Address);
        using var leaving = new CancellationTokenSource();

        var asking = gateway.Client.PostAsync("v1/chat/completions", new StringContent(Question, System.Text.Encoding.UTF8, "application/json"), leaving.Token);
        await _time.TurnUntilAsync(Eventually(() => !other.Requests.IsEmpty), TimeSpan.FromMilliseconds(50));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);

        await Task.WhenAll(one.Requests.Single().PeerClosed, other.Requests.Single().PeerClosed).WaitAsync(TimeSpan.FromSeconds(30));
        await Eventually(() => gateway.Host.InFlight == 0);
        Assert.Equal(0, (await gateway.TargetAsync("first"))["load"]!["running"]!.GetValue<int>());
        Assert.Equal(0, (await gateway.TargetAsync("second"))["load"]!["running"]!.GetValue<int>());
    }

    /// <summary>Connections that are begun and not waited for.</summary>
    private sealed class Sockets : IDisposable
    {
        private readonly Socket[] _all;

        public Sockets(int count, IPEndPoint to)
        {
            _all = [.. Enumerable.Range(0, count).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false })];
            foreach (var socket in _all)
            {
                try
                {
                    socket.Connect(to);
                }
                catch (SocketException)
                {
                    // It is under way.
                }
            }
        }

        public void Dispose()
        {
            foreach (var socket in _all) socket.Dispose();
        }
    }

    private static Reply Silent() => Reply.Json("") with { Before = _ => Task.Delay(Timeout.Infinite), End = ReplyEnd.Hang };

    private static async Task Eventually(Func<bool> isSo)
    {
        for (var tries = 0; tries < 2000 && !isSo(); tries++) await Task.Delay(5);
        Assert.True(isSo());
    }

    private async Task<HttpResponseMessage> AskAsync(RunningGateway gateway, string question)
    {
        var asking = gateway.PostAsync(question);
        await _time.TurnUntilAsync(asking, TimeSpan.FromMilliseconds(50));
        return await asking;
    }

    private Task<RunningGateway> StartAsync(string hedge, params string[] addresses) => StartAsync(hedge, addresses, "");

    /// <summary>One tier over all vendors.</summary>
    private Task<RunningGateway> StartAsync(string settings, string[] addresses, string more)
    {
        var names = new[] { "first", "second", "third" };
        return RunningGateway.StartJudgedAsync(
            string.Join('\n', [
                "providers:", .. addresses.Select((address, i) => $"  {names[i]}-vendor: {{ kind: openai-compatible, base_url: \"{address}\" }}"),
                "targets:", .. addresses.Select((_, i) => $"  {names[i]}: {{ provider: {names[i]}-vendor, model: m, price: {{ input: 1, output: 2 }} }}"),
                "aliases: { m: auto }",
                $"defaults: {{ retries: 0, {Patient} }}",
                $"routes: [ {{ name: default, {settings}, tiers: [ {{ use: [{string.Join(", ", names.Take(addresses.Length))}] }} ] }} ]",
                more,
            ]),
            _time);
    }

    private static void AssertDerived(JsonObject record) => Assert.Equal(record["sentence"]!.GetValue<string>(), DerivedSentence.Of(JsonDocument.Parse(record.ToJsonString()).RootElement));

    private static IEnumerable<string> Failures(JsonObject record) => record["attempts"]!.AsArray().Select(attempt => attempt!["outcome"]!.GetValue<string>());
}
