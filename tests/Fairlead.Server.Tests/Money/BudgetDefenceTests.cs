using System.Globalization;
using System.Net;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Routing;
using Fairlead.Hosting;
using Fairlead.Providers.Registry;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using static Fairlead.Server.Tests.Money.BudgetServingTests;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Money;

/// <summary>Ways in which a budget could lose count, or be got round.</summary>
public sealed class BudgetDefenceTests
{
    private const string Thousand = """{"model":"m","max_tokens":1000,"messages":[{"role":"user","content":"Hello"}]}""";

    [Fact]
    public async Task CorrectionsAfterMidnightMakeNoMoneyOutOfYesterdays()
    {
        var time = new SetTime(DateTimeOffset.Parse("2026-11-26T12:00:00Z", CultureInfo.InvariantCulture));
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")));
        await using var gateway = await RunningGateway.StartAsync(Priced("budgets: [ { name: tenants, each: tenant, limit: $0.0015, per: day } ]", vendor.Address), time);
        for (var i = 0; i < 10; i++) using (await gateway.PostAsync(Thousand)) { }
        Assert.Equal(30_000, SpentOf(gateway, time.GetUtcNow()));
        time.Ahead = TimeSpan.FromDays(1);
        gateway.Host.Services.GetBudgetHistory().CostsCorrected();
        await gateway.Host.Services.GetBudgetHistory().SettledAsync();
        Assert.Equal(0, SpentOf(gateway, time.GetUtcNow()));
    }

    [Fact]
    public async Task CorrectionsWhileARequestFailsOverLoseNothing()
    {
        var mayAnswer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var failing = ByteServer.Start(Reply.Json(Error("server_error"), 500));
        await using var second = ByteServer.Start(Reply.Json(Answer("yes")) with { Before = _ => mayAnswer.Task });
        var yaml = Priced("budgets: [ { name: all, limit: $1, per: day } ]", failing.Address, second.Address).Replace("input: 0", "input: 1000", StringComparison.Ordinal);
        await using var gateway = await RunningGateway.StartAsync(yaml);
        var asked = gateway.PostAsync(Thousand);
        await EventuallyAsync(() => second.Requests.Count == 1);
        gateway.Host.Services.GetBudgetHistory().CostsCorrected();
        await gateway.Host.Services.GetBudgetHistory().SettledAsync();
        mayAnswer.SetResult();
        using (await asked) { }
        await EventuallyAsync(() => gateway.Host.InFlight == 0);
        Assert.Equal((await gateway.Host.Ledger.TotalsAsync(CancellationToken.None)).Cost.NanoDollars, SpentOf(gateway, DateTimeOffset.UtcNow));
    }

    [Theory]
    [InlineData("", "limits: { rpm: 1 }, ", "target first")]
    [InlineData("budgets: [ { name: b, each: target, limit: $0.0010001, per: day } ]", "", "first")]
    [InlineData("budgets: [ { name: b, each: provider, limit: $0.0010001, per: day } ]", "", "first-vendor")]
    public async Task AKeyThatIsToHearLittleHearsNoTargetOrProvider(string budgets, string limits, string leak)
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")));
        var yaml = Priced(budgets, vendor.Address).Replace("first: { provider: first-vendor,", "first: { " + limits + "provider: first-vendor,", StringComparison.Ordinal)
            + "\nkeys: [ { name: app, secret: \"env:APP\", tenant: acme, expose: minimal } ]";
        await using var gateway = await RunningGateway.StartAsync(yaml, environment: new Dictionary<string, string> { ["APP"] = "app-secret-of-many-characters" });
        using var one = await gateway.PostAsync(Thousand, ("authorization", "Bearer app-secret-of-many-characters"));
        Assert.Equal(HttpStatusCode.OK, one.StatusCode);
        using var two = await gateway.PostAsync(Thousand, ("authorization", "Bearer app-secret-of-many-characters"));
        Assert.DoesNotContain(leak, await two.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABudgetThatOnlyTellsRefusesNothing()
    {
        var mayAnswer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isFirst = true;
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")) with { Before = _ => { if (!isFirst) return Task.CompletedTask; isFirst = false; return mayAnswer.Task; } });
        await using var gateway = await RunningGateway.StartAsync(Priced("budgets: [ { name: all, limit: $1, per: day, at: [ { percent: 80, do: [alert] } ] } ]", vendor.Address));
        var huge = gateway.PostAsync(Thousand.Replace("1000", "9223372036854775807", StringComparison.Ordinal));
        await EventuallyAsync(() => vendor.Requests.Count == 1);
        using var other = await gateway.PostAsync(Thousand);
        var text = await other.Content.ReadAsStringAsync();
        mayAnswer.SetResult();
        using var answered = await huge;
        using var again = await gateway.PostAsync(Thousand.Replace("1000", "9223372036854775807", StringComparison.Ordinal));
        Assert.True(other.StatusCode == HttpStatusCode.OK && again.StatusCode == HttpStatusCode.OK, $"{answered.StatusCode} {other.StatusCode} {again.StatusCode} {text}");
    }

    [Fact]
    public async Task AGatewayWithManyUsersStarts()
    {
        using var folder = new TemporaryFolder();
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")));
        var yaml = Priced($"budgets: [ {{ name: users, each: user, limit: $1, per: month }} ]\nstore: {{ ledger: \"sqlite:{folder.File("ledger.db")}\" }}", vendor.Address);
        await using (await RunningGateway.StartAsync(yaml)) { }
        await using (var connection = new SqliteConnection("Data Source=" + folder.File("ledger.db") + ";Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            var quarter = 900_000_000L;
            var bucket = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000 / quarter * quarter - quarter * 8;
            command.CommandText = $"""
                PRAGMA foreign_keys = OFF;
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200001)
                INSERT INTO rollup_dimensions (id, digest, tenant, user, operation) SELECT 1000000 + i, randomblob(32), 'acme', 'u' || i, 'chat' FROM n;
                INSERT INTO rollups SELECT {bucket}, id, 1,1,0,0,0,1,0,0,1,0,0,0,1,0,5,5,0,0,0,0,0,0,0 FROM rollup_dimensions WHERE id > 1000000;
                """;
            command.ExecuteNonQuery();
        }

        await using var again = await RunningGateway.StartAsync(yaml);
    }

    [Fact]
    public async Task BudgetsThatComeWhileItStartsHold()
    {
        using var folder = new TemporaryFolder();
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")));
        var file = folder.File("fairlead.yaml");
        var yaml = "listen: \"http://127.0.0.1:0\"\n" + Priced($"budgets: [ {{ name: all, limit: $1, per: day }} ]\nstore: {{ ledger: \":memory:\" }}", vendor.Address);
        await File.WriteAllTextAsync(file, yaml);
        var load = SnapshotSource.FromFile(new ConfigurationCompiler(
            VendorRegistry.LoadBuiltIn(), BuiltInCatalog.Load(), new SecretReader(_ => null, File.ReadAllText), SimulatedVendors.Defect, PolicyProof.Of), file, TimeProvider.System);
        await using var source = load.Source!;
        var log = new HookedLog(() => File.WriteAllText(file, yaml.Replace("limit: $1", "limit: $0.0001", StringComparison.Ordinal)));
        await using var host = await GatewayHost.StartAsync(new GatewayHostOptions { Snapshots = source, Logger = log }, CancellationToken.None);
        await EventuallyAsync(() => source.InForce.Content.Contains("$0.0001", StringComparison.Ordinal));
        await EventuallyAsync(() => host.Services.GetBudgets().Standings(DateTimeOffset.UtcNow).Single().Limit.ToString() == "0.0001");
    }

    [Fact]
    public async Task ALimitOfZeroIsTakenForNoLimit()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes").Replace("\"completion_tokens\":3", "\"completion_tokens\":100000", StringComparison.Ordinal)));
        await using var gateway = await RunningGateway.StartAsync(Priced("budgets: [ { name: all, limit: $0.0001, per: day } ]", vendor.Address));
        using var response = await gateway.PostAsync("""{"model":"m","max_tokens":0,"messages":[{"role":"user","content":"Hello"}]}""");
        Assert.Equal(HttpStatusCode.PaymentRequired, response.StatusCode);
        Assert.Empty(vendor.Requests);
    }

    [Fact]
    public async Task TheBoundOfAPromptHasRoomForWhatTheVendorPutsAroundIt()
    {
        const string body = """{"model":"sonnet","max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"a","input_schema":{"type":"object"}}]}""";
        await using var vendor = ByteServer.Start(Reply.Json("{}", 500));
        await using var gateway = await RunningGateway.StartAsync($$"""
            providers: { a: { kind: anthropic, base_url: "{{vendor.Address}}", keys: ["env:K"] } }
            targets: { sonnet: { provider: a, model: claude-sonnet-4-5, price: { input: 3, output: 15, cached_input: 3, cache_write: 3, cache_write_1h: 3 } } }
            routes: [ { name: default, tiers: [ { use: [sonnet] } ] } ]
            budgets: [ { name: all, limit: $0.0000001, per: day } ]
            """, environment: new Dictionary<string, string> { ["K"] = "k-of-many-characters" });
        using var refused = await gateway.PostAsync("v1/messages", body);
        using var counted = await gateway.PostAsync("v1/messages/count_tokens", body);
        var needed = System.Text.RegularExpressions.Regex.Match(await refused.Content.ReadAsStringAsync(), @"may cost \$([0-9.]+[0-9])").Groups[1].Value;
        var tokens = System.Text.Json.Nodes.JsonNode.Parse(await counted.Content.ReadAsStringAsync())!["input_tokens"]!.GetValue<int>();
        Assert.True(decimal.Parse(needed, CultureInfo.InvariantCulture) >= (tokens * 3m + 15m) / 1_000_000m, $"{needed} for {tokens} tokens");
    }

    private static long SpentOf(RunningGateway gateway, DateTimeOffset now) => gateway.Host.Services.GetBudgets().Standings(now).Sum(standing => standing.Spent.NanoDollars);

    private sealed class SetTime(DateTimeOffset start) : TimeProvider
    {
        private readonly DateTimeOffset _real = System.GetUtcNow();

        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => start + (System.GetUtcNow() - _real) + Ahead;
    }

    private sealed class HookedLog(Action first) : ILoggerProvider, ILogger
    {
        private int _count;
        public ILogger CreateLogger(string categoryName) => this;
        public void Dispose() { }
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception).Contains("onfiguration", StringComparison.Ordinal) && Interlocked.Increment(ref _count) == 1) first();
        }
    }
}
