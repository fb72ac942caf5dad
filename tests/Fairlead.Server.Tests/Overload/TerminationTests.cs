using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Fairlead.Tests;
using Microsoft.Data.Sqlite;

namespace Fairlead.Server.Tests.Overload;

/// <summary>The real process, asked to stop while three hundred streams are open (INV-14).</summary>
public sealed class TerminationTests
{
    private const int Streams = 300;

    [Fact]
    public async Task StreamsThatEndWithinTheDrain_AreAllWhole()
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var folder = new TemporaryFolder();
        await using var vendor = Vendor(end.Task);
        await using var process = Start(folder, vendor, "60s");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = await process.ListeningAsync(), Timeout = TimeSpan.FromMinutes(2) };
        var reading = await OpenAsync(client);

        process.Terminate();
        await process.LoggedAsync("Fairlead is stopping");
        end.SetResult();

        var texts = await Task.WhenAll(reading);
        Assert.All(texts, text => Assert.Contains(Vendors.Done, text, StringComparison.Ordinal));
        Assert.Equal(0, await process.EndedAsync());
        Assert.Equal([$"answered|none|{Streams}"], Outcomes(folder));
        Assert.DoesNotContain("The time to drain is over", process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StreamsThatDoNot_EndWithAnErrorEvent_AndNoRowIsLost()
    {
        using var folder = new TemporaryFolder();
        await using var vendor = Vendor(Task.Delay(Timeout.Infinite));
        await using var process = Start(folder, vendor, "1s");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = await process.ListeningAsync(), Timeout = TimeSpan.FromMinutes(2) };
        var reading = await OpenAsync(client);

        var asked = Stopwatch.GetTimestamp();
        process.Terminate();

        var texts = await Task.WhenAll(reading);
        Assert.All(texts, text => Assert.Contains("\"gateway_stopping\"", text, StringComparison.Ordinal));
        Assert.All(texts, text => Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal));
        Assert.Equal(0, await process.EndedAsync());
        var took = Stopwatch.GetElapsedTime(asked);
        Assert.Equal([$"failed|gateway_stopping|{Streams}"], Outcomes(folder));
        Assert.Contains($"The time to drain is over: {Streams} answers end with an error", process.Errors, StringComparison.Ordinal);
        Assert.Contains("Fairlead has stopped", process.Errors, StringComparison.Ordinal);
        if (SharedFolder.IsLarge) Assert.InRange(took, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        SharedFolder.Figures(string.Create(CultureInfo.InvariantCulture, $"stopped with {Streams} open streams and a drain of 1 s: gone after {took.TotalSeconds:0.00} s"));
    }

    private static ByteServer Vendor(Task end) => ByteServer.Start(_ => Vendors.Saying("A", "B") with { Before = piece => piece < 2 ? Task.CompletedTask : end });

    private static FairleadProcess Start(TemporaryFolder folder, ByteServer vendor, string drain)
    {
        folder.Write("fairlead.yaml", $$"""
            listen: "http://127.0.0.1:0"
            store: { ledger: "sqlite:ledger.db" }
            stop: { drain: {{drain}} }

            """ + Vendors.Tiers("retries: 0", vendor.Address));
        return FairleadProcess.Start(folder.Path, null, "serve");
    }

    /// <summary>Opens all streams, up to the first token of each, and goes on reading.</summary>
    private static async Task<IReadOnlyList<Task<string>>> OpenAsync(HttpClient client)
    {
        var reading = new ConcurrentBag<Task<string>>();
        await Parallel.ForAsync(0, Streams, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, cancellationToken) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(Vendors.StreamQuestion, Encoding.UTF8, "application/json") };
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            Assert.True(response.IsSuccessStatusCode);
            reading.Add(ReadAsync(response));
        });
        return [.. reading];
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response)
    {
        using var _ = response;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var text = new StringBuilder();
        try
        {
            while (await reader.ReadLineAsync() is { } line) text.Append(line).Append('\n');
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // The abort behind the error event.
        }

        return text.ToString();
    }

    private static List<string> Outcomes(TemporaryFolder folder)
    {
        using var connection = new SqliteConnection($"Data Source={folder.File("ledger.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT outcome || '|' || failure || '|' || count(*) FROM requests GROUP BY outcome, failure UNION ALL SELECT 'open' FROM open_requests";
        using var rows = command.ExecuteReader();
        var outcomes = new List<string>();
        while (rows.Read()) outcomes.Add(rows.GetString(0));
        return outcomes;
    }
}
