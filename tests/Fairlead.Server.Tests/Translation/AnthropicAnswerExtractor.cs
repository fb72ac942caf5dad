using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>Reads what an answer in Anthropic's messages dialect says.</summary>
internal static class AnthropicAnswerExtractor
{
    /// <summary>Thoughts that Anthropic did not sign carry a seal of Fairlead's.</summary>
    private const string OwnSeal = "fairlead.";

    public static WireAnswer Extract(JsonObject message)
    {
        var answer = new WireAnswer { Finish = Finish(message.Text("stop_reason")), Usage = Usage(message.Object("usage")) };
        foreach (var block in message.Array("content").Objects())
        {
            switch (block.Text("type"))
            {
                case "text":
                    answer.Text += block.Text("text");
                    break;
                case "thinking":
                    answer.Thinking += block.Text("thinking");
                    Seal(answer, block.Text("signature"));
                    break;
                case "redacted_thinking":
                    Seal(answer, block.Text("data"));
                    break;
                case "tool_use":
                    answer.Calls.Add(new WirePart.Call(block.Text("id") ?? "", block.Text("name") ?? "", block["input"]?.DeepClone()));
                    break;
            }
        }

        return answer;
    }

    private static void Seal(WireAnswer answer, string? seal)
    {
        if (seal is { Length: > 0 } && !seal.StartsWith(OwnSeal, StringComparison.Ordinal)) answer.Seals.Add(seal);
    }

    private static string Finish(string? reason) => reason switch
    {
        "end_turn" or "stop_sequence" => "stop",
        "max_tokens" or "model_context_window_exceeded" or "pause_turn" => "length",
        "tool_use" => "calls",
        "refusal" => "refused",
        _ => reason ?? "",
    };

    private static WireUsage? Usage(JsonObject? usage)
    {
        if (usage.Number("input_tokens") is not { } fresh) return null;
        var cached = usage.Number("cache_read_input_tokens") ?? 0;
        var written = usage.Number("cache_creation_input_tokens") ?? 0;
        return new WireUsage(fresh + cached + written, cached, usage.Number("output_tokens") ?? 0, usage.Object("output_tokens_details").Number("thinking_tokens") ?? 0);
    }
}
