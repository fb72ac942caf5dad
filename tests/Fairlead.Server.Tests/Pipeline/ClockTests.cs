using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>Which clock ends an attempt, on a clock that the test turns.</summary>
public sealed class ClockTests
{
    private const string Timeouts = "retries: 0, timeouts: { connect: 1s, headers: 10s, first_token: 15s, gap: 20s, deadline: 120s }";

    [Fact]
    public async Task Connect_NeverComesAbout_ConnectClock()
    {
        using var hole = new BlackHole();
        await AssertClockAsync(hole.Address, StreamQuestion, TimeSpan.FromSeconds(1), "connect", "connect_failed");
    }

    [Fact]
    public async Task Headers_NeverCome_HeadersClock_OnStreams()
    {
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", []) { Before = _ => Task.Delay(Timeout.Infinite) });
        await AssertClockAsync(vendor, StreamQuestion, TimeSpan.FromSeconds(10), "headers", "timeout");
    }

    [Fact]
    public async Task Headers_NeverCome_DeadlineClock_OnJson()
    {
        await using var vendor = ByteServer.Start(new Reply(200, "application/json", []) { Before = _ => Task.Delay(Timeout.Infinite) });
        await AssertClockAsync(vendor, Question, TimeSpan.FromSeconds(120), "deadline", "timeout", isLast: true);
    }

    [Fact]
    public async Task Answer_NeverComes_AnswerClock_OnJson()
    {
        await using var vendor = ByteServer.Start(new Reply(200, "application/json", []) { Before = _ => Task.Delay(Timeout.Infinite) });
        await AssertClockAsync(vendor, Question, TimeSpan.FromSeconds(30), "answer", "timeout", timeouts: Timeouts.Replace("deadline", "answer: 30s, deadline", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answer_Drips_FloorClock_OnJson()
    {
        var drips = new SemaphoreSlim(0);
        // Some white space before it, which is no answer yet, and then a few bytes at a time.
        await using var vendor = ByteServer.Start(new Reply(200, "application/json", [" \n"u8.ToArray(), "{\"id\""u8.ToArray(), .. Enumerable.Repeat(" "u8.ToArray(), 1000)])
        {
            HasLength = false,
            End = ReplyEnd.Hang,
            Before = piece => piece < 2 ? Task.CompletedTask : drips.WaitAsync(),
        });
        await AssertClockAsync(vendor, Question, TimeSpan.FromSeconds(10), "floor", "too_slow", onTurn: () => drips.Release());
    }

    [Fact]
    public async Task Content_Drips_TheStreamGoesOnAndIsNoted()
    {
        var drips = new SemaphoreSlim(0);
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [.. new[] { Role, Token("A"), Token("B"), Finish + Usage + Done }.Select(Encoding.UTF8.GetBytes)])
        {
            HasLength = false,
            Before = piece => piece < 2 ? Task.CompletedTask : drips.WaitAsync(),
        });
        var time = new FakeTimeProvider();
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers(Timeouts, vendor.Address), time);

        using var response = await gateway.PostAsync(StreamQuestion);
        var reading = ReadAsync(response);
        for (var passed = 0; passed < 120; passed++) time.Advance(TimeSpan.FromMilliseconds(100)); // twelve seconds for one token
        drips.Release(2);

        Assert.EndsWith(Done, (await reading)[..((await reading).IndexOf(Done, StringComparison.Ordinal) + Done.Length)], StringComparison.Ordinal);
        var attempt = (await RecordAsync(gateway, response))["attempts"]![0]!;
        Assert.Equal("answered", attempt["outcome"]!.GetValue<string>());
        Assert.Contains("too_slow", attempt["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PingsOnly_FirstTokenClock()
    {
        var pings = new SemaphoreSlim(0);
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [.. Enumerable.Repeat(": ping\n\n"u8.ToArray(), 1000)])
        {
            HasLength = false,
            End = ReplyEnd.Hang,
            Before = piece => piece < 2 ? Task.CompletedTask : pings.WaitAsync(),
        });
        // Comments keep coming, and extend nothing.
        await AssertClockAsync(vendor, StreamQuestion, TimeSpan.FromSeconds(15), "first token", "timeout", onTurn: () => pings.Release());
    }

    [Fact]
    public async Task ContentStops_GapClock()
    {
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [Encoding.UTF8.GetBytes(Role + Token("A"))]) { HasLength = false, End = ReplyEnd.Hang });
        var time = new FakeTimeProvider();
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers(Timeouts, vendor.Address), time);

        using var response = await gateway.PostAsync(StreamQuestion);
        var start = time.GetUtcNow();
        var reading = ReadAsync(response);
        await TurnUntilAsync(time, reading, null);

        Assert.Equal("stream_stalled", JsonNode.Parse((await reading).TrimEnd().Split("\n\n")[^1]["data: ".Length..])!["error"]!["code"]!.GetValue<string>());
        Assert.True((time.GetUtcNow() - start).TotalSeconds >= 19.9, "The clock ran out before its time.");
        var attempt = (await RecordAsync(gateway, response))["attempts"]![0]!;
        Assert.Equal("gap", attempt["clock"]!.GetValue<string>());
        Assert.Equal("stalled", attempt["outcome"]!.GetValue<string>());
    }

    [Fact]
    public async Task TimeoutHeader_ShortensTheDeadline()
    {
        await using var vendor = ByteServer.Start(new Reply(200, "application/json", []) { Before = _ => Task.Delay(Timeout.Infinite) });
        var time = new FakeTimeProvider();
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers(Timeouts, vendor.Address), time);
        var start = time.GetUtcNow();

        var asking = gateway.PostAsync(Question, ("x-fairlead-timeout-ms", "2000"));
        while (vendor.Requests.IsEmpty) await Task.Yield();
        await TurnUntilAsync(time, asking, null);

        Assert.Equal(504, (int)(await asking).StatusCode);
        Assert.Contains("the deadline passed before route default had an answer", Header(await asking, "x-fairlead-reason"), StringComparison.Ordinal);
        Assert.InRange((time.GetUtcNow() - start).TotalSeconds, 1.9, 60); // well before the route's own deadline
    }

    private static Task AssertClockAsync(ByteServer vendor, string question, TimeSpan length, string clock, string failure, bool isLast = false, Action? onTurn = null, string timeouts = Timeouts) =>
        AssertClockAsync(vendor.Address, question, length, clock, failure, isLast, onTurn, () => !vendor.Requests.IsEmpty, timeouts);

    /// <summary>The clock ends the attempt on the first vendor, and the second one answers, unless no time is left for it.</summary>
    private static async Task AssertClockAsync(
        string address, string question, TimeSpan length, string clock, string failure, bool isLast = false, Action? onTurn = null, Func<bool>? isAsked = null, string timeouts = Timeouts)
    {
        var time = new FakeTimeProvider();
        if (clock != "connect") timeouts = timeouts.Replace("connect: 1s", "connect: 60s", StringComparison.Ordinal); // a busy machine connects late on a clock that is turned
        await using var second = ByteServer.Start(request => request.Text.Contains("\"stream\":true", StringComparison.Ordinal) ? Saying("B") : Reply.Json(Answer("B")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers(timeouts, address, second.Address), time);
        var start = time.GetUtcNow();

        var asking = gateway.PostAsync(question);
        while (isAsked?.Invoke() == false) await Task.Yield();
        await TurnUntilAsync(time, asking, onTurn);

        using var response = await asking;
        await response.Content.ReadAsStringAsync();
        Assert.Equal(isLast ? HttpStatusCode.GatewayTimeout : HttpStatusCode.OK, response.StatusCode);
        Assert.True(time.GetUtcNow() - start >= length - TimeSpan.FromMilliseconds(100), "The clock ran out before its time.");
        var attempt = (await RecordAsync(gateway, response))["attempts"]![0]!;
        Assert.Equal(clock, attempt["clock"]!.GetValue<string>());
        Assert.Equal(failure, attempt["outcome"]!.GetValue<string>());
        Assert.Equal(isLast ? 0 : 1, second.Requests.Count);
    }

    /// <summary>Turns the clock in small steps until something is done, giving the sockets room between them.</summary>
    private static async Task TurnUntilAsync(FakeTimeProvider time, Task done, Action? onTurn)
    {
        for (var turns = 0; turns < 4000 && !done.IsCompleted; turns++)
        {
            await Task.WhenAny(done, Task.Delay(2));
            if (done.IsCompleted) return;
            time.Advance(TimeSpan.FromMilliseconds(100));
            onTurn?.Invoke();
        }
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response)
    {
        var text = new StringBuilder();
        var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer)) > 0) text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // The abort behind the error event.
        }

        return text.ToString();
    }

    /// <summary>A port where connections are neither accepted nor refused: its queue is full.</summary>
    private sealed class BlackHole : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _fillers = [];

        public BlackHole()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(0);
            for (var i = 0; i < 4; i++)
            {
                var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                try
                {
                    filler.Connect(_listener.LocalEndPoint!);
                }
                catch (SocketException)
                {
                    // Under way, or waiting for room: either fills the queue.
                }

                _fillers.Add(filler);
            }
        }

        public string Address => $"http://{_listener.LocalEndPoint}/v1";

        public void Dispose()
        {
            foreach (var filler in _fillers) filler.Dispose();
            _listener.Dispose();
        }
    }
}
