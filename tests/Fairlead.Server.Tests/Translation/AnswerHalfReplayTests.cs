using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Wire;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Translation;

/// <summary>
/// Every recorded answer to a client of the other dialect that asked the smallest request. What the client must hear follows from the
/// recording and from the rules written here, never from the product.
/// </summary>
public sealed class AnswerHalfReplayTests
{
    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai-compatible")]
    [Trait("Category", "SharedData")]
    public async Task RecordedAnswers_ToAClientOfTheOtherDialect_SayTheSame(string kind)
    {
        SharedFolder.SkipIfAbsent();
        var target = TargetProfile.Of(kind, "a-model");
        RecordedExchange? current = null;
        await using var gateway = await TranslatingGateway.StartAsync(target, () => Recorded(current!));
        var tally = new OutcomeTally($"{target.VendorApi} answers to {target.ClientApi}");
        foreach (var exchange in RecordedExchange.All(SharedFolder.Path, target.VendorApi))
        {
            current = exchange;
            var body = exchange.Asked();
            var request = target.IsAnthropic
                ? MinimalRequest.InOpenAi(AnthropicRequestExtractor.Extract(body), exchange.Streamed())
                : MinimalRequest.InAnthropic(OpenAiRequestExtractor.Extract(body), exchange.Streamed());
            var answer = await gateway.AskAsync(target.ClientApi, request);
            var vendor = VendorAnswer.Of(exchange, target.IsAnthropic);
            var defect = gateway.Vendor.Requests.Count != 1
                ? $"sends: expected 1, got {gateway.Vendor.Requests.Count}; the client got {answer.Status}: {answer.Body}"
                : ClientCheck.Defect(exchange, vendor, answer, target);
            tally.Add(vendor.DueKind, exchange.Label(), defect);
        }

        tally.Assert();
    }

    private static Reply Recorded(RecordedExchange exchange) =>
        new(exchange.Status, exchange.ContentType(), [exchange.ResponseBody()]) { Headers = [.. exchange.ResponseHeaders()], HasLength = exchange.BodyKind is not ("sse" or "events") };
}
