using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Data.Sqlite;

namespace Fairlead.Server.Tests.Admin;

/// <summary>Who stands in the ledger, and how: end users under pseudonyms that can be erased, requests with their tags.</summary>
public sealed class UsersTests
{
    private const string Head = "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \"sqlite:ledger.db\", key: \"env:STORE_KEY\" }\n";
    private const string Keys = "keys: [ { name: app, secret: \"env:APP_KEY\", tenant: acme, tags: { cost_center: \"42\" } } ]\n";

    private static readonly Dictionary<string, string> Environment = new() { ["APP_KEY"] = "a-secret-of-an-application", ["STORE_KEY"] = "a-secret-of-the-store-of-the-gateway" };

    [Fact]
    public async Task User_StandsInTheLedgerUnderAPseudonym_AndIsErased()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", Head + Vendors.Tiers("retries: 0", vendor.Address));
        string id;
        await using (var gateway = await RunningGateway.FollowAsync(folder.File("fairlead.yaml"), Environment))
        {
            id = await AskAsync(gateway, HttpStatusCode.OK, ("x-fairlead-user", "ada@example.com"));
            await AskAsync(gateway, HttpStatusCode.OK, ("x-fairlead-user", "bob@example.com"));
            var pseudonym = (await RecordAsync(gateway, id))["user"]!.GetValue<string>();
            Assert.Matches("^[0-9a-f]{32}$", pseudonym);
            Assert.DoesNotContain("ada@example.com", gateway.Log.Text, StringComparison.Ordinal);

            using var content = new StringContent("""{"tenant": "default", "user": "ada@example.com"}""", null, "application/json");
            using var erased = await gateway.Client.PostAsync("admin/v1/users/erase", content);
            Assert.Equal((HttpStatusCode.OK, 1), (erased.StatusCode, JsonNode.Parse(await erased.Content.ReadAsStringAsync())!["requests"]!.GetValue<int>()));
            Assert.Equal("erased", (await RecordAsync(gateway, id))["user"]!.GetValue<string>());
            var audited = Assert.Single(Rows(folder, "SELECT actor, subject, detail FROM audit WHERE action = 'user.erase'"));
            Assert.Equal($$"""admin default {"user":"{{pseudonym}}"}""", audited);
        }

        // Without the gateway, in the ledger itself; and nowhere in the files is there a name.
        System.Environment.SetEnvironmentVariable("STORE_KEY", Environment["STORE_KEY"]);
        var command = await CommandRun.OfAsync("costs", "erase-user", "--config", folder.File("fairlead.yaml"), "--tenant", "default", "--user", "bob@example.com");
        Assert.Equal((0, "Erased from 1 settled requests."), (command.Code, command.Output.Trim()));
        Assert.Equal(["erased", "erased"], Rows(folder, "SELECT user FROM requests"));
        foreach (var file in Directory.GetFiles(folder.Path)) Assert.DoesNotContain("@example.com", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "invalid_json")]
    [InlineData("[]", "invalid_type")]
    [InlineData("""{"tenant": "default"}""", "invalid_value")]
    [InlineData("""{"tenant": "default", "user": ""}""", "invalid_value")]
    [InlineData("""{"tenant": "default", "user": 7}""", "invalid_type")]
    [InlineData("""{"tenant": "default", "user": "a", "all": true}""", "unknown_member")]
    [InlineData("""{"tenant": "default", "user": "a", "user": "b"}""", "invalid_json")]
    public async Task Erase_AskedWrongly_ErasesNothing(string body, string code)
    {
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        using var content = new StringContent(body, null, "application/json");

        using var response = await gateway.Client.PostAsync("admin/v1/users/erase", content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(code, JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task Erase_GatewayRunsBeside_TheCommandSaysSo()
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", (Head + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1")).Replace(", key: \"env:STORE_KEY\"", "", StringComparison.Ordinal));
        await using var gateway = await RunningGateway.FollowAsync(folder.File("fairlead.yaml"), Environment);

        var refused = await CommandRun.OfAsync("costs", "erase-user", "--config", folder.File("fairlead.yaml"), "--tenant", "default", "--user", "x");
        var asked = await CommandRun.OfAsync("costs", "erase-user", "--url", gateway.Address.ToString(), "--tenant", "default", "--user", "x");

        Assert.Equal(1, refused.Code);
        Assert.Contains("give its address with --url", refused.Errors, StringComparison.Ordinal);
        Assert.Equal((0, "No settled request is of this user."), (asked.Code, asked.Output.Trim()));
    }

    [Fact]
    public async Task Tags_OfTheKeyAndTheRequest_StandInTheRecord()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        await using var gateway = await RunningGateway.StartAsync(Keys + Vendors.Tiers("retries: 0", vendor.Address), null, Environment);
        (string, string) key = ("authorization", "Bearer " + Environment["APP_KEY"]);

        var both = await AskAsync(gateway, HttpStatusCode.OK, key, ("x-fairlead-tags", "project=blue, cost_center=42"));
        var ofKey = await AskAsync(gateway, HttpStatusCode.OK, key);
        await AskAsync(gateway, HttpStatusCode.Forbidden, key, ("x-fairlead-tags", "cost_center=7"));
        await AskAsync(gateway, HttpStatusCode.BadRequest, key, ("x-fairlead-tags", "a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8"));
        await AskAsync(gateway, HttpStatusCode.BadRequest, key, ("x-fairlead-tags", "Project=blue"));
        using var inBody = await gateway.PostAsync(Vendors.Question.Replace("{\"model\"", "{\"metadata\":{\"fairlead.tags\":\"project=red\"},\"model\"", StringComparison.Ordinal), key);
        Assert.Equal(HttpStatusCode.OK, inBody.StatusCode);

        Assert.Equal("""{"cost_center":"42","project":"blue"}""", (await RecordAsync(gateway, both, key))["tags"]!.ToJsonString());
        Assert.Equal("""{"cost_center":"42"}""", (await RecordAsync(gateway, ofKey, key))["tags"]!.ToJsonString());
        Assert.Equal("""{"cost_center":"42","project":"red"}""", (await RecordAsync(gateway, inBody.Headers.GetValues("x-fairlead-request-id").Single(), key))["tags"]!.ToJsonString());
        Assert.DoesNotContain("project", vendor.Requests.Last().Text, StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(RunningGateway gateway, HttpStatusCode expected, params (string, string)[] headers)
    {
        using var response = await gateway.PostAsync(Vendors.Question, headers);
        Assert.True(expected == response.StatusCode, await response.Content.ReadAsStringAsync());
        return response.Headers.GetValues("x-fairlead-request-id").Single();
    }

    private static async Task<JsonNode> RecordAsync(RunningGateway gateway, string id, (string Name, string Value)? header = null)
    {
        await gateway.Host.Ledger.FlushAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/requests/" + id);
        if (header is { } given) request.Headers.TryAddWithoutValidation(given.Name, given.Value);
        using var response = await gateway.Client.SendAsync(request);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    }

    private static List<string> Rows(TemporaryFolder folder, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={folder.File("ledger.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var row = command.ExecuteReader();
        var rows = new List<string>();
        while (row.Read()) rows.Add(string.Join(' ', Enumerable.Range(0, row.FieldCount).Select(row.GetString)));
        return rows;
    }
}
