using System.Text.Json;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Where the references of a schema lead: only within it, and never back to where they stand.</summary>
internal sealed class SchemaReferences
{
    /// <summary>Values within values, references followed: as deep as a body may be, and no schema that a model can follow is deeper.</summary>
    private const int MostNested = 256;

    private readonly Place _root;
    private readonly HashSet<string> _open = [];
    private readonly HashSet<string> _followed = [];

    private SchemaReferences(JsonElement schema) => _root = new Place(schema);

    /// <summary>Whether a schema can be written out without references. Takes time in proportion to it.</summary>
    public static bool AreFinite(JsonElement schema) => new SchemaReferences(schema).AreFinite(schema, 0);

    private bool AreFinite(JsonElement at, int depth)
    {
        if (depth > MostNested) return false;
        if (at.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in at.EnumerateArray())
            {
                if (!AreFinite(one, depth + 1)) return false;
            }
        }

        if (at.ValueKind != JsonValueKind.Object) return true;
        foreach (var member in at.EnumerateObject())
        {
            if (member.Name is "$defs" or "definitions" or "const" or "enum" or "default" or "examples") continue; // followed where they are referred to, or data
            if (member.Name == "$ref" && member.Value.ValueKind == JsonValueKind.String)
            {
                if (!IsFinite(member.Value.GetString()!, depth)) return false;
            }
            else if (member.Name == "properties" && member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var property in member.Value.EnumerateObject())
                {
                    if (!AreFinite(property.Value, depth + 2)) return false;
                }
            }
            else if (!AreFinite(member.Value, depth + 1))
            {
                return false;
            }
        }

        return true;
    }

    private bool IsFinite(string reference, int depth)
    {
        if (_followed.Contains(reference)) return true; // once each, else a few lines could keep us busy for ever
        if (Find(reference) is not { } found || !_open.Add(reference) || !AreFinite(found, depth + 1)) return false;
        _open.Remove(reference);
        _followed.Add(reference);
        return true;
    }

    /// <summary>What <c>#/$defs/name</c> names; null for the whole schema itself, for what is not there, and for what stands elsewhere.</summary>
    private JsonElement? Find(string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal)) return null;
        var at = _root;
        foreach (var step in reference[2..].Split('/'))
        {
            at = at.Member(step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
            if (at is null) return null;
        }

        return at.Value;
    }

    /// <summary>A value that references lead to or through; its members are read once, however many of them are referred to.</summary>
    private sealed class Place(JsonElement value)
    {
        private Dictionary<string, Place>? _members;

        public JsonElement Value => value;

        public Place? Member(string name) => (_members ??= Read()).GetValueOrDefault(name);

        private Dictionary<string, Place> Read()
        {
            var members = new Dictionary<string, Place>(StringComparer.Ordinal);
            if (value.ValueKind != JsonValueKind.Object) return members;
            foreach (var member in value.EnumerateObject()) members[member.Name] = new Place(member.Value);
            return members;
        }
    }
}
