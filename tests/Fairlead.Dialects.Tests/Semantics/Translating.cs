using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Tests.Recorded;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.Tests.Semantics;

/// <summary>A request as a target of the other dialect gets it.</summary>
internal sealed record Sent(JsonNode? Body, string Text, IReadOnlyList<string> Losses, TranslationRefusal? Refusal)
{
    public JsonNode? this[string member] => Body![member];
}

/// <summary>A JSON answer as a client of the other dialect gets it; no body: it cannot be read.</summary>
internal sealed record Told(JsonNode? Body, IReadOnlyList<string> Losses)
{
    public JsonNode? this[string member] => Body![member];
}

/// <summary>One event of a stream: its type, where it has one, and its data.</summary>
internal sealed record Event(string? Type, string Data)
{
    public JsonNode Json => JsonNode.Parse(Data)!;
}

/// <summary>A stream as a client of the other dialect gets it.</summary>
internal sealed record Streamed(string Text, IReadOnlyList<string> Losses, UpstreamFailure? Error, bool IsComplete, bool IsMalformed, TokenUsage? Usage)
{
    public IReadOnlyList<Event> Events { get; } = [.. Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(block =>
    {
        var lines = block.Split('\n');
        return new Event(lines.FirstOrDefault(line => line.StartsWith("event: ", StringComparison.Ordinal))?["event: ".Length..], lines.Single(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..]);
    })];

    /// <summary>The events that are JSON, as one array.</summary>
    public JsonArray All => [.. Events.Where(read => read.Data != "[DONE]").Select(read => read.Json)];

    /// <summary>The deltas of a chat stream's chunks that have a choice, without the first, which only tells the role.</summary>
    public JsonArray Deltas => [.. All.Where(chunk => chunk!["choices"]!.AsArray().Count > 0).Skip(1).Select(chunk => chunk!["choices"]![0]!["delta"]!.DeepClone())];

    /// <summary>What the deltas of a chat stream's calls add up to: <c>id name arguments</c> by index.</summary>
    public IEnumerable<string> Calls => Deltas.SelectMany(delta => delta!["tool_calls"]?.AsArray() ?? [])
        .GroupBy(call => call!["index"]!.GetValue<int>())
        .Select(pieces => $"{pieces.Key} {Joined(pieces, piece => piece["id"])} {Joined(pieces, piece => piece["function"]!["name"])} {Joined(pieces, piece => piece["function"]!["arguments"])}");

    /// <summary>What the deltas of a Messages stream's calls add up to: <c>id name input</c> by block.</summary>
    public IEnumerable<string> ToolUses => All.Where(read => read!["content_block"]?["type"]?.GetValue<string>() == "tool_use")
        .Select(start => $"{start!["content_block"]!["id"]} {start["content_block"]!["name"]} {Joined(All.Where(read => read!["delta"] is not null && read["index"]?.GetValue<int>() == start["index"]!.GetValue<int>()), piece => piece["delta"]!["partial_json"])}");

    private static string Joined(IEnumerable<JsonNode?> pieces, Func<JsonNode, JsonNode?> member) => string.Concat(pieces.Select(piece => member(piece!)?.GetValue<string>()));
}

/// <summary>
/// Requests, answers and streams of one dialect through both codecs, JSON in and JSON out. What is expected stands in the tests as
/// literal JSON; nothing of the product says it.
/// </summary>
internal static class Translating
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 256 };

    private static readonly AnswerSetting Setting = new() { RequestId = "req_1", Model = "target-model", RequestedModel = "asked-model", CreatedAt = DateTimeOffset.FromUnixTimeSeconds(100), Estimate = new TokenUsage(50, 0, 0, 5, 0), IncludesUsage = true };

    public static Sent ChatToMessages(string body, ModelFacts? facts = null) => Request(ChatDialect.Instance, MessagesDialect.Instance, body, Target(MessagesDialect.Instance, facts));

    public static Sent MessagesToChat(string body, ModelFacts? facts = null, string maxTokens = "max_tokens", ThoughtReplay thoughts = ThoughtReplay.None, bool acceptsStreamOptions = true) =>
        Request(MessagesDialect.Instance, ChatDialect.Instance, body, Target(ChatDialect.Instance, facts, maxTokens, thoughts, acceptsStreamOptions));

    /// <summary>Turns alone: a chat request that holds nothing else.</summary>
    public static Sent ChatTurns(string messages, ModelFacts? facts = null) => ChatToMessages($$"""{"model":"m","messages":{{messages}}}""", facts);

    /// <summary>Turns alone: a Messages request that holds nothing else.</summary>
    public static Sent MessagesTurns(string messages, ThoughtReplay thoughts = ThoughtReplay.None) => MessagesToChat($$"""{"model":"m","max_tokens":9,"messages":{{messages}}}""", thoughts: thoughts);

    /// <summary>The members of an object beside one short turn of the user's.</summary>
    public static Sent ChatMembers(string members, ModelFacts? facts = null) => ChatToMessages(Beside(members), facts);

    /// <summary>The members of an object beside one short turn of the user's.</summary>
    public static Sent MessagesMembers(string members, ModelFacts? facts = null, string maxTokens = "max_tokens", bool acceptsStreamOptions = true) =>
        MessagesToChat(Beside(members), facts, maxTokens, acceptsStreamOptions: acceptsStreamOptions);

    public static Told ChatAnswer(string body) => Answer(ChatDialect.Instance, MessagesDialect.Instance, Encoding.UTF8.GetBytes(body), Setting);

    public static Told MessagesAnswer(string body, bool usesFunctions = false) =>
        Answer(MessagesDialect.Instance, ChatDialect.Instance, Encoding.UTF8.GetBytes(body), Setting with { UsesFunctions = usesFunctions });

    /// <summary>A chat answer whose first choice has this message.</summary>
    public static Told ChatMessage(string message, string finish = "stop", string usage = """{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}""") =>
        ChatAnswer($$"""{"id":"c1","object":"chat.completion","created":1,"model":"m-1","choices":[{"index":0,"message":{{message}},"finish_reason":"{{finish}}"}],"usage":{{usage}}}""");

    /// <summary>A Messages answer with this content.</summary>
    public static Told MessagesContent(string content, string stop = "\"stop_reason\":\"end_turn\",\"stop_sequence\":null", string usage = """{"input_tokens":7,"output_tokens":3}""", bool usesFunctions = false) =>
        MessagesAnswer($$"""{"id":"msg_1","type":"message","role":"assistant","model":"claude-1","content":{{content}},{{stop}},"usage":{{usage}}}""", usesFunctions);

    /// <summary>A stream that a chat vendor sends, as a Messages client gets it.</summary>
    public static Streamed ChatStream(params string[] events) => ChatStream(Encoding.UTF8.GetBytes(string.Concat(events)));

    public static Streamed ChatStream(byte[] bytes, int cutAt = 0) => Stream(ChatDialect.Instance, MessagesDialect.Instance, bytes, cutAt, Setting);

    /// <summary>A stream that a Messages vendor sends, as a chat client gets it.</summary>
    public static Streamed MessagesStream(params string[] events) => MessagesStream(Encoding.UTF8.GetBytes(string.Concat(events)));

    public static Streamed MessagesStream(byte[] bytes, int cutAt = 0, bool includesUsage = true, bool usesFunctions = false) =>
        Stream(MessagesDialect.Instance, ChatDialect.Instance, bytes, cutAt, Setting with { IncludesUsage = includesUsage, UsesFunctions = usesFunctions });

    /// <summary>A chunk of a chat stream.</summary>
    public static string Chunk(string delta, string finish = "null") => Data($$"""{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}}}]}""");

    /// <summary>The end of a chat stream.</summary>
    public static string ChatEnd(string finish = "stop") => Chunk("{}", $"\"{finish}\"") + Data("""{"id":"c1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}""") + Data("[DONE]");

    /// <summary>An event without a type.</summary>
    public static string Data(string data) => $"data: {data}\n\n";

    /// <summary>The beginning of a Messages stream.</summary>
    public static string Start(string usage = """{"input_tokens":7,"output_tokens":1}""") =>
        Data($$$"""{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-1","content":[],"stop_reason":null,"stop_sequence":null,"usage":{{{usage}}}}}""");

    /// <summary>A block of a Messages stream, from its start to its stop.</summary>
    public static string Block(int index, string block, params string[] deltas) =>
        Data($$"""{"type":"content_block_start","index":{{index}},"content_block":{{block}}}""")
        + string.Concat(deltas.Select(delta => Data($$"""{"type":"content_block_delta","index":{{index}},"delta":{{delta}}}""")))
        + Data($$"""{"type":"content_block_stop","index":{{index}}}""");

    /// <summary>A block of text of a Messages stream.</summary>
    public static string TextBlock(int index, params string[] pieces) =>
        Block(index, """{"type":"text","text":""}""", [.. pieces.Select(piece => $$"""{"type":"text_delta","text":"{{piece}}"}""")]);

    /// <summary>The end of a Messages stream.</summary>
    public static string MessagesEnd(string stop = "end_turn", string usage = """{"output_tokens":3}""") =>
        Data($$"""{"type":"message_delta","delta":{"stop_reason":"{{stop}}","stop_sequence":null},"usage":{{usage}}}""") + Data("""{"type":"message_stop"}""");

    /// <summary>What a vendor answered in a recorded exchange; skips the test where the shared data is absent.</summary>
    public static byte[] RecordedBody(string id) => Exchange.All().Concat(Exchange.AllMessages()).Single(exchange => exchange.Id == id).Body();

    /// <summary>Compares as JSON: order of members and white space do not count.</summary>
    public static void Same(string expected, JsonNode? actual)
    {
        var due = JsonNode.Parse(expected, documentOptions: Deep);
        if (JsonNode.DeepEquals(due, actual)) return;
        Assert.Equal(due?.ToJsonString(), actual?.ToJsonString());
        Assert.Fail("equal as text, not as JSON");
    }

    /// <summary>That a request is refused over a member.</summary>
    public static void Refused(string code, string member, Sent sent)
    {
        Assert.NotNull(sent.Refusal);
        Assert.Equal((code, member), (sent.Refusal.Code, sent.Refusal.Member));
    }

    public static Target Target(
        IDialect dialect, ModelFacts? facts = null, string maxTokens = "max_tokens", ThoughtReplay thoughts = ThoughtReplay.None, bool acceptsStreamOptions = true, PrefillForm prefill = PrefillForm.None) => new()
        {
            Name = "t",
            Model = "target-model",
            Facts = facts ?? ModelFacts.Unknown,
            Prefill = prefill,
            Provider = new Provider
            {
                Name = "p",
                Kind = "k",
                Dialect = dialect.Name,
                Credentials = CredentialScheme.Bearer,
                AddressIsConfigured = true,
                Keys = [],
                MissingKeys = [],
                NeedsKey = false,
                Facts = [],
                AcceptsStreamOptions = acceptsStreamOptions,
                MaxTokensMember = maxTokens,
                Thoughts = thoughts,
            },
        };

    private static string Beside(string members) => """{"model":"m","messages":[{"role":"user","content":"Hi"}],""" + members.Trim()[1..];

    private static Sent Request(IDialect from, IDialect to, string body, Target target)
    {
        var losses = new TranslationLosses();
        var conversation = from.Codec.ReadRequest(Encoding.UTF8.GetBytes(body), losses);
        if (conversation is null) return new Sent(null, "", losses.Listed, losses.Refusal);
        var written = new ArrayBufferWriter<byte>();
        to.Codec.WriteRequest(written, conversation, target, losses);
        var text = Encoding.UTF8.GetString(written.WrittenSpan);
        return losses.Refusal is null ? new Sent(JsonNode.Parse(text, documentOptions: Deep), text, losses.Listed, null) : new Sent(null, "", losses.Listed, losses.Refusal);
    }

    private static Told Answer(IDialect from, IDialect to, byte[] body, in AnswerSetting setting)
    {
        var losses = new TranslationLosses();
        if (!from.TryReadAnswer(body, out var facts) || from.Codec.ReadAnswer(body, facts, losses) is not { } answer) return new Told(null, losses.Listed);
        var written = new ArrayBufferWriter<byte>();
        to.Codec.WriteAnswer(written, answer, setting);
        return new Told(JsonNode.Parse(written.WrittenSpan), losses.Listed);
    }

    private static Streamed Stream(IDialect from, IDialect to, byte[] bytes, int cutAt, in AnswerSetting setting)
    {
        var written = new ArrayBufferWriter<byte>();
        var writer = to.Codec.OpenStream(setting);
        writer.Output = written;
        var observer = from.Codec.Observe(writer);
        var consumed = observer.Observe(bytes.AsSpan(0, cutAt), isFinal: false).Consumed;
        observer.Observe(bytes.AsSpan(consumed), isFinal: true);
        var usage = observer.UsageIsAbsurd ? null : observer.Usage;
        if (observer.IsComplete) writer.End(observer.Finish, usage, setting.Estimate);
        return new Streamed(Encoding.UTF8.GetString(written.WrittenSpan), writer.Lost, observer.Error, observer.IsComplete, writer.IsMalformed, usage);
    }
}
