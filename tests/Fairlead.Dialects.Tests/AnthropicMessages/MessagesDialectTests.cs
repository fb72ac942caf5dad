using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Core.Execution;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Splicing;

namespace Fairlead.Dialects.Tests.AnthropicMessages;

/// <summary>What is read of requests and answers in the dialect, what is refused, what is spliced, and how errors are told.</summary>
public sealed class MessagesDialectTests
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    [Fact]
    public void TryRead_WholeRequest_FindsWhatPolicyNeeds()
    {
        var body = """{"model":"claude-x","max_tokens":64000,"stream":true,"system":[{"type":"text","text":"s"}],"tools":[{"name":"t"}],"output_config":{"effort":"low","format":{"type":"json_schema","schema":{}}},""" + Messages + "}";

        Assert.True(MessagesRequestPeek.TryRead(Encoding.UTF8.GetBytes(body), out var peek, out _));

        Assert.Equal("claude-x", peek.Model);
        Assert.Equal(64000, peek.MaxOutputTokens);
        Assert.True(peek.Stream);
        Assert.True(peek.HasTools);
        Assert.True(peek.HasSchema);
        Assert.Equal(1, peek.Choices);
        var prompt = JsonNode.Parse(body)!;
        Assert.Equal(new[] { "messages", "system", "tools", "output_config" }.Sum(name => prompt[name]!.ToJsonString().Length), peek.PromptBytes);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(",\"output_format\":{\"type\":\"json_schema\",\"schema\":{}}", true)]
    [InlineData(",\"output_format\":null", false)]
    [InlineData(",\"output_config\":{\"effort\":\"high\"}", false)]
    [InlineData(",\"output_config\":{\"format\":null}", false)]
    [InlineData(",\"output_config\":{\"format\":{\"type\":\"text\"}}", false)]
    public void TryRead_OutputFormat_IsASchemaWhenItSaysSo(string member, bool expected)
    {
        Assert.True(MessagesRequestPeek.TryRead(Encoding.UTF8.GetBytes($"{{\"model\":\"m\",{Messages}{member}}}"), out var peek, out _));
        Assert.Equal(expected, peek.HasSchema);
        Assert.False(peek.HasTools);
        Assert.False(peek.Stream);
        Assert.Null(peek.MaxOutputTokens);
    }

    [Theory]
    [InlineData("{\"model\":\"m\"}", "missing_member", "messages")]
    [InlineData("{\"messages\":[]}", "missing_member", "model")]
    [InlineData("{\"model\":1,\"messages\":[]}", "invalid_type", "model")]
    [InlineData("{\"model\":\"m\",\"messages\":{}}", "invalid_type", "messages")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"system\":1}", "invalid_type", "system")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"stream\":1}", "invalid_type", "stream")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"max_tokens\":-1}", "invalid_type", "max_tokens")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"max_tokens\":1.5}", "invalid_type", "max_tokens")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"tools\":{}}", "invalid_type", "tools")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"output_config\":[]}", "invalid_type", "output_config")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"output_config\":{\"format\":1}}", "invalid_type", "output_config.format")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"output_config\":{\"format\":{\"type\":1}}}", "invalid_type", "output_config.format.type")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"output_format\":{\"type\":[]}}", "invalid_type", "output_format.type")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"metadata\":1}", "invalid_type", "metadata")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"model\":\"n\"}", "duplicate_member", "model")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"output_config\":{\"format\":null,\"format\":null}}", "duplicate_member", "output_config.format")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"output_format\":{\"type\":\"a\",\"type\":\"b\"}}", "duplicate_member", "output_format.type")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"Stream\":true}", "ambiguous_member", "stream")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"output_config\":{\"Format\":null}}", "ambiguous_member", "output_config.format")]
    [InlineData("{\"model\":\"m\",\"messages\":[}", "invalid_json", null)]
    [InlineData("[]", "invalid_json", null)]
    public void TryRead_DefectiveBody_NamesTheMember(string body, string code, string? member)
    {
        Assert.False(MessagesRequestPeek.TryRead(Encoding.UTF8.GetBytes(body), out _, out var defect));
        Assert.Equal((code, member), (defect.Code, defect.Member));
    }

    [Theory]
    [InlineData("{\"model\":\"a\",\"metadata\":{\"user_id\":\"u\"},MESSAGES}", "a", "{\"model\":\"a\",\"metadata\":{\"user_id\":\"u\"},MESSAGES}")]
    [InlineData("{\"model\":\"a\",\"metadata\":{\"user_id\":\"u\"},MESSAGES}", "b", "{\"model\":\"b\",\"metadata\":{\"user_id\":\"u\"},MESSAGES}")]
    [InlineData("{\"metadata\":{\"fairlead.feature\":\"f\",\"user_id\":\"u\"},\"model\":\"a\",MESSAGES}", "b", "{\"metadata\":{\"user_id\":\"u\"},\"model\":\"b\",MESSAGES}")]
    [InlineData("{\"model\":\"a\",\"metadata\":{\"fairlead.feature\":\"f\"},MESSAGES}", "a", "{\"model\":\"a\",MESSAGES}")]
    public void Splices_ModelAndClaims_AreAllThatChanges(string body, string model, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(body.Replace("MESSAGES", Messages, StringComparison.Ordinal));
        var dialect = MessagesDialect.Instance;
        Assert.True(dialect.TryPeek(bytes, out var peek, out _));

        var spliced = new SplicedBody(bytes, dialect.Splices(peek, model, askForUsage: dialect.MustAskForUsage(peek)));

        Assert.Equal(expected.Replace("MESSAGES", Messages, StringComparison.Ordinal), Encoding.UTF8.GetString([.. spliced.Segments.SelectMany(segment => segment.ToArray())]));
    }

    [Theory]
    [InlineData(400, "invalid_request_error")]
    [InlineData(401, "authentication_error")]
    [InlineData(402, "billing_error")]
    [InlineData(403, "permission_error")]
    [InlineData(404, "not_found_error")]
    [InlineData(409, "invalid_request_error")]
    [InlineData(413, "request_too_large")]
    [InlineData(429, "rate_limit_error")]
    [InlineData(502, "api_error")]
    [InlineData(503, "overloaded_error")]
    [InlineData(504, "timeout_error")]
    public void WriteError_Status_HasTheShapeThatTheSdksRead(int status, string type)
    {
        var body = new ArrayBufferWriter<byte>();
        MessagesErrors.Write(body, new ClientError(status, null, "some_code", "What \"went\" wrong.", "messages", "req_1", Retryable: true));

        var error = JsonNode.Parse(body.WrittenSpan)!;
        Assert.Equal("error", error["type"]!.GetValue<string>());
        Assert.Equal("req_1", error["request_id"]!.GetValue<string>());
        Assert.Equal(type, error["error"]!["type"]!.GetValue<string>());
        Assert.Equal("What \"went\" wrong.", error["error"]!["message"]!.GetValue<string>());
        Assert.Equal("some_code", error["error"]!["details"]!["error_code"]!.GetValue<string>());
    }

    /// <summary>What coding agents look for, in whatever words the vendor has.</summary>
    [Theory]
    [InlineData("context_length_exceeded", "This model's maximum context length is 4096 tokens.", "prompt is too long: This model's maximum context length is 4096 tokens.")]
    [InlineData("context_length_exceeded", "Prompt is too long: 3333404 tokens > 200000 maximum", "Prompt is too long: 3333404 tokens > 200000 maximum")]
    [InlineData("context_length_exceeded", "input length and `max_tokens` exceed context limit: 1 + 2 > 2", "input length and `max_tokens` exceed context limit: 1 + 2 > 2")]
    [InlineData("bad_request", "m", "m")]
    public void WriteError_PromptTooLong_IsSaidInTheDialectsWords(string code, string message, string expected)
    {
        var body = new ArrayBufferWriter<byte>();
        MessagesErrors.Write(body, new ClientError(400, null, code, message, null, "req_1", Retryable: false));

        Assert.Equal(expected, JsonNode.Parse(body.WrittenSpan)!["error"]!["message"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"type":"error","error":{"type":"rate_limit_error","message":"m"}}""")]
    [InlineData("""{"error":{"message":"m","type":"rate_limit_error"},"request_id":"r","type":"error"}""")]
    public void Classify_ErrorWithinAnEnvelope_IsOfTheInnerType(string body) =>
        Assert.Equal(FailureClass.RateLimited, VendorErrors.Classify(400, Encoding.UTF8.GetBytes(body), static _ => null, DateTimeOffset.UnixEpoch).Class);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("<html></html>")]
    [InlineData("{}")]
    [InlineData("{\"content\":null}")]
    [InlineData("{\"content\":[]} x")]
    [InlineData("{\"content\":[")]
    public void TryRead_NoAnswer_IsFalse(string body) => Assert.False(MessagesAnswer.TryRead(Encoding.UTF8.GetBytes(body), out _));

    /// <summary>Usage → tokens written to the cache, and of them those for an hour.</summary>
    [Theory]
    [InlineData("""{"input_tokens":7,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":3}""", 30, 20)]
    [InlineData("""{"input_tokens":7,"cache_creation":{"ephemeral_1h_input_tokens":20,"ephemeral_5m_input_tokens":10},"output_tokens":3}""", 30, 20)]
    [InlineData("""{"input_tokens":7,"cache_creation_input_tokens":30,"output_tokens":3}""", 30, 0)]
    [InlineData("""{"input_tokens":7,"cache_creation_input_tokens":30,"cache_creation":null,"output_tokens":3}""", 30, 0)]
    [InlineData("""{"input_tokens":7,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_1h_input_tokens":null,"ephemeral_1d_input_tokens":4},"output_tokens":3}""", 30, 0)]
    [InlineData("""{"input_tokens":7,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_1h_input_tokens":40},"output_tokens":3}""", 30, 30)]
    public void TryRead_CacheWrites_AreToldByHowLongTheyAreKept(string usage, long written, long hour)
    {
        Assert.True(MessagesAnswer.TryRead(Encoding.UTF8.GetBytes($"{{\"content\":[],\"usage\":{usage}}}"), out var answer));

        Assert.Equal(new TokenUsage(7 + written, 0, written, 3, 0) { CacheWriteOneHour = hour }, answer.Usage);
    }

    [Theory]
    [InlineData("", 30, 20)] // the end says nothing of it
    [InlineData(""","cache_creation_input_tokens":25""", 25, 20)]
    [InlineData(""","cache_creation_input_tokens":25,"cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":5}""", 25, 5)]
    [InlineData(""","cache_creation_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}""", 0, 0)]
    public void Observe_CacheWritesToldTwice_TheLastOfEachCounts(string atItsEnd, long written, long hour)
    {
        var observer = new MessagesStreamObserver();
        observer.Observe(
            Encoding.UTF8.GetBytes(
                "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":7,\"cache_creation_input_tokens\":30,\"cache_creation\":{\"ephemeral_5m_input_tokens\":10,\"ephemeral_1h_input_tokens\":20},\"output_tokens\":1}}}\n\n"
                + $"event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"end_turn\"}},\"usage\":{{\"output_tokens\":3{atItsEnd}}}}}\n\n"),
            isFinal: true);

        Assert.Equal(new TokenUsage(7 + written, 0, written, 3, 0) { CacheWriteOneHour = hour }, observer.Usage);
    }

    [Theory]
    [InlineData("""{"input_tokens":5,"output_tokens":5,"cache_creation":{"ephemeral_1h_input_tokens":-1}}""", true)]
    [InlineData("""{"input_tokens":-1,"output_tokens":5}""", true)]
    [InlineData("""{"input_tokens":1e18,"output_tokens":5}""", true)]
    [InlineData("""{"input_tokens":"5","output_tokens":5}""", true)]
    [InlineData("""{"input_tokens":5,"output_tokens":5.5}""", true)]
    [InlineData("""{"input_tokens":5,"output_tokens":{}}""", true)]
    [InlineData("""{"input_tokens":0,"output_tokens":0}""", false)]
    [InlineData("""{"output_tokens":5}""", false)]
    [InlineData("""{"input_tokens":5}""", false)]
    [InlineData("""{}""", false)]
    [InlineData("null", false)]
    [InlineData("7", false)]
    public void TryRead_UsageThatIsNone_IsMissingNotZero(string usage, bool isAbsurd)
    {
        Assert.True(MessagesAnswer.TryRead(Encoding.UTF8.GetBytes($"{{\"content\":[],\"usage\":{usage}}}"), out var answer));
        Assert.Null(answer.Usage);
        Assert.Equal(isAbsurd, answer.UsageIsAbsurd);
    }
}
