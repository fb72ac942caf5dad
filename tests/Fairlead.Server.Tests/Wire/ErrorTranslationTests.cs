using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Core.Execution;
using Fairlead.Dialects;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Pipeline;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Wire;

/// <summary>A vendor's error as clients of either dialect are told it, whichever dialect the vendor speaks.</summary>
public sealed class ErrorTranslationTests
{
    /// <summary>What the vendor says → status, code, OpenAI's type, Anthropic's type.</summary>
    public static TheoryData<int, string, int, string, string, string> Failures => new()
    {
        // Anthropic's
        { 529, """{"type":"error","error":{"type":"overloaded_error","message":"m"}}""", 503, "upstream_overloaded", "server_error", "overloaded_error" },
        { 402, """{"type":"error","error":{"type":"billing_error","message":"m"}}""", 503, "provider_quota_exhausted", "server_error", "overloaded_error" },
        { 401, """{"type":"error","error":{"type":"authentication_error","message":"m"}}""", 503, "provider_credentials_invalid", "server_error", "overloaded_error" },
        { 403, """{"type":"error","error":{"type":"permission_error","message":"m"}}""", 502, "provider_forbidden", "server_error", "api_error" },
        { 404, """{"type":"error","error":{"type":"not_found_error","message":"m"}}""", 404, "model_not_found", "invalid_request_error", "not_found_error" },
        { 413, """{"type":"error","error":{"type":"request_too_large","message":"m"}}""", 400, "context_length_exceeded", "invalid_request_error", "invalid_request_error" },
        { 429, """{"type":"error","error":{"type":"rate_limit_error","message":"m"}}""", 429, "rate_limited", "rate_limit_error", "rate_limit_error" },
        { 400, """{"type":"error","error":{"type":"invalid_request_error","message":"m"}}""", 400, "bad_request", "invalid_request_error", "invalid_request_error" },
        { 400, """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}""", 400, "context_length_exceeded", "invalid_request_error", "invalid_request_error" },
        { 500, """{"type":"error","error":{"type":"api_error","message":"m"}}""", 502, "upstream_error", "server_error", "api_error" },
        { 504, """{"type":"error","error":{"type":"timeout_error","message":"m"}}""", 504, "upstream_timeout", "server_error", "timeout_error" },

        // OpenAI's and its relatives'
        { 429, """{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}""", 503, "provider_quota_exhausted", "server_error", "overloaded_error" },
        { 400, """{"error":{"message":"m","type":"invalid_request_error","code":"context_length_exceeded"}}""", 400, "context_length_exceeded", "invalid_request_error", "invalid_request_error" },
        { 400, """{"error":{"message":"m","type":"invalid_request_error","code":"unsupported_parameter","param":"p"}}""", 400, "unsupported_parameter", "invalid_request_error", "invalid_request_error" },
        { 400, """{"error":{"message":"m","code":"content_filter"}}""", 400, "policy_rejected", "invalid_request_error", "invalid_request_error" },
        { 400, """{"object":"error","message":"m","type":"BadRequestError","code":400}""", 400, "bad_request", "invalid_request_error", "invalid_request_error" },
        { 503, """{"error":"server busy"}""", 503, "upstream_overloaded", "server_error", "overloaded_error" },
        { 422, """{"detail":"m"}""", 400, "bad_request", "invalid_request_error", "invalid_request_error" },
        { 400, """{"message":"m"}""", 400, "bad_request", "invalid_request_error", "invalid_request_error" },
        { 502, "<html><body>502 Bad Gateway</body></html>", 502, "upstream_error", "server_error", "api_error" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Failure_OfAVendor_IsToldInTheClientsDialect(int vendorStatus, string vendorBody, int status, string code, string chatType, string messagesType)
    {
        var error = Error(vendorStatus, Encoding.UTF8.GetBytes(vendorBody));

        Assert.Equal((status, code), (error.Status, error.Code));
        var chat = Written(ChatDialect.Instance, error)["error"]!;
        Assert.Equal((chatType, code), (chat["type"]!.GetValue<string>(), chat["code"]!.GetValue<string>()));
        var messages = Written(MessagesDialect.Instance, error);
        Assert.Equal("error", messages["type"]!.GetValue<string>());
        Assert.Equal((messagesType, code), (messages["error"]!["type"]!.GetValue<string>(), messages["error"]!["details"]!["error_code"]!.GetValue<string>()));
        // The dialect's own types alone, whatever the vendor's.
        Assert.DoesNotContain(vendorStatus is 413 ? "request_too_large" : "BadRequestError", chat.ToJsonString() + messages.ToJsonString(), StringComparison.Ordinal);
    }

    /// <summary>No error that was recorded reaches a client in another form than its dialect's, or with words that are not its business.</summary>
    [Fact]
    [Trait("Category", "SharedData")]
    public void Failure_Recorded_IsToldInBothDialects()
    {
        SharedFolder.SkipIfAbsent();
        var total = 0;
        foreach (var exchange in RecordedExchange.Errors(SharedFolder.Path))
        {
            total++;
            var error = Error(exchange.Status, exchange.ResponseBody());
            var row = FailureTable.Rows.First(row => row.Status == error.Status && (row.Code == error.Code || (row.Class == FailureClass.BadRequest && error.Status == 400)));
            // What is not there may be something that the request names: then the client hears what.
            if (row.Class == FailureClass.ModelGone && error.Message != row.Message) Assert.StartsWith("Response with id '", error.Message, StringComparison.Ordinal);
            else if (!row.IsClientFault) Assert.Equal(row.Message, error.Message);
            var chat = Written(ChatDialect.Instance, error)["error"]!;
            var messages = Written(MessagesDialect.Instance, error)["error"]!;
            Assert.Contains(chat["type"]!.GetValue<string>(), (string[])["invalid_request_error", "rate_limit_error", "server_error"]);
            Assert.Contains(messages["type"]!.GetValue<string>(), (string[])["invalid_request_error", "rate_limit_error", "api_error", "overloaded_error", "not_found_error", "timeout_error"]);
            Assert.EndsWith(chat["message"]!.GetValue<string>(), messages["message"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.Equal(chat["code"]!.GetValue<string>(), messages["details"]!["error_code"]!.GetValue<string>());
            if (error.Code == "context_length_exceeded") Assert.Contains("prompt is too long", messages["message"]!.GetValue<string>(), StringComparison.OrdinalIgnoreCase);
        }

        SharedFolder.Report("recorded errors told in both dialects", total, total);
        Assert.InRange(total, 100, 1000);
    }

    private static ClientError Error(int status, byte[] body)
    {
        var failure = VendorErrors.Classify(status, body, static _ => null, DateTimeOffset.UnixEpoch);
        return ChatPipeline.Error("req_1", FailureTable.Of(failure.Class), failure, []);
    }

    private static JsonNode Written(IDialect dialect, ClientError error)
    {
        var body = new ArrayBufferWriter<byte>();
        dialect.WriteError(body, error);
        return JsonNode.Parse(body.WrittenSpan)!;
    }
}
