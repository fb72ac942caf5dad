using System.Net;
using Fairlead.Core.Ledger;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Hosting;

/// <summary>What a gateway does for its ledger beside the traffic.</summary>
public sealed class LedgerUpkeepTests
{
    [Theory]
    [InlineData("keep: { requests: 32d }", 1)]
    [InlineData("keep: { requests: 90d, costs: 730d }", 3)]
    [InlineData("durability: group", 3)]
    public async Task OldRequests_AreRemovedAsTheConfigurationSays_AndItIsWrittenDown(string store, int left)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero));
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        await using var gateway = await RunningGateway.StartAsync($"store: {{ ledger: \":memory:\", {store} }}\n" + Vendors.Tiers("retries: 0", vendor.Address), time);
        await AskAsync(gateway);
        await AskAsync(gateway);
        time.AdjustTime(time.GetUtcNow().AddDays(40)); // without every timer on the way
        await AskAsync(gateway);
        await gateway.Host.Ledger.FlushAsync();

        for (var i = 0; i < 200 && (await gateway.Host.Ledger.TotalsAsync(CancellationToken.None)).Requests != left; i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(10);
        }

        Assert.Equal(left, (await gateway.Host.Ledger.TotalsAsync(CancellationToken.None)).Requests);
        var query = new CostQuery { From = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero), Until = new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero) };
        Assert.Equal(3, (await gateway.Host.Ledger.CostsAsync(query, CancellationToken.None)).Total.Requests);
        if (left == 1) Assert.Contains("2 requests and 0 sums of their costs were removed", gateway.Log.Text, StringComparison.Ordinal);
    }

    private static async Task AskAsync(RunningGateway gateway)
    {
        using var response = await gateway.PostAsync(Vendors.Question);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
