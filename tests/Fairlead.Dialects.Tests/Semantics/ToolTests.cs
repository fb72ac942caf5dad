using System.Text;
using Fairlead.Core.Execution;
using static Fairlead.Dialects.Tests.Semantics.Translating;

namespace Fairlead.Dialects.Tests.Semantics;

/// <summary>Section B of the wire rules: tools. The number in a name is the rule's.</summary>
public sealed class ToolTests
{
    private const string Call = """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}""";
    private const string Result = """{"role":"tool","tool_call_id":"c1","content":"r"}""";

    [Theory]
    [InlineData("call_abc-1", "call_abc-1")]
    [InlineData("functions.f:0", "fl_ZnVuY3Rpb25zLmY6MA")]
    [InlineData("fl_ZnVuY3Rpb25zLmY6MA", "fl_ZnVuY3Rpb25zLmY6MA")]
    [InlineData("ü", "fl_w7w")]
    public void Rule11_IdOfACall_AgreesInCallAndResult_AndIsItselfOnTheWayBack(string id, string there)
    {
        var sent = ChatTurns($$$"""
            [{"role":"user","content":"A"},{"role":"assistant","tool_calls":[{"id":"{{{id}}}","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"{{{id}}}","content":"r"}]
            """);

        Assert.Equal(there, sent["messages"]![1]!["content"]![0]!["id"]!.GetValue<string>());
        Assert.Equal(there, sent["messages"]![2]!["content"]![0]!["tool_use_id"]!.GetValue<string>());
    }

    /// <summary>A call that a chat vendor made goes to a Messages client and comes back with its result.</summary>
    [Theory]
    [InlineData("call_abc-1")]
    [InlineData("functions.f:0")]
    [InlineData("ü")]
    public void Rule11_IdThatAClientSendsBack_IsTheVendorsOwn(string id)
    {
        var told = ChatMessage($$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"{{{id}}}","type":"function","function":{"name":"f","arguments":"{}"}}]}""", "tool_calls");
        var shown = told["content"]![0]!["id"]!.GetValue<string>();

        var sent = MessagesTurns($$"""
            [{"role":"user","content":"A"},{"role":"assistant","content":{{told["content"]!.ToJsonString()}}},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"{{shown}}","content":"r"}]}]
            """);

        Assert.Matches("^[a-zA-Z0-9_-]+$", shown);
        Assert.Equal(id, sent["messages"]![1]!["tool_calls"]![0]!["id"]!.GetValue<string>());
        Assert.Equal(id, sent["messages"]![2]!["tool_call_id"]!.GetValue<string>());
    }

    [Fact]
    public void Rule16_ResultsInTheNextTurn_ComeFirst()
    {
        var sent = ChatTurns($$$"""
            [{"role":"user","content":"A"},{"role":"assistant","content":null,"tool_calls":[
                {"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"c2","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {{{Result}}},{"role":"user","content":"B"},{"role":"tool","tool_call_id":"c2","content":"s"}]
            """);

        Same("""
            [{"type":"tool_result","tool_use_id":"c1","content":"r"},{"type":"tool_result","tool_use_id":"c2","content":"s"},{"type":"text","text":"B"}]
            """, sent["messages"]![2]!["content"]);
        Assert.Equal(3, sent["messages"]!.AsArray().Count);
    }

    [Fact]
    public void Rule16_ResultsBeforeTexts_AreMessagesOfTheirOwn_RightBehindTheCalls()
    {
        var sent = MessagesTurns("""
            [{"role":"user","content":"A"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}},{"type":"tool_use","id":"t2","name":"f","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"r"},{"type":"tool_result","tool_use_id":"t2","content":"s"},{"type":"text","text":"B"}]}]
            """);

        Same("""[{"role":"tool","tool_call_id":"t1","content":"r"},{"role":"tool","tool_call_id":"t2","content":"s"},{"role":"user","content":"B"}]""",
            new System.Text.Json.Nodes.JsonArray([.. sent["messages"]!.AsArray().Skip(2).Select(message => message!.DeepClone())]));
    }

    [Fact]
    public void Rule17_SeveralToolMessages_BecomeOneTurn()
    {
        var sent = ChatTurns($$$"""
            [{"role":"user","content":"A"},{"role":"assistant","content":null,"tool_calls":[
                {"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]},
             {{{Result}}},{"role":"tool","tool_call_id":"c2","content":"s"}]
            """);

        Same("""
            [{"role":"user","content":"A"},
             {"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{}},{"type":"tool_use","id":"c2","name":"g","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"r"},{"type":"tool_result","tool_use_id":"c2","content":"s"}]}]
            """, sent["messages"]);
    }

    [Theory]
    [InlineData("[{\"role\":\"user\",\"content\":\"A\"},RESULT]", "messages[1]")]
    [InlineData("[{\"role\":\"user\",\"content\":\"A\"},CALL]", "messages")]
    [InlineData("[{\"role\":\"user\",\"content\":\"A\"},CALL,{\"role\":\"user\",\"content\":\"B\"}]", "messages")]
    [InlineData("[{\"role\":\"user\",\"content\":\"A\"},CALL,{\"role\":\"assistant\",\"content\":\"B\"},RESULT]", "messages")]
    [InlineData("[{\"role\":\"user\",\"content\":\"A\"},CALL,RESULT,RESULT]", "messages[3]")]
    public void Rule18_OrphanOfAChatClient_IsRefused_WithItsId(string turns, string member)
    {
        var sent = ChatTurns(turns.Replace("CALL", Call, StringComparison.Ordinal).Replace("RESULT", Result, StringComparison.Ordinal));

        Refused("invalid_value", member, sent);
        Assert.Contains("'c1'", sent.Refusal!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[{\"role\":\"user\",\"content\":[RESULT]}]", "messages[0].content[0]")]
    [InlineData("[{\"role\":\"assistant\",\"content\":[CALL]},{\"role\":\"user\",\"content\":\"B\"}]", "messages")]
    public void Rule18_OrphanOfAMessagesClient_IsRefused_WithItsId(string turns, string member)
    {
        var sent = MessagesTurns(turns
            .Replace("CALL", """{"type":"tool_use","id":"t1","name":"f","input":{}}""", StringComparison.Ordinal)
            .Replace("RESULT", """{"type":"tool_result","tool_use_id":"t1","content":"r"}""", StringComparison.Ordinal));

        Refused("invalid_value", member, sent);
        Assert.Contains("'t1'", sent.Refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule19_ServerToolsOfAHistory_AreRefused_NotPaired()
    {
        var sent = MessagesTurns("""
            [{"role":"user","content":"A"},
             {"role":"assistant","content":[{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}},{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]},{"type":"tool_use","id":"t1","name":"f","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"r"}]}]
            """);

        Refused("unsupported_parameter", "messages[1].content[0]", sent);
    }

    [Fact]
    public void Rule19_ServerToolsOfAnAnswer_AreListed_AndTheClientsCallIsTheOnlyOne()
    {
        const string search = """{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}""";
        const string found = """{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]}""";

        var told = MessagesContent($$$"""[{{{search}}},{{{found}}},{"type":"tool_use","id":"t1","name":"f","input":{"a":1}}]""", "\"stop_reason\":\"tool_use\"");
        var streamed = MessagesStream(
            Start(),
            Block(0, search, """{"type":"input_json_delta","partial_json":"{\"query\":1}"}"""),
            Block(1, found),
            Block(2, """{"type":"tool_use","id":"t1","name":"f","input":{}}""", """{"type":"input_json_delta","partial_json":"{\"a\":1}"}"""),
            MessagesEnd("tool_use"));

        Same("""[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]""", told["choices"]![0]!["message"]!["tool_calls"]);
        Assert.Equal(["""0 t1 f {"a":1}"""], streamed.Calls);
        Assert.Equal(["server_tool_use", "web_search_tool_result"], told.Losses);
        Assert.Equal(["server_tool_use", "web_search_tool_result"], streamed.Losses);
    }

    [Theory]
    [InlineData("\"{\\\"a\\\": 1, \\\"b\\\":[\\\"ü\\\"]}\"", """{"a":1,"b":["ü"]}""")]
    [InlineData("\"\"", "{}")]
    [InlineData("\" \"", "{}")]
    [InlineData("""{"a":1}""", """{"a":1}""")]
    [InlineData("null", "{}")]
    public void Rule20_Arguments_AreATextHere_AndAnObjectThere(string arguments, string input)
    {
        var call = $$$"""{"id":"c1","type":"function","function":{"name":"f","arguments":{{{arguments}}} }}""";

        var sent = ChatTurns($$"""[{"role":"user","content":"A"},{"role":"assistant","tool_calls":[{{call}}]},{{Result}}]""");
        var told = ChatMessage($$"""{"role":"assistant","content":null,"tool_calls":[{{call}}]}""", "tool_calls");

        Same(input, sent["messages"]![1]!["content"]![0]!["input"]);
        Same(input, told["content"]![0]!["input"]);
    }

    [Fact]
    public void Rule20_Input_IsAnObjectThere_AndATextHere()
    {
        const string use = """{"type":"tool_use","id":"t1","name":"f","input":{"a":1,"b":["ü"]}}""";

        var sent = MessagesTurns($$"""[{"role":"user","content":"A"},{"role":"assistant","content":[{{use}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"}]}]""");
        var told = MessagesContent($"[{use}]", "\"stop_reason\":\"tool_use\"");

        Assert.Equal("""{"a":1,"b":["ü"]}""", sent["messages"]![1]!["tool_calls"]![0]!["function"]!["arguments"]!.GetValue<string>());
        Assert.Equal("""{"a":1,"b":["ü"]}""", told["choices"]![0]!["message"]!["tool_calls"]![0]!["function"]!["arguments"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{\\\"a\\\":")]
    [InlineData("hello")]
    public void Rule20_ArgumentsThatAreNoObject_AreRefused(string arguments)
    {
        var sent = ChatTurns($$$"""[{"role":"user","content":"A"},{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{{{arguments}}}"}}]},{{{Result}}}]""");

        Refused("invalid_value", "messages[1].tool_calls[0].function.arguments", sent);
    }

    private static Streamed TextAndTwoCalls() => MessagesStream(
        Start(),
        TextBlock(0, "So"),
        Block(1, """{"type":"tool_use","id":"t1","name":"f","input":{}}""", """{"type":"input_json_delta","partial_json":""}""", """{"type":"input_json_delta","partial_json":"{\"a\""}""", """{"type":"input_json_delta","partial_json":": 1}"}"""),
        Block(3, """{"type":"tool_use","id":"t2","name":"g","input":{}}""", """{"type":"input_json_delta","partial_json":"{\"b\": 2}"}"""),
        MessagesEnd("tool_use"));

    [Fact]
    public void Rule21_CallsOfAStream_AreCountedFromZero_NotByBlock() => Assert.Equal(["""0 t1 f {"a": 1}""", """1 t2 g {"b": 2}"""], TextAndTwoCalls().Calls);

    [Fact]
    public void Rule22_IndexOfABlock_IsNoIndexOfAChoice() =>
        Assert.All(TextAndTwoCalls().All.SelectMany(chunk => chunk!["choices"]!.AsArray()), choice => Assert.Equal(0, choice!["index"]!.GetValue<int>()));

    [Fact]
    public void Rule23_FirstDeltaOfACall_AloneHasIdTypeAndName()
    {
        var streamed = MessagesStream(
            Start(),
            Block(0, """{"type":"tool_use","id":"t1","name":"f","input":{}}""", """{"type":"input_json_delta","partial_json":"{\"a\""}""", """{"type":"input_json_delta","partial_json":":1}"}"""),
            MessagesEnd("tool_use"));

        Same("""
            [{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":""}}]},
             {"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]},
             {"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]},
             {}]
            """, streamed.Deltas);
    }

    /// <summary>Some servers repeat id and name with every fragment, or make a new id: the call is the first one's.</summary>
    [Fact]
    public void Rule23_IdAndNameThatAreRepeated_AreOneCall()
    {
        var streamed = ChatStream(
            Chunk("""{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\""}}]}"""),
            Chunk("""{"tool_calls":[{"index":0,"id":"c9","type":"function","function":{"name":"f","arguments":":1}"}}]}"""),
            ChatEnd("tool_calls"));

        Assert.Equal(["""c1 f {"a":1}"""], streamed.ToolUses);
    }

    [Fact]
    public void Rule24_WholeCallsAndFragments_AddUpToTheSame()
    {
        string[] expected = ["""c1 f {"a": 1}""", """c2 g {"b": 2}"""];

        var whole = ChatStream(
            Chunk("""{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}},{"index":1,"id":"c2","type":"function","function":{"name":"g","arguments":"{\"b\": 2}"}}]}"""),
            ChatEnd("tool_calls"));
        var fragments = ChatStream(
            Chunk("""{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}]}"""),
            Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\": "}}]}"""),
            Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"""),
            Chunk("""{"tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"g","arguments":""}}]}"""),
            Chunk("""{"tool_calls":[{"index":1,"function":{"arguments":"{\"b\": 2}"}}]}"""),
            ChatEnd("tool_calls"));

        Assert.Equal(expected, whole.ToolUses);
        Assert.Equal(expected, fragments.ToolUses);
    }

    [Fact]
    public void Rule24_CallWithoutInput_HasAnEmptyObject()
    {
        var chat = MessagesStream(Start(), Block(0, """{"type":"tool_use","id":"t1","name":"f","input":{}}""", """{"type":"input_json_delta","partial_json":""}"""), MessagesEnd("tool_use"));
        var whole = MessagesStream(Start(), Block(0, """{"type":"tool_use","id":"t1","name":"f","input":{"a":1}}"""), MessagesEnd("tool_use"));
        var messages = ChatStream(Chunk("""{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"null"}}]}"""), ChatEnd("tool_calls"));

        Assert.Equal(["0 t1 f {}"], chat.Calls);
        Assert.Equal(["""0 t1 f {"a":1}"""], whole.Calls);
        Assert.Equal(["c1 f "], messages.ToolUses); // no fragment: to clients of the dialect that is the empty object of its start
        Same("""{"type":"tool_use","id":"c1","name":"f","input":{}}""", messages.All[1]!["content_block"]);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule24_RecordedCalls_AddUp()
    {
        var fragments = MessagesStream(RecordedBody("4a6437ebea5ab855"));
        var whole = ChatStream(RecordedBody("caee1edba9b57479"));

        Assert.Equal(["""0 toolu_01A get_weather {"location": "New York, NY"}"""], fragments.Calls.Take(1).Select(call => System.Text.RegularExpressions.Regex.Replace(call, "toolu_[A-Za-z0-9]+", "toolu_01A")));
        Assert.Equal(["""{"timezone": "America/New_York"}"""], fragments.Calls.Skip(1).Select(call => call.Split(' ', 4)[3]));
        Assert.Equal(["""call_47876210 add {"a":2,"b":3}""", """call_97132951 multiply {"a":2,"b":3}"""], whole.ToolUses);
    }

    [Fact]
    public void Rule25_FirstIndexThatIsNotZero_IsCountedAnew()
    {
        var streamed = ChatStream(
            Chunk("""{"tool_calls":[{"index":1,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":"}}]}"""),
            Chunk("""{"tool_calls":[{"index":1,"function":{"arguments":"1}"}}]}"""),
            Chunk("""{"tool_calls":[{"index":4,"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]}"""),
            ChatEnd("tool_calls"));

        Assert.Equal(["""c1 f {"a":1}""", "c2 g {}"], streamed.ToolUses);
        Assert.Equal([0, 1], streamed.All.Where(read => read!["type"]!.GetValue<string>() == "content_block_start").Select(read => read!["index"]!.GetValue<int>()));
    }

    [Fact]
    public void Rule26_CallsWithoutAnId_GetOneEach_ThatStays()
    {
        const string first = """{"tool_calls":[{"index":0,"type":"function","function":{"name":"f","arguments":"{\"a\":"}}]}""";
        var streamed = ChatStream(
            Chunk(first),
            Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"""),
            Chunk("""{"tool_calls":[{"index":1,"id":"","type":"function","function":{"name":"f","arguments":"{}"}}]}"""),
            ChatEnd("tool_calls"));
        var told = ChatMessage("""{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":"{}"}},{"type":"function","function":{"name":"f","arguments":"{}"}}]}""", "tool_calls");

        Assert.Equal(["""call_req_1_0 f {"a":1}""", "call_req_1_1 f {}"], streamed.ToolUses);
        Assert.Equal(["call_req_1_0", "call_req_1_1"], told["content"]!.AsArray().Select(block => block!["id"]!.GetValue<string>()));
    }

    private static Streamed Interleaved() => ChatStream(
        Chunk("""{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}},{"index":1,"id":"c2","type":"function","function":{"name":"g","arguments":""}}]}"""),
        Chunk("""{"tool_calls":[{"index":1,"function":{"arguments":"{\"b\":"}},{"index":0,"function":{"arguments":"{\"a\":"}}]}"""),
        Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"""),
        Chunk("""{"tool_calls":[{"index":1,"function":{"arguments":"2}"}}]}"""),
        ChatEnd("tool_calls"));

    [Fact]
    public void Rule27_ArgumentsThatAlternate_AreKeptApart() => Assert.Equal(["""c1 f {"a":1}""", """c2 g {"b":2}"""], Interleaved().ToolUses);

    [Fact]
    public void Rule27_BlocksThatAlternate_AreKeptApart()
    {
        var streamed = MessagesStream(
            Start(),
            Data("""{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}}"""),
            Data("""{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t2","name":"g","input":{}}}"""),
            Data("""{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"b\":"}}"""),
            Data("""{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}"""),
            Data("""{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"2}"}}"""),
            Data("""{"type":"content_block_stop","index":0}"""),
            Data("""{"type":"content_block_stop","index":1}"""),
            MessagesEnd("tool_use"));

        Assert.Equal(["""0 t1 f {"a":1}""", """1 t2 g {"b":2}"""], streamed.Calls);
    }

    [Fact]
    public void Rule28_ParallelCalls_OpenAndCloseABlockEach_OneAtATime()
    {
        Assert.Equal(
            ["start 0", "delta 0", "delta 0", "stop 0", "start 1", "delta 1", "stop 1"],
            Interleaved().All.Where(read => read!["index"] is not null).Select(read => read!["type"]!.GetValue<string>()["content_block_".Length..] + " " + read["index"]));
    }

    [Theory]
    [InlineData("\"auto\"", """{"type":"auto"}""")]
    [InlineData("\"none\"", """{"type":"none"}""")]
    [InlineData("\"required\"", """{"type":"any"}""")]
    [InlineData("""{"type":"function","function":{"name":"f"}}""", """{"type":"tool","name":"f"}""")]
    public void Rule29_ToolChoice_HasItsWordInEachDialect(string chat, string messages)
    {
        var sent = ChatMembers($$$"""{"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{{{chat}}}}""");
        var back = MessagesMembers($$$"""{"max_tokens":9,"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{{{messages}}}}""");

        Same(messages, sent["tool_choice"]);
        Same(chat, back["tool_choice"]);
    }

    [Theory]
    [InlineData("", """{"type":"auto","disable_parallel_tool_use":true}""")]
    [InlineData(",\"tool_choice\":\"auto\"", """{"type":"auto","disable_parallel_tool_use":true}""")]
    [InlineData(",\"tool_choice\":\"required\"", """{"type":"any","disable_parallel_tool_use":true}""")]
    [InlineData(",\"tool_choice\":\"none\"", """{"type":"none"}""")]
    public void Rule30_OneCallAtATime_StandsWithinAChoice_AndForcesNone(string choice, string expected)
    {
        var sent = ChatMembers($$$"""{"tools":[{"type":"function","function":{"name":"f"}}],"parallel_tool_calls":false{{{choice}}}}""");

        Same(expected, sent["tool_choice"]);
    }

    [Fact]
    public void Rule30_SeveralCallsAtOnce_AreTheDefault_AndSayNothing() =>
        Assert.Null(ChatMembers("""{"tools":[{"type":"function","function":{"name":"f"}}],"parallel_tool_calls":true}""")["tool_choice"]);

    [Fact]
    public void Rule30_DisabledParallelUse_IsFalseThere() =>
        Same("false", MessagesMembers("""{"max_tokens":9,"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}""")["parallel_tool_calls"]);

    [Fact]
    public void Rule31_CallsInTheHistory_HaveTheirTools_ThoughNoneAreOffered()
    {
        var sent = ChatTurns($$"""[{"role":"user","content":"A"},{{Call}},{{Result}}]""");

        Same("""[{"name":"f","input_schema":{"type":"object","properties":{}}}]""", sent["tools"]);
        Same("""{"type":"none"}""", sent["tool_choice"]);
    }

    [Theory]
    [InlineData("\"r\"", "\"r\"")]
    [InlineData("\"{\\\"a\\\":1}\"", "\"{\\\"a\\\":1}\"")]
    [InlineData("""[{"type":"text","text":"r"},{"type":"text","text":"s"}]""", """[{"type":"text","text":"r"},{"type":"text","text":"s"}]""")]
    [InlineData("""[{"type":"text","text":"r"},{"type":"image_url","image_url":{"url":"https://x.test/a.png"}}]""", """[{"type":"text","text":"r"},{"type":"image","source":{"type":"url","url":"https://x.test/a.png"}}]""")]
    public void Rule33_Result_OfWhateverForm_Survives(string content, string expected)
    {
        var sent = ChatTurns($$"""[{"role":"user","content":"A"},{{Call}},{"role":"tool","tool_call_id":"c1","content":{{content}}}]""");

        Same($$"""[{"type":"tool_result","tool_use_id":"c1","content":{{expected}}}]""", sent["messages"]![2]!["content"]);
    }

    private static Sent ResultOf(string members) => MessagesTurns($$$"""
        [{"role":"user","content":"A"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1",{{{members}}}}]}]
        """);

    [Fact]
    public void Rule33_ErrorOfATool_IsListed_WhereTheDialectHasNoWord()
    {
        var sent = ResultOf("\"content\":\"no such file\",\"is_error\":true");

        Same("""{"role":"tool","tool_call_id":"t1","content":"no such file"}""", sent["messages"]![2]);
        Assert.Equal(["messages[2].content[0].is_error"], sent.Losses);
    }

    [Theory]
    [InlineData("""{"type":"image","source":{"type":"url","url":"https://x.test/a.png"}}""")]
    [InlineData("""{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERg=="}}""")]
    [InlineData("""{"type":"search_result","source":"s","title":"t","content":[]}""")]
    public void Rule33_ResultThatIsNoText_IsRefused_NotMadeOne(string part) => Refused("unsupported_parameter", "messages[2].content[0]", ResultOf($"\"content\":[{part}]"));

    [Theory]
    [InlineData("stop")]
    [InlineData("tool_calls")]
    [InlineData("completed")]
    public void Rule35_AnswerWithACall_EndsForIt_WhateverTheVendorSays(string finish)
    {
        const string call = """{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}""";

        var told = ChatMessage($$"""{"role":"assistant","content":null,"tool_calls":[{{call}}]}""", finish);
        var streamed = ChatStream(Chunk($$"""{"tool_calls":[{{call}}]}"""), ChatEnd(finish));

        Same("\"tool_use\"", told["stop_reason"]);
        Same("\"tool_use\"", streamed.All[^2]!["delta"]!["stop_reason"]);
    }

    [Fact]
    public void Rule35_AnswerWithACall_EndsForIt_ToAChatClient()
    {
        const string use = """{"type":"tool_use","id":"t1","name":"f","input":{}}""";

        var told = MessagesContent($"[{use}]");
        var streamed = MessagesStream(Start(), Block(0, use), MessagesEnd());

        Same("\"tool_calls\"", told["choices"]![0]!["finish_reason"]);
        Assert.Equal("tool_calls", streamed.All.Select(chunk => chunk!["choices"]!.AsArray().FirstOrDefault()?["finish_reason"]?.GetValue<string>()).Last(reason => reason is not null));
    }

    [Fact]
    public void Rule36_FinishReason_StandsOnTheLastChunkAlone()
    {
        var reasons = TextAndTwoCalls().All.SelectMany(chunk => chunk!["choices"]!.AsArray()).Select(choice => choice!.AsObject()["finish_reason"]?.GetValue<string>()).ToList();

        Assert.All(reasons.SkipLast(1), Assert.Null);
        Assert.Equal("tool_calls", reasons[^1]);
        Assert.All(TextAndTwoCalls().All.SelectMany(chunk => chunk!["choices"]!.AsArray()), choice => Assert.True(choice!.AsObject().ContainsKey("finish_reason")));
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule37_CallThatTheVendorCouldNotRead_IsAnErrorWithItsCode()
    {
        var streamed = ChatStream(RecordedBody("8e947bc80e736f76"));

        Assert.False(streamed.IsComplete);
        Assert.Equal((FailureClass.SchemaInvalid, "tool_use_failed"), (streamed.Error!.Class, streamed.Error.Code));
        Assert.StartsWith("Tool call validation failed", streamed.Error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("message_stop", streamed.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\\\"a\\\":")]
    [InlineData("[1]")]
    public void Rule37_CallWhoseInputIsNoObject_IsNoAnswer(string arguments) =>
        Assert.Null(ChatMessage($$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{{{arguments}}}"}}]}""", "tool_calls").Body);

    private const string Functions = """{"model":"m","functions":[{"name":"f","parameters":{"type":"object","properties":{}}}],"function_call":{"name":"f"},"messages":[{"role":"user","content":"A"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},{"role":"function","name":"f","content":"r"}]}""";

    [Fact]
    public void Rule38_FunctionsOfTheFirstForm_AreTools()
    {
        var sent = ChatToMessages(Functions);

        Same("""[{"name":"f","input_schema":{"type":"object","properties":{}}}]""", sent["tools"]);
        Same("""{"type":"tool","name":"f","disable_parallel_tool_use":true}""", sent["tool_choice"]); // the form has room for one call
        Same("""
            [{"role":"user","content":"A"},{"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"f","input":{"a":1}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"r"}]}]
            """, sent["messages"]);
        Assert.Empty(sent.Losses);
    }

    [Fact]
    public void Rule38_AnswerInTheFirstForm_HasAFunctionCall()
    {
        const string use = """{"type":"tool_use","id":"t1","name":"f","input":{}}""";

        var told = MessagesContent($"[{use}]", "\"stop_reason\":\"tool_use\"", usesFunctions: true);
        var streamed = MessagesStream(
            Encoding.UTF8.GetBytes(Start() + Block(0, use, """{"type":"input_json_delta","partial_json":"{\"a\":1}"}""") + MessagesEnd("tool_use")), usesFunctions: true);

        Same("""{"role":"assistant","content":null,"refusal":null,"function_call":{"name":"f","arguments":"{}"}}""", told["choices"]![0]!["message"]);
        Same("\"function_call\"", told["choices"]![0]!["finish_reason"]);
        Same("""[{"function_call":{"name":"f","arguments":""}},{"function_call":{"arguments":"{\"a\":1}"}},{}]""", streamed.Deltas);
    }
}
