using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Data.Sqlite;

namespace Fairlead.Server.Tests.Admin;

/// <summary>Keys over the administration API.</summary>
public sealed class KeysEndpointTests : IAsyncLifetime
{
    private const string AdminKey = "admin-secret-1234567890";

    private readonly TemporaryFolder _folder = new();
    private RunningGateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await RunningGateway.StartAsync(
        $"store: {{ ledger: \"sqlite:{_folder.File("ledger.db")}\" }}\nadmin: {{ key: \"env:ADMIN\" }}\nkeys: [ {{ name: configured, secret: \"env:APP\", tenant: acme, expose: minimal, expires: 2999-12-31 }} ]\n"
            + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"),
        environment: new Dictionary<string, string> { ["ADMIN"] = AdminKey, ["APP"] = "app-secret-1234567890" });

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Key_IsMade_Used_Rotated_AndRevoked()
    {
        var (status, created) = await AskAsync(HttpMethod.Post, "keys", """
            { "name": "marketing-app", "owner": "growth@acme.example", "tenant": "acme", "team": "growth", "feature": "marketing", "expires": "2999-06-30", "routes": ["default"], "targets": ["first"],
              "environments": ["prod"], "may_set": ["user"], "operations": ["models"], "tools": false, "expose": "minimal", "criticality": "sheddable", "limits": { "rpm": 600, "tpm": 400000, "concurrent": 50 }, "reason": "launch" }
            """, ("x-fairlead-author", "ada"));
        Assert.Equal(HttpStatusCode.Created, status);
        var secret = (string)created["secret"]!;
        Assert.Matches("^fl_[0-9A-Za-z]{43}$", secret);
        Assert.Equal(200, await ModelsAsync(secret));

        var (_, shown) = await AskAsync(HttpMethod.Get, "keys/" + created["id"]);
        Assert.Equal(
            ["id", "name", "state", "prefix", "owner", "tenant", "team", "feature", "routes", "targets", "environments", "may_set", "operations", "tools", "expose", "criticality", "limits",
                "created_at", "created_by", "expires_at", "revoked_at", "revoked_by", "replaced_by", "last_used_at", "warnings"],
            shown.Select(member => member.Key));
        Assert.Equal(("live", secret[..8], "ada", "2999-07-01T00:00:00+00:00"), ((string?)shown["state"], (string?)shown["prefix"], (string?)shown["created_by"], (string?)shown["expires_at"]));
        Assert.NotNull(shown["last_used_at"]);
        Assert.Equal("""{"rpm":600,"tpm":400000,"concurrent":50}""", shown["limits"]!.ToJsonString());
        Assert.True(JsonNode.DeepEquals(shown, (await AskAsync(HttpMethod.Get, "keys/marketing-app")).Body));

        var (_, rotated) = await AskAsync(HttpMethod.Post, "keys/marketing-app/rotate", """{ "overlap": "90m" }""");
        Assert.Equal((string?)created["id"], (string?)rotated["replaces"]!["id"]);
        Assert.NotEqual(secret, (string)rotated["secret"]!);
        Assert.Equal((200, 200), (await ModelsAsync(secret), await ModelsAsync((string)rotated["secret"]!)));
        var (_, list) = await AskAsync(HttpMethod.Get, "keys?live=true");
        Assert.Equal(["replaced", "live"], list["keys"]!.AsArray().Select(key => (string?)key!["state"]));
        var configured = Assert.Single(list["configured"]!.AsArray())!.AsObject();
        Assert.Equal(["name", "owner", "tenant", "team", "feature", "expose", "expires_at"], configured.Select(member => member.Key));
        Assert.Equal(("configured", "acme", "3000-01-01T00:00:00+00:00"), ((string?)configured["name"], (string?)configured["tenant"], (string?)configured["expires_at"]));

        var (_, revoked) = await AskAsync(HttpMethod.Post, "keys/marketing-app/revoke", """{ "reason": "leaked" }""");
        Assert.Equal(2, revoked["revoked"]!.AsArray().Count);
        Assert.Equal((401, 401), (await ModelsAsync(secret), await ModelsAsync((string)rotated["secret"]!)));
        Assert.Empty((await AskAsync(HttpMethod.Get, "keys?live=true")).Body["keys"]!.AsArray());
        Assert.Equal(2, (await AskAsync(HttpMethod.Get, "keys")).Body["keys"]!.AsArray().Count);
        Assert.Empty((await AskAsync(HttpMethod.Post, "keys/marketing-app/revoke")).Body["revoked"]!.AsArray());
    }

    [Fact]
    public async Task Key_NamesWhatIsNotThere_IsToldOfIt()
    {
        var (_, created) = await AskAsync(HttpMethod.Post, "keys", """{ "name": "app", "routes": ["default", "gone"], "targets": ["nowhere"] }""");

        Assert.Equal(["there is no route gone", "there is no target nowhere"], created["warnings"]!.AsArray().Select(warning => (string?)warning));
    }

    [Theory]
    [InlineData("", "invalid_json", null)]
    [InlineData("[]", "invalid_type", null)]
    [InlineData("{}", "invalid_value", "name")]
    [InlineData("""{"name":"a b"}""", "invalid_value", "name")]
    [InlineData("""{"name":"key_1"}""", "invalid_value", "name")]
    [InlineData("""{"name":5}""", "invalid_type", "name")]
    [InlineData("""{"name":"a","name":"b"}""", "invalid_json", null)]
    [InlineData("""{"name":"a","tenat":"b"}""", "unknown_member", "tenat")]
    [InlineData("""{"name":"a","tenant":"b c"}""", "invalid_value", "tenant")]
    [InlineData("""{"name":"a","owner":""}""", "invalid_value", "owner")]
    [InlineData("""{"name":"a","owner":"x\ny"}""", "invalid_value", "owner")]
    [InlineData("""{"name":"a","expires":"2020-01-01"}""", "invalid_value", "expires")]
    [InlineData("""{"name":"a","expires":"soon"}""", "invalid_value", "expires")]
    [InlineData("""{"name":"a","routes":"default"}""", "invalid_type", "routes")]
    [InlineData("""{"name":"a","routes":[1]}""", "invalid_type", "routes")]
    [InlineData("""{"name":"a","may_set":["usr"]}""", "invalid_value", "may_set")]
    [InlineData("""{"name":"a","environments":[]}""", "invalid_value", "environments")]
    [InlineData("""{"name":"a","operations":["embed"]}""", "invalid_value", "operations")]
    [InlineData("""{"name":"a","operations":[]}""", "invalid_value", "operations")]
    [InlineData("""{"name":"a","tools":"some"}""", "invalid_type", "tools")]
    [InlineData("""{"name":"a","expose":"all"}""", "invalid_value", "expose")]
    [InlineData("""{"name":"a","criticality":"high"}""", "invalid_value", "criticality")]
    [InlineData("""{"name":"a","criticality":1}""", "invalid_type", "criticality")]
    [InlineData("""{"name":"a","limits":{"rpm":0}}""", "invalid_value", "limits.rpm")]
    [InlineData("""{"name":"a","limits":{"rpm":-1}}""", "invalid_value", "limits.rpm")]
    [InlineData("""{"name":"a","limits":{"rpm":1.5}}""", "invalid_type", "limits.rpm")]
    [InlineData("""{"name":"a","limits":{"rps":1}}""", "unknown_member", "limits.rps")]
    [InlineData("""{"name":"a","limits":600}""", "invalid_type", "limits")]
    [InlineData("""{"name":"a","reason":""}""", "invalid_value", "reason")]
    public async Task Create_Wrong_IsRefused(string body, string code, string? param)
    {
        var (status, answer) = await AskAsync(HttpMethod.Post, "keys", body);

        Assert.Equal((HttpStatusCode.BadRequest, code, param), (status, (string?)answer["error"]!["code"], (string?)answer["error"]!["param"]));
        Assert.Empty((await AskAsync(HttpMethod.Get, "keys")).Body["keys"]!.AsArray());
    }

    [Fact]
    public async Task Change_ThatConflicts_IsRefused()
    {
        var first = (await AskAsync(HttpMethod.Post, "keys", """{ "name": "app" }""")).Body;
        await AssertAsync(HttpMethod.Post, "keys", """{ "name": "app" }""", 409, "key_conflict");
        await AssertAsync(HttpMethod.Post, "keys", """{ "name": "configured" }""", 409, "key_conflict");
        await AssertAsync(HttpMethod.Post, "keys/app/rotate", """{ "overlap": "31d" }""", 400, "invalid_value");
        await AssertAsync(HttpMethod.Post, "keys/app/rotate", """{ "overlap": "-1h" }""", 400, "invalid_value");
        await AssertAsync(HttpMethod.Post, "keys/app/rotate", """{ "overlap": 5 }""", 400, "invalid_type");
        await AssertAsync(HttpMethod.Post, "keys/nobody/rotate", "", 404, "key_not_found");
        await AssertAsync(HttpMethod.Post, "keys/nobody/revoke", "", 404, "key_not_found");
        await AssertAsync(HttpMethod.Get, "keys/nobody", null, 404, "key_not_found");
        await AssertAsync(HttpMethod.Get, "keys?live=perhaps", null, 400, "invalid_value");
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(HttpMethod.Post, "keys/app/rotate", """{ "overlap": "0" }""")).Status);
        await AssertAsync(HttpMethod.Post, $"keys/{first["id"]}/rotate", "", 409, "key_conflict");
        await AskAsync(HttpMethod.Post, "keys/app/revoke");
        await AssertAsync(HttpMethod.Post, "keys/app/rotate", "", 409, "key_conflict");
        Assert.Equal(HttpStatusCode.Created, (await AskAsync(HttpMethod.Post, "keys", """{ "name": "app" }""")).Status); // the name is free again
    }

    [Fact]
    public async Task Change_ThatCannotBeWrittenDown_IsRefused()
    {
        var key = (await AskAsync(HttpMethod.Post, "keys", """{ "name": "app" }""")).Body;
        Execute("ALTER TABLE audit RENAME TO hidden");

        await AssertAsync(HttpMethod.Post, "keys", """{ "name": "b" }""", 503, "audit_unavailable");
        await AssertAsync(HttpMethod.Post, "keys/app/rotate", "", 503, "audit_unavailable");
        await AssertAsync(HttpMethod.Post, "keys/app/revoke", "", 503, "audit_unavailable");

        Assert.Equal("live", (string?)Assert.Single((await AskAsync(HttpMethod.Get, "keys")).Body["keys"]!.AsArray())!["state"]);
        Assert.Equal(200, await ModelsAsync((string)key["secret"]!));
        Execute("ALTER TABLE hidden RENAME TO audit");
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(HttpMethod.Post, "keys/app/revoke")).Status);
    }

    [Fact]
    public async Task Keys_AreForTheAdminKey()
    {
        var secret = (string)(await AskAsync(HttpMethod.Post, "keys", """{ "name": "app" }""")).Body["secret"]!;

        foreach (var key in new[] { secret, "app-secret-1234567890" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "admin/v1/keys");
            request.Headers.TryAddWithoutValidation("authorization", "Bearer " + key);
            using var response = await _gateway.Client.SendAsync(request);
            Assert.Equal(401, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task Secret_StandsInItsOneAnswerOnly()
    {
        var (status, created) = await AskAsync(HttpMethod.Post, "keys", """{ "name": "app" }""");
        var rotated = (await AskAsync(HttpMethod.Post, "keys/app/rotate", "")).Body;
        string[] secrets = [(string)created["secret"]!, (string)rotated["secret"]!];
        foreach (var secret in secrets) await ModelsAsync(secret);
        await ModelsAsync(secrets[0] + "x");
        var answers = new StringBuilder();
        foreach (var path in new[] { "keys", "keys/app", "keys/" + created["id"], "status", "config", "targets" }) answers.Append(await TextAsync("admin/v1/" + path));
        answers.Append(await TextAsync("metrics"));
        await AskAsync(HttpMethod.Post, "keys/app/revoke");
        answers.Append(await ModelsTextAsync(secrets[0])).Append(await ModelsTextAsync(secrets[1] + "x"));
        await _gateway.Host.Ledger.FlushAsync();

        Assert.Equal(HttpStatusCode.Created, status);
        var log = _gateway.Log.Text;
        var files = Directory.GetFiles(_folder.Path).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).Select(file => (Name: Path.GetFileName(file), Text: Encoding.Latin1.GetString(ReadShared(file)))).ToList();
        Assert.Contains(files, file => file.Text.Contains(secrets[0][..8], StringComparison.Ordinal)); // what may be shown is found: we look where it would be
        foreach (var canary in secrets.SelectMany(Canaries))
        {
            Assert.DoesNotContain(canary, log, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(canary, answers.ToString(), StringComparison.OrdinalIgnoreCase);
            foreach (var (name, text) in files) Assert.False(text.Contains(canary, StringComparison.OrdinalIgnoreCase), $"{name} holds {canary}");
        }
    }

    /// <summary>A secret as it must be nowhere: whole, in halves, its first 12 characters, its random part's, in base 64, percent-encoded, backwards.</summary>
    private static IEnumerable<string> Canaries(string secret)
    {
        var random = secret[3..];
        yield return secret;
        yield return secret[..12];
        yield return random[..12];
        yield return secret[..(secret.Length / 2)];
        yield return secret[(secret.Length / 2)..];
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('=');
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes("Bearer " + secret)).TrimEnd('=')[12..];
        yield return Uri.EscapeDataString(secret);
        yield return new string([.. random.Reverse()]);
        yield return Convert.ToHexString(Encoding.UTF8.GetBytes(secret));
    }

    private static byte[] ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private async Task AssertAsync(HttpMethod method, string path, string? body, int status, string code)
    {
        var (answered, answer) = await AskAsync(method, path, body);
        Assert.Equal((status, code), ((int)answered, (string?)answer["error"]!["code"]));
    }

    private async Task<(HttpStatusCode Status, JsonObject Body)> AskAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, "admin/v1/" + path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.TryAddWithoutValidation("authorization", "Bearer " + AdminKey);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _gateway.Client.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }

    private async Task<string> TextAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("authorization", "Bearer " + AdminKey);
        using var response = await _gateway.Client.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task<int> ModelsAsync(string key)
    {
        using var response = await SendModelsAsync(key);
        return (int)response.StatusCode;
    }

    private async Task<string> ModelsTextAsync(string key)
    {
        using var response = await SendModelsAsync(key);
        return response.Headers + await response.Content.ReadAsStringAsync();
    }

    private Task<HttpResponseMessage> SendModelsAsync(string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "v1/models");
        request.Headers.TryAddWithoutValidation("x-api-key", key);
        return _gateway.Client.SendAsync(request);
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.File("ledger.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
