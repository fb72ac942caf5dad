using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Core.Execution;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Tests.Recorded;
using static Fairlead.Dialects.Tests.Semantics.Translating;

namespace Fairlead.Dialects.Tests.Semantics;

/// <summary>Section I of the wire rules: errors, as far as a dialect alone shows them. The number in a name is the rule's.</summary>
public sealed class ErrorTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly ClientError Error = new(502, null, "upstream_error", "The provider failed.", null, "req_1", Retryable: false);

    private static readonly string[] ChatEvents = [Chunk("""{"content":"A"}"""), Chunk("""{"content":"B"}"""), Chunk("{}", "\"stop\""), Data("[DONE]")];
    private static readonly string[] MessagesEvents = [Start(), TextBlock(0, "A"), .. MessagesEnd().Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(read => read + "\n\n")];

    private static UpstreamFailure Classified(int status, string body, params (string Name, string Value)[] headers) =>
        VendorErrors.Classify(status, Encoding.UTF8.GetBytes(body), name => headers.FirstOrDefault(header => header.Name == name).Value, Now);

    [Fact]
    public void Rule101_ErrorWithinAStream_HasTheFormOfItsDialect()
    {
        Assert.Equal("data: {\"error\":{\"message\":\"The provider failed.\",\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_error\",\"request_id\":\"req_1\",\"retryable\":false}}\n\n", Written(ChatDialect.Instance));
        Assert.Equal("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"The provider failed.\",\"details\":{\"error_code\":\"upstream_error\",\"retryable\":false}},\"request_id\":\"req_1\"}\n\n", Written(MessagesDialect.Instance));

        static string Written(IDialect dialect)
        {
            var stream = new ArrayBufferWriter<byte>();
            dialect.WriteErrorEvent(stream, Error);
            return Encoding.UTF8.GetString(stream.WrittenSpan);
        }
    }

    [Theory]
    [InlineData("data: {\"error\":{\"message\":\"m\",\"code\":\"server_error\"}}\n\n")]
    [InlineData("event: error\ndata: {\"message\":\"m\",\"type\":\"server_error\"}\n\n")]
    public void Rule101_ErrorOfAChatVendor_EndsTheStream_NeverCleanly(string error)
    {
        var streamed = ChatStream([.. ChatEvents.Take(2), error, .. ChatEvents.Skip(2)]);

        Assert.Equal(FailureClass.ServerError, streamed.Error!.Class);
        Assert.False(streamed.IsComplete);
        Assert.DoesNotContain("message_stop", streamed.Text, StringComparison.Ordinal);
        Assert.Contains("\"text\":\"B\"", streamed.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule101_ErrorOfAMessagesVendor_EndsTheStream_NeverCleanly()
    {
        var streamed = MessagesStream([.. MessagesEvents.Take(2), "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n", .. MessagesEvents.Skip(2)]);

        Assert.Equal(FailureClass.Overloaded, streamed.Error!.Class);
        Assert.False(streamed.IsComplete);
        Assert.DoesNotContain("[DONE]", streamed.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Rule102_StreamWithoutItsEnd_IsNoAnswer(int events)
    {
        var chat = ChatStream([.. ChatEvents.Take(events)]);
        var messages = MessagesStream([.. MessagesEvents.Take(events + 1)]);

        Assert.False(chat.IsComplete);
        Assert.DoesNotContain("message_stop", chat.Text, StringComparison.Ordinal);
        Assert.False(messages.IsComplete);
        Assert.DoesNotContain("[DONE]", messages.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"finish_reason\":\"", messages.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule102_EventThatIsCutOff_IsNotTold()
    {
        var streamed = ChatStream(ChatEvents[0], ChatEvents[1][..^4]);

        Assert.False(streamed.IsComplete);
        Assert.DoesNotContain("\"text\":\"B\"", streamed.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, "", FailureClass.RateLimited)]
    [InlineData(429, """{"error":{"message":"m","code":"insufficient_quota"}}""", FailureClass.QuotaExhausted)]
    [InlineData(529, "", FailureClass.Overloaded)]
    [InlineData(503, "", FailureClass.Overloaded)]
    [InlineData(401, "", FailureClass.CredentialsInvalid)]
    [InlineData(402, "", FailureClass.QuotaExhausted)]
    [InlineData(403, "", FailureClass.Forbidden)]
    [InlineData(404, "", FailureClass.ModelGone)]
    [InlineData(413, "", FailureClass.ContextLengthExceeded)]
    [InlineData(422, "", FailureClass.BadRequest)]
    [InlineData(498, """{"error":{"message":"Flex tier capacity exceeded","code":"capacity_exceeded"}}""", FailureClass.Overloaded)]
    [InlineData(498, """{"message":"invalid token"}""", FailureClass.CredentialsInvalid)]
    public void Rule105_Status_IsKeptInMeaning(int status, string body, FailureClass expected) => Assert.Equal(expected, Classified(status, body).Class);

    [Fact]
    public void Rule106_Body_HasTheShapeOfTheClientsDialect()
    {
        var error = new ClientError(400, null, "unsupported_parameter", "No.", "n", "req_1", Retryable: false);

        Same("""{"error":{"message":"No.","type":"invalid_request_error","param":"n","code":"unsupported_parameter","request_id":"req_1","retryable":false}}""", Written(ChatDialect.Instance));
        Same("""{"type":"error","error":{"type":"invalid_request_error","message":"No.","details":{"error_code":"unsupported_parameter","param":"n","retryable":false}},"request_id":"req_1"}""", Written(MessagesDialect.Instance));

        JsonNode Written(IDialect dialect)
        {
            var body = new ArrayBufferWriter<byte>();
            dialect.WriteError(body, error);
            return JsonNode.Parse(body.WrittenSpan)!;
        }
    }

    [Theory]
    [InlineData("Incorrect key sk-proj-abcdef123456 at https://api.x.test/v1", "Incorrect key [redacted] at [address]")]
    [InlineData("10.0.0.7:8080 refused org-AbC123xyz", "[address] refused [redacted]")]
    public void Rule106_CredentialsAndHosts_AreNotTold(string words, string expected) => Assert.Equal(expected, VendorErrors.Scrub(words));

    [Theory]
    [InlineData("""{"error":"m"}""", "m")]
    [InlineData("\"m\"", "m")]
    [InlineData("""{"message":"m"}""", "m")]
    [InlineData("""[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]""", "m")]
    [InlineData("""{"detail":"m"}""", "m")]
    [InlineData("""{"detail":[{"loc":["body","n"],"msg":"m","type":"value_error"}]}""", "m")]
    [InlineData("""{"object":"error","message":{"detail":[{"loc":["body","n"],"msg":"m"}]}}""", "m")]
    [InlineData("<html><body>400</body></html>", null)]
    [InlineData("", null)]
    public void Rule107_Body_OfWhateverShape_IsRead(string body, string? message)
    {
        var failure = Classified(400, body);

        Assert.Equal((FailureClass.BadRequest, message), (failure.Class, failure.Message));
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule107_RecordedBodies_AreRead()
    {
        var deepSeek = VendorErrors.Classify(400, RecordedBody("042c6455fcb9deb7"), static _ => null, Now);
        var google = VendorErrors.Classify(429, Exchange.ErrorsOfOtherDialects().Single(exchange => exchange.Id == "53d729fc90f0a230").Body(), static _ => null, Now);

        Assert.Equal((FailureClass.BadRequest, "Thinking mode does not support this tool_choice"), (deepSeek.Class, deepSeek.Message));
        Assert.Equal((FailureClass.RateLimited, "Quota exceeded.", 12), (google.Class, google.Message, google.RetryAfter?.TotalSeconds));
    }

    [Theory]
    [InlineData("", "retry-after", "7", 7)]
    [InlineData("", "retry-after-ms", "1500", 1.5)]
    [InlineData("", "retry-after", "Sun, 22 Nov 2026 12:00:30 GMT", 30)]
    [InlineData("""{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"12s"}]}}""", "", "", 12)]
    [InlineData("""{"error":{"message":"Rate limit reached. Please try again in 2m59.56s."}}""", "", "", 179.56)]
    [InlineData("""{"error":{"message":"Please try again in 6ms."}}""", "", "", 0.006)]
    public void Rule108_TimeToWait_OfWhateverNotation_IsOne(string body, string header, string value, double seconds) =>
        Assert.Equal(seconds, Classified(429, body, (header, value)).RetryAfter?.TotalSeconds);

    [Theory]
    [InlineData("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "6ms", 0.006)]
    [InlineData("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", "2m59.56s", 179.56)]
    [InlineData("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", "30", 30)]
    [InlineData("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset", "2026-11-22T12:00:30Z", 30)]
    public void Rule109_ResetOfALimit_OfWhateverNotation_IsRead(string remaining, string reset, string value, double seconds)
    {
        Assert.Equal(seconds, Classified(429, "", (remaining, "0"), (reset, value)).RetryAfter?.TotalSeconds);
        Assert.Null(Classified(429, "", (remaining, "5"), (reset, value)).RetryAfter);
    }

    [Theory]
    [InlineData(400, """{"error":{"message":"m","code":"context_length_exceeded"}}""")]
    [InlineData(400, """{"error":{"message":"This model's maximum context length is 4096 tokens."}}""")]
    [InlineData(400, """{"error":{"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}""")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}""")]
    [InlineData(400, """{"message":"Input is too long: too many tokens"}""")]
    [InlineData(413, """{"error":{"message":"m"}}""")]
    [InlineData(422, """{"error":{"message":"The prompt exceeds the context window"}}""")]
    public void Rule110_PromptThatIsTooLong_IsOneClass_WhateverTheWords(int status, string body) => Assert.Equal(FailureClass.ContextLengthExceeded, Classified(status, body).Class);

    [Theory]
    [InlineData("end_turn", "stop")]
    [InlineData("stop_sequence", "stop")]
    [InlineData("max_tokens", "length")]
    [InlineData("model_context_window_exceeded", "length")]
    [InlineData("tool_use", "tool_calls")]
    [InlineData("refusal", "content_filter")]
    [InlineData("pause_turn", "length")]
    [InlineData("a_new_one", "stop")]
    public void Rule112_StopReason_HasItsFinishReason(string stop, string finish)
    {
        var told = MessagesContent("""[{"type":"text","text":"A"}]""", $"\"stop_reason\":\"{stop}\"");
        var streamed = MessagesStream(Start(), TextBlock(0, "A"), MessagesEnd(stop));

        Assert.Equal(finish, told["choices"]![0]!["finish_reason"]!.GetValue<string>());
        Assert.Equal(finish, streamed.All[^2]!["choices"]![0]!["finish_reason"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("stop", "end_turn")]
    [InlineData("length", "max_tokens")]
    [InlineData("max_tokens", "max_tokens")]
    [InlineData("content_filter", "refusal")]
    [InlineData("tool_calls", "end_turn")]
    [InlineData("eos", "end_turn")]
    public void Rule112_FinishReason_HasItsStopReason(string finish, string stop)
    {
        var told = ChatMessage("""{"content":"A"}""", finish);
        var streamed = ChatStream(Chunk("""{"content":"A"}"""), ChatEnd(finish));

        Assert.Equal(stop, told["stop_reason"]!.GetValue<string>());
        Assert.Equal(stop, streamed.All[^2]!["delta"]!["stop_reason"]!.GetValue<string>());
    }

    [Fact]
    public void Rule113_Refusal_KeepsItsWords_ToAMessagesClient()
    {
        const string details = """{"type":"refusal","category":null,"explanation":"I can't."}""";

        var told = ChatMessage("""{"content":null,"refusal":"I can't."}""");
        var streamed = ChatStream(Chunk("""{"refusal":"I "}"""), Chunk("""{"refusal":"can't."}"""), ChatEnd());

        Same("""[{"type":"text","text":"I can't."}]""", told["content"]);
        Same("\"refusal\"", told["stop_reason"]);
        Same(details, told["stop_details"]);
        Same("\"refusal\"", streamed.All[^2]!["delta"]!["stop_reason"]);
        Same(details, streamed.All[^2]!["delta"]!["stop_details"]);
    }

    [Fact]
    public void Rule113_Refusal_KeepsItsWords_ToAChatClient()
    {
        const string stop = """
            "stop_reason":"refusal","stop_details":{"type":"refusal","category":"cyber","explanation":"Blocked."}
            """;

        var told = MessagesContent("[]", stop);
        var streamed = MessagesStream(Start(), TextBlock(0, "So"), Data($$$"""{"type":"message_delta","delta":{ {{{stop}}} },"usage":{"output_tokens":3}}"""), Data("""{"type":"message_stop"}"""));

        Same("""{"role":"assistant","content":null,"refusal":"Blocked."}""", told["choices"]![0]!["message"]);
        Same("\"content_filter\"", told["choices"]![0]!["finish_reason"]);
        Same("""[{"content":"So"},{"refusal":"Blocked."},{}]""", streamed.Deltas);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule113_RecordedRefusals_KeepTheirWords()
    {
        var there = ChatAnswer(Encoding.UTF8.GetString(RecordedBody("67fa5d48e51bdc3d")));
        var here = MessagesAnswer(Encoding.UTF8.GetString(RecordedBody("7a792f710d19be46")));

        Same("\"refusal\"", there["stop_reason"]);
        Same("\"I'm very sorry, but I can't assist with that.\"", there["stop_details"]!["explanation"]);
        Same("\"content_filter\"", here["choices"]![0]!["finish_reason"]);
        Same("\"This request triggered restrictions on violative cyber content and was blocked under Anthropic's Usage Policy.\"", here["choices"]![0]!["message"]!["refusal"]);
    }

    [Theory]
    [InlineData("""{"error":{"code":"content_filter","message":"m","innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"jailbreak":{"filtered":true,"detected":true}}}}}""")]
    [InlineData("""{"error":{"code":"invalid_request","message":"m","innererror":{"code":"ResponsibleAIPolicyViolation"}}}""")]
    public void Rule114_FilterOfAzure_IsAPolicysRefusal_ByItsInnerError(string body) => Assert.Equal(FailureClass.PolicyRejected, Classified(400, body).Class);

    [Theory]
    [InlineData("n", "2", "n")]
    [InlineData("web_search_options", "{}", "web_search_options")]
    [InlineData("modalities", "[\"text\",\"audio\"]", "modalities")]
    public void Rule115_MemberThatChangesTheMeaning_IsRefused_ByItsName(string member, string value, string named)
    {
        var sent = ChatMembers($$"""{"{{member}}":{{value}}}""");

        Refused("unsupported_parameter", named, sent);
        Assert.Equal("cannot carry " + named, sent.Refusal!.Reason);
    }

    [Fact]
    public void Rule115_MembersThatMerelyTune_AreListed_ByTheirNames() =>
        Assert.Equal(["seed", "verbosity"], ChatMembers("""{"seed":7,"verbosity":"low"}""").Losses);
}
