using System.Buffers;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Streaming;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>
/// Writes a stream of the dialect: message_start, then block by block its start, its deltas and its stop, then message_delta and
/// message_stop (SEMANTICS 96). One block is open at a time: a call that begins while another is open waits, for pieces of both may
/// still come (27).
/// </summary>
internal sealed class MessagesStreamWriter(in AnswerSetting setting) : AnswerStreamWriter(setting)
{
    /// <summary>What a waiting call takes beside its texts.</summary>
    private const int BytesPerCall = 128;

    private readonly OrderedDictionary<int, WaitingCall> _waiting = [];
    private readonly ArrayBufferWriter<byte> _refusal = new();

    private Block _open;
    private int _heldBytes;
    private int _openCall;
    private int _blocks;
    private int _calls;
    private byte[] _deltaHead = [];

    private static ReadOnlySpan<byte> TextDelta => "text_delta\",\"text\":\""u8;

    private enum Block
    {
        None = 0,
        Text,
        Thinking,
        SignedThinking,
        Call,
    }

    /// <inheritdoc />
    public override int HeldBytes => _heldBytes;

    /// <inheritdoc />
    public override void Text(ReadOnlySpan<byte> spelled)
    {
        if (_open != Block.Text) Open(Block.Text, "{\"type\":\"text\",\"text\":\"\"}"u8, TextDelta);
        WriteDelta(spelled);
    }

    /// <inheritdoc />
    public override void Thinking(ReadOnlySpan<byte> spelled)
    {
        if (_open != Block.Thinking) OpenThinking();
        WriteDelta(spelled);
    }

    /// <inheritdoc />
    public override void Signature(string origin, ReadOnlySpan<byte> spelled)
    {
        if (_open != Block.Thinking) OpenThinking(); // a thought that is not shown is signed all the same (SEMANTICS 41)
        WriteSignature(ForeignThought.Write(origin, spelled));
        _open = Block.SignedThinking;
    }

    /// <inheritdoc />
    public override void RedactedThinking(string origin, ReadOnlySpan<byte> spelled)
    {
        CloseAll();
        WriteStart([.. "{\"type\":\"redacted_thinking\",\"data\":\""u8, .. ForeignThought.Write(origin, spelled), .. "\"}"u8]);
        WriteStop();
    }

    /// <inheritdoc />
    public override void Refusal(ReadOnlySpan<byte> spelled)
    {
        _refusal.Write(spelled); // told again at the end
        _heldBytes += spelled.Length;
        Text(spelled);
    }

    /// <inheritdoc />
    public override void ToolCall(int key, string? id, string name)
    {
        var call = new WaitingCall(key, CallIds.ToMessages(IdOf(id, _calls++)), name);
        if (_open != Block.Call) Open(call);
        else if (_waiting.TryAdd(key, call)) _heldBytes += BytesPerCall + call.Name.Length + call.Id.Length;
        else IsMalformed = true; // begun twice
    }

    /// <inheritdoc />
    public override void ToolInput(int key, ReadOnlySpan<byte> spelled)
    {
        if (_open == Block.Call && _openCall == key) WriteDelta(spelled);
        else if (_waiting.TryGetValue(key, out var waiting)) Hold(waiting, spelled);
        else IsMalformed = true; // its block is closed, or never began
    }

    /// <inheritdoc />
    public override void WriteKeepAlive() => WriteEvent("ping"u8, static _ => { });

    private protected override void WriteBegin() => WriteEvent("message_start"u8, json =>
    {
        json.WriteStartObject("message"u8);
        json.WriteString("id"u8, Id);
        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, Setting.RequestedModel);
        json.WriteStartArray("content"u8);
        json.WriteEndArray();
        json.WriteNull("stop_reason"u8);
        json.WriteNull("stop_sequence"u8);
        MessagesAnswerWriter.WriteUsage(json, Setting.Estimate with { Output = 0 }); // SEMANTICS 85
        json.WriteEndObject();
    });

    private protected override void ResumeAt(in StreamPosition position)
    {
        _blocks = position.Block;
        if (!position.IsTextOpen) return;
        _open = Block.Text;
        _deltaHead = DeltaHead(TextDelta);
    }

    private protected override void WriteEnd(Finish finish, TokenUsage? usage, TokenUsage estimate)
    {
        CloseAll();
        WriteEvent("message_delta"u8, json =>
        {
            json.WriteStartObject("delta"u8);
            MessagesFinish.Write(json, finish, _refusal.WrittenCount == 0 ? null : new JsonText((byte[])[(byte)'"', .. _refusal.WrittenSpan, (byte)'"']));
            json.WriteEndObject();
            MessagesAnswerWriter.WriteUsage(json, usage ?? estimate);
        });
        WriteEvent("message_stop"u8, static _ => { });
    }

    private void OpenThinking() => Open(Block.Thinking, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"u8, "thinking_delta\",\"thinking\":\""u8);

    private void Open(Block block, ReadOnlySpan<byte> content, ReadOnlySpan<byte> delta)
    {
        CloseAll();
        Begin(block, content, delta);
    }

    private void Open(WaitingCall call)
    {
        CloseOpen();
        var content = new ArrayBufferWriter<byte>(128);
        using (var json = JsonWriting.Open(content))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "tool_use"u8);
            json.WriteString("id"u8, call.Id);
            json.WriteString("name"u8, call.Name);
            json.WriteStartObject("input"u8);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        Begin(Block.Call, content.WrittenSpan, "input_json_delta\",\"partial_json\":\""u8);
        _openCall = call.Key;
        if (call.Input.WrittenCount > 0) WriteDelta(call.Input.WrittenSpan);
    }

    private void Begin(Block block, ReadOnlySpan<byte> content, ReadOnlySpan<byte> delta)
    {
        WriteStart(content);
        _open = block;
        _deltaHead = DeltaHead(delta);
    }

    private byte[] DeltaHead(ReadOnlySpan<byte> delta) =>
        [.. "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"u8, .. Encoding.ASCII.GetBytes(Number(_blocks)), .. ",\"delta\":{\"type\":\""u8, .. delta];

    /// <summary>Closes the open block, and tells the calls that waited behind it.</summary>
    private void CloseAll()
    {
        CloseOpen();
        foreach (var call in _waiting.Values)
        {
            Open(call);
            CloseOpen();
        }

        _waiting.Clear();
        _heldBytes = _refusal.WrittenCount;
    }

    private void Hold(WaitingCall call, ReadOnlySpan<byte> spelled)
    {
        call.Input.Write(spelled);
        _heldBytes += spelled.Length;
    }

    private void CloseOpen()
    {
        if (_open == Block.None) return;
        if (_open == Block.Thinking) WriteSignature(ForeignThought.Mark); // clients must have one (SEMANTICS 42)
        _open = Block.None;
        WriteStop();
    }

    private void WriteStart(ReadOnlySpan<byte> content)
    {
        Output.Write("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"u8);
        Output.Write(Encoding.ASCII.GetBytes(Number(_blocks)));
        Output.Write(",\"content_block\":"u8);
        Output.Write(content);
        Output.Write("}\n\n"u8);
    }

    private void WriteStop()
    {
        Output.Write("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"u8);
        Output.Write(Encoding.ASCII.GetBytes(Number(_blocks++)));
        Output.Write("}\n\n"u8);
    }

    private void WriteSignature(ReadOnlySpan<byte> spelled)
    {
        Output.Write("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"u8);
        Output.Write(Encoding.ASCII.GetBytes(Number(_blocks)));
        Output.Write(",\"delta\":{\"type\":\"signature_delta\",\"signature\":\""u8);
        Output.Write(spelled);
        Output.Write("\"}}\n\n"u8);
    }

    private void WriteDelta(ReadOnlySpan<byte> spelled)
    {
        var end = "\"}}\n\n"u8;
        var length = _deltaHead.Length + spelled.Length + end.Length;
        var span = Output.GetSpan(length);
        _deltaHead.CopyTo(span);
        spelled.CopyTo(span[_deltaHead.Length..]);
        end.CopyTo(span[(_deltaHead.Length + spelled.Length)..]);
        Output.Advance(length);
    }

    private void WriteEvent(ReadOnlySpan<byte> type, Action<Utf8JsonWriter> write)
    {
        Output.Write("event: "u8);
        Output.Write(type);
        Output.Write("\ndata: "u8);
        using (var json = JsonWriting.Open(Output))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, type);
            write(json);
            json.WriteEndObject();
        }

        Output.Write("\n\n"u8);
    }

    private static string Number(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A call whose block is not open yet, with what came of its input.</summary>
    private sealed record WaitingCall(int Key, string Id, string Name)
    {
        public ArrayBufferWriter<byte> Input { get; } = new();
    }
}
