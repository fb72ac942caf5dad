using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Reads the turns of a request of the dialect.</summary>
internal sealed class MessagesTurnsReader(JsonBody json, TranslationLosses losses)
{
    /// <summary>Reads <c>system</c>; null when it says nothing.</summary>
    public Message? ReadSystem(JsonElement value)
    {
        var place = new Place(Place.SystemMember);
        var parts = ReadContent(value, place);
        return parts.Count == 0 ? null : new Message(Role.System, parts, place);
    }

    /// <summary>Reads the array; what is wrong refuses.</summary>
    public IReadOnlyList<Message> Read(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array) return [];
        var read = new List<Message>(messages.GetArrayLength());
        foreach (var message in messages.EnumerateArray())
        {
            var place = new Place(read.Count);
            Role role;
            switch (message.String("role"u8))
            {
                case "user": role = Role.User; break;
                case "assistant": role = Role.Assistant; break;
                case "system": role = Role.System; break;
                default:
                    losses.Fault($"{place}.role", "must be user or assistant");
                    return read;
            }

            if (!message.Has("content"u8, out var content))
            {
                losses.Fault($"{place}.content", "is missing");
                return read;
            }

            read.Add(new Message(role, ReadContent(content, place), place) { Extras = json.Others(message, "", "role", "content") });
        }

        return read;
    }

    /// <summary>Members of an object that only this dialect has.</summary>
    public static IReadOnlyList<Parameter> Extras(JsonBody json, JsonElement part, params ReadOnlySpan<string> own)
    {
        List<Parameter>? extras = null;
        foreach (var member in part.EnumerateObject())
        {
            var value = member.Value;
            if (member.Name is "type" or "cache_control" || own.Contains(member.Name) || value.ValueKind == JsonValueKind.Null) continue;
            if (member.Name == "citations" && (value.ValueKind == JsonValueKind.Array ? value.GetArrayLength() == 0 : value.Flag("enabled"u8) == false)) continue;
            if (member.Name == "caller" && value.String("type"u8) == "direct") continue; // says what is so anyway
            (extras ??= []).Add(new Parameter(member.Name, json.Slice(value), ChangesMeaning: false));
        }

        return extras ?? (IReadOnlyList<Parameter>)[];
    }

    private List<Part> ReadContent(JsonElement content, Place place)
    {
        var parts = new List<Part>();
        if (content.ValueKind == JsonValueKind.String)
        {
            parts.Add(new TextPart(json.Text(content)) { Place = place });
            return parts;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            losses.Fault(place.Message == Place.SystemMember ? "system" : $"{place}.content", "must be a text or an array");
            return parts;
        }

        var index = 0;
        foreach (var block in content.EnumerateArray())
        {
            var at = place.Part < 0 ? place with { Part = index++ } : place with { Inner = index++ };
            if (block.ValueKind == JsonValueKind.Object) parts.Add(ReadBlock(block, at) with { Place = at, CacheMark = json.Slice(block, "cache_control"u8) });
            else losses.Fault(at.ToString(), "must be an object");
        }

        return parts;
    }

    private Part ReadBlock(JsonElement block, Place place)
    {
        var type = block.String("type"u8);
        switch (type)
        {
            case "text" when json.Text(block, "text"u8) is { } text:
                return new TextPart(text) { Extras = Extras(json, block, "text") };
            case "image" when block.Has("source"u8, out var source):
                return new ImagePart(ReadSource(source, place)) { Extras = Extras(json, block, "source") };
            case "document" when block.Has("source"u8, out var source):
                return new DocumentPart(ReadSource(source, place), json.Text(block, "title"u8)) { Extras = Extras(json, block, "source", "title") };
            case "tool_use" when block.String("id"u8) is { Length: > 0 } id && block.String("name"u8) is { Length: > 0 } name:
                if (!block.Has("input"u8, out var input) || input.ValueKind != JsonValueKind.Object)
                {
                    losses.Fault($"{place}.input", "must be an object");
                    return new VendorPart("tool_use", json.Slice(block));
                }

                return new ToolCallPart(CallIds.FromMessages(id), name, json.Slice(input)) { Extras = Extras(json, block, "id", "name", "input") };
            case "tool_result" when block.String("tool_use_id"u8) is { Length: > 0 } callId:
                var content = block.Has("content"u8, out var value) ? ReadContent(value, place) : [];
                return new ToolResultPart(CallIds.FromMessages(callId), content, block.IsTrue("is_error"u8))
                {
                    Extras = Extras(json, block, "tool_use_id", "content", "is_error"),
                };
            case "thinking":
                return new ThinkingPart(json.Text(block, "thinking"u8) ?? default) { Signature = ForeignThought.Read(json.Text(block, "signature"u8) ?? default) };
            case "redacted_thinking" when json.Text(block, "data"u8) is { } data && ForeignThought.Read(data) is { } encrypted:
                return new RedactedThinkingPart(encrypted.Value, encrypted.Origin);
            default:
                return new VendorPart(type ?? "block", json.Slice(block));
        }
    }

    private MediaSource ReadSource(JsonElement source, Place place)
    {
        var type = source.String("type"u8);
        switch (type)
        {
            case "base64" when source.String("media_type"u8) is { } mediaType && json.Text(source, "data"u8) is { } data:
                if (!DataAddress.IsMediaType(mediaType)) losses.Fault($"{place}.source.media_type", "must be a media type, such as image/png");
                return new MediaSource.Base64(DataAddress.TypeOf(data.Inner, mediaType), data.Spelled[1..^1]);
            case "url" when json.Text(source, "url"u8) is { } address:
                return new MediaSource.Url(address);
            case "text" when json.Text(source, "data"u8) is { } text:
                return new MediaSource.Text(text);
            default:
                return new MediaSource.Vendor(type ?? "source", json.Slice(source));
        }
    }
}
