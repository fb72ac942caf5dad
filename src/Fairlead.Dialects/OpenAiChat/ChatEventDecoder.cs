using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Streaming;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>Tells the pieces of an answer that the chunks of a stream hold. One choice; others are not asked for.</summary>
internal sealed class ChatEventDecoder(IAnswerEvents events) : AnswerDecoder(events)
{
    /// <summary>The last second that a time can say.</summary>
    private const long LatestSecond = 253_402_300_799;

    private readonly HashSet<int> _calls = [];
    private readonly HashSet<int> _callsWithInput = [];

    private string? _id;
    private string? _model;
    private DateTimeOffset? _createdAt;
    private int _lastCall = -1;
    private bool _hasRefusal;
    private bool _hasPlainThought;

    public override StreamPosition Position => new(_id, _model, _createdAt, 0, IsTextOpen: false);

    protected override void Decode(JsonBody json)
    {
        if (json.Root.String("id"u8) is { Length: > 0 } id) _id ??= id; // Azure's first chunk has a blank one (SEMANTICS 92)
        if (json.Root.String("model"u8) is { Length: > 0 } model) _model ??= model;
        if (_createdAt is null && json.Root.Has("created"u8, out var created) && created.ValueKind == JsonValueKind.Number && created.TryGetInt64(out var seconds) && seconds is >= 0 and <= LatestSecond)
        {
            _createdAt = DateTimeOffset.FromUnixTimeSeconds(seconds);
        }

        if (!json.Root.Has("choices"u8, out var choices) || choices.ValueKind != JsonValueKind.Array) return;
        if (json.Root.Has("citations"u8, out var citations) && citations.ValueKind == JsonValueKind.Array && citations.GetArrayLength() > 0) Events.Unsupported("citations");
        foreach (var choice in choices.EnumerateArray())
        {
            if (choice.Has("index"u8, out var index) && (index.ValueKind != JsonValueKind.Number || !index.TryGetInt32(out var number) || number != 0))
            {
                continue; // one answer was asked for
            }

            if (choice.Has("delta"u8, out var delta)) DecodeDelta(json, delta);
            if (choice.String("finish_reason"u8) is { Length: > 0 } reason) Finish = ChatFinish.Read(json, choice, reason, _calls.Count > 0, _hasRefusal);
        }
    }

    private void DecodeDelta(JsonBody json, JsonElement delta)
    {
        if (delta.ValueKind != JsonValueKind.Object) return;
        // Thoughts come before what they led to. Details repeat the plain text, beside it or behind it as our own streams have them:
        // where a vendor tells that, they count for what they hold more.
        var thought = json.Said(delta, "reasoning_content"u8) ?? json.Said(delta, "reasoning"u8) ?? json.Said(delta, "thinking"u8);
        if (thought is { } plain)
        {
            _hasPlainThought = true;
            Begun().Thinking(plain);
        }

        if (delta.Has("reasoning_details"u8, out var details) && details.ValueKind == JsonValueKind.Array) DecodeDetails(json, details);
        if (delta.Has("content"u8, out var content)) DecodeContent(json, content);
        if (json.Text(delta, "refusal"u8) is { IsEmpty: false } refusal)
        {
            _hasRefusal = true;
            Begun().Refusal(refusal);
        }

        if (delta.Has("tool_calls"u8, out var calls) && calls.ValueKind == JsonValueKind.Array)
        {
            foreach (var call in calls.EnumerateArray()) DecodeCall(json, call);
        }

        if (delta.Has("function_call"u8, out var function)) DecodeFunction(json, function, 0, null);
        if (delta.Has("annotations"u8, out var annotations) && annotations.ValueKind == JsonValueKind.Array && annotations.GetArrayLength() > 0) Events.Unsupported("annotations");
        if (delta.Has("audio"u8, out _)) Events.Unsupported("audio");
        if (delta.Has("images"u8, out _)) Events.Unsupported("images");
        if (delta.Has("executed_tools"u8, out _)) Events.Unsupported("executed_tools");
    }

    /// <summary>A text, or parts of thoughts and text as Mistral has them (SEMANTICS 10).</summary>
    private void DecodeContent(JsonBody json, JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            if (json.Text(content) is { IsEmpty: false } text) Begun().Text(text);
            return;
        }

        if (content.ValueKind != JsonValueKind.Array) return;
        foreach (var part in content.EnumerateArray())
        {
            switch (part.String("type"u8))
            {
                case "text" when json.Text(part, "text"u8) is { IsEmpty: false } text:
                    Begun().Text(text);
                    break;
                case "thinking" when part.Has("thinking"u8, out var thoughts) && thoughts.ValueKind == JsonValueKind.Array:
                    foreach (var thought in thoughts.EnumerateArray())
                    {
                        if (json.Text(thought, "text"u8) is { IsEmpty: false } piece) Begun().Thinking(piece);
                    }

                    break;
                case { } other and not "text":
                    Events.Unsupported(other);
                    break;
            }
        }
    }

    private void DecodeDetails(JsonBody json, JsonElement details)
    {
        foreach (var detail in details.EnumerateArray())
        {
            var origin = ChatThoughts.OriginOf(detail.String("format"u8));
            if (!_hasPlainThought && json.Text(detail, "text"u8) is { IsEmpty: false } text) Begun().Thinking(text);
            if (!_hasPlainThought && json.Text(detail, "summary"u8) is { IsEmpty: false } summary) Begun().Thinking(summary);
            if (json.Text(detail, "signature"u8) is { IsEmpty: false } signature) Begun().Signature(origin, signature);
            if (json.Text(detail, "data"u8) is { IsEmpty: false } data) Begun().Redacted(origin, data);
        }
    }

    private void DecodeCall(JsonBody json, JsonElement call)
    {
        if (call.String("type"u8) is { Length: > 0 } type and not "function")
        {
            Events.Unsupported(type);
            return;
        }

        if (call.Has("function"u8, out var function)) DecodeFunction(json, function, KeyOf(call, function), call.String("id"u8));
    }

    /// <summary>Which call a piece belongs to: its index; without one a new call where it has an id or a name, else the last (SEMANTICS 23, 26).</summary>
    private int KeyOf(JsonElement call, JsonElement function)
    {
        if (call.Has("index"u8, out var index) && index.ValueKind == JsonValueKind.Number && index.TryGetInt32(out var number)) return number;
        return _lastCall < 0 || call.String("id"u8) is { Length: > 0 } || function.String("name"u8) is { Length: > 0 } ? _lastCall + 1 : _lastCall;
    }

    private void DecodeFunction(JsonBody json, JsonElement function, int key, string? id)
    {
        _lastCall = Math.Max(_lastCall, key);
        if (_calls.Add(key)) Begun().Call(key, id, function.String("name"u8) ?? "");
        if (!function.Has("arguments"u8, out var arguments)) return;
        // Groq writes null for no input. Behind a piece of an input it is a piece of it.
        if (arguments.ValueKind == JsonValueKind.String && arguments.ValueEquals("null"u8) && !_callsWithInput.Contains(key)) return;
        if (arguments.ValueKind != JsonValueKind.String || !arguments.ValueEquals(""u8)) _callsWithInput.Add(key);
        if (arguments.ValueKind == JsonValueKind.String) ToolInput(key, json.Text(arguments).Inner);
        else ToolInput(key, JsonText.Of(arguments.GetRawText()).Inner);
    }

    /// <summary>The answer begins with its first piece: by then its id and model have been told.</summary>
    private Pieces Begun()
    {
        Events.Begin(_id, _model);
        return new Pieces(this);
    }

    private readonly ref struct Pieces(ChatEventDecoder decoder)
    {
        public void Text(JsonText text) => decoder.Text(text.Inner);

        public void Thinking(JsonText text) => decoder.Thinking(text.Inner);

        public void Refusal(JsonText text) => decoder.Refusal(text.Inner);

        public void Signature(string origin, JsonText value) => decoder.Events.Signature(origin, value.Inner);

        public void Redacted(string origin, JsonText data) => decoder.Events.RedactedThinking(origin, data.Inner);

        public void Call(int key, string? id, string name) => decoder.Events.ToolCall(key, id, name);
    }
}
