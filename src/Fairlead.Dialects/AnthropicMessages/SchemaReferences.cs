using System.Text.Json;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Where the references of a schema lead: only within it, and never back to where they stand.</summary>
internal static class SchemaReferences
{
    /// <summary>References within references: no schema that a model can follow has more.</summary>
    private const int MostNested = 64;

    /// <summary>Whether a schema can be written out without references.</summary>
    public static bool AreFinite(JsonElement schema) => AreFinite(schema, schema, [], []);

    private static bool AreFinite(JsonElement at, JsonElement root, HashSet<string> open, HashSet<string> followed)
    {
        if (at.ValueKind == JsonValueKind.Array) return at.EnumerateArray().All(one => AreFinite(one, root, open, followed));
        if (at.ValueKind != JsonValueKind.Object) return true;
        foreach (var member in at.EnumerateObject())
        {
            if (member.Name is "$defs" or "definitions" or "const" or "enum" or "default" or "examples") continue; // followed where they are referred to, or data
            if (member.Name != "$ref" || member.Value.ValueKind != JsonValueKind.String)
            {
                if (!AreFinite(member.Value, root, open, followed)) return false;
                continue;
            }

            var reference = member.Value.GetString()!;
            if (followed.Contains(reference)) continue; // once each, else a few lines could keep us busy for ever
            if (open.Count == MostNested || Find(reference, root) is not { } found || !open.Add(reference) || !AreFinite(found, root, open, followed)) return false;
            open.Remove(reference);
            followed.Add(reference);
        }

        return true;
    }

    /// <summary>What <c>#/$defs/name</c> names; null for the whole schema itself, for what is not there, and for what stands elsewhere.</summary>
    private static JsonElement? Find(string reference, JsonElement root)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal)) return null;
        var at = root;
        foreach (var step in reference[2..].Split('/'))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal), out at)) return null;
        }

        return at;
    }
}
