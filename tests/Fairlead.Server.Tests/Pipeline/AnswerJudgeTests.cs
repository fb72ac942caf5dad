using System.Net;
using System.Text;
using Fairlead.Server.Tests.Hosting;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>Whether answers have the form that was asked for, from the client's request to the counted result.</summary>
public sealed class AnswerJudgeTests
{
    private const string Sample = """{"type":"object","properties":{"name":{"type":"string"},"size":{"type":"integer"}},"required":["name","size"],"additionalProperties":false}""";

    /// <summary>The simulated vendor makes no text that matches a pattern: what it says is then not what was asked for.</summary>
    private const string Unmet = """{"type":"object","properties":{"name":{"type":"string","pattern":"^[A-Z]{3}$"}},"required":["name"]}""";

    /// <summary>The client's dialect and the vendor's, a stream or not, the request's members → what is counted.</summary>
    public static TheoryData<string, string, bool, string, string> Requests
    {
        get
        {
            var requests = new TheoryData<string, string, bool, string, string>();
            foreach (var client in new[] { "openai-chat", "anthropic-messages" })
            {
                foreach (var vendor in new[] { "openai-chat", "anthropic-messages" })
                {
                    foreach (var isStream in new[] { false, true })
                    {
                        requests.Add(client, vendor, isStream, Asked(client, "hello", schema: Sample), "schema true 1");
                        requests.Add(client, vendor, isStream, Asked(client, "echo: {\\\"name\\\":\\\"x\\\",\\\"size\\\":2.5}", schema: Sample), "schema false 1");
                        requests.Add(client, vendor, isStream, Asked(client, "echo: Here it is: {", schema: Sample), "schema false 1");
                        requests.Add(client, vendor, isStream, Asked(client, "call find", tool: Sample), "tools true 1");
                        requests.Add(client, vendor, isStream, Asked(client, "call find", tool: Unmet), "tools false 1");
                        requests.Add(client, vendor, isStream, Asked(client, "hello", tool: Sample), "");
                        requests.Add(client, vendor, isStream, Asked(client, "hello", schema: Sample, limit: 2), "");
                    }
                }
            }

            return requests;
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Answer_OfTheSimulatedVendor_IsCounted(string client, string vendor, bool isStream, string members, string counted)
    {
        await using var gateway = await StartAsync(vendor);

        await AnswerAsync(gateway, client, isStream, members);

        Assert.Equal(counted, await CountedAsync(gateway));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answer_NobodyReadsIt_IsNotJudged(bool isStream)
    {
        await using var gateway = await StartAsync("openai-chat", judgesAnswers: false);

        await AnswerAsync(gateway, "openai-chat", isStream, Asked("openai-chat", "hello", schema: Sample));

        Assert.Equal("", await CountedAsync(gateway));
    }

    [Theory]
    [InlineData(false, "schema true 1")]
    [InlineData(true, "schema true 1")]
    public async Task Answer_LargeRequest_IsJudgedToo(bool isStream, string counted)
    {
        await using var gateway = await StartAsync("openai-chat");

        await AnswerAsync(gateway, "openai-chat", isStream, Asked("openai-chat", "hello" + new string('x', 400_000), schema: Sample));

        Assert.Equal(counted, await CountedAsync(gateway));
    }

    [Theory]
    [InlineData(false, "malformed cut")]
    [InlineData(true, "truncate 4")]
    [InlineData(true, "error 4 code=server_error")]
    public async Task Answer_ThatBreaks_IsNotJudged(bool isStream, string fault)
    {
        await using var gateway = await StartAsync("openai-chat", fault);

        await AnswerAsync(gateway, "openai-chat", isStream, Asked("openai-chat", "hello", schema: Sample), mayBreak: true);

        Assert.Equal("", await CountedAsync(gateway));
    }

    [Fact]
    public async Task Answers_OneAfterTheOther_AreEachJudgedByTheirOwnSchema()
    {
        await using var gateway = await StartAsync("openai-chat");

        for (var time = 0; time < 3; time++)
        {
            await AnswerAsync(gateway, "openai-chat", isStream: false, Asked("openai-chat", "hello", schema: Sample));
            await AnswerAsync(gateway, "openai-chat", isStream: true, Asked("openai-chat", "hello", schema: Unmet));
        }

        Assert.Equal("schema false 3, schema true 3", await CountedAsync(gateway));
    }

    [Fact]
    public async Task Stream_Judged_ArrivesAsItWas_EvenWhereItCannotBeRead()
    {
        // Half a character as a tool's name: whoever listens cannot read it, and the client gets it all the same.
        var call = Chunk("""{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"\ud800","arguments":"{}"}}]}""");
        var events = Role + call + Chunk("{}", "\"tool_calls\"") + Usage + Done;
        await using var vendor = ByteServer.Start(Reply.Stream(events));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address).Replace("routes:", "routes:\n" + Reading, StringComparison.Ordinal));

        using var response = await gateway.PostAsync($$"""{"model":"m","stream":true,"stream_options":{"include_usage":true},{{Asked("openai-chat", "x", tool: Sample)}}}""");

        Assert.StartsWith(events + ": fairlead {", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("", await CountedAsync(gateway));
    }

    [Fact]
    public async Task Answer_Judged_ArrivesAsItWas()
    {
        var answer = Answer("{\\\"name\\\":\\\"\\u00e9\\\",  \\\"size\\\":3.0}");
        await using var vendor = ByteServer.Start(Reply.Json(answer));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", vendor.Address).Replace("routes:", "routes:\n" + Reading, StringComparison.Ordinal));

        using var response = await gateway.PostAsync($$"""{"model":"m",{{Asked("openai-chat", "x", schema: Sample)}}}""");

        Assert.Equal(answer, await response.Content.ReadAsStringAsync());
        Assert.Equal("schema true 1", await CountedAsync(gateway));
    }

    private static async Task AnswerAsync(RunningGateway gateway, string client, bool isStream, string members, bool mayBreak = false)
    {
        var path = client == "openai-chat" ? "v1/chat/completions" : "v1/messages";
        using var response = await gateway.PostAsync(path, $$"""{"model":"large","stream":{{(isStream ? "true" : "false")}},{{members}}}""");
        try
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(mayBreak || response.StatusCode == HttpStatusCode.OK, text);
        }
        catch (HttpRequestException) when (mayBreak)
        {
            // A broken stream ends its connection.
        }
    }

    private static string Asked(string client, string prompt, string? schema = null, string? tool = null, int? limit = null)
    {
        var isChat = client == "openai-chat";
        var members = new StringBuilder($$"""
            "messages":[{"role":"user","content":"{{prompt}}"}]
            """);
        if (limit is not null || !isChat) members.Append(System.Globalization.CultureInfo.InvariantCulture, $",\"max_tokens\":{limit ?? 1000}");
        if (schema is not null && isChat) members.Append(",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":" + schema + "}}");
        if (schema is not null && !isChat) members.Append(",\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":" + schema + "}}");
        if (tool is not null && isChat) members.Append(",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"find\",\"parameters\":" + tool + "}}]");
        if (tool is not null && !isChat) members.Append(",\"tools\":[{\"name\":\"find\",\"input_schema\":" + tool + "}]");
        return members.ToString();
    }

    /// <summary>A route that nothing comes to, with a rule that reads how valid answers are.</summary>
    private const string Reading = "  - { name: reading, when: request.model == 'x', tiers: [ { require: health.schema_validity > 0.5 && health.tool_success > 0.5 } ] }";

    private static Task<RunningGateway> StartAsync(string vendor, string? fault = null, bool judgesAnswers = true) => RunningGateway.StartJudgedAsync(
        $$"""
        providers:
          east: { kind: simulated, simulate: { dialect: {{vendor}}, first_token: 0ms, tokens_per_second: 0, faults: [{{(fault is null ? "" : $"\"{fault}\"")}}] } }
        targets:
          large: { provider: east, model: any-name, price: { input: 1, output: 2 }, json_schema: true }
        defaults: { retries: 0, {{Patient}} }
        routes:
        {{(judgesAnswers ? Reading : "")}}
          - { name: default, tiers: [ { use: [large] } ] }
        """);

    /// <summary>What was counted: <c>what valid count</c>, in order. The client's one connection serves this only when the request before has been judged.</summary>
    private static async Task<string> CountedAsync(RunningGateway gateway)
    {
        var lines = (await gateway.Client.GetStringAsync("metrics")).Split('\n').Where(line => line.StartsWith("fairlead_answers_judged_total{", StringComparison.Ordinal));
        return string.Join(", ", lines.Select(line => $"{Label(line, "what")} {Label(line, "valid")} {line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Trim().Split(' ')[0]}").Order(StringComparer.Ordinal));
    }

    private static string Label(string line, string name)
    {
        var from = line.IndexOf(name + "=\"", StringComparison.Ordinal) + name.Length + 2;
        return line[from..line.IndexOf('"', from)];
    }
}
