using System.Net;
using System.Text;
using System.Text.Json;
using static Fairlead.Simulator.Tests.Support.TestVendor;

namespace Fairlead.Simulator.Tests.OpenAiChat;

public sealed class ChatAnswerTests
{
    private const string Weather = """
        "tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":2},"unit":{"enum":["c","f"]}},"required":["city"]}}},
                 {"type":"function","function":{"name":"get_time"}}]
        """;

    [Fact]
    public async Task Json_PlainPrompt_IsStampedAndCounted()
    {
        await using var vendor = await StartAsync();

        var answer = await vendor.AnswerAsync(Body("Hello"));

        Assert.Equal("chatcmpl-east-1", answer.GetProperty("id").GetString());
        Assert.Equal("chat.completion", answer.GetProperty("object").GetString());
        Assert.Equal("sim", answer.GetProperty("model").GetString());
        var choice = Assert.Single(answer.GetProperty("choices").EnumerateArray());
        Assert.Equal("assistant", choice.GetProperty("message").GetProperty("role").GetString());
        Assert.Equal("east#1:1 east#1:2 east#1:3 ", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        // 3 for the message, 2 for five bytes of text.
        Assert.Equal(5, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(3, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal(8, answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task Json_SecondRequest_HasItsOwnStampAndHeaders()
    {
        await using var vendor = await StartAsync();
        await vendor.AnswerAsync(Body());

        using var response = await vendor.SendAsync(Body());

        Assert.Equal("req_east_2", response.Headers.GetValues("x-request-id").Single());
        Assert.Equal("0", response.Headers.GetValues("openai-processing-ms").Single().Split('.')[0][..1]);
        Assert.Equal("9999", response.Headers.GetValues("x-ratelimit-remaining-requests").Single());
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Contains("east#2:1 ", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_PlainPrompt_OpensSpeaksFinishesEnds()
    {
        await using var vendor = await StartAsync();
        using var response = await vendor.SendAsync(Body("Hello", "\"stream\":true"));

        var events = Events(await response.Content.ReadAsStringAsync());

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(6, events.Length);
        Assert.Contains("\"delta\":{\"role\":\"assistant\",\"content\":\"\"", events[0], StringComparison.Ordinal);
        Assert.Contains("\"delta\":{\"content\":\"east#1:1 \"}", events[1], StringComparison.Ordinal);
        Assert.Contains("\"delta\":{\"content\":\"east#1:3 \"}", events[3], StringComparison.Ordinal);
        Assert.Contains("\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"", events[4], StringComparison.Ordinal);
        Assert.Equal("[DONE]", events[5]);
        Assert.All(events, payload => Assert.DoesNotContain("usage", payload, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stream_UsageAskedFor_ComesInAChunkWithoutChoices()
    {
        await using var vendor = await StartAsync();

        var events = await vendor.EventsAsync(Body("Hello", "\"stream\":true,\"stream_options\":{\"include_usage\":true}"));

        Assert.Equal(7, events.Length);
        Assert.All(events[..5], payload => Assert.EndsWith("\"usage\":null}", payload, StringComparison.Ordinal));
        Assert.Contains("\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":3,\"total_tokens\":8", events[5], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("max_tokens", "length", "east#1:1 east#1:2 ")]
    [InlineData("max_completion_tokens", "length", "east#1:1 east#1:2 ")]
    [InlineData("max_unknown", "stop", "east#1:1 east#1:2 east#1:3 ")]
    public async Task Json_TokenLimit_CutsTheAnswer(string member, string finish, string content)
    {
        await using var vendor = await StartAsync();

        var choice = (await vendor.AnswerAsync(Body("Hello", $"\"{member}\":2"))).GetProperty("choices")[0];

        Assert.Equal(content, choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(finish, choice.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Json_SeveralChoices_AreAllCounted()
    {
        await using var vendor = await StartAsync();

        var answer = await vendor.AnswerAsync(Body("Hello", "\"n\":3"));

        Assert.Equal([0, 1, 2], answer.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("index").GetInt32()));
        Assert.Equal(9, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Stream_SeveralChoices_FinishEach()
    {
        await using var vendor = await StartAsync();

        var events = await vendor.EventsAsync(Body("Hello", "\"n\":2,\"stream\":true"));

        Assert.Equal(2 + 2 * 3 + 2 + 1, events.Length);
        Assert.Equal(2, events.Count(payload => payload.Contains("\"finish_reason\":\"stop\"", StringComparison.Ordinal)));
        Assert.Equal("east#1:1 east#1:2 east#1:3 ", Content(events));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("  two  blanks \n and a line")]
    [InlineData("𝒜 👩‍👩‍👧‍👦 é 漢字 \"quoted\" \\ \u0001 </script>")]
    public async Task Echo_AnyText_ComesBackInJsonAndStream(string text)
    {
        await using var vendor = await StartAsync();

        var answer = await vendor.AnswerAsync(Body("echo: " + text));
        var events = await vendor.EventsAsync(Body("echo: " + text, "\"stream\":true"));

        Assert.Equal(text, answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(text, Content(events));
    }

    [Fact]
    public async Task Echo_AstralText_GoesOutUnescaped()
    {
        await using var vendor = await StartAsync();
        using var response = await vendor.SendAsync(Body("echo: 😀é"));

        Assert.Contains("\"content\":\"😀é\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Echo_TenScalars_AreThreeTokens()
    {
        await using var vendor = await StartAsync();

        // Four, four and two scalars; the emoji are one scalar each, whatever their bytes.
        var events = await vendor.EventsAsync(Body("echo: abc😀😀bcdef", "\"stream\":true"));

        Assert.Contains("{\"content\":\"abc😀\"}", events[1], StringComparison.Ordinal);
        Assert.Contains("{\"content\":\"😀bcd\"}", events[2], StringComparison.Ordinal);
        Assert.Contains("{\"content\":\"ef\"}", events[3], StringComparison.Ordinal);
        Assert.Equal(6, events.Length);
    }

    [Fact]
    public async Task Tokens_AskedForInThePrompt_AreProduced()
    {
        await using var vendor = await StartAsync();

        var answer = await vendor.AnswerAsync(Body("tokens: 5"));

        Assert.Equal("east#1:1 east#1:2 east#1:3 east#1:4 east#1:5 ", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("please call get_weather now", "", "get_weather")]
    [InlineData("Hello", ",\"tool_choice\":\"required\"", "get_weather")]
    [InlineData("Hello", ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"get_time\"}}", "get_time")]
    [InlineData("please call get_time and call get_weather", "", "get_weather get_time")]
    [InlineData("please call get_time and call get_weather", ",\"parallel_tool_calls\":false", "get_weather")]
    [InlineData("please call get_weather now", ",\"tool_choice\":\"none\"", "")]
    [InlineData("please call get_weathers now", "", "")]
    [InlineData("Hello", "", "")]
    public async Task Tools_DemandedOrMentioned_AreCalled(string prompt, string choice, string called)
    {
        await using var vendor = await StartAsync();

        var first = (await vendor.AnswerAsync(Body(prompt, Weather + choice))).GetProperty("choices")[0];

        var names = first.GetProperty("message").TryGetProperty("tool_calls", out var calls)
            ? calls.EnumerateArray().Select(call => call.GetProperty("function").GetProperty("name").GetString())
            : [];
        Assert.Equal(called, string.Join(' ', names));
        Assert.Equal(called.Length > 0 ? "tool_calls" : "stop", first.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Tools_Called_GetArgumentsOfTheirSchema()
    {
        await using var vendor = await StartAsync();

        var answer = await vendor.AnswerAsync(Body("call get_weather", Weather));

        var call = answer.GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls")[0];
        Assert.Equal("{\"city\":\"east#1\",\"days\":2,\"unit\":\"c\"}", call.GetProperty("function").GetProperty("arguments").GetString());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").ValueKind);
        Assert.StartsWith("call_", call.GetProperty("id").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_Streamed_ArgumentsAddUp()
    {
        await using var vendor = await StartAsync();

        var events = await vendor.EventsAsync(Body("call get_weather", Weather + ",\"stream\":true"));

        var arguments = new StringBuilder();
        var ids = 0;
        foreach (var payload in events.Where(payload => payload.Contains("\"tool_calls\":[", StringComparison.Ordinal)))
        {
            var call = JsonDocument.Parse(payload).RootElement.GetProperty("choices")[0].GetProperty("delta").GetProperty("tool_calls")[0];
            if (call.TryGetProperty("id", out _)) ids++;
            arguments.Append(call.GetProperty("function").GetProperty("arguments").GetString());
        }

        Assert.Equal(1, ids);
        Assert.Equal("{\"city\":\"east#1\",\"days\":2,\"unit\":\"c\"}", arguments.ToString());
        Assert.Contains("\"finish_reason\":\"tool_calls\"", events[^2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_ResultBrought_IsAnsweredWithText()
    {
        await using var vendor = await StartAsync();
        const string Conversation = """
            {"model":"sim","messages":[{"role":"user","content":"call get_time"},
            {"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"get_time","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"c","content":"noon"}],"tools":[{"type":"function","function":{"name":"get_time"}}]}
            """;

        var choice = (await vendor.AnswerAsync(Conversation)).GetProperty("choices")[0];

        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        Assert.Equal("east#1:1 east#1:2 east#1:3 ", choice.GetProperty("message").GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"},"ok":{"type":"boolean"},"none":{"type":"null"}}}""", """{"name":"east#1","age":1,"ok":true,"none":null}""")]
    [InlineData("""{"type":"array","items":{"type":"number"},"minItems":2}""", "[0.5,0.5]")]
    [InlineData("""{"type":"object","properties":{"tags":{"type":"array","items":{"enum":["a","b"]}},"maybe":{"type":["string","null"],"maxLength":4}}}""", """{"tags":["a"],"maybe":"east"}""")]
    [InlineData("""{"$defs":{"leaf":{"const":7}},"type":"object","properties":{"leaf":{"$ref":"#/$defs/leaf"},"either":{"anyOf":[{"type":"integer","minimum":9},{"type":"string"}]}}}""", """{"leaf":7,"either":9}""")]
    [InlineData("""{"type":"object","properties":{"when":{"type":"string","format":"date"},"long":{"type":"string","minLength":8}}}""", """{"when":"2026-01-31","long":"east#1xx"}""")]
    public async Task Schema_SimpleTypes_GetAValidValue(string schema, string expected)
    {
        await using var vendor = await StartAsync();

        var answer = await vendor.AnswerAsync(Body("Hello", "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":" + schema + "}}"));

        Assert.Equal(expected, answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task Schema_ThatRecurses_StillEnds()
    {
        await using var vendor = await StartAsync();

        var answer = await vendor.AnswerAsync(Body("Hello", """
            "response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"next":{"$ref":"#"},"also":{"$ref":"#"}},"required":["next"]}}}
            """));

        var content = answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        Assert.StartsWith("{\"next\":{\"next\":", content, StringComparison.Ordinal);
        Assert.InRange(content.Length, 1, 2_000_000);
    }

    [Fact]
    public async Task JsonObject_AskedFor_IsAnObject()
    {
        await using var vendor = await StartAsync();

        var answer = await vendor.AnswerAsync(Body("Hello", "\"response_format\":{\"type\":\"json_object\"}"));

        Assert.Equal("{\"answer\":\"east#1\"}", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("{\"model\":", "", "")]
    [InlineData("[]", "", "")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", "model", "")]
    [InlineData("{\"model\":\"sim\"}", "messages", "")]
    [InlineData("{\"model\":\"sim\",\"messages\":[]}", "messages", "")]
    [InlineData("{\"model\":\"sim\",\"messages\":[{}]}", "messages[0].role", "")]
    [InlineData("{\"model\":\"sim\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud83d\"}]}", "", "")]
    [InlineData("", "n", "\"n\":0")]
    [InlineData("", "n", "\"n\":129")]
    [InlineData("", "max_tokens", "\"max_tokens\":\"5\"")]
    [InlineData("", "stream", "\"stream\":\"yes\"")]
    [InlineData("", "tool_choice", "\"tool_choice\":\"maybe\"")]
    [InlineData("", "tool_choice", "\"tool_choice\":{\"function\":{\"name\":\"gone\"}}")]
    [InlineData("", "tools[0].function.name", "\"tools\":[{}]")]
    [InlineData("", "response_format.type", "\"response_format\":{\"type\":\"xml\"}")]
    public async Task Request_NotValid_IsA400NamingTheMember(string body, string param, string more)
    {
        await using var vendor = await StartAsync();
        using var response = await vendor.SendAsync(body.Length > 0 ? body : Body("Hello", more));

        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Equal(param, error.GetProperty("param").GetString() ?? "");
        Assert.Equal(0, vendor.Vendor.Bill.Requests);
    }

    [Theory]
    [InlineData("right", HttpStatusCode.OK, null)]
    [InlineData("wrong", HttpStatusCode.Unauthorized, "invalid_api_key")]
    [InlineData(null, HttpStatusCode.Unauthorized, null)]
    public async Task Key_Checked_WhenKeysAreConfigured(string? key, HttpStatusCode status, string? code)
    {
        await using var vendor = await StartAsync(Instant with { Keys = ["other", "right"] });
        using var response = await vendor.SendAsync(Body(), key);

        Assert.Equal(status, response.StatusCode);
        if (status == HttpStatusCode.OK) return;
        Assert.Equal(code, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Model_NotOffered_IsA404()
    {
        await using var vendor = await StartAsync(Instant with { Models = ["sim-a", "sim-b"] });
        using var response = await vendor.SendAsync(Body(model: "sim-c"));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("\"code\":\"model_not_found\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("sim-a", await vendor.Http.GetStringAsync("v1/models"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_TooLarge_IsA413()
    {
        await using var vendor = await StartAsync(Instant with { MaxRequestBytes = 100 });
        using var response = await vendor.SendAsync(Body(new string('x', 200)));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [InlineData("GET", "v1/chat/completions", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "v1/nothing", HttpStatusCode.NotFound)]
    [InlineData("GET", "_simulator/nothing", HttpStatusCode.NotFound)]
    public async Task Path_NotThere_IsRefused(string method, string path, HttpStatusCode status)
    {
        await using var vendor = await StartAsync();
        using var response = await vendor.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), vendor.Guard);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task OutputTokens_Drawn_RepeatWithTheSeed()
    {
        var options = Instant with { OutputTokens = Distribution.Parse("uniform 10..20"), Seed = 9 };
        var runs = new List<int[]>();
        for (var run = 0; run < 2; run++)
        {
            await using var vendor = await StartAsync(options);
            var counts = new int[60];
            for (var index = 0; index < counts.Length; index++)
            {
                counts[index] = (await vendor.AnswerAsync(Body())).GetProperty("usage").GetProperty("completion_tokens").GetInt32();
            }

            runs.Add(counts);
        }

        Assert.Equal(runs[0], runs[1]);
        Assert.All(runs[0], count => Assert.InRange(count, 10, 20));
        Assert.True(runs[0].Distinct().Count() > 5);
    }
}
