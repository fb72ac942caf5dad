using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Tests.Support;
using static Fairlead.Simulator.Tests.Support.TestVendor;

namespace Fairlead.Simulator.Tests.Faults;

/// <summary>Every fault, seen from outside. The stream below has six events: the role, three tokens, the finish, [DONE].</summary>
public sealed class FaultBehaviourTests
{
    private const string Stream = "\"stream\":true";

    [Fact]
    public async Task Status_Plain_HasTheDialectsErrorBody()
    {
        await using var vendor = await StartAsync("status 503");
        using var response = await vendor.SendAsync(Body("Hello", Stream));

        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("service_unavailable", error.GetProperty("code").GetString());
        Assert.Equal(0, vendor.Vendor.Bill.Requests);
        Assert.Equal(RequestEnding.Rejected, vendor.Vendor.Log.Find(1)!.Ending);
        Assert.Equal(503, vendor.Vendor.Log.Find(1)!.StatusCode);
        Assert.Equal("status 503", vendor.Vendor.Log.Find(1)!.Fault);
    }

    [Fact]
    public async Task Status_WithWordsAndHeaders_SendsThem()
    {
        await using var vendor = await StartAsync("status 429 code=insufficient_quota message=\"no credit\" retry-after=2 header=\"x-should-retry: false\"");
        using var response = await vendor.SendAsync(Body());

        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("insufficient_quota", error.GetProperty("code").GetString());
        Assert.Equal("requests", error.GetProperty("type").GetString());
        Assert.Equal("no credit", error.GetProperty("message").GetString());
        Assert.Equal("2", response.Headers.GetValues("retry-after").Single());
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
    }

    /// <summary>What a vendor tells of its limits with every answer does not take the place of what a fault says of them.</summary>
    [Fact]
    public async Task Status_WithHeadersOfLimits_SendsThem()
    {
        await using var vendor = await StartAsync("status 503 header=\"x-ratelimit-remaining-requests: 0\" header=\"x-ratelimit-reset-requests: 59s\"");
        using var response = await vendor.SendAsync(Body());

        Assert.Equal(("0", "59s"), (response.Headers.GetValues("x-ratelimit-remaining-requests").Single(), response.Headers.GetValues("x-ratelimit-reset-requests").Single()));
        Assert.Equal("10000", response.Headers.GetValues("x-ratelimit-limit-requests").Single());
    }

    [Fact]
    public async Task Brownout_Errors_StrikeTheirShareOfRequestsAsOverloaded()
    {
        await using var vendor = await StartAsync("brownout errors=30%");
        var failed = 0;
        for (var index = 0; index < 200; index++)
        {
            using var response = await vendor.SendAsync(Body("Hello", Stream));
            var text = await response.Content.ReadAsStringAsync(vendor.Guard);
            if (response.StatusCode == HttpStatusCode.OK) continue;
            failed++;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Contains("\"service_unavailable\"", text, StringComparison.Ordinal);
        }

        Assert.InRange(failed, 40, 80);
        Assert.Equal(200 - failed, vendor.Vendor.Bill.Requests);
    }

    [Fact]
    public async Task Brownout_InAnthropicsDialect_FailsWithItsOwnStatus()
    {
        await using var vendor = await StartAsync("brownout errors=100%");
        using var content = new StringContent("""{"model":"sim","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}""");

        using var response = await vendor.Http.PostAsync(new Uri("v1/messages", UriKind.Relative), content, vendor.Guard);

        Assert.Equal(529, (int)response.StatusCode);
        Assert.Contains("\"overloaded_error\"", await response.Content.ReadAsStringAsync(vendor.Guard), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slower_WithAShare_StrikesThatManyRequests()
    {
        await using var vendor = await StartAsync("slower x2 share=2%");
        for (var index = 0; index < 500; index++) await vendor.AnswerAsync(Body());

        Assert.InRange(vendor.Vendor.Log.Requests.Count(request => request.Fault == "slower x2 share=2%"), 3, 20);
    }

    [Fact]
    public async Task Status_WithBody_SendsItAsItIs()
    {
        await using var vendor = await StartAsync("status 500 body={\"oops\": [1, 2]} + content-type application/problem+json");
        using var response = await vendor.SendAsync(Body());

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("{\"oops\": [1, 2]}", await response.Content.ReadAsStringAsync());
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Truncate_Stream_EndsWithFinAfterThatManyEvents(int after)
    {
        await using var vendor = await StartAsync($"truncate {after.ToString(CultureInfo.InvariantCulture)}");
        using var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body("Hello", Stream));

        var (text, isReset) = await client.ReadToEndAsync(vendor.Guard);

        Assert.False(isReset);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", text, StringComparison.Ordinal);
        Assert.Equal(after, Count(text, "data: "));
        Assert.DoesNotContain("\r\n0\r\n", text, StringComparison.Ordinal);
        var entry = vendor.Vendor.Log.Find(1)!;
        Assert.Equal(RequestEnding.Truncated, entry.Ending);
        Assert.Equal(after, entry.EventsWritten);
        Assert.Equal(Math.Clamp(after - 1, 0, 3), entry.OutputTokens);
    }

    [Fact]
    public async Task Truncate_Clean_EndsTheHttpMessageProperly()
    {
        await using var vendor = await StartAsync("truncate 3 clean");

        var events = await vendor.EventsAsync(Body("Hello", Stream));

        Assert.Equal(3, events.Length);
        Assert.DoesNotContain("[DONE]", events);
        Assert.Equal(RequestEnding.Truncated, vendor.Vendor.Log.Find(1)!.Ending);
    }

    [Fact]
    public async Task Truncate_PastTheEnd_ChangesNothing()
    {
        await using var vendor = await StartAsync("truncate 6");

        Assert.Equal("[DONE]", (await vendor.EventsAsync(Body("Hello", Stream)))[^1]);
        Assert.Equal(RequestEnding.Answered, vendor.Vendor.Log.Find(1)!.Ending);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Reset_Stream_EndsWithRstAfterThatManyEvents(int after)
    {
        await using var vendor = await StartAsync($"reset {after.ToString(CultureInfo.InvariantCulture)}");
        using var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body("Hello", Stream));

        var (text, isReset) = await client.ReadToEndAsync(vendor.Guard);

        Assert.True(isReset);
        Assert.Equal(after, Count(text, "data: "));
        Assert.Equal(RequestEnding.Reset, vendor.Vendor.Log.Find(1)!.Ending);
    }

    [Theory]
    [InlineData("truncate 1", false)]
    [InlineData("reset 1", true)]
    public async Task CutOff_Json_SendsHalfOfTheDeclaredBody(string fault, bool isExpectedReset)
    {
        await using var vendor = await StartAsync(fault);
        using var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body());

        var (text, isReset) = await client.ReadToEndAsync(vendor.Guard);

        Assert.Equal(isExpectedReset, isReset);
        var body = text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        var declared = int.Parse(text.Split("Content-Length: ")[1].Split('\r')[0], CultureInfo.InvariantCulture);
        Assert.Equal(declared / 2, body.Length);
        Assert.StartsWith("{\"id\":\"chatcmpl-east-1\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Error_Stream_SendsItAfterThatManyEventsAndEnds()
    {
        await using var vendor = await StartAsync("error 2 code=server_is_overloaded message=busy");

        var events = await vendor.EventsAsync(Body("Hello", Stream));

        Assert.Equal(3, events.Length);
        Assert.Equal("{\"error\":{\"message\":\"busy\",\"type\":\"server_error\",\"param\":null,\"code\":\"server_is_overloaded\"}}", events[2]);
        Assert.Equal(RequestEnding.Failed, vendor.Vendor.Log.Find(1)!.Ending);
        Assert.Equal(1, vendor.Vendor.Log.Find(1)!.OutputTokens);
    }

    [Fact]
    public async Task Error_Json_IsTheBodyOfA200()
    {
        await using var vendor = await StartAsync("error 2");
        using var response = await vendor.SendAsync(Body());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("{\"error\":{", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((5, 0), (vendor.Vendor.Bill.InputTokens, vendor.Vendor.Bill.OutputTokens));
        Assert.Equal(RequestEnding.Failed, vendor.Vendor.Log.Find(1)!.Ending);
    }

    [Theory]
    [InlineData("", "malformed html", "text/html", "<html>")]
    [InlineData(Stream, "malformed html", "text/html", "<html>")]
    [InlineData("", "malformed text", "application/json", "upstream connect error")]
    [InlineData(Stream, "malformed text", "text/event-stream", "upstream connect error")]
    public async Task Malformed_PageOrSentence_ComesWith200AndIsNotBilled(string more, string fault, string contentType, string start)
    {
        await using var vendor = await StartAsync(fault);
        using var response = await vendor.SendAsync(Body("Hello", more));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(contentType, response.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith(start, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, vendor.Vendor.Bill.Requests);
    }

    [Fact]
    public async Task Malformed_CutJson_IsAWholeMessageWithHalfItsJson()
    {
        await using var vendor = await StartAsync("malformed cut");
        using var response = await vendor.SendAsync(Body());

        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal(text.Length, response.Content.Headers.ContentLength);
        Assert.StartsWith("{\"id\"", text, StringComparison.Ordinal);
        Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(text));
        Assert.Equal(3, vendor.Vendor.Bill.OutputTokens);
    }

    [Fact]
    public async Task Malformed_CutEvent_IsTheOneAskedForAndTheStreamGoesOn()
    {
        await using var vendor = await StartAsync("malformed cut 3");

        var events = await vendor.EventsAsync(Body("Hello", Stream));

        Assert.Equal(6, events.Length);
        Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(events[2]));
        Assert.Equal("[DONE]", events[5]);
        foreach (var index in new[] { 0, 1, 3, 4 }) Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(events[index]).RootElement.ValueKind);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Split_Stream_SendsTheSameBytesInPieces(int bytes)
    {
        await using var vendor = await StartAsync($"split {bytes.ToString(CultureInfo.InvariantCulture)}");
        using var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body("echo: 😀é漢", Stream));

        // Every flush is a chunk of its own: its size is the piece's.
        var text = await client.ReadUntilAsync("\r\n0\r\n\r\n", vendor.Guard);

        var sizes = text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..].Split("\r\n").Where((_, index) => index % 2 == 0);
        var hex = bytes.ToString("x", CultureInfo.InvariantCulture);
        Assert.True(sizes.Count(size => size == hex) > 50);
        using var response = await vendor.SendAsync(Body("echo: 😀é漢", Stream));
        Assert.Equal("😀é漢", Content(Events(await response.Content.ReadAsStringAsync())));
    }

    [Fact]
    public async Task Split_Json_KeepsTheBody()
    {
        await using var vendor = await StartAsync("split 1");

        var answer = await vendor.AnswerAsync(Body("echo: 😀é漢"));

        Assert.Equal("😀é漢", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task ContentType_Changed_IsSent()
    {
        await using var vendor = await StartAsync("content-type \"text/plain; charset=utf-8\"");
        using var response = await vendor.SendAsync(Body("Hello", Stream));

        Assert.Equal("text/plain; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(6, Events(await response.Content.ReadAsStringAsync()).Length);
    }

    [Fact]
    public async Task NoDone_Stream_EndsCleanlyWithoutIt()
    {
        await using var vendor = await StartAsync("no-done");

        var events = await vendor.EventsAsync(Body("Hello", Stream));

        Assert.Equal(5, events.Length);
        Assert.Contains("\"finish_reason\":\"stop\"", events[4], StringComparison.Ordinal);
        Assert.Equal(RequestEnding.Answered, vendor.Vendor.Log.Find(1)!.Ending);
    }

    [Fact]
    public async Task NoDone_UsageAskedFor_EndsWithTheUsage()
    {
        await using var vendor = await StartAsync("no-done");

        var events = await vendor.EventsAsync(Body("Hello", Stream + ",\"stream_options\":{\"include_usage\":true}"));

        Assert.Contains("\"completion_tokens\":3", events[^1], StringComparison.Ordinal);
        Assert.Equal(RequestEnding.Answered, vendor.Vendor.Log.Find(1)!.Ending);
    }

    [Fact]
    public async Task NoUsage_StreamAndJson_LeaveItOutAndAreBilledAllTheSame()
    {
        await using var vendor = await StartAsync("no-usage");

        var events = await vendor.EventsAsync(Body("Hello", Stream + ",\"stream_options\":{\"include_usage\":true}"));
        var answer = await vendor.AnswerAsync(Body());

        Assert.Equal(6, events.Length);
        Assert.All(events, payload => Assert.DoesNotContain("usage", payload, StringComparison.Ordinal));
        Assert.False(answer.TryGetProperty("usage", out _));
        Assert.Equal(6, vendor.Vendor.Bill.OutputTokens);
    }

    [Fact]
    public async Task NoChoices_StreamAndJson_AreEmpty()
    {
        await using var vendor = await StartAsync("no-choices");

        var events = await vendor.EventsAsync(Body("Hello", Stream));
        var answer = await vendor.AnswerAsync(Body());

        Assert.Equal(6, events.Length);
        Assert.All(events[..5], payload => Assert.Contains("\"choices\":[]", payload, StringComparison.Ordinal));
        Assert.Equal(0, answer.GetProperty("choices").GetArrayLength());
    }

    [Fact]
    public async Task BlackHole_Request_IsReadButNeverAnsweredNorBilled()
    {
        await using var vendor = await StartAsync("black-hole");
        var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body());
        await vendor.Vendor.Log.WhenAsync(request => request.Fault == "black-hole", vendor.Guard);

        client.Dispose();

        var entry = await vendor.Vendor.Log.WhenAsync(request => request.Ending is not null, vendor.Guard);
        Assert.Equal(RequestEnding.ClientClosed, entry.Ending);
        Assert.Equal(0, entry.StatusCode);
        Assert.Equal(0, vendor.Vendor.Bill.Requests);
    }

    [Fact]
    public async Task Refuse_InForce_RefusesAndEndsWithItsTime()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Instant, time, "refuse for=10s");

        await Assert.ThrowsAsync<HttpRequestException>(() => vendor.SendAsync(Body()));
        time.Advance(TimeSpan.FromSeconds(10));

        using var response = await vendor.SendAsync(Body());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(vendor.Vendor.Faults.Lines);
    }

    [Fact]
    public async Task Unreachable_InForce_LeavesTheHandshakeUnanswered()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other kernels answer the handshake of a full queue.");
        await using var vendor = await StartAsync("unreachable");
        var address = new IPEndPoint(IPAddress.Loopback, vendor.Vendor.BaseAddress.Port);

        // On loopback the kernel settles a connect while it is made: one that is still pending got no answer.
        using var hanging = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        var refused = Record.Exception(() => hanging.Connect(address));
        Assert.Contains(((SocketException)refused!).SocketErrorCode, new[] { SocketError.WouldBlock, SocketError.InProgress });
        Assert.False(hanging.Poll(0, SelectMode.SelectWrite));

        vendor.Vendor.Faults.Clear();
        using var response = await vendor.SendAsync(Body());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Script_Scope_ChoosesWhomItStrikes()
    {
        await using var vendor = await StartAsync("status 500 times=1 model=a", "status 501 key=k1", "status 503 times=2");
        var script = vendor.Vendor.Faults;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync("b", null));
        Assert.Equal(["status 500 times=1 model=a", "status 501 key=k1", "status 503 times=1"], script.Lines.Select(line => line.ToString()));
        Assert.Equal(HttpStatusCode.InternalServerError, await StatusAsync("a", "k1"));
        Assert.Equal(HttpStatusCode.NotImplemented, await StatusAsync("a", "k1"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync("a", "k2"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("a", "k2"));
        Assert.Equal(["status 501 key=k1"], script.Lines.Select(line => line.ToString()));

        async Task<HttpStatusCode> StatusAsync(string model, string? key)
        {
            using var response = await vendor.SendAsync(Body(model: model), key);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Script_Share_StrikesAboutThatManyAndRepeatsWithTheSeed()
    {
        var runs = new List<string>();
        for (var run = 0; run < 2; run++)
        {
            await using var vendor = await StartAsync("status 503 share=25%");
            var struck = new char[400];
            for (var index = 0; index < struck.Length; index++)
            {
                using var response = await vendor.SendAsync(Body());
                struck[index] = response.IsSuccessStatusCode ? '.' : 'x';
            }

            runs.Add(new string(struck));
        }

        Assert.InRange(runs[0].Count(mark => mark == 'x'), 75, 125);
        Assert.Equal(runs[0], runs[1]);
    }

    [Fact]
    public async Task Script_LinesInForce_AreBounded()
    {
        await using var vendor = await StartAsync();
        for (var line = 0; line < 1_000; line++) vendor.Vendor.Faults.Add("split 1");

        Assert.Throws<InvalidOperationException>(() => vendor.Vendor.Faults.Add("split 1"));
    }

    [Theory]
    [InlineData("refuse")]
    [InlineData("split 2\nunreachable")]
    public async Task Script_WhatCutsOffTheControlForEver_IsRefused(string lines)
    {
        await using var vendor = await StartAsync();

        using var refused = await vendor.Http.PostAsync("_simulator/faults", new StringContent(lines));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("needs 'for'", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(vendor.Vendor.Faults.Lines);
    }

    [Fact]
    public async Task Script_ThereIsNotRoomForAllLines_NoneIsAdded()
    {
        await using var vendor = await StartAsync();
        for (var line = 0; line < 999; line++) vendor.Vendor.Faults.Add("split 1");

        using var refused = await vendor.Http.PostAsync("_simulator/faults", new StringContent("split 2\nsplit 3"));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(999, vendor.Vendor.Faults.Lines.Length);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
