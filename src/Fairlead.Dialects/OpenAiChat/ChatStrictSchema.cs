using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>
/// What OpenAI's strict output takes: every object closed, every property required, and no keyword that it has no grammar for
/// (SEMANTICS 66). https://platform.openai.com/docs/guides/structured-outputs
/// </summary>
internal static class ChatStrictSchema
{
    private static readonly string[] Refused = ["allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties"];

    /// <summary>Whether a schema may be sent as strict.</summary>
    public static bool Takes(JsonSlice schema)
    {
        using var body = JsonBody.ParseAnswer(schema.Raw);
        return Takes(body.Root);
    }

    private static bool Takes(JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.Array) return schema.EnumerateArray().All(Takes);
        if (schema.ValueKind != JsonValueKind.Object) return true;
        var hasProperties = schema.TryGetProperty("properties"u8, out var properties) && properties.ValueKind == JsonValueKind.Object;
        if (hasProperties || (schema.TryGetProperty("type"u8, out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("object"u8)))
        {
            if (!schema.TryGetProperty("additionalProperties"u8, out var others) || others.ValueKind != JsonValueKind.False) return false;
        }

        if (hasProperties)
        {
            if (!schema.TryGetProperty("required"u8, out var required) || required.ValueKind != JsonValueKind.Array) return false;
            foreach (var property in properties.EnumerateObject())
            {
                if (!required.EnumerateArray().Any(name => name.ValueKind == JsonValueKind.String && name.ValueEquals(property.Name)) || !Takes(property.Value)) return false;
            }
        }

        return schema.EnumerateObject().All(member => member.Name switch
        {
            "properties" or "const" or "enum" or "default" or "examples" => true,
            "$defs" or "definitions" when member.Value.ValueKind == JsonValueKind.Object => member.Value.EnumerateObject().All(named => Takes(named.Value)),
            _ => !Refused.AsSpan().Contains(member.Name) && Takes(member.Value),
        });
    }
}
