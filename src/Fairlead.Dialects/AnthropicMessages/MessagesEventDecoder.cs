using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Streaming;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Tells the pieces of an answer that the events of a stream hold.</summary>
internal sealed class MessagesEventDecoder(IAnswerEvents events) : AnswerDecoder(events)
{
    /// <summary>Calls whose block holds an input already, as some compatible servers send it whole; told when no piece follows.</summary>
    private readonly Dictionary<int, string> _wholeInputs = [];

    private readonly HashSet<int> _calls = [];

    private string? _id;
    private string? _model;
    private int _block;
    private bool _isTextOpen;

    public override StreamPosition Position => new(_id, _model, null, _block, _isTextOpen);

    protected override void Decode(JsonBody json)
    {
        var root = json.Root;
        switch (root.String("type"u8))
        {
            case "message_start" when root.Has("message"u8, out var message):
                _id = message.String("id"u8) is { Length: > 0 } id ? id : null;
                _model = message.String("model"u8) is { Length: > 0 } model ? model : null;
                Events.Begin(_id, _model);
                break;
            case "content_block_start" when root.Has("content_block"u8, out var block):
                (_block, _isTextOpen) = (IndexOf(root), block.String("type"u8) == "text");
                DecodeBlock(json, _block, block);
                break;
            case "content_block_delta" when root.Has("delta"u8, out var delta):
                DecodeDelta(json, IndexOf(root), delta);
                break;
            case "content_block_stop":
                (_block, _isTextOpen) = (IndexOf(root) + 1, false);
                if (_wholeInputs.Remove(IndexOf(root), out var input)) Events.ToolInput(IndexOf(root), JsonText.Of(input).Inner);
                break;
            case "message_delta" when root.Has("delta"u8, out var end) && end.Has("stop_reason"u8, out _):
                var finish = MessagesFinish.Read(json, end);
                Finish = _calls.Count > 0 && finish.Reason is FinishReason.Stop or FinishReason.Unknown ? new Finish(FinishReason.ToolCalls) : finish;
                break;
        }
    }

    private static int IndexOf(JsonElement root) => root.Has("index"u8, out var index) && index.ValueKind == JsonValueKind.Number && index.TryGetInt32(out var number) ? number : 0;

    private void DecodeBlock(JsonBody json, int index, JsonElement block)
    {
        switch (block.String("type"u8))
        {
            case "text":
                Text((json.Text(block, "text"u8) ?? default).Inner);
                break;
            case "thinking":
                Thinking((json.Text(block, "thinking"u8) ?? default).Inner);
                Sign(json.Text(block, "signature"u8));
                break;
            case "redacted_thinking":
                Events.RedactedThinking(DialectNames.AnthropicMessages, (json.Text(block, "data"u8) ?? default).Inner);
                break;
            case "tool_use":
                _calls.Add(index);
                Events.ToolCall(index, block.String("id"u8), block.String("name"u8) ?? "");
                if (block.Has("input"u8, out var input) && input.ValueKind == JsonValueKind.Object && input.EnumerateObject().Any()) _wholeInputs[index] = input.GetRawText();
                break;
            case { } other:
                Events.Unsupported(other);
                break;
        }
    }

    private void DecodeDelta(JsonBody json, int index, JsonElement delta)
    {
        switch (delta.String("type"u8))
        {
            case "text_delta":
                Text((json.Text(delta, "text"u8) ?? default).Inner);
                break;
            case "thinking_delta":
                Thinking((json.Text(delta, "thinking"u8) ?? default).Inner);
                break;
            case "signature_delta":
                Sign(json.Text(delta, "signature"u8));
                break;
            case "input_json_delta" when !_calls.Contains(index):
                break; // the input of a tool of the vendor's own
            case "input_json_delta":
                var piece = (json.Text(delta, "partial_json"u8) ?? default).Inner;
                if (!piece.IsEmpty) _wholeInputs.Remove(index);
                ToolInput(index, piece);
                break;
            case "citations_delta":
                Events.Unsupported("citations");
                break;
        }
    }

    private void Sign(JsonText? signature)
    {
        if (signature is { IsEmpty: false } value) Events.Signature(DialectNames.AnthropicMessages, value.Inner);
    }
}
