using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>What a route says of failures, and of answers that are none, as a client sees it.</summary>
public sealed class FailurePolicyServingTests
{
    private const string Empty = """{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8}}""";

    private static readonly string EmptyStream = Role + Finish + Done;

    /// <summary>A vendor's answer, the class that it is noted as, and what a route says of it for the next target to be asked.</summary>
    public static TheoryData<string, string> Noted => new()
    {
        { Empty, "empty_output" },
        { Empty.Replace("\"content\":\"\"", "\"content\":\"Once\"", StringComparison.Ordinal).Replace("\"stop\"", "\"content_filter\"", StringComparison.Ordinal), "output_filtered" },
        { Empty.Replace("\"content\":\"\"", "\"content\":\"Hi\"", StringComparison.Ordinal).Replace("\"finish_reason\"", "\"content_filter_results\":{\"error\":{\"code\":\"content_filter_error\"}},\"finish_reason\"", StringComparison.Ordinal), "filter_skipped" },
        { Empty.Replace("\"content\":\"\"", "\"content\":\"Hi\"", StringComparison.Ordinal).Replace("\"model\":\"m\"", "\"model\":\"cheap\"", StringComparison.Ordinal), "wrong_model" },
    };

    [Theory]
    [MemberData(nameof(Noted))]
    public async Task JsonAnswer_ThatIsNoted_IsPassedOnAndCounted(string answer, string note)
    {
        await using var first = ByteServer.Start(Reply.Json(answer));
        await using var second = ByteServer.Start(Reply.Json(Answer("B")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0", first.Address, second.Address));

        using var response = await gateway.PostAsync(Question);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(answer, await response.Content.ReadAsStringAsync());
        Assert.Empty(second.Requests);
        var attempt = Assert.Single((await RecordAsync(gateway, response))["attempts"]!.AsArray())!;
        Assert.Equal(("answered", "noted: " + note), (attempt["outcome"]!.GetValue<string>(), attempt["detail"]!.GetValue<string>()));
        Assert.Contains((await gateway.Client.GetStringAsync("metrics")).Split('\n'), line =>
            line.StartsWith("fairlead_answers_noted_total{", StringComparison.Ordinal) && line.Contains("fairlead_target=\"first\"", StringComparison.Ordinal) && line.Contains($"note=\"{note}\"", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Noted))]
    public async Task JsonAnswer_ThatTheRouteDoesNotAccept_IsAFailureThatIsPaidFor(string answer, string note)
    {
        await using var first = ByteServer.Start(Reply.Json(answer));
        await using var second = ByteServer.Start(Reply.Json(Answer("B")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers($"retries: 0, failures: {{ {note}: next_target }}", first.Address, second.Address));

        using var response = await gateway.PostAsync(Question);

        Assert.Equal("second", Header(response, "x-fairlead-target"));
        Assert.Contains("; first: " + note, Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        var attempts = (await RecordAsync(gateway, response))["attempts"]!.AsArray();
        Assert.Equal([note, "answered"], attempts.Select(attempt => attempt!["outcome"]!.GetValue<string>()));
        Assert.Equal(7, attempts[0]!["usage"]!["input_tokens"]!.GetValue<long>()); // the vendor's own count: it answered, and is owed
    }

    [Theory]
    [InlineData("filter_skipped", 502, "guardrail_unavailable")]
    [InlineData("empty_output", 502, "empty_output")]
    public async Task JsonAnswer_ThatTheClientMustNotHave_IsItsError(string note, int status, string code)
    {
        var answer = Noted.Single(row => row.Data.Item2 == note).Data.Item1;
        await using var first = ByteServer.Start(Reply.Json(answer));
        await using var second = ByteServer.Start(Reply.Json(Answer("B")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers($"retries: 0, failures: {{ {note}: surface }}", first.Address, second.Address));

        using var response = await gateway.PostAsync(Question);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal($"Not answered because m is an alias and route default has nothing else tried after {note}; first: {note}.", Header(response, "x-fairlead-reason"));
        Assert.Equal(code, JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>());
        Assert.Empty(second.Requests);
    }

    [Theory]
    [InlineData("", "first")]
    [InlineData(", failures: { empty_output: next_target }", "second")]
    public async Task Stream_WithoutContent_IsPassedOnUnlessTheRouteRefusesIt(string failures, string target)
    {
        await using var first = ByteServer.Start(Reply.Stream(EmptyStream));
        await using var second = ByteServer.Start(Saying("B"));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0" + failures, first.Address, second.Address));

        using var response = await gateway.PostAsync(StreamQuestion);
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal(target, Header(response, "x-fairlead-target"));
        Assert.Contains("[DONE]", text, StringComparison.Ordinal);
        Assert.Equal(target == "second", text.Contains("\"B\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stream_OfAnotherModel_IsRefusedBeforeItsFirstContent()
    {
        await using var first = ByteServer.Start(Reply.Stream(new[] { Role, Token("A"), Finish, Usage, Done }.Select(one => one.Replace("m-2026-01-01", "another", StringComparison.Ordinal))));
        await using var second = ByteServer.Start(Saying("B"));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers("retries: 0, failures: { wrong_model: next_target }", first.Address, second.Address));

        using var response = await gateway.PostAsync(StreamQuestion);

        Assert.DoesNotContain("\"A\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("second", Header(response, "x-fairlead-target"));
    }

    /// <summary>What a route says, the vendor's code, and whether the second target is asked.</summary>
    [Theory]
    [InlineData("", "content_filter", false)]
    [InlineData("prompt_filtered: next_target", "content_filter", true)]
    [InlineData("prompt_filtered: next_target", "content_policy_violation", false)]
    [InlineData("policy_rejected: next_target", "content_policy_violation", true)]
    [InlineData("policy_rejected: next_target", "content_filter", true)]
    [InlineData("policy_rejected: next_target, prompt_filtered: surface", "content_filter", false)]
    [InlineData("context_length_exceeded: next_target", "context_length_exceeded", true)]
    [InlineData("bad_request: next_target", "unsupported_value", true)]
    public async Task ClientsOwnFault_GoesOnWhereTheRouteSaysSo(string failures, string code, bool goesOn)
    {
        await using var first = ByteServer.Start(Reply.Json(Error(code), 400));
        await using var second = ByteServer.Start(Reply.Json(Answer("B")));
        await using var gateway = await RunningGateway.StartJudgedAsync(Tiers($"retries: 0, failures: {{ {failures} }}", first.Address, second.Address));

        using var response = await gateway.PostAsync(Question);

        Assert.Equal(goesOn ? HttpStatusCode.OK : HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(goesOn ? 1 : 0, second.Requests.Count);
    }
}
