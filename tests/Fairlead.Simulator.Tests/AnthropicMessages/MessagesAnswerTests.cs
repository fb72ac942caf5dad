using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Simulator.Tests.Support;
using static Fairlead.Simulator.Tests.Support.TestVendor;

namespace Fairlead.Simulator.Tests.AnthropicMessages;

public sealed class MessagesAnswerTests
{
    private const string Weather = """
        "tools":[{"name":"get_weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}},{"name":"get_time","input_schema":{"type":"object"}}]
        """;

    [Fact]
    public async Task Json_PlainPrompt_IsStampedAndCounted()
    {
        await using var vendor = await StartAsync();

        using var response = await PostAsync(vendor, Body("Hello"));
        var answer = await JsonAsync(response);

        Assert.Equal("req_east_1", response.Headers.GetValues("request-id").Single());
        Assert.Equal(("msg_east_1", "message", "assistant", "sim"), (Text(answer["id"]), Text(answer["type"]), Text(answer["role"]), Text(answer["model"])));
        var block = Assert.Single(answer["content"]!.AsArray())!;
        Assert.Equal(("text", "east#1:1 east#1:2 east#1:3 "), (Text(block["type"]), Text(block["text"])));
        Assert.Equal("end_turn", Text(answer["stop_reason"]));
        // 3 for the message, 2 for five bytes of text.
        Assert.Equal(5, answer["usage"]!["input_tokens"]!.GetValue<int>());
        Assert.Equal(3, answer["usage"]!["output_tokens"]!.GetValue<int>());
        // 5 × 2.50 USD and 3 × 10 USD a million.
        Assert.Equal(12_500 + 30_000, vendor.Vendor.Bill.Total);
    }

    [Fact]
    public async Task Stream_PlainPrompt_HasTheOrderOfTheDialect()
    {
        await using var vendor = await StartAsync();

        var events = await EventsAsync(vendor, Body("Hello", "\"max_tokens\":100,\"stream\":true"));

        Assert.Equal(
            ["message_start", "content_block_start", "ping", "content_block_delta", "content_block_delta", "content_block_delta", "content_block_stop", "message_delta", "message_stop"],
            events.Select(item => item.Type));
        Assert.All(events, item => Assert.Equal(item.Type, Text(item.Data["type"])));
        Assert.Equal("east#1:1 east#1:2 east#1:3 ", string.Concat(events.Select(item => Text(item.Data["delta"]?["text"]))));
        Assert.Equal(1, events[0].Data["message"]!["usage"]!["output_tokens"]!.GetValue<int>());
        Assert.Equal(3, events[^2].Data["usage"]!["output_tokens"]!.GetValue<int>());
        Assert.Equal("end_turn", Text(events[^2].Data["delta"]!["stop_reason"]));
    }

    [Theory]
    [InlineData("echo: \uD83D\uDE00 \"quoted\"\n", "\uD83D\uDE00 \"quoted\"\n", "end_turn")]
    [InlineData("tokens: 2", "east#1:1 east#1:2 ", "end_turn")]
    [InlineData("tokens: 200", "east#1:1 east#1:2 east#1:3 east#1:4 east#1:5 ", "max_tokens")]
    public async Task Answer_Directive_IsTheSameAsJsonAndAsAStream(string prompt, string expected, string stopReason)
    {
        await using var vendor = await StartAsync();
        await using var other = await StartAsync();

        var answer = await JsonAsync(await PostAsync(vendor, Body(prompt, "\"max_tokens\":5")));
        var events = await EventsAsync(other, Body(prompt, "\"max_tokens\":5,\"stream\":true"));

        Assert.Equal((expected, stopReason), (Text(answer["content"]![0]!["text"]), Text(answer["stop_reason"])));
        Assert.Equal(expected, string.Concat(events.Select(item => Text(item.Data["delta"]?["text"]))));
        Assert.Equal(stopReason, Text(events[^2].Data["delta"]!["stop_reason"]));
    }

    [Fact]
    public async Task Answer_CallsOfTools_AreTheSameAsJsonAndAsAStream()
    {
        await using var vendor = await StartAsync();
        await using var other = await StartAsync();
        const string prompt = "call get_weather and call get_time";

        var answer = await JsonAsync(await PostAsync(vendor, Body(prompt, "\"max_tokens\":100," + Weather)));
        var events = await EventsAsync(other, Body(prompt, "\"max_tokens\":100,\"stream\":true," + Weather));

        var calls = answer["content"]!.AsArray();
        Assert.Equal(["get_weather", "get_time"], calls.Select(call => Text(call!["name"])));
        Assert.All(calls, call => Assert.Equal("tool_use", Text(call!["type"])));
        Assert.Equal(2, calls.Select(call => Text(call!["id"])).Distinct().Count());
        Assert.NotNull(calls[0]!["input"]!["city"]);
        Assert.Equal("tool_use", Text(answer["stop_reason"]));
        var starts = events.Where(item => item.Type == "content_block_start").ToList();
        Assert.Equal([0, 1], starts.Select(item => item.Data["index"]!.GetValue<int>()));
        Assert.Equal(calls.Select(call => Text(call!["id"])), starts.Select(item => Text(item.Data["content_block"]!["id"])));
        for (var i = 0; i < calls.Count; i++)
        {
            var pieces = string.Concat(events.Where(item => item.Type == "content_block_delta" && item.Data["index"]!.GetValue<int>() == i).Select(item => Text(item.Data["delta"]!["partial_json"])));
            Assert.True(JsonNode.DeepEquals(calls[i]!["input"], JsonNode.Parse(pieces)));
        }

        Assert.Equal(starts.Count, events.Count(item => item.Type == "content_block_stop"));
    }

    [Theory]
    [InlineData("\"tool_choice\":{\"type\":\"any\"}", 1)]
    [InlineData("\"tool_choice\":{\"type\":\"tool\",\"name\":\"get_time\"}", 1)]
    [InlineData("\"tool_choice\":{\"type\":\"none\"}", 0)]
    [InlineData("\"tool_choice\":{\"type\":\"auto\"}", 0)]
    public async Task Answer_ToolChoice_IsObeyed(string choice, int calls)
    {
        await using var vendor = await StartAsync();

        var answer = await JsonAsync(await PostAsync(vendor, Body("Hello", "\"max_tokens\":100," + choice + "," + Weather)));

        Assert.Equal(calls, answer["content"]!.AsArray().Count(block => Text(block!["type"]) == "tool_use"));
    }

    [Fact]
    public async Task Answer_AfterAToolResult_IsAText()
    {
        await using var vendor = await StartAsync();
        const string body = """{"model":"sim","max_tokens":10,"messages":[{"role":"user","content":"call get_time"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"get_time","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"12:00"}]}],TOOLS}""";

        var answer = await JsonAsync(await PostAsync(vendor, body.Replace("TOOLS", Weather, StringComparison.Ordinal)));

        Assert.Equal("text", Text(Assert.Single(answer["content"]!.AsArray())!["type"]));
    }

    [Fact]
    public async Task Answer_Schema_IsAValueOfIt()
    {
        await using var vendor = await StartAsync();

        var answer = await JsonAsync(await PostAsync(vendor, Body("Hello", """ "max_tokens":100,"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}}} """)));

        Assert.Equal(System.Text.Json.JsonValueKind.Number, JsonNode.Parse(Text(answer["content"]![0]!["text"])!)!["n"]!.GetValueKind());
    }

    [Theory]
    [InlineData("{", 400, "invalid_request_error")]
    [InlineData("""{"model":"sim","max_tokens":1}""", 400, "invalid_request_error")]
    [InlineData("""{"model":"sim","messages":[{"role":"user","content":"x"}]}""", 400, "invalid_request_error")]
    [InlineData("""{"max_tokens":1,"messages":[{"role":"user","content":"x"}]}""", 400, "invalid_request_error")]
    [InlineData("""{"model":"sim","max_tokens":1,"messages":[{"role":"tool","content":"x"}]}""", 400, "invalid_request_error")]
    [InlineData("""{"model":"sim","max_tokens":1,"messages":[],"stream":1}""", 400, "invalid_request_error")]
    [InlineData("""{"model":"other","max_tokens":1,"messages":[{"role":"user","content":"x"}]}""", 404, "not_found_error")]
    public async Task Post_BadRequest_IsToldInTheDialect(string body, int status, string type)
    {
        await using var vendor = await StartAsync(Instant with { Models = ["sim"] });

        using var response = await PostAsync(vendor, body);
        var error = await JsonAsync(response);

        Assert.Equal((status, "error", type), ((int)response.StatusCode, Text(error["type"]), Text(error["error"]!["type"])));
        Assert.Equal("req_east_1", Text(error["request_id"]));
        Assert.Equal(0, vendor.Vendor.Bill.Total);
    }

    [Theory]
    [InlineData("x-api-key", "good", HttpStatusCode.OK)]
    [InlineData("Authorization", "Bearer good", HttpStatusCode.OK)]
    [InlineData("x-api-key", "bad", HttpStatusCode.Unauthorized)]
    [InlineData("x-other", "good", HttpStatusCode.Unauthorized)]
    public async Task Post_Key_IsTakenFromEitherHeader(string header, string value, HttpStatusCode expected)
    {
        await using var vendor = await StartAsync(Instant with { Keys = ["good"] });

        using var response = await PostAsync(vendor, Body("Hello"), (header, value));

        Assert.Equal(expected, response.StatusCode);
    }

    [Theory]
    [InlineData("status 529", 529, "overloaded_error")]
    [InlineData("status 429 type=rate_limit_error message=slow", 429, "rate_limit_error")]
    [InlineData("status 500", 500, "api_error")]
    public async Task Fault_Status_IsToldInTheDialect(string fault, int status, string type)
    {
        await using var vendor = await StartAsync(fault);

        using var response = await PostAsync(vendor, Body("Hello"));

        Assert.Equal((status, type), ((int)response.StatusCode, Text((await JsonAsync(response))["error"]!["type"])));
    }

    [Fact]
    public async Task Fault_ErrorInAStream_IsAnErrorEvent()
    {
        await using var vendor = await StartAsync("error 4 type=overloaded_error message=Overloaded");

        var events = await EventsAsync(vendor, Body("Hello", "\"max_tokens\":100,\"stream\":true"));

        Assert.Equal(5, events.Count);
        Assert.Equal(("error", "overloaded_error"), (events[^1].Type, Text(events[^1].Data["error"]!["type"])));
    }

    [Fact]
    public async Task Faults_NoDoneNoUsageNoChoices_LeaveThemOut()
    {
        await using var vendor = await StartAsync("no-done + no-usage + no-choices");

        var events = await EventsAsync(vendor, Body("Hello", "\"max_tokens\":100,\"stream\":true"));

        Assert.Equal(["message_start", "message_delta"], events.Select(item => item.Type));
        Assert.Null(events[0].Data["message"]!["usage"]);
        Assert.Null(events[1].Data["usage"]);
    }

    [Fact]
    public async Task CountTokens_ARequest_CountsAsTheAnswerDoes()
    {
        await using var vendor = await StartAsync();

        using var counted = await PostAsync(vendor, "v1/messages/count_tokens", """{"model":"sim","system":"be kind","messages":[{"role":"user","content":"Hello"}]}""");

        // 3 and 2 for each of the two texts.
        Assert.Equal(10, (await JsonAsync(counted))["input_tokens"]!.GetValue<int>());
    }

    [Fact]
    public async Task Models_AskedByThisDialectsClients_HaveItsShape()
    {
        await using var vendor = await StartAsync(Instant with { Models = ["a", "b"] });
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/models");
        request.Headers.Add("anthropic-version", "2023-06-01");

        using var response = await vendor.Http.SendAsync(request, vendor.Guard);
        var list = await JsonAsync(response);

        Assert.Equal(["a", "b"], list["data"]!.AsArray().Select(model => Text(model!["id"])));
        Assert.Equal(("a", "b"), (Text(list["first_id"]), Text(list["last_id"])));
        using var unknown = await PostAsync(vendor, "v1/messages/nothing", "{}");
        Assert.Equal((HttpStatusCode.NotFound, "not_found_error"), (unknown.StatusCode, Text((await JsonAsync(unknown))["error"]!["type"])));
        using var wrong = await vendor.Http.GetAsync("v1/messages", vendor.Guard);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, wrong.StatusCode);
    }

    private static string Body(string prompt, string more = "\"max_tokens\":100") => TestVendor.Body(prompt, more);

    private static Task<HttpResponseMessage> PostAsync(TestVendor vendor, string body, params (string Name, string Value)[] headers) => PostAsync(vendor, "v1/messages", body, headers);

    private static Task<HttpResponseMessage> PostAsync(TestVendor vendor, string path, string body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return vendor.Http.SendAsync(request, vendor.Guard);
    }

    private static async Task<JsonNode> JsonAsync(HttpResponseMessage response) => JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

    private static async Task<List<(string Type, JsonNode Data)>> EventsAsync(TestVendor vendor, string body)
    {
        using var response = await PostAsync(vendor, body);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var text = await response.Content.ReadAsStringAsync(vendor.Guard);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(item => item.Split('\n')).Select(lines => (lines[0]["event: ".Length..], JsonNode.Parse(lines[1]["data: ".Length..])!))];
    }

    private static string? Text(JsonNode? node) => node?.GetValue<string>();
}
