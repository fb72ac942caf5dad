using System.Text;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Tests.Support;
using static Fairlead.Simulator.Tests.Support.TestVendor;

namespace Fairlead.Simulator.Tests.Books;

public sealed class RequestLogTests
{
    [Fact]
    public async Task Request_Answered_IsLoggedAsItCame()
    {
        await using var vendor = await StartAsync(Instant, new SteppedTime());
        var body = Body("Hello", "\"stream\":true", "sim-large");
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Authorization", "Bearer sk-secret");
        request.Headers.Add("X-Trace", ["a", "b"]);

        using (var response = await vendor.Http.SendAsync(request)) await response.Content.ReadAsStringAsync();

        var entry = Assert.Single(vendor.Vendor.Log.Requests);
        Assert.Equal(1, entry.Number);
        Assert.Equal("east#1", entry.Stamp);
        Assert.Equal("POST", entry.Method);
        Assert.Equal("/v1/chat/completions", entry.Path);
        Assert.Equal("sk-secret", entry.Key);
        Assert.Equal("sim-large", entry.Model);
        Assert.True(entry.IsStream);
        Assert.Equal(body, Encoding.UTF8.GetString(entry.Body.Span));
        Assert.Equal("a, b", entry.Headers["x-trace"].Replace(",b", ", b", StringComparison.Ordinal));
        Assert.False(entry.Headers.ContainsKey("authorization"));
        Assert.Equal(200, entry.StatusCode);
        Assert.Equal(6, entry.EventsWritten);
        Assert.Equal(RequestEnding.Answered, entry.Ending);
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), entry.ReceivedAt);
        Assert.Null(entry.Fault);
    }

    [Fact]
    public async Task Body_LongerThanTheBound_IsCutInTheLogOnly()
    {
        await using var vendor = await StartAsync(Instant with { LoggedBodyBytes = 10 });
        var body = Body("Hello");

        var answer = await vendor.AnswerAsync(body);

        Assert.Equal(3, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal(body[..10], Encoding.UTF8.GetString(vendor.Vendor.Log.Find(1)!.Body.Span));
        Assert.Equal(body.Length, vendor.Vendor.Log.Find(1)!.BodyLength);
    }

    [Fact]
    public async Task Requests_MoreThanTheBound_DropTheOldest()
    {
        await using var vendor = await StartAsync(Instant with { LoggedRequests = 2 });
        for (var index = 0; index < 5; index++) await vendor.AnswerAsync(Body());

        Assert.Equal([4, 5], vendor.Vendor.Log.Requests.Select(request => request.Number));
        Assert.Equal(5, vendor.Vendor.Log.Count);
        Assert.Equal(0, vendor.Vendor.Log.Open);
        Assert.Null(vendor.Vendor.Log.Find(1));
    }

    [Fact]
    public async Task Client_GoesMidStream_IsSeenAndBilledForWhatItGot()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Instant with { TokensPerSecond = Distribution.Parse("10") }, time);
        var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body("Hello", "\"stream\":true"));
        await time.WaitBeganAsync(vendor.Guard);
        await client.ReadUntilAsync("east#1:1 ", vendor.Guard);
        time.Advance(TimeSpan.FromMilliseconds(30));

        client.Dispose();

        var entry = await vendor.Vendor.Log.WhenAsync(request => request.Ending is not null, vendor.Guard);
        Assert.Equal(RequestEnding.ClientClosed, entry.Ending);
        Assert.Equal((2, 5, 1), (entry.EventsWritten, entry.InputTokens, entry.OutputTokens));
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 0, 0, 30, TimeSpan.Zero), entry.EndedAt);
        Assert.Equal(22_500, vendor.Vendor.Bill.Total); // (5 × 2.5e9 + 1 × 10e9) / 1e6
    }

    [Fact]
    public async Task WhenAsync_Cancelled_GivesUp()
    {
        await using var vendor = await StartAsync();
        using var cancellation = new CancellationTokenSource();
        var wait = vendor.Vendor.Log.WhenAsync(_ => false, cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Fact]
    public async Task Requests_InParallel_EachHaveOneNumberAndOneEnd()
    {
        await using var vendor = await StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => vendor.EventsAsync(Body("Hello", "\"stream\":true"))));

        var contents = answers.Select(Content).Order(StringComparer.Ordinal);
        var expected = Enumerable.Range(1, 100).Select(number => $"east#{number}:1 east#{number}:2 east#{number}:3 ").Order(StringComparer.Ordinal);
        Assert.Equal(expected, contents);
        Assert.All(vendor.Vendor.Log.Requests, request => Assert.Equal(RequestEnding.Answered, request.Ending));
        Assert.Equal(100 * 42_500, vendor.Vendor.Bill.Total);
    }
}
