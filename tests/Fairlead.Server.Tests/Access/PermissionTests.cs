using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Access;

/// <summary>What a key may ask for, claim and offer, and how much it hears, over HTTP.</summary>
public sealed class PermissionTests : IAsyncLifetime
{
    private const string Question = """{"model":"auto","messages":[{"role":"user","content":"x"}]}""";
    private const string Streamed = """{"model":"auto","stream":true,"messages":[{"role":"user","content":"x"}]}""";
    private const string Explained = """{"endpoint":"/v1/chat/completions","body":{"model":"auto","messages":[{"role":"user","content":"x"}]}}""";

    private Reply _reply = Reply.Json(Vendors.Answer("ok"));
    private ByteServer _vendor = null!;

    public ValueTask InitializeAsync()
    {
        _vendor = ByteServer.Start(_ => _reply);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _vendor.DisposeAsync();

    [Theory]
    [InlineData("POST", "/v1/chat/completions", "chat", Question)]
    [InlineData("POST", "/chat/completions", "chat", Question)]
    [InlineData("POST", "/v1/messages", "chat", """{"model":"auto","max_tokens":5,"messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("POST", "/v1/messages/count_tokens", "count_tokens", """{"model":"auto","messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("GET", "/v1/models", "models", null)]
    [InlineData("GET", "/v1/models/auto", "models", null)]
    [InlineData("POST", "/v1/explain", "explain", Explained)]
    [InlineData("GET", "/v1/requests/req_0123456789abcdefghjkmnpqrs", "requests", null)]
    public async Task Operation_ThatTheKeyDoesNotName_IsRefused_AndTheOneItNamesIsNot(string method, string path, string operation, string? body)
    {
        string[] all = ["chat", "count_tokens", "models", "explain", "requests", "outcomes"];
        await using var gateway = await StartAsync(
            Key("app", $"operations: [{operation}]"), Key("other", $"operations: [{string.Join(", ", all.Where(other => other != operation))}]"));

        using var refused = await SendAsync(gateway, method, path, body, "other");
        await AssertRefusedAsync(refused, 403, "operation_not_allowed", null);
        using var served = await SendAsync(gateway, method, path, body, "app");
        Assert.True((int)served.StatusCode is 200 or 404, $"{(int)served.StatusCode}"); // 404: the id of no request
    }

    [Fact]
    public async Task DryRun_IsAnExplanation()
    {
        await using var gateway = await StartAsync(Key("app", "operations: [chat]"));

        using var header = await SendAsync(gateway, "POST", "/v1/chat/completions", Question, "app", ("x-fairlead-dry-run", "true"));
        await AssertRefusedAsync(header, 403, "operation_not_allowed", null);
        using var member = await SendAsync(gateway, "POST", "/v1/chat/completions", """{"model":"auto","messages":[],"metadata":{"fairlead.dry_run":"true"}}""", "app");
        await AssertRefusedAsync(member, 403, "operation_not_allowed", null);
        Assert.Empty(_vendor.Requests);
    }

    [Fact]
    public async Task Claim_BeyondTheKey_IsRefused_InAnExplanationToo()
    {
        await using var gateway = await StartAsync(Key("app", "may_set: [user]"));

        using var header = await SendAsync(gateway, "POST", "/v1/chat/completions", Question, "app", ("X-Fairlead-Journey", "j"));
        await AssertRefusedAsync(header, 403, "claim_not_allowed", "x-fairlead-journey");
        using var inner = await SendAsync(gateway, "POST", "/v1/explain", Explained.Replace("\"body\"", "\"headers\":{\"x-fairlead-journey\":\"j\"},\"body\"", StringComparison.Ordinal), "app");
        await AssertRefusedAsync(inner, 403, "claim_not_allowed", "x-fairlead-journey");
        using var allowed = await SendAsync(gateway, "POST", "/v1/chat/completions", Question, "app", ("x-fairlead-user", "u"));
        Assert.Equal(200, (int)allowed.StatusCode);
        Assert.Single(_vendor.Requests);
    }

    [Theory]
    [InlineData("""[{"type":"function","function":{"name":"get_weather"}}]""", null)]
    [InlineData("""[]""", null)]
    [InlineData("""null""", null)]
    [InlineData("""[{"type":"function","function":{"name":"get_weather"}},{"type":"function","function":{"name":"drop_tables"}}]""", "'drop_tables'")]
    [InlineData("""[{"type":"function","function":{"name":"get_weather","name":"drop_tables"}}]""", "'drop_tables'")]
    [InlineData("""[{"name":"drop_tables","type":"function","function":{"name":"get_weather"}}]""", "'drop_tables'")]
    [InlineData("""[{"type":"function","function":{"n\u0061me":"drop_tables"}}]""", "'drop_tables'")]
    [InlineData("""[{"type":"web_search"}]""", "without a name")]
    public async Task Tools_BeyondTheKey_AreRefused(string tools, string? told)
    {
        await using var gateway = await StartAsync(Key("app", "tools: [get_weather]"));

        using var response = await SendAsync(gateway, "POST", "/v1/chat/completions", $$"""{"model":"auto","messages":[{"role":"user","content":"x"}],"tools":{{tools}}}""", "app");

        if (told is null) Assert.Equal(200, (int)response.StatusCode);
        else Assert.Contains(told, (await AssertRefusedAsync(response, 403, "tool_not_allowed", "tools"))["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(told is null ? 1 : 0, _vendor.Requests.Count);
    }

    [Theory]
    [InlineData("\"functions\":[{\"name\":\"drop_tables\"}]")]
    [InlineData("\"web_search_options\":{}")]
    [InlineData("\"mcp_servers\":[{\"url\":\"https://tools.example\"}]")]
    public async Task Tools_OfOtherMembers_AreRefusedToo(string member)
    {
        await using var gateway = await StartAsync(Key("app", "tools: false"));

        using var response = await SendAsync(gateway, "POST", "/v1/chat/completions", """{"model":"auto","messages":[{"role":"user","content":"x"}],""" + member + "}", "app");

        await AssertRefusedAsync(response, 403, "tool_not_allowed", "tools");
    }

    [Fact]
    public async Task Tools_TheLastOfManyBeyondTheKey_IsFound()
    {
        await using var gateway = await StartAsync(Key("app", "tools: [get_weather]"));
        var many = string.Join(',', Enumerable.Repeat("""{"type":"function","function":{"name":"get_weather"}}""", 300));

        using var response = await SendAsync(gateway, "POST", "/v1/chat/completions", $$$"""{"model":"auto","messages":[],"tools":[{{{many}}},{"type":"function","function":{"name":"drop_tables"}}]}""", "app");

        await AssertRefusedAsync(response, 403, "tool_not_allowed", "tools");
    }

    [Fact]
    public async Task Expose_Minimal_LeavesTheId()
    {
        await using var gateway = await StartAsync(Key("app", "expose: minimal"), Key("full", ""));

        using var answered = await SendAsync(gateway, "POST", "/v1/chat/completions", Question, "app");
        Assert.Equal(200, (int)answered.StatusCode);
        Assert.Equal(["request-id", "x-fairlead-request-id", "x-request-id"], OursOf(answered));
        var id = answered.Headers.GetValues("x-request-id").Single();

        using var record = await SendAsync(gateway, "GET", "/v1/requests/" + id, null, "app");
        var text = await record.Content.ReadAsStringAsync();
        Assert.Equal(
            ["id", "accepted_at", "state", "tenant", "key", "operation", "dialect", "model", "stream", "status", "duration_ms", "cost_usd", "usage"],
            JsonNode.Parse(text)!.AsObject().Select(member => member.Key));
        Assert.DoesNotContain("primary", text, StringComparison.Ordinal);

        using var whole = await SendAsync(gateway, "GET", "/v1/requests/" + id, null, "full");
        Assert.Contains("\"decision\"", await whole.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var models = await SendAsync(gateway, "GET", "/v1/models", null, "app");
        Assert.All(JsonNode.Parse(await models.Content.ReadAsStringAsync())!["data"]!.AsArray(), model => Assert.Equal("fairlead", model!["owned_by"]!.GetValue<string>()));
        using var explained = await SendAsync(gateway, "POST", "/v1/explain", Explained, "app");
        await AssertRefusedAsync(explained, 403, "operation_not_allowed", null);
        using var dry = await SendAsync(gateway, "POST", "/v1/chat/completions", Question, "app", ("x-fairlead-dry-run", "true"));
        await AssertRefusedAsync(dry, 403, "operation_not_allowed", null);
    }

    [Fact]
    public async Task Expose_Minimal_HearsNothingOfAFailureOrAStream()
    {
        await using var gateway = await StartAsync(Key("app", "expose: minimal"), Key("full", ""));
        _reply = Reply.Json(Vendors.Error("busy"), 503);
        using var failed = await SendAsync(gateway, "POST", "/v1/chat/completions", Question, "app");
        Assert.Equal(503, (int)failed.StatusCode);
        Assert.Equal(["request-id", "x-fairlead-request-id", "x-request-id"], OursOf(failed));

        _reply = Vendors.Saying("ok");
        using var streamed = await SendAsync(gateway, "POST", "/v1/chat/completions", Streamed, "app");
        var text = await streamed.Content.ReadAsStringAsync();
        Assert.Equal(["request-id", "x-fairlead-request-id", "x-request-id"], OursOf(streamed));
        Assert.Contains($$""": fairlead {"request_id":"{{streamed.Headers.GetValues("x-request-id").Single()}}"}""", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_HoldsToTheEndOfItsDay()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2027, 6, 30, 23, 59, 59, 999, TimeSpan.Zero));
        await using var gateway = await StartAsync(time, Key("app", "expires: 2027-06-30"));

        using var last = await SendAsync(gateway, "GET", "/v1/models", null, "app");
        Assert.Equal(200, (int)last.StatusCode);
        time.Advance(TimeSpan.FromMilliseconds(1));
        using var late = await SendAsync(gateway, "GET", "/v1/models", null, "app");
        await AssertRefusedAsync(late, 401, "key_expired", null);
    }

    [Fact]
    public async Task Models_OfOthers_AreUnknown()
    {
        await using var gateway = await StartAsync(
            "aliases: { fast: primary, best: secret-route }\n", Key("app", "routes: [default], targets: [primary]"), Key("none", "targets: []"));

        foreach (var (name, key, isServed) in new[]
        {
            ("auto", "app", true), ("primary", "app", true), ("default", "app", true), ("fast", "app", true), ("best", "app", false), ("secret-route", "app", false),
            ("primary", "none", false), ("fast", "none", false),
        })
        {
            using var response = await SendAsync(gateway, "GET", "/v1/models/" + name, null, key);
            Assert.True((int)response.StatusCode == (isServed ? 200 : 404), $"{name} for {key}: {(int)response.StatusCode}");
        }

        using var list = await SendAsync(gateway, "GET", "/v1/models", null, "app");
        Assert.Equal(["auto", "default", "fast", "primary"], JsonNode.Parse(await list.Content.ReadAsStringAsync())!["data"]!.AsArray().Select(model => model!["id"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("x-api-key", "", "missing_api_key")]
    [InlineData("x-api-key", "app-secret-1234567891", "invalid_api_key")]
    [InlineData("x-api-key", "sk-proj-0123456789abcdefghijklmnop", "invalid_api_key")]
    public async Task Key_Wrong_IsNotHelped(string header, string value, string code)
    {
        await using var gateway = await StartAsync(Key("app", ""));

        using var response = await SendAsync(gateway, "GET", "/v1/models", null, null, (header, value));
        var error = await AssertRefusedAsync(response, 401, code, null);
        Assert.DoesNotContain("app", error["message"]!.GetValue<string>(), StringComparison.Ordinal);

        using var large = await SendAsync(gateway, "GET", "/v1/models", null, null, ("Authorization", "Bearer " + new string('k', 513)));
        await AssertRefusedAsync(large, 401, "invalid_api_key", null);
        using var beside = await SendAsync(gateway, "GET", "/v1/models", null, "app", ("api-key", ""));
        Assert.Equal(200, (int)beside.StatusCode);
    }

    [Theory]
    [InlineData("/V1/Chat/Completions")]
    [InlineData("/v1/chat/completions/")]
    [InlineData("//v1/chat/completions")]
    [InlineData("/v1//chat/completions")]
    [InlineData("/v1%2fchat/completions")]
    [InlineData("/v1/chat%2Fcompletions")]
    [InlineData("/v1/explain/")]
    [InlineData("/Admin/v1/status")]
    public async Task Path_OfAnotherSpelling_IsNone(string path)
    {
        await using var gateway = await StartAsync(Key("app", ""));
        var (status, body) = await RawAsync(gateway.Address, "POST", path, "app-secret-1234567890");

        Assert.Equal(404, status);
        Assert.Contains("unknown_endpoint", body, StringComparison.Ordinal);
        Assert.Empty(_vendor.Requests);
    }

    [Theory]
    [InlineData("/v1/x/../models")]
    [InlineData("/admin/v1/../../v1/models")]
    [InlineData("/v1/./models")]
    public async Task Path_WithDotSegments_IsCheckedAsWhatItComesTo(string path)
    {
        await using var gateway = await StartAsync(Key("app", "operations: [chat]"));

        // The server resolves dot segments before it hands us the path: what is served is what is checked.
        Assert.Equal(403, (await RawAsync(gateway.Address, "GET", path, "app-secret-1234567890")).Status);
    }

    [Theory]
    [InlineData("/admin/v1/status")]
    [InlineData("/admin/v1/config")]
    [InlineData("/admin/v1/openapi.json")]
    [InlineData("/metrics")]
    public async Task Admin_IsForTheAdminKey_AndNothingElseIs(string path)
    {
        await using var gateway = await StartAsync(Key("app", ""));

        using var client = await SendAsync(gateway, "GET", path, null, "app");
        await AssertRefusedAsync(client, 401, "admin_key_required", null);
        using var admin = await SendAsync(gateway, "GET", path, null, null, ("Authorization", "Bearer admin-secret-1234567890"));
        Assert.Equal(200, (int)admin.StatusCode);
        using var models = await SendAsync(gateway, "GET", "/v1/models", null, null, ("Authorization", "Bearer admin-secret-1234567890"));
        await AssertRefusedAsync(models, 401, "invalid_api_key", null);
    }

    private static string Key(string name, string members) => $"{{ name: {name}, secret: \"env:{name.ToUpperInvariant()}_KEY\", tenant: acme{(members.Length == 0 ? "" : ", " + members)} }}";

    private Task<RunningGateway> StartAsync(params string[] keys) => StartAsync(null, keys);

    private Task<RunningGateway> StartAsync(TimeProvider? time, params string[] keys)
    {
        var more = keys.Where(key => !key.StartsWith('{'));
        var yaml = $$"""
            providers: { p: { kind: openai-compatible, base_url: "{{_vendor.Address}}", keys: ["env:VENDOR_KEY"] } }
            targets: { primary: { provider: p, model: m, price: { input: 1, output: 2 } } }
            routes: [ { name: secret-route, when: "false", restricted: true, tiers: [ { use: [primary] } ] }, { name: default, tiers: [ { use: [primary] } ] } ]
            defaults: { retries: 0 }
            {{string.Concat(more)}}keys: [ {{string.Join(", ", keys.Where(key => key.StartsWith('{')))}} ]
            admin: { key: "env:ADMIN_KEY" }
            """;
        return RunningGateway.StartAsync(yaml, time, new Dictionary<string, string>
        {
            ["APP_KEY"] = "app-secret-1234567890",
            ["OTHER_KEY"] = "other-secret-1234567890",
            ["FULL_KEY"] = "full-secret-1234567890",
            ["NONE_KEY"] = "none-secret-1234567890",
            ["ADMIN_KEY"] = "admin-secret-1234567890",
            ["VENDOR_KEY"] = "vendor-secret-1234567890",
        });
    }

    private static Task<HttpResponseMessage> SendAsync(RunningGateway gateway, string method, string path, string? body, string? key, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        if (key is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}-secret-1234567890");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return gateway.Client.SendAsync(request);
    }

    /// <summary>A request whose path no client library has tidied.</summary>
    private static async Task<(int Status, string Body)> RawAsync(Uri address, string method, string path, string key)
    {
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(System.Net.IPAddress.Loopback, address.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"));
        var text = await new StreamReader(stream).ReadToEndAsync();
        return (int.Parse(text.AsSpan(9, 3), null), text);
    }

    private static IEnumerable<string> OursOf(HttpResponseMessage response) => response.Headers.Select(header => header.Key.ToLowerInvariant())
        .Where(name => name.StartsWith("x-", StringComparison.Ordinal) || name == "request-id").Where(name => name is not ("x-should-retry" or "x-accel-buffering")).Order(StringComparer.Ordinal);

    private static async Task<JsonNode> AssertRefusedAsync(HttpResponseMessage response, int status, string code, string? param)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, text);
        var error = JsonNode.Parse(text)!["error"]!;
        Assert.Equal((code, param), ((error["code"] ?? error["details"]?["error_code"])?.GetValue<string>(), error["param"]?.GetValue<string>()));
        return error;
    }
}
