using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Semantics;

/// <summary>Section I of the wire rules, where only the whole gateway shows it.</summary>
public sealed class ErrorTests
{
    [Theory]
    [InlineData("openai-chat", "data: {\"error\":{\"message\":\"m\",\"code\":\"server_error\"}}\n\n", "upstream_error")]
    [InlineData("anthropic-messages", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n", "upstream_overloaded")]
    public async Task Rule101_ErrorAfterContent_HasTheFormOfTheClientsDialect_AndIsTheLast(string dialect, string error, string code)
    {
        var committed = new TaskCompletionSource();
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [Encoding.UTF8.GetBytes(Crossing.Events(dialect)[0]), Encoding.UTF8.GetBytes(error + Crossing.Events(dialect)[2])])
        {
            HasLength = false,
            Before = piece => piece == 1 ? committed.Task : Task.CompletedTask,
        });
        await using var gateway = await Crossing.StartAsync(dialect, "retries: 0", vendor.Address);

        using var response = await gateway.PostAsync(Crossing.PathTowards(dialect), Crossing.StreamQuestion(dialect));
        var (text, isBroken) = await Crossing.ReadAsync(response, "\"A\"", committed);

        AssertBroken(dialect, text, isBroken, code);
    }

    [Theory]
    [InlineData("openai-chat", "close")]
    [InlineData("openai-chat", "end")]
    [InlineData("anthropic-messages", "close")]
    [InlineData("anthropic-messages", "end")]
    public async Task Rule102_StreamWithoutItsEnd_IsAnError_NotAShortAnswer(string dialect, string how)
    {
        var committed = new TaskCompletionSource();
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [.. Crossing.Events(dialect).Take(2).Select(Encoding.UTF8.GetBytes)])
        {
            HasLength = false,
            End = how == "close" ? ReplyEnd.Close : ReplyEnd.Complete,
            Before = piece => piece == 1 ? committed.Task : Task.CompletedTask,
        });
        await using var gateway = await Crossing.StartAsync(dialect, "retries: 0", vendor.Address);

        using var response = await gateway.PostAsync(Crossing.PathTowards(dialect), Crossing.StreamQuestion(dialect));
        var (text, isBroken) = await Crossing.ReadAsync(response, "\"A\"", committed);

        AssertBroken(dialect, text, isBroken, "stream_truncated");
        Assert.Contains("\"B\"", text, StringComparison.Ordinal);
    }

    private static void AssertBroken(string dialect, string text, bool isBroken, string code)
    {
        Assert.True(isBroken, "The connection ended as if the answer were whole.");
        Assert.DoesNotContain(dialect == "openai-chat" ? "message_stop" : "[DONE]", text, StringComparison.Ordinal);
        Assert.DoesNotContain(dialect == "openai-chat" ? "message_delta" : "\"finish_reason\":\"", text, StringComparison.Ordinal);
        var error = Crossing.Last(text)["error"]!;
        Assert.Equal(code, (error["details"]?["error_code"] ?? error["code"])!.GetValue<string>());
        if (dialect == "openai-chat") Assert.Contains("event: error\ndata: {\"type\":\"error\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Crossing.Vendors), MemberType = typeof(Crossing))]
    public async Task Rule103_StreamThatFailsBeforeContent_IsAnsweredByTheNext_AndAfterItByNobody(string dialect)
    {
        var committed = new TaskCompletionSource();
        var events = Crossing.Events(dialect);
        var sends = 0;
        await using var first = ByteServer.Start(_ => ++sends == 1
            ? Reply.Stream(dialect == "openai-chat" ? Role : Crossing.Start)
            : new Reply(200, "text/event-stream", [Encoding.UTF8.GetBytes(events[0]), []]) { HasLength = false, End = ReplyEnd.Close, Before = piece => piece == 1 ? committed.Task : Task.CompletedTask });
        await using var second = ByteServer.Start(Reply.Stream(events[0].Replace("\"A\"", "\"X\"", StringComparison.Ordinal), events[1], events[2]));
        await using var gateway = await Crossing.StartAsync(dialect, "retries: 0", first.Address, second.Address);

        using var early = await gateway.PostAsync(Crossing.PathTowards(dialect), Crossing.StreamQuestion(dialect));
        var answered = await early.Content.ReadAsStringAsync();
        using var late = await gateway.PostAsync(Crossing.PathTowards(dialect), Crossing.StreamQuestion(dialect));
        var (text, isBroken) = await Crossing.ReadAsync(late, "\"A\"", committed);

        Assert.Contains("\"X\"", answered, StringComparison.Ordinal);
        Assert.DoesNotContain("error", answered, StringComparison.Ordinal);
        AssertBroken(dialect, text, isBroken, "stream_truncated");
        Assert.Single(second.Requests);
    }

    /// <summary>What a vendor answers → what the client hears, and how often the same target is asked though it may be asked again.</summary>
    [Theory]
    [InlineData(429, """{"error":{"message":"m"}}""", 429, "rate_limited", 1)]
    [InlineData(429, """{"error":{"message":"m","code":"insufficient_quota"}}""", 503, "provider_quota_exhausted", 1)]
    [InlineData(529, """{"error":{"message":"m"}}""", 503, "upstream_overloaded", 1)]
    [InlineData(503, """{"error":{"message":"m"}}""", 503, "upstream_overloaded", 1)]
    [InlineData(401, """{"error":{"message":"m"}}""", 503, "provider_credentials_invalid", 1)]
    [InlineData(403, """{"error":{"message":"m"}}""", 502, "provider_forbidden", 1)]
    [InlineData(404, """{"error":{"message":"m"}}""", 404, "model_not_found", 1)]
    [InlineData(413, """{"error":{"message":"m"}}""", 400, "context_length_exceeded", 1)]
    [InlineData(422, """{"error":{"message":"m"}}""", 400, "bad_request", 1)]
    [InlineData(498, """{"error":{"message":"m"}}""", 503, "upstream_overloaded", 1)]
    [InlineData(402, """{"error":{"message":"m"}}""", 503, "provider_quota_exhausted", 1)]
    [InlineData(500, """{"error":{"message":"m"}}""", 502, "upstream_error", 2)]
    public async Task Rule105_Status_IsKeptInMeaning(int status, string body, int expected, string code, int sends)
    {
        await using var vendor = ByteServer.Start(Reply.Json(body, status));
        await using var gateway = await Crossing.StartAsync("openai-chat", "retries: 1", vendor.Address);

        using var response = await gateway.PostAsync("v1/messages", Crossing.Message);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;

        Assert.Equal((expected, code), ((int)response.StatusCode, error["details"]!["error_code"]!.GetValue<string>()));
        Assert.Equal(sends, vendor.Requests.Count);
    }

    [Theory]
    [MemberData(nameof(Crossing.Vendors), MemberType = typeof(Crossing))]
    public async Task Rule106_WordsOfTheVendor_AreScrubbed_AndHidden_WhereTheFaultIsOurs(string dialect)
    {
        var status = 400;
        await using var vendor = ByteServer.Start(_ => Reply.Json("""{"type":"error","error":{"type":"invalid_request_error","message":"Not so: sk-proj-abcdef123456 at https://host.vendor.test/v1"}}""", status));
        await using var gateway = await Crossing.StartAsync(dialect, "retries: 0", vendor.Address);

        using var theirs = await gateway.PostAsync(Crossing.PathTowards(dialect), Crossing.Question(dialect));
        status = 500;
        using var ours = await gateway.PostAsync(Crossing.PathTowards(dialect), Crossing.Question(dialect));

        Assert.Equal("Not so: [redacted] at [address]", JsonNode.Parse(await theirs.Content.ReadAsStringAsync())!["error"]!["message"]!.GetValue<string>());
        Assert.Equal("The provider failed.", JsonNode.Parse(await ours.Content.ReadAsStringAsync())!["error"]!["message"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("retry-after", "7", "7", "7000")]
    [InlineData("retry-after-ms", "1500", "2", "1500")]
    [InlineData("x-other", "1", "1", "1000")]
    public async Task Rule108_TimeToWait_ReachesTheClient(string name, string value, string seconds, string milliseconds)
    {
        await using var vendor = ByteServer.Start(Reply.Json("{}", 429) with { Headers = [(name, value)] });
        await using var gateway = await Crossing.StartAsync("anthropic-messages", "retries: 0", vendor.Address);

        using var response = await gateway.PostAsync(Question);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal((seconds, milliseconds), (Header(response, "retry-after"), Header(response, "retry-after-ms")));
    }

    [Fact]
    public async Task Rule109_LimitsOfTheVendor_ReachAClientOfItsDialect()
    {
        await using var chat = ByteServer.Start(Reply.Json(Answer("A")) with { Headers = [("x-ratelimit-remaining-requests", "9"), ("x-ratelimit-reset-requests", "6ms"), ("openai-organization", "org-1")] });
        await using var messages = ByteServer.Start(Reply.Json(Crossing.Said) with { Headers = [("anthropic-ratelimit-tokens-remaining", "8"), ("anthropic-organization-id", "org-1")] });
        await using var chatGateway = await Crossing.StartAsync("openai-chat", "retries: 0", chat.Address);
        await using var messagesGateway = await Crossing.StartAsync("anthropic-messages", "retries: 0", messages.Address);

        using var here = await chatGateway.PostAsync(Question);
        using var there = await messagesGateway.PostAsync("v1/messages", Crossing.Message);

        Assert.Equal(("9", "6ms", ""), (Header(here, "x-ratelimit-remaining-requests"), Header(here, "x-ratelimit-reset-requests"), Header(here, "openai-organization")));
        Assert.Equal(("8", ""), (Header(there, "anthropic-ratelimit-tokens-remaining"), Header(there, "anthropic-organization-id")));
    }

    [Theory]
    [InlineData("openai-chat", """{"error":{"message":"This model's maximum context length is 9 tokens.","code":"context_length_exceeded"}}""", "prompt is too long: This model's maximum context length is 9 tokens.")]
    [InlineData("anthropic-messages", """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}""", "prompt is too long: 9 tokens > 8 maximum")]
    public async Task Rule110_PromptThatIsTooLong_HasOneCode_AndWordsThatClientsKnow(string dialect, string body, string message)
    {
        await using var vendor = ByteServer.Start(Reply.Json(body, 400));
        await using var gateway = await Crossing.StartAsync(dialect, "retries: 0", vendor.Address);

        using var response = await gateway.PostAsync(Crossing.PathTowards(dialect), Crossing.Question(dialect));
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(("context_length_exceeded", message), ((error["details"]?["error_code"] ?? error["code"])!.GetValue<string>(), error["message"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Rule114_FilterOfAzure_IsNotAskedAgain_NorIsAnother()
    {
        const string filtered = """{"error":{"code":"content_filter","message":"The prompt was filtered.","param":"prompt","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"jailbreak":{"filtered":true,"detected":true}}}}}""";
        await using var vendor = ByteServer.Start(Reply.Json(filtered, 400));
        await using var second = ByteServer.Start(Reply.Json(Answer("A")));
        await using var gateway = await Crossing.StartAsync("openai-chat", "retries: 2", vendor.Address, second.Address);

        using var response = await gateway.PostAsync(Question);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(("policy_rejected", "The prompt was filtered."), (error["code"]!.GetValue<string>(), error["message"]!.GetValue<string>()));
        Assert.Single(vendor.Requests);
        Assert.Empty(second.Requests);
    }

    [Fact]
    public async Task Rule115_MemberThatNobodyCanCarry_IsRefused_ByItsName()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Crossing.Said));
        await using var gateway = await Crossing.StartAsync("anthropic-messages", "retries: 0", vendor.Address);

        using var response = await gateway.PostAsync("""{"model":"m","n":2,"messages":[{"role":"user","content":"Hello"}]}""");
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(("unsupported_parameter", "n"), (error["code"]!.GetValue<string>(), error["param"]!.GetValue<string>()));
        Assert.Empty(vendor.Requests);
    }

    [Fact]
    public async Task Rule115_MembersThatAreDropped_StandInAHeader()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Crossing.Said));
        await using var gateway = await Crossing.StartAsync("anthropic-messages", "retries: 0", vendor.Address);

        using var response = await gateway.PostAsync("""{"model":"m","seed":7,"temperature":1.5,"messages":[{"role":"user","content":"Hello"}]}""");

        Assert.Equal("seed, temperature", Header(response, "x-fairlead-translation-loss"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
