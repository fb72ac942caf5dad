using System.Text;
using Fairlead.Core.Execution;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.OpenAiChat;

/// <summary>What the observer holds back, lets go, withholds and calls complete; held against the oracle in every case.</summary>
public sealed class ChatStreamObserverTests
{
    private const string Role = """data: {"id":"c1","model":"m1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""" + "\n\n";
    private const string Usage = """data: {"id":"c1","model":"m1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""" + "\n\n";
    private const string Done = "data: [DONE]\n\n";

    [Fact]
    public void Observe_RoleAndEmptyText_AreNoContent()
    {
        var run = Run(Role + Text(0, ""), out _);

        Assert.False(run.Observer.HasContent);
        Assert.Equal("c1", run.Observer.Id);
        Assert.Equal("m1", run.Observer.Model);
        Assert.False(run.Observer.IsComplete);
    }

    [Theory]
    [InlineData("\"content\":\"x\"")]
    [InlineData("\"content\":[{\"type\":\"text\",\"text\":\"x\"}]")]
    [InlineData("\"reasoning_content\":\"x\"")]
    [InlineData("\"reasoning\":\"x\"")]
    [InlineData("\"thinking\":\"x\"")]
    [InlineData("\"refusal\":\"x\"")]
    [InlineData("\"reasoning_details\":[{\"text\":\"x\"}]")]
    [InlineData("\"tool_calls\":[{\"index\":0}]")]
    [InlineData("\"function_call\":{\"name\":\"f\"}")]
    [InlineData("\"content\":\"\",\"reasoning_content\":\"x\"")]
    [InlineData("\"\\u0063ontent\":\"x\"")]
    public void Observe_MeaningfulDelta_IsContent(string members)
    {
        var run = Run("data: {\"choices\":[{\"index\":0,\"delta\":{" + members + "}}]}\n\n", out _);

        Assert.True(run.Observer.HasContent);
        Assert.Equal(1, run.Observer.ContentEvents);
    }

    [Theory]
    [InlineData("\"role\":\"assistant\"")]
    [InlineData("\"content\":null")]
    [InlineData("\"content\":\"\"")]
    [InlineData("\"tool_calls\":[]")]
    [InlineData("\"tool_calls\":null")]
    [InlineData("\"reasoning\":null,\"refusal\":null")]
    [InlineData("\"name\":\"x\",\"content_type\":\"x\"")]
    public void Observe_EmptyDelta_IsNoContent(string members) =>
        Assert.False(Run("data: {\"choices\":[{\"index\":0,\"delta\":{" + members + "}}]}\n\n", out _).Observer.HasContent);

    [Fact]
    public void Observe_FinishWithoutDone_IsHeldUntilTheEnd()
    {
        var stream = Role + Text(0, "a") + Finish(0);
        var bytes = Encoding.UTF8.GetBytes(stream);
        var run = new StreamRun(bytes);
        run.Start(withholds: false);
        run.Receive(bytes.Length);

        Assert.Equal(Role + Text(0, "a"), Encoding.UTF8.GetString(run.Released));
        Assert.Equal(bytes.Length, run.Consumed);

        run.End();
        Assert.True(run.Observer.IsComplete);
        Assert.Equal(stream, Encoding.UTF8.GetString(run.Released));
    }

    [Fact]
    public void Observe_ContentBehindAFinish_ReleasesWhatWasHeld()
    {
        var stream = Text(0, "a") + Finish(0) + Text(1, "b");
        var run = Run(stream, out _);

        Assert.False(run.Observer.IsComplete);
        Assert.Equal(stream, Encoding.UTF8.GetString(run.Released));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Observe_TwoInterleavedChoices_CompleteWithTheLastFinish(bool hasDone)
    {
        var end = hasDone ? Done : "";
        var stream = Text(0, "a") + Text(1, "x") + Text(0, "b") + Finish(0) + Text(1, "y") + Finish(1) + end;
        var bytes = Encoding.UTF8.GetBytes(stream);
        var oracle = new StreamOracle(bytes, withholds: false, choices: 2);
        var run = new StreamRun(bytes);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            StreamCheck.TwoPieces(run, bytes, oracle, withholds: false, cut, choices: 2);
            StreamCheck.Truncated(run, oracle, withholds: false, cut, choices: 2);
        }

        var firstFinished = Encoding.UTF8.GetByteCount(Text(0, "a") + Text(1, "x") + Text(0, "b") + Finish(0));
        run.Start(withholds: false, choices: 2);
        run.Receive(firstFinished);
        Assert.Equal(firstFinished, run.Released.Length); // one finish of two holds nothing
        run.End();
        Assert.False(run.Observer.IsComplete);

        run.Start(withholds: false, choices: 2);
        run.Receive(bytes.Length);
        run.End();
        Assert.True(run.Observer.IsComplete);
        Assert.Equal(hasDone, run.Observer.SawEnd);
        Assert.Equal(stream, Encoding.UTF8.GetString(run.Released));
    }

    [Fact]
    public void Observe_OneOfTwoAskedChoices_IsNotComplete()
    {
        var bytes = Encoding.UTF8.GetBytes(Text(0, "a") + Finish(0));
        var run = new StreamRun(bytes);
        StreamCheck.Pieces(run, bytes, new StreamOracle(bytes, false, choices: 2), withholds: false, [], choices: 2);
        Assert.False(run.Observer.IsComplete);
    }

    [Fact]
    public void Observe_UsageChunkThatOnlyWeAskedFor_IsWithheldAndRead()
    {
        var bytes = Encoding.UTF8.GetBytes(Text(0, "a") + Finish(0) + Usage + Done);
        var run = new StreamRun(bytes);
        run.Start(withholds: true);
        run.Receive(bytes.Length);
        run.End();

        Assert.Equal(Text(0, "a") + Finish(0) + Done, Encoding.UTF8.GetString(run.Released));
        Assert.Equal(new TokenUsage(3, 0, 0, 2, 0), run.Observer.Usage);
    }

    [Fact]
    public void Observe_UsageOnTheFinishChunk_IsNotWithheld()
    {
        const string both = """data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""" + "\n\n";
        var bytes = Encoding.UTF8.GetBytes(Text(0, "a") + both + Done);
        var run = new StreamRun(bytes);
        run.Start(withholds: true);
        run.Receive(bytes.Length);
        run.End();

        Assert.Equal(bytes, run.Released.ToArray());
        Assert.Equal(new TokenUsage(3, 0, 0, 2, 0), run.Observer.Usage);
    }

    [Fact]
    public void Observe_RunningUsage_TheLastCountsNotTheSum()
    {
        static string Chunk(int output) => "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":" + output + ",\"total_tokens\":" + (10 + output) + "}}\n\n";
        Assert.Equal(new TokenUsage(10, 0, 0, 3, 0), Run(Chunk(1) + Chunk(2) + Chunk(3), out _).Observer.Usage);
    }

    [Fact]
    public void Observe_UsageInThreePlaces_IsCountedOnce()
    {
        const string beside = """data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"r","usage":{"prompt_tokens":7,"completion_tokens":4,"total_tokens":11}}}""" + "\n\n";
        const string chunk = """data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":4,"total_tokens":11},"x_groq":{"usage":{"prompt_tokens":7,"completion_tokens":4,"total_tokens":11}}}""" + "\n\n";

        Assert.Equal(new TokenUsage(7, 0, 0, 4, 0), Run(Text(0, "a") + beside + Done, out _).Observer.Usage);
        Assert.Equal(new TokenUsage(7, 0, 0, 4, 0), Run(Text(0, "a") + beside + chunk + Done, out _).Observer.Usage);
    }

    [Fact]
    public void Observe_NoUsage_IsMissingNotZero()
    {
        var run = Run(Text(0, "a") + Finish(0) + Done, out _);

        Assert.Null(run.Observer.Usage);
        Assert.False(run.Observer.UsageIsAbsurd);
    }

    [Theory]
    [InlineData("-1", "2")]
    [InlineData("1000000000000000000", "2")]
    [InlineData("1e18", "2")]
    [InlineData("1e400", "2")]
    [InlineData("3", "\"2\"")]
    [InlineData("3", "2.5")]
    [InlineData("3", "[2]")]
    [InlineData("0", "0")]
    [InlineData("3", "0")] // though text came
    public void Observe_AbsurdUsage_IsSaid(string prompt, string completion)
    {
        var run = Run(Text(0, "a") + $"data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":{prompt},\"completion_tokens\":{completion}}}}}\n\n" + Done, out _);

        Assert.True(run.Observer.UsageIsAbsurd);
        Assert.True(run.Observer.IsComplete);
    }

    [Fact]
    public void Observe_CredibleUsageBehindAnAbsurdOne_Counts()
    {
        var run = Run(Text(0, "a") + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":-3,\"completion_tokens\":2}}\n\n" + Usage + Done, out _);

        Assert.False(run.Observer.UsageIsAbsurd);
        Assert.Equal(new TokenUsage(3, 0, 0, 2, 0), run.Observer.Usage);
    }

    [Theory]
    [InlineData("data: {\"error\":{\"message\":\"Slow down.\",\"type\":\"rate_limit_error\"}}\n\n", FailureClass.RateLimited)]
    [InlineData("data: {\"error\":{\"message\":\"The server had an error.\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n", FailureClass.ServerError)]
    [InlineData("data: {\"error\":{\"code\":502,\"message\":\"Provider disconnected\"},\"choices\":[]}\n\n", FailureClass.ServerError)]
    [InlineData("data: {\"error\":{\"code\":\"server_is_overloaded\",\"message\":\"x\"}}\n\n", FailureClass.Overloaded)]
    [InlineData("data: {\"error\":{\"code\":429,\"message\":\"x\"}}\n\n", FailureClass.RateLimited)]
    [InlineData("data: {\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"x\"}}\n\n", FailureClass.ContextLengthExceeded)]
    [InlineData("data: {\"error\":\"the model fell over\"}\n\n", FailureClass.ServerError)]
    [InlineData("event: error\ndata: {\"error\":{\"message\":\"x\",\"code\":\"tool_use_failed\",\"status_code\":400}}\n\n", FailureClass.SchemaInvalid)]
    [InlineData("event: error\ndata: oops\n\n", FailureClass.ServerError)]
    [InlineData("event: error\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"},\"finish_reason\":null}]}\n\n", FailureClass.ServerError)] // shaped like the delta before
    [InlineData("data: {\"choices\":[{\"index\":0,\"error\":{\"message\":\"x\",\"code\":503},\"delta\":{}}]}\n\n", FailureClass.Overloaded)]
    [InlineData("data: {\"choices\":[],\"x_groq\":{\"error\":\"x\"}}\n\n", FailureClass.ServerError)]
    [InlineData("data: {\"choices\":[{\n\n", FailureClass.MalformedResponse)]
    [InlineData("data: {} {}\n\n", FailureClass.MalformedResponse)]
    [InlineData("data: 5 x\n\n", FailureClass.MalformedResponse)]
    [InlineData("data: <html>\n\n", FailureClass.MalformedResponse)]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\u0001b\"},\"finish_reason\":null}]}\n\n", FailureClass.MalformedResponse)]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\\qb\"},\"finish_reason\":null}]}\n\n", FailureClass.MalformedResponse)]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\\u12\"},\"finish_reason\":null}]}\n\n", FailureClass.MalformedResponse)]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\ndata: b\"},\"finish_reason\":null}]}\n\n", FailureClass.MalformedResponse)]
    public void Observe_ErrorWithinTheStream_StopsThere(string failing, FailureClass expected)
    {
        var before = Text(0, "a") + Text(0, "b");
        var bytes = Encoding.UTF8.GetBytes(before + failing + Text(0, "c") + Finish(0) + ": more\n\n" + Done);
        var run = new StreamRun(bytes);
        var atError = Encoding.UTF8.GetByteCount(before + failing);
        foreach (var cuts in new int[][] { [], [atError], [atError - 1], [atError, bytes.Length - Done.Length] })
        {
            run.Start(withholds: false);
            foreach (var cut in cuts) run.Receive(cut);
            run.Receive(bytes.Length);
            run.End();

            Assert.Equal(expected, run.Observer.Error?.Class);
            Assert.False(run.Observer.IsComplete);
            Assert.Equal(2, run.Observer.ContentEvents);
            Assert.Equal(before, Encoding.UTF8.GetString(run.Released));
            Assert.Equal(Encoding.UTF8.GetByteCount(before), run.Consumed);
        }
    }

    [Fact]
    public void Observe_ErrorBehindAFinish_LetsTheFinishNeverOut()
    {
        var run = Run(Text(0, "a") + Finish(0) + "data: {\"error\":{\"message\":\"late\"}}\n\n" + Done, out _);

        Assert.False(run.Observer.IsComplete);
        Assert.Equal(Text(0, "a"), Encoding.UTF8.GetString(run.Released));
    }

    [Fact]
    public void Observe_EventsBehindDone_AreNeverPassedOn()
    {
        var stream = Text(0, "a") + Finish(0) + Done;
        var bytes = Encoding.UTF8.GetBytes(stream + ": bye\n\n" + Text(0, "injected") + ": more\n\n");
        var run = new StreamRun(bytes);
        run.Start(withholds: false);
        for (var end = 0; end < bytes.Length; end++) run.Receive(end);
        run.Receive(bytes.Length);
        run.End();

        Assert.True(run.Observer.IsComplete);
        Assert.Equal(stream + ": bye\n\n", Encoding.UTF8.GetString(run.Released));
        Assert.Equal(1, run.Observer.ContentEvents);
    }

    /// <summary>An error event of ours is written behind: on an unclosed event it would be swallowed.</summary>
    [Theory]
    [InlineData("\n")]
    [InlineData("")]
    public void Observe_BrokenBehindAnUnclosedEvent_LetsOnlyWholeEventsOut(string lineEnd)
    {
        var run = Run(Text(0, "a") + Text(0, "b").TrimEnd('\n') + lineEnd, out _);

        Assert.False(run.Observer.IsComplete);
        Assert.Equal(Text(0, "a"), Encoding.UTF8.GetString(run.Released));
    }

    [Fact]
    public void Observe_UnclosedDone_Completes()
    {
        var stream = Text(0, "a") + Finish(0) + "data: [DONE]";
        var run = Run(stream, out _);

        Assert.True(run.Observer.IsComplete);
        Assert.Equal(stream, Encoding.UTF8.GetString(run.Released));
    }

    [Fact]
    public void Reset_UsedObserver_ForgetsAll()
    {
        var observer = new ChatStreamObserver();
        observer.Reset(withholdUsageChunk: true);
        observer.Observe(Encoding.UTF8.GetBytes(Text(0, "a") + Finish(0) + Usage + Done), isFinal: true);
        Assert.True(observer.IsComplete);

        observer.Reset(withholdUsageChunk: false);
        Assert.Equal((null, null, null, null, 0, 0L, false, false, false), (observer.Id, observer.Model, observer.Usage, observer.Error, observer.ContentEvents, observer.ContentBytes, observer.SawEnd, observer.IsComplete, observer.UsageIsAbsurd));
        var usage = Encoding.UTF8.GetBytes(Text(0, "a") + Usage);
        var observed = observer.Observe(usage, isFinal: false);
        Assert.Equal((usage.Length, usage.Length, false, 0), (observed.Consumed, observed.HeldFrom, observed.ReleasesHeld, observed.Withheld.Count));
    }

    /// <summary>What the clients of a stream would see, had every odd event of the generator come: the oracle knows.</summary>
    [Fact]
    public void Observe_AdversarialEvents_AgreeWithAJsonDocument()
    {
        Property.Check(ChunkGen.Streams, 4000, stream =>
        {
            var bytes = Encoding.UTF8.GetBytes(stream);
            var run = new StreamRun(bytes);
            var oracle = new StreamOracle(bytes, withholds: true);
            StreamCheck.Pieces(run, bytes, oracle, withholds: true, []);
            StreamCheck.Pieces(run, bytes, oracle, withholds: true, oracle.Blocks.Select(block => (block.Start + block.End) / 2));
            StreamCheck.Truncated(run, oracle, withholds: true, bytes.Length * 2 / 3);
        }, stream => stream);
    }

    private static StreamRun Run(string stream, out StreamOracle oracle)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        oracle = new StreamOracle(bytes, withholds: false);
        var run = new StreamRun(bytes);
        run.Start(withholds: false);
        run.Receive(bytes.Length);
        run.End();
        return run;
    }

    private static string Text(int index, string text) => $$"""data: {"choices":[{"index":{{index}},"delta":{"content":"{{text}}"},"finish_reason":null}]}""" + "\n\n";

    private static string Finish(int index) => $$"""data: {"choices":[{"index":{{index}},"delta":{},"finish_reason":"stop"}]}""" + "\n\n";
}
