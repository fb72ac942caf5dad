using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;
using Fairlead.Dialects.Tests.Recorded;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>
/// Whatever a client or a vendor sends, translation answers with a refusal, with nothing or with an error, never with an exception; what
/// it writes is JSON and stands in proportion to what came.
/// </summary>
public sealed class RobustnessTests
{
    private const int Cases = 1500;

    private const string ChatRequest = """
        {"model":"m","messages":[
          {"role":"developer","content":"s","name":"n"},
          {"role":"user","content":[{"type":"text","text":"t","cache_control":{"type":"ephemeral"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0K","detail":"low"}},{"type":"file","file":{"filename":"f","file_data":"data:application/pdf;base64,JVBERi0="}},{"type":"file","file":{"file_data":"data:text/plain;base64,YQ=="}}]},
          {"role":"assistant","content":null,"refusal":"r","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s","format":"anthropic-claude-v1"},{"type":"reasoning.encrypted","data":"d","format":"f"}],"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
          {"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"r"}]},
          {"role":"system","content":"mid"},
          {"role":"assistant","reasoning_content":"h","function_call":{"name":"f","arguments":""}},
          {"role":"function","name":"f","content":"r"}],
         "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string","enum":["x"]}},"required":["a"],"additionalProperties":false},"strict":true}}],
         "tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false,"max_completion_tokens":2000,"temperature":0.5,"top_p":0.5,"stop":["a"],"reasoning_effort":"low",
         "response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","strict":true,"schema":{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"},"minItems":1}}}}},
         "user":"u","stream":true,"stream_options":{"include_usage":true},"metadata":{"a":"b"},"seed":1,"n":1,"modalities":["text"],"cache_control":{"type":"ephemeral"}}
        """;

    private const string MessagesRequest = """
        {"model":"m","max_tokens":5000,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":[
          {"role":"user","content":[{"type":"text","text":"t"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0K"}},{"type":"image","source":{"type":"url","url":"https://a"}},{"type":"document","source":{"type":"text","media_type":"text/plain","data":"d"},"title":"t","context":"c","citations":{"enabled":true}},{"type":"document","source":{"type":"base64","media_type":"text/plain","data":"YQ=="}}]},
          {"role":"assistant","content":[{"type":"thinking","thinking":"h","signature":"s"},{"type":"redacted_thinking","data":"fairlead.x:d"},{"type":"text","text":"t","citations":[{"type":"char_location"}]},{"type":"tool_use","id":"c","name":"f","input":{"a":1}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"r"}],"is_error":true}]},
          {"role":"system","content":"mid"}],
         "tools":[{"name":"f","description":"d","input_schema":{"properties":{"a":{"type":"string"}}},"strict":true,"cache_control":{"type":"ephemeral"}}],
         "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},"stop_sequences":["a"],"temperature":0.5,"top_p":0.5,"top_k":3,"thinking":{"type":"enabled","budget_tokens":2000},
         "output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"minimum":1}},"additionalProperties":false}}},"metadata":{"user_id":"u","a":"b"},"stream":true,"container":"c","mcp_servers":[],"service_tier":"auto"}
        """;

    private const string ChatAnswer = """
        {"id":"i","model":"m","choices":[{"index":0,"finish_reason":"stop","stop_reason":"a","message":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"h"}]},{"type":"text","text":"t"}],"refusal":"r","reasoning_content":"h",
         "reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s","format":"anthropic-claude-v1"},{"type":"reasoning.encrypted","data":"d","format":"f"}],
         "tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}],"function_call":{"name":"f","arguments":"{}"},"annotations":[{}],"audio":{"id":"a"}}}],
         "citations":["c"],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":1,"cache_write_tokens":1},"completion_tokens_details":{"reasoning_tokens":2}}}
        """;

    private const string MessagesAnswer = """
        {"id":"i","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"h","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"t","citations":[{}]},{"type":"tool_use","id":"c","name":"f","input":{"a":1}},{"type":"server_tool_use","id":"s"}],
         "stop_reason":"refusal","stop_sequence":"a","stop_details":{"type":"refusal","category":"c","explanation":"e"},
         "usage":{"input_tokens":3,"cache_read_input_tokens":1,"cache_creation_input_tokens":2,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":1},"output_tokens":4,"output_tokens_details":{"thinking_tokens":2}}}
        """;

    private static readonly string[] ChatEvents =
    [
        """{"id":"i","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"citations":["c"]}""",
        """{"id":"i","model":"m","choices":[{"index":0,"delta":{"reasoning":"h","reasoning_details":[{"type":"reasoning.text","text":"h","signature":"s","format":"anthropic-claude-v1"},{"type":"reasoning.encrypted","data":"d","format":"f"}]}}]}""",
        """{"id":"i","model":"m","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"h"}]},{"type":"text","text":"t"}],"refusal":"r","annotations":[{}]}}]}""",
        """{"id":"i","model":"m","choices":[{"index":0,"delta":{"content":"t"}}]}""",
        """{"id":"i","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{"}},{"index":1,"id":"d","type":"function","function":{"name":"g","arguments":"{}"}}]}}]}""",
        """{"id":"i","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}],"function_call":{"name":"f","arguments":""}}}]}""",
        """{"id":"i","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop","stop_reason":"a"}]}""",
        """{"id":"i","model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7},"x_groq":{"usage":{"prompt_tokens":1}}}""",
    ];

    private static readonly string[] MessagesEvents =
    [
        """{"type":"message_start","message":{"id":"i","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"h","signature":"s"}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"h"}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s"}}""",
        """{"type":"content_block_stop","index":0}""",
        """{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"d"}}""",
        """{"type":"content_block_start","index":2,"content_block":{"type":"text","text":"t"}}""",
        """{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"t"}}""",
        """{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"c","name":"f","input":{"a":1}}}""",
        """{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{}"}}""",
        """{"type":"content_block_stop","index":3}""",
        """{"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":"a","stop_details":{"type":"refusal","explanation":"e"}},"usage":{"input_tokens":3,"cache_read_input_tokens":1,"output_tokens":4}}""",
        """{"type":"message_stop"}""",
    ];

    private int _written;

    [Fact]
    public void Requests_WithJunkInPlaceOfEachMember_AreReadOrRefused()
    {
        foreach (var body in Junk.InPlaceOfEach(ChatRequest)) Request(Codecs.Chat, Encoding.UTF8.GetBytes(body));
        foreach (var body in Junk.InPlaceOfEach(MessagesRequest)) Request(Codecs.Messages, Encoding.UTF8.GetBytes(body));
        Assert.InRange(_written, 1000, int.MaxValue); // it says something only about what is written
    }

    [Fact]
    public void Answers_WithJunkInPlaceOfEachMember_AreReadOrNot()
    {
        foreach (var body in Junk.InPlaceOfEach(ChatAnswer)) Answer(Codecs.Chat, Encoding.UTF8.GetBytes(body));
        foreach (var body in Junk.InPlaceOfEach(MessagesAnswer)) Answer(Codecs.Messages, Encoding.UTF8.GetBytes(body));
        Assert.InRange(_written, 1000, int.MaxValue);
    }

    [Fact]
    public void Streams_WithJunkInPlaceOfEachMember_EndOrFail()
    {
        foreach (var (dialect, events) in new[] { (Codecs.Chat, ChatEvents), (Codecs.Messages, MessagesEvents) })
        {
            for (var i = 0; i < events.Length; i++)
            {
                foreach (var body in Junk.InPlaceOfEach(events[i])) Stream(dialect, Encoding.UTF8.GetBytes(string.Concat(events.Select((data, at) => $"data: {(at == i ? body : data)}\n\n")) + "data: [DONE]\n\n"), []);
            }
        }

        Assert.InRange(_written, 1000, int.MaxValue);
    }

    [Fact]
    public void Requests_Mutated_AreReadOrRefused()
    {
        Property.Check(Mutated(ChatRequestGen.Any.Select(body => body.Bytes)), Cases, body => Request(Codecs.Chat, body), Encoding.UTF8.GetString);
        Property.Check(Mutated(MessagesRequestGen.Any.Select(body => body.Bytes)), Cases, body => Request(Codecs.Messages, body), Encoding.UTF8.GetString);
        Assert.InRange(_written, 50, int.MaxValue);
    }

    [Fact]
    public void Answers_Mutated_AreReadOrNot()
    {
        Property.Check(Mutated(SaidAnswer.Any.Select(answer => new ChatVendor(answer).Json())), Cases, body => Answer(Codecs.Chat, body), Encoding.UTF8.GetString);
        Property.Check(Mutated(SaidAnswer.Any.Select(answer => new MessagesVendor(answer).Json())), Cases, body => Answer(Codecs.Messages, body), Encoding.UTF8.GetString);
        Assert.InRange(_written, 50, int.MaxValue);
    }

    [Fact]
    public void Streams_Mutated_EndOrFail()
    {
        Property.Check(Mutated(SaidAnswer.Any.Select(answer => new ChatVendor(answer).Stream())), Cases, bytes => Stream(Codecs.Chat, bytes, VendorStream.Cuts(new Random(bytes.Length), bytes.Length)), Encoding.UTF8.GetString);
        Property.Check(Mutated(SaidAnswer.Any.Select(answer => new MessagesVendor(answer).Stream())), Cases, bytes => Stream(Codecs.Messages, bytes, VendorStream.Cuts(new Random(bytes.Length), bytes.Length)), Encoding.UTF8.GetString);
        Assert.InRange(_written, 50, int.MaxValue);
    }

    [Fact]
    public void Bytes_Arbitrary_AreNothing() => Property.Check(Gen.Byte.Array[0, 64], Cases, bytes =>
    {
        foreach (var dialect in Codecs.All)
        {
            Request(dialect, bytes);
            Answer(dialect, bytes);
            Stream(dialect, bytes, []);
            Stream(dialect, [.. "data: "u8, .. bytes, .. "\n\n"u8], []);
        }
    }, Convert.ToHexString);

    [Theory]
    [InlineData(1_000)]
    [InlineData(200_000)]
    public void NestedDeeply_IsRefused(int depth)
    {
        var nested = Junk.Nested(depth);
        foreach (var dialect in Codecs.All)
        {
            Request(dialect, Encoding.UTF8.GetBytes($$"""{"model":"m","messages":{{nested}}}"""));
            Answer(dialect, Encoding.UTF8.GetBytes($$"""{"choices":{{nested}},"content":{{nested}}}"""));
            Stream(dialect, Encoding.UTF8.GetBytes($"data: {nested}\n\ndata: {{\"x\":{nested}}}\n\n"), []);
        }

        Assert.Equal(0, _written);
    }

    private static Gen<byte[]> Mutated(Gen<byte[]> gen) => Gen.Select(gen, Gen.Int, static (bytes, seed) => Junk.Mutated(new Random(seed), bytes));

    private void Request(IDialect from, byte[] body)
    {
        var losses = new TranslationLosses();
        var conversation = from.Codec.ReadRequest(body, losses);
        Assert.Equal(conversation is null, losses.Refusal is not null);
        if (conversation is null) return;
        foreach (var to in Codecs.All)
        {
            losses = new TranslationLosses();
            var output = new ArrayBufferWriter<byte>();
            to.Codec.WriteRequest(output, conversation, Codecs.TargetOf(to), losses);
            if (losses.Refusal is null) IsJson(output.WrittenSpan, body.Length, body);
        }
    }

    private void Answer(IDialect from, byte[] body)
    {
        var isAnswer = from.TryReadAnswer(body, out var facts);
        if (from.Codec.ReadAnswer(body, facts, new TranslationLosses()) is not { } answer || !isAnswer) return;
        foreach (var to in Codecs.All)
        {
            foreach (var usesFunctions in new[] { false, true })
            {
                var output = new ArrayBufferWriter<byte>();
                to.Codec.WriteAnswer(output, answer, Codecs.Setting(usesFunctions: usesFunctions));
                IsJson(output.WrittenSpan, body.Length, body);
            }
        }
    }

    private void Stream(IDialect from, byte[] bytes, IEnumerable<int> cuts)
    {
        foreach (var to in Codecs.All)
        {
            var output = new ArrayBufferWriter<byte>();
            var writer = to.Codec.OpenStream(Codecs.Setting());
            writer.Output = output;
            var observer = from.Codec.Observe(writer);
            var consumed = 0;
            foreach (var cut in cuts.Append(bytes.Length)) consumed += observer.Observe(bytes.AsSpan(consumed..Math.Max(consumed, cut)), isFinal: false).Consumed;
            observer.Observe(bytes.AsSpan(consumed), isFinal: true);
            if (observer.IsComplete && !writer.IsMalformed) writer.End(observer.Finish, observer.Usage, Codecs.Estimate);
            Assert.InRange(output.WrittenCount, 0, (32 * bytes.Length) + 4096);
            var sent = Encoding.UTF8.GetString(output.WrittenSpan);
            foreach (var data in AnswerView.Events(sent).Where(data => data != "[DONE]")) IsJson(Encoding.UTF8.GetBytes(data), bytes.Length, bytes);
            if (observer.IsComplete && !writer.IsMalformed) Assert.EndsWith("\n\n", sent, StringComparison.Ordinal);
        }
    }

    private void IsJson(ReadOnlySpan<byte> json, int source, byte[] from)
    {
        _written++;
        Assert.InRange(json.Length, 2, (8 * source) + 4096);
        try
        {
            using var document = JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { MaxDepth = 512 });
        }
        catch (JsonException exception)
        {
            Assert.Fail($"{exception.Message}\nfrom {Encoding.UTF8.GetString(from)}\nwritten {Encoding.UTF8.GetString(json)}");
        }
    }
}
