namespace Fairlead.Server.Tests.Invariants;

/// <summary>What happens at the vendor, in the words of each dialect that it may be asked in.</summary>
internal sealed record CellFault(string? Chat, string? Messages)
{
    public static implicit operator CellFault(string fault) => new(fault, fault);

    /// <summary>The fault for a target of a dialect; null where there is none.</summary>
    public string? Of(string dialect) => dialect == StormClient.Chat ? Chat : Messages;

    /// <summary>A whole JSON answer in place of the vendor's own.</summary>
    /// <param name="text">What it says.</param>
    /// <param name="finish">Why it ends, in either dialect's words.</param>
    /// <param name="model">The model that answered.</param>
    /// <param name="usage">The usage it reports, in either dialect's words; none: it reports none.</param>
    public static CellFault Answer(string text, (string Chat, string Messages) finish, string model = "sim-large", (string Chat, string Messages)? usage = null) => new(
        $$$"""status 200 body={"id":"c1","object":"chat.completion","created":1,"model":"{{{model}}}","choices":[{"index":0,"message":{"role":"assistant","content":"{{{text}}}"},"finish_reason":"{{{finish.Chat}}}"}]{{{(usage is { } chat ? ",\"usage\":" + chat.Chat : "")}}}}""",
        $$$"""status 200 body={"id":"m1","type":"message","role":"assistant","model":"{{{model}}}","content":[{{{(text.Length == 0 ? "" : "{\"type\":\"text\",\"text\":\"" + text + "\"}")}}}],"stop_reason":"{{{finish.Messages}}}","stop_sequence":null{{{(usage is { } messages ? ",\"usage\":" + messages.Messages : "")}}}}""");

    /// <summary>The same as a stream.</summary>
    public static CellFault Stream(string text, (string Chat, string Messages) finish, string model = "sim-large", (string Chat, string Messages)? usage = null)
    {
        string Chunk(string delta, string reason) => $$"""data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"{{model}}","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{reason}}}]}""" + "\n\n";
        string Event(string type, string rest) => $$"""
            event: {{type}}
            data: {"type":"{{type}}",{{rest}}}


            """;
        var chat = Chunk("""{"role":"assistant","content":""}""", "null")
            + (text.Length == 0 ? "" : Chunk($$"""{"content":"{{text}}"}""", "null"))
            + Chunk("{}", $"\"{finish.Chat}\"")
            + (usage is { } told ? $$"""data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"{{model}}","choices":[],"usage":{{told.Chat}}}""" + "\n\n" : "")
            + "data: [DONE]\n\n";
        var messages = Event("message_start", $$$""" "message":{"id":"m1","type":"message","role":"assistant","model":"{{{model}}}","content":[],"stop_reason":null,"stop_sequence":null,"usage":{{{usage?.Messages ?? """{"input_tokens":1,"output_tokens":1}"""}}}}""")
            + (text.Length == 0 ? "" : Event("content_block_start", """ "index":0,"content_block":{"type":"text","text":""}""") + Event("content_block_delta", $$$""" "index":0,"delta":{"type":"text_delta","text":"{{{text}}}"}""") + Event("content_block_stop", "\"index\":0"))
            + Event("message_delta", $$$""" "delta":{"stop_reason":"{{{finish.Messages}}}","stop_sequence":null}{{{(usage is { } end ? ",\"usage\":" + end.Messages : "")}}}""")
            + Event("message_stop", "\"x\":0");
        return new(Quoted(chat), Quoted(messages));
    }

    private static string Quoted(string stream) =>
        "status 200 body=\"" + stream.Replace("\r", "", StringComparison.Ordinal).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\" + content-type text/event-stream";
}
