using System.Globalization;
using System.Text;

namespace Fairlead.Bench;

/// <summary>
/// The bytes that are sent and answered: the same in every run, and like real ones where it costs – prose with line breaks and
/// quotes (escapes), a little beyond ASCII, several turns, chunks as OpenAI sends them.
/// </summary>
internal static class Payloads
{
    /// <summary>The model as the vendor knows it: asked for by this name, a body goes through untouched.</summary>
    public const string Model = "bench-model";

    /// <summary>A name for which rules decide; as long as <see cref="Model"/>.</summary>
    public const string Ruled = "bench-ruled";

    /// <summary>What a client asks for whose requests are decided by rules, within budgets and limits.</summary>
    public const string Governed = "bench-governed";

    /// <summary>A route whose first target is dead.</summary>
    public const string Failing = "bench-failing";

    /// <summary>A name that stands for <see cref="Model"/>: asked for by this one, a body is spliced.</summary>
    public const string Alias = "bench-alias";

    /// <summary>A model whose vendor speaks Anthropic's dialect.</summary>
    public const string Claude = "bench-claude";

    /// <summary>Chunks of an answered stream, the closing one with the finish reason included; usage and <c>[DONE]</c> come on top.</summary>
    public const int StreamChunks = 200;

    private static readonly string[] Words =
    [
        "the", "harbour", "was", "quiet", "before", "dawn", "and", "every", "line", "had", "been", "coiled", "twice", "because",
        "nobody", "trusted", "weather", "report", "from", "day", "résumé", "of", "voyage", "asks", "how", "much", "rope", "we", "need", "für",
    ];

    /// <summary>A chat request of about <paramref name="bytes"/> bytes.</summary>
    /// <param name="bytes">Its length, reached within a few words.</param>
    /// <param name="model">What it asks for.</param>
    /// <param name="stream">Whether it asks for a stream.</param>
    /// <param name="includeUsage">Whether it asks for the stream's usage.</param>
    public static byte[] ChatRequest(int bytes, string model, bool stream = false, bool includeUsage = false)
    {
        var text = new StringBuilder(bytes + 256);
        text.Append(CultureInfo.InvariantCulture, $"{{\"model\":\"{model}\"");
        if (stream) text.Append(",\"stream\":true");
        if (includeUsage) text.Append(",\"stream_options\":{\"include_usage\":true}");
        text.Append(",\"temperature\":0.2,\"max_tokens\":512,\"messages\":[{\"role\":\"system\",\"content\":\"You are terse.\"}");
        // Turns of at most 32 KB: a large prompt is a long conversation with pasted files, not one endless string.
        var perTurn = Math.Min(bytes, 32 * 1024);
        for (var turn = 0; text.Length < bytes - 96; turn++)
        {
            text.Append(",{\"role\":\"").Append(turn % 2 == 0 ? "user" : "assistant").Append("\",\"content\":\"");
            AppendProse(text, Math.Min(perTurn, bytes - text.Length - 8), turn);
            text.Append("\"}");
        }

        text.Append("]}");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The same request in Anthropic's dialect.</summary>
    public static byte[] MessagesRequest(int bytes, string model, bool stream)
    {
        var text = new StringBuilder(bytes + 256);
        text.Append(CultureInfo.InvariantCulture, $"{{\"model\":\"{model}\"");
        if (stream) text.Append(",\"stream\":true");
        text.Append(",\"temperature\":0.2,\"max_tokens\":512,\"system\":\"You are terse.\",\"messages\":[{\"role\":\"user\",\"content\":\"");
        AppendProse(text, bytes - text.Length - 8, 0);
        return Encoding.UTF8.GetBytes(text.Append("\"}]}").ToString());
    }

    /// <summary>A message with an answer of some 400 bytes.</summary>
    public static byte[] MessagesAnswer()
    {
        var text = new StringBuilder("{\"id\":\"msg_Bench0123456789abcdefghijk\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench-claude-20260501\",\"content\":[{\"type\":\"text\",\"text\":\"");
        AppendProse(text, 400, 3);
        text.Append("\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":210,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"cache_creation\":{\"ephemeral_5m_input_tokens\":0,\"ephemeral_1h_input_tokens\":0},\"output_tokens\":96,\"service_tier\":\"standard\"}}");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The events of an answered stream in Anthropic's dialect: as many pieces of text as <see cref="StreamEvents"/> has.</summary>
    public static byte[][] MessagesStreamEvents()
    {
        var events = new List<byte[]>(StreamChunks + 6)
        {
            Event("message_start", "\"message\":{\"id\":\"msg_Bench0123456789abcdefghijk\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench-claude-20260501\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":210,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":2}}"),
            Event("content_block_start", "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"),
            Event("ping", null),
        };
        for (var index = 0; index < StreamChunks - 2; index++) events.Add(Event("content_block_delta", $"\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{Piece(index)}\"}}"));
        events.Add(Event("content_block_stop", "\"index\":0"));
        events.Add(Event("message_delta", "\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":198}"));
        events.Add(Event("message_stop", null));
        return [.. events];
    }

    /// <summary>A chat completion with an answer of some 400 bytes.</summary>
    public static byte[] ChatAnswer()
    {
        var text = new StringBuilder();
        text.Append(
            "{\"id\":\"chatcmpl-Bench0123456789abcdefghijk\",\"object\":\"chat.completion\",\"created\":1790000000,\"model\":\"bench-model-2026-05-01\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"");
        AppendProse(text, 400, 3);
        text.Append(
            "\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":210,\"completion_tokens\":96,\"total_tokens\":306,\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}},\"service_tier\":\"default\",\"system_fingerprint\":\"fp_bench01234\"}");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The events of an answered stream, each with its blank line, <c>[DONE]</c> last.</summary>
    /// <param name="includeUsage">Whether the chunk with the usage comes before <c>[DONE]</c>.</param>
    public static byte[][] StreamEvents(bool includeUsage)
    {
        var events = new List<byte[]>(StreamChunks + 2) { Chunk("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null", includeUsage) };
        for (var index = 0; index < StreamChunks - 2; index++)
        {
            events.Add(Chunk($"{{\"content\":\"{Piece(index)}\"}}", "null", includeUsage));
        }

        events.Add(Chunk("{}", "\"stop\"", includeUsage));
        if (includeUsage)
        {
            events.Add(Encoding.UTF8.GetBytes(
                $"data: {{{ChunkHead},\"choices\":[],\"usage\":{{\"prompt_tokens\":210,\"completion_tokens\":198,\"total_tokens\":408,\"prompt_tokens_details\":{{\"cached_tokens\":0}},\"completion_tokens_details\":{{\"reasoning_tokens\":0}}}}}}\n\n"));
        }

        events.Add("data: [DONE]\n\n"u8.ToArray());
        return [.. events];
    }

    private static string Piece(int index) => $" {Words[index % Words.Length]}{(index % 40 == 39 ? ".\\n\\n" : "")}";

    private static byte[] Event(string type, string? members) => Encoding.UTF8.GetBytes($"event: {type}\ndata: {{\"type\":\"{type}\"{(members is null ? "" : "," + members)}}}\n\n");

    private const string ChunkHead =
        "\"id\":\"chatcmpl-Bench0123456789abcdefghijk\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"bench-model-2026-05-01\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_bench01234\"";

    private static byte[] Chunk(string delta, string finishReason, bool includeUsage) => Encoding.UTF8.GetBytes(
        $"data: {{{ChunkHead},\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finishReason}}}]{(includeUsage ? ",\"usage\":null" : "")}}}\n\n");

    /// <summary>Words with an escaped line break every dozen and a pair of escaped quotes every forty, as JSON text.</summary>
    private static void AppendProse(StringBuilder text, int length, int seed)
    {
        var end = text.Length + Math.Max(length, 1);
        for (var index = seed * 7; text.Length < end; index++)
        {
            if (index % 40 == 39) text.Append("\\\"").Append(Words[index % Words.Length]).Append("\\\"");
            else text.Append(Words[(index * 11) % Words.Length]);
            text.Append(index % 12 == 11 ? "\\n" : " ");
        }
    }
}
