using System.Text.Json.Nodes;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>What a client must understand of an answer, by the tables of the documentation and of nothing else.</summary>
internal static class Due
{
    private const string Unsigned = "fairlead.";

    /// <summary>Towards a client of OpenAI's dialect.</summary>
    /// <param name="answer">What the vendor said.</param>
    /// <param name="vendor">The vendor, where it speaks the dialect too; null for one of Anthropic's.</param>
    public static AnswerView ToChat(SaidAnswer answer, ChatVendor? vendor)
    {
        var thoughts = answer.Parts.OfType<Said.Thought>().ToList();
        var lines = thoughts.Where(thought => thought.Signature is not null).Select(thought => $"{thought.Words} signed {thought.Signature}").Prepend("all: " + string.Concat(thoughts.Select(thought => thought.Words)));
        var format = vendor is null ? "anthropic-claude-v1" : "openai-responses-v1";
        var calls = answer.Calls.Select((call, i) => $"{(vendor is { IsLegacy: true } ? "" : IdOf(call, i, vendor))} {call.Name} {Canonical.Of(call.Input)}");
        var (input, cached, written, output, thinking) = answer.Usage;
        var prompt = new JsonObject { ["cached_tokens"] = cached };
        if (written > 0) prompt["cache_write_tokens"] = written;
        return new AnswerView(
            answer.Id,
            answer.Model,
            $"{answer.Words} refusal: {answer.Refusal}",
            string.Join('\n', lines),
            string.Join('\n', answer.Parts.OfType<Said.SealedThought>().Select(thought => $"{format} {thought.Data}")),
            string.Join('\n', calls),
            answer.Finish switch
            {
                SaidAnswer.Limit => "length",
                SaidAnswer.Filtered or SaidAnswer.Refused => "content_filter",
                _ when answer.Calls.Any() => vendor is { IsLegacy: true } ? "function_call" : "tool_calls",
                _ => "stop",
            },
            Canonical.Of(new JsonObject
            {
                ["prompt_tokens"] = input,
                ["completion_tokens"] = output,
                ["total_tokens"] = input + output,
                ["prompt_tokens_details"] = prompt,
                ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = thinking },
            }));
    }

    /// <summary>Towards a client of Anthropic's dialect.</summary>
    /// <param name="answer">What the vendor said.</param>
    /// <param name="vendor">The vendor, where it speaks OpenAI's dialect; null for one of Anthropic's.</param>
    public static AnswerView ToMessages(SaidAnswer answer, ChatVendor? vendor)
    {
        if (vendor is not null) answer = answer.InMembers();
        var thoughts = new List<(string Words, string Signature)>();
        foreach (var thought in answer.Parts.OfType<Said.Thought>())
        {
            if (thought.Signature is null && thoughts is [.., (_, Unsigned)]) thoughts[^1] = (thoughts[^1].Words + thought.Words, Unsigned);
            else thoughts.Add((thought.Words, thought.Signature ?? Unsigned));
        }

        var (input, cached, written, output, thinking) = answer.Usage;
        var hasRefusedInWords = vendor is not null && answer.Refusal is not null; // Anthropic has no block for them: they are the explanation alone
        return new AnswerView(
            answer.Id,
            Codecs.RequestedModel,
            answer.Words + (hasRefusedInWords ? answer.Refusal : ""),
            string.Join('\n', thoughts.Select(thought => $"{thought.Words} signed {thought.Signature}")),
            string.Join('\n', answer.Parts.OfType<Said.SealedThought>().Select(thought => (vendor is null ? "" : "fairlead.openai-responses-v1:") + thought.Data)),
            string.Join('\n', answer.Calls.Select((call, i) => $"{IdOf(call, i, vendor)} {call.Name} {Canonical.Of(call.Input)}")),
            answer.Finish switch
            {
                SaidAnswer.Limit => "max_tokens  null",
                SaidAnswer.StoppedAt => $"stop_sequence {answer.Stop} null",
                SaidAnswer.Filtered => """refusal  {"category":null,"explanation":null,"type":"refusal"}""",
                SaidAnswer.Refused => "refusal  " + Canonical.Of(new JsonObject { ["type"] = "refusal", ["category"] = vendor is null ? "cyber" : null, ["explanation"] = answer.Refusal }),
                _ when answer.Calls.Any() => "tool_use  null",
                _ => "end_turn  null",
            },
            $"input {input - cached - written} read {cached} write {written} output {output} thinking {thinking}");
    }

    /// <summary>The call's own id; where the vendor gives none, one that is unique in the request.</summary>
    private static string IdOf(Said.Call call, int index, ChatVendor? vendor) => vendor is { HasIds: false } ? $"call_req_1_{index}" : call.Id;
}
