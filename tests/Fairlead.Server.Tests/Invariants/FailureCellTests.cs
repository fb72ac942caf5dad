using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Fairlead.Core.Execution;
using Fairlead.Simulator;
using Fairlead.Tests;
using static Fairlead.Server.Tests.Invariants.StormClient;

namespace Fairlead.Server.Tests.Invariants;

/// <summary>
/// Every cell of class × JSON or stream × before or after the commit point × the client's dialect × the target's × whether another target stands: what the client
/// gets, and what the record says.
/// </summary>
public sealed class FailureCellTests : FaultTest
{
    private static readonly string[] Dialects = [Chat, Messages];

    public static TheoryData<string> Cases => [.. FailureCase.All.Select(one => one.ToString())];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Class_InEveryCell_IsToldAsItMustBe(string name)
    {
        var failure = FailureCase.All.Single(one => one.ToString() == name);
        await StartAsync(failure);
        var cells = Cells(failure).ToList();
        if (failure.IsSlow)
        {
            foreach (var batch in cells.GroupBy(cell => (cell.Fault, cell.Target))) await StrikeAsync(failure, [.. batch]);
        }
        else
        {
            foreach (var cell in cells) await StrikeAsync(failure, [cell]);
        }

        await JudgeAsync();
        SharedFolder.Report($"cells of failure, {failure}: as they must be", cells.Count, cells.Count);
    }

    /// <summary>F36: nobody reads what came of it, so that the ledger alone can tell.</summary>
    [Theory]
    [InlineData(false, "stall headers")]
    [InlineData(true, "stall headers")]
    [InlineData(true, "stall first-token")]
    [InlineData(true, "stall after=5")]
    public async Task ClientLeaves_AtAnyMoment_IsNobodysFailure(bool isStream, string fault)
    {
        await StartAsync(new FailureCase(FailureClass.ClientGone, fault));
        foreach (var vendor in Vendors) vendor.Faults.Add(SimulatedFault.Parse(fault));
        foreach (var client in Dialects)
        {
            foreach (var target in Dialects)
            {
                using var leaving = new CancellationTokenSource();
                var vendor = Vendors[target == Chat ? 0 : 1];
                var before = vendor.Log.Count;
                var asking = AskAsync(new ClientQuestion(isStream, $"ask-{target}-both") { Dialect = client, Leaves = leaving.Token });
                await vendor.Log.WhenAsync(request => request.Number > before && request.Model is not null);
                await leaving.CancelAsync();
                Assert.Equal(ClientEnding.Left, (await asking).Ending);
            }
        }

        await JudgeAsync();
        var (requests, attempts) = (await Oracle.RowsAsync(Gateway, areAttempts: false), await Oracle.RowsAsync(Gateway, areAttempts: true));
        Assert.Equal(4, requests.Count);
        Assert.All(requests, request => Assert.Equal("client_gone", request.Text("outcome")));
        Assert.Equal(Enumerable.Repeat("client_gone", 4), attempts.Select(attempt => attempt.Text("failure")));
        Assert.Empty(Vendors[2].Log.Requests);
    }

    /// <summary>F02: a certificate that nobody vouches for. Never tried with weaker checks.</summary>
    [Theory]
    [InlineData(Chat)]
    [InlineData(Messages)]
    public async Task CertificateNobodyVouchesFor_IsNoVendor(string client)
    {
        using var key = RSA.Create(2048);
        using var made = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var handshakes = 0;
        var serving = Task.Run(async () =>
        {
            using var socket = await listener.AcceptSocketAsync();
            Interlocked.Increment(ref handshakes);
            await using var tls = new SslStream(new NetworkStream(socket));
            // The peer gives up during the handshake or right behind it: either way no request comes.
            return await Record.ExceptionAsync(() => tls.AuthenticateAsServerAsync(certificate)) is null ? await tls.ReadAsync(new byte[1]) : 0;
        });
        await StartAsync(
            $$"""
            providers: { elsewhere: { kind: openai-compatible, base_url: "https://127.0.0.1:{{((IPEndPoint)listener.LocalEndpoint).Port}}/v1" } }
            targets: { only: { provider: elsewhere, model: sim-large, price: { input: 1, output: 1 } } }
            aliases: { m: auto }
            defaults: { retries: 2 }
            routes: [ { name: default, tiers: [ { use: [only] } ] } ]
            """);

        var entry = await AskAsync(new ClientQuestion(IsStream: false) { Dialect = client });

        Assert.Equal((502, "upstream_tls_error", false), (entry.Status, entry.Error!.Code, entry.Error.IsRetryable));
        Assert.Equal("1", entry.Header("x-fairlead-attempts"));
        Assert.Equal(0, await serving.ContinueWith(served => served.IsFaulted ? 0 : served.Result, TaskScheduler.Default));
        Assert.Equal(1, handshakes);
    }

    [Fact]
    public void EveryClass_IsACell_OrSaysWhyNot()
    {
        var cases = FailureCase.All.Select(one => one.Class).ToHashSet();

        foreach (var failure in Enum.GetValues<FailureClass>()) Assert.True(cases.Contains(failure) != FailureCase.Others.ContainsKey(failure), $"{failure} has to be either in the matrix or among the classes that do not apply.");
        Assert.Equal(FailureCase.All.Count, FailureCase.All.DistinctBy(one => one.ToString()).Count());
        SharedFolder.Report("cells of failure: in all", FailureCase.All.Sum(one => Cells(one).Count()), FailureCase.All.Sum(one => Cells(one).Count()));
    }

    private static IEnumerable<Cell> Cells(FailureCase failure)
    {
        foreach (var client in Dialects)
        {
            foreach (var target in Dialects)
            {
                foreach (var (fault, isStream, isAfter) in new[] { (failure.Json, false, false), (failure.Stream, true, false), (failure.After, true, true) })
                {
                    if (fault?.Of(target) is not { } line) continue;
                    // What comes together with the first token can still fail over: the commit point is what is read at once.
                    if (isAfter && !line.StartsWith("status", StringComparison.Ordinal)) line += " + slow 60ms";
                    yield return new Cell(client, target, isStream, isAfter, HasSecond: true, line);
                    if (!isAfter) yield return new Cell(client, target, isStream, isAfter, HasSecond: false, line);
                }
            }
        }
    }

    /// <summary>Puts the fault in force and asks; every cell of the same fault at once.</summary>
    private async Task StrikeAsync(FailureCase failure, IReadOnlyList<Cell> cells)
    {
        var vendor = Vendors[cells[0].Target == Chat ? 0 : 1];
        vendor.Faults.Clear();
        vendor.Faults.Add(cells[0].Fault);
        using (await Gateway.PostAsync($"admin/v1/providers/{vendor.Name}/release", "")) // a key that was left alone before is not now
        {
        }

        await Task.WhenAll(cells.Select(async cell =>
        {
            var asking = AskAsync(new ClientQuestion(cell.IsStream, cell.Model) { Dialect = cell.Client, IsStamped = !failure.IsAnswered });
            if (failure.BreaksVendor)
            {
                await vendor.Log.WhenAsync(request => request.Ending is null);
                await vendor.BreakAsync();
            }

            var entry = await asking;
            if (failure.BreaksVendor) await vendor.RestoreAsync();
            await JudgeAsync(failure, cell, entry);
        }));
        vendor.Faults.Clear();
    }

    private async Task JudgeAsync(FailureCase failure, Cell cell, ClientEntry entry)
    {
        var record = JsonNode.Parse(await Gateway.Client.GetStringAsync("v1/requests/" + entry.Id))!;
        var attempts = record["attempts"]!.AsArray();
        var (name, what) = (NameOf(failure.Class), $"{failure} {cell}: {entry.Ending} {entry.Defect} {entry.Status} {Beginning(entry.Received)}\n{record["sentence"]}");
        var outcomes = string.Join(", ", attempts.Select(attempt => attempt!["outcome"]!.GetValue<string>()));
        if (failure.IsAnswered)
        {
            Assert.True(entry.Ending == ClientEnding.Answered && outcomes == "answered", what);
            Assert.True(entry.Received.Contains(cell.Client == Chat ? failure.Shown.Chat : failure.Shown.Messages, StringComparison.Ordinal), what);
            Assert.True(attempts[0]!["detail"]?.GetValue<string>().Contains("noted: " + name, StringComparison.Ordinal) == true, what + attempts[0]);
            return;
        }

        if (cell.HasSecond && !cell.IsAfter && !failure.IsClientFault)
        {
            Assert.True(entry.Ending == ClientEnding.Answered && outcomes == name + ", answered", outcomes + what);
            Assert.True(entry.Sources.Single().StartsWith("west#", StringComparison.Ordinal) && entry.Header("x-fairlead-target") == "second" && entry.Header("x-fairlead-attempts") == "2", what);
            Assert.True(entry.Header("x-fairlead-reason").Contains("; first-" + cell.Target[..4] + ": " + name, StringComparison.Ordinal), what);
            return;
        }

        Assert.True(outcomes == name && record["failure"]!.GetValue<string>() == name, outcomes + what);
        Assert.True(entry.Error is { } error && error.Code == failure.Code && error.Type == FailureCase.TypeOf(cell.Client, failure.Status) && error.IsRetryable == failure.IsRetryable && error.RequestId == entry.Id, entry.Error + what);
        if (cell.IsAfter)
        {
            Assert.True(entry.Ending == ClientEnding.Broken && entry.Sources.Count == 1 && entry.Status == 200, what);
            return;
        }

        Assert.True(entry.Ending == ClientEnding.Refused && entry.Status == failure.Status, what);
        Assert.True(entry.Header("x-should-retry") == (failure.IsClientFault ? "" : "false"), what);
        if (failure.RetryAfter is { } hint) Assert.True(entry.Header("Retry-After") == hint, entry.Header("Retry-After") + what);
        if (failure.Status is 429 or 503) Assert.True(int.Parse(entry.Header("Retry-After"), System.Globalization.CultureInfo.InvariantCulture) >= 1, what);
    }

    private static string Beginning(string text) => text.Length <= 800 ? text : text[..800] + "…";

    /// <summary>As RELIABILITY.md 1.1b writes the classes: in lower case, the words apart.</summary>
    private static string NameOf(FailureClass failure) => string.Concat(failure.ToString().Select((letter, i) => i > 0 && char.IsUpper(letter) ? "_" + char.ToLowerInvariant(letter) : char.ToLowerInvariant(letter).ToString()));

    /// <summary>A vendor that fails for each dialect, and one that answers.</summary>
    private async Task StartAsync(FailureCase failure)
    {
        var east = await QuickAsync("east");
        var mast = await QuickAsync("mast");
        var west = await QuickAsync("west");
        string Address(SimulatedVendor vendor) => failure.IsHttps ? vendor.BaseAddress.ToString().Replace("http://", "https://", StringComparison.Ordinal) : vendor.BaseAddress.ToString();
        await StartAsync(
            $$"""
            providers:
              east: { kind: openai-compatible, base_url: "{{Address(east)}}", keys: ["env:KEY"] }
              mast: { kind: anthropic, base_url: "{{Address(mast).Replace("/v1", "", StringComparison.Ordinal)}}", keys: ["env:KEY"] }
              west: { kind: openai-compatible, base_url: "{{west.BaseAddress}}" }
            targets:
              first-open: { provider: east, model: sim-large, price: { input: 2.50, output: 10.00 } }
              first-anth: { provider: mast, model: sim-large, price: { input: 2.50, output: 10.00 } }
              second: { provider: west, model: sim-large, price: { input: 2.50, output: 10.00 } }
            aliases: { "ask-*": auto }
            defaults: { timeouts: { {{failure.Timeouts}} }, retries: 0 }
            routes:
              - { name: openai-alone, when: 'request.model == "ask-openai-chat-alone"', tiers: [ { use: [first-open] } ] }
              - { name: openai-both, when: 'request.model == "ask-openai-chat-both"', tiers: [ { use: [first-open] }, { use: [second] } ] }
              - { name: anthropic-alone, when: 'request.model == "ask-anthropic-messages-alone"', tiers: [ { use: [first-anth] } ] }
              - { name: anthropic-both, tiers: [ { use: [first-anth] }, { use: [second] } ] }
            budgets: [ { name: all, limit: $1000, per: month } ]
            """,
            new Dictionary<string, string> { ["KEY"] = "vendor-key-value" });
        foreach (var target in new[] { "first-open", "first-anth", "second" }) await Gateway.SetBreakerAsync(target, "closed");

        Task<SimulatedVendor> QuickAsync(string name) => VendorAsync(new SimulatedVendorOptions
        {
            Name = name,
            FirstTokenLatency = Distribution.Parse("0ms"),
            TokensPerSecond = Distribution.Parse("0"),
            InputNanoDollarsPerMillionTokens = 2_500_000_000,
            OutputNanoDollarsPerMillionTokens = 10_000_000_000,
        });
    }

    /// <summary>A cell: who asks whom, and when it fails.</summary>
    private sealed record Cell(string Client, string Target, bool IsStream, bool IsAfter, bool HasSecond, string Fault)
    {
        public string Model => $"ask-{Target}-{(HasSecond ? "both" : "alone")}";
    }
}
