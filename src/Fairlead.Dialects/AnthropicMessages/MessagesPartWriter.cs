using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Fairlead.Core.Catalog;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Writes turns and their blocks.</summary>
internal readonly ref struct MessagesPartWriter(Utf8JsonWriter json, TranslationLosses losses, Conversation conversation, ModelFacts facts)
{
    private readonly bool _isOwn = conversation.Dialect == DialectNames.AnthropicMessages;

    /// <summary>Writes a turn.</summary>
    public void Write(MessagesTurn turn)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, turn.Role switch { Role.Assistant => "assistant"u8, Role.User => "user"u8, _ => "system"u8 });
        if (turn.Parts is [TextPart { CacheMark: null, Extras.Count: 0 } only])
        {
            json.WriteText("content"u8, only.Text);
        }
        else
        {
            json.WriteStartArray("content"u8);
            foreach (var part in turn.Parts) WritePart(part, turn.Role);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Writes one block of a turn; one that the dialect has no word for refuses.</summary>
    public void WritePart(Part part, Role role)
    {
        switch (part)
        {
            case TextPart text:
                WriteText(text.Text, part);
                break;
            case RefusalPart refusal:
                WriteText(refusal.Text, part);
                break;
            case ImagePart image when role != Role.Assistant && (facts.Vision != false || _isOwn):
                if (image.Detail is not (null or "auto")) losses.Lose($"{image.Place}.image_url.detail");
                WriteMedia("image"u8, image.Source, part, null);
                break;
            case DocumentPart document when role != Role.Assistant:
                WriteMedia("document"u8, document.Source, part, document.Title);
                break;
            case ToolCallPart call:
                json.WriteStartObject();
                json.WriteString("type"u8, "tool_use"u8);
                json.WriteString("id"u8, CallIds.ToMessages(call.Id));
                json.WriteString("name"u8, call.Name);
                json.WriteSlice("input"u8, call.Input);
                End(part);
                break;
            case ToolResultPart result:
                WriteResult(result);
                break;
            case ThinkingPart { Signature: { } signature } thought:
                json.WriteStartObject();
                json.WriteString("type"u8, "thinking"u8);
                json.WriteText("thinking"u8, thought.Text);
                json.WriteText("signature"u8, signature.Value);
                End(part);
                break;
            case RedactedThinkingPart redacted:
                json.WriteStartObject();
                json.WriteString("type"u8, "redacted_thinking"u8);
                json.WriteText("data"u8, redacted.Data);
                End(part);
                break;
            case VendorPart vendor when _isOwn:
                json.WriteRawValue(vendor.Raw.Span, skipInputValidation: true);
                break;
            default:
                losses.Refuse(part.Place.ToString(), part is ImagePart ? "image" : (part as VendorPart)?.Type);
                break;
        }
    }

    private void WriteText(JsonText text, Part part)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "text"u8);
        json.WriteText("text"u8, text);
        End(part);
    }

    private void WriteResult(ToolResultPart result)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "tool_result"u8);
        json.WriteString("tool_use_id"u8, CallIds.ToMessages(result.CallId));
        if (result.Content is [TextPart { CacheMark: null, Extras.Count: 0 } only])
        {
            json.WriteText("content"u8, only.Text);
        }
        else if (result.Content.Count > 0)
        {
            json.WriteStartArray("content"u8);
            foreach (var part in result.Content)
            {
                if (part is not TextPart text || !text.Text.IsBlank()) WritePart(part, Role.User);
            }

            json.WriteEndArray();
        }

        if (result.IsError) json.WriteBoolean("is_error"u8, true);
        End(result);
    }

    private void WriteMedia(ReadOnlySpan<byte> type, MediaSource source, Part part, JsonText? title)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        if (source is MediaSource.Vendor vendor && _isOwn) json.WriteSlice("source"u8, vendor.Raw);
        else WriteSource(source, part);
        if (title is { } named) json.WriteText("title"u8, named);
        End(part);
    }

    private void WriteSource(MediaSource source, Part part)
    {
        json.WriteStartObject("source"u8);
        switch (source)
        {
            case MediaSource.Base64 { MediaType: "text/plain" } text when part is DocumentPart:
                if (TextOf(text.Data.Span) is { } words) WriteTextSource(words);
                else losses.Fault(part.Place.ToString(), "must hold its bytes in base64");
                break;
            case MediaSource.Base64 bytes when _isOwn || part is ImagePart || bytes.MediaType == "application/pdf":
                json.WriteString("type"u8, "base64"u8);
                json.WriteString("media_type"u8, bytes.MediaType);
                json.WriteText("data"u8, new JsonText((byte[])[(byte)'"', .. bytes.Data.Span, (byte)'"']));
                break;
            case MediaSource.Url url:
                json.WriteString("type"u8, "url"u8);
                json.WriteText("url"u8, url.Address);
                break;
            case MediaSource.Text text:
                WriteTextSource(text.Value);
                break;
            default:
                losses.Refuse(part.Place.ToString(), source is MediaSource.Vendor other ? other.Type : (source as MediaSource.Base64)?.MediaType);
                break;
        }

        json.WriteEndObject();
    }

    /// <summary>The text that base64 holds; null when it is none, or in another encoding than UTF-8.</summary>
    private static JsonText? TextOf(ReadOnlySpan<byte> base64)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        return Base64.DecodeFromUtf8(base64, bytes, out _, out var length) == OperationStatus.Done && Utf8.IsValid(bytes.AsSpan(0, length)) ? JsonText.Of(Encoding.UTF8.GetString(bytes, 0, length)) : null;
    }

    private void WriteTextSource(JsonText text)
    {
        json.WriteString("type"u8, "text"u8);
        json.WriteString("media_type"u8, "text/plain"u8);
        json.WriteText("data"u8, text);
    }

    /// <summary>Ends a block with what may stand on any.</summary>
    private void End(Part part)
    {
        if (part.CacheMark is { } mark) json.WriteSlice("cache_control"u8, mark);
        if (_isOwn) json.WriteParameters(part.Extras);
        else foreach (var extra in part.Extras) losses.Drop($"{part.Place}.{extra.Name}", extra.ChangesMeaning);
        json.WriteEndObject();
    }
}
