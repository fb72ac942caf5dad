using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary>A compiled schema or subschema. Not changed once its document is compiled.</summary>
internal sealed class SchemaNode(SchemaResource resource)
{
    /// <summary>The part of the document that names within it belong to.</summary>
    public SchemaResource Resource { get; } = resource;

    /// <summary>What a schema <c>true</c> or <c>false</c> says; null for an object.</summary>
    public bool? Always { get; init; }

    /// <summary>In the order in which they are asked: those that ask what others have seen come last.</summary>
    public Keyword[] Keywords { get; set; } = [];

    /// <summary>Whether a keyword asks what the others have seen.</summary>
    public bool AsksWhatWasSeen { get; set; }
}

/// <summary>A document, or a part of one with an <c>$id</c> of its own: what anchors and relative references count from.</summary>
internal sealed class SchemaResource(string uri)
{
    /// <summary>Absolute, without a fragment.</summary>
    public string Uri { get; } = uri;

    /// <summary>Its outermost schema.</summary>
    public SchemaNode? Root { get; set; }

    /// <summary>Schemas by <c>$anchor</c> and <c>$dynamicAnchor</c>.</summary>
    public Dictionary<string, SchemaNode> Anchors { get; } = new(StringComparer.Ordinal);

    /// <summary>Those by <c>$dynamicAnchor</c> alone.</summary>
    public Dictionary<string, SchemaNode> DynamicAnchors { get; } = new(StringComparer.Ordinal);
}

/// <summary>One keyword of a schema, or several that read the same members. Without state of a validation; safe for any number of threads.</summary>
/// <param name="name">As it stands in the schema.</param>
internal abstract class Keyword(string name)
{
    /// <summary>As it stands in the schema.</summary>
    protected string Name { get; } = name;

    /// <summary>Whether it asks what the others have seen: worthless once one of them is not met.</summary>
    public virtual bool AsksWhatWasSeen => false;

    /// <summary>Whether a value meets it. Where it does not, it tells the run why.</summary>
    /// <param name="run">The validation.</param>
    /// <param name="value">The value.</param>
    /// <param name="seen">Takes which members and items it has looked at; null where nobody asks.</param>
    public abstract bool Holds(ValidationRun run, JsonElement value, Seen? seen);
}
