using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>Reads what an answer in OpenAI's chat dialect says; of several choices the first.</summary>
internal static class OpenAiAnswerExtractor
{
    private const string ClaudeFormat = "anthropic-claude-v1";

    public static WireAnswer Extract(JsonObject completion)
    {
        var choice = completion.Array("choices").Objects().FirstOrDefault();
        var message = choice.Object("message") ?? choice.Object("delta") ?? [];
        var details = message.Array("reasoning_details").Objects().ToList();
        var answer = new WireAnswer
        {
            Text = message.Text("content") ?? string.Concat(message.Array("content").Objects().Select(part => part.Text("text"))),
            Refusal = message.Text("refusal") ?? "",
            Thinking = FirstSaid(message.Text("reasoning_content"), message.Text("reasoning"), string.Concat(details.Select(detail => detail.Text("text") ?? detail.Text("summary")))),
            Finish = Finish(choice.Text("finish_reason")),
            Usage = Usage(completion.Object("usage")),
        };
        answer.Seals.AddRange(details.Where(detail => detail.Text("format") == ClaudeFormat).Select(detail => detail.Text("signature") ?? detail.Text("data")).OfType<string>().Where(seal => seal.Length > 0));
        foreach (var call in message.Array("tool_calls").Objects())
        {
            var function = call.Object("function");
            answer.Calls.Add(new WirePart.Call(call.Text("id") ?? "", function.Text("name") ?? "", OpenAiRequestExtractor.Arguments(function.Text("arguments"))));
        }

        return answer;
    }

    private static string Finish(string? reason) => reason switch
    {
        "tool_calls" or "function_call" => "calls",
        "content_filter" => "refused",
        null => "stop",
        _ => reason,
    };

    /// <summary>Some vendors count reasoning beside the completion; their total says so.</summary>
    private static WireUsage? Usage(JsonObject? usage)
    {
        if (usage.Number("prompt_tokens") is not { } input) return null;
        var output = usage.Number("completion_tokens") ?? 0;
        var reasoning = usage.Object("completion_tokens_details").Number("reasoning_tokens") ?? 0;
        var isBeside = reasoning > 0 && usage.Number("total_tokens") == input + output + reasoning;
        return new WireUsage(input, usage.Object("prompt_tokens_details").Number("cached_tokens") ?? 0, isBeside ? output + reasoning : output, Math.Min(reasoning, isBeside ? output + reasoning : output)); // within output, whatever the vendor claims
    }

    private static string FirstSaid(params string?[] texts) => texts.FirstOrDefault(text => !string.IsNullOrEmpty(text)) ?? "";
}
