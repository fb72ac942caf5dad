using System.Runtime.InteropServices;
using System.Text.Json;
using Fairlead.Core.Messages;

namespace Fairlead.Dialects.Translation;

/// <summary>
/// A JSON body as a tree over its own bytes: texts and values are taken out as slices, never decoded. Dispose frees the tree, not the slices.
/// </summary>
internal readonly struct JsonBody : IDisposable
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 256, AllowDuplicateProperties = false };

    private static readonly JsonDocumentOptions AnswerOptions = new() { MaxDepth = 256 };

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly JsonDocument _document;

    private JsonBody(ReadOnlyMemory<byte> bytes, JsonDocument document)
    {
        _bytes = bytes;
        _document = document;
    }

    /// <summary>The outermost value.</summary>
    public JsonElement Root => _document.RootElement;

    /// <summary>Reads a client's body; no object in it may have a member twice.</summary>
    /// <exception cref="JsonException">It is not JSON, too deep, or has a member twice.</exception>
    public static JsonBody Parse(ReadOnlyMemory<byte> bytes) => new(bytes, JsonDocument.Parse(bytes, Options));

    /// <summary>Reads a client's request by way of its tree; null when it is refused, with the reason in <paramref name="losses"/>.</summary>
    public static Conversation? ReadRequest(ReadOnlyMemory<byte> body, TranslationLosses losses, Func<JsonBody, TranslationLosses, Conversation> read)
    {
        try
        {
            using var json = Parse(body);
            var conversation = read(json, losses);
            return losses.Refusal is null ? conversation : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            losses.Fault("body", "is not JSON that every parser reads alike");
            return null;
        }
    }

    /// <summary>Reads a vendor's answer: a member that it has twice is its own affair.</summary>
    /// <exception cref="JsonException">It is not JSON, or too deep.</exception>
    public static JsonBody ParseAnswer(ReadOnlyMemory<byte> bytes) => new(bytes, JsonDocument.Parse(bytes, AnswerOptions));

    /// <summary>A value of the body as its own bytes.</summary>
    public JsonSlice Slice(JsonElement value) => new(Bytes(value));

    /// <summary>A text of the body as it is spelled; empty for any other value.</summary>
    public JsonText Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? new JsonText(Bytes(value)) : default;

    /// <summary>A text member that says something; null when it is not there, no text, or empty.</summary>
    public JsonText? Said(JsonElement within, ReadOnlySpan<byte> name) => Text(within, name) is { IsEmpty: false } text ? text : null;

    /// <summary>A text member of an object; null when it is not there or no text.</summary>
    public JsonText? Text(JsonElement within, ReadOnlySpan<byte> name) =>
        within.Has(name, out var value) && value.ValueKind == JsonValueKind.String ? Text(value) : null;

    /// <summary>A member of an object as its own bytes; null when it is not there or null.</summary>
    public JsonSlice? Slice(JsonElement within, ReadOnlySpan<byte> name) =>
        within.Has(name, out var value) ? Slice(value) : null;

    /// <summary>Members of an object beside those that are known, where they say something: null does not.</summary>
    /// <param name="within">The object.</param>
    /// <param name="prefix">What stands before their names: the path within the part that they are of.</param>
    /// <param name="known">Names of those that are read.</param>
    public IReadOnlyList<Parameter> Others(JsonElement within, string prefix, params ReadOnlySpan<string> known)
    {
        List<Parameter>? others = null;
        if (within.ValueKind != JsonValueKind.Object) return [];
        foreach (var member in within.EnumerateObject())
        {
            var value = member.Value;
            if (known.Contains(member.Name) || value.ValueKind == JsonValueKind.Null) continue;
            (others ??= []).Add(new Parameter(prefix + member.Name, Slice(value), ChangesMeaning: false));
        }

        return others ?? (IReadOnlyList<Parameter>)[];
    }

    /// <summary>Where a value of the body starts.</summary>
    public int OffsetOf(JsonElement value)
    {
        _bytes.Span.Overlaps(JsonMarshal.GetRawUtf8Value(value), out var offset);
        return offset;
    }

    public void Dispose() => _document.Dispose();

    private ReadOnlyMemory<byte> Bytes(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        return _bytes.Span.Overlaps(raw, out var offset) ? _bytes.Slice(offset, raw.Length) : raw.ToArray();
    }
}

/// <summary>Short ways to what a member holds.</summary>
internal static class JsonElements
{
    /// <summary>The decoded text of a member; null when it is not there or no text.</summary>
    public static string? String(this JsonElement within, ReadOnlySpan<byte> name) =>
        within.ValueKind == JsonValueKind.Object && within.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A member that is there and not null.</summary>
    public static bool Has(this JsonElement within, ReadOnlySpan<byte> name, out JsonElement value)
    {
        value = default;
        return within.ValueKind == JsonValueKind.Object && within.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
    }

    /// <summary>Whether a member is <c>true</c>.</summary>
    public static bool IsTrue(this JsonElement within, ReadOnlySpan<byte> name) =>
        within.ValueKind == JsonValueKind.Object && within.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>A member that is <c>true</c> or <c>false</c>; null for anything else.</summary>
    public static bool? Flag(this JsonElement within, ReadOnlySpan<byte> name) =>
        within.Has(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null;
}
