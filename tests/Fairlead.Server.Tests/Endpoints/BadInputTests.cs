using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Endpoints;

/// <summary>What comes from outside and is wrong: a clear error in the client's dialect, and no upstream call.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private const string Keys = "\nkeys:\n  - { name: app, secret: \"env:APP_KEY\", tenant: acme }\n  - { name: other, secret: \"env:OTHER_KEY\", tenant: globex }\nadmin: { key: \"env:ADMIN_KEY\" }\n";

    private static readonly Dictionary<string, string> Environment = new()
    {
        ["APP_KEY"] = "app-secret-1234567890",
        ["OTHER_KEY"] = "other-secret-1234567890",
        ["ADMIN_KEY"] = "admin-secret-1234567890",
    };

    private ByteServer _vendor = null!;
    private RunningGateway _open = null!;

    public async ValueTask InitializeAsync()
    {
        _vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        _open = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", _vendor.Address));
    }

    public async ValueTask DisposeAsync()
    {
        await _open.DisposeAsync();
        await _vendor.DisposeAsync();
    }

    public static TheoryData<string, string, string?> Bodies => new()
    {
        { "", "invalid_json", null },
        { "hello", "invalid_json", null },
        { "[]", "invalid_json", null },
        { """{"model":"m","messages":[]""", "invalid_json", null },
        { """{"model":"m","messages":[}""", "invalid_json", null },
        { """{"model":"m","messages":[]} {}""", "invalid_json", null },
        { """{"model":"m","messages":[/* " */]}""", "invalid_json", null },
        { """{"model":"m","model":"n","messages":[]}""", "duplicate_member", "model" },
        { """{"model":"m","stream":false,"stream":true,"messages":[]}""", "duplicate_member", "stream" },
        { "{\"model\":\"m\",\"mod\\u0065l\":\"n\",\"messages\":[]}", "ambiguous_member", "model" },
        { """{"model":"m","Stream":true,"messages":[]}""", "ambiguous_member", "stream" },
        { """{"messages":[]}""", "missing_member", "model" },
        { """{"model":"m"}""", "missing_member", "messages" },
        { """{"model":7,"messages":[]}""", "invalid_type", "model" },
        { """{"model":"","messages":[]}""", "invalid_value", "model" },
        { """{"model":"m","messages":{}}""", "invalid_type", "messages" },
        { """{"model":"m","messages":[],"stream":"yes"}""", "invalid_type", "stream" },
        { """{"model":"m","messages":[],"max_tokens":-1}""", "invalid_type", "max_tokens" },
        { """{"model":"m","messages":[],"max_completion_tokens":1.5}""", "invalid_type", "max_completion_tokens" },
        { """{"model":"m","messages":[],"n":0}""", "invalid_type", "n" },
        { """{"model":"m","messages":[],"n":100000}""", "invalid_type", "n" },
        { """{"model":"m","messages":[],"tools":{}}""", "invalid_type", "tools" },
        { """{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":1}}""", "invalid_type", "stream_options.include_usage" },
        { """{"model":"m","messages":[],"metadata":{"fairlead.feature":1}}""", "invalid_type", "metadata.fairlead.feature" },
        { """{"model":"m","messages":[],"metadata":{"fairlead.colour":"red"}}""", "unknown_member", "metadata.fairlead.colour" },
        { """{"model":"m","messages":[],"metadata":{"fairlead.cache":"off"}}""", "not_in_this_version", "metadata.fairlead.cache" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Body_Wrong_IsRefusedNamingTheMember(string body, string code, string? param)
    {
        using var response = await _open.PostAsync(body);

        await AssertErrorAsync(response, 400, code, param);
    }

    [Fact]
    public async Task Body_AbsurdlyDeep_IsRefused()
    {
        using var response = await _open.PostAsync("{\"model\":\"m\",\"messages\":" + new string('[', 200_000) + new string(']', 200_000) + "}");

        await AssertErrorAsync(response, 400, "too_deep", null);
    }

    [Fact]
    public async Task Body_Oversized_IsRefused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new ByteArrayContent(new byte[(32 * 1024 * 1024) + 1]) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.ExpectContinue = true;
        using var response = await _open.Client.SendAsync(request);

        await AssertErrorAsync(response, 413, "request_too_large", null);
    }

    [Theory]
    [InlineData("text/plain", null, "unsupported_media_type")]
    [InlineData("application/x-www-form-urlencoded", null, "unsupported_media_type")]
    [InlineData("application/json; charset=utf-16", null, "unsupported_media_type")]
    [InlineData("application/json", "gzip", "unsupported_content_encoding")]
    public async Task ContentType_Wrong_IsRefused(string type, string? encoding, string code)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Vendors.Question));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (encoding is not null) content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        using var response = await _open.Client.PostAsync("v1/chat/completions", content);

        await AssertErrorAsync(response, 415, code, encoding is null ? "content-type" : "content-encoding");
    }

    [Fact]
    public async Task Model_Unknown_IsRefused()
    {
        using var response = await _open.PostAsync("""{"model":"no-such-model","messages":[]}""");

        var error = await AssertErrorAsync(response, 404, "model_not_found", "model");
        Assert.Contains("'no-such-model'", error["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x-fairlead-colour", "red", "unknown_header")]
    [InlineData("x-fairlead-timeout-ms", "soon", "invalid_header")]
    [InlineData("x-fairlead-timeout-ms", "0", "invalid_header")]
    [InlineData("x-fairlead-dry-run", "maybe", "invalid_header")]
    [InlineData("x-fairlead-cache", "off", "not_in_this_version")]
    public async Task Header_Wrong_IsRefused(string name, string value, string code)
    {
        using var response = await _open.PostAsync(Vendors.Question, (name, value));

        await AssertErrorAsync(response, 400, code, name);
    }

    [Theory]
    [InlineData("GET", "/v1/chat/completions", 405)]
    [InlineData("POST", "/v1/models", 405)]
    [InlineData("GET", "/v1/nothing", 404)]
    [InlineData("GET", "/v1/requests/req_00000000000000000000000000", 404)]
    [InlineData("GET", "/v1/requests/..%2f..%2fetc", 404)]
    [InlineData("GET", "/v1/models/nothing", 404)]
    public async Task Path_Wrong_IsRefused(string method, string path, int status)
    {
        using var response = await _open.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.NotNull(JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]);
    }

    [Theory]
    [InlineData("Authorization", "Bearer app-secret-1234567890", 200, null)]
    [InlineData("Authorization", "bearer app-secret-1234567890", 200, null)]
    [InlineData("x-api-key", "app-secret-1234567890", 200, null)]
    [InlineData("api-key", "app-secret-1234567890", 200, null)]
    [InlineData("x-goog-api-key", "app-secret-1234567890", 200, null)]
    [InlineData("Authorization", "Bearer app-secret-123456789", 401, "invalid_api_key")]
    [InlineData("Authorization", "Bearer admin-secret-1234567890", 401, "invalid_api_key")]
    [InlineData("Authorization", "Basic YXBwOmtleQ==", 401, "invalid_authorization")]
    [InlineData("Authorization", "Bearer ", 401, "invalid_authorization")]
    [InlineData("x-other", "app-secret-1234567890", 401, "missing_api_key")]
    public async Task Key_InEveryPlace_OpensOrDoesNot(string header, string value, int status, string? code)
    {
        await using var gateway = await KeyedAsync();

        using var response = await gateway.PostAsync(Vendors.Question, (header, value));

        if (code is null) Assert.Equal(status, (int)response.StatusCode);
        else await AssertErrorAsync(response, status, code, null);
        Assert.Equal(code is null ? 1 : 0, _vendor.Requests.Count);
    }

    [Fact]
    public async Task Key_TwoDifferentOnes_AreRefused_TwoSameAreNot()
    {
        await using var gateway = await KeyedAsync();

        using var different = await gateway.PostAsync(Vendors.Question, ("Authorization", "Bearer app-secret-1234567890"), ("x-api-key", "other-secret-1234567890"));
        await AssertErrorAsync(different, 400, "ambiguous_credentials", null);
        using var same = await gateway.PostAsync(Vendors.Question, ("Authorization", "Bearer app-secret-1234567890"), ("x-api-key", "app-secret-1234567890"));
        Assert.Equal(HttpStatusCode.OK, same.StatusCode);
    }

    [Theory]
    [InlineData("Bearer app-secret-1234567890", "Bearer app-secret-1234567890", "200 OK")]
    [InlineData("Bearer app-secret-1234567890", "Bearer other-secret-1234567890", "400 Bad Request")]
    [InlineData("Bearer app-secret-1234567890", "Basic YXBwOmtleQ==", "401 Unauthorized")]
    [InlineData("", "Bearer app-secret-1234567890", "200 OK")]
    [InlineData("", "", "401 Unauthorized")]
    public async Task Authorization_SentTwice(string first, string second, string status)
    {
        await using var gateway = await KeyedAsync();
        using var socket = new TcpClient(); // clients of .NET send it once
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: {first}\r\nAuthorization: {second}\r\nConnection: close\r\n\r\n"));

        Assert.StartsWith("HTTP/1.1 " + status + "\r\n", await new StreamReader(socket.GetStream()).ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_InTheQuery_IsNone()
    {
        await using var gateway = await KeyedAsync();

        using var response = await gateway.PostAsync("v1/chat/completions?key=app-secret-1234567890", Vendors.Question);

        await AssertErrorAsync(response, 401, "missing_api_key", null);
    }

    [Fact]
    public async Task Request_OfAnotherTenant_IsUnknown()
    {
        await using var gateway = await KeyedAsync();
        using var answered = await gateway.PostAsync(Vendors.Question, ("x-api-key", "app-secret-1234567890"));
        var path = "v1/requests/" + answered.Headers.GetValues("x-fairlead-request-id").Single();

        using var theirs = await GetAsync(gateway, path, "other-secret-1234567890");
        using var own = await GetAsync(gateway, path, "app-secret-1234567890");
        using var unknown = await GetAsync(gateway, "v1/requests/req_0123456789abcdefghjkmnpqrs", "other-secret-1234567890");

        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, theirs.StatusCode);
        // The same answer but for the id of this very request.
        var first = JsonNode.Parse(await theirs.Content.ReadAsStringAsync())!.AsObject();
        var second = JsonNode.Parse(await unknown.Content.ReadAsStringAsync())!.AsObject();
        first["error"]!.AsObject().Remove("request_id");
        second["error"]!.AsObject().Remove("request_id");
        Assert.True(JsonNode.DeepEquals(first, second));
    }

    [Theory]
    [InlineData("admin-secret-1234567890", 200)]
    [InlineData("app-secret-1234567890", 401)]
    [InlineData(null, 401)]
    public async Task Metrics_AreForTheAdminKey(string? key, int status)
    {
        await using var gateway = await KeyedAsync();

        using var response = await GetAsync(gateway, "metrics", key);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Host_ThatIsNotLoopback_IsRefusedWithoutKeys()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/models");
        request.Headers.Host = "rebound.example";
        using var response = await _open.Client.SendAsync(request);

        await AssertErrorAsync(response, 403, "host_not_allowed", null);
    }

    [Fact]
    public async Task Http_Broken_IsRefusedWithoutStackTrace()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _open.Address.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"u8.ToArray());
        var text = await new StreamReader(stream).ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 400", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.Empty(_vendor.Requests);
    }

    private async Task<JsonNode> AssertErrorAsync(HttpResponseMessage response, int status, string code, string? param)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal((status, "application/json"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var error = JsonNode.Parse(text)!["error"]!;
        Assert.Equal(code, error["code"]!.GetValue<string>());
        Assert.Equal(param, error["param"]?.GetValue<string>());
        Assert.NotEmpty(error["message"]!.GetValue<string>());
        Assert.Equal(response.Headers.GetValues("x-request-id").Single(), error["request_id"]!.GetValue<string>());
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.Empty(_vendor.Requests);
        return error;
    }

    private Task<RunningGateway> KeyedAsync() => RunningGateway.StartAsync(Vendors.Tiers("retries: 0", _vendor.Address) + Keys, environment: Environment);

    private static async Task<HttpResponseMessage> GetAsync(RunningGateway gateway, string path, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null) request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        return await gateway.Client.SendAsync(request);
    }
}
