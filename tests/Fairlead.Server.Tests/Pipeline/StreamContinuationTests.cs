using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Explaining;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Simulator.Books;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>A committed stream of text that breaks goes on at another target, on routes that want it and nowhere else.</summary>
public sealed class StreamContinuationTests
{
    private const string Chat = "openai-chat";
    private const string Messages = "anthropic-messages";

    /// <summary>Client's dialect, first vendor's, second vendor's.</summary>
    public static TheoryData<string, string, string> Dialects
    {
        get
        {
            var all = new TheoryData<string, string, string>();
            foreach (var client in new[] { Chat, Messages })
            {
                foreach (var first in new[] { Chat, Messages })
                {
                    foreach (var second in new[] { Chat, Messages }) all.Add(client, first, second);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task Stream_BreaksAfterAnyEvent_IsOneAnswerOfBoth(string client, string first, string second)
    {
        var continued = 0;
        foreach (var fault in new[] { "truncate {0}", "truncate {0} clean", "reset {0}", "error {0} code=server_is_overloaded" })
        {
            foreach (var breaks in Enumerable.Range(1, 9).Chunk(5))
            {
                await using var gateway = await StartAsync(first, second); // one that breaks often is left alone
                foreach (var after in breaks)
                {
                    if (await IsContinuedAsync(gateway, client, string.Format(CultureInfo.InvariantCulture, fault, after))) continued++;
                }
            }
        }

        Assert.True(continued >= 3 * 4, $"Only {continued} streams went on elsewhere: that says nothing.");
    }

    [Theory]
    [InlineData(Chat, Messages, Chat)]
    [InlineData(Messages, Chat, Messages)]
    public async Task Stream_Stalls_GoesOn(string client, string first, string second)
    {
        await using var gateway = await StartAsync(first, second, timeouts: "connect: 30s, headers: 60s, first_token: 60s, gap: 1s");
        gateway.Host.Simulated.Vendors["east"].Faults.Add("stall after=4");

        var asked = await AskAsync(gateway, client, "tokens: 8");

        Assert.False(asked.IsBroken, asked.Text);
        AssertOneAnswer(client, asked.Text);
        var said = SaidOf(client, asked.Text);
        Assert.NotEmpty(Tokens(said, "east"));
        Assert.Equal(8, Tokens(said, "west").Length);
        var record = await RecordAsync(gateway, asked.Response);
        Assert.Equal("stalled", record["attempts"]![0]!["outcome"]!.GetValue<string>());
        Assert.Contains("; continued at second after first broke off (stalled: gap clock).", record["sentence"]!.GetValue<string>(), StringComparison.Ordinal);
        AssertDerived(record);
    }

    [Theory]
    [InlineData("a route that does not want it", "on_break: error", "tokens: 4", "")]
    [InlineData("several answers", "on_break: continue", "tokens: 4", ",\"n\":2")]
    [InlineData("probabilities", "on_break: continue", "tokens: 4", ",\"logprobs\":true")]
    [InlineData("a form", "on_break: continue", "tokens: 4", ",\"response_format\":{\"type\":\"json_object\"}")]
    [InlineData("a call", "on_break: continue", "call look", ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look\",\"parameters\":{\"type\":\"object\",\"properties\":{\"place\":{\"type\":\"string\"}},\"required\":[\"place\"]}}}]")]
    public async Task Stream_ThatMayNotGoOn_EndsWithAnError(string what, string onBreak, string prompt, string members)
    {
        await using var gateway = await StartAsync(Chat, Chat, onBreak);
        gateway.Host.Simulated.Vendors["east"].Faults.Add("truncate 3");

        var asked = await AskAsync(gateway, Chat, prompt, members);

        Assert.True(asked.IsBroken, $"{what}: {asked.Text}");
        Assert.Contains("stream_truncated", asked.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", asked.Text, StringComparison.Ordinal);
        Assert.Equal(0, gateway.Host.Simulated.Vendors["west"].Log.Count);
        var record = await RecordAsync(gateway, asked.Response);
        Assert.Equal("failed", record["state"]!.GetValue<string>());
        Assert.Null(record["continued"]);
        AssertDerived(record);
    }

    [Theory]
    [InlineData("prefill: none")]
    [InlineData("environments: [elsewhere]")]
    [InlineData("restricted: true")]
    public async Task Stream_WhoseSuccessorMayNot_EndsWithAnError(string second)
    {
        await using var gateway = await StartAsync(Chat, Chat, target: second);
        gateway.Host.Simulated.Vendors["east"].Faults.Add("truncate 3");

        var asked = await AskAsync(gateway, Chat, "tokens: 4");

        Assert.True(asked.IsBroken, asked.Text);
        Assert.Equal(0, gateway.Host.Simulated.Vendors["west"].Log.Count);
    }

    [Fact]
    public async Task Continuation_FailsBeforeContent_ClientHearsTheFirstFailure_AndNoThirdIsTried()
    {
        await using var gateway = await StartAsync(Chat, Chat);
        gateway.Host.Simulated.Vendors["east"].Faults.Add("truncate 3");
        gateway.Host.Simulated.Vendors["west"].Faults.Add("status 503");

        var asked = await AskAsync(gateway, Chat, "tokens: 4");

        Assert.True(asked.IsBroken);
        Assert.Contains("stream_truncated", asked.Text, StringComparison.Ordinal);
        Assert.Equal(0, gateway.Host.Simulated.Vendors["north"].Log.Count);
        var record = await RecordAsync(gateway, asked.Response);
        Assert.Equal("truncated", record["failure"]!.GetValue<string>());
        Assert.Equal(["truncated", "overloaded"], record["attempts"]!.AsArray().Select(attempt => attempt!["outcome"]!.GetValue<string>()));
        Assert.Contains("the answer of first broke off after it had begun, and could not be continued to its end; first: truncated", record["sentence"]!.GetValue<string>(), StringComparison.Ordinal);
        AssertDerived(record);
    }

    [Fact]
    public async Task Continuation_BreaksToo_IsNotContinuedAgain()
    {
        var isRead = new TaskCompletionSource();
        await using var west = ByteServer.Start(new Reply(200, "text/event-stream", [.. new[] { Role, Token("more"), "data: " + Error("server_error") + "\n\n" }.Select(Encoding.UTF8.GetBytes)])
        {
            HasLength = false,
            Before = piece => piece == 2 ? isRead.Task : Task.CompletedTask,
        });
        var yaml = Configuration(Chat, Chat).Replace("west: { kind: simulated, simulate: { dialect: openai-chat, first_token: \"0ms\", tokens_per_second: \"0\" } }", $"west: {{ kind: openai-compatible, base_url: \"{west.Address}\" }}", StringComparison.Ordinal);
        await using var gateway = await RunningGateway.StartJudgedAsync(yaml);
        gateway.Host.Simulated.Vendors["east"].Faults.Add("truncate 3");

        var asked = await AskAsync(gateway, Chat, "tokens: 4", read: text =>
        {
            if (text.Contains("more", StringComparison.Ordinal)) isRead.TrySetResult();
        });

        Assert.True(asked.IsBroken);
        Assert.DoesNotContain("[DONE]", asked.Text, StringComparison.Ordinal);
        Assert.Contains("upstream_error", asked.Text, StringComparison.Ordinal);
        Assert.Equal(0, gateway.Host.Simulated.Vendors["north"].Log.Count);
        var record = await RecordAsync(gateway, asked.Response);
        Assert.Equal(["truncated", "server_error"], record["attempts"]!.AsArray().Select(attempt => attempt!["outcome"]!.GetValue<string>()));
        AssertDerived(record);
    }

    /// <summary>What the first vendor says at the end, and whether the stream goes on elsewhere once it breaks behind that.</summary>
    [Theory]
    [InlineData("stop", true)]
    [InlineData("length", false)]
    [InlineData("content_filter", false)]
    public async Task Stream_ThatSaidWhyItEnds_GoesOnOnlyWhereMoreMayFollow(string finish, bool goesOn)
    {
        await using var east = ByteServer.Start(new Reply(200, "text/event-stream", [.. new[] { Role, Token("Hello"), Chunk("{}", $"\"{finish}\"") }.Select(Encoding.UTF8.GetBytes)]) { HasLength = false, End = ReplyEnd.Close });
        await using var west = ByteServer.Start(new Reply(200, "text/event-stream", [.. new[] { Role, Finish, Usage, Done }.Select(Encoding.UTF8.GetBytes)])); // it has nothing to add
        var yaml = Tiers("retries: 0", east.Address, west.Address).Replace("- name: default", "- name: default\n    on_break: continue", StringComparison.Ordinal).Replace("price:", "prefill: plain, price:", StringComparison.Ordinal);
        await using var gateway = await RunningGateway.StartJudgedAsync(yaml);

        var asked = await AskAsync(gateway, Chat, "Hi");

        Assert.Equal(goesOn, !asked.IsBroken);
        Assert.Equal("Hello", SaidOf(Chat, asked.Text.Replace("data: {\"error\"", "error", StringComparison.Ordinal)));
        Assert.Equal(goesOn ? 1 : 0, west.Requests.Count);
        if (!goesOn) return;
        AssertOneAnswer(Chat, asked.Text);
        var record = await RecordAsync(gateway, asked.Response);
        Assert.DoesNotContain("empty_output", record.ToJsonString(), StringComparison.Ordinal); // with what was there it is not
    }

    /// <summary>Mistral's and vLLM's last content says that it is the last. It waits for the end: who goes on behind it leaves a hole.</summary>
    [Theory]
    [InlineData(Chat, false)]
    [InlineData(Messages, true)] // what is translated is written at once, but for its end
    public async Task Stream_WhoseLastContentSaysThatItEnds_DoesNotGoOnBehindIt(string dialect, bool goesOn)
    {
        await using var east = ByteServer.Start(new Reply(200, "text/event-stream", [.. new[] { Role, Token("Hello"), Chunk("{\"content\":\" there\"}", "\"stop\"") }.Select(Encoding.UTF8.GetBytes)]) { HasLength = false, End = ReplyEnd.Close });
        await using var west = ByteServer.Start(new Reply(200, "text/event-stream", [.. new[] { Role, Token(" again"), Finish, Usage, Done }.Select(Encoding.UTF8.GetBytes)]));
        var yaml = Tiers("retries: 0", east.Address, west.Address).Replace("- name: default", "- name: default\n    on_break: continue", StringComparison.Ordinal).Replace("price:", "prefill: plain, price:", StringComparison.Ordinal);
        await using var gateway = await RunningGateway.StartJudgedAsync(yaml);

        var asked = await AskAsync(gateway, dialect, "Hi");

        Assert.Equal((!goesOn, goesOn ? 1 : 0), (asked.IsBroken, west.Requests.Count));
        if (goesOn) Assert.Equal("Hello there again", SaidOf(dialect, asked.Text));
    }

    [Fact]
    public async Task Continuation_CountsWhatTheClientHas_TowardsItsLimit()
    {
        await using var gateway = await StartAsync(Chat, Chat);
        gateway.Host.Simulated.Vendors["east"].Faults.Add("truncate 4 clean");

        var asked = await AskAsync(gateway, Chat, "tokens: 50", ",\"max_tokens\":20");

        Assert.False(asked.IsBroken);
        var sent = Body(gateway.Host.Simulated.Vendors["west"].Log.Requests[^1]);
        Assert.InRange(sent["max_tokens"]!.GetValue<int>(), 1, 19);
        Assert.Contains("\"finish_reason\":\"length\"", asked.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Continuation_WithoutRoomInABudget_IsNotMade()
    {
        var yaml = Configuration(Chat, Chat).Replace("price: { input: 1, output: 2 }, prefill: plain", "price: { input: 1000, output: 100000 }, prefill: plain", StringComparison.Ordinal);
        await using var gateway = await RunningGateway.StartJudgedAsync(yaml + "\nbudgets: [ { name: all, limit: $0.50, per: day, at: [ { percent: 100, do: [block] } ] } ]\n");
        gateway.Host.Simulated.Vendors["east"].Faults.Add("truncate 3");

        var asked = await AskAsync(gateway, Chat, "tokens: 4", ",\"max_tokens\":50");

        Assert.True(asked.IsBroken, asked.Text);
        Assert.Equal(0, gateway.Host.Simulated.Vendors["west"].Log.Count);
        Assert.Single((await RecordAsync(gateway, asked.Response))["attempts"]!.AsArray());
    }

    /// <summary>Breaks the first vendor so and asks: whether the answer went on elsewhere. Whatever it did, it must be one.</summary>
    private static async Task<bool> IsContinuedAsync(RunningGateway gateway, string client, string fault)
    {
        var (east, west) = (gateway.Host.Simulated.Vendors["east"], gateway.Host.Simulated.Vendors["west"]);
        east.Faults.Clear();
        east.Faults.Add(fault);

        var asked = await AskAsync(gateway, client, "tokens: 4");

        Assert.False(asked.IsBroken, $"{fault}: {asked.Text}");
        var said = SaidOf(client, asked.Text);
        var (ofEast, ofWest) = (Tokens(said, "east"), Tokens(said, "west"));
        Assert.Equal(said, string.Concat(ofEast.Concat(ofWest)));
        var record = await RecordAsync(gateway, asked.Response);
        AssertDerived(record);
        if (ofWest.Length == 0) return false; // it had its end, as its dialect ends
        AssertOneAnswer(client, asked.Text);
        Assert.Equal(["1", "2", "3", "4"], ofWest.Select(Number));
        Assert.Equal(Enumerable.Range(1, ofEast.Length).Select(at => $"{at}"), ofEast.Select(Number));
        var sent = await west.Log.WhenAsync(logged => logged.Number == west.Log.Count && logged.Ending == RequestEnding.Answered);
        Assert.Equal(ofEast.Length == 0 ? null : string.Concat(ofEast).TrimEnd(), PrefillOf(sent));
        var attempts = record["attempts"]!.AsArray();
        Assert.Equal("answered", record["state"]!.GetValue<string>());
        Assert.Equal(2, attempts.Count);
        Assert.Equal("answered", attempts[1]!["outcome"]!.GetValue<string>());
        Assert.NotEqual("answered", attempts[0]!["outcome"]!.GetValue<string>());
        var usage = attempts[1]!["usage"]!;
        Assert.Equal("reported", usage["source"]!.GetValue<string>());
        Assert.Equal((sent.InputTokens, sent.OutputTokens), (usage["input_tokens"]!.GetValue<int>(), usage["output_tokens"]!.GetValue<int>()));
        Assert.Equal(sent.NanoDollars, NanoDollars(attempts[1]!["cost_usd"]!.GetValue<string>()));
        if (ofEast.Length == 0) return false; // nothing had reached the client: a failover like any other
        Assert.True(record["continued"]!.GetValue<bool>());
        Assert.Contains("; continued at second after first broke off (", record["sentence"]!.GetValue<string>(), StringComparison.Ordinal);
        var comment = Comment(asked.Text);
        Assert.Equal(("first", "second"), (comment["target"]!.GetValue<string>(), comment["continued_at"]!.GetValue<string>()));
        Assert.Equal(attempts.Sum(attempt => attempt!["usage"]!["output_tokens"]!.GetValue<int>()), comment["output_tokens"]!.GetValue<int>());
        Assert.Equal(comment["output_tokens"]!.GetValue<int>(), UsageOf(client, asked.Text));
        return true;
    }

    private static Task<RunningGateway> StartAsync(string first, string second, string onBreak = "on_break: continue", string target = "prefill: plain", string? timeouts = null) =>
        RunningGateway.StartJudgedAsync(Configuration(first, second, onBreak, target, timeouts));

    private static string Configuration(string first, string second, string onBreak = "on_break: continue", string target = "prefill: plain", string? timeouts = null) => $$"""
        providers:
          east: { kind: simulated, simulate: { dialect: {{first}}, first_token: "0ms", tokens_per_second: "0" } }
          west: { kind: simulated, simulate: { dialect: {{second}}, first_token: "0ms", tokens_per_second: "0" } }
          north: { kind: simulated, simulate: { first_token: "0ms", tokens_per_second: "0" } }
        targets:
          first: { provider: east, model: m-1, price: { input: 3, output: 5 } }
          second: { provider: west, model: m-2, price: { input: 1, output: 2 }, {{target}} }
          third: { provider: north, model: m-3, price: { input: 1, output: 2 }, {{target}} }
        aliases: { m: auto }
        defaults: { retries: 0, timeouts: { {{timeouts ?? "connect: 30s, headers: 60s, first_token: 60s, gap: 60s"}} } }
        routes:
          - name: default
            {{onBreak}}
            tiers: [ { use: [first] }, { use: [second], after: [truncated, stalled, server_error, overloaded] }, { use: [third] } ]
        """;

    private static async Task<Asked> AskAsync(RunningGateway gateway, string dialect, string prompt, string members = "", Action<string>? read = null)
    {
        var isChat = dialect == Chat;
        if (isChat) members += ",\"stream_options\":{\"include_usage\":true}";
        else members += ",\"max_tokens\":500";
        var response = await gateway.PostAsync(isChat ? "v1/chat/completions" : "v1/messages", $$"""{"model":"m","stream":true,"messages":[{"role":"user","content":"{{prompt}}"}]{{members}}}""");
        using var received = new MemoryStream();
        var isBroken = false;
        try
        {
            var stream = await response.Content.ReadAsStreamAsync();
            var buffer = new byte[4096];
            int length;
            while ((length = await stream.ReadAsync(buffer)) > 0)
            {
                received.Write(buffer, 0, length);
                read?.Invoke(Encoding.UTF8.GetString(received.ToArray()));
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            isBroken = true;
        }

        return new Asked(response, Encoding.UTF8.GetString(received.ToArray()), isBroken);
    }

    private static IEnumerable<JsonNode> DataOf(string stream) =>
        stream.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonNode.Parse(line["data: ".Length..])!);

    private static string SaidOf(string dialect, string stream) => string.Concat(DataOf(stream).Select(data => dialect == Chat
        ? data["choices"]!.AsArray() is [{ } choice] ? choice["delta"]?["content"]?.GetValue<string>() : null
        : data["delta"]?["text"]?.GetValue<string>()));

    private static int UsageOf(string dialect, string stream) => dialect == Chat
        ? DataOf(stream).Last(data => data["usage"] is not null)["usage"]!["completion_tokens"]!.GetValue<int>()
        : DataOf(stream).Last(data => data["type"]!.GetValue<string>() == "message_delta")["usage"]!["output_tokens"]!.GetValue<int>();

    private static JsonNode Comment(string stream) => JsonNode.Parse(stream.Split('\n').Single(line => line.StartsWith(": fairlead {", StringComparison.Ordinal))[": fairlead ".Length..])!;

    private static string[] Tokens(string said, string vendor) => [.. Regex.Matches(said, vendor + "#[0-9]+:[0-9]+ ").Select(match => match.Value)];

    private static string Number(string token) => token[(token.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();

    private static JsonNode Body(LoggedRequest request) => JsonNode.Parse(request.Body.Span)!;

    /// <summary>What a vendor was given to go on with; null for nothing.</summary>
    private static string? PrefillOf(LoggedRequest request)
    {
        var last = Body(request)["messages"]!.AsArray()[^1]!;
        if (last["role"]!.GetValue<string>() != "assistant") return null;
        return last["content"] is JsonValue text ? text.GetValue<string>() : last["content"]!.AsArray().Single()!["text"]!.GetValue<string>();
    }

    private static long NanoDollars(string dollars) => (long)(decimal.Parse(dollars, CultureInfo.InvariantCulture) * 1_000_000_000m);

    /// <summary>The record's sentence follows from the record.</summary>
    private static void AssertDerived(JsonObject record) => Assert.Equal(record["sentence"]!.GetValue<string>(), DerivedSentence.Of(JsonDocument.Parse(record.ToJsonString()).RootElement));

    /// <summary>One beginning, one end, one of everything that an answer has once; blocks open and close in order.</summary>
    private static void AssertOneAnswer(string dialect, string stream)
    {
        var events = DataOf(stream).ToList();
        if (dialect == Chat)
        {
            Assert.Single(Regex.Matches(stream, "data: \\[DONE\\]"));
            Assert.Single(events.Select(chunk => (chunk["id"]!.ToString(), chunk["model"]!.ToString(), chunk["created"]!.ToString())).Distinct());
            Assert.Equal("stop", Assert.Single(events.SelectMany(chunk => chunk["choices"]!.AsArray()), choice => choice!["finish_reason"] is not null)!["finish_reason"]!.GetValue<string>());
            Assert.InRange(events.Count(chunk => chunk["usage"] is not null), 0, 1);
            return;
        }

        Assert.Equal(
            ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"],
            events.Select(data => data["type"]!.GetValue<string>()).Where(type => type is not ("content_block_delta" or "ping")).Distinct());
        foreach (var once in new[] { "message_start", "message_delta", "message_stop" }) Assert.Single(events, data => data["type"]!.GetValue<string>() == once);
        var open = -1;
        var next = 0;
        foreach (var data in events)
        {
            switch (data["type"]!.GetValue<string>())
            {
                case "content_block_start":
                    Assert.Equal((-1, next), (open, data["index"]!.GetValue<int>()));
                    open = next++;
                    break;
                case "content_block_delta" or "content_block_stop":
                    Assert.Equal(open, data["index"]!.GetValue<int>());
                    if (data["type"]!.GetValue<string>() == "content_block_stop") open = -1;
                    break;
                case "message_delta":
                    Assert.Equal(-1, open);
                    Assert.Equal("end_turn", data["delta"]!["stop_reason"]!.GetValue<string>());
                    break;
            }
        }
    }

    private sealed record Asked(HttpResponseMessage Response, string Text, bool IsBroken);
}
