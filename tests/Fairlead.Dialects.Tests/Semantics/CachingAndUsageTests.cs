using System.Text;
using Fairlead.Core.Execution;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Tests.Recorded;
using static Fairlead.Dialects.Tests.Semantics.Translating;

namespace Fairlead.Dialects.Tests.Semantics;

/// <summary>Section G of the wire rules: caching and usage. The number in a name is the rule's.</summary>
public sealed class CachingAndUsageTests
{
    [Fact]
    public void Rule72_CacheMarks_AreKeptEverywhere_WithTheirTime()
    {
        const string mark = "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}";
        var sent = ChatToMessages("""
            {"model":"m","messages":[
              {"role":"system","content":[{"type":"text","text":"S",MARK}]},
              {"role":"user","content":[{"type":"text","text":"A",MARK},{"type":"image_url","image_url":{"url":"https://x.test/a.png"},MARK}]},
              {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},MARK}]},
              {"role":"tool","tool_call_id":"c1","content":"r",MARK},
              {"role":"user","content":"B",MARK}],
             "tools":[{"type":"function","function":{"name":"f"},MARK}]}
            """.Replace("MARK", mark, StringComparison.Ordinal));

        Same("""
            {"model":"target-model","max_tokens":8192,"system":[{"type":"text","text":"S",MARK}],
             "messages":[
              {"role":"user","content":[{"type":"text","text":"A",MARK},{"type":"image","source":{"type":"url","url":"https://x.test/a.png"},MARK}]},
              {"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{},MARK}]},
              {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"r",MARK},{"type":"text","text":"B",MARK}]}],
             "tools":[{"name":"f","input_schema":{"type":"object","properties":{}},MARK}]}
            """.Replace("MARK", mark, StringComparison.Ordinal), sent.Body);
        Assert.Empty(sent.Losses);
    }

    [Theory]
    [InlineData("""{"system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral"}}]}""")]
    [InlineData("""{"tools":[{"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}]}""")]
    [InlineData("""{"cache_control":{"type":"ephemeral","ttl":"1h"}}""")]
    public void Rule72_CacheMarks_AreTold_WhereTheDialectHasNone(string members)
    {
        var sent = MessagesMembers(members);

        Assert.DoesNotContain("cache_control", sent.Text, StringComparison.Ordinal);
        Assert.Equal(["cache_control"], sent.Losses);
    }

    [Fact]
    public void Rule73_NextTurn_ChangesNoByteBeforeIt()
    {
        const string chat = """{"model":"m","tools":[{"type":"function","function":{"name":"b","parameters":{"type":"object", "properties":{"z":{"type":"string"},"a":{}}}}},{"type":"function","function":{"name":"a"}}],"messages":[{"role":"system","content":"S"},{"role":"user","content":"A"}""";
        const string messages = """{"model":"m","max_tokens":9,"system":"S","messages":[{"role":"user","content":"A"}""";

        var first = ChatToMessages(chat + "]}").Text;
        var second = ChatToMessages(chat + """,{"role":"assistant","content":"B"},{"role":"user","content":"C"}]}""").Text;
        var there = MessagesToChat(messages + "]}").Text;
        var thereNext = MessagesToChat(messages + """,{"role":"assistant","content":"B"},{"role":"user","content":"C"}]}""").Text;

        Assert.StartsWith(UpTo(first, "\"A\"}"), second, StringComparison.Ordinal);
        Assert.EndsWith(first[first.IndexOf("],\"tools\"", StringComparison.Ordinal)..], second, StringComparison.Ordinal);
        Assert.Contains("""[{"name":"b","input_schema":{"type":"object", "properties":{"z":{"type":"string"},"a":{}}}},{"name":"a",""", first, StringComparison.Ordinal);
        Assert.StartsWith(UpTo(there, "\"A\"}"), thereNext, StringComparison.Ordinal);

        static string UpTo(string text, string end) => text[..(text.IndexOf(end, StringComparison.Ordinal) + end.Length)];
    }

    [Fact]
    public void Rule73_KeyOfACache_GoesToATargetOfTheDialect_AndIsToldElsewhere()
    {
        Assert.True(ChatDialect.Instance.TryPeek("""{"model":"m","messages":[],"prompt_cache_key":"k","prompt_cache_retention":"24h"}"""u8.ToArray(), out var peek, out _));

        Assert.Empty(ChatDialect.Instance.Splices(peek, "m", askForUsage: false));
        Assert.Equal(["prompt_cache_key"], ChatMembers("""{"prompt_cache_key":"k"}""").Losses);
    }

    [Fact]
    public void Rule74_InputOfAChatClient_IsFreshAndReadAndWritten()
    {
        var told = MessagesContent("""[{"type":"text","text":"A"}]""", usage: """{"input_tokens":7,"cache_read_input_tokens":20,"cache_creation_input_tokens":5,"output_tokens":3}""");

        Same("""
            {"prompt_tokens":32,"completion_tokens":3,"total_tokens":35,"prompt_tokens_details":{"cached_tokens":20,"cache_write_tokens":5},"completion_tokens_details":{"reasoning_tokens":0}}
            """, told["usage"]);
    }

    [Fact]
    public void Rule75_InputOfAMessagesClient_IsTheFreshAlone()
    {
        var told = ChatMessage("""{"content":"A"}""", usage: """{"prompt_tokens":32,"completion_tokens":3,"total_tokens":35,"prompt_tokens_details":{"cached_tokens":20}}""");

        Same("""{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":20,"output_tokens":3}""", told["usage"]);
    }

    [Theory]
    [InlineData("""{"prompt_tokens":32,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":20},"prompt_cache_hit_tokens":20,"prompt_cache_miss_tokens":12}""")]
    [InlineData("""{"prompt_tokens":32,"completion_tokens":3,"cached_tokens":20,"prompt_tokens_details":{"cached_tokens":20}}""")]
    public void Rule75_SameCountUnderTwoNames_CountsOnce(string usage)
    {
        Assert.True(ChatDialect.Instance.TryReadAnswer(Encoding.UTF8.GetBytes($$$"""{"choices":[{"message":{}}],"usage":{{{usage}}}}"""), out var answer));

        Assert.Equal(new TokenUsage(32, 20, 0, 3, 0), answer.Usage);
    }

    [Fact]
    public void Rule76_LastOfEachCount_Holds_FieldByField()
    {
        var streamed = MessagesStream(
            Start("""{"input_tokens":100,"cache_read_input_tokens":0,"cache_creation_input_tokens":5,"output_tokens":1}"""),
            TextBlock(0, "A"),
            MessagesEnd(usage: """{"input_tokens":40,"cache_read_input_tokens":60,"output_tokens":3}"""));

        Same("""
            {"prompt_tokens":105,"completion_tokens":3,"total_tokens":108,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":5},"completion_tokens_details":{"reasoning_tokens":0}}
            """, streamed.All[^1]!["usage"]);
    }

    [Fact]
    public void Rule77_WhatTheCacheTook_IsToldByHowLongItIsKept()
    {
        const string body = """{"content":[],"usage":{"input_tokens":7,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":3}}""";

        Assert.True(MessagesDialect.Instance.TryReadAnswer(Encoding.UTF8.GetBytes(body), out var answer));

        Assert.Equal(new TokenUsage(37, 0, 30, 3, 0) { CacheWriteOneHour = 20 }, answer.Usage);
    }

    [Fact]
    public void Rule78_OutputOfTheStart_IsNoAddend()
    {
        var streamed = MessagesStream(Start("""{"input_tokens":7,"output_tokens":88}"""), TextBlock(0, "A"), MessagesEnd(usage: """{"input_tokens":7,"output_tokens":90}"""));

        Assert.Equal(new TokenUsage(7, 0, 0, 90, 0), streamed.Usage);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule78_RecordedStream_HasTheCountsOfItsEnd() => Assert.Equal(new TokenUsage(721, 0, 0, 113, 0), MessagesStream(RecordedBody("4a6437ebea5ab855")).Usage);

    [Fact]
    public void Rule80_ThoughtsBesideOrWithinTheOutput_AreToldByTheTotal()
    {
        Assert.Equal(new TokenUsage(10, 0, 0, 12, 8), Usage("""{"prompt_tokens":10,"completion_tokens":4,"total_tokens":22,"completion_tokens_details":{"reasoning_tokens":8}}"""));
        Assert.Equal(new TokenUsage(10, 0, 0, 12, 8), Usage("""{"prompt_tokens":10,"completion_tokens":12,"total_tokens":22,"completion_tokens_details":{"reasoning_tokens":8}}"""));

        static TokenUsage? Usage(string usage) => ChatDialect.Instance.TryReadAnswer(Encoding.UTF8.GetBytes($$$"""{"choices":[{"message":{}}],"usage":{{{usage}}}}"""), out var answer) ? answer.Usage : null;
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule80_RecordedOutputOfXai_HasItsThoughts()
    {
        Assert.True(ChatDialect.Instance.TryReadAnswer(RecordedBody("92ff3ccc3c5c5ac6"), out var answer));

        Assert.Equal(new TokenUsage(165, 156, 0, 127, 125), answer.Usage);
    }

    [Fact]
    public void Rule81_UsageOnEveryChunk_IsTheLastOne_NeverTheSum()
    {
        var streamed = ChatStream(
            Data("""{"id":"c1","choices":[{"index":0,"delta":{"content":"A"}}],"usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8}}"""),
            Data("""{"id":"c1","choices":[{"index":0,"delta":{"content":"B"}}],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}"""),
            Data("""{"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}"""));

        Assert.Equal(new TokenUsage(7, 0, 0, 3, 0), streamed.Usage);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule82_UsageThatGroqTellsThreeTimes_CountsOnce() => Assert.Equal(new TokenUsage(359, 0, 0, 35, 0), ChatStream(RecordedBody("38afa1ebc9072c65")).Usage);

    [Fact]
    public void Rule83_Usage_HasAChunkOfItsOwn_BetweenFinishAndDone_AndIsNullBefore()
    {
        var streamed = MessagesStream(Start(), TextBlock(0, "A"), MessagesEnd());

        Assert.Equal("[DONE]", streamed.Events[^1].Data);
        Same("[]", streamed.All[^1]!["choices"]);
        Assert.Equal(10, streamed.All[^1]!["usage"]!["total_tokens"]!.GetValue<int>());
        Same("\"stop\"", streamed.All[^2]!["choices"]![0]!["finish_reason"]);
        Assert.All(streamed.All.SkipLast(1), chunk =>
        {
            Assert.True(chunk!.AsObject().ContainsKey("usage"));
            Assert.Null(chunk["usage"]);
        });
    }

    [Fact]
    public void Rule83_UsageThatNobodyAskedFor_IsNotThere()
    {
        var streamed = MessagesStream(Encoding.UTF8.GetBytes(Start() + TextBlock(0, "A") + MessagesEnd()), includesUsage: false);

        Assert.DoesNotContain("usage", streamed.Text, StringComparison.Ordinal);
        Assert.Equal("[DONE]", streamed.Events[^1].Data);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule83_UsageOnTheFinishChunk_IsReadAlike() => Assert.Equal(new TokenUsage(808, 0, 0, 4, 0), ChatStream(RecordedBody("3d11ea244b72f83f")).Usage);

    [Fact]
    public void Rule84_UsageOfAStream_IsAskedFor_ThoughTheClientDidNot()
    {
        Same("""{"include_usage":true}""", MessagesMembers("""{"stream":true}""")["stream_options"]);
        Assert.Null(MessagesMembers("""{"stream":true}""", acceptsStreamOptions: false)["stream_options"]);
        Assert.Null(MessagesMembers("""{"stream":false}""")["stream_options"]);
    }

    [Fact]
    public void Rule84_UsageChunkThatWeAskedFor_IsHidden()
    {
        var text = Chunk("""{"content":"A"}""") + ChatEnd();
        var run = new StreamRun(Encoding.UTF8.GetBytes(text));
        run.Start(withholds: true);
        run.Receive(Encoding.UTF8.GetByteCount(text));
        run.End();

        Assert.Equal(Chunk("""{"content":"A"}""") + Chunk("{}", "\"stop\"") + Data("[DONE]"), Encoding.UTF8.GetString(run.Released));
        Assert.Equal(new TokenUsage(7, 0, 0, 3, 0), run.Observer.Usage);
    }

    [Fact]
    public void Rule85_MessageStart_HasAnEstimate_AndTheEndTheTrueCounts()
    {
        var streamed = ChatStream(
            Chunk("""{"content":"A"}"""),
            Chunk("{}", "\"stop\""),
            Data("""{"id":"c1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":30,"total_tokens":37,"completion_tokens_details":{"reasoning_tokens":20}}}"""),
            Data("[DONE]"));

        Same("""{"input_tokens":50,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}""", streamed.All[0]!["message"]!["usage"]);
        Same("""{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":30,"output_tokens_details":{"thinking_tokens":20}}""", streamed.All[^2]!["usage"]);
    }

    [Fact]
    public void Rule87_MissingUsage_IsMissing_NotZero()
    {
        var streamed = MessagesStream(Start("{}"), TextBlock(0, "A"), MessagesEnd(usage: "{}"));
        var told = MessagesAnswer("""{"id":"msg_1","content":[{"type":"text","text":"A"}],"stop_reason":"end_turn"}""");

        Assert.Null(streamed.Usage);
        Assert.DoesNotContain("prompt_tokens", streamed.Text, StringComparison.Ordinal);
        Assert.False(told.Body!.AsObject().ContainsKey("usage"));
        Assert.Null(ChatStream(Chunk("""{"content":"A"}"""), Chunk("{}", "\"stop\""), Data("[DONE]")).Usage);
    }

    /// <summary>Anthropic's SDKs must have numbers: there the estimate stands in.</summary>
    [Fact]
    public void Rule87_MissingUsage_IsAnEstimate_WhereTheDialectMustHaveOne()
    {
        var streamed = ChatStream(Chunk("""{"content":"A"}"""), Chunk("{}", "\"stop\""), Data("[DONE]"));

        const string expected = """{"input_tokens":50,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":5}""";
        Same(expected, streamed.All[^2]!["usage"]);
        Same(expected, ChatMessage("""{"content":"A"}""", usage: "null")["usage"]);
    }
}
