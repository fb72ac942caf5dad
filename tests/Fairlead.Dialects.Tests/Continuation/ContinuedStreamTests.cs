using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Core.Execution;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Continuation;
using Fairlead.Dialects.Streaming;
using Fairlead.Dialects.Tests.Translation;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.Tests.Continuation;

/// <summary>A stream that breaks off anywhere and is written on from there reads as one answer.</summary>
public sealed class ContinuedStreamTests
{
    private static readonly TokenUsage Used = new(20, 0, 0, 9, 0);

    public static TheoryData<string, int> Breaks
    {
        get
        {
            var breaks = new TheoryData<string, int>();
            foreach (var dialect in Codecs.All)
            {
                for (var after = 0; after <= EventsOf(First(dialect)).Length; after++) breaks.Add(dialect.Name, after);
            }

            return breaks;
        }
    }

    [Theory]
    [MemberData(nameof(Breaks))]
    public void Stream_BrokenAfterAnyEvent_IsWrittenOnAsOneAnswer(string name, int after)
    {
        var dialect = KnownDialects.Of(name);
        var first = string.Concat(EventsOf(First(dialect)).Take(after));
        var (begun, observer, sent) = Hear(dialect, Encoding.UTF8.GetBytes(first));
        if (!begun.IsText) return; // nothing to go on with yet

        var rest = Continue(dialect, observer, begun, "\\ntwo", " three");

        var whole = sent + rest;
        var (heard, end, _) = Hear(dialect, Encoding.UTF8.GetBytes(whole));
        Assert.Equal(begun.Text + "\ntwo three", heard.Text.ToString());
        Assert.True(end.SawEnd);
        Assert.Equal(FinishReason.Stop, end.Finish.Reason);
        Assert.Equal(Used, end.Usage);
        AssertOneAnswer(dialect, whole);
    }

    /// <summary>What the client has, what the model goes on with, in pieces, and what the client has in the end.</summary>
    [Theory]
    [InlineData("one ", " | two", "one  two")]
    [InlineData("one ", " |two", "one two")]
    [InlineData("one ", "two", "one two")]
    [InlineData("one", " |two", "one two")]
    [InlineData("one \\n", "\\n| two", "one \n\n two")] // it begins with another one: that is its own
    [InlineData("one\\n\\n", "\\n|\\n|two", "one\n\ntwo")]
    [InlineData("one\\u000a\\n", "\\n|\\u000A|two", "one\n\ntwo")]
    [InlineData("one\\n\\n", "\\n|two", "one\n\ntwo")]
    [InlineData("one\\t", "\\t|\\ttwo", "one\t\ttwo")]
    [InlineData("one\u3000", "\u3000|two", "one\u3000two")]
    [InlineData("one ", " | ", "one  ")]
    [InlineData(" \\n", "\\n|one", " \n\none")]
    public void WhiteSpace_AtTheBreak_IsNeitherLostNorDoubled(string first, string second, string expected)
    {
        foreach (var pieces in new[] { second.Split('|'), [second.Replace("|", "", StringComparison.Ordinal)] })
        {
            var begun = Begun(first);
            var output = new ArrayBufferWriter<byte>();
            var writer = Codecs.Chat.Codec.ResumeStream(Codecs.Setting(), new StreamPosition("id", "m", null, 0, false));
            writer.Output = output;
            var continued = new ContinuedAnswer(writer, Request(begun), new TranslationLosses());
            foreach (var piece in pieces) continued.Text(Encoding.UTF8.GetBytes(piece));

            Assert.Equal(expected, begun.Text + string.Concat(DeltasOf(Encoding.UTF8.GetString(output.WrittenSpan))));
        }
    }

    [Fact]
    public void Thought_BehindTheBreak_IsLeftOut_AndACallIsTold()
    {
        var begun = Begun("one");
        var losses = new TranslationLosses();
        var output = new ArrayBufferWriter<byte>();
        var writer = Codecs.Messages.Codec.ResumeStream(Codecs.Setting(), new StreamPosition("id", "m", null, 2, true));
        writer.Output = output;
        var continued = new ContinuedAnswer(writer, Request(begun), losses);
        continued.Begin("other", "other");
        continued.Thinking("hm"u8);
        continued.Text(" two"u8);
        continued.ToolCall(0, "call", "look");
        continued.ToolInput(0, "{}"u8);
        writer.End(new Finish(FinishReason.ToolCalls), Used, Used);

        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        Assert.Equal(["thinking"], losses.Listed);
        Assert.DoesNotContain("message_start", text, StringComparison.Ordinal);
        Assert.StartsWith("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"text_delta\",\"text\":\" two\"}}", text, StringComparison.Ordinal);
        Assert.Contains("\"content_block_start\",\"index\":3,\"content_block\":{\"type\":\"tool_use\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hm", text, StringComparison.Ordinal);
    }

    [Fact]
    public void BegunAnswer_HoldsOnlyText_BehindWholeThoughts()
    {
        Assert.False(new BegunAnswer().IsText);
        Assert.True(Begun("a").IsText);
        Assert.True(Begun("a", before: events => events.Thinking("t"u8)).IsText);
        Assert.False(Begun("a", after: events => events.Thinking("t"u8)).IsText);
        Assert.False(Begun("a", after: events => events.ToolCall(0, "id", "f")).IsText);
        Assert.False(Begun("a", after: events => events.Refusal("no"u8)).IsText);
        Assert.False(Begun("a", after: events => events.Unsupported("audio")).IsText);
        Assert.True(Begun(new string('a', BegunAnswer.MostBytes)).IsText);
        Assert.False(Begun(new string('a', BegunAnswer.MostBytes + 1)).IsText);
    }

    private static BegunAnswer Begun(string spelled, Action<IAnswerEvents>? before = null, Action<IAnswerEvents>? after = null)
    {
        var begun = new BegunAnswer();
        before?.Invoke(begun);
        ((IAnswerEvents)begun).Text(Encoding.UTF8.GetBytes(spelled));
        after?.Invoke(begun);
        return begun;
    }

    private static ContinuedRequest Request(BegunAnswer begun) =>
        ContinuedRequest.Of(Codecs.Read(Codecs.Chat, """{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}"""u8.ToArray()), begun, 1)!;

    /// <summary>What a client has of a stream, who observed it, and what was passed on.</summary>
    private static (BegunAnswer Begun, StreamObserver Observer, string Sent) Hear(IDialect dialect, byte[] bytes)
    {
        Assert.True(dialect.TryPeek("""{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}"""u8.ToArray(), out var peek, out _));
        var begun = new BegunAnswer();
        var observer = dialect.Observe(peek, withholdUsage: false, begun);
        var observed = observer.Observe(bytes, isFinal: true);
        Assert.False(observer.ListenerMissedSome);
        return (begun, observer, Encoding.UTF8.GetString(bytes, 0, observer.SawEnd ? observed.Consumed : observed.HeldFrom));
    }

    private static string Continue(IDialect dialect, StreamObserver broken, BegunAnswer begun, params string[] pieces)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = dialect.Codec.ResumeStream(Codecs.Setting(), broken.Position);
        writer.Output = output;
        var continued = new ContinuedAnswer(writer, Request(begun), new TranslationLosses());
        continued.Begin("another", "another");
        foreach (var piece in pieces) continued.Text(Encoding.UTF8.GetBytes(piece));
        Assert.False(writer.IsMalformed);
        writer.End(new Finish(FinishReason.Stop), Used, Used);
        return broken.SawEnd ? "" : Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>A whole stream: a thought, then a text in three pieces.</summary>
    private static string First(IDialect dialect)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = dialect.Codec.OpenStream(Codecs.Setting());
        writer.Output = output;
        writer.Begin("first", "first-model");
        writer.Thinking("a thought"u8);
        writer.Text("one"u8);
        writer.Text(" and"u8);
        writer.Text(" \\u00e9"u8);
        writer.End(new Finish(FinishReason.Stop), Used, Used);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>All events but what says the end of the whole answer.</summary>
    private static string[] EventsOf(string stream) =>
        [.. stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(text => text != "data: [DONE]" && !text.Contains("message_stop", StringComparison.Ordinal)).Select(text => text + "\n\n")];

    private static IEnumerable<string> DeltasOf(string stream) =>
        stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(text => JsonNode.Parse(text["data: ".Length..])!["choices"]![0]!["delta"]!["content"]!.GetValue<string>());

    /// <summary>One beginning, one end, every block opened and closed once and in order; one id, one model, one time.</summary>
    private static void AssertOneAnswer(IDialect dialect, string stream)
    {
        var events = stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        if (dialect == Codecs.Chat)
        {
            Assert.Equal("data: [DONE]", events[^1]);
            var chunks = events[..^1].Select(text => JsonNode.Parse(text["data: ".Length..])!).ToList();
            Assert.Single(chunks.Select(chunk => (chunk["id"]!.ToString(), chunk["model"]!.ToString(), chunk["created"]!.ToString())).Distinct());
            Assert.Single(chunks, chunk => chunk["choices"]!.AsArray() is [{ } choice] && choice["finish_reason"] is not null);
            Assert.Single(chunks, chunk => chunk["choices"]!.AsArray() is [{ } choice] && choice["delta"]!["role"] is not null);
            return;
        }

        var open = -1;
        var next = 0;
        foreach (var data in events.Select(text => JsonNode.Parse(text[(text.IndexOf("data: ", StringComparison.Ordinal) + "data: ".Length)..])!))
        {
            switch (data["type"]!.GetValue<string>())
            {
                case "content_block_start":
                    Assert.Equal(-1, open);
                    open = data["index"]!.GetValue<int>();
                    Assert.Equal(next++, open);
                    break;
                case "content_block_delta":
                    Assert.Equal(open, data["index"]!.GetValue<int>());
                    break;
                case "content_block_stop":
                    Assert.Equal(open, data["index"]!.GetValue<int>());
                    open = -1;
                    break;
            }
        }

        Assert.Equal(-1, open);
        foreach (var once in new[] { "message_start", "message_delta", "message_stop" }) Assert.Single(events, text => text.StartsWith("event: " + once + "\n", StringComparison.Ordinal));
    }
}
