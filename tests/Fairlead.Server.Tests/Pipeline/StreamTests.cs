using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>Streams after their commit point.</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task Stream_Whole_ArrivesAsItWas_WithOneComment()
    {
        await using var vendor = ByteServer.Start(Saying("Grüße ", "\\ud83d\\ude80", " 😀"));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address));

        using var response = await gateway.PostAsync(StreamQuestion);
        var text = await response.Content.ReadAsStringAsync();

        // The usage chunk was asked for by the gateway alone.
        var expected = Role + Token("Grüße ") + Token("\\ud83d\\ude80") + Token(" 😀") + Finish + Done;
        Assert.StartsWith(expected + ": fairlead {", text, StringComparison.Ordinal);
        var comment = JsonNode.Parse(text[(expected.Length + ": fairlead ".Length)..])!;
        Assert.Equal(7, comment["input_tokens"]!.GetValue<int>());
        Assert.Equal(3, comment["output_tokens"]!.GetValue<int>());
        Assert.Equal("0.000013", comment["cost_usd"]!.GetValue<string>()); // 7 × 1 + 3 × 2 dollars per million
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("spliced", Header(response, "x-fairlead-body-mode"));
    }

    [Fact]
    public async Task Stream_ClientAsksForUsage_ChunkArrives()
    {
        await using var vendor = ByteServer.Start(Saying("A"));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address));

        using var response = await gateway.PostAsync("""{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]}""");
        var text = await response.Content.ReadAsStringAsync();

        Assert.StartsWith(Role + Token("A") + Finish + Usage + Done, text, StringComparison.Ordinal);
        Assert.Equal("untouched", Header(response, "x-fairlead-body-mode"));
    }

    /// <summary>Where a stream of six events breaks → how the connection ends, what class it is.</summary>
    public static TheoryData<int, string, string> Breaks
    {
        get
        {
            var breaks = new TheoryData<int, string, string>();
            // Events: role, A, B, finish, usage, done. Before the first content another target would be tried.
            foreach (var after in new[] { 2, 3, 4, 5 })
            {
                breaks.Add(after, "reset", "stream_truncated");
                breaks.Add(after, "cut", "stream_truncated");
                breaks.Add(after, "error", "upstream_error");
                breaks.Add(after, "garbage", "malformed_upstream_response");
            }

            breaks.Add(2, "end", "stream_truncated");
            breaks.Add(3, "end", "stream_truncated");
            return breaks;
        }
    }

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task Stream_BreaksAfterContent_EndsWithErrorAndAbort_NeverAsIfFinished(int after, string how, string expectedCode)
    {
        var committed = new TaskCompletionSource();
        var events = new[] { Role, Token("A"), Token("B"), Finish, Usage, Done }.Take(after).Select(Encoding.UTF8.GetBytes).ToList();
        if (how == "error") events.Add(Encoding.UTF8.GetBytes("data: " + Error("server_error") + "\n\n"));
        if (how == "garbage") events.Add("data: {\"choices\":[}\n\n"u8.ToArray());
        if (how == "cut") events.Add("data: {\"choices\":[{\"ind"u8.ToArray());
        await using var first = ByteServer.Start(new Reply(200, "text/event-stream", events)
        {
            HasLength = false,
            End = how switch { "reset" => ReplyEnd.Reset, "end" => ReplyEnd.Complete, _ => ReplyEnd.Close },
            Before = piece => piece == after - 1 && after > 2 || piece == after ? committed.Task : Task.CompletedTask,
        });
        await using var second = ByteServer.Start(Saying("X"));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address));

        using var response = await gateway.PostAsync(StreamQuestion);
        var stream = await response.Content.ReadAsStreamAsync();
        var received = new StringBuilder();
        var isBroken = false;
        var buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer)) > 0)
            {
                received.Append(Encoding.UTF8.GetString(buffer, 0, read));
                committed.TrySetResult(); // the first content is here: break it now
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            isBroken = true;
        }

        var text = received.ToString();
        Assert.True(isBroken, "The connection ended as if the answer were whole.");
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"stop\"", text, StringComparison.Ordinal);
        Assert.Empty(second.Requests);
        var last = text.TrimEnd().Split("\n\n")[^1];
        Assert.Equal(expectedCode, JsonNode.Parse(last["data: ".Length..])!["error"]!["code"]!.GetValue<string>());
        Assert.StartsWith(text[..text.IndexOf(last, StringComparison.Ordinal)], Role + Token("A") + Token("B") + Finish, StringComparison.Ordinal);
        var record = await RecordAsync(gateway, response);
        Assert.Equal("failed", record["state"]!.GetValue<string>());
        Assert.Contains("the answer of first broke off after it had begun", record["sentence"]!.GetValue<string>(), StringComparison.Ordinal);
        // The vendor's own count, where it came before the break; else an estimate, which is never zero.
        var usage = record["attempts"]![0]!["usage"]!;
        Assert.Equal(after == 5 ? "reported" : "estimated", usage["source"]!.GetValue<string>());
        Assert.True(usage["input_tokens"]!.GetValue<int>() > 0);
    }

    [Fact]
    public async Task Stream_FinishedWithoutDone_IsWhole()
    {
        await using var vendor = ByteServer.Start(Reply.Stream(Role, Token("A"), Finish));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address));

        using var response = await gateway.PostAsync(StreamQuestion);

        Assert.StartsWith(Role + Token("A") + Finish + ": fairlead {", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_WithoutAnyContent_IsAnAnswerAllTheSame()
    {
        await using var vendor = ByteServer.Start(Reply.Stream(Role, Finish, Done));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address));

        using var response = await gateway.PostAsync(StreamQuestion);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith(Role + Finish + Done + ": fairlead {", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_EventByEvent_ReachesTheClientBeforeTheNextIsSent()
    {
        var seen = new SemaphoreSlim(0);
        // Each piece waits until the client has the one before: a gateway that buffers would wait for ever.
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [.. new[] { Role + Token("0"), Token("1"), Token("2"), Token("3"), Finish + Done }.Select(Encoding.UTF8.GetBytes)])
        {
            HasLength = false,
            Before = piece => piece <= 0 ? Task.CompletedTask : seen.WaitAsync(),
        });
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address));

        using var response = await gateway.PostAsync(StreamQuestion);
        var stream = await response.Content.ReadAsStreamAsync();
        var text = new StringBuilder();
        var buffer = new byte[4096];
        for (var token = 0; token < 4; token++)
        {
            while (!text.ToString().Contains($"\"content\":\"{token}\"", StringComparison.Ordinal))
            {
                var read = await stream.ReadAsync(buffer);
                Assert.NotEqual(0, read);
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            }

            seen.Release();
        }

        text.Append(await new StreamReader(stream).ReadToEndAsync());
        Assert.Contains(Done, text.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("29\r\n")]
    [InlineData("29\r\ndata: {\"cho")]
    public async Task Stream_PieceEndsWithinTheNextChunk_ReachesTheClientAllTheSame(string beginning)
    {
        // What is at hand is no data yet, or no whole event: the client must not wait for it with what is.
        const string second = "29\r\ndata: {\"choices\":[],\"comment\":\"nothing\"}\n\r\n";
        var seen = new SemaphoreSlim(0);
        var head = Role + Token("0") + Token("1");
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [.. new[] { Chunk(Role + Token("0")), Chunk(Token("1")) + beginning, second[beginning.Length..] + Chunk("\n" + Finish + Done) + "0\r\n\r\n" }.Select(Encoding.UTF8.GetBytes)])
        {
            HasLength = false,
            HoldsChunks = true,
            Before = piece => piece == 2 ? seen.WaitAsync() : Task.CompletedTask,
        });
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address));

        using var response = await gateway.PostAsync(StreamQuestion);
        var stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte[Encoding.UTF8.GetByteCount(head)]).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        seen.Release();

        Assert.Contains(Done, await new StreamReader(stream).ReadToEndAsync(), StringComparison.Ordinal);

        static string Chunk(string text) => $"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n";
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_GoesAway_UpstreamIsFreed(bool isMidStream)
    {
        await using var vendor = ByteServer.Start(isMidStream
            ? new Reply(200, "text/event-stream", [Encoding.UTF8.GetBytes(Role + Token("A"))]) { HasLength = false, End = ReplyEnd.Hang }
            : new Reply(200, "application/json", []) { Before = _ => Task.Delay(Timeout.Infinite) });
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address));

        using var cancel = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(isMidStream ? StreamQuestion : Question, Encoding.UTF8, "application/json") };
        var sending = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel.Token);
        if (isMidStream) await (await (await sending).Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[10]);
        while (vendor.Requests.IsEmpty) await Task.Yield();
        await cancel.CancelAsync();
        try
        {
            (await sending).Dispose();
        }
        catch (OperationCanceledException)
        {
            // That is what was asked for.
        }

        await vendor.Requests.Single().PeerClosed.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
