using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Server.Tests.Hosting;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Endpoints;

/// <summary>A prompt is counted by the vendor that would answer, where it can count; else here, and the client is told how.</summary>
public sealed class TokenCountTests
{
    private const string Prompt = """{"model":"m","system":"Be brief.","messages":[{"role":"user","content":"Hello there"}]}""";
    private const string Path = "v1/messages/count_tokens";

    [Theory]
    [InlineData("v1/messages/count_tokens", "/v1/messages/count_tokens")]
    [InlineData("messages/count_tokens?beta=true", "/v1/messages/count_tokens?beta=true")]
    public async Task Post_TargetOfTheDialect_AsksItsVendorInTheModelsName(string path, string upstreamPath)
    {
        await using var vendor = ByteServer.Start(Reply.Json("""{"input_tokens":14,"more":true}"""));
        await using var gateway = await StartAsync($"anthropic {vendor.Address} claude-x");

        using var response = await gateway.PostAsync(path, Prompt, ("anthropic-beta", "a,b"));

        Assert.Equal("""{"input_tokens":14,"more":true}""", await response.Content.ReadAsStringAsync());
        Assert.Equal(("vendor", "t0"), (Header(response, "x-fairlead-token-count"), Header(response, "x-fairlead-target")));
        var asked = Assert.Single(vendor.Requests);
        Assert.Equal((upstreamPath, "a,b", "vendor-key"), (asked.Path, asked.Headers["anthropic-beta"], asked.Headers["x-api-key"]));
        Assert.Equal(Prompt.Replace("\"m\"", "\"claude-x\"", StringComparison.Ordinal), asked.Text);
        Assert.Equal(0, (await gateway.Host.Ledger.TotalsAsync(CancellationToken.None)).Requests);
    }

    /// <summary>Five tokens of text, one for each of two roles, three around each message and three before the answer.</summary>
    [Theory]
    [InlineData("gpt-4o", "tokenizer", 16, 16)]
    [InlineData("qwen3-32b", "estimate", 12, 60)]
    public async Task Post_TargetOfAnotherDialect_IsCountedHere_AndNothingIsSent(string model, string basis, int least, int most)
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync($"openai-compatible {vendor.Address} {model}");

        using var response = await gateway.PostAsync(Path, Prompt);

        Assert.Equal(basis, Header(response, "x-fairlead-token-count"));
        Assert.InRange(JsonNode.Parse(await response.Content.ReadAsStringAsync())!["input_tokens"]!.GetValue<int>(), least, most);
        Assert.Empty(vendor.Requests);
    }

    /// <summary>The one try a second of a route that is out is for who wants an answer.</summary>
    [Fact]
    public async Task Post_TargetIsOut_IsCountedHere_AndTakesNobodysTry()
    {
        await using var vendor = ByteServer.Start(Reply.Json("""{"input_tokens":14}"""));
        await using var gateway = await StartAsync($"anthropic {vendor.Address} claude-x");
        var health = Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<HealthBoard>(gateway.Host.Services);
        for (var i = 0; i < 5; i++) health.Record(new AttemptSample("t0", FailureClass.ServerError, null));

        using var counted = await gateway.PostAsync(Path, Prompt);
        Assert.Equal("estimate", Header(counted, "x-fairlead-token-count"));
        Assert.Empty(vendor.Requests);

        using var asked = await gateway.PostAsync("v1/messages", Prompt.Replace("{\"model\"", "{\"max_tokens\":9,\"model\"", StringComparison.Ordinal));
        Assert.Equal("/v1/messages", Assert.Single(vendor.Requests).Path);
    }

    [Theory]
    [InlineData(529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""")]
    [InlineData(200, "<html>a page</html>")]
    [InlineData(200, """{"tokens":3}""")]
    public async Task Post_VendorCannotCount_AnEstimateAnswers(int status, string body)
    {
        await using var vendor = ByteServer.Start(Reply.Json(body, status));
        await using var gateway = await StartAsync($"anthropic {vendor.Address} claude-x");

        using var response = await gateway.PostAsync(Path, Prompt);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("estimate", Header(response, "x-fairlead-token-count"));
        Assert.InRange(JsonNode.Parse(await response.Content.ReadAsStringAsync())!["input_tokens"]!.GetValue<int>(), 5, 60);
    }

    [Fact]
    public async Task Post_VendorRefusesTheRequest_TheClientHearsItsWords()
    {
        await using var vendor = ByteServer.Start(Reply.Json("""{"type":"error","error":{"type":"invalid_request_error","message":"messages: at least one"}}""", 400));
        await using var gateway = await StartAsync($"anthropic {vendor.Address} claude-x");

        using var response = await gateway.PostAsync(Path, Prompt);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("messages: at least one", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["message"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"model":"m","messages":[}""", 400, "invalid_json", null)]
    [InlineData("""{"model":"nobody","messages":[]}""", 404, "model_not_found", "model")]
    [InlineData("""{"model":"m","messages":[{"role":"robot","content":"x"}]}""", 400, "invalid_value", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"thread":{"type":"continue"}}""", 400, "thread_not_found", "thread")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":7}]}""", 400, "invalid_value", "messages[0].content")]
    public async Task Post_BadInput_IsRefusedInTheDialectsShape(string body, int status, string code, string? member)
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync($"openai-compatible {vendor.Address} gpt-4o");

        using var response = await gateway.PostAsync(Path, body);

        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal((status, code, member), ((int)response.StatusCode, error["details"]!["error_code"]!.GetValue<string>(), error["details"]!["param"]?.GetValue<string>()));
    }

    [Fact]
    public async Task Post_DryRun_GivesTheDecisionAndSendsNothing()
    {
        await using var vendor = ByteServer.Start(Reply.Json("""{"input_tokens":14}"""));
        await using var gateway = await StartAsync($"anthropic {vendor.Address} claude-x");

        using var response = await gateway.PostAsync(Path, Prompt, ("x-fairlead-dry-run", "true"));

        Assert.Equal("t0", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["target"]!.GetValue<string>());
        Assert.Empty(vendor.Requests);
    }

    private static Task<RunningGateway> StartAsync(params string[] targets) => RunningGateway.StartAsync(
        string.Join('\n', [
            "providers:", .. targets.Select((target, i) => $"  v{i}: {{ kind: {target.Split(' ')[0]}, base_url: \"{target.Split(' ')[1]}\", keys: [\"env:VENDOR\"] }}"),
            "targets:", .. targets.Select((target, i) => $"  t{i}: {{ provider: v{i}, model: {target.Split(' ')[2]} }}"),
            "aliases: { m: auto }",
            $"defaults: {{ retries: 0, {Patient} }}",
            $"routes: [ {{ name: default, tiers: [ {{ use: [{string.Join(", ", targets.Select((_, i) => $"t{i}"))}] }} ] }} ]",
        ]),
        environment: new Dictionary<string, string> { ["VENDOR"] = "vendor-key" });
}
