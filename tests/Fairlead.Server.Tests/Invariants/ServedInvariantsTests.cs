using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Server.Tests.Commands;
using Fairlead.Simulator;
using Fairlead.Simulator.Books;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Invariants;

/// <summary>
/// Invariants of cancelling, deadlines and reloads against <c>fairlead serve</c> as it ships, in a process of its own. What must hold
/// always is asserted always; times in milliseconds are asserted with <c>FAIRLEAD_LARGE=1</c> alone, for they are the machine's too.
/// </summary>
public sealed partial class ServedInvariantsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>INV-11.</summary>
    [Fact]
    public async Task Cancel_AtAnyMoment_FreesTheUpstream()
    {
        var requests = SharedFolder.IsLarge ? 10_000 : 200;
        using var folder = new TemporaryFolder();
        await using var vendor = await VendorAsync("east", "uniform 0ms..60ms", "uniform 100..400", outputTokens: "60", logged: requests + 100);
        await using var process = Serve(folder, vendor.BaseAddress);
        using var client = Client(await process.ListeningAsync());
        await Task.WhenAll(Enumerable.Range(0, 32).Select(i => AskAsync(client, "warm", isStream: i % 2 == 0)));
        var handles = Handles(process);

        var left = new ConcurrentDictionary<int, DateTimeOffset>();
        var draws = new Random(11);
        var moments = Enumerable.Range(0, requests).Select(_ => TimeSpan.FromMilliseconds(draws.Next(1, 200))).ToArray();
        await Parallel.ForEachAsync(Enumerable.Range(0, requests), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            using var leaving = new CancellationTokenSource();
            var asking = AskAsync(client, $"number {i}", isStream: i % 3 > 0, leaving.Token);
            await Task.WhenAny(asking, Task.Delay(moments[i], CancellationToken.None));
            if (asking.IsCompleted) return;
            left[i] = DateTimeOffset.UtcNow;
            await leaving.CancelAsync();
            await asking.ContinueWith(static _ => { }, TaskScheduler.Default);
        });

        await UntilAsync(() => vendor.Log.Open == 0, "a request that its client left goes on at the vendor");
        var lags = new List<double>();
        foreach (var send in vendor.Log.Requests)
        {
            if (send.Ending == RequestEnding.ClientClosed && Number(send) is { } number && left.TryGetValue(number, out var leftAt)) lags.Add((send.EndedAt!.Value - leftAt).TotalMilliseconds);
        }

        Assert.True(lags.Count > requests / 4, $"Only {lags.Count} of {requests} were left while the vendor was busy with them: that says nothing.");
        await UntilAsync(() => Handles(process) <= handles + 32, "connections stay open"); // idle ones to the vendor may
        if (!SharedFolder.IsLarge) return;
        Print("client gone → vendor's connection closed", lags);
        AssertBelow(lags, (0.5, 20), (0.99, 100), (1, 250));
    }

    /// <summary>INV-12.</summary>
    [Theory]
    [InlineData("stall headers", true)]
    [InlineData("stall headers", false)]
    [InlineData("stall first-token", true)]
    [InlineData("stall first-token comments=5ms", true)]
    [InlineData("stall after=5 comments=5ms", true)]
    public async Task Deadline_VendorStalls_HoldsToTheEnd(string fault, bool isStream)
    {
        var requests = SharedFolder.IsLarge ? 1000 : 24;
        using var folder = new TemporaryFolder();
        await using var vendor = await VendorAsync("east", "0ms", "0", outputTokens: "20", logged: requests + 100);
        await using var process = Serve(folder, vendor.BaseAddress);
        using var client = Client(await process.ListeningAsync());
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => AskAsync(client, "warm", isStream)));
        vendor.Faults.Add(SimulatedFault.Parse(fault));

        var overruns = new ConcurrentBag<double>();
        await Parallel.ForEachAsync(Enumerable.Range(0, requests), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            var timeout = 50 + (i * 37 % 350);
            var started = Stopwatch.GetTimestamp();
            var answer = await AskAsync(client, $"number {i}", isStream, default, ("x-fairlead-timeout-ms", timeout.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            overruns.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds - timeout);
            Assert.True(answer.Status == 504 || answer.IsBroken, $"{fault}: status {answer.Status}, {answer.Text}");
        });

        Assert.Equal(requests, overruns.Count);
        Assert.All(overruns, overrun => Assert.True(overrun > -5, $"ended {-overrun} ms before its deadline"));
        await UntilAsync(() => vendor.Log.Open == 0, "a request past its deadline goes on at the vendor");
        if (!SharedFolder.IsLarge) return;
        Print($"past the deadline, {fault}, {(isStream ? "stream" : "JSON")}", [.. overruns]);
        AssertBelow([.. overruns], (0.99, 50), (1, 250));
    }

    /// <summary>INV-13.</summary>
    [Fact]
    public async Task Reload_UnderLoad_DropsNothingAndIsNeverHalf()
    {
        var (streams, reloads) = SharedFolder.IsLarge ? (500, 200) : (30, 5);
        using var folder = new TemporaryFolder();
        await using var east = await VendorAsync("east", "uniform 0ms..40ms", "uniform 4..12", outputTokens: "uniform 4..24", logged: 100);
        await using var west = await VendorAsync("west", "uniform 0ms..40ms", "uniform 4..12", outputTokens: "uniform 4..24", logged: 100);
        await using var process = Serve(folder, east.BaseAddress, west.BaseAddress);
        var address = await process.ListeningAsync();
        using var client = Client(address);
        var applied = new ConcurrentDictionary<string, bool> { [Revision(Text(east.BaseAddress, west.BaseAddress))] = true };
        var entries = new ConcurrentBag<(Answer Answer, ClientEntry Judged)>();
        var isOver = false;
        var asking = Enumerable.Range(0, streams).Select(async i =>
        {
            while (!Volatile.Read(ref isOver))
            {
                var answer = await AskAsync(client, $"stream {i}", isStream: true);
                entries.Add((answer, StormClient.Judge(isStream: true, answer.Id, answer.Status, answer.Text, answer.IsBroken)));
            }
        }).ToArray();

        var effects = new List<double>();
        var current = applied.Keys.Single();
        for (var reload = 1; reload <= reloads; reload++)
        {
            var isBroken = reload % 5 == 0;
            var text = $"# change {reload}\n" + (reload % 2 == 0 ? Text(east.BaseAddress, west.BaseAddress) : Text(west.BaseAddress, east.BaseAddress)) + (isBroken ? "\nroutes: broken\n" : "");
            if (!isBroken) applied[current = Revision(text)] = true;
            folder.Write("fairlead.yaml", text);
            var started = Stopwatch.GetTimestamp();
            await UntilAsync(
                async () => JsonNode.Parse(await client.GetStringAsync("readyz"))! is var ready
                    && ready["configuration"]!.GetValue<string>() == (isBroken ? "refused" : "applied") && ready["revision"]!.GetValue<string>() == current,
                $"change {reload} has no effect");
            effects.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        Volatile.Write(ref isOver, true);
        await Task.WhenAll(asking);
        Assert.True(entries.Count >= streams);
        Assert.All(entries, entry => Assert.True(entry.Judged.Ending == ClientEnding.Answered, $"{entry.Answer.Id}: {entry.Judged.Ending} {entry.Judged.Defect}"));
        Assert.All(entries, entry => Assert.True(applied.ContainsKey(entry.Answer.Revision!), "A request names a configuration that never was one: " + entry.Answer.Revision));
        Assert.True(entries.Select(entry => entry.Answer.Revision).Distinct().Count() > 1);
        if (!SharedFolder.IsLarge) return;
        Print($"change → effect, {streams} streams open, {entries.Count} answered", effects);
        AssertBelow(effects, (1, 1000));
    }

    private static Task<SimulatedVendor> VendorAsync(string name, string firstToken, string rate, string outputTokens, int logged) => SimulatedVendor.StartAsync(
        new SimulatedVendorOptions
        {
            Name = name,
            FirstTokenLatency = Distribution.Parse(firstToken),
            TokensPerSecond = Distribution.Parse(rate),
            OutputTokens = Distribution.Parse(outputTokens),
            LoggedRequests = logged,
        },
        TimeProvider.System);

    private static FairleadProcess Serve(TemporaryFolder folder, params Uri[] vendors)
    {
        folder.Write("fairlead.yaml", Text(vendors));
        return FairleadProcess.Start(folder.Path, null, "serve", "--log-level", "Information");
    }

    private static string Text(params Uri[] vendors) => $$"""
        listen: "http://127.0.0.1:0"
        store: { ledger: "sqlite:ledger.db" }
        providers:
        {{string.Join('\n', vendors.Select((address, i) => $"  p{i}: {{ kind: openai-compatible, base_url: \"{address}\" }}"))}}
        targets:
        {{string.Join('\n', vendors.Select((_, i) => $"  t{i}: {{ provider: p{i}, model: sim, price: {{ input: 1, output: 2 }} }}"))}}
        defaults: { timeouts: { connect: 20s, headers: 20s, first_token: 20s, gap: 20s, deadline: 60s }, retries: 0 }
        routes:
          - name: default
            tiers: [ {{string.Join(", ", vendors.Select((_, i) => $"{{ use: [t{i}] }}"))}} ]
        """;

    /// <summary>The first 12 hexadecimal digits of the content's SHA-256, as the docs say.</summary>
    private static string Revision(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];

    private static HttpClient Client(Uri address) => new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = Patience };

    private static async Task<Answer> AskAsync(HttpClient client, string prompt, bool isStream, CancellationToken leaving = default, params (string Name, string Value)[] headers)
    {
        var body = $$"""{"model":"auto","messages":[{"role":"user","content":"{{prompt}}"}],"stream":{{(isStream ? "true" : "false")}}}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving);
        var received = new MemoryStream();
        var isBroken = false;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(leaving);
            await stream.CopyToAsync(received, leaving);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException && !leaving.IsCancellationRequested)
        {
            isBroken = true;
        }

        var revision = response.Headers.TryGetValues("x-fairlead-revision", out var revisions) ? revisions.Single() : null;
        return new Answer((int)response.StatusCode, response.Headers.GetValues("x-fairlead-request-id").Single(), revision, Encoding.UTF8.GetString(received.ToArray()), isBroken);
    }

    private static int? Number(LoggedRequest send) =>
        NumberInPrompt().Match(Encoding.UTF8.GetString(send.Body.Span)) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : null;

    /// <summary>What the process holds open; 0 where the system does not tell.</summary>
    private static int Handles(FairleadProcess process) => Directory.Exists($"/proc/{process.Id}/fd") ? Directory.GetFiles($"/proc/{process.Id}/fd").Length : 0;

    private static Task UntilAsync(Func<bool> condition, string otherwise) => UntilAsync(() => Task.FromResult(condition()), otherwise);

    private static async Task UntilAsync(Func<Task<bool>> condition, string otherwise)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"For {Patience.TotalSeconds} s: {otherwise}.");
            await Task.Delay(10);
        }
    }

    private static double Percentile(List<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)Math.Ceiling(share * sorted.Length) - 1)];
    }

    private static void Print(string what, List<double> values) => TestContext.Current.TestOutputHelper!.WriteLine(FormattableString.Invariant(
        $"{what}: {values.Count} times, p50 {Percentile(values, 0.5):F1} ms, p99 {Percentile(values, 0.99):F1} ms, max {values.Max():F1} ms"));

    private static void AssertBelow(List<double> values, params (double Share, double Most)[] bars) =>
        Assert.All(bars, bar => Assert.True(Percentile(values, bar.Share) <= bar.Most, FormattableString.Invariant($"p{bar.Share * 100}: {Percentile(values, bar.Share):F1} ms, allowed {bar.Most}")));

    [GeneratedRegex(@"number (\d+)")]
    private static partial Regex NumberInPrompt();

    private sealed record Answer(int Status, string Id, string? Revision, string Text, bool IsBroken);
}
