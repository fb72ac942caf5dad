using System.Buffers;
using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>
/// What Anthropic's structured output takes of JSON Schema (SEMANTICS 63): no bounds on numbers, lengths and counts, every object
/// closed, no schema within itself, and only so many choices. An object of any members has no closed form: closed it would be <c>{}</c>
/// and nothing else (61). A property that happens to be called like a keyword is data (65).
/// https://docs.claude.com/en/docs/build-with-claude/structured-outputs
/// </summary>
internal static class MessagesStrictSchema
{
    /// <summary>Bytes of a schema that is still looked at: far more than the vendor takes.</summary>
    private const int MostBytes = 256 * 1024;

    private static readonly string[] Refused =
    [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "maxItems", "uniqueItems", "minProperties", "maxProperties",
        "patternProperties", "propertyNames", "contains", "if", "then", "else", "not", "dependentRequired", "dependentSchemas", "prefixItems",
    ];

    /// <summary>Members whose values are objects of schemas by name.</summary>
    private static readonly string[] ByName = ["properties", "$defs", "definitions"];

    /// <summary>Members whose values are data.</summary>
    private static readonly string[] Data = ["const", "enum", "default", "examples", "required", "description", "title"];

    /// <summary>The first keyword that a schema holds and the vendor refuses, or what else is wrong with it; null when there is nothing.</summary>
    public static string? UnsupportedIn(JsonSlice schema)
    {
        if (schema.Raw.Length > MostBytes) return "too large";
        using var body = JsonBody.ParseAnswer(schema.Raw);
        return UnsupportedIn(body.Root) ?? (SchemaReferences.AreFinite(body.Root) ? null : "$ref");
    }

    /// <summary>The choices that a schema leaves.</summary>
    public static StrictSize SizeOf(JsonSlice schema)
    {
        using var body = JsonBody.ParseAnswer(schema.Raw);
        var size = default(StrictSize);
        Measure(body.Root, ref size);
        return size;
    }

    /// <summary>The same schema with every object closed: whatever meets it meets the open one.</summary>
    public static JsonSlice Closed(JsonSlice schema)
    {
        using var body = JsonBody.ParseAnswer(schema.Raw);
        if (IsClosed(body.Root)) return schema;
        var closed = new ArrayBufferWriter<byte>(schema.Raw.Length + 256);
        using (var json = JsonWriting.Open(closed)) WriteClosed(json, body.Root);
        return new JsonSlice(closed.WrittenMemory);
    }

    private static string? UnsupportedIn(JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in schema.EnumerateArray())
            {
                if (UnsupportedIn(one) is { } found) return found;
            }
        }

        if (schema.ValueKind != JsonValueKind.Object) return null;
        foreach (var member in schema.EnumerateObject())
        {
            if (Refused.AsSpan().Contains(member.Name)) return member.Name;
            if (member.Name == "minItems" && member.Value.ValueKind == JsonValueKind.Number && member.Value.GetDouble() > 1) return member.Name;
            if (member.Name == "additionalProperties" && member.Value.ValueKind is JsonValueKind.Object or JsonValueKind.True) return member.Name;
            if (Data.AsSpan().Contains(member.Name)) continue;
            if (ByName.AsSpan().Contains(member.Name) && member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var named in member.Value.EnumerateObject())
                {
                    if (UnsupportedIn(named.Value) is { } found) return found;
                }
            }
            else if (UnsupportedIn(member.Value) is { } found)
            {
                return found;
            }
        }

        return IsFreeForm(schema) ? "additionalProperties" : null;
    }

    private static void Measure(JsonElement schema, ref StrictSize size)
    {
        if (schema.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in schema.EnumerateArray()) Measure(one, ref size);
        }

        if (schema.ValueKind != JsonValueKind.Object) return;
        if (schema.TryGetProperty("anyOf"u8, out _) || (schema.TryGetProperty("type"u8, out var type) && type.ValueKind == JsonValueKind.Array)) size = size with { Unions = size.Unions + 1 };
        if (schema.TryGetProperty("properties"u8, out var properties) && properties.ValueKind == JsonValueKind.Object)
        {
            var required = schema.TryGetProperty("required"u8, out var names) && names.ValueKind == JsonValueKind.Array ? names.EnumerateArray().Count() : 0;
            size = size with { Optional = size.Optional + Math.Max(0, properties.EnumerateObject().Count() - required) };
        }

        foreach (var member in schema.EnumerateObject())
        {
            if (Data.AsSpan().Contains(member.Name)) continue;
            if (!ByName.AsSpan().Contains(member.Name) || member.Value.ValueKind != JsonValueKind.Object) Measure(member.Value, ref size);
            else foreach (var named in member.Value.EnumerateObject()) Measure(named.Value, ref size);
        }
    }

    private static bool IsObjectSchema(JsonElement schema) =>
        schema.TryGetProperty("properties"u8, out _) || (schema.TryGetProperty("type"u8, out var type) && (IsObjectType(type) || (type.ValueKind == JsonValueKind.Array && type.EnumerateArray().Any(IsObjectType))));

    private static bool IsObjectType(JsonElement type) => type.ValueKind == JsonValueKind.String && type.ValueEquals("object"u8);

    /// <summary>An object that says nothing of its properties and that its client left open.</summary>
    private static bool IsFreeForm(JsonElement schema) =>
        IsObjectSchema(schema)
        && !(schema.TryGetProperty("properties"u8, out var properties) && properties.ValueKind == JsonValueKind.Object)
        && !(schema.TryGetProperty("additionalProperties"u8, out var others) && others.ValueKind == JsonValueKind.False);

    private static bool IsClosed(JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.Array) return schema.EnumerateArray().All(IsClosed);
        if (schema.ValueKind != JsonValueKind.Object) return true;
        if (IsObjectSchema(schema) && !schema.TryGetProperty("additionalProperties"u8, out _)) return false;
        return schema.EnumerateObject().All(member => Data.AsSpan().Contains(member.Name)
            || (ByName.AsSpan().Contains(member.Name) && member.Value.ValueKind == JsonValueKind.Object ? member.Value.EnumerateObject().All(named => IsClosed(named.Value)) : IsClosed(member.Value)));
    }

    private static void WriteClosed(Utf8JsonWriter json, JsonElement schema)
    {
        switch (schema.ValueKind)
        {
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var one in schema.EnumerateArray()) WriteClosed(json, one);
                json.WriteEndArray();
                break;
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in schema.EnumerateObject()) WriteClosed(json, member);
                if (IsObjectSchema(schema) && !schema.TryGetProperty("additionalProperties"u8, out _)) json.WriteBoolean("additionalProperties"u8, false);
                json.WriteEndObject();
                break;
            default:
                json.WriteRaw(schema);
                break;
        }
    }

    private static void WriteClosed(Utf8JsonWriter json, JsonProperty member)
    {
        json.WritePropertyName(member.Name);
        if (Data.AsSpan().Contains(member.Name))
        {
            json.WriteRaw(member.Value);
        }
        else if (ByName.AsSpan().Contains(member.Name) && member.Value.ValueKind == JsonValueKind.Object)
        {
            json.WriteStartObject();
            foreach (var named in member.Value.EnumerateObject())
            {
                json.WritePropertyName(named.Name);
                WriteClosed(json, named.Value);
            }

            json.WriteEndObject();
        }
        else
        {
            WriteClosed(json, member.Value);
        }
    }
}
