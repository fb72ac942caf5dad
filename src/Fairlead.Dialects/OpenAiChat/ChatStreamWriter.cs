using System.Buffers;
using System.Text;
using Fairlead.Core.Execution;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Streaming;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>Writes a stream of the dialect: one id, one model, one time for all chunks (SEMANTICS 93).</summary>
internal sealed class ChatStreamWriter(in AnswerSetting setting) : AnswerStreamWriter(setting)
{
    private readonly Dictionary<int, Call> _calls = [];
    private readonly ArrayBufferWriter<byte> _thought = new();

    private byte[] _prefix = [];
    private byte[] _suffix = [];
    private int _details;

    /// <inheritdoc />
    public override int HeldBytes => _thought.WrittenCount;

    /// <inheritdoc />
    public override void Text(ReadOnlySpan<byte> spelled) => WriteDelta("{\"content\":\""u8, spelled, "\"}"u8);

    /// <inheritdoc />
    public override void Thinking(ReadOnlySpan<byte> spelled)
    {
        _thought.Write(spelled); // its signature comes behind it, and must go back with it
        WriteDelta("{\"reasoning_content\":\""u8, spelled, "\"}"u8);
    }

    /// <inheritdoc />
    public override void Signature(string origin, ReadOnlySpan<byte> spelled)
    {
        WriteDetails(new ThinkingPart(Quoted(_thought.WrittenSpan)) { Signature = new Signature(origin, Quoted(spelled)) });
        _thought.ResetWrittenCount();
    }

    /// <inheritdoc />
    public override void RedactedThinking(string origin, ReadOnlySpan<byte> spelled) => WriteDetails(new RedactedThinkingPart(Quoted(spelled), origin));

    /// <inheritdoc />
    public override void Refusal(ReadOnlySpan<byte> spelled) => WriteDelta("{\"refusal\":\""u8, spelled, "\"}"u8);

    /// <inheritdoc />
    public override void ToolCall(int key, string? id, string name)
    {
        var call = new Call(_calls.Count);
        _calls[key] = call;
        if (IsBeyondItsForm(call))
        {
            Unsupported("function_call");
            return;
        }

        var delta = new ArrayBufferWriter<byte>(128);
        using (var json = JsonWriting.Open(delta))
        {
            json.WriteStartObject();
            if (Setting.UsesFunctions)
            {
                json.WriteStartObject("function_call"u8);
            }
            else
            {
                json.WriteStartArray("tool_calls"u8);
                json.WriteStartObject();
                json.WriteNumber("index"u8, call.Index);
                json.WriteString("id"u8, IdOf(id, call.Index));
                json.WriteString("type"u8, "function"u8);
                json.WriteStartObject("function"u8);
            }

            json.WriteString("name"u8, name);
            json.WriteString("arguments"u8, ""u8);
            json.WriteEndObject();
            if (!Setting.UsesFunctions)
            {
                json.WriteEndObject();
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        WriteDelta(delta.WrittenSpan, default, default);
    }

    /// <inheritdoc />
    public override void ToolInput(int key, ReadOnlySpan<byte> spelled)
    {
        if (!_calls.TryGetValue(key, out var call))
        {
            IsMalformed = true;
            return;
        }

        call.HasInput = true;
        if (IsBeyondItsForm(call)) return;
        WriteDelta(call.Before(Setting.UsesFunctions), spelled, Setting.UsesFunctions ? "\"}}"u8 : "\"}}]}"u8);
    }

    /// <summary>Whether it is a second call, where answers are told in the form that has one.</summary>
    private bool IsBeyondItsForm(Call call) => Setting.UsesFunctions && call.Index > 0;

    private protected override void WriteBegin()
    {
        Spell(Setting.CreatedAt);
        WriteDelta("{\"role\":\"assistant\",\"content\":\"\"}"u8, default, default);
    }

    private protected override void ResumeAt(in StreamPosition position) => Spell(position.CreatedAt ?? Setting.CreatedAt);

    /// <summary>Spells what stands around the choice in every chunk.</summary>
    private void Spell(DateTimeOffset createdAt)
    {
        var head = new ArrayBufferWriter<byte>(192);
        head.Write("data: "u8);
        using (var json = JsonWriting.Open(head))
        {
            json.WriteStartObject();
            json.WriteString("id"u8, Id);
            json.WriteString("object"u8, "chat.completion.chunk"u8);
            json.WriteNumber("created"u8, createdAt.ToUnixTimeSeconds());
            json.WriteString("model"u8, Model);
            json.Flush();
        }

        head.Write(",\"choices\":["u8);
        _prefix = head.WrittenSpan.ToArray();
        _suffix = Setting.IncludesUsage ? "],\"usage\":null}\n\n"u8.ToArray() : "]}\n\n"u8.ToArray();
    }

    private protected override void WriteEnd(Finish finish, TokenUsage? usage, TokenUsage estimate)
    {
        foreach (var (key, call) in _calls)
        {
            if (!call.HasInput) ToolInput(key, "{}"u8); // SEMANTICS 24
        }

        if (finish.Reason == FinishReason.Refusal && ChatAnswerWriter.Explanation(finish) is { } explanation) Refusal(explanation.Inner);
        Output.Write(_prefix);
        Output.Write("{\"index\":0,\"delta\":{},\"finish_reason\":\""u8);
        Output.Write(ChatFinish.Of(finish.Reason, Setting.UsesFunctions));
        Output.Write("\"}"u8);
        Output.Write(_suffix);
        if (Setting.IncludesUsage && usage is { } counts) WriteUsage(counts);
        Output.Write("data: [DONE]\n\n"u8);
    }

    /// <summary>A chunk of its own, without a choice (SEMANTICS 83).</summary>
    private void WriteUsage(TokenUsage usage)
    {
        var member = new ArrayBufferWriter<byte>(192);
        using (var json = JsonWriting.Open(member))
        {
            json.WriteStartObject();
            ChatAnswerWriter.WriteUsage(json, usage);
            json.WriteEndObject();
        }

        Output.Write(_prefix);
        Output.Write("],"u8);
        Output.Write(member.WrittenSpan[1..]);
        Output.Write("\n\n"u8);
    }

    private void WriteDetails(Part thought)
    {
        var delta = new ArrayBufferWriter<byte>(256);
        using (var json = JsonWriting.Open(delta))
        {
            json.WriteStartObject();
            ChatThoughts.WriteDetails(json, [thought], _details++);
            json.WriteEndObject();
        }

        WriteDelta(delta.WrittenSpan, default, default);
    }

    private void WriteDelta(ReadOnlySpan<byte> before, ReadOnlySpan<byte> piece, ReadOnlySpan<byte> after)
    {
        var start = "{\"index\":0,\"delta\":"u8;
        var end = ",\"finish_reason\":null}"u8;
        var length = _prefix.Length + start.Length + before.Length + piece.Length + after.Length + end.Length + _suffix.Length;
        var span = Output.GetSpan(length);
        var at = 0;
        Append(span, ref at, _prefix);
        Append(span, ref at, start);
        Append(span, ref at, before);
        Append(span, ref at, piece);
        Append(span, ref at, after);
        Append(span, ref at, end);
        Append(span, ref at, _suffix);
        Output.Advance(length);
    }

    private static void Append(Span<byte> span, ref int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(span[at..]);
        at += bytes.Length;
    }

    private static JsonText Quoted(ReadOnlySpan<byte> spelled) => new((byte[])[(byte)'"', .. spelled, (byte)'"']);

    /// <summary>A call that was begun: counted from 0 in the order of appearance, whatever the vendor counts (SEMANTICS 21, 25).</summary>
    private sealed class Call(int index)
    {
        private byte[]? _before;

        public int Index => index;

        public bool HasInput { get; set; }

        /// <summary>What stands before a piece of its input.</summary>
        public byte[] Before(bool usesFunctions) => _before ??= Encoding.ASCII.GetBytes(
            usesFunctions ? "{\"function_call\":{\"arguments\":\"" : $"{{\"tool_calls\":[{{\"index\":{index},\"function\":{{\"arguments\":\"");
    }
}
