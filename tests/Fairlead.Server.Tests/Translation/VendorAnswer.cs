using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Wire;

namespace Fairlead.Server.Tests.Translation;

/// <summary>A recorded answer: a whole one with what it says and loses, an error, or a stream that breaks.</summary>
internal sealed record VendorAnswer(WireAnswer? Said, DueOutcome Due, JsonObject Whole, bool IsBroken)
{
    public string DueKind => Said is null || IsBroken ? "error passed" : Due.Kind;

    public static VendorAnswer Of(RecordedExchange exchange, bool isAnthropic)
    {
        if (exchange.Status != 200) return new VendorAnswer(null, new DueOutcome(), [], false);
        var text = Encoding.UTF8.GetString(exchange.ResponseBody());
        var isStream = exchange.BodyKind is "sse" or "events";
        var whole = isStream ? Assembled(text, isAnthropic) : JsonNode.Parse(text)!.AsObject();
        var said = isAnthropic ? ExpectedAnswer.TowardsOpenAi(whole) : ExpectedAnswer.TowardsAnthropic(whole);
        var due = ExpectedAnswer.Losses(whole, isAnthropic);
        if (isStream && SseText.Objects(text).SelectMany(item => item.Array("choices").Objects()).Any(choice => choice.Object("delta").Has("executed_tools"))) due.Losses.Add(new DueLoss("executed_tools"));
        return new VendorAnswer(said, due, whole, isStream && Breaks(text, whole, isAnthropic));
    }

    /// <summary>Whether the vendor gave arguments that no object can be made of.</summary>
    public bool HasBrokenCall => Said?.Calls.Any(call => call.Arguments is not JsonObject) == true
        || Whole.Array("choices").Objects().SelectMany(choice => choice.Object("message").Array("tool_calls").Objects()).Any(call => OpenAiRequestExtractor.Arguments(call.Object("function").Text("arguments")) is not JsonObject);

    private static JsonObject Assembled(string text, bool isAnthropic) => isAnthropic ? AnthropicStream.Assemble(text).Answer : OpenAiStream.Assemble(text).Answer;

    /// <summary>An error in it, or no end as the dialect has it; OpenAI's may end with a finish reason alone.</summary>
    private static bool Breaks(string text, JsonObject whole, bool isAnthropic)
    {
        var events = SseText.Objects(text).ToList();
        if (events.Any(item => item.Has("error"))) return true;
        return isAnthropic
            ? events.All(item => item.Text("type") != "message_stop")
            : !SseText.Data(text).Contains("[DONE]") && whole.Array("choices").Objects().First().Text("finish_reason") is null;
    }
}
