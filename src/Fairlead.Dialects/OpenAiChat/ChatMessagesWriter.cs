using System.Text.Json;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>Writes turns as messages of the dialect: results each in one of their own, thoughts where the vendor takes them.</summary>
internal readonly ref struct ChatMessagesWriter(Utf8JsonWriter json, TranslationLosses losses, ThoughtReplay thoughts, Conversation conversation, ModelFacts facts, PrefillForm prefill)
{
    private readonly bool _isOwn = conversation.Dialect == DialectNames.OpenAiChat;

    private bool TakesSigned => thoughts == ThoughtReplay.Details || _isOwn;

    /// <summary>Writes all turns.</summary>
    public void Write()
    {
        if (!_isOwn && prefill == PrefillForm.None && conversation.Messages is [.., { Role: Role.Assistant } last]) losses.Refuse(last.Place.ToString(), "an answer that is begun"); // SEMANTICS 9
        foreach (var message in conversation.Messages) Write(message);
    }

    private void Write(Message message)
    {
        if (!_isOwn) ListExtras(message);
        switch (message.Role)
        {
            case Role.System or Role.Developer:
                Open(message, message.Role == Role.System ? "system"u8 : "developer"u8);
                if (_isOwn) WriteContent(message.Parts);
                else WriteTexts(message.Parts, "\\n\\n"u8);
                json.WriteEndObject();
                break;
            case Role.Assistant:
                WriteAssistant(message);
                break;
            default:
                WriteUser(message);
                break;
        }
    }

    private void Open(Message message, ReadOnlySpan<byte> role)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, role);
        if (message.Name is { } name) json.WriteText("name"u8, name);
        if (_isOwn) json.WriteParameters(message.Extras);
    }

    private void WriteUser(Message message)
    {
        foreach (var part in message.Parts)
        {
            if (part is ToolResultPart result) WriteResult(result);
        }

        if (message.Parts.Count > 0 && message.Parts.All(part => part is ToolResultPart)) return;
        Open(message, "user"u8);
        WriteContent(message.Parts);
        json.WriteEndObject();
    }

    private void WriteResult(ToolResultPart result)
    {
        if (!_isOwn) ListExtras(result.Content);
        if (result.IsError) losses.Lose($"{result.Place}.is_error");
        foreach (var part in result.Content)
        {
            if (part is not TextPart) losses.Refuse(result.Place.ToString(), part switch { ImagePart => "image in a result", DocumentPart => "document in a result", VendorPart vendor => vendor.Type, _ => null }); // SEMANTICS 33
        }

        json.WriteStartObject();
        json.WriteString("role"u8, "tool"u8);
        json.WriteString("tool_call_id"u8, result.CallId);
        if (_isOwn) WriteContent(result.Content);
        else WriteTexts(result.Content, "\\n"u8);
        if (_isOwn && result.CacheMark is { } mark) json.WriteSlice("cache_control"u8, mark);
        json.WriteEndObject();
    }

    private void WriteAssistant(Message message)
    {
        var texts = new List<Part>(1);
        List<Part>? calls = null;
        VendorPart? audio = null;
        JsonText? refusal = null;
        foreach (var part in message.Parts)
        {
            switch (part)
            {
                case TextPart { Text.IsEmpty: false }:
                    texts.Add(part);
                    break;
                case TextPart or ThinkingPart or RedactedThinkingPart:
                    break;
                case ToolCallPart call:
                    (calls ??= []).Add(call);
                    break;
                case RefusalPart words:
                    refusal = words.Text;
                    break;
                case VendorPart { Place.Part: < 0, Type: "audio" } vendor when _isOwn:
                    audio = vendor;
                    break;
                case VendorPart { Place.Part: < 0 } vendor when _isOwn:
                    (calls ??= []).Add(vendor);
                    break;
                default:
                    losses.Refuse(part.Place.ToString(), (part as VendorPart)?.Type);
                    break;
            }
        }

        var sent = Sendable(message.Parts);
        if (!_isOwn && texts.Count == 0 && calls is null && refusal is null && sent.Count == 0) return; // nothing of it is left
        Open(message, "assistant"u8);
        if (texts.Count == 0) json.WriteNull("content"u8); // SEMANTICS 7
        else if (_isOwn) WriteContent(texts);
        else WriteTexts(texts, default);
        if (refusal is { } said) json.WriteText("refusal"u8, said);
        WriteThoughts(sent, calls is not null);
        if (calls is not null) WriteCalls(calls);
        if (audio is not null) json.WriteSlice("audio"u8, audio.Raw);
        if (prefill == PrefillForm.Prefix && ReferenceEquals(message, conversation.Messages[^1])) json.WriteBoolean("prefix"u8, true);
        json.WriteEndObject();
    }

    private void WriteCalls(List<Part> calls)
    {
        json.WriteStartArray("tool_calls"u8);
        foreach (var part in calls)
        {
            if (part is not ToolCallPart call)
            {
                json.WriteRawValue(((VendorPart)part).Raw.Span, skipInputValidation: true);
                continue;
            }

            json.WriteStartObject();
            json.WriteString("id"u8, call.Id);
            json.WriteString("type"u8, "function"u8);
            json.WriteStartObject("function"u8);
            json.WriteString("name"u8, call.Name);
            json.WriteString("arguments"u8, call.Input.Span);
            json.WriteEndObject();
            if (_isOwn && call.CacheMark is { } mark) json.WriteSlice("cache_control"u8, mark);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Thoughts go back where the vendor takes them, and only those it could have thought itself unless it keeps their signatures apart.</summary>
    private List<Part> Sendable(IReadOnlyList<Part> parts)
    {
        var sent = new List<Part>();
        foreach (var part in parts)
        {
            if (part is not (ThinkingPart or RedactedThinkingPart)) continue;
            var isOpen = part is ThinkingPart { Signature: null };
            if (isOpen ? thoughts != ThoughtReplay.None || _isOwn : TakesSigned) sent.Add(part);
            else losses.Lose(conversation.Names.Thoughts);
        }

        return sent;
    }

    private void WriteThoughts(List<Part> sent, bool hasCalls)
    {
        if (TakesSigned && sent.Exists(part => part is not ThinkingPart { Signature: null })) ChatThoughts.WriteDetails(json, sent);
        else if (sent.Count > 0) WriteThoughtText(sent);
        else if (hasCalls && thoughts == ThoughtReplay.Required) json.WriteString("reasoning_content"u8, ""u8); // SEMANTICS 46
    }

    private void WriteThoughtText(List<Part> sent)
    {
        json.WritePropertyName("reasoning_content"u8);
        json.WriteRawValue(Joined(sent.Select(part => ((ThinkingPart)part).Text), default), skipInputValidation: true);
    }

    /// <summary>Texts as one text: many compatible servers take no array outside user turns.</summary>
    private void WriteTexts(IReadOnlyList<Part> parts, ReadOnlySpan<byte> separator)
    {
        foreach (var part in parts)
        {
            if (part is not TextPart) losses.Refuse(part.Place.ToString(), (part as VendorPart)?.Type);
        }

        json.WritePropertyName("content"u8);
        if (parts is [TextPart only]) json.WriteTextValue(only.Text);
        else json.WriteRawValue(Joined(parts.OfType<TextPart>().Select(part => part.Text), separator), skipInputValidation: true);
    }

    private static byte[] Joined(IEnumerable<JsonText> texts, ReadOnlySpan<byte> separator)
    {
        var joined = new MemoryStream();
        joined.WriteByte((byte)'"');
        foreach (var text in texts)
        {
            if (joined.Length > 1) joined.Write(separator);
            joined.Write(text.Inner);
        }

        joined.WriteByte((byte)'"');
        return joined.ToArray();
    }

    private void WriteContent(IReadOnlyList<Part> parts)
    {
        var plain = parts.Where(part => part is not ToolResultPart).ToArray();
        if (plain is [TextPart { CacheMark: null } only] && (!_isOwn || only.Place.Part < 0))
        {
            json.WriteText("content"u8, only.Text);
            return;
        }

        json.WriteStartArray("content"u8);
        foreach (var part in plain) WritePart(part);
        json.WriteEndArray();
    }

    private void WritePart(Part part)
    {
        switch (part)
        {
            case TextPart text:
                WriteTextPart(text.Text, part);
                break;
            case ImagePart { Source: not MediaSource.Vendor } image when facts.Vision != false || _isOwn:
                json.WriteStartObject();
                json.WriteString("type"u8, "image_url"u8);
                json.WriteStartObject("image_url"u8);
                if (image.Source is MediaSource.Url url) json.WriteText("url"u8, url.Address);
                else if (image.Source is MediaSource.Base64 bytes) WriteData("url"u8, bytes);
                if (image.Detail is { } detail) json.WriteString("detail"u8, detail);
                json.WriteEndObject();
                End(part);
                break;
            case DocumentPart { Source: MediaSource.Text text } titled:
                if (titled.Title is { IsEmpty: false }) losses.Lose($"{part.Place}.title");
                WriteTextPart(text.Value, part);
                break;
            case DocumentPart { Source: MediaSource.Vendor file } when _isOwn:
                json.WriteStartObject();
                json.WriteString("type"u8, "file"u8);
                json.WriteSlice("file"u8, file.Raw);
                End(part);
                break;
            case DocumentPart { Source: MediaSource.Base64 bytes } document when _isOwn || bytes.MediaType == "application/pdf":
                json.WriteStartObject();
                json.WriteString("type"u8, "file"u8);
                json.WriteStartObject("file"u8);
                if ((document.Title ?? (_isOwn ? null : JsonText.Of("document.pdf"))) is { } title) json.WriteText("filename"u8, title);
                WriteData("file_data"u8, bytes);
                json.WriteEndObject();
                End(part);
                break;
            case VendorPart vendor when _isOwn:
                json.WriteRawValue(vendor.Raw.Span, skipInputValidation: true);
                break;
            default:
                losses.Refuse(part.Place.ToString(), (part as VendorPart)?.Type ?? (part as ImagePart)?.Source.GetType().Name.ToLowerInvariant());
                break;
        }
    }

    private void WriteTextPart(JsonText text, Part part)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "text"u8);
        json.WriteText("text"u8, text);
        End(part);
    }

    private void WriteData(ReadOnlySpan<byte> name, MediaSource.Base64 bytes)
    {
        json.WritePropertyName(name);
        json.WriteRawValue((byte[])[.. "\"data:"u8, .. System.Text.Encoding.ASCII.GetBytes(bytes.MediaType), .. ";base64,"u8, .. bytes.Data.Span, (byte)'"'], skipInputValidation: true);
    }

    private void End(Part part)
    {
        if (_isOwn)
        {
            if (part.CacheMark is { } mark) json.WriteSlice("cache_control"u8, mark);
            json.WriteParameters(part.Extras);
        }

        json.WriteEndObject();
    }

    private void ListExtras(Message message)
    {
        foreach (var extra in message.Extras) losses.Drop($"{message.Place}.{extra.Name}", extra.ChangesMeaning);
        ListExtras(message.Parts);
    }

    private void ListExtras(IReadOnlyList<Part> parts)
    {
        foreach (var part in parts)
        {
            if (part.CacheMark is not null) losses.Lose("cache_control");
            foreach (var extra in part.Extras) losses.Drop($"{part.Place}.{extra.Name}", extra.ChangesMeaning);
        }
    }
}
