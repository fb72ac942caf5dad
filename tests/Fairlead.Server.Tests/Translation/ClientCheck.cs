using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Wire;

namespace Fairlead.Server.Tests.Translation;

/// <summary>Compares what a client got with what the vendor said.</summary>
internal static class ClientCheck
{
    public static string? Defect(RecordedExchange exchange, VendorAnswer vendor, ClientAnswer answer, TargetProfile target)
    {
        var isAnthropicClient = !target.IsAnthropic;
        if (vendor.Said is not { } said) return DueError.Of(exchange).Defect(answer, isAnthropicClient);
        if (vendor.IsBroken) return BrokenDefect(said, answer, isAnthropicClient);
        if (vendor.HasBrokenCall && answer.Status == 502) return DueError.ShapeDefect(answer.Json(), 502, isAnthropicClient);
        if (answer.Status != 200 || answer.IsBroken) return $"status: expected a whole 200, got {answer.Status}{(answer.IsBroken ? " broken" : "")}: {answer.Body}";
        if (answer.BodyMode != "translated") return "body mode: expected translated, got " + answer.BodyMode;
        var isStream = exchange.Streamed();
        if (answer.MediaType != (isStream ? "text/event-stream" : "application/json")) return "content type: got " + answer.MediaType;
        var (whole, malformed) = Whole(answer, isStream, isAnthropicClient);
        if (malformed is not null) return $"form of the stream: {malformed}: {answer.Body}";
        if (isStream && SseText.ClosingComment(answer.Body) is null) return "closing comment: expected one, got none";
        var got = isAnthropicClient ? AnthropicAnswerExtractor.Extract(whole) : OpenAiAnswerExtractor.Extract(whole);
        var losses = answer.Losses();
        return RefusalDefect(vendor, said, got, losses, isAnthropicClient)
            ?? Settle(vendor, said, got, isAnthropicClient)
            ?? FactDifference.First(said.Facts(), got.Facts())
            ?? vendor.Due.LossDefect(losses);
    }

    private static (JsonObject Whole, string? Defect) Whole(ClientAnswer answer, bool isStream, bool isAnthropicClient)
    {
        if (!isStream) return answer.Json() is { } json ? (json, null) : ([], "no JSON");
        if (isAnthropicClient) return AnthropicStream.Assemble(answer.Body) is var message ? (message.Answer, message.Defect) : default;
        return OpenAiStream.Assemble(answer.Body) is var completion ? (completion.Answer, completion.Defect) : default;
    }

    /// <summary>Anthropic's refusal may have text, an explanation, both or none; an OpenAI client must hear all of it.</summary>
    private static string? RefusalDefect(VendorAnswer vendor, WireAnswer said, WireAnswer got, IReadOnlyList<string> losses, bool isAnthropicClient)
    {
        if (isAnthropicClient || said.Finish != "refused") return null;
        var heard = got.Text + got.Refusal;
        if (!heard.Contains(said.Text, StringComparison.Ordinal)) return $"refusal: expected {said.Text}, got {heard}";
        if (vendor.Whole.Object("stop_details").Text("explanation") is { } explanation && !heard.Contains(explanation, StringComparison.Ordinal) && !losses.Contains("stop_details"))
        {
            return $"refusal: expected {explanation}, got {heard}";
        }

        (said.Text, got.Text, got.Refusal) = ("", "", "");
        return null;
    }

    /// <summary>Takes over what the recording leaves open: ids that the vendor did not give, counts that it did not tell.</summary>
    private static string? Settle(VendorAnswer vendor, WireAnswer said, WireAnswer got, bool isAnthropicClient)
    {
        for (var i = 0; i < Math.Min(said.Calls.Count, got.Calls.Count); i++)
        {
            if (said.Calls[i].Id.Length == 0 && got.Calls[i].Id.Length > 0) said.Calls[i] = said.Calls[i] with { Id = got.Calls[i].Id };
            if (said.Calls[i].Arguments is not JsonObject) said.Calls[i] = said.Calls[i] with { Arguments = new JsonObject() };
        }

        if (got.Calls.Select(call => call.Id).Distinct(StringComparer.Ordinal).Count() != got.Calls.Count) return "calls: expected an id of its own for each";
        if (isAnthropicClient && got.Calls.FirstOrDefault(call => !CallId.IsAnthropic(call.Id)) is { } call) return "calls: expected an id of the dialect's letters, got " + call.Id;
        if (said.Usage is not { } usage || usage.Cached > usage.Input)
        {
            if (isAnthropicClient && got.Usage is null) return "usage: expected numbers, got none";
            if (got.Usage is { } told && (told.Input < 0 || told.Output < 0 || told.Cached < 0)) return "usage: expected no negative number";
            if (said.Usage is null && !isAnthropicClient && got.Usage is not null) return "usage: expected none, got some";
            said.Usage = got.Usage;
        }
        else if (HidesOutput(vendor.Whole.Object("usage"), usage) is { } hidden && got.Usage?.Output == usage.Output + hidden)
        {
            said.Usage = usage with { Output = got.Usage.Output, Reasoning = got.Usage.Reasoning };
        }
        else if (usage.Cached == 0 && SaysCachedElsewhere(vendor.Whole.Object("usage")))
        {
            said.Usage = usage with { Cached = got.Usage?.Cached ?? 0 };
        }

        return null;
    }

    /// <summary>Tokens of a total that is more than its parts; they may be counted as output or not.</summary>
    private static decimal? HidesOutput(JsonObject? told, WireUsage usage) => told.Number("total_tokens") - usage.Input - usage.Output is > 0 and var hidden ? hidden : null;

    private static bool SaysCachedElsewhere(JsonObject? usage) => new[] { "cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens" }.Any(name => usage.Number(name) > 0);

    /// <summary>Before content an error answer; after it an error event and a cut connection, with nothing said that the vendor did not say.</summary>
    private static string? BrokenDefect(WireAnswer said, ClientAnswer answer, bool isAnthropicClient)
    {
        if (answer.Status != 200) return answer.Status is 429 or >= 500 and <= 504 or 400 or 404 ? DueError.ShapeDefect(answer.Json(), answer.Status, isAnthropicClient) : "status: got " + answer.Status;
        if (!answer.IsBroken) return "end: expected a cut connection, got a clean end: " + answer.Body;
        if (answer.Body.Contains(isAnthropicClient ? "\"message_stop\"" : "[DONE]", StringComparison.Ordinal)) return "end: expected no end of the dialect: " + answer.Body;
        var last = SseText.Objects(answer.Body).LastOrDefault();
        if (DueError.ShapeDefect(last, null, isAnthropicClient) is { } misshapen) return "last event: " + misshapen + ": " + answer.Body;
        if (isAnthropicClient && !answer.Body.Contains("event: error\n", StringComparison.Ordinal)) return "last event: expected event: error";
        var got = isAnthropicClient ? AnthropicAnswerExtractor.Extract(AnthropicStream.Assemble(answer.Body).Answer) : OpenAiAnswerExtractor.Extract(OpenAiStream.Assemble(answer.Body).Answer);
        return said.Text.StartsWith(got.Text, StringComparison.Ordinal) ? null : $"text: expected the beginning of {said.Text}, got {got.Text}";
    }
}
