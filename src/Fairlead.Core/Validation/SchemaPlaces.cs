using System.Globalization;
using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary>Where the schemas of one document stand: by JSON pointer, and resources by their address.</summary>
internal sealed class SchemaPlaces
{
    /// <summary>The address of a document that gives itself none.</summary>
    public const string FirstUri = "schema://document/";

    private readonly Dictionary<string, SchemaNode> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SchemaResource> _resources = new(StringComparer.Ordinal);
    private readonly Dictionary<SchemaResource, (JsonElement Schema, string Pointer)> _beginnings = [];

    /// <summary>The schema at a pointer from the document's root; null for none that is compiled.</summary>
    public SchemaNode? Find(string pointer) => _nodes.GetValueOrDefault(pointer);

    public void Add(string pointer, SchemaNode node) => _nodes.Add(pointer, node);

    /// <summary>A resource begins; false when one of its address has begun before.</summary>
    public bool Begin(SchemaResource resource, SchemaNode root, JsonElement schema, string pointer)
    {
        resource.Root = root;
        _beginnings.Add(resource, (schema, pointer));
        return _resources.TryAdd(resource.Uri, resource);
    }

    /// <summary>The resource of an address; null for none in the document.</summary>
    public SchemaResource? Resource(string uri) => _resources.GetValueOrDefault(uri);

    /// <summary>Follows a pointer from a resource's root; null where it leads nowhere.</summary>
    public (JsonElement Schema, string Pointer, SchemaResource Resource)? Follow(SchemaResource resource, string pointer)
    {
        var (at, place) = _beginnings[resource];
        foreach (var step in pointer[1..].Split('/'))
        {
            var name = step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind == JsonValueKind.Object)
            {
                if (!at.TryGetProperty(name, out at)) return null;
            }
            else if (at.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < at.GetArrayLength())
            {
                at = at[index];
            }
            else
            {
                return null;
            }

            place = Child(place, name);
            if (Find(place) is { } node) resource = node.Resource;
        }

        return (at, place, resource);
    }

    public static string Child(string pointer, string name) =>
        pointer + "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    public static string Child(string pointer, int index) => pointer + "/" + index.ToString(CultureInfo.InvariantCulture);

    /// <summary>An address seen from another one, without its fragment; null when it is none.</summary>
    public static string? Combine(string from, string address)
    {
        var hash = address.IndexOf('#', StringComparison.Ordinal);
        if (hash >= 0) address = address[..hash];
        return Uri.TryCreate(new Uri(from), address, out var uri) ? uri.AbsoluteUri : null;
    }
}
