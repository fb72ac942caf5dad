using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Overload;

/// <summary>Clients that do not read: their vendor is read no faster than they are, and in the end they are cut off.</summary>
public sealed class SlowReaderTests
{
    private const int Megabyte = 1024 * 1024;
    private const string Clocks = "retries: 0, timeouts: { connect: 30s, headers: 60s, first_token: 60s, gap: 5s, deadline: 1h, client: 30s }";

    [Fact]
    public async Task Stream_OfAClientThatStopsReading_IsNotReadAhead_AndEndsAsClientSlow()
    {
        var sent = 0;
        var piece = Encoding.UTF8.GetBytes(Vendors.Token(new string('x', Megabyte / 16)));
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [Encoding.UTF8.GetBytes(Vendors.Role), .. Enumerable.Repeat(piece, 50 * 16)])
        {
            HasLength = false,
            Before = number =>
            {
                Volatile.Write(ref sent, number);
                return Task.CompletedTask;
            },
        });
        var time = new FakeTimeProvider();
        await using var gateway = await RunningGateway.StartJudgedAsync(Vendors.Tiers(Clocks, vendor.Address), time);

        using var socket = await AskAsync(gateway, Vendors.StreamQuestion);
        var head = new byte[512];
        Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(head, 0, await socket.ReceiveAsync(head)), StringComparison.Ordinal);
        var closed = Assert.Single(vendor.Requests).PeerClosed;
        await TurnUntilAsync(time, gateway, "client");

        Assert.InRange(Volatile.Read(ref sent), 1, 25 * 16); // what sockets hold between the three, and 64 KiB of ours
        await closed.WaitAsync(TimeSpan.FromSeconds(60));
        var record = await RecordAsync(gateway, Encoding.ASCII.GetString(head));
        Assert.Equal("client_slow", record["failure"]!.GetValue<string>());
        var attempt = record["attempts"]![0]!;
        Assert.Equal(("client_slow", "client"), (attempt["outcome"]!.GetValue<string>(), attempt["clock"]!.GetValue<string>()));
        Assert.True(attempt["usage"]!["output_tokens"]!.GetValue<long>() > 0); // an estimate of what came
        await AssertCutOffAsync(socket);
        await AssertBlamelessAsync(gateway);
    }

    [Fact]
    public async Task Json_OfAClientThatDoesNotRead_IsCutOff()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer(new string('x', 24 * Megabyte))));
        var time = new FakeTimeProvider();
        await using var gateway = await RunningGateway.StartJudgedAsync(Vendors.Tiers(Clocks, vendor.Address), time);

        using var socket = await AskAsync(gateway, Vendors.Question);
        await TurnUntilAsync(time, gateway, "did not take its answer");

        await AssertCutOffAsync(socket);
        await AssertBlamelessAsync(gateway);
        Assert.Equal(1, (await gateway.Host.Ledger.TotalsAsync(CancellationToken.None)).Requests); // answered, and owed
    }

    [Fact]
    public async Task Stream_OfAClientThatReadsAfterAWhile_GoesOn_ThoughTheVendorsClockWouldHaveRunOut()
    {
        var piece = Encoding.UTF8.GetBytes(Vendors.Token(new string('x', Megabyte / 16)));
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [Encoding.UTF8.GetBytes(Vendors.Role), .. Enumerable.Repeat(piece, 30 * 16), Encoding.UTF8.GetBytes(Vendors.Finish + Vendors.Usage + Vendors.Done)]) { HasLength = false });
        var time = new FakeTimeProvider();
        await using var gateway = await RunningGateway.StartJudgedAsync(Vendors.Tiers(Clocks, vendor.Address), time);

        using var socket = await AskAsync(gateway, Vendors.StreamQuestion);
        for (var turns = 0; turns < 200; turns++) // 20 s: four times the gap
        {
            await Task.Delay(2);
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        var buffer = new byte[256 * 1024];
        var tail = "";
        while (!tail.Contains("[DONE]", StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(60));
            Assert.True(read > 0, "It ended early: " + tail);
            tail = (tail + Encoding.ASCII.GetString(buffer, Math.Max(0, read - 2000), Math.Min(read, 2000)))[^Math.Min(2000, tail.Length + Math.Min(read, 2000))..];
        }
    }

    /// <summary>Asks on a socket with little room, and reads nothing.</summary>
    private static async Task<Socket> AskAsync(RunningGateway gateway, string body)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 * 1024 };
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        return socket;
    }

    /// <summary>Turns the clock in small steps until the log says something, giving the sockets room between them.</summary>
    private static async Task TurnUntilAsync(FakeTimeProvider time, RunningGateway gateway, string logged)
    {
        for (var turns = 0; turns < 4000; turns++)
        {
            if (gateway.Log.Text.Contains(logged, StringComparison.Ordinal) && gateway.Host.InFlight == 0) return;
            await Task.Delay(2);
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Fail("Never: " + logged);
    }

    private static async Task AssertCutOffAsync(Socket socket)
    {
        var buffer = new byte[256 * 1024];
        var tail = "";
        try
        {
            int read;
            while ((read = await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(60))) > 0) tail = Encoding.ASCII.GetString(buffer, Math.Max(0, read - 100), Math.Min(read, 100));
        }
        catch (SocketException)
        {
            return; // reset
        }

        Assert.False(tail.EndsWith("0\r\n\r\n", StringComparison.Ordinal) || tail.EndsWith('}'), "It ended as if it were whole.");
    }

    private static async Task AssertBlamelessAsync(RunningGateway gateway)
    {
        var targets = JsonNode.Parse(await gateway.Client.GetStringAsync("admin/v1/targets"))!["targets"]!.AsArray();
        Assert.NotEqual("failing", targets[0]!["state"]!.GetValue<string>());
        Assert.DoesNotContain("The breaker of target", gateway.Log.Text, StringComparison.Ordinal);
    }

    private static async Task<JsonObject> RecordAsync(RunningGateway gateway, string head)
    {
        var id = head.Split("\r\n").Single(line => line.StartsWith("x-fairlead-request-id:", StringComparison.OrdinalIgnoreCase)).Split(':')[1].Trim();
        return JsonNode.Parse(await gateway.Client.GetStringAsync("v1/requests/" + id))!.AsObject();
    }
}
