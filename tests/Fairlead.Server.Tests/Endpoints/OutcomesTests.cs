using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Endpoints;

/// <summary><c>POST /v1/outcomes</c> from outside: late, repeated, of a request that runs, of another tenant, and wrong in every member.</summary>
public sealed class OutcomesTests : IAsyncLifetime
{
    private const string Key = "app-secret-1234567890";
    private const string OtherKey = "other-secret-1234567890";
    private const string UnknownId = "req_0123456789abcdefghjkmnpqrs";

    private static readonly Dictionary<string, string> Environment = new() { ["APP_KEY"] = Key, ["OTHER_KEY"] = OtherKey };

    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ByteServer _vendor = null!;
    private RunningGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _vendor = ByteServer.Start(request => request.Text.Contains("\"stream\":true", StringComparison.Ordinal)
            ? Vendors.Saying("A", "B") with { Before = piece => piece == 3 ? _release.Task : Task.CompletedTask }
            : Reply.Json(Vendors.Answer("ok")));
        _gateway = await StartAsync(null);
    }

    public async ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        await _gateway.DisposeAsync();
        await _vendor.DisposeAsync();
    }

    [Fact]
    public async Task Outcome_OfAnAnswer_IsKeptAndShownWithTheRequest()
    {
        var id = await AskAsync(_gateway);

        var kept = await ReportAsync(_gateway, $$"""{"request_id":"{{id}}","outcome":"success","value_usd":"12.345678901","score":0.75,"note":"sold"}""");

        Assert.Equal(id, kept["request_id"]!.GetValue<string>());
        var shown = (await RequestAsync(_gateway, id))["outcome"]!.AsObject();
        Assert.Equal("success", shown["outcome"]!.GetValue<string>());
        Assert.Equal("12.345678901", shown["value_usd"]!.GetValue<string>());
        Assert.Equal(0.75, shown["score"]!.GetValue<double>());
        Assert.Equal("sold", shown["note"]!.GetValue<string>());
        Assert.Equal(1, shown["reports"]!.GetValue<int>());
        kept.Remove("request_id");
        Assert.True(JsonNode.DeepEquals(kept, shown));
    }

    [Fact]
    public async Task Outcome_NotReported_IsNotShown() => Assert.False((await RequestAsync(_gateway, await AskAsync(_gateway))).ContainsKey("outcome"));

    [Fact]
    public async Task Outcome_WeeksLaterAndAgain_TheLastOneWins()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.FromMilliseconds(20) };
        await using var gateway = await StartAsync(time);
        var id = await AskAsync(gateway);
        await ReportAsync(gateway, $$"""{"request_id":"{{id}}","outcome":"success","value_usd":3}""");
        time.Advance(TimeSpan.FromDays(40));

        await ReportAsync(gateway, $$"""{"request_id":"{{id}}","outcome":"failure","value_usd":null,"note":"returned"}""");

        var shown = (await RequestAsync(gateway, id))["outcome"]!;
        Assert.Equal("failure", shown["outcome"]!.GetValue<string>());
        Assert.Null(shown["value_usd"]);
        Assert.Equal(2, shown["reports"]!.GetValue<int>());
        Assert.StartsWith("2026-04-14T12:", shown["reported_at"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outcome_OfARequestThatRuns_IsKept()
    {
        using var answer = await _gateway.PostAsync(Vendors.StreamQuestion, ("x-api-key", Key));
        var id = Vendors.Header(answer, "x-fairlead-request-id");

        await ReportAsync(_gateway, $$"""{"request_id":"{{id}}","outcome":"neutral"}""");

        var running = await RequestAsync(_gateway, id);
        Assert.Equal("running", running["state"]!.GetValue<string>());
        Assert.Equal("neutral", running["outcome"]!["outcome"]!.GetValue<string>());
        _release.SetResult();
        await answer.Content.ReadAsStringAsync();
        await _gateway.Host.Ledger.FlushAsync(CancellationToken.None);
        var ended = await RequestAsync(_gateway, id);
        Assert.Equal("answered", ended["state"]!.GetValue<string>());
        Assert.Equal("neutral", ended["outcome"]!["outcome"]!.GetValue<string>());
    }

    [Fact]
    public async Task Outcome_OfAnotherTenant_IsTheSameAsOfNone()
    {
        var id = await AskAsync(_gateway);

        using var theirs = await PostAsync(_gateway, $$"""{"request_id":"{{id}}","outcome":"success"}""", OtherKey);
        using var unknown = await PostAsync(_gateway, $$"""{"request_id":"{{UnknownId}}","outcome":"success"}""", OtherKey);
        using var noId = await PostAsync(_gateway, """{"request_id":"../../etc","outcome":"success"}""", OtherKey);

        var texts = new List<string>();
        foreach (var response in new[] { theirs, unknown, noId })
        {
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!.AsObject();
            Assert.Equal("request_not_found", error["code"]!.GetValue<string>());
            error.Remove("request_id");
            texts.Add(error.ToJsonString());
        }

        Assert.Single(texts.Distinct());
        Assert.False((await RequestAsync(_gateway, id)).ContainsKey("outcome"));
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("1e-9", "0.000000001")]
    [InlineData("1.5E2", "150")]
    [InlineData("1000000.000000000", "1000000")]
    [InlineData("123456.123456789", "123456.123456789")]
    [InlineData("0.10000", "0.1")]
    [InlineData("\"1000000\"", "1000000")]
    [InlineData("\"0.000000001\"", "0.000000001")]
    public async Task Value_IsExact(string value, string kept)
    {
        var id = await AskAsync(_gateway);

        var answer = await ReportAsync(_gateway, $$"""{"request_id":"{{id}}","outcome":"success","value_usd":{{value}}}""");

        Assert.Equal(kept, answer["value_usd"]!.GetValue<string>());
    }

    public static TheoryData<string, string, string?> Wrong => new()
    {
        { "", "invalid_json", null },
        { "hello", "invalid_json", null },
        { "[]", "invalid_type", null },
        { "7", "invalid_type", null },
        { "{}", "missing_member", "request_id" },
        { "{", "invalid_json", null },
        { """{"request_id":"ID","outcome":"success"} {}""", "invalid_json", null },
        { """{"request_id":"ID","outcome":"success",}""", "invalid_json", null },
        { """{"request_id":"ID"}""", "missing_member", "outcome" },
        { """{"outcome":"success"}""", "missing_member", "request_id" },
        { """{"request_id":null,"outcome":"success"}""", "invalid_type", "request_id" },
        { """{"request_id":7,"outcome":"success"}""", "invalid_type", "request_id" },
        { """{"request_id":"ID","outcome":"Success"}""", "invalid_value", "outcome" },
        { """{"request_id":"ID","outcome":""}""", "invalid_value", "outcome" },
        { """{"request_id":"ID","outcome":true}""", "invalid_type", "outcome" },
        { """{"request_id":"ID","outcome":"success","outcome":"failure"}""", "duplicate_member", "outcome" },
        { """{"request_id":"ID","request_id":"ID","outcome":"success"}""", "duplicate_member", "request_id" },
        { """{"request_id":"ID","outcome":"success","value_usd":1,"value_usd":null}""", "duplicate_member", "value_usd" },
        { """{"request_id":"ID","outcome":"success","score":1,"sc\u006fre":0}""", "duplicate_member", "score" },
        { """{"request_id":"ID","outcome":"success","note":null,"note":""}""", "duplicate_member", "note" },
        { """{"request_id":"ID","outcome":"success","tenant":"globex"}""", "unknown_member", "tenant" },
        { """{"request_id":"ID","outcome":"success","Note":"x"}""", "unknown_member", "Note" },
        { """{"request_id":"ID","outcome":"success","value_usd":-1}""", "invalid_value", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":-1e-9}""", "invalid_value", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":1e400}""", "invalid_value", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":1e-400}""", "invalid_value", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":1e99999999999999999999}""", "invalid_value", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":1000000.000000001}""", "invalid_value", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":0.0000000001}""", "invalid_value", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":NaN}""", "invalid_json", null },
        { """{"request_id":"ID","outcome":"success","value_usd":"NaN"}""", "invalid_value", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":"-1"}""", "invalid_value", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":"$1"}""", "invalid_value", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":"1e3"}""", "invalid_value", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":""}""", "invalid_value", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":[1]}""", "invalid_type", "value_usd" },
        { """{"request_id":"ID","outcome":"success","value_usd":false}""", "invalid_type", "value_usd" },
        { """{"request_id":"ID","outcome":"success","score":1.0001}""", "invalid_value", "score" },
        { """{"request_id":"ID","outcome":"success","score":-0.1}""", "invalid_value", "score" },
        { """{"request_id":"ID","outcome":"success","score":1e400}""", "invalid_value", "score" },
        { """{"request_id":"ID","outcome":"success","score":Infinity}""", "invalid_json", null },
        { """{"request_id":"ID","outcome":"success","score":"1"}""", "invalid_type", "score" },
        { """{"request_id":"ID","outcome":"success","note":7}""", "invalid_type", "note" },
        { """{"request_id":"ID","outcome":"success","note":{"a":1}}""", "invalid_type", "note" },
        { """{"request_id":"ID","outcome":"success","note":"a\nb"}""", "invalid_value", "note" },
        { """{"request_id":"ID","outcome":"success","note":"a\u0000b"}""", "invalid_value", "note" },
        { """{"request_id":"ID","outcome":"success","note":"a\ud800b"}""", "invalid_json", null },
        { """{"request_id":"ID","outcome":"success","note":"LONG"}""", "invalid_value", "note" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Body_Wrong_IsRefusedWithItsMemberAndNothingIsKept(string body, string code, string? param)
    {
        var id = await AskAsync(_gateway);

        using var response = await PostAsync(_gateway, body.Replace("ID", id, StringComparison.Ordinal).Replace("LONG", new string('x', 501), StringComparison.Ordinal), Key);

        await AssertErrorAsync(response, 400, code, param);
        Assert.False((await RequestAsync(_gateway, id)).ContainsKey("outcome"));
    }

    [Fact]
    public async Task Body_TooLarge_IsRefused()
    {
        using var sized = await PostAsync(_gateway, "{\"note\":\"" + new string('x', 16 * 1024), Key);
        await AssertErrorAsync(sized, 413, "request_too_large", null);
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/outcomes") { Content = new StreamContent(new MemoryStream(new byte[64 * 1024])) };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.Add("x-api-key", Key);
        using var chunked = await _gateway.Client.SendAsync(request);
        await AssertErrorAsync(chunked, 413, "request_too_large", null);
    }

    [Fact]
    public async Task Body_NotUtf8_IsRefused()
    {
        byte[] body = [.. Encoding.UTF8.GetBytes($$"""{"request_id":"{{UnknownId}}","outcome":"success","note":" """), 0xff, .. "\"}"u8];
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/outcomes") { Content = new ByteArrayContent(body) };
        request.Headers.Add("x-api-key", Key);

        using var response = await _gateway.Client.SendAsync(request);

        await AssertErrorAsync(response, 400, "invalid_json", null);
    }

    [Fact]
    public async Task ContentType_NotJson_IsRefused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/outcomes") { Content = new StringContent("{}", Encoding.UTF8, "text/plain") };
        request.Headers.Add("x-api-key", Key);

        using var response = await _gateway.Client.SendAsync(request);

        await AssertErrorAsync(response, 415, "unsupported_media_type", "content-type");
    }

    [Fact]
    public async Task Key_MissingOrWrong_IsRefused()
    {
        using var missing = await PostAsync(_gateway, "{}", null);
        await AssertErrorAsync(missing, 401, "missing_api_key", null);
        using var wrong = await PostAsync(_gateway, "{}", "nobody-secret-1234567890");
        await AssertErrorAsync(wrong, 401, "invalid_api_key", null);
    }

    [Fact]
    public async Task Key_NotForTheOperation_IsRefusedAndNothingIsKept()
    {
        await using var gateway = await StartAsync(null, keyOptions: ", operations: [chat, requests]");
        var id = await AskAsync(gateway);

        using var response = await PostAsync(gateway, $$"""{"request_id":"{{id}}","outcome":"success"}""", Key);

        await AssertErrorAsync(response, 403, "operation_not_allowed", null);
        Assert.False((await RequestAsync(gateway, id)).ContainsKey("outcome"));
    }

    [Fact]
    public async Task Outcome_OfAKeyThatHearsLittle_IsShownAllTheSame()
    {
        await using var gateway = await StartAsync(null, keyOptions: ", expose: minimal");
        var id = await AskAsync(gateway);

        await ReportAsync(gateway, $$"""{"request_id":"{{id}}","outcome":"failure"}""");

        Assert.Equal("failure", (await RequestAsync(gateway, id))["outcome"]!["outcome"]!.GetValue<string>());
    }

    [Fact]
    public async Task Method_Wrong_IsRefused()
    {
        using var response = await _gateway.Client.GetAsync("v1/outcomes");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal("POST", response.Content.Headers.Allow.Single());
    }

    [Fact]
    public async Task Error_ForAnAnthropicClient_HasItsShape()
    {
        using var response = await _gateway.PostAsync("v1/outcomes", "{}", ("x-api-key", Key), ("anthropic-version", "2023-06-01"));

        Assert.Equal("error", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task Ledger_IsLocked_Is503WithRetryAfterAndTheReportIsTakenLater()
    {
        using var folder = new TemporaryFolder();
        var ledger = folder.File("ledger.db");
        await using var gateway = await StartAsync(null, $"\nstore: {{ ledger: \"sqlite:{ledger}\" }}");
        var id = await AskAsync(gateway);
        await gateway.Host.Ledger.FlushAsync(CancellationToken.None);
        using (var other = new SqliteConnection($"Data Source={ledger};Pooling=False"))
        {
            other.Open();
            using var locking = other.CreateCommand();
            locking.CommandText = "BEGIN IMMEDIATE";
            locking.ExecuteNonQuery();

            using var refused = await PostAsync(gateway, $$"""{"request_id":"{{id}}","outcome":"success"}""", Key);

            await AssertErrorAsync(refused, 503, "dependency_down", null);
            Assert.NotEqual("", Vendors.Header(refused, "retry-after"));
        }

        Assert.Equal(1, (await ReportAsync(gateway, $$"""{"request_id":"{{id}}","outcome":"success"}"""))["reports"]!.GetValue<int>());
    }

    private Task<RunningGateway> StartAsync(TimeProvider? time, string store = "", string keyOptions = "") => RunningGateway.StartAsync(
        Vendors.Tiers("retries: 0", _vendor.Address) + "\nkeys:\n  - { name: app, secret: \"env:APP_KEY\", tenant: acme" + keyOptions + " }\n  - { name: other, secret: \"env:OTHER_KEY\", tenant: globex }\n" + store, time, Environment);

    private static async Task<string> AskAsync(RunningGateway gateway)
    {
        using var answer = await gateway.PostAsync(Vendors.Question, ("x-api-key", Key));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return Vendors.Header(answer, "x-fairlead-request-id");
    }

    private static Task<HttpResponseMessage> PostAsync(RunningGateway gateway, string body, string? key) =>
        gateway.PostAsync("v1/outcomes", body, key is null ? [] : [("x-api-key", key)]);

    private static async Task<JsonObject> ReportAsync(RunningGateway gateway, string body)
    {
        using var response = await PostAsync(gateway, body, Key);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!.AsObject();
    }

    private static async Task<JsonObject> RequestAsync(RunningGateway gateway, string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/requests/" + id);
        request.Headers.Add("x-api-key", Key);
        using var response = await gateway.Client.SendAsync(request);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();
    }

    private static async Task AssertErrorAsync(HttpResponseMessage response, int status, string code, string? param)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, text);
        var error = JsonNode.Parse(text)!["error"]!;
        Assert.Equal(code, error["code"]!.GetValue<string>());
        Assert.Equal(param, error["param"]?.GetValue<string>());
    }
}
