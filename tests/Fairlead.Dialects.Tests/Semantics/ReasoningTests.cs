using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using static Fairlead.Dialects.Tests.Semantics.Translating;

namespace Fairlead.Dialects.Tests.Semantics;

/// <summary>Section C of the wire rules: reasoning. The number in a name is the rule's.</summary>
public sealed class ReasoningTests
{
    private static readonly ModelFacts TakesBudget = new() { Reasoning = true, ThinkingBudget = true };
    private static readonly ModelFacts TakesEffort = new() { Reasoning = true, Efforts = ["low", "medium", "high"] };

    private const string Signed = """{"type":"thinking","thinking":"Hm.","signature":"c2ln"}""";
    private const string Use = """{"type":"tool_use","id":"t1","name":"f","input":{}}""";
    private const string SignedDetail = """{"type":"reasoning.text","text":"Hm.","signature":"c2ln","format":"anthropic-claude-v1","index":0}""";

    [Fact]
    public void Rule39_SignedThought_GoesBackFirst_AsItWas()
    {
        var sent = ChatTurns($$$"""
            [{"role":"user","content":"A"},
             {"role":"assistant","content":"So","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}],"reasoning_details":[{{{SignedDetail}}}]},
             {"role":"tool","tool_call_id":"t1","content":"r"}]
            """);

        Same($$"""[{{Signed}},{"type":"text","text":"So"},{{Use}}]""", sent["messages"]![1]!["content"]);
        Assert.Empty(sent.Losses);
    }

    [Fact]
    public void Rule40_SignatureBehindItsThought_IsCarriedToAChatClient()
    {
        var streamed = MessagesStream(
            Start(),
            Block(0, """{"type":"thinking","thinking":"","signature":""}""", """{"type":"thinking_delta","thinking":"H"}""", """{"type":"thinking_delta","thinking":"m."}""", """{"type":"signature_delta","signature":"c2ln"}"""),
            TextBlock(1, "So"),
            MessagesEnd());

        Same($$"""[{"reasoning_content":"H"},{"reasoning_content":"m."},{"reasoning_details":[{{SignedDetail}}]},{"content":"So"},{}]""", streamed.Deltas);
    }

    [Fact]
    public void Rule40_SignatureBehindItsThought_IsCarriedToAMessagesClient()
    {
        var streamed = ChatStream(
            Chunk("""{"reasoning_details":[{"type":"reasoning.text","text":"Hm.","format":"anthropic-claude-v1","index":0}]}"""),
            Chunk("""{"reasoning_details":[{"type":"reasoning.text","signature":"c2ln","format":"anthropic-claude-v1","index":0}]}"""),
            Chunk("""{"content":"So"}"""),
            ChatEnd());

        Same("""
            [{"type":"thinking_delta","thinking":"Hm."},{"type":"signature_delta","signature":"c2ln"},{"type":"text_delta","text":"So"}]
            """, DeltasOfBlocks(streamed));
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule40_RecordedSignature_IsCarried()
    {
        var streamed = MessagesStream(RecordedBody("8a97d8085c86fdfd"));

        Same("""{"reasoning_details":[{"type":"reasoning.text","text":"","signature":"signature_REDACTED_3","format":"anthropic-claude-v1","index":0}]}""", streamed.Deltas[0]);
    }

    /// <summary>To a chat client and back with its next message.</summary>
    [Theory]
    [InlineData("""{"type":"redacted_thinking","data":"b3BhcXVl"}""")]
    [InlineData("""{"type":"thinking","thinking":"","signature":"c2ln"}""")]
    public void Rule41_ThoughtThatNobodySees_ComesBackAsItWas(string thought)
    {
        var told = MessagesContent($$"""[{{thought}},{"type":"text","text":"So"}]""");

        var sent = ChatTurns($$"""[{"role":"user","content":"A"},{{told["choices"]![0]!["message"]!.ToJsonString()}},{"role":"user","content":"B"}]""");

        Same($$"""[{{thought}},{"type":"text","text":"So"}]""", sent["messages"]![1]!["content"]);
    }

    [Fact]
    public void Rule41_RedactedThoughtOfAStream_IsCarried()
    {
        var streamed = MessagesStream(Start(), Block(0, """{"type":"redacted_thinking","data":"b3BhcXVl"}"""), TextBlock(1, "So"), MessagesEnd());

        Same("""[{"reasoning_details":[{"type":"reasoning.encrypted","data":"b3BhcXVl","format":"anthropic-claude-v1","index":0}]},{"content":"So"},{}]""", streamed.Deltas);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule41_RecordedRedactedThought_IsCarried()
    {
        var told = MessagesAnswer(Encoding.UTF8.GetString(RecordedBody("9d3925f68af805f4")));

        Same("""[{"type":"reasoning.encrypted","data":"redacted_thinking_REDACTED_2","format":"anthropic-claude-v1","index":0}]""", told["choices"]![0]!["message"]!["reasoning_details"]);
    }

    [Fact]
    public void Rule42_StreamThatIsMade_HasASignatureToo()
    {
        var streamed = ChatStream(Chunk("""{"reasoning_content":"Hm."}"""), Chunk("""{"content":"So"}"""), ChatEnd());

        Same("""
            [{"type":"thinking_delta","thinking":"Hm."},{"type":"signature_delta","signature":"fairlead."},{"type":"text_delta","text":"So"}]
            """, DeltasOfBlocks(streamed));
    }

    [Fact]
    public void Rule43_SignedThoughtOfAnAnswer_StandsInAMemberThatClientsSendBack()
    {
        var told = MessagesContent($"[{Signed},{Use}]", "\"stop_reason\":\"tool_use\"");
        var message = told["choices"]![0]!["message"]!;

        var sent = ChatTurns($$"""[{"role":"user","content":"A"},{{message.ToJsonString()}},{"role":"tool","tool_call_id":"t1","content":"r"}]""");

        Same($"[{SignedDetail}]", message["reasoning_details"]);
        Same("\"Hm.\"", message["reasoning_content"]);
        Same($"[{Signed},{Use}]", sent["messages"]![1]!["content"]);
    }

    /// <summary>What another vendor signed does not go to Anthropic, and is told.</summary>
    [Theory]
    [InlineData("""{"type":"reasoning.text","text":"Hm.","signature":"eA==","format":"google-gemini-v1"}""")]
    [InlineData("""{"type":"reasoning.encrypted","data":"eA==","format":"openai-responses-v1"}""")]
    [InlineData("""{"type":"reasoning.summary","summary":"Hm.","format":"openai-responses-v1"}""")]
    public void Rule43_ThoughtOfAnotherVendor_IsNotSentToAnthropic(string detail)
    {
        var sent = ChatTurns($$"""[{"role":"user","content":"A"},{"role":"assistant","content":"So","reasoning_details":[{{detail}}]},{"role":"user","content":"B"}]""");

        Same("\"So\"", sent["messages"]![1]!["content"]);
        Assert.Equal(["reasoning_content"], sent.Losses);
    }

    /// <summary>An answer that its limit cut off while it thought: vendors refuse a turn of nothing.</summary>
    [Fact]
    public void Rule43_TurnOfForeignThoughtsAlone_IsNotSent()
    {
        var sent = ChatTurns("""[{"role":"user","content":"A"},{"role":"assistant","content":null,"reasoning_content":"Hm."},{"role":"user","content":"B"}]""");
        var back = MessagesTurns($$"""[{"role":"user","content":"A"},{"role":"assistant","content":[{{Signed}}]},{"role":"user","content":"B"}]""");

        Same("""[{"role":"user","content":[{"type":"text","text":"A"},{"type":"text","text":"B"}]}]""", sent["messages"]);
        Assert.Equal(["reasoning_content"], sent.Losses);
        Same("""[{"role":"user","content":"A"},{"role":"user","content":"B"}]""", back["messages"]);
        Assert.Equal(["thinking"], back.Losses);
    }

    [Theory]
    [InlineData(ThoughtReplay.Required, "\"\"")]
    [InlineData(ThoughtReplay.Accepted, null)]
    [InlineData(ThoughtReplay.None, null)]
    public void Rule46_TurnWithCalls_HasThoughts_WereTheyEmpty_WhereTheVendorMustHaveThem(ThoughtReplay thoughts, string? expected)
    {
        var sent = MessagesTurns($$"""[{"role":"user","content":"A"},{"role":"assistant","content":[{{Use}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"}]}]""", thoughts);

        Same(expected ?? "null", sent["messages"]![1]!["reasoning_content"]);
        Assert.Equal(expected is not null, sent["messages"]![1]!.AsObject().ContainsKey("reasoning_content"));
    }

    [Fact]
    public void Rule46_OwnThoughts_GoBack()
    {
        var sent = MessagesTurns($$"""
            [{"role":"user","content":"A"},{"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"fairlead."},{{Use}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"}]}]
            """, ThoughtReplay.Required);

        Same("\"Hm.\"", sent["messages"]![1]!["reasoning_content"]);
        Assert.Empty(sent.Losses);
    }

    [Theory]
    [InlineData("""{"reasoning_content":"Hm."}""")]
    [InlineData("""{"reasoning":"Hm."}""")]
    [InlineData("""{"reasoning_details":[{"type":"reasoning.text","text":"Hm."}]}""")]
    [InlineData("""{"reasoning":"Hm.","reasoning_details":[{"type":"reasoning.text","text":"Hm."}]}""")]
    [InlineData("""{"reasoning_details":[{"type":"reasoning.summary","summary":"Hm."}]}""")]
    [InlineData("""{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm."}]}]}""")]
    public void Rule48_Thought_UnderWhateverName_IsOne(string member)
    {
        var told = ChatMessage(member);
        var streamed = ChatStream(Chunk(member), ChatEnd());

        Same("""[{"type":"thinking","thinking":"Hm.","signature":"fairlead."}]""", told["content"]);
        Same("""[{"type":"thinking_delta","thinking":"Hm."},{"type":"signature_delta","signature":"fairlead."}]""", DeltasOfBlocks(streamed));
    }

    [Theory]
    [InlineData("minimal", 8192, 1024)]
    [InlineData("low", 8192, 2048)]
    [InlineData("medium", 16000, 8192)]
    [InlineData("high", 20000, 16384)]
    [InlineData("high", 4000, 3999)]
    [InlineData("max", 64000, 32768)]
    public void Rule49_Effort_BecomesABudget_BelowTheLimit(string effort, int limit, int budget)
    {
        var sent = ChatMembers($$"""{"reasoning_effort":"{{effort}}","max_tokens":{{limit}}}""", TakesBudget);

        Same($$$"""{"type":"enabled","budget_tokens":{{{budget}}}}""", sent["thinking"]);
        Assert.Equal(limit, sent["max_tokens"]!.GetValue<int>());
        Assert.Null(sent["output_config"]);
    }

    [Fact]
    public void Rule49_LimitWithoutRoomForABudget_LosesTheEffort_AndTellsIt()
    {
        var sent = ChatMembers("""{"reasoning_effort":"low","max_tokens":1024}""", TakesBudget);

        Assert.Null(sent["thinking"]);
        Assert.Equal(["reasoning_effort"], sent.Losses);
    }

    [Theory]
    [InlineData("low", "low", false)]
    [InlineData("minimal", "low", true)]
    [InlineData("max", "high", true)]
    public void Rule49_Effort_IsAdaptiveThinking_WhereTheModelTakesOne_AndTheNearestItHas(string asked, string effort, bool isListed)
    {
        var sent = ChatMembers($$"""{"reasoning_effort":"{{asked}}"}""", TakesEffort);

        Same("""{"type":"adaptive"}""", sent["thinking"]);
        Same($$"""{"effort":"{{effort}}"}""", sent["output_config"]);
        Assert.Equal(isListed ? ["reasoning_effort"] : [], sent.Losses);
    }

    [Theory]
    [InlineData("""{"thinking":{"type":"enabled","budget_tokens":2048}}""", "low")]
    [InlineData("""{"thinking":{"type":"enabled","budget_tokens":8192}}""", "medium")]
    [InlineData("""{"thinking":{"type":"enabled","budget_tokens":30000}}""", "high")]
    [InlineData("""{"thinking":{"type":"adaptive"},"output_config":{"effort":"medium"}}""", "medium")]
    [InlineData("""{"output_config":{"effort":"low"}}""", "low")]
    [InlineData("""{"thinking":{"type":"adaptive"}}""", null)]
    public void Rule49_BudgetOrEffort_BecomesAnEffort(string members, string? effort)
    {
        var sent = MessagesMembers(members, TakesEffort);

        Assert.Equal(effort, sent["reasoning_effort"]?.GetValue<string>());
        Assert.Empty(sent.Losses);
    }

    [Fact]
    public void Rule49_WordThatIsNoEffort_IsRefused_WithThoseThatAre()
    {
        var chat = ChatMembers("""{"reasoning_effort":"extreme"}""", TakesEffort);
        var messages = MessagesMembers("""{"output_config":{"effort":"extreme"}}""", TakesEffort);

        Refused("invalid_value", "reasoning_effort", chat);
        Assert.Equal("'reasoning_effort' must be one of none, minimal, low, medium, high, xhigh, max.", chat.Refusal!.Message);
        Refused("invalid_value", "output_config.effort", messages);
        Assert.Equal("'output_config.effort' must be one of low, medium, high, xhigh, max.", messages.Refusal!.Message);
    }

    [Fact]
    public void Rule50_ThinkingSwitchedOff_ReachesTheModel()
    {
        var off = new ModelFacts { Reasoning = true, Efforts = ["none", "low"] };

        Same("""{"type":"disabled"}""", ChatMembers("""{"reasoning_effort":"none"}""", TakesBudget)["thinking"]);
        Same("\"none\"", MessagesMembers("""{"thinking":{"type":"disabled"}}""", off)["reasoning_effort"]);
    }

    [Fact]
    public void Rule50_ThinkingThatCannotBeSwitchedOff_IsTheLeast_AndTold()
    {
        var sent = MessagesMembers("""{"thinking":{"type":"disabled"}}""", TakesEffort);

        Same("\"low\"", sent["reasoning_effort"]);
        Assert.Equal(["thinking"], sent.Losses);
    }

    [Fact]
    public void Rule50_Thoughts_AreNoContent()
    {
        Same("\"So\"", MessagesContent($$"""[{{Signed}},{"type":"text","text":"So"}]""")["choices"]![0]!["message"]!["content"]);
        Same("""[{"type":"thinking","thinking":"Hm.","signature":"fairlead."},{"type":"text","text":"So"}]""", ChatMessage("""{"content":"So","reasoning_content":"Hm."}""")["content"]);
    }

    private static JsonArray DeltasOfBlocks(Streamed streamed) => [.. streamed.All.Where(read => read!["type"]!.GetValue<string>() == "content_block_delta").Select(read => read!["delta"]!.DeepClone())];
}
