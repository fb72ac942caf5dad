using System.Text;
using Fairlead.Dialects.Tests.Recorded;
using static Fairlead.Dialects.Tests.Semantics.Translating;

namespace Fairlead.Dialects.Tests.Semantics;

/// <summary>Section H of the wire rules: how streams come and go. The number in a name is the rule's.</summary>
public sealed class StreamingTests
{
    private static readonly string Chat = Chunk("""{"role":"assistant","content":""}""") + Chunk("""{"reasoning_content":"Hm 🗼"}""") + Chunk("""{"content":"Grüße 🧳"}""") + Chunk("""{"content":"\ud83c\udfaf!"}""")
        + Chunk("""{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":\"🎌\"}"}}]}""") + ChatEnd("tool_calls");

    private static readonly string Messages = Start() + Block(0, """{"type":"thinking","thinking":"","signature":""}""", """{"type":"thinking_delta","thinking":"Hm 🗼"}""", """{"type":"signature_delta","signature":"c2ln"}""")
        + TextBlock(1, "Grüße 🧳", """\ud83c\udfaf!""") + Block(2, """{"type":"tool_use","id":"t1","name":"f","input":{}}""", """{"type":"input_json_delta","partial_json":"{\"a\":\"🎌\"}"}""") + MessagesEnd("tool_use");

    [Fact]
    public void Rule88_StreamCutBetweenAnyTwoBytes_SaysTheSame()
    {
        byte[] chat = Encoding.UTF8.GetBytes(Chat), messages = Encoding.UTF8.GetBytes(Messages);
        var (there, back) = (ChatStream(chat).Text, MessagesStream(messages).Text);

        Assert.Contains("Grüße 🧳", there, StringComparison.Ordinal);
        Assert.Contains("Grüße 🧳", back, StringComparison.Ordinal);
        for (var at = 1; at < chat.Length; at++) Assert.Equal(there, ChatStream(chat, at).Text);
        for (var at = 1; at < messages.Length; at++) Assert.Equal(back, MessagesStream(messages, at).Text);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule88_RecordedStreamCutBetweenAnyTwoBytes_SaysTheSame()
    {
        var body = RecordedBody("c713f75f146a6251");
        var whole = MessagesStream(body).Text;

        Assert.Contains("Tokyo, Japan** 🗼", whole, StringComparison.Ordinal);
        for (var at = 1; at < body.Length; at++) Assert.Equal(whole, MessagesStream(body, at).Text);
    }

    public static TheoryData<string> Framings => new(StreamVariants.Names);

    [Theory]
    [MemberData(nameof(Framings))]
    public void Rule89_Framing_OfWhateverForm_SaysTheSame(string framing)
    {
        Assert.Equal(ChatStream(Encoding.UTF8.GetBytes(Chat)).Text, ChatStream(StreamVariants.Of(framing, Encoding.UTF8.GetBytes(Chat))).Text);
        Assert.Equal(MessagesStream(Encoding.UTF8.GetBytes(Messages)).Text, MessagesStream(StreamVariants.Of(framing, Encoding.UTF8.GetBytes(Messages))).Text);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule89_RecordedComments_AreNoEvents()
    {
        var streamed = ChatStream(RecordedBody("3d11ea244b72f83f"));

        Assert.True(streamed.IsComplete);
        Assert.Equal(["8", "c27"], streamed.All.Select(read => read!["delta"]?["text"]?.GetValue<string>()).OfType<string>());
    }

    [Fact]
    public void Rule90_Done_EndsAChatStream_AndNoOther()
    {
        Assert.Equal("[DONE]", MessagesStream(Encoding.UTF8.GetBytes(Messages)).Events[^1].Data);
        Assert.DoesNotContain("[DONE]", ChatStream(Encoding.UTF8.GetBytes(Chat)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule90_StreamThatIsFinishedWithoutDone_IsWhole()
    {
        var streamed = ChatStream(Chunk("""{"content":"A"}"""), Chunk("{}", "\"stop\""));

        Assert.True(streamed.IsComplete);
        Assert.Equal("message_stop", streamed.Events[^1].Type);
    }

    [Fact]
    public void Rule91_PingsAndUnknownEvents_ArePassedOver()
    {
        var streamed = MessagesStream(
            Start(), "event: ping\ndata: {\"type\":\"ping\"}\n\n", TextBlock(0, "A"), "event: weather\ndata: {\"type\":\"weather\",\"sky\":\"blue\"}\n\n", Data("""{"type":"content_block_delta","index":0,"delta":{"type":"scent_delta"}}"""), MessagesEnd());

        Assert.True(streamed.IsComplete);
        Same("""[{"content":"A"},{}]""", streamed.Deltas);
        Assert.Empty(streamed.Losses);
    }

    [Fact]
    public void Rule91_Pings_ReachAClientOfTheDialect()
    {
        var text = Start() + "event: ping\ndata: {\"type\":\"ping\"}\n\n" + TextBlock(0, "A") + MessagesEnd();
        var run = new StreamRun(Encoding.UTF8.GetBytes(text), () => new Dialects.AnthropicMessages.MessagesStreamObserver());
        run.Start(withholds: false);
        run.Receive(Encoding.UTF8.GetByteCount(text));
        run.End();

        Assert.Equal(text, Encoding.UTF8.GetString(run.Released));
    }

    [Fact]
    public void Rule92_BlankIdOfAFirstChunk_IsNotTheAnswers()
    {
        var streamed = ChatStream(
            Data("""{"id":"","object":"","created":0,"model":"","choices":[],"prompt_filter_results":[{"prompt_index":0}]}"""),
            Chunk("""{"role":"assistant","content":""}"""), Chunk("""{"content":"A"}"""), ChatEnd());

        Same("\"c1\"", streamed.All[0]!["message"]!["id"]);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void Rule92_RecordedStreamOfAzure_HasTheIdOfItsAnswer()
    {
        var streamed = ChatStream(RecordedBody("a9bf88404daf71ff"));

        Same("\"chatcmpl-DmfZu2BjJmBGSSHpj9hWtFQYBUxYn\"", streamed.All[0]!["message"]!["id"]);
        Assert.Equal("message_stop", streamed.Events[^1].Type);
    }

    [Fact]
    public void Rule93_Chunks_HaveOneIdTimeAndModel_AndTheFirstTheRole()
    {
        var streamed = MessagesStream(Encoding.UTF8.GetBytes(Messages));

        Assert.All(streamed.All, chunk => Assert.Equal(
            ("msg_1", "chat.completion.chunk", 100, "claude-1"), (chunk!["id"]!.GetValue<string>(), chunk["object"]!.GetValue<string>(), chunk["created"]!.GetValue<int>(), chunk["model"]!.GetValue<string>())));
        Same("""{"role":"assistant","content":""}""", streamed.All[0]!["choices"]![0]!["delta"]);
        Assert.Single(streamed.All, chunk => chunk!["choices"]!.AsArray().FirstOrDefault()?["delta"]?["role"] is not null);
    }

    [Fact]
    public void Rule93_AnswerWithoutAnId_HasOursThroughout()
    {
        var streamed = MessagesStream(Data("""{"type":"message_start","message":{"content":[]}}"""), TextBlock(0, "A"), MessagesEnd());

        Assert.All(streamed.All, chunk => Assert.Equal(("req_1", "target-model"), (chunk!["id"]!.GetValue<string>(), chunk["model"]!.GetValue<string>())));
    }

    [Fact]
    public void Rule96_Events_ComeBlockByBlock_WithNoEmptyTextBefore()
    {
        var streamed = ChatStream(Encoding.UTF8.GetBytes(Chat));

        Assert.Equal(
            [
                "message_start",
                "content_block_start 0 thinking", "content_block_delta 0 thinking_delta", "content_block_delta 0 signature_delta", "content_block_stop 0",
                "content_block_start 1 text", "content_block_delta 1 text_delta", "content_block_delta 1 text_delta", "content_block_stop 1",
                "content_block_start 2 tool_use", "content_block_delta 2 input_json_delta", "content_block_stop 2",
                "message_delta", "message_stop",
            ],
            streamed.All.Select(read => string.Join(' ', new[] { read!["type"], read["index"], read["content_block"]?["type"] ?? read["delta"]?["type"] }.Where(node => node is not null))));
        Assert.All(streamed.Events, read => Assert.Equal(read.Json["type"]!.GetValue<string>(), read.Type));
        Same("""{"stop_reason":"tool_use","stop_sequence":null}""", streamed.All[^2]!["delta"]);
    }

    [Fact]
    public void Rule96_StreamWithoutContent_HasNoBlock() =>
        Assert.Equal(["message_start", "message_delta", "message_stop"], ChatStream(Chunk("""{"role":"assistant","content":""}"""), ChatEnd()).Events.Select(read => read.Type));
}
