using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>Reads the turns of a request of the dialect.</summary>
internal sealed class ChatMessagesReader(JsonBody json, TranslationLosses losses)
{
    private static readonly string[] Known =
        ["role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "audio", "cache_control", "reasoning", "reasoning_content", "reasoning_details", "annotations"];

    private string? _lastFunctionCall;

    /// <summary>Reads the array; what is wrong refuses.</summary>
    public IReadOnlyList<Message> Read(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array) return [];
        var read = new List<Message>(messages.GetArrayLength());
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            if (ReadMessage(message, new Place(index)) is { } turn) read.Add(turn);
            index++;
        }

        return read;
    }

    private Message? ReadMessage(JsonElement message, Place place)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            losses.Fault(place.ToString(), "must be an object");
            return null;
        }

        var parts = new List<Part>(2);
        Role role;
        switch (message.String("role"u8))
        {
            case "system":
                role = Role.System;
                ReadContent(message, place, parts);
                break;
            case "developer":
                role = Role.Developer;
                ReadContent(message, place, parts);
                break;
            case "user":
                role = Role.User;
                ReadContent(message, place, parts);
                break;
            case "assistant":
                role = Role.Assistant;
                ReadThoughts(message, place, parts);
                ReadContent(message, place, parts);
                if (json.Text(message, "refusal"u8) is { IsEmpty: false } refusal) parts.Add(new RefusalPart(refusal) { Place = place });
                ReadCalls(message, place, parts);
                if (message.Has("audio"u8, out var audio)) parts.Add(new VendorPart("audio", json.Slice(audio)) { Place = place });
                break;
            case "tool":
                role = Role.User;
                ReadResult(message, place, message.String("tool_call_id"u8), parts);
                break;
            case "function":
                role = Role.User;
                ReadResult(message, place, _lastFunctionCall, parts);
                break;
            default:
                losses.Fault($"{place}.role", "must be system, developer, user, assistant or tool");
                return null;
        }

        // OpenRouter takes the mark on a message too: it stands for the last part.
        if (message.Has("cache_control"u8, out var mark) && parts.Count > 0) parts[^1] = parts[^1] with { CacheMark = json.Slice(mark) };
        if (message.Has("annotations"u8, out var annotations) && annotations.ValueKind == JsonValueKind.Array && annotations.GetArrayLength() > 0) losses.Lose($"{place}.annotations");
        return new Message(role, parts, place)
        {
            Name = message.String("role"u8) == "function" ? null : json.Text(message, "name"u8),
            Extras = json.Others(message, "", Known),
        };
    }

    private void ReadContent(JsonElement message, Place place, List<Part> parts)
    {
        if (!message.Has("content"u8, out var content)) return;
        if (content.ValueKind == JsonValueKind.String)
        {
            parts.Add(new TextPart(json.Text(content)) { Place = place });
            return;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            losses.Fault($"{place}.content", "must be a text or an array");
            return;
        }

        var index = 0;
        foreach (var part in content.EnumerateArray()) parts.Add(ReadPart(part, place with { Part = index++ }));
    }

    private Part ReadPart(JsonElement part, Place place)
    {
        var type = part.String("type"u8);
        var mark = part.ValueKind == JsonValueKind.Object ? json.Slice(part, "cache_control"u8) : null;
        switch (type)
        {
            case "text" when json.Text(part, "text"u8) is { } text:
                return new TextPart(text) { Place = place, CacheMark = mark, Extras = json.Others(part, "", "type", "text", "cache_control") };
            case "refusal" when json.Text(part, "refusal"u8) is { } refusal:
                return new RefusalPart(refusal) { Place = place, CacheMark = mark };
            case "image_url" when part.Has("image_url"u8, out var image) && json.Text(image, "url"u8) is { } address:
                return new ImagePart(Source(address), image.String("detail"u8))
                {
                    Place = place,
                    CacheMark = mark,
                    Extras = [.. json.Others(part, "", "type", "image_url", "cache_control"), .. json.Others(image, "image_url.", "url", "detail")],
                };
            case "file" when part.Has("file"u8, out var file):
                var source = json.Text(file, "file_data"u8) is { } data && DataAddress.TryRead(data, out var mediaType, out var bytes)
                    ? new MediaSource.Base64(DataAddress.TypeOf(bytes.Span, mediaType), bytes)
                    : (MediaSource)new MediaSource.Vendor("file_id", json.Slice(file));
                return new DocumentPart(source, json.Text(file, "filename"u8))
                {
                    Place = place,
                    CacheMark = mark,
                    Extras = [.. json.Others(part, "", "type", "file", "cache_control"), .. json.Others(file, "file.", "filename", "file_data", "file_id")],
                };
            default:
                return new VendorPart(type ?? "part", json.Slice(part)) { Place = place };
        }
    }

    private static MediaSource Source(JsonText address) => DataAddress.TryRead(address, out var mediaType, out var data)
        ? new MediaSource.Base64(DataAddress.TypeOf(data.Span, mediaType), data)
        : new MediaSource.Url(address);

    /// <summary>
    /// Thoughts stand under several names (SEMANTICS 48); the one that can carry a signature counts before the plain ones.
    /// </summary>
    private void ReadThoughts(JsonElement message, Place place, List<Part> parts)
    {
        var count = parts.Count;
        if (message.Has("reasoning_details"u8, out var details) && details.ValueKind == JsonValueKind.Array)
        {
            foreach (var detail in details.EnumerateArray()) ReadThought(detail, place, parts);
        }

        if (parts.Count > count) return;
        var text = json.Said(message, "reasoning_content"u8) ?? json.Said(message, "reasoning"u8);
        if (text is { } thought && !thought.IsEmpty) parts.Add(new ThinkingPart(thought) { Place = place });
    }

    private void ReadThought(JsonElement detail, Place place, List<Part> parts)
    {
        var origin = ChatThoughts.OriginOf(detail.String("format"u8));
        switch (detail.String("type"u8))
        {
            case "reasoning.text":
                parts.Add(new ThinkingPart(json.Text(detail, "text"u8) ?? default)
                {
                    Place = place,
                    Signature = json.Text(detail, "signature"u8) is { IsEmpty: false } signature ? new Signature(origin, signature) : null,
                });
                break;
            case "reasoning.encrypted" when json.Text(detail, "data"u8) is { IsEmpty: false } data:
                parts.Add(new RedactedThinkingPart(data, origin) { Place = place });
                break;
            case "reasoning.summary" when json.Text(detail, "summary"u8) is { IsEmpty: false } summary:
                parts.Add(new ThinkingPart(summary) { Place = place });
                break;
        }
    }

    private void ReadCalls(JsonElement message, Place place, List<Part> parts)
    {
        if (message.Has("tool_calls"u8, out var calls) && calls.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var call in calls.EnumerateArray())
            {
                var member = $"{place}.tool_calls[{index++}]";
                if (call.String("type"u8) is null or "function" && call.Has("function"u8, out var function)) ReadCall(function, call.String("id"u8), member, place, parts, json.Slice(call, "cache_control"u8), json.Others(call, "", "id", "type", "function", "index", "cache_control"));
                else parts.Add(new VendorPart(call.String("type"u8) ?? "call", json.Slice(call)) { Place = place });
            }
        }

        if (message.Has("function_call"u8, out var legacy))
        {
            _lastFunctionCall = $"call_{place.Message}";
            ReadCall(legacy, _lastFunctionCall, $"{place}.function_call", place, parts, null, []);
        }
    }

    private void ReadCall(JsonElement function, string? id, string member, Place place, List<Part> parts, JsonSlice? mark, IReadOnlyList<Parameter> extras)
    {
        if (id is not { Length: > 0 } || function.String("name"u8) is not { Length: > 0 } name)
        {
            losses.Fault(member, "must have an id and a function's name");
            return;
        }

        if (ToolInput.Read(json, function) is not { } input)
        {
            losses.Fault(member + ".function.arguments", "must be the text of a JSON object");
            return;
        }

        parts.Add(new ToolCallPart(id, name, input)
        {
            Place = place,
            CacheMark = mark,
            Extras = [.. extras, .. json.Others(function, "function.", "name", "arguments")],
        });
    }

    private void ReadResult(JsonElement message, Place place, string? callId, List<Part> parts)
    {
        if (callId is not { Length: > 0 })
        {
            losses.Fault($"{place}.tool_call_id", "must be the id of the call that is answered");
            return;
        }

        var content = new List<Part>(1);
        ReadContent(message, place, content);
        parts.Add(new ToolResultPart(callId, content, IsError: false) { Place = place });
    }
}
