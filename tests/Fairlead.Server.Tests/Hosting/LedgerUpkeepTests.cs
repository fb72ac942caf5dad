using System.Net;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
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
        if (left > 1) return;
        const string told = "2 requests and 0 sums of their costs were removed";
        for (var i = 0; i < 500 && !gateway.Log.Text.Contains(told, StringComparison.Ordinal); i++) await Task.Delay(10); // it is told once it is done
        Assert.Contains(told, gateway.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhateverFails_ItGoesOn()
    {
        var still = new FakeTimeProvider(new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero)); // the gateway's own never comes to it
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        await using var gateway = await RunningGateway.StartAsync("store: { ledger: \":memory:\", keep: { requests: 32d } }\n" + Vendors.Tiers("retries: 0", vendor.Address), still);
        await AskAsync(gateway);
        await AskAsync(gateway);
        await gateway.Host.Ledger.FlushAsync();
        var (time, audit, log) = (new FakeTimeProvider(still.GetUtcNow().AddDays(40)), new BrokenTwice(), new RecordedLog());
        using var logging = new LoggerFactory([log]);
        using var stop = new CancellationTokenSource();
        var running = new LedgerUpkeep(gateway.Host.Ledger, audit, gateway.Host.Services.GetRequiredService<SnapshotSource>(), time, logging.CreateLogger<LedgerUpkeep>()).RunAsync(stop.Token);

        for (var i = 0; i < 500 && (await gateway.Host.Ledger.TotalsAsync(CancellationToken.None)).Requests != 1; i++)
        {
            time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(10);
        }

        Assert.Equal(1, (await gateway.Host.Ledger.TotalsAsync(CancellationToken.None)).Requests);
        Assert.False(running.IsCompleted);
        Assert.Equal(2, log.Text.Split("it is tried again in an hour: a defect").Length - 1);
        await stop.CancelAsync();
        await running;
    }

    private sealed class BrokenTwice : IAuditLog
    {
        private int _times;

        public ValueTask AppendAsync(AuditEntry entry, CancellationToken cancellationToken) => ++_times <= 2 ? throw new InvalidOperationException("a defect") : ValueTask.CompletedTask;
    }

    private static async Task AskAsync(RunningGateway gateway)
    {
        using var response = await gateway.PostAsync(Vendors.Question);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
