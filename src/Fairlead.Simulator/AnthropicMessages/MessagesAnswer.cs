using System.Buffers;
using System.Text.Json;
using Fairlead.Simulator.Answering;
using Fairlead.Simulator.Serving;

namespace Fairlead.Simulator.AnthropicMessages;

/// <summary>What the vendor says to a Messages request, as JSON or as a stream.</summary>
internal sealed class MessagesAnswer : Answer
{
    private readonly MessagesRequest _request;
    private readonly AnswerContent _content;
    private readonly string _id;
    private readonly string _requestId;

    public MessagesAnswer(MessagesRequest request, Exchange exchange)
    {
        _request = request;
        _content = new AnswerContent(request, exchange);
        _id = $"{exchange.Options.Name}_{exchange.Number}";
        _requestId = MessagesEndpoint.RequestId(exchange);
    }

    public override int InputTokens => _request.PromptTokens;

    public override int OutputTokens => _content.Tokens;

    private string StopReason => _content.IsCutShort ? "max_tokens" : _content.IsCall ? "tool_use" : "end_turn";

    public override IEnumerable<AnswerEvent> Events(AnswerShape shape)
    {
        yield return new(Event("message_start", json => WriteMessage(json, shape, isStart: true)), 0, IsLast: false);
        if (shape.HasChoices)
        {
            var block = -1;
            for (var index = 0; index < _content.Tokens; index++)
            {
                var isOpening = _content.IsCall ? _content.CallToken(index).Name is not null : index == 0;
                if (isOpening)
                {
                    if (block >= 0) yield return new(Stop(block), 0, IsLast: false);
                    block++;
                    var start = Start(block);
                    // A call's name is a token of its own; a text begins empty.
                    yield return new(start, _content.IsCall ? 1 : 0, IsLast: false);
                    if (block == 0) yield return new(Event("ping", static _ => { }), 0, IsLast: false);
                    if (_content.IsCall) continue;
                }

                yield return new(Delta(block, index), 1, IsLast: false);
            }

            if (block >= 0) yield return new(Stop(block), 0, IsLast: false);
        }

        yield return new(Event("message_delta", json => WriteEnd(json, shape)), 0, IsLast: !shape.HasDone);
        if (shape.HasDone) yield return new(Event("message_stop", static _ => { }), 0, IsLast: true);
    }

    public override ReadOnlyMemory<byte> Json(AnswerShape shape)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, JsonText.WriterOptions);
        json.WriteStartObject();
        WriteMembers(json, shape, isStart: false);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    public override byte[] ErrorBody(ApiError error) => MessagesErrors.Body(error, _requestId);

    public override byte[] ErrorEvent(ApiError error) => [.. "event: error\ndata: "u8, .. MessagesErrors.Body(error, _requestId), .. "\n\n"u8];

    public override int OverloadedStatus => 529;

    public override ApiError Error(int status, string? code, string? type, string? message) => MessagesErrors.Of(status, code, type, message);

    private static byte[] Event(string type, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, JsonText.WriterOptions);
        json.WriteStartObject();
        json.WriteString("type", type);
        write(json);
        json.WriteEndObject();
        json.Flush();
        return [.. System.Text.Encoding.ASCII.GetBytes($"event: {type}\ndata: "), .. buffer.WrittenSpan, .. "\n\n"u8];
    }

    private byte[] Start(int block) => Event("content_block_start", json =>
    {
        json.WriteNumber("index", block);
        json.WriteStartObject("content_block");
        if (_content.IsCall)
        {
            WriteCallHead(json, block, _content.Calls().First(call => call.Call == block).Name);
            json.WriteStartObject("input");
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("type", "text");
            json.WriteString("text", "");
        }

        json.WriteEndObject();
    });

    private byte[] Delta(int block, int token) => Event("content_block_delta", json =>
    {
        json.WriteNumber("index", block);
        json.WriteStartObject("delta");
        if (_content.IsCall)
        {
            json.WriteString("type", "input_json_delta");
            json.WriteText("partial_json", _content.CallToken(token).Piece);
        }
        else
        {
            json.WriteString("type", "text_delta");
            json.WriteText("text", _content.Token(token));
        }

        json.WriteEndObject();
    });

    private static byte[] Stop(int block) => Event("content_block_stop", json => json.WriteNumber("index", block));

    private void WriteMessage(Utf8JsonWriter json, AnswerShape shape, bool isStart)
    {
        json.WriteStartObject("message");
        WriteMembers(json, shape, isStart);
        json.WriteEndObject();
    }

    private void WriteMembers(Utf8JsonWriter json, AnswerShape shape, bool isStart)
    {
        json.WriteString("id", "msg_" + _id);
        json.WriteString("type", "message");
        json.WriteString("role", "assistant");
        json.WriteString("model", _request.Model);
        json.WriteStartArray("content");
        if (!isStart && shape.HasChoices) WriteContent(json);
        json.WriteEndArray();
        json.WriteString("stop_reason", isStart ? null : StopReason);
        json.WriteNull("stop_sequence");
        if (!shape.HasUsage) return;
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", InputTokens);
        json.WriteNumber("cache_creation_input_tokens", 0);
        json.WriteNumber("cache_read_input_tokens", 0);
        json.WriteNumber("output_tokens", isStart ? Math.Min(1, OutputTokens) : OutputTokens); // at its beginning a running value
        json.WriteString("service_tier", "standard");
        json.WriteEndObject();
    }

    private void WriteEnd(Utf8JsonWriter json, AnswerShape shape)
    {
        json.WriteStartObject("delta");
        json.WriteString("stop_reason", StopReason);
        json.WriteNull("stop_sequence");
        json.WriteEndObject();
        if (!shape.HasUsage) return;
        json.WriteStartObject("usage");
        json.WriteNumber("output_tokens", OutputTokens);
        json.WriteEndObject();
    }

    private void WriteContent(Utf8JsonWriter json)
    {
        if (!_content.IsCall)
        {
            if (_content.Tokens == 0) return;
            json.WriteStartObject();
            json.WriteString("type", "text");
            json.WriteText("text", _content.AllText());
            json.WriteEndObject();
            return;
        }

        foreach (var (call, name, arguments) in _content.Calls())
        {
            json.WriteStartObject();
            WriteCallHead(json, call, name);
            json.WritePropertyName("input");
            json.WriteRawValue(IsWhole(arguments) ? arguments : "{}"); // cut short: an object all the same
            json.WriteEndObject();
        }
    }

    private void WriteCallHead(Utf8JsonWriter json, int call, string name)
    {
        json.WriteString("type", "tool_use");
        json.WriteString("id", $"toolu_{_id}_{call}");
        json.WriteString("name", name);
    }

    private static bool IsWhole(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
