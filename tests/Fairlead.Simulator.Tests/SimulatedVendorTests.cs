using System.Net;
using System.Net.Sockets;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Tests.Support;
using static Fairlead.Simulator.Tests.Support.TestVendor;

namespace Fairlead.Simulator.Tests;

public sealed class SimulatedVendorTests
{
    private const string Stream = "\"stream\":true";

    [Fact]
    public async Task Start_AnyPort_SaysWhereItIs()
    {
        await using var vendor = await StartAsync();

        Assert.Equal("east", vendor.Vendor.Name);
        Assert.Equal("127.0.0.1", vendor.Vendor.BaseAddress.Host);
        Assert.NotEqual(0, vendor.Vendor.BaseAddress.Port);
        Assert.EndsWith("/v1", vendor.Vendor.BaseAddress.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("{\"object\":\"list\"", await vendor.Http.GetStringAsync(vendor.Vendor.BaseAddress + "/models"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_PortTaken_Throws()
    {
        await using var vendor = await StartAsync();

        await Assert.ThrowsAsync<IOException>(() => StartAsync(Instant with { Port = vendor.Vendor.BaseAddress.Port }));
    }

    [Fact]
    public async Task Start_OptionNotUsable_SaysWhich()
    {
        await Unusable(Instant with { Name = "two words" }, "'two words'");
        await Unusable(Instant with { Name = "" }, "name");
        await Unusable(Instant with { Port = 70_000 }, "70000");
        await Unusable(Instant with { FirstTokenLatency = Distribution.Parse("20") }, "20ms");
        await Unusable(Instant with { TokensPerSecond = Distribution.Parse("20ms") }, "plain number");
        await Unusable(Instant with { OutputTokens = Distribution.Parse("20ms") }, "plain number");
        await Unusable(Instant with { InputNanoDollarsPerMillionTokens = -1 }, "negative");
        await Unusable(Instant with { LoggedRequests = 0 }, "positive");

        static async Task Unusable(SimulatedVendorOptions options, string word) =>
            Assert.Contains(word, (await Assert.ThrowsAsync<FormatException>(() => StartAsync(options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Break_ThenRestore_RefusesThenServesOnTheSamePort()
    {
        await using var vendor = await StartAsync();
        await vendor.AnswerAsync(Body());
        var address = vendor.Vendor.BaseAddress;

        for (var round = 0; round < 3; round++)
        {
            await vendor.Vendor.BreakAsync();
            var refused = await Assert.ThrowsAsync<HttpRequestException>(() => vendor.SendAsync(Body()));
            Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);

            await vendor.Vendor.RestoreAsync();
            using var response = await vendor.SendAsync(Body());
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal(address, vendor.Vendor.BaseAddress);
        Assert.Equal(4, vendor.Vendor.Log.Count);
    }

    [Fact]
    public async Task Break_StreamOpen_ResetsItAndHasItInTheLog()
    {
        await using var vendor = await StartAsync("stall after=2");
        using var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body("Hello", Stream));
        await client.ReadUntilAsync("east#1:1 ", vendor.Guard);

        await vendor.Vendor.BreakAsync();

        var entry = vendor.Vendor.Log.Find(1)!;
        Assert.Equal(RequestEnding.Broken, entry.Ending);
        Assert.Equal((5, 1), (entry.InputTokens, entry.OutputTokens));
        Assert.True((await client.ReadToEndAsync(vendor.Guard)).IsReset);
    }

    [Fact]
    public async Task Break_RefuseFaultBesides_StaysRefusedUntilBothAreGone()
    {
        await using var vendor = await StartAsync("refuse");
        await vendor.Vendor.BreakAsync();

        vendor.Vendor.Faults.Clear();
        await Assert.ThrowsAsync<HttpRequestException>(() => vendor.SendAsync(Body()));

        vendor.Vendor.Faults.Add("refuse");
        await vendor.Vendor.RestoreAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => vendor.SendAsync(Body()));

        vendor.Vendor.Faults.Clear();
        using var response = await vendor.SendAsync(Body());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("refuse for=10s")]
    [InlineData("unreachable for=10s")]
    public async Task Port_TakenWhileItIsBoundAnew_RefusesUntilItIsFree(string fault)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other kernels let no second socket have the port beside the vendor.");
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Instant with { Port = ((IPEndPoint)other.LocalEndPoint!).Port }, time);
        other.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, false); // from here on nobody binds beside it

        vendor.Vendor.Faults.Add(fault);
        time.Advance(TimeSpan.FromSeconds(10)); // over, and the port is still taken
        Assert.Empty(vendor.Vendor.Faults.Lines);
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => vendor.SendAsync(Body()));
        Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);

        other.Dispose();
        time.Advance(TimeSpan.FromSeconds(1));
        await vendor.AnswerAsync(Body());
    }

    [Fact]
    public async Task Port_ListenedOnByOthersWhileItRefuses_RestoresOnceItIsFree()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other kernels let no second socket have the port beside the vendor.");
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Instant, time, "refuse for=10s");
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, vendor.Vendor.BaseAddress.Port));
        other.Listen();

        time.Advance(TimeSpan.FromSeconds(10));

        other.Dispose();
        time.Advance(TimeSpan.FromSeconds(1));
        await vendor.AnswerAsync(Body());
    }

    [Fact]
    public async Task Dispose_WhileItsPortIsTaken_GivesItUp()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other kernels let no second socket have the port beside the vendor.");
        var time = new SteppedTime();
        var vendor = await StartAsync(Instant, time, "refuse for=10s");
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, vendor.Vendor.BaseAddress.Port));
        other.Listen();
        time.Advance(TimeSpan.FromSeconds(10));

        await vendor.DisposeAsync();

        other.Dispose();
        time.Advance(TimeSpan.FromSeconds(1));
        await using var next = await StartAsync(Instant with { Port = vendor.Vendor.BaseAddress.Port });
    }

    [Fact]
    public async Task Dispose_StreamsStalled_EndsThemOnAClockThatStands()
    {
        var vendor = await StartAsync(Instant, new SteppedTime(), "stall after=1 model=stuck", "black-hole");
        using var stalled = await RawClient.ConnectAsync(vendor.Vendor);
        using var swallowed = await RawClient.ConnectAsync(vendor.Vendor);
        await stalled.PostAsync(Body("Hello", Stream, "stuck"));
        await swallowed.PostAsync(Body("Hello"));
        await vendor.Vendor.Log.WhenAsync(request => request.Fault == "black-hole", vendor.Guard);
        await stalled.ReadUntilAsync("\"role\":\"assistant\"", vendor.Guard);

        await vendor.Vendor.DisposeAsync();

        Assert.Equal(0, vendor.Vendor.Log.Open);
        Assert.All(vendor.Vendor.Log.Requests, request => Assert.Equal(RequestEnding.Broken, request.Ending));
        Assert.True((await stalled.ReadToEndAsync(vendor.Guard)).IsReset);
        await using var next = await StartAsync(Instant with { Port = vendor.Vendor.BaseAddress.Port });
        await vendor.DisposeAsync();
    }

    [Fact]
    public async Task KeepAlive_ManyRequests_UseOneConnection()
    {
        await using var vendor = await StartAsync();
        using var client = await RawClient.ConnectAsync(vendor.Vendor);

        for (var number = 1; number <= 5; number++)
        {
            await client.PostAsync(Body());
            Assert.Contains($"east#{number}:3 ", await client.ReadUntilAsync("total_tokens\":8", vendor.Guard), StringComparison.Ordinal);
        }
    }
}
