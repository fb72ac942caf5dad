using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Core.Requests;
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
            // What may wait is not told to be none, and a report that would lack it is none.
            foreach (var path in new[] { "v1/requests/" + RequestId.Create(DateTimeOffset.UtcNow), "admin/v1/costs" })
            {
                using var unknown = await gateway.Client.GetAsync(path);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.StatusCode);
                Assert.Equal("dependency_down", JsonNode.Parse(await unknown.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>());
            }

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

    [Fact]
    public async Task DiskRefuses_Strict_RequestsAreRefusedBeforeAnythingIsSent_AndServedAgainAfterwards()
    {
        using var folder = new TemporaryFolder();
        var ledger = folder.File("ledger.db");
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await RunningGateway.StartAsync($"store: {{ ledger: \"sqlite:{ledger}\", durability: strict }}\n" + Tiers("retries: 0", vendor.Address));

        Task<HttpResponseMessage> first;
        using (var other = new SqliteConnection($"Data Source={ledger};Pooling=False"))
        {
            other.Open();
            using var locking = other.CreateCommand();
            locking.CommandText = "BEGIN IMMEDIATE";
            locking.ExecuteNonQuery();
            first = gateway.PostAsync(Question); // finds it out, and waits
            await UntilAsync(() => gateway.Host.Ledger.IsFull);
            using var refused = await gateway.PostAsync(Question);
            using var ready = await gateway.Client.GetAsync("readyz");

            Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable), (refused.StatusCode, ready.StatusCode));
            Assert.Equal("dependency_down", JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>());
            Assert.Single(vendor.Requests); // the refused one never reached the vendor
        }

        using var answered = await first;
        await UntilAsync(() => !gateway.Host.Ledger.IsFull);
        using var served = await gateway.PostAsync(Question);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (answered.StatusCode, served.StatusCode));
        Assert.Equal(2, (await gateway.Host.Ledger.TotalsAsync(CancellationToken.None)).Requests);
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
