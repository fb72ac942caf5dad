namespace Fairlead.Core.Messages;

/// <summary>Something that the model may call.</summary>
public abstract record Tool
{
    private protected Tool()
    {
    }

    /// <summary>Its index among the client's tools.</summary>
    public required int Index { get; init; }

    /// <summary>A mark that asks to cache the prompt up to here; null for none.</summary>
    public JsonSlice? CacheMark { get; init; }

    /// <summary>Members that only the client's dialect has.</summary>
    public IReadOnlyList<Parameter> Extras { get; init; } = [];
}

/// <summary>A function of the client.</summary>
/// <param name="Name">Its name.</param>
public sealed record FunctionTool(string Name) : Tool
{
    /// <summary>What it does; null when not said.</summary>
    public JsonText? Description { get; init; }

    /// <summary>A JSON Schema of its input; null for a function without any.</summary>
    public JsonSlice? Schema { get; init; }

    /// <summary>Whether the vendor is to guarantee that input meets the schema; null when not said.</summary>
    public bool? IsStrict { get; init; }
}

/// <summary>A tool that only the client's dialect knows: one that the vendor runs, or whose form it defines.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Raw">The whole tool.</param>
public sealed record VendorTool(string Type, JsonSlice Raw) : Tool;

/// <summary>Which tool is to be called.</summary>
/// <param name="Kind">Any, none, one, or this one.</param>
/// <param name="Name">The function's name, with <see cref="ToolChoiceKind.Named"/>.</param>
/// <param name="Raw">The whole member, with <see cref="ToolChoiceKind.Vendor"/>.</param>
public sealed record ToolChoice(ToolChoiceKind Kind, string? Name = null, JsonSlice Raw = default);

/// <summary>Kinds of <see cref="ToolChoice"/>.</summary>
public enum ToolChoiceKind
{
    /// <summary>As the model sees fit.</summary>
    Auto = 0,

    /// <summary>No tool.</summary>
    None,

    /// <summary>At least one tool.</summary>
    Required,

    /// <summary>This tool.</summary>
    Named,

    /// <summary>Something that only the client's dialect can say.</summary>
    Vendor,
}
