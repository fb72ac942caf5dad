using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>What OpenAI's strict output takes: every object closed, every property required (SEMANTICS 66).</summary>
internal static class ChatStrictSchema
{
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
        if (hasProperties)
        {
            if (!schema.TryGetProperty("additionalProperties"u8, out var others) || others.ValueKind != JsonValueKind.False) return false;
            if (!schema.TryGetProperty("required"u8, out var required) || required.ValueKind != JsonValueKind.Array) return false;
            foreach (var property in properties.EnumerateObject())
            {
                if (!required.EnumerateArray().Any(name => name.ValueKind == JsonValueKind.String && name.ValueEquals(property.Name)) || !Takes(property.Value)) return false;
            }
        }

        return schema.EnumerateObject().All(member => member.Name is "properties" or "const" or "enum" or "default" or "examples" || Takes(member.Value));
    }
}
