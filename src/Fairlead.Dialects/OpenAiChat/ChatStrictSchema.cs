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
    /// <summary>Bytes of a schema that is still looked at: far more than the vendor takes.</summary>
    private const int MostBytes = 256 * 1024;

    /// <summary>Required names that are looked through one by one; more are put into a set.</summary>
    private const int FewNames = 8;

    private static readonly string[] Refused = ["allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties"];

    /// <summary>Whether a schema may be sent as strict.</summary>
    public static bool Takes(JsonSlice schema)
    {
        if (schema.Raw.Length > MostBytes) return false;
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
            if (!AreRequired(properties, required) || !properties.EnumerateObject().All(property => Takes(property.Value))) return false;
        }

        return schema.EnumerateObject().All(member => member.Name switch
        {
            "properties" or "const" or "enum" or "default" or "examples" => true,
            "$defs" or "definitions" when member.Value.ValueKind == JsonValueKind.Object => member.Value.EnumerateObject().All(named => Takes(named.Value)),
            _ => !Refused.AsSpan().Contains(member.Name) && Takes(member.Value),
        });
    }

    private static bool AreRequired(JsonElement properties, JsonElement required)
    {
        var names = required.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String);
        if (required.GetArrayLength() <= FewNames) return properties.EnumerateObject().All(property => names.Any(name => name.ValueEquals(property.Name)));
        var set = names.Select(name => name.GetString()!).ToHashSet(StringComparer.Ordinal);
        return properties.EnumerateObject().All(property => set.Contains(property.Name));
    }
}
