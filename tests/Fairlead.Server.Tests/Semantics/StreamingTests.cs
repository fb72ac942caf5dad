using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Semantics;

/// <summary>Section H of the wire rules, where only the whole gateway shows it.</summary>
public sealed class StreamingTests
{
    [Theory]
    [MemberData(nameof(Crossing.Vendors), MemberType = typeof(Crossing))]
    public async Task Rule99_EachEvent_ReachesTheClientBeforeTheNextIsSent(string dialect)
    {
        // The second text waits until the client has the first, the end until it has the second: a gateway that buffers would wait for ever.
        var seen = new[] { new TaskCompletionSource(), new TaskCompletionSource() };
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [.. Crossing.Events(dialect).Select(Encoding.UTF8.GetBytes)])
        {
            HasLength = false,
            Before = piece => piece <= 0 ? Task.CompletedTask : seen[piece - 1].Task,
        });
        await using var gateway = await Crossing.StartAsync(dialect, "retries: 0", vendor.Address);

        using var response = await gateway.PostAsync(Crossing.PathTowards(dialect), Crossing.StreamQuestion(dialect));
        var stream = await response.Content.ReadAsStreamAsync();
        var text = "";
        foreach (var (awaited, next) in new[] { ("\"A\"", seen[0]), ("\"B\"", seen[1]) })
        {
            var buffer = new byte[4096];
            while (!text.Contains(awaited, StringComparison.Ordinal))
            {
                var read = await stream.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
                Assert.NotEqual(0, read);
                text += Encoding.UTF8.GetString(buffer, 0, read);
            }

            next.SetResult();
        }

        text += await new StreamReader(stream).ReadToEndAsync();
        Assert.Contains(dialect == "openai-chat" ? "event: message_stop" : "data: [DONE]", text, StringComparison.Ordinal);
        Assert.Equal("translated", Header(response, "x-fairlead-body-mode"));
    }

    [Theory]
    [InlineData("openai-chat", "json")]
    [InlineData("openai-chat", "first")]
    [InlineData("openai-chat", "stream")]
    [InlineData("anthropic-messages", "json")]
    [InlineData("anthropic-messages", "first")]
    [InlineData("anthropic-messages", "stream")]
    public async Task Rule100_ClientThatGoesAway_FreesTheVendor_AndWhatWasSeenIsRecorded(string dialect, string when)
    {
        await using var vendor = ByteServer.Start(when == "stream"
            ? new Reply(200, "text/event-stream", [Encoding.UTF8.GetBytes(Crossing.Events(dialect)[0])]) { HasLength = false, End = ReplyEnd.Hang }
            : new Reply(200, when == "json" ? "application/json" : "text/event-stream", []) { Before = _ => Task.Delay(Timeout.Infinite) });
        await using var gateway = await Crossing.StartAsync(dialect, "retries: 0", vendor.Address);

        using var cancel = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, Crossing.PathTowards(dialect)) { Content = new StringContent(when == "json" ? Crossing.Question(dialect) : Crossing.StreamQuestion(dialect), Encoding.UTF8, "application/json") };
        var sending = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel.Token);
        var id = "";
        if (when == "stream")
        {
            id = Header(await sending, "x-fairlead-request-id");
            await (await (await sending).Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[10]);
        }

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
        if (when != "stream") return;
        JsonNode record;
        do
        {
            record = JsonNode.Parse(await gateway.Client.GetStringAsync("v1/requests/" + id))!;
        }
        while (record["state"]!.GetValue<string>() != "client_gone");
        Assert.Equal("estimated", record["attempts"]![0]!["usage"]!["source"]!.GetValue<string>());
    }
}
