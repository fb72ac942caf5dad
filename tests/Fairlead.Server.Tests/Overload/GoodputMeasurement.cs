using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Pipeline;
using Fairlead.Simulator;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Overload;

/// <summary>
/// Goodput of the real process while once to ten times as much is offered as it has room for (INV-27): figures, printed and not judged, for they are the machine's
/// too. Set <c>FAIRLEAD_LARGE=1</c>.
/// </summary>
public sealed class GoodputMeasurement
{
    private const int Room = 32;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task OfferedUpToTenTimesTheKnee()
    {
        Assert.SkipUnless(SharedFolder.IsLarge, "Set FAIRLEAD_LARGE=1 to measure.");
        using var folder = new TemporaryFolder();
        await using var vendor = await SimulatedVendor.StartAsync(
            new SimulatedVendorOptions { Name = "east", FirstTokenLatency = Distribution.Parse("50ms"), TokensPerSecond = Distribution.Parse("400"), LoggedRequests = 10, LoggedBodyBytes = 0 }, TimeProvider.System);
        folder.Write("fairlead.yaml", $$"""
            listen: "http://127.0.0.1:0"
            store: { ledger: "sqlite:ledger.db" }
            overload: { concurrent: {{Room}} }
            keys: [ { name: all, secret: "env:ALL", criticality: critical } ]

            """ + Vendors.Tiers("retries: 0", vendor.BaseAddress.ToString()));
        await using var process = FairleadProcess.Start(folder.Path, new Dictionary<string, string> { ["ALL"] = "all-0123456789abcdef" }, "serve");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = await process.ListeningAsync(), Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", "all-0123456789abcdef");
        await OfferAsync(client, 1); // until it is compiled
        foreach (var times in new[] { 1, 2, 5, 10, 1 })
        {
            var (answered, refused, p50, p99) = await OfferAsync(client, times);
            SharedFolder.Figures(string.Create(
                CultureInfo.InvariantCulture,
                $"offered {times} times its room of {Room}: {answered / Length.TotalSeconds:0} answers a second, {refused / Length.TotalSeconds:0} refusals a second, each after {p50:0.0} ms at the median and {p99:0.0} ms at the 99th percentile, as its client sees it"));
        }
    }

    /// <summary>Clients that come back a moment after a refusal, and at once after an answer. What begins while they open their connections, all at once, is not counted.</summary>
    private static async Task<(int Answered, int Refused, double P50, double P99)> OfferAsync(HttpClient client, int times)
    {
        var answered = 0;
        var refusals = new ConcurrentBag<double>();
        var settled = Stopwatch.GetTimestamp() + (long)(Settling.TotalSeconds * Stopwatch.Frequency);
        var until = settled + (long)(Length.TotalSeconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, Room * times).Select(async _ =>
        {
            while (Stopwatch.GetTimestamp() < until)
            {
                var started = Stopwatch.GetTimestamp();
                using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(Vendors.Question, Encoding.UTF8, "application/json") };
                using var response = await client.SendAsync(request);
                if (response.IsSuccessStatusCode)
                {
                    if (started >= settled)
                    {
                        Interlocked.Increment(ref answered);
                    }

                    continue;
                }

                if (started >= settled)
                {
                    refusals.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }

                await Task.Delay(100); // an SDK would wait longer
            }
        }));
        var sorted = refusals.Order().ToArray();
        return (answered, sorted.Length, At(0.5), At(0.99));

        double At(double share) => sorted.Length == 0 ? 0 : sorted[(int)((sorted.Length - 1) * share)];
    }
}
