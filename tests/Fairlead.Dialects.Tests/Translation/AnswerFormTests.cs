using System.Text;
using System.Text.Json;
using Fairlead.Core.Validation;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>Answers of both dialects, whole and streamed, held against what their requests ask for.</summary>
public sealed class AnswerFormTests
{
    private const string Schema = """{"type":"object","required":["city"],"properties":{"city":{"type":"string"},"day":{"type":"string","format":"date"}},"additionalProperties":false}""";
    private const string Tool = """{"type":"object","required":["q"],"properties":{"q":{"type":"string"},"n":{"type":"integer"}},"additionalProperties":false}""";
    private const string AskAll = "schema tools limit";

    /// <summary>What is asked, the text, the calls (<c>name input</c>), why it ended → schema, tools.</summary>
    public static TheoryData<string, string?, string[], string, bool?, bool?> Exchanges => new()
    {
        { "schema", """{"city":"Bern"}""", [], "stop", true, null },
        { "schema", """{"city":"Bern","day":"2026-02-28"}""", [], "stop", true, null },
        { "schema", """{"city":"Bern","day":"2026-02-30"}""", [], "stop", false, null },
        { "schema", """{"city":7}""", [], "stop", false, null },
        { "schema", """{"city":"Bern" """, [], "stop", false, null },
        { "schema", "Sure! {\"city\":\"Bern\"}", [], "stop", false, null },
        { "schema", "{\"city\":\"Zürich \\\"West\\\" 😀\\n\"}", [], "stop", true, null },
        { "schema limit", """{"city":"Be""", [], "length", null, null },
        { "schema limit", """{"city":"Bern"}""", [], "stop", true, null },
        { "schema", null, [], "refusal", null, null },
        { "", "anything", [], "stop", null, null },
        { "tools", "anything", [], "stop", null, null },
        { "tools", null, ["""find {"q":"x"}"""], "tools", null, true },
        { "tools", "Let me see.", ["""find {"q":"x","n":3}"""], "tools", null, true },
        { "tools", null, ["""find {"q":7}"""], "tools", null, false },
        { "tools", null, ["""find {"n":1}"""], "tools", null, false },
        { "tools", null, ["find {}"], "tools", null, false },
        { "tools", null, ["""free {"a":[1,{"b":null}]}"""], "tools", null, true },
        { "tools", null, ["free "], "tools", null, true },
        { "tools", null, ["""none {"q":"x"}"""], "tools", null, false },
        { "tools", null, ["""odd {"q":"x"}"""], "tools", null, null },
        { "tools", null, ["""find {"q":"x"}""", """free {}"""], "tools", null, true },
        { "tools", null, ["""find {"q":"x"}""", """find {"q":1}"""], "tools", null, false },
        { "tools", null, ["""odd {}""", """find {"q":1}"""], "tools", null, false },
        { "tools", null, ["""find {"q":"x"}""", """odd {}"""], "tools", null, null },
        { "tools vendor", null, ["""none {"q":"x"}"""], "tools", null, null },
        { "tools vendor", null, ["""find {"q":1}"""], "tools", null, false },
        { AskAll, null, ["""find {"q":"x"}"""], "tools", null, true },
        { AskAll, """{"city":"Bern"}""", [], "stop", true, null },
        { AskAll, """{"city":1}""", [], "stop", false, null },
        { AskAll, null, ["""find {"q":"""], "length", null, null },
    };

    [Theory]
    [MemberData(nameof(Exchanges))]
    public void Chat_Answer_IsJudged(string asked, string? text, string[] calls, string end, bool? schema, bool? tools)
    {
        var heard = AnswerForm.Hear(ChatDialect.Instance, Utf8(ChatAnswer(text, calls, end)));

        Assert.Equal(new AnswerValidity(schema, tools), Demand(ChatDialect.Instance, ChatRequest(asked)).Judge(heard));
    }

    [Theory]
    [MemberData(nameof(Exchanges))]
    public void Chat_Stream_CutAnywhere_IsJudgedAsTheAnswer(string asked, string? text, string[] calls, string end, bool? schema, bool? tools)
    {
        var events = ChatEvents(text, calls, end);
        for (var cut = 0; cut < 40; cut++)
        {
            var heard = Hear(ChatDialect.Instance, ChatRequest(asked), events, cut);
            Assert.Equal(new AnswerValidity(schema, tools), Demand(ChatDialect.Instance, ChatRequest(asked)).Judge(heard));
        }
    }

    [Theory]
    [MemberData(nameof(Exchanges))]
    public void Messages_Answer_IsJudged(string asked, string? text, string[] calls, string end, bool? schema, bool? tools)
    {
        if (end == "length" && calls.Length > 0) return; // a whole answer of the dialect holds no half of an input
        var heard = AnswerForm.Hear(MessagesDialect.Instance, Utf8(MessagesAnswer(text, calls, end)));

        Assert.Equal(new AnswerValidity(schema, tools), Demand(MessagesDialect.Instance, MessagesRequest(asked, older: false)).Judge(heard));
        Assert.Equal(new AnswerValidity(schema, tools), Demand(MessagesDialect.Instance, MessagesRequest(asked, older: true)).Judge(heard));
    }

    [Theory]
    [MemberData(nameof(Exchanges))]
    public void Messages_Stream_CutAnywhere_IsJudgedAsTheAnswer(string asked, string? text, string[] calls, string end, bool? schema, bool? tools)
    {
        var events = MessagesEvents(text, calls, end);
        for (var cut = 0; cut < 40; cut++)
        {
            var heard = Hear(MessagesDialect.Instance, MessagesRequest(asked, older: false), events, cut);
            Assert.Equal(new AnswerValidity(schema, tools), Demand(MessagesDialect.Instance, MessagesRequest(asked, older: false)).Judge(heard));
        }
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("7")]
    [InlineData("\"x\"")]
    [InlineData("{\"q\":\"x\"")]
    [InlineData("{\"q\":\"x\"}}")]
    [InlineData("{\"q\":\"\\ud800\"}")]
    public void Chat_InputThatIsNoObject_IsNoSuccess(string input)
    {
        var demand = Demand(ChatDialect.Instance, ChatRequest("tools"));

        Assert.Equal(new AnswerValidity(null, false), demand.Judge(AnswerForm.Hear(ChatDialect.Instance, Utf8(ChatAnswer(null, ["find " + input], "tools")))));
        Assert.Equal(new AnswerValidity(null, false), demand.Judge(Hear(ChatDialect.Instance, ChatRequest("tools"), ChatEvents(null, ["find " + input], "tools"), 0)));
    }

    [Fact]
    public void Chat_CutOffWithoutALimitOfTheClient_IsNotValid()
    {
        var answer = AnswerForm.Hear(ChatDialect.Instance, Utf8(ChatAnswer("{\"city\":\"Be", [], "length")));

        Assert.Equal(new AnswerValidity(false, null), Demand(ChatDialect.Instance, ChatRequest("schema")).Judge(answer));
    }

    [Fact]
    public void Chat_SchemaThatCannotBeCompiled_IsNotJudged()
    {
        var demand = Demand(ChatDialect.Instance, """{"model":"m","messages":[],"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"$ref":"https://example.com/s"}}}}""");

        Assert.Equal(default, demand.Judge(AnswerForm.Hear(ChatDialect.Instance, Utf8(ChatAnswer("x", [], "stop")))));
    }

    [Fact]
    public void Chat_FirstFormOfTools_IsJudged()
    {
        var demand = Demand(ChatDialect.Instance, $$"""{"model":"m","messages":[],"functions":[{"name":"find","parameters":{{Tool}} }]}""");

        foreach (var (input, expected) in new[] { ("""{"q":"x"}""", true), ("""{"q":1}""", false) })
        {
            var answer = $$$"""{"choices":[{"index":0,"message":{"role":"assistant","content":null,"function_call":{"name":"find","arguments":{{{JsonSerializer.Serialize(input)}}} }},"finish_reason":"function_call"}]}""";
            Assert.Equal(new AnswerValidity(null, expected), demand.Judge(AnswerForm.Hear(ChatDialect.Instance, Utf8(answer))));
        }
    }

    [Fact]
    public void Chat_CallOfAVendorsTool_SaysNothingOfTheSchema()
    {
        var answer = """{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"custom","custom":{"name":"x","input":"y"}}]},"finish_reason":"tool_calls"}]}""";

        Assert.Equal(default, Demand(ChatDialect.Instance, ChatRequest("schema tools vendor")).Judge(AnswerForm.Hear(ChatDialect.Instance, Utf8(answer))));
    }

    [Fact]
    public void Stream_MoreThanAMegabyte_IsNotJudged()
    {
        var piece = new string('x', 64 * 1024);
        var demand = Demand(ChatDialect.Instance, ChatRequest("schema"));

        var fits = Hear(ChatDialect.Instance, ChatRequest("schema"), ChatEvents("{\"city\":\"" + string.Concat(Enumerable.Repeat(piece, 15)) + "\"}", [], "stop", 60_000), 0);
        var much = Hear(ChatDialect.Instance, ChatRequest("schema"), ChatEvents("{\"city\":\"" + string.Concat(Enumerable.Repeat(piece, 17)) + "\"}", [], "stop", 60_000), 0);

        Assert.Equal(new AnswerValidity(true, null), demand.Judge(fits));
        Assert.Equal(default, demand.Judge(much));
        Assert.True(much.Bytes <= HeardAnswer.MostBytes);
    }

    [Fact]
    public void Stream_EventThatTheListenerCannotRead_ChangesNothingAboutTheStream()
    {
        var events = ChatEvents(null, ["find {}"], "tools").Replace("\"find\"", "\"\\ud800\"", StringComparison.Ordinal);
        Assert.True(ChatDialect.Instance.TryPeek(Utf8(ChatRequest("tools stream")), out var peek, out _));
        var (alone, listened) = (ChatDialect.Instance.Observe(peek, withholdUsage: false), ChatDialect.Instance.Observe(peek, withholdUsage: false, new HeardAnswer()));

        var (first, second) = (alone.Observe(Utf8(events), isFinal: true), listened.Observe(Utf8(events), isFinal: true));

        Assert.Equal((first.Consumed, first.HeldFrom, first.ReleasesHeld), (second.Consumed, second.HeldFrom, second.ReleasesHeld));
        Assert.Equal((alone.IsComplete, alone.Error, alone.ContentBytes, alone.ContentEvents), (listened.IsComplete, listened.Error, listened.ContentBytes, listened.ContentEvents));
        Assert.True(alone.IsComplete);
        Assert.True(listened.ListenerMissedSome);
    }

    private static AnswerDemand Demand(IDialect dialect, string request)
    {
        var demand = AnswerForm.ReadDemand(dialect, Utf8(request), new SchemaCache());
        Assert.NotNull(demand);
        return demand;
    }

    private static HeardAnswer Hear(IDialect dialect, string request, string events, int cut)
    {
        Assert.True(dialect.TryPeek(Utf8(request), out var peek, out _));
        var heard = new HeardAnswer();
        var observer = dialect.Observe(peek, withholdUsage: false, heard);
        var bytes = Utf8(events);
        var at = 0;
        // A cut of 0 hands all over at once; others hand over so many bytes more each time.
        for (var to = cut == 0 ? bytes.Length : Math.Min(cut, bytes.Length); ; to = Math.Min(to + cut + 7, bytes.Length))
        {
            at += observer.Observe(bytes.AsSpan(at..to), isFinal: to == bytes.Length).Consumed;
            if (to == bytes.Length) break;
        }

        Assert.True(observer.IsComplete);
        heard.Finish = observer.Finish.Reason;
        heard.IsIncomplete |= observer.ListenerMissedSome;
        return heard;
    }

    private static string ChatRequest(string asked)
    {
        var members = new List<string> { "\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]" };
        if (asked.Contains("schema", StringComparison.Ordinal)) members.Add($$$"""  "response_format":{"type":"json_schema","json_schema":{"name":"s","strict":true,"schema":{{{Schema}}} } }""");
        if (asked.Contains("limit", StringComparison.Ordinal)) members.Add("\"max_completion_tokens\":9");
        if (asked.Contains("tools", StringComparison.Ordinal))
        {
            var vendor = asked.Contains("vendor", StringComparison.Ordinal) ? """,{"type":"custom","custom":{"name":"x"}}""" : "";
            members.Add($$$"""
                "tools":[{"type":"function","function":{"name":"find","parameters":{{{Tool}}} } },{"type":"function","function":{"name":"free"}},
                {"type":"function","function":{"name":"odd","parameters":{"type":"nonsense"} }}{{{vendor}}}]
                """);
        }

        return "{" + string.Join(',', members) + "}";
    }

    private static string MessagesRequest(string asked, bool older)
    {
        // The dialect must have a limit; it matters only where an answer runs into it.
        var members = new List<string> { "\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]" };
        var format = $$$"""{"type":"json_schema","schema":{{{Schema}}} }""";
        if (asked.Contains("schema", StringComparison.Ordinal)) members.Add(older ? "\"output_format\":" + format : "\"output_config\":{\"format\":" + format + "}");
        if (asked.Contains("tools", StringComparison.Ordinal))
        {
            var vendor = asked.Contains("vendor", StringComparison.Ordinal) ? """,{"type":"bash_20250124","name":"bash"}""" : "";
            members.Add($$"""
                "tools":[{"name":"find","input_schema":{{Tool}} },{"name":"free","input_schema":{"type":"object"} },{"name":"odd","input_schema":{"type":"nonsense"} }{{vendor}}]
                """);
        }

        return "{" + string.Join(',', members) + "}";
    }

    private static string ChatAnswer(string? text, string[] calls, string end)
    {
        var message = $"\"role\":\"assistant\",\"content\":{JsonSerializer.Serialize(text)}";
        if (end == "refusal") message += ",\"refusal\":\"No.\"";
        if (calls.Length > 0) message += $",\"tool_calls\":[{string.Join(',', calls.Select((call, i) => ChatCall(i, call, Split(call).Input)))}]";
        return $$$"""{"id":"c1","object":"chat.completion","created":1,"model":"m-1","choices":[{"index":0,"message":{ {{{message}}} },"finish_reason":"{{{ChatEnd(end)}}}"}]}""";
    }

    private static string ChatEvents(string? text, string[] calls, string end, int pieceCharacters = 3)
    {
        var deltas = new List<string> { "\"role\":\"assistant\",\"content\":\"\"" };
        if (end == "refusal") deltas.Add("\"refusal\":\"No.\"");
        deltas.AddRange(Pieces(text ?? "", pieceCharacters).Select(piece => $"\"content\":{piece}"));
        for (var i = 0; i < calls.Length; i++)
        {
            deltas.Add($"\"tool_calls\":[{ChatCall(i, calls[i], "")}]");
            deltas.AddRange(Pieces(Split(calls[i]).Input, pieceCharacters).Select(piece => $$"""
                "tool_calls":[{"index":{{i}},"function":{"arguments":{{piece}} } }]
                """));
        }

        return string.Concat(deltas.Select(delta => Chunk(delta, "null"))) + Chunk("", $"\"{ChatEnd(end)}\"") + "data: [DONE]\n\n";

        static string Chunk(string delta, string finish) => $$$"""data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":{ {{{delta}}} },"finish_reason":{{{finish}}}}]}""" + "\n\n";
    }

    private static string MessagesAnswer(string? text, string[] calls, string end)
    {
        var blocks = new List<string>();
        if (text is not null) blocks.Add($$"""{"type":"text","text":{{JsonSerializer.Serialize(text)}}}""");
        blocks.AddRange(calls.Select((call, i) => $$"""{"type":"tool_use","id":"t{{i}}","name":"{{Split(call).Name}}","input":{{(Split(call).Input is { Length: > 0 } input ? input : "{}")}} }"""));
        return $$"""{"id":"msg_1","type":"message","role":"assistant","model":"m-1","content":[{{string.Join(',', blocks)}}],"stop_reason":"{{MessagesEnd(end)}}","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":3} }""";
    }

    private static string MessagesEvents(string? text, string[] calls, string end)
    {
        var events = new List<string> { """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m-1","content":[],"usage":{"input_tokens":7,"output_tokens":1}}}""" };
        var index = 0;
        if (text is not null) Block("""{"type":"text","text":""}""", "text_delta", "text", text);
        foreach (var call in calls) Block($$$"""{"type":"tool_use","id":"t{{{index}}}","name":"{{{Split(call).Name}}}","input":{}}""", "input_json_delta", "partial_json", Split(call).Input);
        events.Add($$$"""{"type":"message_delta","delta":{"stop_reason":"{{{MessagesEnd(end)}}}","stop_sequence":null},"usage":{"output_tokens":3}}""");
        events.Add("""{"type":"message_stop"}""");
        return string.Concat(events.Select(data => "data: " + data + "\n\n"));

        void Block(string block, string type, string member, string said)
        {
            events.Add($$"""{"type":"content_block_start","index":{{index}},"content_block":{{block}}}""");
            events.AddRange(Pieces(said, 3).Select(piece => $$$"""{"type":"content_block_delta","index":{{{index}}},"delta":{"type":"{{{type}}}","{{{member}}}":{{{piece}}} }}"""));
            events.Add($$"""{"type":"content_block_stop","index":{{index++}}}""");
        }
    }

    private static string ChatCall(int index, string call, string input) =>
        $$$"""{"index":{{{index}}},"id":"t{{{index}}}","type":"function","function":{"name":"{{{Split(call).Name}}}","arguments":{{{JsonSerializer.Serialize(input)}}} }}""";

    private static string ChatEnd(string end) => end switch { "tools" => "tool_calls", "refusal" => "stop", _ => end };

    private static string MessagesEnd(string end) => end switch { "tools" => "tool_use", "length" => "max_tokens", "stop" => "end_turn", _ => end };

    private static (string Name, string Input) Split(string call) => (call[..call.IndexOf(' ', StringComparison.Ordinal)], call[(call.IndexOf(' ', StringComparison.Ordinal) + 1)..]);

    /// <summary>A text in pieces, each spelled as JSON; halves of a character stand in two of them.</summary>
    private static IEnumerable<string> Pieces(string text, int characters) =>
        text.Chunk(characters).Select(piece => "\"" + string.Concat(piece.Select(unit => unit is '"' or '\\' or < ' ' or > '~' ? $"\\u{(int)unit:x4}" : unit.ToString())) + "\"");

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
