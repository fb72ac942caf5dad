using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Explaining;
using Fairlead.Server.Tests.Admin;
using Fairlead.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>What a client sees of a vendor's failure before anything has reached it: nothing but the sentence.</summary>
public sealed class FailoverTests
{
    /// <summary>Failure of the first vendor → its class, and how often it is sent to (no retries configured).</summary>
    public static TheoryData<string, string> Failures => new()
    {
        { "500", "server_error" },
        { "502-html", "server_error" },
        { "503", "overloaded" },
        { "529", "overloaded" },
        { "429", "rate_limited" },
        { "429-quota", "quota_exhausted" },
        { "402", "quota_exhausted" },
        { "401", "credentials_invalid" },
        { "403", "forbidden" },
        { "404", "model_gone" },
        { "408", "timeout" },
        { "302", "hostile_response" },
        { "204", "malformed_response" },
        { "html-200", "malformed_response" },
        { "cut-json", "malformed_response" },
        { "no-choices", "malformed_response" },
        { "error-200", "server_error" },
        { "short-body", "truncated" },
        { "reset", "connection_reset" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task JsonAnswer_FirstVendorFails_SecondAnswers(string failure, string expectedClass)
    {
        await using var first = ByteServer.Start(Failing(failure));
        await using var second = ByteServer.Start(Reply.Json(Answer("from the second")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address));

        using var response = await gateway.PostAsync(Question);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Answer("from the second"), await response.Content.ReadAsStringAsync());
        Assert.Equal("second", Header(response, "x-fairlead-target"));
        Assert.Equal("tier-second", Header(response, "x-fairlead-tier"));
        Assert.Equal("2", Header(response, "x-fairlead-attempts"));
        Assert.StartsWith("Sent to second at second-vendor because ", Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        Assert.Contains("; first: " + expectedClass, Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        Assert.Single(first.Requests);
        Assert.Single(second.Requests);
        var record = await RecordAsync(gateway, response);
        Assert.Equal([expectedClass, "answered"], record["attempts"]!.AsArray().Select(attempt => attempt!["outcome"]!.GetValue<string>()));
    }

    /// <summary>The status says what it is, though its body breaks off.</summary>
    [Theory]
    [InlineData(429, "rate_limited", 429, "20")]
    [InlineData(401, "credentials_invalid", 503, "20")]
    [InlineData(400, "bad_request", 400, "")]
    [InlineData(503, "overloaded", 503, "20")]
    public async Task ErrorWhoseBodyBreaksOff_IsWhatItsStatusSays(int status, string expectedClass, int told, string retryAfter)
    {
        var begun = Encoding.UTF8.GetBytes("""{"error":{"message":"x","type":"t","code":""");
        await using var vendor = ByteServer.Start(new Reply(status, "application/json", [begun]) { HasLength = false, End = ReplyEnd.Close, Headers = [("Retry-After", "20")] });
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address));

        using var response = await gateway.PostAsync(Question);

        Assert.Equal((told, retryAfter), ((int)response.StatusCode, Header(response, "Retry-After")));
        Assert.Equal(expectedClass, (await RecordAsync(gateway, response))["attempts"]![0]!["outcome"]!.GetValue<string>());
    }

    [Fact]
    public async Task ErrorWhoseBodyDoesNotEnd_IsNotWaitedFor()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero));
        await using var first = ByteServer.Start(new Reply(429, "application/json", ["{"u8.ToArray()]) { HasLength = false, End = ReplyEnd.Hang, Headers = [("Retry-After", "20")] });
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address), time);
        var began = time.GetUtcNow();

        var asking = gateway.PostAsync(Question);
        await time.TurnUntilAsync(asking, TimeSpan.FromMilliseconds(100));
        using var response = await asking;

        Assert.Equal("second", Header(response, "x-fairlead-target"));
        Assert.Equal(["rate_limited", "answered"], (await RecordAsync(gateway, response))["attempts"]!.AsArray().Select(attempt => attempt!["outcome"]!.GetValue<string>()));
        Assert.InRange(time.GetUtcNow() - began, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10));
    }

    /// <summary>What leaves something behind is sent again only where nothing was processed: an answer that had begun shows that it was.</summary>
    [Theory]
    [InlineData("rate_limit_exceeded")]
    [InlineData("invalid_api_key")]
    [InlineData("model_not_found")]
    public async Task ErrorWithinAnAnswer_OfARequestThatLeavesSomethingBehind_IsNotSentAgain(string code)
    {
        await using var first = ByteServer.Start(Reply.Stream(Role, $$$"""data: {"error":{"message":"x","type":"t","param":null,"code":"{{{code}}}"}}""" + "\n\n"));
        await using var second = ByteServer.Start(Saying("again"));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address));

        using var stored = await gateway.PostAsync("""{"model":"m","store":true,"stream":true,"messages":[{"role":"user","content":"Hello"}]}""");
        Assert.Empty(second.Requests);
        gateway.Forgive();
        using var plain = await gateway.PostAsync(StreamQuestion);
        Assert.Single(second.Requests);
    }

    /// <summary>What alone is more than the vendor allows in a minute: whoever asks for it takes the key from nobody, and another target may carry it.</summary>
    [Fact]
    public async Task RequestTooLargeForALimit_IsTriedElsewhere_AndHoldsNoKey()
    {
        const string tooLarge = "Request too large for m in organization org-1 on tokens per min (TPM): Limit 200000, Requested 500012. The input or output tokens must be reduced in order to run successfully.";
        await using var first = ByteServer.Start(request => request.Text.Contains("500000", StringComparison.Ordinal) ? Reply.Json(Error("rate_limit_exceeded", tooLarge), 429) : Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address));
        for (var i = 0; i < 6; i++)
        {
            using var large = await gateway.PostAsync("""{"model":"m","max_tokens":500000,"messages":[{"role":"user","content":"Hello"}]}""");
            Assert.Equal("second", Header(large, "x-fairlead-target"));

            using var small = await gateway.PostAsync(Question);
            Assert.Equal(("first", "1"), (Header(small, "x-fairlead-target"), Header(small, "x-fairlead-attempts")));
        }
    }

    [Fact]
    public async Task RateLimited_OfARouteThatRetriesIt_IsNotTriedBeforeTheVendorsTime()
    {
        await using var first = ByteServer.Start(Reply.Json(Error("rate_limit_exceeded"), 429) with { Headers = [("Retry-After", "30")] });
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 2, failures: { rate_limited: retry }", first.Address));

        using var response = await gateway.PostAsync(Question);

        Assert.Equal((429, "30"), ((int)response.StatusCode, Header(response, "Retry-After")));
        Assert.Single(first.Requests);
    }

    /// <summary>The client is to hear it: nor is it waited for, though it ends soon.</summary>
    [Fact]
    public async Task RateLimited_OfARouteThatSurfacesIt_IsNotWaitedFor()
    {
        await using var first = ByteServer.Start(Reply.Json(Error("rate_limit_exceeded"), 429) with { Headers = [("retry-after-ms", "300")] });
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 2, failures: { rate_limited: surface }", first.Address, second.Address));

        using var response = await gateway.PostAsync(Question);

        Assert.Equal((429, "1"), ((int)response.StatusCode, Header(response, "x-fairlead-attempts")));
        Assert.EndsWith("route default has nothing else tried after rate_limited; first: rate_limited (rate_limit_exceeded).", Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        Assert.Equal((1, 0), (first.Requests.Count, second.Requests.Count));
    }

    /// <summary>Between two sends: nothing more is sent, nothing that was not sent is counted, and the route is not to blame.</summary>
    [Fact]
    public async Task ClientLeavesWhileALimitIsWaitedFor_NothingMoreIsSent()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero));
        await using var first = ByteServer.Start(Reply.Json(Error("rate_limit_exceeded"), 429) with { Headers = [("retry-after-ms", "900")] });
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address), time);
        using var leaving = new CancellationTokenSource();
        using var asked = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(Question, Encoding.UTF8, "application/json") };

        var asking = gateway.Client.SendAsync(asked, leaving.Token);
        await Eventually(() => gateway.Log.Text.Contains("failed: rate_limited", StringComparison.Ordinal));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await Eventually(() => gateway.Host.InFlight == 0);

        Assert.Single(first.Requests);
        var id = Regex.Match(gateway.Log.Text, "req_[0-9A-Za-z]+").Value;
        var record = JsonNode.Parse(await gateway.Client.GetStringAsync("v1/requests/" + id))!.AsObject();
        Assert.Equal(("client_gone", "rate_limited"), (record["state"]!.GetValue<string>(), Assert.Single(record["attempts"]!.AsArray())!["outcome"]!.GetValue<string>()));
        Assert.Equal("Not answered because m is an alias and the client left before route default had an answer; first: rate_limited (rate_limit_exceeded).", record["sentence"]!.GetValue<string>());
        Assert.Equal(record["sentence"]!.GetValue<string>(), DerivedSentence.Of(JsonDocument.Parse(record.ToJsonString()).RootElement));
    }

    /// <summary>What is tried, how it fails, and what the sentence says from its last "because" on.</summary>
    [Theory]
    [InlineData("retries: 1", Question, "A fails once", "route default lists it first in tier first; first: server_error (server_error) at first.")]
    [InlineData("retries: 1", Question, "A fails", "route default has nothing left that could answer; first: server_error (server_error) at first; first: server_error (server_error) again.")]
    [InlineData("retries: 0, after", Question, "A fails", "route default has nothing else tried after server_error; first: server_error (server_error).")]
    [InlineData("retries: 0", """{"model":"m","store":true,"messages":[{"role":"user","content":"Hello"}]}""", "A fails", "a request that may leave something behind at its vendor is not sent a second time; first: server_error (server_error).")]
    public async Task Sentence_OfWhatIsTriedAgain_OrNot(string settings, string question, string how, string sentence)
    {
        var asked = 0;
        await using var first = ByteServer.Start(_ => Interlocked.Increment(ref asked) > 1 && how == "A fails once" ? Reply.Json(Answer("ok")) : Reply.Json(Error("server_error"), 500));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        var isClosed = settings.Contains("after", StringComparison.Ordinal);
        await using var gateway = await RunningGateway.StartJudgedAsync($$"""
            providers:
              first-vendor: { kind: openai-compatible, base_url: "{{first.Address}}" }
              second-vendor: { kind: openai-compatible, base_url: "{{second.Address}}" }
            targets:
              first: { provider: first-vendor, model: m, price: { input: 1, output: 2 } }
              second: { provider: second-vendor, model: m, price: { input: 1, output: 2 } }
            aliases: { m: auto }
            defaults: { {{settings.Replace(", after", "", StringComparison.Ordinal)}}, {{Patient}} }
            routes: [ { name: default, tiers: [ { name: first, use: [first] }{{(isClosed || question != Question ? ", { use: [second]" + (isClosed ? ", after: [timeout]" : "") + " }" : "")}} ] } ]
            """);

        using var response = await gateway.PostAsync(question);
        var record = await RecordAsync(gateway, response);

        Assert.EndsWith(sentence.Replace(" in tier first", "", StringComparison.Ordinal), Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        Assert.Equal(Header(response, "x-fairlead-reason"), record["sentence"]!.GetValue<string>());
        Assert.Equal(record["sentence"]!.GetValue<string>(), DerivedSentence.Of(JsonDocument.Parse(record.ToJsonString()).RootElement));
        Assert.Empty(second.Requests);
    }

    /// <summary>What the first says is no reason to ask it again, once another has processed the request.</summary>
    [Fact]
    public async Task LimitWithinAnAnswer_OfARequestThatLeavesSomethingBehind_IsNotWaitedFor()
    {
        await using var first = ByteServer.Start(Reply.Json(Error("rate_limit_exceeded"), 429) with { Headers = [("retry-after-ms", "300")] });
        await using var second = ByteServer.Start(Reply.Json(Error("rate_limit_exceeded")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address));

        using var response = await gateway.PostAsync("""{"model":"m","store":true,"messages":[{"role":"user","content":"Hello"}]}""");

        Assert.Equal((429, 1, 1), ((int)response.StatusCode, first.Requests.Count, second.Requests.Count));
    }

    /// <summary>The sentence and what is derived from the record; a tier that what failed last opens is none that was kept out.</summary>
    [Theory]
    [InlineData("context_length_exceeded", "timeout", "has nothing else tried after context_length_exceeded; first: context_length_exceeded (context_length_exceeded).")]
    [InlineData("server_error", "rate_limited", "has nothing left that could answer; first: server_error (server_error); third: rate_limited (rate_limit_exceeded).")]
    public async Task Sentence_OfTiersThatAreKeptOut_IsDerivedAgain(string code, string after, string sentence)
    {
        await using var first = ByteServer.Start(Reply.Json(Error(code), code == "server_error" ? 500 : 400));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var third = ByteServer.Start(Reply.Json(Error("rate_limit_exceeded"), 429));
        await using var gateway = await RunningGateway.StartJudgedAsync($$"""
            providers:
              first-vendor: { kind: openai-compatible, base_url: "{{first.Address}}" }
              second-vendor: { kind: openai-compatible, base_url: "{{second.Address}}" }
              third-vendor: { kind: openai-compatible, base_url: "{{third.Address}}" }
            targets:
              first: { provider: first-vendor, model: m, price: { input: 1, output: 2 } }
              second: { provider: second-vendor, model: m, price: { input: 1, output: 2 } }
              third: { provider: third-vendor, model: m, price: { input: 1, output: 2 } }
            aliases: { m: auto }
            defaults: { retries: 0, {{Patient}} }
            routes: [ { name: default, failures: { context_length_exceeded: next_target }, tiers: [ { use: [first] }, { use: [second], after: [{{after}}] }{{(code == "server_error" ? ", { use: [third] }" : "")}} ] } ]
            """);

        using var response = await gateway.PostAsync(Question);
        var record = await RecordAsync(gateway, response);

        Assert.EndsWith(sentence, Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        Assert.Equal(Header(response, "x-fairlead-reason"), DerivedSentence.Of(JsonDocument.Parse(record.ToJsonString()).RootElement));
        Assert.Empty(second.Requests);
    }

    [Fact]
    public async Task Sentence_OfAClientThatLeftWithinItsAnswer_IsOfTheAnswer()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address));
        using var response = await gateway.PostAsync(Question);
        var record = await RecordAsync(gateway, response);
        record["state"] = "client_gone";
        record["attempts"]![0]!["outcome"] = "stalled";
        record["attempts"]![0]!["first_token_ms"] = 5;

        Assert.StartsWith("Sent to first at first-vendor because ", DerivedSentence.Of(JsonDocument.Parse(record.ToJsonString()).RootElement), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NothingIsSent_BecauseAVendorAskedForAPause_TheClientHearsItsEnd()
    {
        await using var first = ByteServer.Start(Reply.Json(Error("server_is_overloaded"), 503) with { Headers = [("Retry-After", "25")] });
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address));
        (await gateway.PostAsync(Question)).Dispose();

        using var response = await gateway.PostAsync(Question);

        Assert.Single(first.Requests);
        Assert.Equal((503, "0", ""), ((int)response.StatusCode, Header(response, "x-fairlead-attempts"), Header(response, "x-should-retry")));
        Assert.Equal("upstream_overloaded", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>());
        Assert.InRange(int.Parse(Header(response, "Retry-After"), CultureInfo.InvariantCulture), 20, 25);
    }

    /// <summary>An SDK that waits for as long as it is told must not hang for an hour.</summary>
    [Theory]
    [InlineData("insufficient_quota", 429, "", 503, "3600", "false")]
    [InlineData("rate_limit_exceeded", 429, "30", 429, "31", "")]
    [InlineData("rate_limit_exceeded", 429, "600", 429, "601", "false")]
    public async Task NothingIsSent_BecauseOfALimit_TheClientMayAskAgainWhereItEndsSoon(string code, int status, string hint, int told, string retryAfter, string shouldRetry)
    {
        await using var first = ByteServer.Start(Reply.Json(Error(code), status) with { Headers = hint.Length == 0 ? [] : [("Retry-After", hint)] });
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address));
        (await gateway.PostAsync(Question)).Dispose();

        using var response = await gateway.PostAsync(Question);

        Assert.Single(first.Requests);
        Assert.Equal((told, "0", shouldRetry), ((int)response.StatusCode, Header(response, "x-fairlead-attempts"), Header(response, "x-should-retry")));
        Assert.InRange(int.Parse(Header(response, "Retry-After"), CultureInfo.InvariantCulture), int.Parse(retryAfter, CultureInfo.InvariantCulture) - 2, int.Parse(retryAfter, CultureInfo.InvariantCulture) + 1);
    }

    [Theory]
    [InlineData("open")]
    [InlineData("cost")]
    public async Task HeldBack_WithoutAnOutage_IsNotToldAsOne(string why)
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await RunningGateway.StartJudgedAsync($$"""
            providers: { first-vendor: { kind: openai-compatible, base_url: "{{first.Address}}" } }
            targets: { first: { provider: first-vendor, model: m, price: { input: 1, output: 2 }, breaker: { cost_per_minute: $0.000001 } } }
            aliases: { m: auto }
            routes: [ { name: default, tiers: [ { use: [first] } ] } ]
            """);
        if (why == "open") await gateway.SetBreakerAsync("first", "open");
        else (await gateway.PostAsync(Question)).Dispose();

        using var response = await gateway.PostAsync(Question);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;

        Assert.Equal((503, "Nothing is sent to the targets of this request at the moment."), ((int)response.StatusCode, error["message"]!.GetValue<string>()));
        Assert.Equal("false", Header(response, "x-should-retry"));
        if (why == "cost") Assert.InRange(int.Parse(Header(response, "Retry-After"), CultureInfo.InvariantCulture), 55, 75);
    }

    public static TheoryData<string, string> StreamFailures => new()
    {
        { "503", "overloaded" },
        { "no-stream", "malformed_response" },
        { "html-200", "malformed_response" },
        { "error-event", "server_error" },
        { "named-error-event", "overloaded" },
        { "role-then-end", "truncated" },
        { "comments-then-end", "truncated" },
        { "broken-event", "malformed_response" },
        { "reset", "connection_reset" },
    };

    [Theory]
    [MemberData(nameof(StreamFailures))]
    public async Task Stream_FirstVendorFailsBeforeContent_SecondAnswers(string failure, string expectedClass)
    {
        await using var first = ByteServer.Start(Failing(failure));
        await using var second = ByteServer.Start(Saying("A", "B"));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address));

        using var response = await gateway.PostAsync(StreamQuestion);
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith(Role + Token("A") + Token("B") + Finish + Done + ": fairlead {", text, StringComparison.Ordinal);
        Assert.Equal("second", Header(response, "x-fairlead-target"));
        Assert.Contains("; first: " + expectedClass, Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoKeyHasAValue_TheClientIsToldThatNothingMayBeTried()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await RunningGateway.StartJudgedAsync($$"""
            providers: { p: { kind: openai-compatible, base_url: "{{vendor.Address}}", keys: ["env:FAIRLEAD_TEST_NO_SUCH_KEY"] } }
            targets: { t: { provider: p, model: m } }
            aliases: { m: auto }
            routes: [ { name: default, tiers: [ { use: [t] } ] } ]
            """);

        using var response = await gateway.PostAsync(Question);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("provider_credentials_invalid", error["code"]!.GetValue<string>());
        Assert.Equal("No target may be tried: the gateway has no credentials for their providers.", error["message"]!.GetValue<string>());
        Assert.Equal("false", Header(response, "x-should-retry"));
        Assert.Empty(vendor.Requests);
    }

    [Fact]
    public async Task VendorsIdOfAnError_IsRecorded_AndBounded()
    {
        await using var first = ByteServer.Start(Reply.Json(Error("server_is_overloaded"), 503) with { Headers = [("x-request-id", "req_" + new string('x', 20_000))] });
        await using var second = ByteServer.Start(Reply.Json(Answer("here")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address));

        using var response = await gateway.PostAsync(Question);

        Assert.Equal("req_" + new string('x', 124), (await RecordAsync(gateway, response))["attempts"]![0]!["upstream_id"]!.GetValue<string>());
    }

    /// <summary>What is not there may be something that the client named: it hears what.</summary>
    [Theory]
    [InlineData("No such File object: file-1", "No such File object: file-1")]
    [InlineData("The model m does not exist", "The provider does not have the model.")]
    public async Task NotFound_OfWhatTheRequestNames_ToldInTheVendorsWords(string message, string told)
    {
        await using var first = ByteServer.Start(Reply.Json($$$"""{"error":{"message":"{{{message}}}","type":"invalid_request_error"}}""", 404));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address));

        using var response = await gateway.PostAsync(Question);

        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal((404, "model_not_found", told), ((int)response.StatusCode, error["code"]!.GetValue<string>(), error["message"]!.GetValue<string>()));
    }

    /// <summary>Who goes away while the connection is made secure is not there; who speaks no TLS is not who it should be.</summary>
    [Theory]
    [InlineData("goes away", "first: connect_failed (broke off before it was secure)", "connect_failed")]
    [InlineData("resets", "first: connect_failed (broke off before it was secure)", "connect_failed")]
    [InlineData("speaks HTTP", "first: tls_failed", "tls_failed")]
    public async Task Handshake_Fails_IsNoSecurityFaultUnlessTheOtherSideIsAnother(string how, string reason, string outcome)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var socket = await listener.AcceptSocketAsync();
            var hello = await socket.ReceiveAsync(new byte[4096]);
            Assert.True(hello > 0);
            if (how == "resets") socket.LingerState = new LingerOption(true, 0);
            if (how == "speaks HTTP") await socket.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        });
        await using var second = ByteServer.Start(Reply.Json(Answer("here")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", $"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1", second.Address));

        using var response = await gateway.PostAsync(Question);
        await serving;

        Assert.Equal("second", Header(response, "x-fairlead-target"));
        Assert.Contains(reason, Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        Assert.Equal(outcome, (await RecordAsync(gateway, response))["attempts"]![0]!["outcome"]!.GetValue<string>());
        Assert.Equal(outcome == "tls_failed" ? 1 : 0, (await gateway.AdminAsync("alerts"))["open"]!.AsArray().Count(alert => alert!["event"]!.GetValue<string>() == "security"));
    }

    [Fact]
    public async Task Connect_Refused_SecondAnswers()
    {
        await using var second = ByteServer.Start(Reply.Json(Answer("here")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", "http://127.0.0.1:9/v1", second.Address));

        using var response = await gateway.PostAsync(Question);

        Assert.Equal("second", Header(response, "x-fairlead-target"));
        Assert.Contains("; first: connect_failed (connection refused)", Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("invalid_parameter", "invalid_parameter")]
    [InlineData("context_length_exceeded", "context_length_exceeded")]
    [InlineData("content_policy_violation", "policy_rejected")]
    public async Task ClientsOwnFault_IsNotTriedElsewhere(string vendorsCode, string code)
    {
        await using var first = ByteServer.Start(Reply.Json(Error(vendorsCode, "The member temperature is wrong, see https://vendor.example/docs."), 400));
        await using var second = ByteServer.Start(Reply.Json(Answer("never")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 1", first.Address, second.Address));

        using var response = await gateway.PostAsync(Question);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(code, error["code"]!.GetValue<string>());
        Assert.Equal("The member temperature is wrong, see [address]", error["message"]!.GetValue<string>().TrimEnd('.'));
        Assert.Empty(second.Requests);
        Assert.False(response.Headers.Contains("x-should-retry"));
        Assert.StartsWith("Not answered because the request itself was refused, which no other target would change; first: ", Header(response, "x-fairlead-reason").Replace("m is an alias and ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EverythingFails_ClientHearsOneError()
    {
        await using var first = ByteServer.Start(new Reply(429, "application/json", [Encoding.UTF8.GetBytes(Error("rate_limit_exceeded"))]) { Headers = [("retry-after", "30")] });
        await using var second = ByteServer.Start(new Reply(429, "application/json", [Encoding.UTF8.GetBytes(Error("rate_limit_exceeded"))]) { Headers = [("retry-after-ms", "7500")] });
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address));

        using var response = await gateway.PostAsync(Question);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!.AsObject();

        Assert.Equal(429, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("rate_limited", error["code"]!.GetValue<string>());
        Assert.True(error["retryable"]!.GetValue<bool>());
        Assert.DoesNotContain("vendor's own", error["message"]!.GetValue<string>(), StringComparison.Ordinal);
        // The smallest hint of all, in both notations; and the SDK need not multiply our failover by its own.
        Assert.Equal("8", Header(response, "Retry-After"));
        Assert.Equal("7500", Header(response, "retry-after-ms"));
        Assert.Equal("false", Header(response, "x-should-retry"));
        Assert.Equal(Header(response, "x-fairlead-request-id"), error["request_id"]!.GetValue<string>());
        Assert.Equal(Header(response, "x-fairlead-request-id"), Header(response, "x-request-id"));
        Assert.Equal(Header(response, "x-fairlead-request-id"), Header(response, "request-id"));
        Assert.StartsWith("Not answered because ", Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task VendorsCode_WithAnAddressOrKeyInIt_ReachesNoHeaderRecordOrLog()
    {
        await using var first = ByteServer.Start(Reply.Json(Error("org-canary123456 at api.vendor.example.com"), 500));
        await using var second = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address));

        using var response = await gateway.PostAsync(Question);
        var record = await RecordAsync(gateway, response);

        foreach (var text in new[] { Header(response, "x-fairlead-reason"), record.ToJsonString(), gateway.Log.Text })
        {
            Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
            Assert.DoesNotContain("vendor.example", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task BodyMode_OfARecord_IsTheAnswers()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address));

        using var response = await gateway.PostAsync("""{"model":"first-vendor/other","messages":[]}""");
        var renamed = await RecordAsync(gateway, await gateway.PostAsync("""{"model":"first","messages":[]}"""));
        var record = await RecordAsync(gateway, response);

        Assert.Equal("spliced", Header(response, "x-fairlead-body-mode")); // of the request: another model's name
        Assert.Equal("untouched", record["body_mode"]!.GetValue<string>());
        Assert.Equal("untouched", renamed["body_mode"]!.GetValue<string>());
    }

    [Fact]
    public async Task ServerError_IsRetriedOnce_ThenNext()
    {
        var asked = 0;
        await using var first = ByteServer.Start(_ => Interlocked.Increment(ref asked) == 1 ? Reply.Json(Error("server_error"), 500) : Reply.Json(Answer("second try")));
        await using var second = ByteServer.Start(Reply.Json(Answer("never")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 1", first.Address, second.Address));

        using var response = await gateway.PostAsync(Question);

        Assert.Equal(Answer("second try"), await response.Content.ReadAsStringAsync());
        Assert.Equal("2", Header(response, "x-fairlead-attempts"));
        Assert.Empty(second.Requests);
    }

    [Fact]
    public async Task Keys_OfAProvider_AreTriedInTurn_AndOneThatIsRefusedTwiceIsLeftAlone()
    {
        await using var vendor = ByteServer.Start(request => request.Headers["authorization"] == "Bearer good-key-value" ? Reply.Json(Answer("ok")) : Reply.Json(Error("invalid_api_key"), 401));
        await using var gateway = await RunningGateway.StartJudgedAsync(
            $$"""
            providers:
              v: { kind: openai-compatible, base_url: "{{vendor.Address}}", keys: ["env:BAD", "env:GOOD"] }
            targets: { t: { provider: v, model: m } }
            aliases: { m: auto }
            routes: [ { name: default, tiers: [ { use: [t] } ] } ]
            """,
            environment: new Dictionary<string, string> { ["BAD"] = "bad-key-value", ["GOOD"] = "good-key-value" });

        using var one = await gateway.PostAsync(Question);
        using var two = await gateway.PostAsync(Question);
        using var three = await gateway.PostAsync(Question);

        Assert.Equal(("2", "2", "1"), (Header(one, "x-fairlead-attempts"), Header(two, "x-fairlead-attempts"), Header(three, "x-fairlead-attempts")));
        Assert.Equal(["Bearer bad-key-value", "Bearer good-key-value", "Bearer bad-key-value", "Bearer good-key-value", "Bearer good-key-value"], vendor.Requests.Select(request => request.Headers["authorization"]));
        Assert.DoesNotContain("key-value", gateway.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sends_NeverExceedTheLimit()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Error("server_error"), 500));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 2", Enumerable.Repeat(vendor.Address, 5)));

        using var response = await gateway.PostAsync(Question);

        Assert.Equal(502, (int)response.StatusCode);
        Assert.Equal(6, vendor.Requests.Count); // five tiers and two more would be seven; six is the most
    }

    [Fact]
    public async Task ClientHeaders_NoneTravelsUpstream()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address));

        using var response = await gateway.PostAsync(
            Question, ("Authorization", "Bearer client-secret"), ("x-fairlead-feature", "search"), ("OpenAI-Organization", "org-x"), ("Cookie", "a=b"), ("X-Stainless-Lang", "js"));

        Assert.True(response.IsSuccessStatusCode);
        var headers = vendor.Requests.Single().Headers;
        Assert.Equal(["Accept", "Content-Length", "Content-Type", "Host", "User-Agent"], headers.Keys.Order(StringComparer.OrdinalIgnoreCase));
        Assert.StartsWith("Fairlead/", headers["User-Agent"], StringComparison.Ordinal);
    }

    private static Reply Failing(string failure) => failure switch
    {
        "500" => Reply.Json(Error("server_error"), 500),
        "502-html" => new Reply(502, "text/html", ["<html><h1>Bad gateway</h1></html>"u8.ToArray()]),
        "503" => Reply.Json(Error("busy"), 503),
        "529" => Reply.Json(Error("overloaded_error"), 529),
        "429" => Reply.Json(Error("rate_limit_exceeded"), 429),
        "429-quota" => Reply.Json(Error("insufficient_quota"), 429),
        "402" => Reply.Json(Error("payment"), 402),
        "401" => Reply.Json(Error("invalid_api_key"), 401),
        "403" => Reply.Json(Error("denied"), 403),
        "404" => Reply.Json(Error("model_not_found"), 404),
        "408" => Reply.Json(Error("slow"), 408),
        "302" => new Reply(302, null, [""u8.ToArray()]) { Headers = [("Location", "http://127.0.0.1:1/elsewhere")] },
        "204" => new Reply(204, null, []),
        "html-200" => new Reply(200, "text/html", ["<html>Welcome</html>"u8.ToArray()]),
        "cut-json" => new Reply(200, "application/json", [Encoding.UTF8.GetBytes(Answer("x")[..^20])]),
        "no-choices" => Reply.Json("""{"id":"x","object":"chat.completion","choices":[]}"""),
        "error-200" => Reply.Json(Error("server_error")),
        "short-body" => new Reply(200, "application/json", [Encoding.UTF8.GetBytes(Answer("x"))]) { HasLength = false, End = ReplyEnd.Close },
        "reset" => new Reply(200, null, []) { End = ReplyEnd.Reset, Before = _ => throw new SocketException((int)SocketError.ConnectionReset) },
        "no-stream" => Reply.Json(Answer("not a stream")),
        "error-event" => Reply.Stream(Role, "data: " + Error("server_error") + "\n\n"),
        "named-error-event" => Reply.Stream(": waiting\n\n", "event: error\ndata: {\"message\":\"busy\",\"code\":\"server_is_overloaded\"}\n\n"),
        "role-then-end" => Reply.Stream(Role),
        "comments-then-end" => Reply.Stream(": one\n\n", ": two\n\n"),
        "broken-event" => Reply.Stream(Role, "data: {\"choices\":[}\n\n"),
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, null),
    };

    private static async Task Eventually(Func<bool> isSo)
    {
        for (var tries = 0; tries < 2000 && !isSo(); tries++) await Task.Delay(5);
        Assert.True(isSo());
    }
}
