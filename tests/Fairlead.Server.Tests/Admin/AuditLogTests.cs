using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Core.Auditing;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Admin;

/// <summary>What is written down of a gateway and its configuration, and what becomes of a change that cannot be.</summary>
public sealed class AuditLogTests
{
    private const string Store = "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \"sqlite:ledger.db\" }\n";

    [Fact]
    public async Task Changes_OfEveryKind_AreWrittenDown()
    {
        var content = Store + Tiers("retries: 0", "http://127.0.0.1:9/v1");
        await using var gateway = await FollowedGateway.StartAsync(content);
        var first = (await gateway.GetAsync("config")).Tag!;

        var second = (await gateway.AskAsync(HttpMethod.Put, "config", content + "\n# two", ("if-match", first), ("x-fairlead-author", "ada"), ("x-fairlead-reason", "why"))).Must(HttpStatusCode.OK).Tag!;
        (await gateway.AskAsync(HttpMethod.Put, "config", "listne: x", ("if-match", second))).Must(HttpStatusCode.UnprocessableEntity);
        (await gateway.AskAsync(HttpMethod.Post, $"revisions/{first}/rollback", "{\"reason\": \"back\"}")).Must(HttpStatusCode.OK);
        gateway.Write(content + "\n# three");
        await FollowedGateway.UntilAsync(async () => (await gateway.GetAsync("config")).Tag is { } tag && tag != first);
        var third = (await gateway.GetAsync("config")).Tag!;

        var records = await RecordsAsync(gateway);
        Assert.Equal(
            [
                ("gateway.start", "start", first, null), ("configuration.apply", "ada", second, "why"), ("configuration.refuse", "admin", records[2].Entry.Subject, null),
                ("configuration.rollback", "admin", first, "back"), ("configuration.reload", "file", third, null),
            ],
            records.Select(record => (record.Entry.Action, record.Entry.Actor, record.Entry.Subject, record.Entry.Reason)));
        Assert.Equal($$"""{"previous":"{{first}}"}""", records[1].Entry.Detail);
        Assert.Equal("http://127.0.0.1:0", JsonNode.Parse(records[0].Entry.Detail!)!["listen"]!.GetValue<string>());
    }

    [Fact]
    public async Task Stop_IsWrittenDownLast()
    {
        using var folder = new Commands.TemporaryFolder();
        var content = $"store: {{ ledger: \"sqlite:{folder.File("ledger.db")}\" }}\n" + Tiers("retries: 0", "http://127.0.0.1:9/v1");
        for (var i = 0; i < 2; i++) await (await RunningGateway.StartAsync(content)).DisposeAsync();

        Assert.Equal(["gateway.start", "gateway.stop", "gateway.start", "gateway.stop"], Actions(folder.File("ledger.db")));
    }

    [Fact]
    public async Task Start_AddressIsTaken_IsWrittenDownAsFailed()
    {
        using var folder = new Commands.TemporaryFolder();
        await using var other = await RunningGateway.StartAsync(Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        var content = $"listen: \"{other.Address.ToString().TrimEnd('/')}\"\nstore: {{ ledger: \"sqlite:{folder.File("ledger.db")}\" }}\n" + Tiers("retries: 0", "http://127.0.0.1:9/v1");

        await Assert.ThrowsAnyAsync<IOException>(() => RunningGateway.StartAsync(content));

        Assert.Equal(["gateway.start", "gateway.start.failed"], Actions(folder.File("ledger.db")));
    }

    [Fact]
    public async Task LogCannotBeWritten_ChangesAreRefusedAndRequestsAnswered_UntilItCan()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        var content = Store + Tiers("retries: 0", vendor.Address);
        await using var gateway = await FollowedGateway.StartAsync(content);
        var before = (await gateway.GetAsync("config")).Tag!;
        using (Locked(gateway))
        {
            var refused = (await gateway.AskAsync(HttpMethod.Put, "config", content + "\n# two", ("if-match", before))).Must(HttpStatusCode.ServiceUnavailable);
            using var answered = await gateway.Gateway.PostAsync(Question);

            Assert.Equal("audit_unavailable", refused.Code);
            Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
            Assert.Equal(content, gateway.Written);
            Assert.Equal(before, (await gateway.GetAsync("config")).Tag);
        }

        (await gateway.AskAsync(HttpMethod.Put, "config", content + "\n# two", ("if-match", before))).Must(HttpStatusCode.OK);
        Assert.Equal(["gateway.start", "configuration.apply"], (await RecordsAsync(gateway)).Select(record => record.Entry.Action));
    }

    [Fact]
    public async Task LogCannotBeWritten_ChangedFileWaitsAndIsTold_UntilItCan()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        var content = Store + Tiers("retries: 0", vendor.Address);
        await using var gateway = await FollowedGateway.StartAsync(content);
        var before = (await gateway.GetAsync("config")).Tag!;
        using (Locked(gateway))
        {
            gateway.Write(content + "\n# two");
            await FollowedGateway.UntilAsync(async () => await ConfigurationAsync() == "refused");
            using var answered = await gateway.Gateway.PostAsync(Question);

            Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
            Assert.Equal(before, (await gateway.GetAsync("config")).Tag);
            Assert.Contains("is applied once the change can be written down", (await gateway.GetAsync("status")).Text, StringComparison.Ordinal);
        }

        await FollowedGateway.UntilAsync(async () => (await gateway.GetAsync("config")).Tag != before);
        Assert.Equal("applied", await ConfigurationAsync());
        Assert.Equal(["gateway.start", "configuration.reload"], (await RecordsAsync(gateway)).Select(record => record.Entry.Action));

        async Task<string> ConfigurationAsync() => JsonNode.Parse(await gateway.Gateway.Client.GetStringAsync("readyz"))!["configuration"]!.GetValue<string>();
    }

    [Fact]
    public async Task Api_ListsPagesVerifiesAndGivesACheckpoint()
    {
        await using var gateway = await FollowedGateway.StartAsync(Store + Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        var log = gateway.Gateway.Host.Services.GetRequiredService<SqliteAuditLog>();
        for (var i = 2; i <= 5; i++) await log.AppendAsync(new AuditEntry("key.create", "ada", $"key-{i}") { Reason = "why" }, CancellationToken.None);

        var first = (await gateway.GetAsync("audit?limit=3")).Must(HttpStatusCode.OK).Json;
        var second = (await gateway.GetAsync($"audit?limit=3&before={first["next_before"]}")).Must(HttpStatusCode.OK).Json;
        var checkpoint = (await gateway.GetAsync("audit/checkpoint")).Must(HttpStatusCode.OK);
        var good = (await gateway.GetAsync("audit/verify")).Must(HttpStatusCode.OK).Json;
        await using (var connection = Connect(gateway))
        {
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE audit SET actor = 'eve' WHERE seq = 3";
            command.ExecuteNonQuery();
        }

        var bad = (await gateway.GetAsync("audit/verify")).Must(HttpStatusCode.OK).Json;

        Assert.Equal([5, 4, 3], first["records"]!.AsArray().Select(record => record!["seq"]!.GetValue<int>()));
        Assert.Equal([2, 1], second["records"]!.AsArray().Select(record => record!["seq"]!.GetValue<int>()));
        Assert.Null(second["next_before"]);
        Assert.Equal(("key.create", "ada", "key-5", "why"), Four(first["records"]![0]!));
        Assert.Equal((5, 1), (checkpoint.Json["seq"]!.GetValue<int>(), checkpoint.Text.Count(character => character == '\n')));
        Assert.Equal((true, 5, true), (good["valid"]!.GetValue<bool>(), good["records"]!.GetValue<int>(), good["macs_checked"]!.GetValue<bool>()));
        Assert.Equal((false, 2, "changed", 3), (bad["valid"]!.GetValue<bool>(), bad["records"]!.GetValue<int>(), bad["finding"]!["kind"]!.GetValue<string>(), bad["finding"]!["seq"]!.GetValue<int>()));

        static (string, string, string, string) Four(JsonNode record) =>
            (record["action"]!.GetValue<string>(), record["actor"]!.GetValue<string>(), record["subject"]!.GetValue<string>(), record["reason"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("audit?limit=0", "limit")]
    [InlineData("audit?limit=201", "limit")]
    [InlineData("audit?limit=x", "limit")]
    [InlineData("audit?before=0", "before")]
    [InlineData("audit?before=99999999999999999999", "before")]
    public async Task Api_BadQuery_IsRefused(string path, string param)
    {
        await using var gateway = await FollowedGateway.StartAsync(Store + Tiers("retries: 0", "http://127.0.0.1:9/v1"));

        var refused = (await gateway.GetAsync(path)).Must(HttpStatusCode.BadRequest);

        Assert.Equal(("invalid_value", param), (refused.Code, refused.Json["error"]!["param"]!.GetValue<string>()));
    }

    /// <summary>Holds the store's write lock, as another process would.</summary>
    private static SqliteConnection Locked(FollowedGateway gateway)
    {
        var connection = Connect(gateway);
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return connection;
    }

    private static SqliteConnection Connect(FollowedGateway gateway)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(gateway.Folder, "ledger.db")};Pooling=False");
        connection.Open();
        return connection;
    }

    private static List<string> Actions(string ledger)
    {
        using var connection = new SqliteConnection($"Data Source={ledger};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT action FROM audit ORDER BY seq";
        using var row = command.ExecuteReader();
        var actions = new List<string>();
        while (row.Read()) actions.Add(row.GetString(0));
        return actions;
    }

    private static async Task<List<AuditRecord>> RecordsAsync(FollowedGateway gateway) =>
        [.. (await gateway.Gateway.Host.Services.GetRequiredService<SqliteAuditLog>().ListAsync(100, null, CancellationToken.None)).Reverse()];
}
