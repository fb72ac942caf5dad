using System.Net;
using System.Text;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Admin;

/// <summary>Revisions over HTTP: recorded, compared, rolled back while requests run.</summary>
public sealed class RevisionsTests
{
    private const string Head = "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \"sqlite:ledger.db\" }\n";

    [Fact]
    public async Task Start_IsRecorded_AsTheFirst()
    {
        await using var gateway = await FollowedGateway.StartAsync(Configuration("http://127.0.0.1:9/v1"));
        var revision = (await gateway.GetAsync("status")).Value("revision");

        var first = Assert.Single(await RecordedAsync(gateway, 1));

        Assert.Equal($"1 {revision} start – –", first);
        var stored = (await gateway.GetAsync("revisions/" + revision)).Must(HttpStatusCode.OK);
        Assert.Equal(gateway.Written, stored.Value("content"));
        Assert.Equal("true", stored.Value("in_force"));
        Assert.Empty(stored.Diff);
        Assert.Null(stored.Json["reach"]);
    }

    [Fact]
    public async Task Restart_WithTheSameContent_RecordsNothing_WithAnotherItDoes()
    {
        using var folder = new Commands.TemporaryFolder();
        folder.Write("fairlead.yaml", Configuration("http://127.0.0.1:9/v1"));
        await using (await RunningGateway.FollowAsync(folder.File("fairlead.yaml"))) { }
        await using (await RunningGateway.FollowAsync(folder.File("fairlead.yaml"))) { }
        folder.Write("fairlead.yaml", Configuration("http://127.0.0.1:10/v1"));
        await using (await RunningGateway.FollowAsync(folder.File("fairlead.yaml"))) { }

        await using var store = await Storage.Sqlite.SqliteRevisions.OpenAsync(folder.File("ledger.db"), CancellationToken.None);
        var all = await store.ListAsync(10, null, CancellationToken.None);

        Assert.Equal(["start", "start"], all.Select(recorded => recorded.Author));
        Assert.Equal(all[1].Revision, all[0].Previous);
        Assert.Equal(["provider first-vendor: address now http://127.0.0.1:10/v1 instead of http://127.0.0.1:9/v1"], all[0].Changes);
    }

    [Fact]
    public async Task Reload_IsRecordedWithItsDiffAndReach()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        await using var gateway = await FollowedGateway.StartAsync(Configuration(vendor.Address, vendor.Address));
        await AskAsync(gateway, "m");
        await AskAsync(gateway, "default");
        await AskAsync(gateway, "second");
        await gateway.Gateway.Host.Ledger.FlushAsync();

        gateway.Write(gateway.Written.Replace("use: [first]", "use: [second]", StringComparison.Ordinal));
        var recorded = await RecordedAsync(gateway, 2);

        Assert.EndsWith("file route default: tier 1 (tier-first) now second instead of first 2/3", recorded[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rollback_UnderTraffic_RunningRequestsNameTheRevisionTheyKept()
    {
        var release = new TaskCompletionSource();
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [Encoding.UTF8.GetBytes(Vendors.Role + Vendors.Token("A")), Encoding.UTF8.GetBytes(Vendors.Finish + Vendors.Done)])
        {
            HasLength = false,
            Before = piece => piece == 1 ? release.Task : Task.CompletedTask,
        });
        await using var other = ByteServer.Start(Reply.Json(Vendors.Answer("from the other")));
        var old = Configuration(other.Address);
        await using var gateway = await FollowedGateway.StartAsync(old);
        var first = (await gateway.GetAsync("config")).Tag!;
        var applied = (await gateway.AskAsync(HttpMethod.Put, "config", Configuration(vendor.Address), ("if-match", $"\"{first}\""))).Must(HttpStatusCode.OK).Value("revision");
        using var running = await gateway.Gateway.PostAsync(Vendors.StreamQuestion);

        var back = (await gateway.AskAsync(HttpMethod.Post, $"revisions/{first}/rollback", """{"reason": "the new one is slow – 3×"}""", ("x-fairlead-author", "Ada"))).Must(HttpStatusCode.OK);
        using var next = await gateway.Gateway.PostAsync(Vendors.Question);
        release.SetResult();
        var text = await running.Content.ReadAsStringAsync();

        Assert.Equal(applied, Vendors.Header(running, "x-fairlead-revision"));
        Assert.Contains(Vendors.Done, text, StringComparison.Ordinal);
        Assert.Equal(applied, (await Vendors.RecordAsync(gateway.Gateway, running))["revision"]!.GetValue<string>());
        Assert.Equal(first, Vendors.Header(next, "x-fairlead-revision"));
        Assert.Contains("from the other", await next.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((first, "true", old), (back.Value("revision"), back.Value("changed"), gateway.Written));
        Assert.Equal([$"provider first-vendor: address now {other.Address} instead of {vendor.Address}"], back.Diff);
        var recorded = await RecordedAsync(gateway, 3);
        Assert.StartsWith($"3 {first} Ada: the new one is slow – 3× provider first-vendor", recorded[0], StringComparison.Ordinal);
        Assert.StartsWith($"2 {applied} admin provider first-vendor", recorded[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rollback_ToWhatIsInForce_ChangesNothing()
    {
        await using var gateway = await FollowedGateway.StartAsync(Configuration("http://127.0.0.1:9/v1"));
        var revision = (await gateway.GetAsync("status")).Value("revision");
        await RecordedAsync(gateway, 1);

        var back = (await gateway.AskAsync(HttpMethod.Post, $"revisions/{revision}/rollback")).Must(HttpStatusCode.OK);

        Assert.Equal("false", back.Value("changed"));
        Assert.Single(await RecordedAsync(gateway, 1));
    }

    [Fact]
    public async Task Rollback_FromABrokenFile_MendsIt()
    {
        var content = Configuration("http://127.0.0.1:9/v1");
        await using var gateway = await FollowedGateway.StartAsync(content);
        var revision = (await gateway.GetAsync("status")).Value("revision");
        await RecordedAsync(gateway, 1);
        gateway.Write("providers: { broken");
        await FollowedGateway.UntilAsync(async () => (await gateway.Gateway.Client.GetStringAsync("readyz")).Contains("refused", StringComparison.Ordinal));

        (await gateway.AskAsync(HttpMethod.Post, $"revisions/{revision}/rollback", "{}")).Must(HttpStatusCode.OK);

        Assert.Equal(content, gateway.Written);
        Assert.Contains("\"applied\"", await gateway.Gateway.Client.GetStringAsync("readyz"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rollback_ToWhatIsNoneAnyMore_IsRefusedWithItsErrors()
    {
        var content = Configuration("http://127.0.0.1:9/v1");
        await using var gateway = await FollowedGateway.StartAsync(content);
        await RecordedAsync(gateway, 1);
        // As of a version that knew another key.
        await gateway.Gateway.Host.Ledger.Revisions.RecordAsync(new Core.Revisions.RecordedRevision(0, "aaaaaaaaaaaa", DateTimeOffset.UnixEpoch, "file", null, null, [], null), content + "\nlistne: x\nbogus: 1\n", CancellationToken.None);

        var refused = (await gateway.AskAsync(HttpMethod.Post, "revisions/aaaaaaaaaaaa/rollback")).Must(HttpStatusCode.UnprocessableEntity);
        var diff = (await gateway.GetAsync("revisions/aaaaaaaaaaaa/diff")).Must(HttpStatusCode.UnprocessableEntity);

        Assert.Equal("configuration_invalid", refused.Code);
        Assert.Equal(["listne", "bogus"], refused.Json["error"]!["errors"]!.AsArray().Select(error => error!["path"]!.GetValue<string>()));
        Assert.Equal("listen", refused.Json["error"]!["errors"]![0]!["suggestion"]!.GetValue<string>());
        Assert.Equal("configuration_invalid", diff.Code);
        Assert.Equal(content, gateway.Written);
    }

    [Fact]
    public async Task Rollback_OfAConfigurationWithoutAFile_IsAConflict()
    {
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        await FollowedGateway.UntilAsync(async () => (await gateway.Client.GetStringAsync("admin/v1/revisions")).Contains("\"number\": 1", StringComparison.Ordinal));
        var revision = System.Text.Json.Nodes.JsonNode.Parse(await gateway.Client.GetStringAsync("admin/v1/status"))!["revision"]!.GetValue<string>();

        using var back = await gateway.PostAsync($"admin/v1/revisions/{revision}/rollback", "{}");

        Assert.Equal(HttpStatusCode.Conflict, back.StatusCode);
        Assert.Contains("configuration_read_only", await back.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"reason": 1}""", "invalid_type")]
    [InlineData("""{"reason": ""}""", "invalid_value")]
    [InlineData("""{"reason": "a\nb"}""", "invalid_value")]
    [InlineData("""{"why": "x"}""", "unknown_member")]
    [InlineData("""{"reason": "x", "reason": "y"}""", "invalid_json")]
    [InlineData("""{"reason": "\ud800"}""", "invalid_json")]
    [InlineData("{", "invalid_json")]
    public async Task Rollback_BadBody_IsRefused(string body, string code)
    {
        await using var gateway = await FollowedGateway.StartAsync(Configuration("http://127.0.0.1:9/v1"));

        Assert.Equal(code, (await gateway.AskAsync(HttpMethod.Post, "revisions/aaaaaaaaaaaa/rollback", body)).Must(HttpStatusCode.BadRequest).Code);
    }

    [Fact]
    public async Task Revision_Unknown_IsNotFound()
    {
        await using var gateway = await FollowedGateway.StartAsync(Configuration("http://127.0.0.1:9/v1"));
        var revision = (await gateway.GetAsync("status")).Value("revision");
        await RecordedAsync(gateway, 1);

        foreach (var path in new[] { "revisions/aaaaaaaaaaaa", "revisions/aaaaaaaaaaaa/diff", $"revisions/{revision}/diff?against=aaaaaaaaaaaa" })
        {
            Assert.Equal("revision_not_found", (await gateway.GetAsync(path)).Must(HttpStatusCode.NotFound).Code);
        }

        Assert.Equal("revision_not_found", (await gateway.AskAsync(HttpMethod.Post, "revisions/aaaaaaaaaaaa/rollback")).Must(HttpStatusCode.NotFound).Code);
    }

    [Fact]
    public async Task Diff_AgainstAnother_GoesFromItToTheRevision()
    {
        await using var gateway = await FollowedGateway.StartAsync(Configuration("http://127.0.0.1:9/v1"));
        var first = (await gateway.GetAsync("status")).Value("revision");
        var second = (await gateway.AskAsync(HttpMethod.Put, "config", Configuration("http://127.0.0.1:10/v1"), ("if-match", first))).Must(HttpStatusCode.OK).Value("revision");
        var third = (await gateway.AskAsync(HttpMethod.Put, "config", Configuration("http://127.0.0.1:11/v1"), ("if-match", second))).Must(HttpStatusCode.OK).Value("revision");

        var against = (await gateway.GetAsync($"revisions/{second}/diff?against={first}")).Must(HttpStatusCode.OK);
        var inForce = (await gateway.GetAsync($"revisions/{first}/diff")).Must(HttpStatusCode.OK);

        Assert.Equal((second, first), (against.Value("revision"), against.Value("against")));
        Assert.Equal(["provider first-vendor: address now http://127.0.0.1:10/v1 instead of http://127.0.0.1:9/v1"], against.Diff);
        Assert.Equal((first, third), (inForce.Value("revision"), inForce.Value("against")));
        Assert.Equal(["provider first-vendor: address now http://127.0.0.1:9/v1 instead of http://127.0.0.1:11/v1"], inForce.Diff);
        Assert.Equal("last week had no requests", inForce.Json["reach"]!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task List_PageByPage_HasEachOnce()
    {
        await using var gateway = await FollowedGateway.StartAsync(Configuration("http://127.0.0.1:9/v1"));
        await RecordedAsync(gateway, 1);
        for (var i = 2; i <= 5; i++) (await gateway.AskAsync(HttpMethod.Put, "config", Configuration($"http://127.0.0.1:{i}/v1"), ("if-match", (await gateway.GetAsync("config")).Tag!))).Must(HttpStatusCode.OK);

        var numbers = new List<int>();
        for (var path = "revisions?limit=2"; path is not null;)
        {
            var page = (await gateway.GetAsync(path)).Must(HttpStatusCode.OK).Json;
            numbers.AddRange(page["revisions"]!.AsArray().Select(recorded => recorded!["number"]!.GetValue<int>()));
            path = page["next_before"] is { } next ? $"revisions?limit=2&before={next}" : null;
        }

        Assert.Equal([5, 4, 3, 2, 1], numbers);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("limit=x")]
    [InlineData("limit=1&limit=2")]
    [InlineData("before=-1")]
    [InlineData("before=")]
    public async Task List_WrongNumber_IsRefused(string query)
    {
        await using var gateway = await FollowedGateway.StartAsync(Configuration("http://127.0.0.1:9/v1"));

        Assert.Equal("invalid_value", (await gateway.GetAsync("revisions?" + query)).Must(HttpStatusCode.BadRequest).Code);
    }

    [Fact]
    public async Task Store_ThatFails_IsLoggedAndServingGoesOn()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        await using var gateway = await FollowedGateway.StartAsync(Configuration("http://127.0.0.1:9/v1"));
        await RecordedAsync(gateway, 1);
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(gateway.Folder, "ledger.db")};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP TABLE revisions";
            command.ExecuteNonQuery();
        }

        var changed = (await gateway.AskAsync(HttpMethod.Put, "config", Configuration(vendor.Address), ("if-match", (await gateway.GetAsync("config")).Tag!))).Must(HttpStatusCode.OK);
        using var answer = await gateway.Gateway.PostAsync(Vendors.Question);

        Assert.Equal(changed.Value("revision"), Vendors.Header(answer, "x-fairlead-revision"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("could not be recorded among the revisions", gateway.Gateway.Log.Text, StringComparison.Ordinal);
        Assert.Equal("dependency_down", (await gateway.GetAsync("revisions")).Must(HttpStatusCode.ServiceUnavailable).Code);
    }

    private static string Configuration(params string[] addresses) => Head + Vendors.Tiers("retries: 0", addresses);

    private static async Task AskAsync(FollowedGateway gateway, string model)
    {
        using var response = await gateway.Gateway.PostAsync(Vendors.Question.Replace("\"m\"", $"\"{model}\"", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>What is recorded, the newest first, once there is as much as expected: number, revision, author, reason, diff, reach.</summary>
    private static async Task<List<string>> RecordedAsync(FollowedGateway gateway, int expected)
    {
        var lines = new List<string>();
        await FollowedGateway.UntilAsync(async () =>
        {
            var recorded = (await gateway.GetAsync("revisions")).Must(HttpStatusCode.OK).Json["revisions"]!.AsArray();
            lines = [.. recorded.Select(one => string.Join(' ', one!["number"], one["revision"], one["reason"] is { } reason ? $"{one["author"]}: {reason}" : one["author"],
                one["diff"]!.AsArray() is { Count: > 0 } diff ? string.Join("; ", diff.Select(line => line!.GetValue<string>())) : "–",
                one["reach"] is { } reach ? $"{reach["touched"]}/{reach["requests"]}" : "–"))];
            return lines.Count >= expected;
        });
        Assert.Equal(expected, lines.Count);
        return lines;
    }
}
