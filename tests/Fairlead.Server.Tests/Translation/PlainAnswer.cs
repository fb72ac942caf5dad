using Fairlead.Server.Tests.Hosting;

namespace Fairlead.Server.Tests.Translation;

/// <summary>The smallest whole answer of a dialect.</summary>
internal static class PlainAnswer
{
    private const string Message =
        """{"id":"msg_1","type":"message","role":"assistant","model":"a-model","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":3}}""";

    public static Reply In(string api, bool isStream) => (api, isStream) switch
    {
        ("openai.chat", false) => Reply.Json(Pipeline.Vendors.Answer("ok")),
        ("openai.chat", true) => Pipeline.Vendors.Saying("ok"),
        (_, false) => Reply.Json(Message),
        _ => Reply.Stream(
            Event("message_start", """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"a-model","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":1}}}"""),
            Event("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""),
            Event("content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ok"}}"""),
            Event("content_block_stop", """{"type":"content_block_stop","index":0}"""),
            Event("message_delta", """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":3}}"""),
            Event("message_stop", """{"type":"message_stop"}""")),
    };

    private static string Event(string type, string data) => $"event: {type}\ndata: {data}\n\n";
}
