using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>A vendor's answer as the client of the other dialect must hear it, and what it must be told is lost.</summary>
internal static class ExpectedAnswer
{
    private static readonly string[] CarriedBlocks = ["text", "thinking", "redacted_thinking", "tool_use"];

    public static WireAnswer TowardsAnthropic(JsonObject completion)
    {
        var said = OpenAiAnswerExtractor.Extract(completion);
        var expected = new WireAnswer { Text = said.Text + said.Refusal, Thinking = said.Thinking, Usage = said.Usage, Finish = said.Finish };
        expected.Seals.AddRange(said.Seals);
        expected.Calls.AddRange(said.Calls.Select(call => call with { Id = call.Id.Length == 0 ? "" : CallId.TowardsAnthropic(call.Id), Arguments = call.Arguments ?? new JsonObject() }));
        if (said.Refusal.Length > 0) expected.Finish = "refused";
        if (said.Calls.Count > 0) expected.Finish = "calls";
        return expected;
    }

    public static WireAnswer TowardsOpenAi(JsonObject message)
    {
        var expected = AnthropicAnswerExtractor.Extract(message);
        if (expected.Calls.Count > 0) expected.Finish = "calls";
        return expected;
    }

    public static DueOutcome Losses(JsonObject answer, bool isAnthropic)
    {
        var due = new DueOutcome();
        if (isAnthropic) OfAnthropic(due, answer.Array("content").Objects().ToList());
        else OfOpenAi(due, answer);
        // A vendor may say more than the table has; what is listed must at least have been there.
        due.Tolerated.Add(new DueLoss([.. Names(answer).Distinct(StringComparer.Ordinal)]));
        return due;
    }

    private static void OfAnthropic(DueOutcome due, List<JsonObject> blocks)
    {
        for (var i = 0; i < blocks.Count; i++)
        {
            var type = blocks[i].Text("type")!;
            if (!CarriedBlocks.Contains(type)) due.Losses.Add(new DueLoss(type, $"content[{i}]"));
            if (blocks[i].Array("citations") is { Count: > 0 }) due.Losses.Add(new DueLoss("citations"));
        }
    }

    private static void OfOpenAi(DueOutcome due, JsonObject completion)
    {
        var message = completion.Array("choices").Objects().FirstOrDefault().Object("message");
        if (message.Array("annotations") is { Count: > 0 }) due.Losses.Add(new DueLoss("annotations"));
        if (completion.Array("citations") is { Count: > 0 }) due.Losses.Add(new DueLoss("citations"));
    }

    private static IEnumerable<string> Names(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => Names(member.Value).Prepend(member.Key)).Concat(members.Text("type") is { } type ? [type] : []),
        JsonArray items => items.SelectMany((item, i) => Names(item).Prepend($"content[{i}]")),
        _ => [],
    };
}
