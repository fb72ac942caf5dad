using Fairlead.Commands;
using Fairlead.Server.Tests.Hosting;

namespace Fairlead.Server.Tests.Commands;

/// <summary>How tools ask a gateway that takes its time.</summary>
public sealed class GatewayClientTests
{
    [Fact]
    public async Task Post_NoAnswerInThatTime_SaysHowLongItWaited()
    {
        await using var silent = ByteServer.Start(Reply.Json("{}") with { Before = _ => Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken), End = ReplyEnd.Hang });
        using var client = new GatewayClient(GatewayClient.AddressOf(silent.Address), null, TimeSpan.FromMilliseconds(250));

        var exception = await Assert.ThrowsAsync<GatewayException>(() => client.PostAsync("x", "{}"u8.ToArray(), CancellationToken.None));

        Assert.EndsWith("did not answer in 0.25 s; what it was asked to do it may still be doing", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_GivenUp_EndsAtOnce()
    {
        var asked = new TaskCompletionSource();
        await using var silent = ByteServer.Start(_ =>
        {
            asked.SetResult();
            return Reply.Json("{}") with { Before = _ => Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken), End = ReplyEnd.Hang };
        });
        using var client = new GatewayClient(GatewayClient.AddressOf(silent.Address), null, TimeSpan.FromHours(1));
        using var giveUp = new CancellationTokenSource();
        var asking = client.PostAsync("x", "{}"u8.ToArray(), giveUp.Token);

        await asked.Task;
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }
}
