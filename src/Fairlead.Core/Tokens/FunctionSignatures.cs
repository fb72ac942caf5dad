using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Core.Messages;

namespace Fairlead.Core.Tokens;

/// <summary>
/// Tools as OpenAI's models see them: a namespace of TypeScript signatures. The form is not documented for the hosted models; it follows
/// the one that OpenAI publishes for its open models (openai/harmony) where recorded counts agree with it.
/// </summary>
internal static class FunctionSignatures
{
    /// <summary>The namespace with every function.</summary>
    public static string Of(IEnumerable<FunctionTool> tools)
    {
        var text = new StringBuilder("namespace functions {\n\n");
        foreach (var tool in tools)
        {
            if (tool.Description is { IsEmpty: false } description) Comment(text, Decode(description));
            text.Append("type ").Append(tool.Name).Append(" = (");
            using (var schema = Parse(tool.Schema))
            {
                if (schema is null) text.Append(") => any;\n\n");
                else if (HasProperties(schema.RootElement)) Properties(text.Append("_: {\n"), schema.RootElement).Append("}) => any;\n\n");
                else text.Append(") => any;\n\n");
            }
        }

        return text.Append("} // namespace functions").ToString();
    }

    /// <summary>A schema without what the vendor takes out of it before the model sees it.</summary>
    /// <returns>JSON without white space; null when the schema is not to be read.</returns>
    public static byte[]? Bare(JsonSlice schema)
    {
        using var document = Parse(schema);
        if (document is null) return null;
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) Bare(writer, document.RootElement, isSchema: true);
        return stream.ToArray();
    }

    private static StringBuilder Properties(StringBuilder text, JsonElement schema)
    {
        var required = Required(schema);
        foreach (var property in schema.GetProperty("properties").EnumerateObject())
        {
            var value = property.Value;
            if (TextOf(value, "title") is { } title) Comment(text, title).Append("//\n");
            if (TextOf(value, "description") is { } description) Comment(text, description);
            text.Append(property.Name);
            if (!required.Contains(property.Name)) text.Append('?');
            var isUnion = IsObject(value) && value.TryGetProperty("anyOf", out var union) && union.ValueKind == JsonValueKind.Array;
            text.Append(isUnion ? ":\n" : ": ");
            Type(text, value).Append(',');
            if (IsObject(value) && value.TryGetProperty("default", out var standard)) text.Append(" // default: ").Append(standard.GetRawText());
            text.Append('\n');
        }

        return text;
    }

    private static StringBuilder Type(StringBuilder text, JsonElement schema)
    {
        if (!IsObject(schema)) return text.Append("any");
        if (schema.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array) return Joined(text, values, static (text, value) => text.Append(value.GetRawText()));
        if (schema.TryGetProperty("anyOf", out var union) && union.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in union.EnumerateArray())
            {
                Type(text.Append(" | "), one);
                if (TextOf(one, "format") is { } format) text.Append(" // ").Append(format);
                text.Append('\n');
            }

            return text;
        }

        if (!schema.TryGetProperty("type", out var type)) return text.Append("any");
        if (type.ValueKind == JsonValueKind.Array) return Joined(text, type, static (text, one) => text.Append(one.ToString()));
        switch (type.ToString())
        {
            case "integer" or "number":
                return text.Append("number");
            case "array":
                return schema.TryGetProperty("items", out var items) ? Type(text, items).Append("[]") : text.Append("any[]");
            case "object":
                return HasProperties(schema) ? Properties(text.Append("{\n"), schema).Append('}') : text.Append("object");
            case var named:
                return text.Append(named);
        }
    }

    private static StringBuilder Joined(StringBuilder text, JsonElement values, Action<StringBuilder, JsonElement> append)
    {
        var isFirst = true;
        foreach (var value in values.EnumerateArray())
        {
            if (!isFirst) text.Append(" | ");
            isFirst = false;
            append(text, value);
        }

        return text;
    }

    private static void Bare(Utf8JsonWriter writer, JsonElement value, bool isSchema)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    if (isSchema && member.Name is ("additionalProperties" or "required")) continue;
                    writer.WritePropertyName(member.Name);
                    Bare(writer, member.Value, !isSchema || member.Name is not ("properties" or "$defs" or "definitions"));
                }

                writer.WriteEndObject();
                return;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Bare(writer, item, isSchema);
                writer.WriteEndArray();
                return;
            default:
                value.WriteTo(writer);
                return;
        }
    }

    private static StringBuilder Comment(StringBuilder text, string comment) => text.Append("// ").Append(comment).Append('\n');

    private static JsonDocument? Parse(JsonSlice? schema)
    {
        if (schema is not { Raw.IsEmpty: false } given) return null;
        try
        {
            return JsonDocument.Parse(SpelledText.Whole(given.Raw));
        }
        catch (JsonException)
        {
            // Deeper than the reader goes, or not JSON: the vendor will say so.
            return null;
        }
    }

    private static bool IsObject(JsonElement value) => value.ValueKind == JsonValueKind.Object;

    private static bool HasProperties(JsonElement schema) =>
        IsObject(schema) && schema.TryGetProperty("properties", out var properties) && IsObject(properties) && properties.EnumerateObject().MoveNext();

    private static HashSet<string> Required(JsonElement schema) =>
        schema.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.Array
            ? required.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()!).ToHashSet(StringComparer.Ordinal)
            : [];

    private static string? TextOf(JsonElement schema, string name)
    {
        if (!IsObject(schema) || !schema.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String) return null;
        var raw = value.GetRawText();
        return raw.Length <= 2 ? null : Decode(new JsonText(Encoding.UTF8.GetBytes(raw)));
    }

    private static string Decode(JsonText text)
    {
        var characters = new char[text.Inner.Length];
        return new string(characters, 0, SpelledText.Decode(text.Inner, characters));
    }
}
