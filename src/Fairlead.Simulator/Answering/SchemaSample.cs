using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Fairlead.Simulator.Answering;

/// <summary>
/// A small JSON value that a schema allows: <c>const</c>, <c>enum</c>, <c>default</c>, types with their bounds, all properties of
/// objects, local <c>$ref</c>, the first of <c>anyOf</c> and <c>oneOf</c>. Patterns and conditions are not looked at.
/// </summary>
internal sealed class SchemaSample
{
    private const int MaxDepth = 32;
    private const long MaxBytes = 1024 * 1024;

    private readonly JsonElement _root;
    private readonly string _text;
    private readonly Utf8JsonWriter _json;

    private SchemaSample(JsonElement root, string text, Utf8JsonWriter json)
    {
        _root = root;
        _text = text;
        _json = json;
    }

    /// <summary>The value as compact JSON.</summary>
    /// <param name="schema">The schema; undefined for none, which is any object.</param>
    /// <param name="text">What strings say where the schema leaves it open.</param>
    public static string Of(JsonElement schema, string text)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonText.WriterOptions))
        {
            var sample = new SchemaSample(schema, text, json);
            if (schema.ValueKind == JsonValueKind.Object) sample.Write(schema, 0);
            else
            {
                json.WriteStartObject();
                json.WriteEndObject();
            }
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private void Write(JsonElement schema, int depth)
    {
        // Recursive and boundless schemas end here: null is the least wrong value.
        if (depth > MaxDepth || _json.BytesCommitted + _json.BytesPending > MaxBytes || schema.ValueKind != JsonValueKind.Object)
        {
            _json.WriteNullValue();
            return;
        }

        if (schema.TryGetProperty("$ref", out var reference) && Resolve(reference) is { } target) Write(target, depth + 1);
        else if (schema.TryGetProperty("const", out var only)) only.WriteTo(_json);
        else if (schema.TryGetProperty("enum", out var allowed) && First(allowed) is { } first) first.WriteTo(_json);
        else if (schema.TryGetProperty("default", out var usual)) usual.WriteTo(_json);
        else if (schema.TryGetProperty("anyOf", out var any) && First(any) is { } some) Write(some, depth + 1);
        else if (schema.TryGetProperty("oneOf", out var one) && First(one) is { } either) Write(either, depth + 1);
        else if (schema.TryGetProperty("allOf", out var all) && First(all) is { } part) Write(part, depth + 1);
        else WriteType(schema, depth);
    }

    private void WriteType(JsonElement schema, int depth)
    {
        switch (TypeOf(schema))
        {
            case "object": WriteObject(schema, depth); break;
            case "array": WriteArray(schema, depth); break;
            case "string": _json.WriteStringValue(Fitted(schema)); break;
            case "integer": _json.WriteNumberValue((long)Math.Ceiling(Least(schema, 1))); break;
            case "number": _json.WriteNumberValue(Least(schema, 0.5)); break;
            case "boolean": _json.WriteBooleanValue(true); break;
            default: _json.WriteNullValue(); break;
        }
    }

    private void WriteObject(JsonElement schema, int depth)
    {
        _json.WriteStartObject();
        if (schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in properties.EnumerateObject())
            {
                // Deep down only what must be there, so that a recursive schema closes.
                if (depth > 4 && !IsRequired(schema, property.Name)) continue;
                _json.WritePropertyName(property.Name);
                Write(property.Value, depth + 1);
            }
        }

        _json.WriteEndObject();
    }

    private void WriteArray(JsonElement schema, int depth)
    {
        var count = Number(schema, "minItems") is { } least ? Math.Clamp((int)Math.Min(least, 1_000), 0, 1_000) : depth > 4 ? 0 : 1;
        if (Number(schema, "maxItems") is { } most && most < count) count = (int)most;
        _json.WriteStartArray();
        if (schema.TryGetProperty("items", out var items))
        {
            for (var index = 0; index < count; index++) Write(items, depth + 1);
        }

        _json.WriteEndArray();
    }

    /// <summary>The text at a length the schema allows, in the form of its format.</summary>
    private string Fitted(JsonElement schema)
    {
        var text = schema.TryGetProperty("format", out var format) && format.ValueKind == JsonValueKind.String ? format.GetString() switch
        {
            "date-time" => "2026-01-31T12:00:00Z",
            "date" => "2026-01-31",
            "time" => "12:00:00Z",
            "email" => "someone@example.com",
            "uri" => "https://example.com/",
            "uuid" => "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
            _ => _text,
        } : _text;
        if (Number(schema, "minLength") is { } least && least > text.Length) text = text.PadRight((int)Math.Min(least, 10_000), 'x');
        if (Number(schema, "maxLength") is { } most && most < text.Length) text = text[..(int)Math.Max(0, most)];
        return text;
    }

    private static string TypeOf(JsonElement schema)
    {
        if (!schema.TryGetProperty("type", out var type)) return schema.TryGetProperty("properties", out _) ? "object" : schema.TryGetProperty("items", out _) ? "array" : "string";
        if (type.ValueKind == JsonValueKind.Array && First(type) is { } first) type = first;
        return type.ValueKind == JsonValueKind.String ? type.GetString()! : "null";
    }

    /// <summary>The preferred number, moved into the bounds.</summary>
    private static double Least(JsonElement schema, double preferred)
    {
        if (Number(schema, "minimum") is { } least && preferred < least) preferred = least;
        if (Number(schema, "exclusiveMinimum") is { } above && preferred <= above) preferred = above + 1;
        if (Number(schema, "maximum") is { } most && preferred > most) preferred = most;
        if (Number(schema, "exclusiveMaximum") is { } below && preferred >= below) preferred = below - 1;
        return Math.Clamp(preferred, -1e15, 1e15);
    }

    private static bool IsRequired(JsonElement schema, string name) =>
        schema.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.Array
        && required.EnumerateArray().Any(entry => entry.ValueKind == JsonValueKind.String && entry.ValueEquals(name));

    private static double? Number(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    private static JsonElement? First(JsonElement array)
    {
        if (array.ValueKind != JsonValueKind.Array) return null;
        foreach (var element in array.EnumerateArray()) return element;
        return null;
    }

    /// <summary>Follows <c>#/a/b</c> from the schema's root.</summary>
    private JsonElement? Resolve(JsonElement reference)
    {
        if (reference.ValueKind != JsonValueKind.String || reference.GetString() is not { } path || !path.StartsWith('#')) return null;
        var at = _root;
        foreach (var step in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal), out at)) return null;
        }

        return at;
    }
}
