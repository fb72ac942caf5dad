using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Core.Configuration;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Continuation;
using Fairlead.Dialects.Tests.Semantics;
using Fairlead.Dialects.Tests.Translation;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.Tests.Continuation;

/// <summary>What a target is asked that goes on with an answer.</summary>
public sealed class ContinuedRequestTests
{
    [Fact]
    public void Request_HasTheTextAsTheModelsLastTurn_WithoutWhiteSpaceAtItsEnd()
    {
        var toMessages = Written(Codecs.Chat, Codecs.Messages, "", "One \\ud83d\\ude80 \\n\\n", PrefillForm.Plain);
        Assert.Equal("""{"role":"assistant","content":"One 🚀"}""", Unescaped(toMessages["messages"]!.AsArray()[^1]!));
        var toChat = Written(Codecs.Messages, Codecs.Chat, "\"max_tokens\":100", "One ", PrefillForm.Plain);
        Assert.Equal("""{"role":"assistant","content":"One"}""", Unescaped(toChat["messages"]!.AsArray()[^1]!));
        Assert.Equal("60", toChat["max_tokens"]!.ToJsonString()); // the client's limit, less what it has
    }

    [Fact]
    public void Request_IsAskedInTheTargetsForm()
    {
        var plain = Written(Codecs.Chat, Codecs.Chat, "", "One", PrefillForm.Plain);
        Assert.Null(plain["continue_final_message"]);
        Assert.True(plain["stream_options"]!["include_usage"]!.GetValue<bool>());
        var prefix = Written(Codecs.Chat, Codecs.Chat, "", "One", PrefillForm.Prefix);
        Assert.Equal("""{"role":"assistant","content":"One","prefix":true}""", prefix["messages"]!.AsArray()[^1]!.ToJsonString());
        Assert.Null(prefix["messages"]![0]!["prefix"]);
        var vllm = Written(Codecs.Chat, Codecs.Chat, "", "One", PrefillForm.Vllm);
        Assert.True(vllm["continue_final_message"]!.GetValue<bool>());
        Assert.False(vllm["add_generation_prompt"]!.GetValue<bool>());
    }

    [Fact]
    public void Request_HasNoThinkingLeftToDo_NorWhatIsForTheGateway()
    {
        var body = Written(Codecs.Messages, Codecs.Messages, "\"max_tokens\":5000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000},\"top_k\":5", "One", PrefillForm.Plain);
        Assert.Null(body["thinking"]);
        Assert.Equal(5, body["top_k"]!.GetValue<int>());
        body = Written(Codecs.Chat, Codecs.Chat, "\"reasoning_effort\":\"high\",\"metadata\":{\"fairlead.journey\":\"j\"},\"seed\":1", "One", PrefillForm.Plain);
        Assert.Null(body["reasoning_effort"]);
        Assert.Null(body["metadata"]);
        Assert.Equal(1, body["seed"]!.GetValue<int>());
    }

    [Fact]
    public void Request_WhoseClientBeganTheTurn_GoesOnWithThatTurn()
    {
        var conversation = Codecs.Read(Codecs.Messages, """{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Zero, "}]}"""u8.ToArray());

        var continued = ContinuedRequest.Of(conversation, Begun("one"), 1)!;

        Assert.Equal(2, continued.Conversation.Messages.Count);
        Assert.Equal("Zero, one", ((TextPart)continued.Conversation.Messages[^1].Parts[^1]).Text.ToString());
    }

    [Theory]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", "One")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{}}}", "One")]
    [InlineData("\"logprobs\":true", "One")]
    [InlineData("\"logprobs\":true,\"top_logprobs\":2", "One")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"required\"", "One")]
    [InlineData("\"seed\":1", "One \\ud83d")] // half a character
    public void Request_WhoseAnswerIsNoPlainText_IsNotContinued(string member, string text) =>
        Assert.Null(ContinuedRequest.Of(Codecs.Read(Codecs.Chat, Asked(member)), Begun(text), 1));

    [Theory]
    [InlineData("\"response_format\":{\"type\":\"text\"}")]
    [InlineData("\"logprobs\":false")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"auto\"")]
    public void Request_ForPlainText_IsContinued(string member) => Assert.NotNull(ContinuedRequest.Of(Codecs.Read(Codecs.Chat, Asked(member)), Begun("One"), 1));

    [Fact]
    public void Request_OfWhiteSpaceAlone_IsSentAsItWas()
    {
        var continued = ContinuedRequest.Of(Codecs.Read(Codecs.Chat, Asked("\"seed\":1")), Begun("\\n\\n"), 1)!;

        Assert.Single(continued.Conversation.Messages);
        Assert.Equal("\n\n", continued.WhiteSpace);
    }

    [Fact]
    public void Answer_BegunByTheClient_IsCarriedToATargetThatGoesOnWithIt_AndToNoOther()
    {
        var conversation = Codecs.Read(Codecs.Messages, """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Zero"}]}"""u8.ToArray());
        foreach (var form in Enum.GetValues<PrefillForm>())
        {
            var losses = new TranslationLosses();
            Codecs.Chat.Codec.WriteRequest(new ArrayBufferWriter<byte>(), conversation, Translating.Target(Codecs.Chat, prefill: form), losses);
            Assert.Equal(form == PrefillForm.None, losses.Refusal is not null);
        }
    }

    [Theory]
    [InlineData("claude-3-5-sonnet-20241022", PrefillForm.Plain)]
    [InlineData("claude-haiku-4-5", PrefillForm.Plain)]
    [InlineData("claude-sonnet-4-5-20250929", PrefillForm.Plain)]
    [InlineData("claude-sonnet-4-20250514", PrefillForm.Plain)]
    [InlineData("claude-opus-4-1", PrefillForm.Plain)]
    [InlineData("claude-sonnet-4-6", PrefillForm.None)]
    [InlineData("claude-opus-4-6-20260205", PrefillForm.None)]
    [InlineData("claude-opus-4-7", PrefillForm.None)]
    [InlineData("claude-sonnet-5", PrefillForm.None)]
    [InlineData("claude-fable-5", PrefillForm.None)]
    public void Anthropic_ModelsAfter45_DoNotGoOn(string model, PrefillForm expected) =>
        Assert.Equal(expected, new Prefill(PrefillForm.Plain, ["claude-3-*", "claude-haiku-4-5*", "claude-sonnet-4-0", "claude-sonnet-4-2025*", "claude-sonnet-4-5*", "claude-opus-4-1*"]).For(model));

    private static JsonNode Written(IDialect from, IDialect to, string member, string text, PrefillForm form)
    {
        var continued = ContinuedRequest.Of(Codecs.Read(from, Asked(member)), Begun(text), 40)!;
        var losses = new TranslationLosses();
        var body = new ArrayBufferWriter<byte>();
        to.Codec.WriteRequest(body, continued.Conversation, Translating.Target(to, prefill: form), losses);
        Assert.Null(losses.Refusal);
        return JsonNode.Parse(body.WrittenSpan)!;
    }

    private static byte[] Asked(string member) => Encoding.UTF8.GetBytes("""{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]""" + (member.Length == 0 ? "" : "," + member) + "}");

    private static BegunAnswer Begun(string spelled)
    {
        var begun = new BegunAnswer();
        ((IAnswerEvents)begun).Text(Encoding.UTF8.GetBytes(spelled));
        return begun;
    }

    private static string Unescaped(JsonNode node) => System.Text.RegularExpressions.Regex.Unescape(node.ToJsonString());
}
