using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary><c>$ref</c>.</summary>
internal sealed class ReferenceKeyword() : Keyword("$ref")
{
    /// <summary>What it points to; there once the document is compiled.</summary>
    public SchemaNode? Target { get; set; }

    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen) => run.Holds(Target!, value, seen, Name);
}

/// <summary>
/// <c>$dynamicRef</c>: where it points to a dynamic anchor, the outermost one of that name counts, of all resources that the way here
/// has led through (JSON Schema 2020-12, core, section 8.2.3.2).
/// </summary>
internal sealed class DynamicReferenceKeyword() : Keyword("$dynamicRef")
{
    /// <summary>What it points to as it is written; there once the document is compiled.</summary>
    public SchemaNode? Target { get; set; }

    /// <summary>The name to look for; null where it points to no dynamic anchor.</summary>
    public string? Anchor { get; set; }

    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen) =>
        run.Holds((Anchor is null ? null : run.FindDynamic(Anchor)) ?? Target!, value, seen, Name);
}
