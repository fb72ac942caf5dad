using static Fairlead.Dialects.Tests.Semantics.Translating;

namespace Fairlead.Dialects.Tests.Semantics;

/// <summary>Section A of the wire rules: roles and the shape of messages. The number in a name is the rule's.</summary>
public sealed class RolesAndShapeTests
{
    [Fact]
    public void Rule1_LeadingSystemAndDeveloper_BecomeSystem_InOrder_WithTheirMarks()
    {
        var sent = ChatTurns("""
            [{"role":"system","content":"A"},
             {"role":"developer","content":[{"type":"text","text":"B","cache_control":{"type":"ephemeral"}},{"type":"text","text":"C"}]},
             {"role":"user","content":"Hi"}]
            """);

        Same("""[{"type":"text","text":"A"},{"type":"text","text":"B","cache_control":{"type":"ephemeral"}},{"type":"text","text":"C"}]""", sent["system"]);
        Same("""[{"role":"user","content":"Hi"}]""", sent["messages"]);
        Assert.Empty(sent.Losses);
    }

    [Theory]
    [InlineData("\"A\"", "\"A\"")]
    [InlineData("""[{"type":"text","text":"A"},{"type":"text","text":"B"}]""", "\"A\\n\\nB\"")]
    public void Rule1_System_BecomesOneSystemMessage(string system, string content)
    {
        var sent = MessagesMembers($$"""{"max_tokens":9,"system":{{system}}}""");

        Same($$"""[{"role":"system","content":{{content}}},{"role":"user","content":"Hi"}]""", sent["messages"]);
    }

    /// <summary>Templates of open servers know no developer, and OpenAI takes a system message for one.</summary>
    [Fact]
    public void Rule2_System_IsNeverMadeADeveloperMessage()
    {
        var sent = MessagesMembers("""{"max_tokens":9,"system":"A"}""", maxTokens: "max_completion_tokens");

        Assert.Equal(["system", "user"], sent["messages"]!.AsArray().Select(message => message!["role"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("system")]
    [InlineData("developer")]
    public void Rule3_SystemLaterOn_IsFoldedWhereItStands_AndListed(string role)
    {
        var sent = ChatTurns($$"""
            [{"role":"system","content":"A"},{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"},
             {"role":"{{role}}","content":"Be brief."},{"role":"user","content":"Go on"}]
            """);

        Same("\"A\"", sent["system"]);
        Same("""
            [{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"},
             {"role":"user","content":[{"type":"text","text":"<system>\nBe brief.\n</system>"},{"type":"text","text":"Go on"}]}]
            """, sent["messages"]);
        Assert.Equal(["messages[3].role"], sent.Losses);
    }

    [Fact]
    public void Rule3_SystemTurnOfTheOtherDialect_StaysOne_AtItsPlace()
    {
        var sent = MessagesTurns("""[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"},{"role":"system","content":"Be brief."},{"role":"user","content":"Go on"}]""");

        Same("""[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"},{"role":"system","content":"Be brief."},{"role":"user","content":"Go on"}]""", sent["messages"]);
        Assert.Empty(sent.Losses);
    }

    [Fact]
    public void Rule5_NeighboursOfOneRole_BecomeOneTurn()
    {
        var sent = ChatTurns("""
            [{"role":"user","content":"A"},{"role":"user","content":"B"},{"role":"assistant","content":"C"},{"role":"assistant","content":"D"},{"role":"user","content":"E"}]
            """);

        Same("""
            [{"role":"user","content":[{"type":"text","text":"A"},{"type":"text","text":"B"}]},
             {"role":"assistant","content":[{"type":"text","text":"C"},{"type":"text","text":"D"}]},
             {"role":"user","content":"E"}]
            """, sent["messages"]);
    }

    [Fact]
    public void Rule6_EmptyTexts_AreNotSent_AndTheCallsBesideThemAre()
    {
        var sent = ChatTurns("""
            [{"role":"system","content":" "},{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":"A"}]},
             {"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":""},{"type":"text","text":"\n"}]},
             {"role":"user","content":""}]
            """);

        Assert.Null(sent["system"]);
        Same("""
            [{"role":"user","content":"A"},{"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[]}]}]
            """, sent["messages"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"content\":null,")]
    [InlineData("\"content\":\"\",")]
    [InlineData("\"content\":[],")]
    public void Rule7_NoContentBesideCalls_IsReadAlike(string content)
    {
        var message = $$$"""{"role":"assistant",{{{content}}}"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}""";

        var sent = ChatTurns($$"""[{"role":"user","content":"A"},{{message}},{"role":"tool","tool_call_id":"c1","content":"r"}]""");
        var told = ChatMessage(message, "tool_calls");

        Same("""[{"type":"tool_use","id":"c1","name":"f","input":{}}]""", sent["messages"]![1]!["content"]);
        Same("""[{"type":"tool_use","id":"c1","name":"f","input":{}}]""", told["content"]);
    }

    [Fact]
    public void Rule7_CallsWithoutText_HaveContentNull()
    {
        var told = MessagesContent("""[{"type":"tool_use","id":"t1","name":"f","input":{}}]""", "\"stop_reason\":\"tool_use\"");
        var sent = MessagesTurns("""[{"role":"user","content":"A"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"}]}]""");

        Same("""{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]}""", told["choices"]![0]!["message"]);
        Same("""{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]}""", sent["messages"]![1]);
    }

    [Theory]
    [InlineData("\"A\"")]
    [InlineData("""[{"type":"text","text":"A"}]""")]
    public void Rule8_OneTextPart_IsAPlainText(string content)
    {
        var turns = $$"""[{"role":"user","content":{{content}}},{"role":"assistant","content":{{content}}},{"role":"user","content":{{content}}}]""";
        const string expected = """[{"role":"user","content":"A"},{"role":"assistant","content":"A"},{"role":"user","content":"A"}]""";

        Same(expected, ChatTurns(turns)["messages"]);
        Same(expected, MessagesTurns(turns)["messages"]);
    }

    [Fact]
    public void Rule8_PartThatNobodyKnows_IsRefused_AndNamed()
    {
        var sent = ChatTurns("""[{"role":"user","content":[{"type":"text","text":"A"},{"type":"hologram","hologram":{}}]}]""");
        var back = MessagesTurns("""[{"role":"user","content":[{"type":"hologram"}]}]""");

        Refused("unsupported_parameter", "messages[0].content[1]", sent);
        Assert.Equal("cannot carry messages[0].content[1] (hologram)", sent.Refusal!.Reason);
        Refused("unsupported_parameter", "messages[0].content[0]", back);
    }

    [Fact]
    public void Rule9_AnswerThatIsBegun_PassesToAnthropic_AndIsRefusedElsewhere()
    {
        const string turns = """[{"role":"user","content":"A"},{"role":"assistant","content":"The answer is"}]""";

        Same(turns, ChatTurns(turns)["messages"]);
        Refused("unsupported_parameter", "messages[1]", MessagesTurns(turns));
    }

    private const string MistralContent = """[{"type":"thinking","thinking":[{"type":"text","text":"Hm."}],"closed":true},{"type":"text","text":"8"}]""";

    [Fact]
    public void Rule10_ContentOfThoughtsAndText_IsReadAsBoth()
    {
        var told = ChatMessage($$"""{"role":"assistant","tool_calls":null,"content":{{MistralContent}}}""");

        Same("""[{"type":"thinking","thinking":"Hm.","signature":"fairlead."},{"type":"text","text":"8"}]""", told["content"]);
        Assert.Empty(told.Losses);
    }

    [Fact]
    public void Rule10_ContentOfThoughtsAndText_IsReadAsBoth_Streamed()
    {
        var streamed = ChatStream(
            Chunk("""{"role":"assistant","content":""}"""),
            Chunk("""{"content":[{"type":"thinking","thinking":[{"type":"text","text":"H"}]}]}"""),
            Chunk("""{"content":[{"type":"thinking","thinking":[{"type":"text","text":"m."}]}]}"""),
            Chunk("""{"content":"8"}"""),
            ChatEnd());

        Assert.Equal(["H", "m."], streamed.All.Select(read => read!["delta"]?["thinking"]?.GetValue<string>()).OfType<string>());
        Assert.Equal(["8"], streamed.All.Select(read => read!["delta"]?["text"]?.GetValue<string>()).OfType<string>());
    }
}
