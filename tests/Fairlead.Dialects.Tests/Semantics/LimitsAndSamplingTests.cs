using System.Text;
using Fairlead.Core.Catalog;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Tests.Recorded;
using static Fairlead.Dialects.Tests.Semantics.Translating;

namespace Fairlead.Dialects.Tests.Semantics;

/// <summary>Section D of the wire rules: limits, sampling, stop. The number in a name is the rule's.</summary>
public sealed class LimitsAndSamplingTests
{
    private static readonly ModelFacts TakesNoTemperature = new() { Temperature = false };

    [Theory]
    [InlineData("max_tokens")]
    [InlineData("max_completion_tokens")]
    public void Rule51_Limit_HasTheNameThatTheVendorTakes(string member)
    {
        var sent = MessagesMembers("""{"max_tokens":9}""", maxTokens: member);
        var back = ChatMembers($$"""{"{{member}}":9}""");

        Assert.Equal(9, sent[member]!.GetValue<int>());
        Assert.Null(sent[member == "max_tokens" ? "max_completion_tokens" : "max_tokens"]);
        Assert.Equal(9, back["max_tokens"]!.GetValue<int>());
        Assert.Null(back["max_completion_tokens"]);
    }

    [Fact]
    public void Rule51_BothLimits_TheNewerOneCounts() => Assert.Equal(9, ChatMembers("""{"max_tokens":5,"max_completion_tokens":9}""")["max_tokens"]!.GetValue<int>());

    [Theory]
    [InlineData(null, 8192)]
    [InlineData(64000, 64000)]
    public void Rule52_LimitThatNobodyGave_IsTheModelsOwn_OrTheDocumentedOne(int? most, int expected)
    {
        var sent = ChatMembers("""{"stop":[]}""", new ModelFacts { MaxOutput = most });

        Assert.Equal(expected, sent["max_tokens"]!.GetValue<int>());
        Assert.Empty(sent.Losses);
    }

    [Theory]
    [InlineData("\" \"")]
    [InlineData("[\"END\",\"\\n\\t\"]")]
    [InlineData("[\"\"]")]
    public void Rule53_BlankStop_IsRefusedTowardsAnthropic(string stop) => Refused("unsupported_parameter", "stop", ChatMembers($$"""{"stop":{{stop}}}"""));

    [Fact]
    public void Rule53_MoreStopsThanOpenAiTakes_AreRefused()
    {
        Same("""["A","B","C","D"]""", MessagesMembers("""{"stop_sequences":["A","B","C","D"]}""")["stop"]);
        Refused("unsupported_parameter", "stop_sequences", MessagesMembers("""{"stop_sequences":["A","B","C","D","E"]}"""));
    }

    [Theory]
    [InlineData("\"END\"", """["END"]""")]
    [InlineData("""["END","STOP"]""", """["END","STOP"]""")]
    public void Rule53_Stop_IsAListThere(string stop, string expected) => Same(expected, ChatMembers($$"""{"stop":{{stop}}}""")["stop_sequences"]);

    [Fact]
    public void Rule53_TextThatEndedTheAnswer_IsTold_WhereTheVendorSaysIt()
    {
        var told = ChatAnswer("""{"id":"c1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"A"},"finish_reason":"stop","stop_reason":"END"}]}""");

        Same("\"stop_sequence\"", told["stop_reason"]);
        Same("\"END\"", told["stop_sequence"]);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule53_RecordedStop_IsOneToAChatClient()
    {
        var told = MessagesAnswer(Encoding.UTF8.GetString(RecordedBody("6b65374233d46938")));

        Same("\"stop\"", told["choices"]![0]!["finish_reason"]);
    }

    [Theory]
    [InlineData("0.3", "0.3", false)]
    [InlineData("1", "1", false)]
    [InlineData("1.7", "1", true)]
    [InlineData("2", "1", true)]
    public void Rule54_TemperatureAboveOne_IsLowered_AndTold(string asked, string expected, bool isListed)
    {
        var sent = ChatMembers($$"""{"temperature":{{asked}}}""");

        Same(expected, sent["temperature"]);
        Assert.Equal(isListed ? ["temperature"] : [], sent.Losses);
    }

    /// <summary>Newer Claude models take one of the two.</summary>
    [Theory]
    [InlineData("0.5", "0.9", "0.5", null, "top_p")]
    [InlineData("1", "0.9", null, "0.9", null)]
    [InlineData("0.5", "1", "0.5", null, null)]
    [InlineData("1", "1", null, "1", null)]
    [InlineData("1.5", "0.9", "1", null, "temperature,top_p")]
    public void Rule54_TemperatureWithTopP_IsOneOfThem_AndTheOtherTold(string temperature, string topP, string? sentTemperature, string? sentTopP, string? lost)
    {
        var sent = ChatMembers($$"""{"temperature":{{temperature}},"top_p":{{topP}}}""");

        Same(sentTemperature ?? "null", sent["temperature"]);
        Same(sentTopP ?? "null", sent["top_p"]);
        Assert.Equal(lost?.Split(',') ?? [], sent.Losses);
    }

    [Theory]
    [InlineData("\"temperature\":0.2", "null", "temperature")]
    [InlineData("\"temperature\":1", "null", null)]
    [InlineData("\"top_p\":0.5", "null", "top_p")]
    [InlineData("\"top_p\":0.95", "0.95", null)]
    public void Rule54_ModelThatThinks_TakesNoTemperature(string member, string topP, string? lost)
    {
        var sent = ChatMembers($$"""{"reasoning_effort":"low",{{member}}}""", new ModelFacts { Reasoning = true, ThinkingBudget = true });

        Same("""{"type":"enabled","budget_tokens":2048}""", sent["thinking"]);
        Assert.Null(sent["temperature"]);
        Same(topP, sent["top_p"]);
        Assert.Equal(lost is null ? [] : [lost], sent.Losses);
    }

    [Fact]
    public void Rule54_ModelThatTakesNeither_GetsNeither_AndItIsTold()
    {
        var sent = ChatMembers("""{"temperature":0.5,"top_p":0.9}""", TakesNoTemperature);
        var back = MessagesMembers("""{"temperature":0.5,"top_p":1}""", TakesNoTemperature);

        Assert.Null(sent["temperature"]);
        Assert.Null(sent["top_p"]);
        Assert.Equal(["temperature", "top_p"], sent.Losses);
        Assert.Null(back["temperature"]);
        Assert.Equal(["temperature"], back.Losses);
    }

    [Fact]
    public void Rule55_SeveralAnswers_AreRefused_WhereTheDialectHasOne()
    {
        Refused("unsupported_parameter", "n", ChatMembers("""{"n":2}"""));
        Assert.Null(ChatMembers("""{"n":1}""").Refusal);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule55_RecordedStreamOfTwoAnswers_IsFinishedWithBoth()
    {
        var run = new StreamRun(RecordedBody("315f4ca36ca5e914"));
        run.Start(withholds: true, choices: 2);
        var text = Encoding.UTF8.GetString(RecordedBody("315f4ca36ca5e914"));

        // Behind the first finish of two the answer is not whole yet, and nothing that says so is held back.
        run.Receive(Encoding.UTF8.GetByteCount(text.AsSpan(0, text.IndexOf("\n\n", text.IndexOf("\"finish_reason\":\"", StringComparison.Ordinal), StringComparison.Ordinal) + 2)));
        Assert.False(run.Observer.IsComplete);
        Assert.Contains("\"finish_reason\":\"", Encoding.UTF8.GetString(run.Released), StringComparison.Ordinal);
        run.Receive(Encoding.UTF8.GetByteCount(text));
        run.End();

        Assert.True(run.Observer.IsComplete);
        Assert.Contains("\"index\":1", Encoding.UTF8.GetString(run.Released), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("logprobs", "true")]
    [InlineData("top_logprobs", "3")]
    [InlineData("logit_bias", """{"5":10}""")]
    public void Rule56_WhatAsksForAnotherAnswer_IsRefused_ByItsName(string member, string value) => Refused("unsupported_parameter", member, ChatMembers($$"""{"{{member}}":{{value}}}"""));

    [Theory]
    [InlineData("seed", "7")]
    [InlineData("frequency_penalty", "0.5")]
    [InlineData("presence_penalty", "-0.5")]
    public void Rule56_WhatMerelyTunes_IsListed_ByItsName(string member, string value)
    {
        var sent = ChatMembers($$"""{"{{member}}":{{value}}}""");

        Assert.Null(sent[member]);
        Assert.Equal([member], sent.Losses);
    }

    [Fact]
    public void Rule56_LogprobsThatNobodyGave_AreNone()
    {
        var choice = MessagesContent("""[{"type":"text","text":"A"}]""")["choices"]![0]!.AsObject();
        var streamed = MessagesStream(Start(), TextBlock(0, "A"), MessagesEnd());

        Assert.Null(choice["logprobs"]);
        Assert.DoesNotContain("logprobs", streamed.Text, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule57_LogprobsOfAStream_KeepTheirBytes()
    {
        var body = RecordedBody("0f86ec2a77f2ecf4");
        var run = new StreamRun(body);
        run.Start(withholds: false);
        for (var at = 0; at < body.Length; at++) run.Receive(at + 1);
        run.End();

        Assert.Equal(body, run.Released.ToArray());
        Assert.Contains("\"bytes\":[97,98,99,", Encoding.UTF8.GetString(run.Released), StringComparison.Ordinal);
    }

    private static readonly string Unknown = """{"model":"m","messages":[],"chat_template_kwargs":{"enable_thinking":false},"top_k":40,"min_p":0.1}""";

    [Fact]
    public void Rule58_MembersThatNobodyKnows_GoToATargetOfTheDialect_AsTheyAre()
    {
        Assert.True(ChatDialect.Instance.TryPeek(Encoding.UTF8.GetBytes(Unknown), out var peek, out _));

        Assert.Empty(ChatDialect.Instance.Splices(peek, "m", askForUsage: false));
    }

    [Fact]
    public void Rule58_MembersThatNobodyKnows_AreListed_WhereAStrictDialectWouldRefuseThem()
    {
        var sent = ChatMembers("""{"chat_template_kwargs":{"enable_thinking":false},"min_p":0.1}""");

        Assert.Equal(["max_tokens", "messages", "model"], sent.Body!.AsObject().Select(member => member.Key).Order());
        Assert.Equal(["chat_template_kwargs", "min_p"], sent.Losses);
    }
}
