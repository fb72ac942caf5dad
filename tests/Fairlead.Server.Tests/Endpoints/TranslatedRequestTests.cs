using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Endpoints;

/// <summary>What a client meets whose target speaks another dialect: failover across dialects, what is lost, what is refused, and vendors that answer nonsense.</summary>
public sealed class TranslatedRequestTests
{
    private const string Message = """{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"Hello"}]}""";
    private const string Said = """{"id":"msg_1","type":"message","role":"assistant","model":"claude-1","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":3}}""";
    private const string Overloaded = """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""";

    [Fact]
    public async Task Post_FirstVendorFails_OneOfTheOtherDialectAnswers()
    {
        await using var down = ByteServer.Start(Reply.Json(Error("server_error"), 500));
        await using var vendor = ByteServer.Start(Reply.Json(Said));
        await using var gateway = await StartAsync("", $"openai-compatible {down.Address}", $"anthropic {vendor.Address}");

        using var response = await gateway.PostAsync("""{"model":"m","seed":7,"messages":[{"role":"user","content":"Hello"}]}""");

        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal("Hi", answer["choices"]![0]!["message"]!["content"]!.GetValue<string>());
        Assert.Equal(("t1", "translated", "seed", "2"), (Header(response, "x-fairlead-target"), Header(response, "x-fairlead-body-mode"), Header(response, "x-fairlead-translation-loss"), Header(response, "x-fairlead-attempts")));
        var record = await RecordAsync(gateway, response);
        Assert.Equal("translated", record["body_mode"]!.GetValue<string>());
        Assert.Equal(7, record["attempts"]![1]!["usage"]!["input_tokens"]!.GetValue<int>());
    }

    [Fact]
    public async Task Post_FirstTargetCannotCarryIt_TheNextAnswers_AndTheSentenceSaysWhy()
    {
        await using var claude = ByteServer.Start(Reply.Json(Said));
        await using var vendor = ByteServer.Start(Reply.Json(Answer("both")));
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}", $"openai-compatible {vendor.Address}");

        using var response = await gateway.PostAsync("""{"model":"m","n":2,"messages":[{"role":"user","content":"Hello"}]}""");

        Assert.Equal(Answer("both"), await response.Content.ReadAsStringAsync());
        Assert.Equal(("t1", "1"), (Header(response, "x-fairlead-target"), Header(response, "x-fairlead-attempts")));
        Assert.Equal("Sent to t1 at v1 because m is an alias and route default lists it next in tier 2; t0: cannot carry n.", Header(response, "x-fairlead-reason"));
        Assert.Empty(claude.Requests);
        var decision = (await RecordAsync(gateway, response))["decision"]!;
        Assert.Equal(["t1"], decision["candidates"]!.AsArray().Select(candidate => candidate!["target"]!.GetValue<string>()));
        Assert.Equal("cannot carry n", decision["rejected"]![0]!["reason"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"model":"m","n":2,"messages":[{"role":"user","content":"x"}]}""", "n", "unsupported_parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"input_audio","input_audio":{}}]}]}""", "messages[0].content[1]", "unsupported_parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"hologram"}]}]}""", "messages[0].content[0]", "unsupported_parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"custom","custom":{"name":"c"}}]}""", "tools[0]", "unsupported_parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"},{"role":"tool","tool_call_id":"call_9","content":"y"}]}""", "messages[1]", "invalid_value")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x","content":"y"}]}""", "body", "invalid_value")]
    public async Task Post_NoTargetCanCarryIt_IsA400ThatNamesTheMember(string body, string member, string code)
    {
        await using var claude = ByteServer.Start(Reply.Json(Said));
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}");

        using var response = await gateway.PostAsync(body);

        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal((HttpStatusCode.BadRequest, member, code), (response.StatusCode, error["param"]!.GetValue<string>(), error["code"]!.GetValue<string>()));
        Assert.Empty(claude.Requests);
        Assert.Equal("failed", (await RecordAsync(gateway, response))["state"]!.GetValue<string>());
    }

    /// <summary>A thread that is created holds the conversation; one that is continued is at the vendor that has it, and the code makes Anthropic's SDKs send it whole.</summary>
    [Fact]
    public async Task Post_Thread_IsCreatedWithALoss_AndNotContinued()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("", $"openai-compatible {vendor.Address}");

        using var created = await gateway.PostAsync("v1/messages", """{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"Hello"}],"thread":{"type":"create"}}""");
        using var continued = await gateway.PostAsync(
            "v1/messages",
            """{"model":"m","max_tokens":10,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"Sunny."}]}],"thread":{"type":"continue","previous_message_id":"msg_1"}}""");

        Assert.Equal((HttpStatusCode.OK, "thread"), (created.StatusCode, Header(created, "x-fairlead-translation-loss")));
        var error = JsonNode.Parse(await continued.Content.ReadAsStringAsync())!["error"]!["details"]!;
        Assert.Equal((HttpStatusCode.BadRequest, "thread_not_found", "thread"), (continued.StatusCode, error["error_code"]!.GetValue<string>(), error["param"]!.GetValue<string>()));
        Assert.Single(vendor.Requests);
    }

    /// <summary>What sends the conversation whole is worth more to the client than why another target failed.</summary>
    [Fact]
    public async Task Post_ThreadIsContinuedAndItsVendorIsDown_SaysSoAllTheSame()
    {
        await using var down = ByteServer.Start(Reply.Json(Overloaded, 529));
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("", $"anthropic {down.Address}", $"openai-compatible {vendor.Address}");

        using var response = await gateway.PostAsync(
            "v1/messages",
            """{"model":"m","max_tokens":10,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"Sunny."}]}],"thread":{"type":"continue","previous_message_id":"msg_1"}}""");

        Assert.Equal("thread_not_found", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["details"]!["error_code"]!.GetValue<string>());
        Assert.Single(down.Requests);
        Assert.Empty(vendor.Requests);
    }

    [Fact]
    public async Task Post_AnswerOfAnotherDialect_HasTheNameThatWasAsked()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("", $"openai-compatible {vendor.Address}");

        using var response = await gateway.PostAsync("v1/messages", Message);

        Assert.Equal("m", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["model"]!.GetValue<string>());
        Assert.Equal("m-2026-01-01", Header(response, "x-fairlead-model"));
    }

    [Fact]
    public async Task Post_MembersThatNobodyKnows_AreListedWhereverTheyStand()
    {
        await using var claude = ByteServer.Start(Reply.Json(Said));
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}");

        using var response = await gateway.PostAsync(
            """{"model":"m","tone":"warm","stream_options":{"later":1},"messages":[{"role":"user","mood":"good","content":[{"type":"image_url","image_url":{"url":"https://example.com/a.png","crop":2}}]}],"tools":[{"type":"function","scope":"s","function":{"name":"f","hint":"h"}}]}""");

        Assert.Equal(
            "messages[0].mood, messages[0].content[0].image_url.crop, tools[0].scope, tools[0].function.hint, tone, stream_options.later",
            Header(response, "x-fairlead-translation-loss"));
    }

    /// <summary>What would end the address and begin members of the body is no media type.</summary>
    [Theory]
    [InlineData("x\\\"}}]}],\\\"model\\\":\\\"other\\\",\\\"user\\\":[{\\\"a\\\":[{\\\"b\\\":{\\\"c\\\":\\\"")]
    [InlineData("image/png\\n")]
    [InlineData("")]
    public async Task Post_MediaTypeThatIsNone_IsRefused(string mediaType)
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("", $"openai-compatible {vendor.Address}");

        using var response = await gateway.PostAsync(
            "v1/messages", $$$"""{"model":"m","max_tokens":10,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"{{{mediaType}}}","data":"QUJD"}}]}]}""");

        Assert.Equal("messages[0].content[0].source.media_type", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["details"]!["param"]!.GetValue<string>());
        Assert.Empty(vendor.Requests);
    }

    [Theory]
    [InlineData("""{"type":"image_url","image_url":"https://example.com/a.png"}""")]
    [InlineData("""{"type":"file","file":"file-1"}""")]
    public async Task Post_PartOfAWrongType_IsNamed(string part)
    {
        await using var claude = ByteServer.Start(Reply.Json(Said));
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}");

        using var response = await gateway.PostAsync($$"""{"model":"m","messages":[{"role":"user","content":[{{part}}]}]}""");

        Assert.Equal("messages[0].content[0]", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["param"]!.GetValue<string>());
    }

    /// <summary>Pieces of a kind that nobody knows, one like the other: nothing of them is told, and nothing breaks.</summary>
    [Fact]
    public async Task Post_StreamWithUnknownPieces_GoesOnToItsEnd()
    {
        await using var claude = ByteServer.Start(Reply.Stream([
            """data: {"type":"message_start","message":{"id":"msg_1","model":"claude-1","usage":{"input_tokens":7,"output_tokens":1}}}""" + "\n\n",
            """data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""" + "\n\n",
            .. Enumerable.Repeat("""data: {"type":"content_block_delta","index":0,"delta":{"type":"new_delta","text":"a"}}""" + "\n\n", 3),
            """data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}""" + "\n\n",
            """data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}""" + "\n\n",
            """data: {"type":"message_stop"}""" + "\n\n",
        ]));
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}");

        using var response = await gateway.PostAsync(StreamQuestion);
        var text = await StreamTextAsync(response);

        Assert.Contains("\"content\":\"Hi\"", text, StringComparison.Ordinal);
        Assert.Contains("[DONE]", text, StringComparison.Ordinal);
    }

    /// <summary>A vendor that sends what cannot be told yet – pings, a second call – must not look dead to the client.</summary>
    [Fact]
    public async Task Post_VendorSendsNothingToTell_TheClientHearsAPing()
    {
        var time = new FakeTimeProvider();
        var committed = new TaskCompletionSource();
        await using var vendor = ByteServer.Start(Reply.Stream([Token("Hi"), ": still here\n\n", Finish, Done]) with
        {
            Before = async piece =>
            {
                if (piece != 1) return;
                await committed.Task;
                time.Advance(TimeSpan.FromSeconds(6));
            },
        });
        await using var gateway = await StartAsync("", time, $"openai-compatible {vendor.Address}");

        using var response = await gateway.PostAsync("v1/messages", Message.Replace("\"max_tokens\"", "\"stream\":true,\"max_tokens\"", StringComparison.Ordinal));
        committed.SetResult();
        var text = await StreamTextAsync(response);

        Assert.Contains("event: ping\ndata: {\"type\":\"ping\"}\n\n", text, StringComparison.Ordinal);
        Assert.Contains("message_stop", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_RouteRejectsLoss_ATargetOfTheDialectThatLosesThoughtsIsPassedOverToo()
    {
        await using var claude = ByteServer.Start(Reply.Json(Said));
        await using var gateway = await StartAsync("on_loss: reject, ", $"anthropic {claude.Address}");

        using var response = await gateway.PostAsync(
            "v1/messages",
            """{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"fairlead."},{"type":"text","text":"b"}]},{"role":"user","content":"c"}]}""");

        Assert.Equal("thinking", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["details"]!["param"]!.GetValue<string>());
        Assert.Empty(claude.Requests);
    }

    [Theory]
    [InlineData("""{"reasoning_content":"","reasoning":"hm"}""", "hm")]
    [InlineData("""{"content":"yes"},"finish_reason":null},{"index":1,"delta":{}""", "yes")]
    public async Task Post_StreamOfLikeChunks_TellsEachPiece(string delta, string piece)
    {
        var chunk = "data: {\"id\":\"c1\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":" + delta + "}]}\n\n";
        await using var vendor = ByteServer.Start(Reply.Stream([chunk, chunk, chunk, Finish, Done]));
        await using var gateway = await StartAsync("", $"openai-compatible {vendor.Address}");

        using var response = await gateway.PostAsync("v1/messages", Message.Replace("\"max_tokens\"", "\"stream\":true,\"max_tokens\"", StringComparison.Ordinal));
        var text = await StreamTextAsync(response);

        Assert.Equal(3, text.Split($":\"{piece}\"}}}}").Length - 1);
        Assert.Contains("message_stop", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_FunctionsOfTheFirstForm_AreAnsweredByOneCall_AndTheOthersAreToldLost()
    {
        await using var claude = ByteServer.Start(Reply.Json("""{"id":"msg_1","model":"claude-1","content":[{"type":"tool_use","id":"t1","name":"f","input":{}},{"type":"tool_use","id":"t2","name":"g","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":7,"output_tokens":3}}"""));
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}");

        using var response = await gateway.PostAsync("""{"model":"m","messages":[{"role":"user","content":"x"}],"functions":[{"name":"f"},{"name":"g"}]}""");

        Assert.Equal("f", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["choices"]![0]!["message"]!["function_call"]!["name"]!.GetValue<string>());
        Assert.Equal("function_call", Header(response, "x-fairlead-translation-loss"));
        Assert.True(JsonNode.Parse(claude.Requests.Single().Text)!["tool_choice"]!["disable_parallel_tool_use"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Post_RouteRejectsLoss_ATargetThatOnlyTunesLessIsPassedOverToo()
    {
        await using var claude = ByteServer.Start(Reply.Json(Said));
        await using var gateway = await StartAsync("on_loss: reject, ", $"anthropic {claude.Address}");

        using var lossy = await gateway.PostAsync("""{"model":"m","seed":7,"messages":[{"role":"user","content":"Hello"}]}""");
        using var whole = await gateway.PostAsync("""{"model":"m","messages":[{"role":"user","content":"Hello"}]}""");

        Assert.Equal("seed", JsonNode.Parse(await lossy.Content.ReadAsStringAsync())!["error"]!["param"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
    }

    [Fact]
    public async Task Post_MembersOfUnusualNames_AreListedWithoutTheirNames()
    {
        await using var claude = ByteServer.Start(Reply.Json(Said));
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}");

        using var response = await gateway.PostAsync($$"""{"model":"m","tone\r\nx-evil: 1":7,"{{new string('a', 500)}}":7,"tone":"warm","messages":[{"role":"user","content":"Hello"}]}""");

        Assert.Equal("a member of an unusual name, tone", Header(response, "x-fairlead-translation-loss"));
    }

    [Fact]
    public async Task Explain_FindsWhatServingFinds()
    {
        await using var claude = ByteServer.Start(Reply.Json(Said));
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}", $"openai-compatible {vendor.Address}");

        using var response = await gateway.PostAsync("v1/explain", """{"endpoint":"/v1/chat/completions","body":{"model":"m","n":2,"messages":[{"role":"user","content":"Hello"}]}}""");

        var explained = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal("Would be sent to t1 at v1 because m is an alias and route default lists it next in tier 2; t0: cannot carry n.", explained["sentence"]!.GetValue<string>());
    }

    [Fact]
    public async Task Post_RateLimitsOfTheVendor_AreToldInTheClientsWords()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")) with { Headers = [("x-ratelimit-limit-tokens", "100"), ("x-ratelimit-remaining-tokens", "7"), ("openai-version", "2020")] });
        await using var gateway = await StartAsync("", $"openai-compatible {vendor.Address}");

        using var response = await gateway.PostAsync("v1/messages", Message);

        Assert.Equal(("100", "7"), (Header(response, "anthropic-ratelimit-tokens-limit"), Header(response, "anthropic-ratelimit-tokens-remaining")));
        Assert.Equal(("", ""), (Header(response, "x-ratelimit-limit-tokens"), Header(response, "openai-version")));
    }

    [Fact]
    public async Task Post_Betas_ArentSentToAnotherDialect_AndAreNoted()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("", $"openai-compatible {vendor.Address}");

        using var response = await gateway.PostAsync("v1/messages?beta=true", Message, ("anthropic-beta", "tools-2025"), ("anthropic-version", "2023-06-01"));

        Assert.Equal("anthropic-beta", Header(response, "x-fairlead-translation-loss"));
        var asked = Assert.Single(vendor.Requests);
        Assert.Equal("/v1/chat/completions", asked.Path);
        Assert.DoesNotContain(asked.Headers.Keys, name => name.StartsWith("anthropic", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Nonsense with status 200: another vendor answers, and nothing of the first one shows.</summary>
    [Theory]
    [InlineData("<html><body>Please sign in</body></html>")]
    [InlineData("""{"id":"msg_1","type":"message","content":[{"type":"text","text":"Hal""")]
    [InlineData("""{"content":"text"}""")]
    [InlineData("""{"content":[{"text":"no type"}]}""")]
    [InlineData("""{"content":[7]}""")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task Post_VendorAnswersNonsense_TheNextAnswers(string nonsense)
    {
        await using var claude = ByteServer.Start(Reply.Json(nonsense));
        await using var vendor = ByteServer.Start(Reply.Json(Answer("ok")));
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}", $"openai-compatible {vendor.Address}");

        using var response = await gateway.PostAsync(Question);

        Assert.Equal(Answer("ok"), await response.Content.ReadAsStringAsync());
        Assert.Contains("t0: malformed_response", Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
    }

    /// <summary>What this version does not know in an answer is told and no reason to fail; a count that cannot be true is none.</summary>
    [Theory]
    [InlineData("""{"content":[{"type":"hologram","x":1},{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":7,"output_tokens":3}}""", "hologram", "stop", 7)]
    [InlineData("""{"content":[{"type":"text","text":"Hi"}],"stop_reason":"bored","usage":{"input_tokens":7,"output_tokens":3}}""", "", "stop", 7)]
    [InlineData("""{"content":[{"type":"text","text":"Hi"}],"stop_reason":null}""", "", "stop", null)]
    [InlineData("""{"content":[{"type":"text","text":"Hi"}],"stop_reason":"max_tokens","usage":{"input_tokens":-7,"output_tokens":1e30}}""", "", "length", null)]
    public async Task Post_UnknownBlocksReasonsAndCounts_AreBorne(string said, string loss, string finish, int? tokens)
    {
        await using var claude = ByteServer.Start(Reply.Json(said));
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}");

        using var response = await gateway.PostAsync(Question);

        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal("Hi", answer["choices"]![0]!["message"]!["content"]!.GetValue<string>());
        Assert.Equal((finish, tokens, loss), (answer["choices"]![0]!["finish_reason"]!.GetValue<string>(), answer["usage"]?["prompt_tokens"]?.GetValue<int>(), Header(response, "x-fairlead-translation-loss")));
    }

    [Fact]
    public async Task Post_StreamWithUnknownEventsAndALineWithoutEnd_IsBoundedAndNeverFinished()
    {
        var endless = new string('x', 70_000);
        await using var claude = ByteServer.Start(Reply.Stream([
            """event: message_start""" + "\n" + """data: {"type":"message_start","message":{"id":"msg_1","model":"claude-1","usage":{"input_tokens":7,"output_tokens":1}}}""" + "\n\n",
            """event: news""" + "\n" + """data: {"type":"news","text":"none"}""" + "\n\n",
            """event: content_block_start""" + "\n" + """data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""" + "\n\n",
            """event: content_block_delta""" + "\n" + """data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}""" + "\n\n",
            .. Enumerable.Repeat(endless, 260), // beyond 16 MiB, and no line ends
        ]));
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}");

        using var response = await gateway.PostAsync(StreamQuestion);
        var text = await StreamTextAsync(response);

        Assert.Contains("\"content\":\"Hi\"", text, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"malformed_upstream_response\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"finish_reason\":\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_CompressedAnswer_IsNotUnpacked()
    {
        await using var claude = ByteServer.Start(Reply.Json("\u001f\u008b\u0008bomb") with { Headers = [("Content-Encoding", "gzip")] });
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}");

        using var response = await gateway.PostAsync(Question);

        Assert.Equal("malformed_upstream_response", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task Post_ErrorEventAfterContent_IsOneOfTheClientsDialect_AndNoEnd()
    {
        var committed = new TaskCompletionSource();
        await using var claude = ByteServer.Start(Reply.Stream([
            """data: {"type":"message_start","message":{"id":"msg_1","model":"claude-1","usage":{"input_tokens":7,"output_tokens":1}}}""" + "\n\n",
            """data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""" + "\n\n",
            """data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}""" + "\n\n",
            "event: error\ndata: " + Overloaded + "\n\n",
        ]) with
        { Before = piece => piece == 3 ? committed.Task : Task.CompletedTask });
        await using var gateway = await StartAsync("", $"anthropic {claude.Address}");

        using var response = await gateway.PostAsync(StreamQuestion);
        committed.SetResult();
        var text = await StreamTextAsync(response);

        Assert.Contains("data: {\"error\":{", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"finish_reason\":\"", text, StringComparison.Ordinal);
    }

    /// <summary>What came of a stream, though its connection was cut.</summary>
    private static async Task<string> StreamTextAsync(HttpResponseMessage response)
    {
        var text = new MemoryStream();
        try
        {
            await response.Content.CopyToAsync(text);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // That is how a broken answer ends.
        }

        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    private static Task<RunningGateway> StartAsync(string routeMembers, params string[] targets) => StartAsync(routeMembers, null, targets);

    private static Task<RunningGateway> StartAsync(string routeMembers, TimeProvider? time, params string[] targets) => RunningGateway.StartAsync(
        string.Join('\n', [
            "providers:", .. targets.Select((target, i) => $"  v{i}: {{ kind: {target.Split(' ')[0]}, base_url: \"{target.Split(' ')[1]}\", keys: [\"env:VENDOR\"] }}"),
            "targets:", .. targets.Select((_, i) => $"  t{i}: {{ provider: v{i}, model: m-{i}, price: {{ input: 1, output: 2 }} }}"),
            "aliases: { m: auto }",
            $"defaults: {{ retries: 0, {Patient} }}",
            $"routes: [ {{ name: default, {routeMembers}tiers: [ {string.Join(", ", targets.Select((_, i) => $"{{ use: [t{i}] }}"))} ] }} ]",
        ]),
        time,
        new Dictionary<string, string> { ["VENDOR"] = "vendor-key" });
}
