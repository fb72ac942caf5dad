using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Endpoints;

/// <summary>What a client of Anthropic's dialect meets: its headers, its errors, its list of models, failover among targets of its dialect.</summary>
public sealed class MessagesEndpointTests
{
    private const string Message = """{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"Hello"}]}""";
    private const string Said = """{"id":"msg_1","type":"message","role":"assistant","model":"claude-1","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"cache_read_input_tokens":2,"cache_creation_input_tokens":1,"output_tokens":3}}""";

    [Theory]
    [InlineData("v1/messages", null, null, "/v1/messages", "2023-06-01")]
    [InlineData("messages", "2023-06-01", null, "/v1/messages", "2023-06-01")]
    [InlineData("v1/messages", "2026-10-21", null, "/v1/messages", "2026-10-21")]
    [InlineData("v1/messages?beta=true", "2023-06-01", "tools-2025,more", "/v1/messages?beta=true", "2023-06-01")]
    [InlineData("v1/messages?other=1", "2023-06-01", null, "/v1/messages", "2023-06-01")]
    public async Task Post_VersionAndBetas_TravelToTheVendor(string path, string? version, string? betas, string upstreamPath, string upstreamVersion)
    {
        await using var vendor = ByteServer.Start(Reply.Json(Said));
        await using var gateway = await StartAsync(Anthropic(vendor.Address));
        List<(string, string)> headers = [("x-api-key", "whatever")];
        if (version is not null) headers.Add(("anthropic-version", version));
        if (betas is not null) headers.Add(("anthropic-beta", betas));

        using var response = await gateway.PostAsync(path, Message, [.. headers]);

        Assert.Equal(Said, await response.Content.ReadAsStringAsync());
        var upstream = vendor.Requests.Single();
        Assert.Equal(upstreamPath, upstream.Path);
        Assert.Equal(upstreamVersion, upstream.Headers["anthropic-version"]);
        Assert.Equal(betas, upstream.Headers.GetValueOrDefault("anthropic-beta"));
        Assert.Equal("vendor-key", upstream.Headers["x-api-key"]);
        var record = await RecordAsync(gateway, response);
        Assert.Equal("anthropic-messages", record["dialect"]!.GetValue<string>());
        Assert.Equal(10, record["attempts"]![0]!["usage"]!["input_tokens"]!.GetValue<long>()); // fresh, read and written together
    }

    [Fact]
    public async Task Post_FirstVendorFails_TheSecondOfTheDialectAnswers()
    {
        await using var down = ByteServer.Start(Reply.Json("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", 529));
        await using var vendor = ByteServer.Start(Reply.Json(Said));
        await using var gateway = await StartAsync(Anthropic(down.Address, vendor.Address));

        using var response = await gateway.PostAsync("v1/messages", Message);

        Assert.Equal(Said, await response.Content.ReadAsStringAsync());
        Assert.Equal("t1", Header(response, "x-fairlead-target"));
        Assert.Contains("t0: overloaded", Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
    }

    /// <summary>Each fault before any content: the second vendor answers, whole, and nothing of the first one shows.</summary>
    [Theory]
    [InlineData("status 529", "overloaded")]
    [InlineData("status 500", "server_error")]
    [InlineData("status 429", "rate_limited")]
    [InlineData("truncate 3", "truncated")]
    [InlineData("truncate 3 clean", "truncated")]
    [InlineData("error 3 type=overloaded_error", "overloaded")]
    [InlineData("malformed html", "malformed_response")]
    [InlineData("malformed cut 2", "malformed_response")]
    [InlineData("refuse", "connect_failed")]
    public async Task Stream_FirstVendorBreaksBeforeContent_TheSecondAnswers(string fault, string failure)
    {
        await using var gateway = await StartAsync(Simulated($"faults: ['{fault}']", ""));

        using var response = await gateway.PostAsync("v1/messages", Message.Replace("\"max_tokens\":10", "\"max_tokens\":3,\"stream\":true", StringComparison.Ordinal));

        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal("t1", Header(response, "x-fairlead-target"));
        Assert.Contains("t0: " + failure, Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        Assert.Contains("v1#1:3 ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("v0#", text, StringComparison.Ordinal);
        Assert.Contains("event: message_stop", text, StringComparison.Ordinal);
        Assert.Contains(": fairlead {", text, StringComparison.Ordinal);
    }

    /// <summary>Each fault after content: an error event, a connection that is cut, no end of the dialect, and no second vendor.</summary>
    [Theory]
    [InlineData("truncate 5", "stream_truncated", "api_error")]
    [InlineData("truncate 5 clean", "stream_truncated", "api_error")]
    [InlineData("error 5 type=overloaded_error", "upstream_overloaded", "overloaded_error")]
    [InlineData("no-done", "stream_truncated", "api_error")]
    public async Task Stream_BreaksAfterContent_EndsWithAnErrorEvent(string fault, string code, string type)
    {
        await using var gateway = await StartAsync(Simulated($"faults: ['{fault} + slow 100ms']", ""));

        using var response = await gateway.PostAsync("v1/messages", Message.Replace("\"max_tokens\":10", "\"max_tokens\":6,\"stream\":true", StringComparison.Ordinal));
        using var received = new MemoryStream();
        await Assert.ThrowsAnyAsync<Exception>(async () => await (await response.Content.ReadAsStreamAsync()).CopyToAsync(received));

        var text = System.Text.Encoding.UTF8.GetString(received.ToArray());
        Assert.Equal("t0", Header(response, "x-fairlead-target"));
        Assert.Contains("v0#1:1 ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("message_stop", text, StringComparison.Ordinal);
        Assert.DoesNotContain("v1#", text, StringComparison.Ordinal);
        var last = text.TrimEnd('\n').Split("\n\n")[^1];
        Assert.StartsWith("event: error\ndata: ", last, StringComparison.Ordinal);
        var error = JsonNode.Parse(last["event: error\ndata: ".Length..])!["error"]!;
        Assert.Equal((type, code), (error["type"]!.GetValue<string>(), error["details"]!["error_code"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Post_ToAVendorThatBills_CostsInTheLedgerWhatTheVendorBilled()
    {
        await using var gateway = await StartAsync(Simulated("", ""));
        var question = Message.Replace("\"max_tokens\":10", "\"max_tokens\":50", StringComparison.Ordinal);

        using var json = await gateway.PostAsync("v1/messages", question);
        await json.Content.ReadAsStringAsync();
        using var stream = await gateway.PostAsync("v1/messages", question.Replace("\"max_tokens\"", "\"stream\":true,\"max_tokens\"", StringComparison.Ordinal));
        await stream.Content.ReadAsStringAsync();

        var totals = await gateway.Host.Ledger.TotalsAsync(CancellationToken.None);
        Assert.Equal(gateway.Host.Simulated.Vendors["v0"].Bill.Total, totals.Cost.NanoDollars);
        Assert.InRange(totals.Cost.NanoDollars, 1, long.MaxValue);
    }

    [Fact]
    public async Task Post_CacheWritesOfMinutesAndOfAnHour_AreRecordedAndPricedApart()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Said.Replace(
            "\"cache_creation_input_tokens\":1", "\"cache_creation_input_tokens\":9,\"cache_creation\":{\"ephemeral_5m_input_tokens\":4,\"ephemeral_1h_input_tokens\":5}", StringComparison.Ordinal)));
        await using var gateway = await StartAsync(Anthropic(vendor.Address).Replace("output: 2 }", "output: 2, cached_input: 0.1, cache_write: 1.25 }", StringComparison.Ordinal));

        using var response = await gateway.PostAsync("v1/messages", Message);

        // 7 × 1 + 2 × 0.1 + 4 × 1.25 + 5 × 2 + 3 × 2 millionths
        Assert.Equal("0.0000282", Header(response, "x-fairlead-cost-usd"));
        var usage = (await RecordAsync(gateway, response))["attempts"]![0]!["usage"]!;
        Assert.Equal((18, 9, 5), (usage["input_tokens"]!.GetValue<int>(), usage["cache_write_tokens"]!.GetValue<int>(), usage["cache_write_1h_tokens"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("v1/messages", """{"model":"m","messages":[}""", 400, "invalid_request_error", "invalid_json")]
    [InlineData("v1/messages", """{"model":"nobody","messages":[]}""", 404, "not_found_error", "model_not_found")]
    [InlineData("v1/messages/nothing", "{}", 404, "not_found_error", "unknown_endpoint")]
    public async Task Post_BadRequest_IsToldInTheDialect(string path, string body, int status, string type, string code)
    {
        await using var vendor = ByteServer.Start(Reply.Json(Said));
        await using var gateway = await StartAsync(Anthropic(vendor.Address));

        using var response = await gateway.PostAsync(path, body);

        var text = await response.Content.ReadAsStringAsync();
        var error = JsonNode.Parse(text)!;
        Assert.Equal((status, "error", type, code), ((int)response.StatusCode, error["type"]!.GetValue<string>(), error["error"]!["type"]!.GetValue<string>(), error["error"]!["details"]!["error_code"]!.GetValue<string>()));
        Assert.Equal(Header(response, "request-id"), error["request_id"]!.GetValue<string>());
        Assert.Empty(vendor.Requests);
    }

    [Fact]
    public async Task Models_AskedByAnAnthropicClient_AreAListOfItsShape()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Said));
        await using var gateway = await StartAsync(Anthropic(vendor.Address));
        using var asking = new HttpRequestMessage(HttpMethod.Get, "v1/models");
        asking.Headers.Add("anthropic-version", "2023-06-01");
        using var askingOne = new HttpRequestMessage(HttpMethod.Get, "v1/models/t0");
        askingOne.Headers.Add("anthropic-version", "2023-06-01");

        using var response = await gateway.Client.SendAsync(asking);
        using var one = await gateway.Client.SendAsync(askingOne);

        var list = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        var ids = list["data"]!.AsArray().Select(model => model!["id"]!.GetValue<string>()).ToList();
        Assert.Equal(["auto", "default", "m", "t0"], ids);
        Assert.All(list["data"]!.AsArray(), model => Assert.Equal("model", model!["type"]!.GetValue<string>()));
        Assert.False(list["has_more"]!.GetValue<bool>());
        Assert.Equal((ids[0], ids[^1]), (list["first_id"]!.GetValue<string>(), list["last_id"]!.GetValue<string>()));
        Assert.Equal("t0", JsonNode.Parse(await one.Content.ReadAsStringAsync())!["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Explain_AMessagesRequest_PlansForItsDialect()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Said));
        await using var gateway = await StartAsync(Anthropic(vendor.Address));

        using var response = await gateway.PostAsync("v1/explain", $$"""{"endpoint":"/v1/messages","body":{{Message}}}""");

        var decision = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal("t0", decision["target"]!.GetValue<string>());
        Assert.Empty(vendor.Requests);
    }

    private static Task<RunningGateway> StartAsync(string yaml) => RunningGateway.StartAsync(yaml, environment: new Dictionary<string, string> { ["VENDOR"] = "vendor-key" });

    /// <summary>One route over vendors of the dialect, a tier each: targets t0, t1, ….</summary>
    private static string Anthropic(params string[] addresses) => string.Join('\n', [
        "providers:", .. addresses.Select((address, i) => $"  v{i}: {{ kind: anthropic, base_url: \"{address}\", keys: [\"env:VENDOR\"] }}"),
        "targets:", .. addresses.Select((_, i) => $"  t{i}: {{ provider: v{i}, model: m, price: {{ input: 1, output: 2 }} }}"),
        "aliases: { m: auto }",
        $"defaults: {{ retries: 0, {Patient} }}",
        "routes:", "  - name: default", "    tiers:", .. addresses.Select((_, i) => $"      - {{ name: tier-{i}, use: [t{i}] }}"),
    ]);

    /// <summary>The same over simulated vendors v0, v1, … of the dialect, each with these settings.</summary>
    private static string Simulated(params string[] settings) => string.Join('\n', [
        "providers:", .. settings.Select((setting, i) => $"  v{i}: {{ kind: simulated, simulate: {{ dialect: anthropic-messages{(setting.Length > 0 ? ", " + setting : "")} }} }}"),
        "targets:", .. settings.Select((_, i) => $"  t{i}: {{ provider: v{i}, model: m, price: {{ input: 1, output: 2 }} }}"),
        "aliases: { m: auto }",
        $"defaults: {{ retries: 0, {Patient} }}",
        "routes:", "  - name: default", "    tiers:", .. settings.Select((_, i) => $"      - {{ name: tier-{i}, use: [t{i}] }}"),
    ]);
}
