using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Commands;

/// <summary><c>fairlead explain</c>: the story of a record, derived again, and dry runs with and without a gateway.</summary>
public sealed class ExplainTests
{
    private const string Configuration = """
        providers:
          us: { kind: openai-compatible, base_url: "https://us.example/v1", region: us }
          eu: { kind: openai-compatible, base_url: "https://eu.example/v1", keys: ["env:FAIRLEAD_TEST_NEVER_SET"], region: eu, facts: [hipaa] }
        targets:
          big: { provider: us, model: big, price: { input: 2, output: 8 } }
          small: { provider: us, model: small, price: { input: 0.1, output: 0.4 } }
          home: { provider: eu, model: home, price: { input: 1, output: 4 } }
        constraints:
          - { name: health stays, when: '"phi" in sensitivity', require: '"hipaa" in provider.facts' }
        routes:
          - { name: special, when: 'caller.key == "app"', tiers: [ { use: [home] } ] }
          - { name: default, tiers: [ { name: cheap, use: [big, small], prefer: cost }, { name: elsewhere, use: [home] } ] }

        """;

    private const string Keys = "keys: [ { name: app, secret: \"env:FAIRLEAD_TEST_APP\", tenant: acme } ]\n";

    private const string Body = """{"model":"auto","messages":[{"role":"user","content":"Hello"}]}""";

    [Fact]
    public async Task Id_OfAnAnsweredRequest_TellsItsStory_AndDerivesTheSentence()
    {
        await using var first = ByteServer.Start(Reply.Json(Vendors.Error("service_unavailable"), 503));
        await using var second = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", first.Address, second.Address));
        var (id, record) = await SendAsync(gateway);

        var run = await CommandRun.OfAsync("explain", id, "--url", gateway.Address.ToString());
        var json = JsonNode.Parse((await CommandRun.OfAsync("explain", id, "--url", gateway.Address.ToString(), "--json")).Output)!;

        Assert.True(run.Code == 0, run.Errors);
        Assert.StartsWith(record["sentence"]!.GetValue<string>(), run.Output, StringComparison.Ordinal);
        Assert.Contains("overloaded (service_unavailable)", run.Output, StringComparison.Ordinal);
        Assert.Contains("Derived again from the record: the same sentence.", run.Output, StringComparison.Ordinal);
        foreach (var part in new[] { "first-vendor", "tier-second", "0.000013", "answered" }) Assert.Contains(part, run.Output, StringComparison.Ordinal);
        Assert.True(json["derived_is_same"]!.GetValue<bool>());
        Assert.Equal(json["sentence"]!.GetValue<string>(), json["derived_sentence"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(503, "overloaded_error")]
    [InlineData(400, "invalid_value")]
    [InlineData(429, "rate_limit_exceeded")]
    public async Task Id_OfAFailedRequest_DerivesTheSentenceToo(int status, string code)
    {
        await using var first = ByteServer.Start(Reply.Json(Vendors.Error(code), status));
        await using var second = ByteServer.Start(Reply.Json("{}", 500));
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 1", first.Address, second.Address));
        var (id, record) = await SendAsync(gateway);

        var run = await CommandRun.OfAsync("explain", id, "--url", gateway.Address.ToString());

        Assert.True(run.Code == 0, run.Output + run.Errors);
        Assert.StartsWith(record["sentence"]!.GetValue<string>(), run.Output, StringComparison.Ordinal);
        Assert.Contains("Derived again from the record: the same sentence.", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Id_OfAStreamThatBrokeOff_DerivesTheSentenceToo()
    {
        await using var vendor = ByteServer.Start(Reply.Stream(Vendors.Role, Vendors.Token("A")));
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", vendor.Address));
        var (id, record) = await SendAsync(gateway, Vendors.StreamQuestion);

        var run = await CommandRun.OfAsync("explain", id, "--url", gateway.Address.ToString());

        Assert.StartsWith("Not answered in full", record["sentence"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.True(run.Code == 0, run.Output + run.Errors);
        Assert.Contains("Derived again from the record: the same sentence.", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_WhoseSentenceIsNotWhatFollows_IsToldLoudly()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", vendor.Address));
        var (id, record) = await SendAsync(gateway);
        var derived = record["sentence"]!.GetValue<string>();
        record["sentence"] = "Sent to first because it felt right.";
        await using var liar = ByteServer.Start(Reply.Json(record.ToJsonString()));

        var run = await CommandRun.OfAsync("explain", id, "--url", liar.Address.Replace("/v1", "", StringComparison.Ordinal));

        Assert.Equal(1, run.Code);
        Assert.Contains("THE SENTENCE IS NOT WHAT FOLLOWS", run.Errors, StringComparison.Ordinal);
        Assert.Contains(derived, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateway_ThatKnowsNothing_IsNone_OrIsAbsent_IsSaid()
    {
        const string Id = "req_00000000000000000000000000";
        await using var gateway = await RunningGateway.StartAsync(Configuration);
        await using var other = ByteServer.Start(new Reply(200, "text/html", [Encoding.UTF8.GetBytes("<html>")]));

        var unknown = await CommandRun.OfAsync("explain", Id, "--url", gateway.Address.ToString());
        var none = await CommandRun.OfAsync("explain", Id, "--url", other.Address);
        var absent = await CommandRun.OfAsync("explain", Id, "--url", "http://127.0.0.1:9");
        var address = await CommandRun.OfAsync("explain", Id, "--url", "ftp://x");

        Assert.Equal((1, 1, 1, 2), (unknown.Code, none.Code, absent.Code, address.Code));
        Assert.Contains("404 request_not_found", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("is no Fairlead", none.Errors, StringComparison.Ordinal);
        Assert.Contains("no gateway answers", absent.Errors, StringComparison.Ordinal);
        Assert.Contains("no http or https address", address.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"sentence\":1}")]
    [InlineData("{\"attempts\":{}}")]
    [InlineData("{\"decision\":{\"candidates\":[1],\"rejected\":[]}}")]
    [InlineData("{\"state\":\"failed\",\"status\":\"x\",\"decision\":{\"tiers\":[],\"candidates\":[],\"rejected\":[]}}")]
    public async Task Gateway_OfAnotherForm_IsSaid(string answer)
    {
        await using var other = ByteServer.Start(Reply.Json(answer));

        var run = await CommandRun.OfAsync("explain", "req_00000000000000000000000000", "--url", other.Address);

        Assert.Equal(1, run.Code);
        Assert.Contains("is no Fairlead of this version", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_IsExplainedByTheConfigurationAlone_AsAGatewayWould()
    {
        using var folder = Folder(Configuration);
        folder.Write("body.json", Body);
        folder.Write("whole.json", $$"""{"endpoint":"/v1/chat/completions","headers":{"x-fairlead-sensitivity":"phi"},"body":{{Body}}}""");
        await using var gateway = await RunningGateway.StartAsync(Configuration, environment: new Dictionary<string, string> { ["FAIRLEAD_TEST_NEVER_SET"] = "a-secret-0123456789" });

        var bare = await ExplainAsync(folder, "body.json", "--json");
        var asked = JsonNode.Parse((await CommandRun.OfAsync("explain", folder.File("body.json"), "--url", gateway.Address.ToString(), "--json")).Output)!;
        var whole = await ExplainAsync(folder, "whole.json");

        Assert.True(bare.Code == 0, bare.Errors);
        var told = JsonNode.Parse(bare.Output)!;
        Assert.StartsWith("Would be sent to small at us", told["sentence"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(asked["sentence"]!.GetValue<string>(), told["sentence"]!.GetValue<string>());
        Assert.Equal(asked["decision"]!["candidates"]!.ToJsonString(), told["decision"]!["candidates"]!.ToJsonString().Replace("config:" + told["revision"], "config:" + asked["revision"], StringComparison.Ordinal));
        Assert.True(told["derived_is_same"]!.GetValue<bool>());
        Assert.True(whole.Code == 0, whole.Errors);
        Assert.StartsWith("Would be sent to home at eu", whole.Output, StringComparison.Ordinal);
        Assert.Contains("constraint health stays", whole.Output, StringComparison.Ordinal);
        Assert.Contains("every secret is taken as set", whole.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_IsOneOfTheConfiguration_ByNameOrSecret()
    {
        using var folder = Folder(Configuration + Keys);
        folder.Write("body.json", Body);

        var anonymous = await ExplainAsync(folder, "body.json");
        var named = await ExplainAsync(folder, "body.json", "--key", "app");
        var bySecret = await ExplainAsync(folder, "body.json", "--key", "env:FAIRLEAD_TEST_APP");
        var unknown = await ExplainAsync(folder, "body.json", "--key", "ap");

        Assert.Contains("because route default", anonymous.Output, StringComparison.Ordinal);
        Assert.Contains("because route special", named.Output, StringComparison.Ordinal);
        Assert.Contains("because route special", bySecret.Output, StringComparison.Ordinal);
        Assert.Equal(2, unknown.Code);
    }

    [Fact]
    public async Task Key_OfARunningGateway_IsAReference_AndNeverShown()
    {
        await using var gateway = await RunningGateway.StartAsync(Configuration + Keys, environment: new Dictionary<string, string> { ["FAIRLEAD_TEST_APP"] = "sk-canary-0123456789", ["FAIRLEAD_TEST_NEVER_SET"] = "x-0123456789012345" });
        using var folder = Folder(Configuration);
        folder.Write("body.json", Body);
        folder.Write("key", "sk-canary-0123456789\n");
        string[] command = ["explain", folder.File("body.json"), "--url", gateway.Address.ToString()];

        var good = await CommandRun.OfAsync([.. command, "--key", "file:" + folder.File("key")]);
        var without = await CommandRun.OfAsync(command);
        var plain = await CommandRun.OfAsync([.. command, "--key", "sk-canary-0123456789"]);
        var unset = await CommandRun.OfAsync([.. command, "--key", "env:FAIRLEAD_TEST_NEVER_SET_EITHER"]);

        Assert.True(good.Code == 0, good.Errors);
        Assert.Contains("because route special", good.Output, StringComparison.Ordinal);
        Assert.Equal((1, 2, 2), (without.Code, plain.Code, unset.Code));
        Assert.Contains("401 missing_api_key", without.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", plain.Errors + plain.Output + good.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 2, "not valid JSON")]
    [InlineData("{\"model\":", 2, "not valid JSON")]
    [InlineData("[]", 2, "is a JSON object")]
    [InlineData("{\"model\":\"auto\"}", 1, "400 missing_member (messages)")]
    [InlineData("{\"model\":\"nowhere\",\"messages\":[]}", 1, "404 model_not_found")]
    [InlineData("{\"endpoint\":\"/v1/embeddings\",\"body\":{}}", 1, "unknown_endpoint")]
    [InlineData("{\"endpoint\":\"/v1/messages\",\"body\":{},\"extra\":1}", 1, "unknown_member")]
    [InlineData("{\"endpoint\":\"/v1/chat/completions\",\"headers\":{\"x-fairlead-sensitivity\":\"phy\"},\"body\":{}}", 1, "invalid_header")]
    [InlineData("{\"model\":\"auto\",\"model\":\"big\",\"messages\":[]}", 1, "invalid_json")]
    public async Task BadRequest_IsToldAsTheGatewayWould(string text, int code, string error)
    {
        using var folder = Folder(Configuration);
        folder.Write("request.json", text);

        var run = await ExplainAsync(folder, "request.json");

        Assert.Equal(code, run.Code);
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public async Task MissingFiles_AreSaid()
    {
        using var folder = Folder(Configuration);
        folder.Write("body.json", Body);

        var request = await ExplainAsync(folder, "none.json");
        var configuration = await CommandRun.OfAsync("explain", folder.File("body.json"), "--config", folder.File("none.yaml"));

        Assert.Equal((2, 2), (request.Code, configuration.Code));
        Assert.Contains("there is no file", request.Errors, StringComparison.Ordinal);
        Assert.Contains("none.yaml", configuration.Errors, StringComparison.Ordinal);
    }

    private static TemporaryFolder Folder(string configuration)
    {
        var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", configuration);
        return folder;
    }

    private static Task<CommandRun> ExplainAsync(TemporaryFolder folder, string request, params string[] options) =>
        CommandRun.OfAsync(["explain", folder.File(request), "--config", folder.File("fairlead.yaml"), .. options]);

    private static async Task<(string Id, JsonObject Record)> SendAsync(RunningGateway gateway, string question = Vendors.Question)
    {
        using var response = await gateway.PostAsync(question);
        try
        {
            await response.Content.ReadAsStringAsync();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // A stream that broke off ends so.
        }

        return (response.Headers.GetValues("x-fairlead-request-id").Single(), await Vendors.RecordAsync(gateway, response));
    }
}
