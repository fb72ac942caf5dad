using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>A stream of Anthropic's dialect as the message that it would have been in one piece.</summary>
internal sealed class AnthropicStream
{
    private readonly List<JsonObject> _blocks = [];
    private JsonObject? _message;
    private int? _open;
    private bool _isOver;

    /// <summary>What a client may not be sent: null when the stream is well formed.</summary>
    public string? Defect { get; private set; }

    public JsonObject Answer { get; private set; } = [];

    public static AnthropicStream Assemble(string stream)
    {
        var assembly = new AnthropicStream();
        foreach (var item in SseText.Objects(stream)) assembly.Take(item);
        if (!assembly._isOver) assembly.Defect ??= "no message_stop";
        assembly.Answer = assembly._message ?? [];
        assembly.Answer["content"] = new JsonArray([.. assembly._blocks]);
        return assembly;
    }

    private void Take(JsonObject item)
    {
        if (_isOver) Defect ??= "an event behind message_stop";
        var type = item.Text("type");
        if (_message is null && type is not ("message_start" or "ping")) Defect ??= "no message_start first";
        switch (type)
        {
            case "message_start":
                _message = item.Object("message")!.DeepClone().AsObject();
                if (_message.Object("usage").Number("input_tokens") is null) Defect ??= "no input_tokens in message_start";
                break;
            case "content_block_start":
                if (_open is not null || item.Number("index") != _blocks.Count) Defect ??= "a block that opens in another, or out of order";
                _open = _blocks.Count;
                _blocks.Add(item.Object("content_block")!.DeepClone().AsObject());
                break;
            case "content_block_delta":
                if (_open is null || item.Number("index") != _open) Defect ??= "a delta of a block that is not open";
                else Merge(_blocks[^1], item.Object("delta")!);
                break;
            case "content_block_stop":
                if (_open is null || item.Number("index") != _open) Defect ??= "the end of a block that is not open";
                else Finish(_blocks[^1]);
                _open = null;
                break;
            case "message_delta":
                if (_open is not null) Defect ??= "message_delta within a block";
                if (_message is not null) MergeEnd(_message, item);
                break;
            case "message_stop":
                if (!_message.Has("stop_reason")) Defect ??= "no stop reason";
                _isOver = true;
                break;
            case "ping":
                break;
            default:
                Defect ??= "an event " + type;
                break;
        }
    }

    private static void Merge(JsonObject block, JsonObject delta)
    {
        foreach (var (piece, member) in new[] { ("text", "text"), ("thinking", "thinking"), ("signature", "signature"), ("content", "content"), ("partial_json", "partial_json") })
        {
            if (delta.Text(piece) is { } text) block[member] = block.Text(member) + text;
        }

        if (delta.Object("citation") is not { } citation) return;
        if (block.Array("citations") is { } citations) citations.Add(citation.DeepClone());
        else block["citations"] = new JsonArray(citation.DeepClone());
    }

    private void Finish(JsonObject block)
    {
        if (block.Text("type") == "text" && block.Text("text") is null or "") Defect ??= "an empty text block";
        if (block.Text("partial_json") is { } input)
        {
            block["input"] = OpenAiRequestExtractor.Arguments(input);
            block.Remove("partial_json");
        }
    }

    private static void MergeEnd(JsonObject message, JsonObject item)
    {
        foreach (var (name, value) in item.Object("delta") ?? []) message[name] = value?.DeepClone();
        if (item.Object("usage") is not { } usage) return;
        message["usage"] ??= new JsonObject();
        foreach (var (name, value) in usage)
        {
            if (value is not null) message["usage"]![name] = value.DeepClone();
        }
    }
}
