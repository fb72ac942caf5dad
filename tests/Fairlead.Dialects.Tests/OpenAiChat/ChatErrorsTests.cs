using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.OpenAiChat;

/// <summary>What vendors' errors mean, how long they ask to wait, and how a client is told.</summary>
public sealed class ChatErrorsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Every recorded error by hand: what a person reads in it.</summary>
    private static readonly Dictionary<string, FailureClass> Recorded = new()
    {
        ["390f2b6170d9dae9"] = FailureClass.PolicyRejected,         // azure 400 content_filter
        ["0c1a27434dd09400"] = FailureClass.ModelGone,              // azure 404 DeploymentNotFound
        ["89cc6833efb2b6fb"] = FailureClass.RateLimited,            // azure 429
        ["a88137846fd0be33"] = FailureClass.CredentialsInvalid,     // azure 401
        ["2d6b275b56592d5a"] = FailureClass.BadRequest,             // deepseek 400
        ["36714705a08e4879"] = FailureClass.BadRequest,             // deepseek 400
        ["042c6455fcb9deb7"] = FailureClass.BadRequest,             // deepseek 400 as octet-stream
        ["6dc79c913783c223"] = FailureClass.CredentialsInvalid,     // deepseek 401 whose code says invalid_request_error
        ["e7245931fb662116"] = FailureClass.ContextLengthExceeded,  // deepseek 400, in words alone
        ["7d5945d06344423c"] = FailureClass.Forbidden,              // doubleword 403
        ["fa3ddbee51528183"] = FailureClass.BadRequest,             // doubleword 400, not nested
        ["7d77197a99a79d5a"] = FailureClass.Forbidden,
        ["75e7460ada94015b"] = FailureClass.BadRequest,
        ["c8048e66c1faffef"] = FailureClass.Overloaded,             // groq 498
        ["3ab998e5196573aa"] = FailureClass.CredentialsInvalid,     // groq 401
        ["44d8c97a113d4e66"] = FailureClass.ModelGone,              // groq 404
        ["ea65d56ba70d0d7b"] = FailureClass.SchemaInvalid,          // groq 400 tool_use_failed
        ["2851a69099405d89"] = FailureClass.ServerError,            // llama.cpp 500
        ["86fc1183c98ba4c1"] = FailureClass.BadRequest,             // llama.cpp 400
        ["282b6b4210f89683"] = FailureClass.ContextLengthExceeded,  // llama.cpp 400 exceed_context_size_error
        ["43b78b36af7facce"] = FailureClass.ContextLengthExceeded,  // ollama 400, in words alone
        ["bf7ec77f61fdc10c"] = FailureClass.RateLimited,            // openai 429
        ["b5c42ed36a2cf11f"] = FailureClass.ServerError,            // 502 from an edge, HTML
        ["d62d069c4d12403b"] = FailureClass.CredentialsInvalid,     // openai 401
        ["060af480d0717402"] = FailureClass.ModelGone,              // openai 404
        ["bbdf189d362e0b09"] = FailureClass.BadRequest,             // openai 400 unsupported_parameter
        ["be7bcb710b4b0e54"] = FailureClass.CredentialsInvalid,
        ["bc5c88ddd9ab2164"] = FailureClass.BadRequest,
        ["d412e3205a0e9ee7"] = FailureClass.BadRequest,
        ["1c88cd0be8d0b529"] = FailureClass.ModelGone,              // openai 404 deprecated
        ["c98811ca432db6c8"] = FailureClass.ContextLengthExceeded,  // openrouter 400, in words alone
        ["224ffc54967c4dad"] = FailureClass.CredentialsInvalid,     // perplexity 401, the type is the code
        ["d09d5f22345bdd02"] = FailureClass.ModelGone,              // venice 404, a plain text
        ["79d5bd46fc2c3cbe"] = FailureClass.ModelGone,
        ["e67fa1cae68ef466"] = FailureClass.ContextLengthExceeded,  // vllm 400, not nested
        ["22dc57673d4502e1"] = FailureClass.ModelGone,              // vllm 404
    };

    [Fact]
    [Trait("Category", "SharedData")]
    public void Classify_RecordedErrors_MeanWhatAPersonReads() =>
        Tally.Run("recorded errors: class", [.. Exchange.All().Where(exchange => exchange.Status != 200)], exchange =>
        {
            Assert.True(Recorded.TryGetValue(exchange.Id, out var expected), "no class by hand: read it, and add it");
            Assert.Equal(expected, VendorErrors.Classify(exchange.Status, exchange.Body(), exchange.Header, Now).Class);
        });

    [Theory]
    [Trait("Category", "SharedData")]
    [InlineData("bf7ec77f61fdc10c", 18_642)] // the finest of three notations
    [InlineData("89cc6833efb2b6fb", 26_000)]
    [InlineData("bbdf189d362e0b09", null)]   // limits are told of with every answer
    public void Classify_RecordedHint_IsRead(string id, int? milliseconds)
    {
        var exchange = Exchange.All().Single(exchange => exchange.Id == id);
        Assert.Equal(milliseconds, VendorErrors.Classify(exchange.Status, exchange.Body(), exchange.Header, Now).RetryAfter?.TotalMilliseconds);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Observe_RecordedErrorsWithinStreams_HaveTheirClass()
    {
        var expected = new Dictionary<string, FailureClass>
        {
            ["8e947bc80e736f76"] = FailureClass.SchemaInvalid, // groq tool_use_failed
            ["bdbee392f5656877"] = FailureClass.ServerError,
            ["4bc9308a78b3befe"] = FailureClass.ServerError,   // openrouter, code 502 beside choices
        };
        Tally.Run("errors within streams: class", [.. Exchange.Streams().Where(exchange => expected.ContainsKey(exchange.Id))], exchange =>
        {
            var observer = new ChatStreamObserver();
            observer.Reset(withholdUsageChunk: false);
            observer.Observe(exchange.Body(), isFinal: true);
            Assert.Equal(expected[exchange.Id], observer.Error?.Class);
        });
    }

    /// <summary>Status, body → class, code, message.</summary>
    public static TheoryData<int, string, FailureClass, string?, string?> Bodies => new()
    {
        // by status alone
        { 400, "", FailureClass.BadRequest, null, null },
        { 401, "", FailureClass.CredentialsInvalid, null, null },
        { 402, "", FailureClass.QuotaExhausted, null, null },
        { 403, "", FailureClass.Forbidden, null, null },
        { 404, "", FailureClass.ModelGone, null, null },
        { 408, "", FailureClass.Timeout, null, null },
        { 413, "", FailureClass.ContextLengthExceeded, null, null },
        { 422, "", FailureClass.BadRequest, null, null },
        { 424, "", FailureClass.Timeout, null, null },
        { 429, "", FailureClass.RateLimited, null, null },
        { 498, "", FailureClass.Overloaded, null, null },
        { 500, "", FailureClass.ServerError, null, null },
        { 502, "", FailureClass.ServerError, null, null },
        { 503, "", FailureClass.Overloaded, null, null },
        { 504, "", FailureClass.Timeout, null, null },
        { 524, "", FailureClass.Timeout, null, null },
        { 529, "", FailureClass.Overloaded, null, null },
        { 302, "", FailureClass.HostileResponse, null, null },
        { 204, "", FailureClass.MalformedResponse, null, null },
        { 418, "", FailureClass.MalformedResponse, null, null },

        // by code, whatever the status
        { 429, """{"error":{"message":"You exceeded your current quota.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}""", FailureClass.QuotaExhausted, "insufficient_quota", "You exceeded your current quota." },
        { 429, """{"error":{"type":"insufficient_quota","code":"credit_balance_exhausted","message":"m"}}""", FailureClass.QuotaExhausted, "credit_balance_exhausted", "m" },
        { 429, """{"error":{"code":"organization_spend_limit_exceeded"}}""", FailureClass.QuotaExhausted, "organization_spend_limit_exceeded", null },
        { 429, """{"error":{"code":"slow_down","message":"m"}}""", FailureClass.RateLimited, "slow_down", "m" },
        { 503, """{"error":{"type":"server_error","message":"m"}}""", FailureClass.Overloaded, "server_error", "m" },
        { 403, """{"error":{"code":"unsupported_country_region_territory","message":"m"}}""", FailureClass.Forbidden, "unsupported_country_region_territory", "m" },
        { 400, """{"error":{"code":"content_policy_violation","message":"m"}}""", FailureClass.PolicyRejected, "content_policy_violation", "m" },
        { 400, """{"error":{"message":"m","innererror":{"code":"ResponsibleAIPolicyViolation"}}}""", FailureClass.PolicyRejected, null, "m" },
        { 400, """{"error":{"code":"string_above_max_length","message":"m","param":"messages"}}""", FailureClass.BadRequest, "string_above_max_length", "m" },
        { 413, """{"error":{"type":"request_too_large","message":"m"}}""", FailureClass.ContextLengthExceeded, "request_too_large", "m" },

        // in other shapes
        { 404, """{"error":"model 'x' not found, try pulling it first"}""", FailureClass.ModelGone, null, "model 'x' not found, try pulling it first" },
        { 400, """[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]""", FailureClass.CredentialsInvalid, null, "API key not valid. Please pass a valid API key." },
        { 400, """[{"error":{"code":400,"message":"m","details":[{"@type":"Help"},{"reason":"API_KEY_INVALID"}]}}]""", FailureClass.CredentialsInvalid, null, "m" },
        { 422, """{"detail":[{"loc":["body","messages"],"msg":"field required","type":"value_error.missing"}]}""", FailureClass.BadRequest, "value_error.missing", "field required" },
        { 401, """{"detail":"Not authenticated"}""", FailureClass.CredentialsInvalid, null, "Not authenticated" },
        { 400, """{"message":"m","code":400}""", FailureClass.BadRequest, null, "m" },
        { 500, "\"the server fell over\"", FailureClass.ServerError, null, "the server fell over" },
        { 500, "null", FailureClass.ServerError, null, null },
        { 500, "17", FailureClass.ServerError, null, null },
        { 500, "[]", FailureClass.ServerError, null, null },
        { 502, "<html><body>502 Bad Gateway</body></html>", FailureClass.ServerError, null, null },
        { 429, "Too Many Requests", FailureClass.RateLimited, null, null },
        { 429, """{"error":{"message":"m","code":"insufficient_quota","x":""", FailureClass.QuotaExhausted, "insufficient_quota", "m" }, // cut off: what was read counts
        { 400, """{"error":{"message":{"text":"m"},"code":[1],"type":{},"param":17}}""", FailureClass.BadRequest, null, null },
        { 400, """{"error":null}""", FailureClass.BadRequest, null, null },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Classify_Body_IsRead(int status, string body, FailureClass expected, string? code, string? message)
    {
        var failure = VendorErrors.Classify(status, Encoding.UTF8.GetBytes(body), static _ => null, Now);

        Assert.Equal((expected, code, message), (failure.Class, failure.Code, failure.Message));
        Assert.Null(failure.RetryAfter);
    }

    [Fact]
    public void Classify_Param_IsRead() =>
        Assert.Equal("messages[0].content", VendorErrors.Classify(400, """{"error":{"message":"m","param":"messages[0].content"}}"""u8, static _ => null, Now).Param);

    [Fact]
    public void Classify_Garbage_IsBoundedAndByStatus()
    {
        var random = new Random(7);
        for (var i = 0; i < 50; i++)
        {
            var garbage = new byte[64 * 1024];
            random.NextBytes(garbage);
            if (i % 2 == 0) "{\"error\":{\"message\":\""u8.CopyTo(garbage);
            Assert.Equal(FailureClass.ServerError, VendorErrors.Classify(500, garbage, static _ => null, Now).Class);
        }

        var deep = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"error\":", 20_000)) + "1");
        Assert.Equal(FailureClass.ServerError, VendorErrors.Classify(500, deep, static _ => null, Now).Class);
        var arrays = Encoding.UTF8.GetBytes(new string('[', 100_000));
        Assert.Equal(FailureClass.ServerError, VendorErrors.Classify(500, arrays, static _ => null, Now).Class);
    }

    [Fact]
    public void Classify_LongTexts_AreCutBetweenCharacters()
    {
        foreach (var shift in new[] { 0, 1 })
        {
            var text = new string('x', shift) + string.Concat(Enumerable.Repeat("\U0001F600", 3000));
            var failure = VendorErrors.Classify(400, Encoding.UTF8.GetBytes($"{{\"error\":{{\"message\":\"{text}\",\"code\":\"{text}\",\"param\":\"{text}\"}}}}"), static _ => null, Now);

            Assert.InRange(failure.Message!.Length, 1000, 1024);
            Assert.InRange(failure.Code!.Length, 60, 64);
            Assert.InRange(failure.Param!.Length, 60, 64);
            foreach (var cut in new[] { failure.Message, failure.Code, failure.Param, VendorErrors.Scrub(text) })
            {
                Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(cut)));
            }
        }
    }

    /// <summary>Header or message → milliseconds.</summary>
    [Theory]
    [InlineData("retry-after", "26", 26_000d)]
    [InlineData("retry-after", " 3 ", 3_000d)]
    [InlineData("retry-after", "1.5", 1_500d)]
    [InlineData("retry-after", "0", 0d)]
    [InlineData("retry-after", "-5", null)]
    [InlineData("retry-after", "5, 5", 5_000d)]                         // a header that came twice
    [InlineData("retry-after", "3,20", 20_000d)]
    [InlineData("retry-after", "5, soon", null)]
    [InlineData("retry-after", "5, -1", 5_000d)]
    [InlineData("retry-after", "30s", 30_000d)]
    [InlineData("retry-after", "2m", 120_000d)]
    [InlineData("retry-after", "1m30s", 90_000d)]
    [InlineData("retry-after", "134.074824000s", 134_074.824d)]
    [InlineData("retry-after", "120ms", 120d)]
    [InlineData("retry-after", "5 seconds", 5_000d)]
    [InlineData("retry-after", "2s, 3s", 3_000d)]
    [InlineData("retry-after", "in 3 days", null)]
    [InlineData("retry-after", "12:30", null)]
    [InlineData("retry-after", "3/5", null)]
    [InlineData("retry-after", "5 May", null)]
    [InlineData("retry-after", "2026-11-23", null)]
    [InlineData("retry-after", "Infinity", null)]
    [InlineData("retry-after", "NaN", null)]
    [InlineData("retry-after", "∞", null)]
    [InlineData("retry-after", "1e300", null)]
    [InlineData("retry-after", "٣", null)]
    [InlineData("retry-after", "99999999999", 86_400_000d)]
    [InlineData("retry-after", "Sun, 22 Nov 2026 12:00:30 GMT", 30_000d)]
    [InlineData("retry-after", "2026-11-22T12:01:00Z", 60_000d)]
    [InlineData("retry-after", "2026-11-22T12:01:00.123456789Z", 60_123.4568)]
    [InlineData("retry-after", "Sunday, 22-Nov-26 12:00:30 GMT", 30_000d)]
    [InlineData("retry-after", "Sun Nov 22 12:00:30 2026", 30_000d)]
    [InlineData("retry-after", "Tue Dec  1 12:00:30 2026", 86_400_000d)]
    [InlineData("retry-after", "Sun, 22 Nov 2026 12:00:30", null)]
    [InlineData("retry-after", "Sun, 22 Nov 2026 11:00:00 GMT", null)]   // in the past
    [InlineData("retry-after", "Fri, 22 Nov 2126 12:00:00 GMT", 86_400_000d)]
    [InlineData("retry-after", "soon", null)]
    [InlineData("retry-after", "", null)]
    [InlineData("retry-after-ms", "18642", 18_642d)]
    [InlineData("retry-after-ms", "0.5", 0.5)]
    [InlineData("retry-after-ms", "-1", null)]
    [InlineData("retry-after-ms", "Infinity", null)]
    [InlineData("retry-after-ms", "200, 300", 300d)]
    [InlineData("retry-after-ms", "1e3", null)]
    [InlineData("x-ratelimit-reset-requests", "6m0s", 360_000d)]
    [InlineData("x-ratelimit-reset-requests", "2m59.56s", 179_560d)]
    [InlineData("x-ratelimit-reset-requests", "20ms", 20d)]
    [InlineData("x-ratelimit-reset-requests", "1h2m3s", 3_723_000d)]
    [InlineData("x-ratelimit-reset-requests", "1d", 86_400_000d)]
    [InlineData("x-ratelimit-reset-requests", "9d", 86_400_000d)]
    [InlineData("x-ratelimit-reset-requests", "7.5", 7_500d)]
    [InlineData("x-ratelimit-reset-requests", "8.64s", 8_640d)]
    [InlineData("x-ratelimit-reset-requests", "1m0.198s", 60_198d)]
    [InlineData("x-ratelimit-reset-requests", "0s", 0d)]
    [InlineData("x-ratelimit-reset-requests", "2026-11-22T12:01:00Z", 60_000d)]
    [InlineData("x-ratelimit-reset-tokens", "6ms", 6d)]
    [InlineData("x-ratelimit-reset-tokens", "59", 59_000d)]
    [InlineData("x-ratelimit-reset-tokens", "2026-11-22T14:00:00.250+02:00", 250d)]
    [InlineData("x-ratelimit-reset-requests", "1795348830", 30_000d)]     // seconds since 1970
    [InlineData("x-ratelimit-reset-requests", "1795348830.5", 30_500d)]
    [InlineData("x-ratelimit-reset-requests", "1795348830250", 30_250d)]  // milliseconds
    [InlineData("x-ratelimit-reset-requests", "1795348799", null)]
    [InlineData("x-ratelimit-reset-requests", "1795348830, 1795348831", 31_000d)]
    [InlineData("x-ratelimit-reset-requests", "999999", 86_400_000d)]
    [InlineData("x-ratelimit-reset-requests", "-5", null)]
    [InlineData("x-ratelimit-reset-requests", "Infinity", null)]
    [InlineData("x-ratelimit-reset-requests", "in about 3s", null)]
    [InlineData("x-ratelimit-reset-requests", "3s!", null)]
    [InlineData("x-ratelimit-reset-requests", "1.2.3s", null)]
    [InlineData("x-ratelimit-reset-requests", "1.2.2030", null)]
    [InlineData("x-ratelimit-reset-requests", "2026-11-22", null)]
    [InlineData("anthropic-ratelimit-requests-reset", "2026-11-22T12:00:11Z", 11_000d)]
    [InlineData("anthropic-ratelimit-tokens-reset", "2026-11-22T12:00:11Z", 11_000d)]
    [InlineData("anthropic-ratelimit-input-tokens-reset", "2026-11-22T12:00:11Z", 11_000d)]
    [InlineData("anthropic-ratelimit-output-tokens-reset", "2026-11-22T12:00:11.5Z", 11_500d)]
    [InlineData("anthropic-ratelimit-requests-reset", "2026-11-22T11:59:59Z", null)]        // in the past
    [InlineData("anthropic-ratelimit-requests-reset", "2027-11-22T12:00:00Z", 86_400_000d)]
    [InlineData("anthropic-ratelimit-requests-reset", "2026-11-22T25:00:00Z", null)]
    [InlineData("x-ratelimit-reset-requests", "later", null)]
    [InlineData("message", "Rate limit reached. Please try again in 18.642s.", 18_642d)]
    [InlineData("message", "Please try again in 20ms.", 20d)]
    [InlineData("message", "Please try again in 6m0s.", 360_000d)]
    [InlineData("message", "Please try again in 2m59.56s. Need more tokens?", 179_560d)]
    [InlineData("message", "Please try again in 1h2m3s.", 3_723_000d)]
    [InlineData("message", "Please retry after 26 seconds.", 26_000d)]
    [InlineData("message", "Please retry in 34.07s.", 34_070d)]
    [InlineData("message", "Retry after 5 minutes.", 300_000d)]
    [InlineData("message", "Try again in 1 minute 30 seconds", 90_000d)]
    [InlineData("message", "Please try again in 99999 hours.", 86_400_000d)]
    [InlineData("message", "Please try again in 3 steps.", null)]
    [InlineData("message", "Please try again in a moment.", null)]
    [InlineData("message", "Please try again in 30.", null)]
    [InlineData("delay", "34s", 34_000d)]
    [InlineData("delay", "34.074824224s", 34_074.824224)]
    [InlineData("delay", "soon", null)]
    public void Classify_RetryHint_IsRead(string where, string value, double? milliseconds)
    {
        var message = where == "message" ? value : "m";
        var details = where == "delay" ? $$""","details":[{"@type":"QuotaFailure"},{"@type":"RetryInfo","retryDelay":"{{value}}"}]""" : "";
        var body = "{\"error\":{\"message\":\"" + message + "\",\"code\":\"rate_limit_exceeded\"" + details + "}}";
        string? Header(string name) => name == where ? value : name.Contains("-remaining", StringComparison.Ordinal) ? "0" : null;

        var hint = VendorErrors.Classify(429, Encoding.UTF8.GetBytes(body), Header, Now).RetryAfter;

        Assert.Equal(milliseconds is { } expected ? TimeSpan.FromMilliseconds(expected) : null, hint);
    }

    [Theory]
    [InlineData("0", "10s", "0", "2s", 10_000d)] // both are used up: the longer one
    [InlineData("5", "10s", "0", "2s", 2_000d)]  // the other one has some left
    [InlineData("5", "10s", "3", "2s", null)]
    [InlineData(null, "10s", null, "2s", null)]
    public void Classify_Limits_OnlyWhatIsUsedUpCounts(string? requestsLeft, string requestsReset, string? tokensLeft, string tokensReset, double? milliseconds)
    {
        string? Header(string name) => name switch
        {
            "x-ratelimit-remaining-requests" => requestsLeft,
            "x-ratelimit-reset-requests" => requestsReset,
            "x-ratelimit-remaining-tokens" => tokensLeft,
            "x-ratelimit-reset-tokens" => tokensReset,
            _ => null,
        };
        Assert.Equal(milliseconds, VendorErrors.Classify(429, default, Header, Now).RetryAfter?.TotalMilliseconds);
        Assert.Null(VendorErrors.Classify(400, default, Header, Now).RetryAfter);
    }

    /// <summary>What is left of requests, tokens, input tokens and output tokens, whose resets are 5, 30, 30 and 33 seconds away.</summary>
    [Theory]
    [InlineData("0", "9000", "8000", "8000", 5_000d)]
    [InlineData("0", "0", "0", "8000", 30_000d)]      // the last of those that are used up
    [InlineData("49", "0", "8000", "0", 33_000d)]
    [InlineData("49", "9000", "8000", "8000", null)]
    [InlineData(null, null, null, null, null)]
    public void Classify_AnthropicLimits_TheLastResetOfThoseUsedUpCounts(string? requests, string? tokens, string? input, string? output, double? milliseconds)
    {
        string? Header(string name) => name switch
        {
            "anthropic-ratelimit-requests-remaining" => requests,
            "anthropic-ratelimit-requests-reset" => "2026-11-22T12:00:05Z",
            "anthropic-ratelimit-tokens-remaining" => tokens,
            "anthropic-ratelimit-tokens-reset" => "2026-11-22T12:00:30Z",
            "anthropic-ratelimit-input-tokens-remaining" => input,
            "anthropic-ratelimit-input-tokens-reset" => "2026-11-22T12:00:30Z",
            "anthropic-ratelimit-output-tokens-remaining" => output,
            "anthropic-ratelimit-output-tokens-reset" => "2026-11-22T12:00:33Z",
            _ => null,
        };
        var body = """{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your rate limit."}}"""u8;
        Assert.Equal(milliseconds, VendorErrors.Classify(429, body, Header, Now).RetryAfter?.TotalMilliseconds);
        Assert.Equal(TimeSpan.FromSeconds(2), VendorErrors.Classify(429, body, name => name == "retry-after" ? "2" : Header(name), Now).RetryAfter);
        Assert.Null(VendorErrors.Classify(400, default, Header, Now).RetryAfter);
    }

    /// <summary>A key's limit says nothing of when a vendor that is overloaded has room again: a bucket of it that is empty is full only after a minute.</summary>
    [Theory]
    [InlineData(503, null)]
    [InlineData(529, null)]
    [InlineData(429, 59_800d)]
    public void Classify_OverloadWithAUsedUpLimit_AsksForNoPause(int status, double? milliseconds)
    {
        string? Header(string name) => name switch
        {
            "x-ratelimit-remaining-requests" or "anthropic-ratelimit-requests-remaining" => "0",
            "x-ratelimit-reset-requests" => "59.8s",
            "anthropic-ratelimit-requests-reset" => "2026-11-22T12:00:59.8Z",
            _ => null,
        };
        Assert.Equal(milliseconds, VendorErrors.Classify(status, default, Header, Now).RetryAfter?.TotalMilliseconds);
        Assert.Equal(TimeSpan.FromSeconds(2), VendorErrors.Classify(status, default, name => name == "retry-after" ? "2" : Header(name), Now).RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(3), VendorErrors.Classify(status, """{"error":{"message":"Please try again in 3s."}}"""u8, Header, Now).RetryAfter);
    }

    /// <summary>Every form that was recorded is read, were its limit used up.</summary>
    [Fact]
    [Trait("Category", "SharedData")]
    public void Classify_RecordedResets_AreAllRead()
    {
        string[] resets =
        [
            "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "anthropic-ratelimit-requests-reset", "anthropic-ratelimit-tokens-reset",
            "anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-output-tokens-reset",
        ];
        Tally.Run("recorded resets: read", [.. Exchange.All().Concat(Exchange.AllMessages()).Where(exchange => resets.Any(reset => exchange.Header(reset) is not null))], exchange =>
        {
            foreach (var reset in resets.Where(reset => exchange.Header(reset) is not null))
            {
                // A second before an instant that is told; durations are what they are.
                var now = DateTimeOffset.TryParseExact(exchange.Header(reset), "yyyy-MM-ddTHH:mm:ssZ", null, DateTimeStyles.AssumeUniversal, out var instant) ? instant.AddSeconds(-1) : Now;
                var hint = VendorErrors.Classify(429, default, name => name == reset ? exchange.Header(name) : name.Contains("-remaining", StringComparison.Ordinal) ? "0" : null, now).RetryAfter;
                Assert.NotNull(hint);
                Assert.InRange(hint.Value, TimeSpan.Zero, TimeSpan.FromHours(1));
                if (now != Now) Assert.Equal(TimeSpan.FromSeconds(1), hint);
            }
        });
    }

    [Fact]
    public void Write_Error_IsTheDialectsShape()
    {
        var body = new ArrayBufferWriter<byte>();
        ChatErrors.Write(body, new ClientError(429, null, "rate_limited", "Slow \"down\",\n é\U0001F600", null, "req_1", Retryable: true));

        Assert.Equal("""{"error":{"message":"Slow \"down\",\n é\uD83D\uDE00","type":"rate_limit_error","param":null,"code":"rate_limited","request_id":"req_1","retryable":true}}""", Encoding.UTF8.GetString(body.WrittenSpan));
    }

    [Theory]
    [InlineData(400, null, "invalid_request_error")]
    [InlineData(401, null, "authentication_error")]
    [InlineData(402, null, "insufficient_quota")]
    [InlineData(403, null, "permission_error")]
    [InlineData(404, null, "invalid_request_error")]
    [InlineData(413, null, "invalid_request_error")]
    [InlineData(429, null, "rate_limit_error")]
    [InlineData(500, null, "server_error")]
    [InlineData(503, null, "server_error")]
    [InlineData(400, "special", "special")]
    public void Write_Type_IsOfTheStatusUnlessNamed(int status, string? type, string expected)
    {
        var body = new ArrayBufferWriter<byte>();
        ChatErrors.Write(body, new ClientError(status, type, "c", "m", "messages", "r", Retryable: false));

        var error = JsonDocument.Parse(body.WrittenMemory).RootElement.GetProperty("error");
        Assert.Equal(expected, error.GetProperty("type").GetString());
        Assert.Equal("messages", error.GetProperty("param").GetString());
        Assert.False(error.GetProperty("retryable").GetBoolean());
    }

    [Fact]
    public void WriteEvent_AnyMessage_IsOneEvent()
    {
        var stream = new ArrayBufferWriter<byte>();
        ChatErrors.WriteEvent(stream, new ClientError(502, null, "stream_truncated", "line\nline\r\n\r\ndata: x\u2028", null, "req_1", Retryable: true));

        var block = Assert.Single(EventCutter.Cut(stream.WrittenSpan, out var rest));
        Assert.Equal(stream.WrittenCount, rest);
        Assert.Equal("message", block.Type);
        Assert.Equal("line\nline\r\n\r\ndata: x\u2028", JsonDocument.Parse(block.Data!).RootElement.GetProperty("error").GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("see https://platform.openai.com/account/api-keys.", "platform.openai")]
    [InlineData("POST HTTPS://Acme.OpenAI.Azure.com/x failed", "Acme")]
    [InlineData("cannot reach wss://live.example.test/x", "example")]
    [InlineData("host api.groq.com said no", "groq.com")]
    [InlineData("upstream vllm.default.svc.cluster.local is down", "cluster")]
    [InlineData("dial tcp 10.1.2.3:11434: connect: connection refused", "10.1.2.3")]
    [InlineData("dial tcp 10.1.2.3:11434: connect: connection refused", "11434")]
    [InlineData("connect to localhost:8000 refused", "localhost")]
    [InlineData("connect to [fe80::1]:8000 refused", "fe80")]
    [InlineData("contact jane.doe+ai@acme-corp.com", "jane")]
    [InlineData("contact jane.doe+ai@acme-corp.com", "acme")]
    [InlineData("Incorrect API key provided: sk-proj-AbC123xyz.", "AbC123")]
    [InlineData("Incorrect API key provided: sk-secretsecret", "secretsecret")]
    [InlineData("Incorrect API key provided: gsk_abcDEF123", "abcDEF")]
    [InlineData("key xai-0123456789abcdefghij", "0123456789")]
    [InlineData("key AIzaSyA-1234567890abcdef", "1234567890")]
    [InlineData("key hf_abcdefghijklmnopqrst", "abcdefghij")]
    [InlineData("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "eyJ")]
    [InlineData("key 0123456789abcdef0123456789abcdef is invalid", "89abcdef")]
    [InlineData("Incorrect API key provided: abcd********wxyz.", "abcd")]
    [InlineData("Incorrect API key provided: abcd********wxyz.", "wxyz")]
    [InlineData("in organization org-AbCdEfGh on tokens", "AbCdEfGh")]
    [InlineData("in organization org-1a2b3c4d5e on tokens", "1a2b3c")]
    [InlineData("project proj_9Xy8 has no access", "9Xy8")]
    [InlineData("user user-a1b2c3d4 is blocked", "a1b2c3")]
    [InlineData("request req_0a1b2c3d4e", "0a1b2c")]
    [InlineData("ref: 96164522-08b2-4cbf-886e-e5a38961a688", "96164522")]
    public void Scrub_WhatNamesAVendorOrAnAccount_IsGone(string text, string secret)
    {
        var scrubbed = VendorErrors.Scrub(text);

        Assert.DoesNotContain(secret, scrubbed, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("[", scrubbed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")]
    [InlineData("Rate limit reached for gpt-4.1-mini on tokens per min (TPM): Limit 30000, Used 14567, Requested 24754. Please try again in 18.642s.")]
    [InlineData("The model `claude-sonnet-4-5-20250929` or meta-llama/Llama-3.3-70B-Instruct does not exist.")]
    [InlineData("Node.js and Socket.js clients, e.g. version 1.2.3")]
    [InlineData("Invalid type for 'web_search_options.user_location': expected an object, got a key-value list.")]
    [InlineData("messages[0].content[1].image_url.url must be set; see user_message and project_id")]
    [InlineData("Invalid schema for response_format 'person': In context=('properties', 'age'), 'required' is missing.")]
    [InlineData("This model's maximum context length is 1048565 tokens. However, you requested 1250025 tokens (1250025 in the messages, 0 in the completion).")]
    [InlineData("Temperature must be between 0.0 and 2.0, got 100. * is no wildcard **here**")]
    public void Scrub_OrdinaryWords_StayAsTheyAre(string text) => Assert.Equal(text, VendorErrors.Scrub(text));

    [Fact]
    public void Scrub_LongOrHostileText_IsBounded()
    {
        foreach (var piece in new[] { "a.", "a@", "sk-", "user-", "*", "aA1", "[:", "eyJ", "http://", "1." })
        {
            Assert.InRange(VendorErrors.Scrub(string.Concat(Enumerable.Repeat(piece, 40_000))).Length, 1, 12 * 1024);
        }
    }

    /// <summary>What the recordings' own vendors say about themselves does not come through.</summary>
    [Fact]
    [Trait("Category", "SharedData")]
    public void Scrub_RecordedMessages_NameNoHost() =>
        Tally.Run("recorded errors: scrubbed", [.. Exchange.All().Where(exchange => exchange.Status != 200)], exchange =>
        {
            var failure = VendorErrors.Classify(exchange.Status, exchange.Body(), exchange.Header, Now);
            var scrubbed = VendorErrors.Scrub(failure.Message ?? "");
            foreach (var word in new[] { "://", ".com", "****", "@" }) Assert.DoesNotContain(word, scrubbed, StringComparison.Ordinal);
        });
}
