using Fairlead.Simulator.Books;
using Fairlead.Simulator.Tests.Support;
using static Fairlead.Simulator.Tests.Support.TestVendor;

namespace Fairlead.Simulator.Tests.Serving;

/// <summary>When things come, on a clock that the test moves.</summary>
public sealed class PaceTests
{
    private const string Stream = "\"stream\":true";

    private static readonly SimulatedVendorOptions Paced = Instant with
    {
        FirstTokenLatency = Distribution.Parse("200ms"),
        TokensPerSecond = Distribution.Parse("10"),
    };

    [Fact]
    public async Task Stream_Paced_WaitsForTheFirstTokenThenForEach()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Paced, time);
        using var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body("Hello", Stream));

        Assert.Equal(TimeSpan.FromMilliseconds(200), await time.WaitBeganAsync(vendor.Guard));
        time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Contains("\"content\":\"\"", await client.ReadUntilAsync("east#1:1 ", vendor.Guard), StringComparison.Ordinal);

        Assert.Equal(TimeSpan.FromMilliseconds(100), await time.WaitBeganAsync(vendor.Guard));
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.DoesNotContain("east#1:3 ", await client.ReadUntilAsync("east#1:2 ", vendor.Guard), StringComparison.Ordinal);

        Assert.Equal(TimeSpan.FromMilliseconds(100), await time.WaitBeganAsync(vendor.Guard));
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Contains("east#1:3 ", await client.ReadUntilAsync("[DONE]", vendor.Guard), StringComparison.Ordinal);
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 0, 0, 400, TimeSpan.Zero), vendor.Vendor.Log.Find(1)!.EndedAt);
    }

    [Fact]
    public async Task Stream_TimerLate_CatchesUpWithoutWaiting()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Paced, time);
        var answer = vendor.EventsAsync(Body("Hello", Stream));

        await time.WaitBeganAsync(vendor.Guard);
        time.Advance(TimeSpan.FromMilliseconds(350));

        // Due at 200, 300 and 400 ms: after 350 only the last is waited for.
        Assert.Equal(TimeSpan.FromMilliseconds(50), await time.WaitBeganAsync(vendor.Guard));
        time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal(6, (await answer).Length);
    }

    [Fact]
    public async Task Json_Paced_WaitsOnceForAllTokens()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Paced, time);
        var answer = vendor.AnswerAsync(Body());

        Assert.Equal(TimeSpan.FromMilliseconds(400), await time.WaitBeganAsync(vendor.Guard));
        time.Advance(TimeSpan.FromMilliseconds(400));

        Assert.Equal(3, (await answer).GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Json_ClientGoesWhileItIsGenerated_IsBilledForTheTokensDueByThen()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Paced, time);
        var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body());
        await time.WaitBeganAsync(vendor.Guard);
        time.Advance(TimeSpan.FromMilliseconds(350));

        client.Dispose();

        var entry = await vendor.Vendor.Log.WhenAsync(request => request.Ending is not null, vendor.Guard);
        Assert.Equal(RequestEnding.ClientClosed, entry.Ending);
        Assert.Equal((5, 2), (entry.InputTokens, entry.OutputTokens));
    }

    [Fact]
    public async Task Slow_InForce_ReplacesTheTokenRate()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Paced, time, "slow 7s");
        var answer = vendor.AnswerAsync(Body());

        Assert.Equal(TimeSpan.FromMilliseconds(14_200), await time.WaitBeganAsync(vendor.Guard));
        time.Advance(TimeSpan.FromMilliseconds(14_200));
        await answer;
    }

    [Theory]
    [InlineData("drip 2", 200 + 2 * 500)]
    [InlineData("drip uniform 0.5..0.5", 200 + 2 * 2_000)]
    [InlineData("slower x20", 20 * 400)]
    [InlineData("slower x1.5 + slow 1s", 300 + 2 * 1_500)]
    [InlineData("brownout latency=x5", 5 * 400)]
    [InlineData("brownout latency=x2 + slower x3", 6 * 400)]
    public async Task Pace_OfAFault_ReplacesOrMultipliesTheVendorsOwn(string fault, int milliseconds)
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Paced, time, fault);
        var answer = vendor.AnswerAsync(Body());

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), await time.WaitBeganAsync(vendor.Guard));
        time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        await answer;
    }

    [Fact]
    public async Task Brownout_Growing_IsWorseTheLongerItLasts()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Paced, time, "brownout latency=x1..x5 for=100s");
        Assert.Equal(TimeSpan.FromSeconds(100), await time.WaitBeganAsync(vendor.Guard)); // until it is over
        foreach (var (at, milliseconds) in new[] { (0, 400), (50, 1_200), (75, 1_600) })
        {
            time.SetUtcNow(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero).AddSeconds(at));
            var answer = vendor.AnswerAsync(Body());
            Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), await time.WaitBeganAsync(vendor.Guard));
            time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            await answer;
        }

        time.SetUtcNow(new DateTimeOffset(2026, 1, 31, 12, 1, 40, TimeSpan.Zero));
        var over = vendor.AnswerAsync(Body());
        Assert.Equal(TimeSpan.FromMilliseconds(400), await time.WaitBeganAsync(vendor.Guard));
        time.Advance(TimeSpan.FromMilliseconds(400));
        await over;
    }

    [Fact]
    public async Task DripOfBytes_Stream_WaitsBeforeEveryPieceButTheFirst()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Instant, time, "drip bytes=100 every=200ms");
        var answer = vendor.EventsAsync(Body("Hello", Stream));
        var waits = 0;
        while (!answer.IsCompleted)
        {
            var wait = time.WaitBeganAsync(vendor.Guard).AsTask();
            if (await Task.WhenAny(wait, answer) != wait) break;
            Assert.Equal(TimeSpan.FromMilliseconds(200), await wait);
            Assert.Null(vendor.Vendor.Log.Find(1)!.Ending);
            waits++;
            time.Advance(TimeSpan.FromMilliseconds(200));
        }

        var entry = vendor.Vendor.Log.Find(1)!;
        Assert.Equal(6, (await answer).Length);
        Assert.InRange(waits, 8, 20);
        Assert.Equal((RequestEnding.Answered, entry.ReceivedAt.AddMilliseconds(200 * waits)), (entry.Ending, entry.EndedAt));
    }

    [Fact]
    public async Task DripOfBytes_ClientGoesMeanwhile_IsNotAnsweredAndIsBilledForWhatWasMade()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Instant, time, "drip bytes=1 every=1s");
        var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body());
        await client.ReadUntilAsync("\r\n\r\n{", vendor.Guard);
        await time.WaitBeganAsync(vendor.Guard);

        client.Dispose();

        var entry = await vendor.Vendor.Log.WhenAsync(request => request.Ending is not null, vendor.Guard);
        Assert.Equal(RequestEnding.ClientClosed, entry.Ending);
        Assert.Equal((5, 3), (entry.InputTokens, entry.OutputTokens));
    }

    [Fact]
    public async Task StallHeaders_ForATime_SendsNothingThenAnswers()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Instant, time, "stall headers 2s");
        var sent = vendor.SendAsync(Body("Hello", Stream));

        Assert.Equal(TimeSpan.FromSeconds(2), await time.WaitBeganAsync(vendor.Guard));
        Assert.False(sent.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));

        using var response = await sent;
        Assert.Equal(6, Events(await response.Content.ReadAsStringAsync()).Length);
    }

    [Theory]
    [InlineData("stall first-token", 1)]
    [InlineData("stall after=0", 0)]
    [InlineData("stall after=3", 3)]
    public async Task Stall_ForEver_SendsWhatCameBeforeAndBillsIt(string fault, int events)
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Instant, time, fault);
        var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body("Hello", Stream));
        var text = await client.ReadUntilAsync(events switch { 0 => "\r\n\r\n", 1 => "\"finish_reason\":null}]}", _ => "east#1:2 " }, vendor.Guard);
        time.Advance(TimeSpan.FromHours(5));

        client.Dispose();

        var entry = await vendor.Vendor.Log.WhenAsync(request => request.Ending is not null, vendor.Guard);
        Assert.StartsWith("HTTP/1.1 200 OK", text, StringComparison.Ordinal);
        Assert.Equal(events, text.Split("data: ").Length - 1);
        Assert.Equal(RequestEnding.ClientClosed, entry.Ending);
        Assert.Equal(events, entry.EventsWritten);
        Assert.Equal((5, Math.Max(0, events - 1)), (entry.InputTokens, entry.OutputTokens));
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 17, 0, 0, TimeSpan.Zero), entry.EndedAt);
    }

    [Fact]
    public async Task Stall_ForATime_PostponesWhatIsStillDue()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Paced, time, "stall after=2 5s");
        var answer = vendor.EventsAsync(Body("Hello", Stream));

        // The first token, the stall, and then a whole gap again before each of the other two.
        foreach (var milliseconds in new[] { 200, 5_000, 100, 100 })
        {
            Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), await time.WaitBeganAsync(vendor.Guard));
            time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        }

        Assert.Equal(6, (await answer).Length);
    }

    [Theory]
    [InlineData("stall first-token", false)]
    [InlineData("stall after=2", true)]
    public async Task Stall_Json_SendsHeadersAndPerhapsHalfTheBody(string fault, bool hasHalf)
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Instant, time, fault + " 1s");
        using var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body());
        await time.WaitBeganAsync(vendor.Guard);

        var before = await client.ReadUntilAsync(hasHalf ? "\"id\"" : "\r\n\r\n", vendor.Guard);
        Assert.DoesNotContain("total_tokens", before, StringComparison.Ordinal);
        Assert.Equal(hasHalf, before.Contains("\"id\"", StringComparison.Ordinal));
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Contains("\"total_tokens\":8", await client.ReadUntilAsync("total_tokens\":8", vendor.Guard), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stall_WithComments_SendsThemMeanwhile()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Instant, time, "stall first-token 2500ms comments=1s");
        using var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body("Hello", Stream));

        foreach (var milliseconds in new[] { 1_000, 1_000, 500 })
        {
            Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), await time.WaitBeganAsync(vendor.Guard));
            time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        }

        var text = await client.ReadUntilAsync("[DONE]", vendor.Guard);
        Assert.Equal(3, text.Split(": keep-alive\n\n").Length);
        Assert.True(text.IndexOf("keep-alive", StringComparison.Ordinal) < text.IndexOf("east#1:1 ", StringComparison.Ordinal));
        Assert.Equal(6, vendor.Vendor.Log.Find(1)!.EventsWritten);
    }
}
