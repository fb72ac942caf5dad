using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Core.Health;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Overload;

/// <summary>A gateway that does its work late does not blame vendors for what only looks late; what they say is theirs all the same.</summary>
public sealed class LateGatewayTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClockThatRunsOut_CountsOnlyWhereTheGatewayWasInTime(bool isLate)
    {
        var time = new FakeTimeProvider();
        await using var silent = ByteServer.Start(new Reply(200, "text/event-stream", []) { Before = _ => Task.Delay(Timeout.Infinite) });
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0, breaker: { failures: 1 }, timeouts: { connect: 30s, headers: 5s, first_token: 5s }", silent.Address), time);
        gateway.Host.Services.GetRequiredService<OwnStalls>().Late(isLate);

        var asking = gateway.PostAsync(Vendors.StreamQuestion);
        while (!asking.IsCompleted)
        {
            await Task.WhenAny(asking, Task.Delay(2));
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        using var response = await asking;
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal(isLate ? "closed" : "open", await StateAsync(gateway));
    }

    [Fact]
    public async Task ErrorOfAVendor_CountsAllTheSame()
    {
        var time = new FakeTimeProvider();
        await using var broken = ByteServer.Start(Reply.Json(Vendors.Error("server_error"), status: 500));
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0, breaker: { failures: 1 }", broken.Address), time);
        gateway.Host.Services.GetRequiredService<OwnStalls>().Late(true);

        using var response = await gateway.PostAsync(Vendors.Question);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("open", await StateAsync(gateway));
    }

    private static async Task<string> StateAsync(RunningGateway gateway) =>
        JsonNode.Parse(await gateway.Client.GetStringAsync("admin/v1/targets"))!["targets"]![0]!["breaker"]!["state"]!.GetValue<string>();
}
