using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Microsoft.Data.Sqlite;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Endpoints;

/// <summary>A disk that refuses for long: what may wait is bounded, nothing that was accepted is lost, and it goes on by itself.</summary>
public sealed class FullLedgerTests
{
    [Fact]
    public async Task DiskRefuses_RequestsAreRefusedOnceTheLedgerIsFull_AndServedAgainAfterwards()
    {
        const int most = 4;
        using var folder = new TemporaryFolder();
        var ledger = folder.File("ledger.db");
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await RunningGateway.StartAsync($"store: {{ ledger: \"sqlite:{ledger}\" }}\n" + Tiers("retries: 0", vendor.Address), mostWaitingRecords: most);

        var accepted = 0;
        HttpResponseMessage refused;
        using (var other = new SqliteConnection($"Data Source={ledger};Pooling=False"))
        {
            other.Open();
            using var locking = other.CreateCommand();
            locking.CommandText = "BEGIN IMMEDIATE";
            locking.ExecuteNonQuery();
            using (var first = await gateway.PostAsync(Question)) Assert.Equal(HttpStatusCode.OK, first.StatusCode);
            accepted++;
            // From here on the ledger's thread holds one group and tries again: nothing leaves the queue, so that what is full stays full.
            await UntilAsync(() => gateway.Log.Text.Contains("The ledger cannot be written", StringComparison.Ordinal));
            while ((refused = await gateway.PostAsync(Question)).StatusCode == HttpStatusCode.OK) accepted++;
            using var ready = await gateway.Client.GetAsync("readyz");

            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Equal("dependency_down", JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>());
            Assert.NotEqual("", Header(refused, "retry-after"));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Equal("full", JsonNode.Parse(await ready.Content.ReadAsStringAsync())!["ledger"]!.GetValue<string>());
            Assert.InRange(accepted, 1, most);
            Assert.Equal(accepted, vendor.Requests.Count); // the refused one never reached the vendor
        }

        await UntilAsync(() => !gateway.Host.Ledger.IsFull && gateway.Log.Text.Contains("The ledger is written again", StringComparison.Ordinal));
        using var served = await gateway.PostAsync(Question);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        Assert.Equal(accepted + 1, (await gateway.Host.Ledger.TotalsAsync(CancellationToken.None)).Requests);
        refused.Dispose();
    }

    /// <summary>Waits for the ledger's own thread.</summary>
    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var tries = 0; !condition(); tries++)
        {
            Assert.True(tries < 1000, "It did not come to be.");
            await Task.Delay(10);
        }
    }
}
