using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Wire;

namespace Fairlead.Server.Tests.Translation;

/// <summary>The comparison of answers, checked without the product: on pairs translated by hand and on what is wrong with them.</summary>
public sealed class ClientCheckTests
{
    private const string AnthropicStreamText =
        """
        data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":5,"cache_read_input_tokens":2,"output_tokens":1}}}

        data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

        data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}

        data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}

        data: {"type":"content_block_stop","index":0}

        data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

        data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Héllo 🌊"}}

        data: {"type":"content_block_stop","index":1}

        data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}

        data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"x\":1}"}}

        data: {"type":"content_block_stop","index":2}

        data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}

        data: {"type":"message_stop"}


        """;

    private const string OpenAiStreamText =
        """
        data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"Hm."},"finish_reason":null}]}

        data: {"id":"c","choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","signature":"c2ln","format":"anthropic-claude-v1"}]},"finish_reason":null}]}

        data: {"id":"c","choices":[{"index":0,"delta":{"content":"Héllo "},"finish_reason":null}]}

        data: {"id":"c","choices":[{"index":0,"delta":{"content":"🌊"},"finish_reason":null}]}

        data: {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"toolu_1","type":"function","function":{"name":"f","arguments":""}}]},"finish_reason":null}]}

        data: {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\": 1}"}}]},"finish_reason":null}]}

        data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

        data: {"id":"c","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":9,"total_tokens":16,"prompt_tokens_details":{"cached_tokens":2}}}

        data: [DONE]


        """;

    private const string Closing = ": fairlead {\"request_id\":\"req_1\"}\n\n";

    private static readonly TargetProfile Claude = TargetProfile.Of("anthropic", "a-model");
    private static readonly TargetProfile Compatible = TargetProfile.Of("openai-compatible", "a-model");

    [Fact]
    public void Defect_StreamsTranslatedByHand_IsNone()
    {
        Assert.Null(Check(AnthropicStreamText, OpenAiStreamText + Closing, Claude));
        Assert.Null(Check(OpenAiStreamText, AnthropicStreamText + Closing, Compatible));
    }

    [Theory]
    [InlineData("\"content\":\"🌊\"", "\"content\":\"?\"", "text")]
    [InlineData("\"x\\\": 1", "\"x\\\": 2", "calls[0]")]
    [InlineData("\"finish_reason\":\"tool_calls\"", "\"finish_reason\":\"stop\"", "finish")]
    [InlineData("\"prompt_tokens\":7", "\"prompt_tokens\":5", "input tokens")]
    [InlineData("\"signature\":\"c2ln\"", "\"signature\":\"eHh4\"", "seals[0]")]
    [InlineData("data: [DONE]\n\n", "", "form of the stream")]
    [InlineData("\"tool_calls\":[{\"index\":0,\"function\"", "\"tool_calls\":[{\"index\":0,\"id\":\"toolu_1\",\"function\"", "form of the stream")]
    public void Defect_OpenAiClientHearsSomethingElse_NamesTheFact(string was, string becomes, string fact) =>
        Assert.StartsWith(fact + ":", Check(AnthropicStreamText, OpenAiStreamText.Replace(was, becomes, StringComparison.Ordinal) + Closing, Claude), StringComparison.Ordinal);

    [Theory]
    [InlineData("Héllo", "Hello", "text")]
    [InlineData("\"stop_reason\":\"tool_use\"", "\"stop_reason\":\"end_turn\"", "finish")]
    [InlineData("\"input_tokens\":5", "\"input_tokens\":7", "input tokens")]
    [InlineData("toolu_1", "toolu_2", "calls[0]")]
    [InlineData("data: {\"type\":\"content_block_stop\",\"index\":1}\n\n", "", "form of the stream")]
    public void Defect_AnthropicClientHearsSomethingElse_NamesTheFact(string was, string becomes, string fact) =>
        Assert.StartsWith(fact + ":", Check(OpenAiStreamText, AnthropicStreamText.Replace(was, becomes, StringComparison.Ordinal) + Closing, Compatible), StringComparison.Ordinal);

    [Fact]
    public void Defect_CitationsUnlisted_NamesTheLoss()
    {
        const string Cited = """data: {"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"x"}}}""";
        var vendor = AnthropicStreamText.Replace("data: {\"type\":\"content_block_stop\",\"index\":1}", Cited + "\n\ndata: {\"type\":\"content_block_stop\",\"index\":1}", StringComparison.Ordinal);
        var listed = ": fairlead {\"translation_loss\":\"content[1].citations\"}\n\n";

        Assert.StartsWith("translation loss:", Check(vendor, OpenAiStreamText + Closing, Claude), StringComparison.Ordinal);
        Assert.Null(Check(vendor, OpenAiStreamText + listed, Claude));
    }

    [Fact]
    public void Defect_StreamCutButEndedCleanly_IsSeen()
    {
        var cut = AnthropicStreamText[..AnthropicStreamText.IndexOf("data: {\"type\":\"message_delta\"", StringComparison.Ordinal)];
        const string Error = "data: {\"error\":{\"message\":\"The answer ended before it was complete.\",\"type\":\"server_error\",\"param\":null,\"code\":\"stream_truncated\",\"request_id\":\"req_1\"}}\n\n";
        var heard = OpenAiStreamText[..OpenAiStreamText.IndexOf("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},", StringComparison.Ordinal)];

        Assert.StartsWith("end:", Check(cut, OpenAiStreamText + Closing, Claude), StringComparison.Ordinal);
        Assert.StartsWith("last event:", Check(cut, heard, Claude, isBroken: true), StringComparison.Ordinal);
        Assert.Null(Check(cut, heard + Error, Claude, isBroken: true));
    }

    private static string? Check(string vendor, string client, TargetProfile target, bool isBroken = false)
    {
        var response = new JsonObject { ["status"] = 200, ["body"] = vendor.ReplaceLineEndings("\n") };
        var exchange = new RecordedExchange("by-hand", "none", "m", true, 200, "sse", default, JsonDocument.Parse(response.ToJsonString()).RootElement);
        var answer = new ClientAnswer(200, "text/event-stream", "translated", [], client.ReplaceLineEndings("\n"), isBroken);
        return ClientCheck.Defect(exchange, VendorAnswer.Of(exchange, target.IsAnthropic), answer, target);
    }
}
