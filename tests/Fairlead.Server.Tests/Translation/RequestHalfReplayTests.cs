using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Wire;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Translation;

/// <summary>
/// Every recorded request through the gateway to a vendor of the other dialect. What the vendor must be asked, or why it must not be,
/// follows from the recorded body and from the rules written here, never from the product.
/// </summary>
public sealed class RequestHalfReplayTests
{
    public static TheoryData<string, string> Targets => [.. TargetProfile.All.Select(profile => (profile.Kind, profile.Model))];

    [Theory]
    [MemberData(nameof(Targets))]
    [Trait("Category", "SharedData")]
    public async Task RecordedRequests_ToAVendorOfTheOtherDialect_SayTheSame(string kind, string model)
    {
        SharedFolder.SkipIfAbsent();
        var target = TargetProfile.Of(kind, model);
        var isStream = false;
        await using var gateway = await TranslatingGateway.StartAsync(target, () => PlainAnswer.In(target.VendorApi, isStream));
        var tally = new OutcomeTally($"{target.ClientApi} requests to {target}");
        foreach (var exchange in RecordedExchange.All(SharedFolder.Path, target.ClientApi))
        {
            var body = exchange.Asked();
            isStream = body.Flag("stream") == true;
            var due = target.IsAnthropic ? OpenAiRequestRules.Of(body, target) : AnthropicRequestRules.Of(body, exchange.Betas() is not null, target);
            body["model"] = "auto";
            var answer = await gateway.AskAsync(target.ClientApi, body, Headers(exchange));
            tally.Add(due.Kind, exchange.Label(), due.Refusals.Count > 0 ? RefusalDefect(gateway, target, due, answer) : Defect(gateway, target, due, body, answer));
        }

        tally.Assert();
    }

    private static (string, string)[] Headers(RecordedExchange exchange) => exchange.Betas() is { } betas ? [("anthropic-beta", betas)] : [];

    private static string? RefusalDefect(TranslatingGateway gateway, TargetProfile target, DueOutcome due, ClientAnswer answer)
    {
        var members = string.Join(" or ", due.Refusals);
        if (!gateway.Vendor.Requests.IsEmpty) return $"refusal: expected a 400 over {members}, got a send";
        if (answer.Status != 400) return $"status: expected 400 over {members}, got {answer.Status}: {answer.Body}";
        var error = answer.Json()?["error"];
        var (param, code) = target.IsAnthropic ? (error.Text("param"), error.Text("code")) : (error.Object("details").Text("param"), error.Object("details").Text("error_code"));
        if (!due.IsRefusalOver(param)) return $"param: expected {members}, got {param}: {answer.Body}";
        return due.IsClientsFault || code == "unsupported_parameter" ? null : $"code: expected unsupported_parameter, got {code}";
    }

    private static string? Defect(TranslatingGateway gateway, TargetProfile target, DueOutcome due, JsonObject body, ClientAnswer answer)
    {
        if (gateway.Vendor.Requests.Count != 1 || answer.Status != 200) return $"status: expected 200 after one send, got {answer.Status} after {gateway.Vendor.Requests.Count}: {answer.Body}";
        var request = gateway.Vendor.Requests.Single();
        if (request.Path != (target.IsAnthropic ? "/v1/messages" : "/v1/chat/completions")) return "path: got " + request.Path;
        if (answer.BodyMode != "translated") return "body mode: expected translated, got " + answer.BodyMode;
        if (ShowsUnaskedUsage(target, body, answer)) return "usage: expected none in a stream whose client did not ask: " + answer.Body;
        var sent = JsonNode.Parse(request.Body)!.AsObject();
        if (UpstreamGrammar.Defect(sent, target) is { } ungrammatical) return ungrammatical;
        var asked = target.IsAnthropic ? OpenAiRequestExtractor.Extract(body) : AnthropicRequestExtractor.Extract(body);
        var got = target.IsAnthropic ? AnthropicRequestExtractor.Extract(sent) : OpenAiRequestExtractor.Extract(sent);
        var expected = target.IsAnthropic ? ExpectedConversation.TowardsAnthropic(asked, target) : ExpectedConversation.TowardsOpenAi(asked, target);
        return FactDifference.First(expected.Facts(), got.Facts())
            ?? ExpectedReasoning.Defect(asked, got.Reasoning, expected.MaxTokens ?? target.OutputWhereUnsaid, target)
            ?? due.LossDefect([.. answer.HeaderLosses]);
    }

    private static bool ShowsUnaskedUsage(TargetProfile target, JsonObject body, ClientAnswer answer) =>
        target.IsAnthropic && body.Flag("stream") == true && body.Object("stream_options").Flag("include_usage") != true && SseText.Objects(answer.Body).Any(item => item.Object("usage") is not null);
}
