using System.Collections.Immutable;
using System.Security.Cryptography;
using Fairlead.Auditing;
using Fairlead.Commands;
using Fairlead.Core.Auditing;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Storage;
using Fairlead.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Auditing;

/// <summary>Checkpoints of the audit log: when they are taken, where they go, and that nothing is harmed when they cannot.</summary>
public sealed class CheckpointTests : IDisposable
{
    private static readonly AuditEntry Entry = new("key.create", "admin", "marketing");

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero));
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);

    private string Checkpoints => _folder.File("mount/checkpoints");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task File_OncePerPeriodWhenThereIsSomethingNew()
    {
        await using var gateway = await StartAsync($"{{ file: \"{Checkpoints}\" }}");
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(File.Exists(Checkpoints));

        _time.Advance(TimeSpan.FromSeconds(1));
        await FollowAsync(() => Lines() == 1);
        await PassAsync(TimeSpan.FromSeconds(300)); // nothing new
        Assert.Equal(1, Lines());

        var log = gateway.Host.Services.GetRequiredService<SqliteAuditLog>();
        await log.AppendAsync(Entry, CancellationToken.None); // one alone: a tick that was held up comes before it or behind it
        await FollowAsync(() => Lines() == 2, TimeSpan.FromSeconds(5));

        var checkpoints = Read(gateway);
        Assert.Equal([1, 2], checkpoints.Select(checkpoint => (int)checkpoint.Number));
        Assert.Equal(new DateTimeOffset(2026, 3, 5, 12, 1, 0, TimeSpan.Zero), checkpoints[0].At);
        Assert.Equal((await log.ListAsync(1, null, CancellationToken.None))[0].Hash, checkpoints[1].Hash);
    }

    [Fact]
    public async Task File_AfterAThousandRecords_AtOnce()
    {
        await using var gateway = await StartAsync($"{{ file: \"{Checkpoints}\", every: 1h }}");
        var log = gateway.Host.Services.GetRequiredService<SqliteAuditLog>();
        for (var i = 1; i < 999; i++) await log.AppendAsync(Entry, CancellationToken.None); // the first is the start's
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(File.Exists(Checkpoints));

        await log.AppendAsync(Entry, CancellationToken.None);
        _time.Advance(TimeSpan.FromMilliseconds(1)); // the clock that stands still fires nothing by itself
        await FollowAsync(() => Lines() == 1);

        Assert.Equal(1000, Assert.Single(Read(gateway)).Number);
    }

    [Fact]
    public async Task File_AtTheStop_HasTheLastRecord()
    {
        var ledger = _folder.File("ledger.db");
        await using (await StartAsync($"{{ file: \"{Checkpoints}\" }}", $"store: {{ ledger: \"sqlite:{ledger}\" }}\n"))
        {
            // Nothing but a start and a stop.
        }

        Assert.Equal(1, Lines());
        var verified = await CommandRun.OfAsync("audit", "verify", "--ledger", ledger, "--checkpoint", Checkpoints, "--json");
        Assert.Equal(0, verified.Code);
        Assert.Contains("\"checkpoints\": 1", verified.Output, StringComparison.Ordinal);
        await using var reader = await SqliteAuditReader.OpenAsync(ledger, CancellationToken.None);
        var last = (await reader.ListAsync(1, CancellationToken.None))[0];
        Assert.Equal(("gateway.stop", last.Hash), (last.Entry.Action, AuditFiles.ReadCheckpoints(Checkpoints, null)[0].Hash));
    }

    [Fact]
    public async Task File_CannotBeWritten_HarmsNothingAndIsTriedAgain()
    {
        Directory.CreateDirectory(Checkpoints);
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await RunningGateway.StartAsync($"audit: {{ checkpoint: {{ file: \"{Checkpoints}\" }} }}\n" + Tiers("retries: 0", vendor.Address), _time);
        await PassAsync(TimeSpan.FromSeconds(60));
        await FollowAsync(() => gateway.Log.Text.Contains("cannot be delivered to the file", StringComparison.Ordinal));

        using var answered = await gateway.PostAsync(Question);
        Assert.Equal(System.Net.HttpStatusCode.OK, answered.StatusCode);
        Directory.Delete(Checkpoints);
        await FollowAsync(() => gateway.Log.Text.Contains("are delivered to the file again", StringComparison.Ordinal), TimeSpan.FromSeconds(1));

        Assert.Single(Read(gateway));
    }

    [Fact]
    public async Task Webhook_IsSignedAndTriedAgain()
    {
        var isDown = true;
        await using var hook = ByteServer.Start(_ => Reply.Json("{}", isDown ? 500 : 204));
        _environment["HOOK"] = hook.Address + "/audit?token=canary-0123456789";
        _environment["HOOK_KEY"] = "signing-key-0123456789";
        await using var gateway = await StartAsync("{ webhook: \"env:HOOK\", key: \"env:HOOK_KEY\" }");
        await PassAsync(TimeSpan.FromSeconds(60));
        await FollowAsync(() => hook.Requests.Count >= 3, TimeSpan.FromMilliseconds(200)); // after 1 s and 2 s
        isDown = false;
        await FollowAsync(() => gateway.Log.Text.Contains("are delivered to the webhook again", StringComparison.Ordinal), TimeSpan.FromMilliseconds(500));
        var metrics = await gateway.Client.GetStringAsync("metrics");

        var request = hook.Requests.Last();
        Assert.Equal(("POST", "/v1/audit?token=canary-0123456789", "application/json"), (request.Method, request.Path, request.Headers["content-type"]));
        Assert.Equal("sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData("signing-key-0123456789"u8, request.Body)), request.Headers["x-fairlead-signature"]);
        Assert.True(AuditJson.ReadCheckpoint(request.Text.TrimEnd('\n'))!.IsAuthentic(KeyOf(gateway)));
        Assert.Equal(1, gateway.Log.Text.Split("cannot be delivered to the webhook").Length - 1); // told once
        Assert.Contains("it answered 500", gateway.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", gateway.Log.Text, StringComparison.Ordinal);
        Assert.Matches("fairlead_audit_checkpoints_failed_total\\{[^}]*destination=\"webhook\"[^}]*\\} [3-9]", metrics);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("http://[::ffff:169.254.169.254]/latest")]
    public async Task Webhook_AtAnAddressThatNobodyMayConnectTo_IsNotCalled(string address)
    {
        _environment["HOOK"] = address;
        await using var gateway = await StartAsync("{ webhook: \"env:HOOK\" }");

        await PassAsync(TimeSpan.FromSeconds(60));

        await FollowAsync(() => gateway.Log.Text.Contains("is not one that may be connected to", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Webhook_ThatLeadsElsewhere_IsNotFollowed()
    {
        await using var elsewhere = ByteServer.Start(Reply.Json("{}"));
        await using var hook = ByteServer.Start(Reply.Json("{}", 302) with { Headers = [("location", elsewhere.Address)] });
        _environment["HOOK"] = hook.Address;
        await using var gateway = await StartAsync("{ webhook: \"env:HOOK\" }");

        await PassAsync(TimeSpan.FromSeconds(60));
        await FollowAsync(() => gateway.Log.Text.Contains("it answered 302", StringComparison.Ordinal));

        Assert.Empty(elsewhere.Requests);
        Assert.DoesNotContain("x-fairlead-signature", hook.Requests.First().Headers.Keys);
    }

    [Fact]
    public async Task LogCutOffWhileItRuns_IsLogged()
    {
        var ledger = _folder.File("ledger.db");
        await using var gateway = await StartAsync($"{{ file: \"{Checkpoints}\" }}", $"store: {{ ledger: \"sqlite:{ledger}\" }}\n");
        var log = gateway.Host.Services.GetRequiredService<SqliteAuditLog>();
        await log.AppendAsync(Entry, CancellationToken.None);
        await PassAsync(TimeSpan.FromSeconds(60));
        await FollowAsync(() => Lines() == 1);
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={ledger};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM audit WHERE seq = 2; UPDATE sqlite_sequence SET seq = 1 WHERE name = 'audit'";
            command.ExecuteNonQuery();
        }

        await PassAsync(TimeSpan.FromSeconds(60));

        await FollowAsync(() => gateway.Log.Text.Contains("The audit log ends at record 1, and a checkpoint has seen record 2", StringComparison.Ordinal), TimeSpan.FromSeconds(1));
    }

    private Task<RunningGateway> StartAsync(string checkpoint, string store = "") => RunningGateway.StartAsync(
        $$"""
        {{store}}audit: { checkpoint: {{checkpoint}} }
        providers: { sim: { kind: simulated } }
        targets: { t: { provider: sim, model: m, price: { input: 0, output: 0 } } }
        routes: [ { name: default, tiers: [ { use: [t] } ] } ]
        """,
        _time,
        _environment);

    private int Lines() => File.Exists(Checkpoints) ? File.ReadAllLines(Checkpoints).Length : 0;

    private ImmutableArray<AuditCheckpoint> Read(RunningGateway gateway) => AuditFiles.ReadCheckpoints(Checkpoints, KeyOf(gateway));

    private static byte[] KeyOf(RunningGateway gateway) => gateway.Host.Services.GetRequiredService<StoreKey>().Derive(AuditCheckpoint.KeyPurpose);

    /// <summary>Lets time pass in steps: a timer that is set again while it jumps counts from after the jump.</summary>
    private async Task PassAsync(TimeSpan span)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += TimeSpan.FromSeconds(5))
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }
    }

    /// <summary>Waits for what other threads do, and lets time pass meanwhile where it is told to.</summary>
    private async Task FollowAsync(Func<bool> isSo, TimeSpan step = default)
    {
        for (var tries = 0; !isSo(); tries++)
        {
            Assert.True(tries < 3000, "It never came to be.");
            if (step > TimeSpan.Zero) _time.Advance(step);
            await Task.Delay(10);
        }
    }
}
