using System.Text;
using System.Text.Json;

namespace Fairlead.Simulator.Answering;

/// <summary>What the vendor reads of a request, in whatever dialect. Its elements live as long as the document they came from.</summary>
internal abstract record ModelRequest
{
    private protected const int MaxTokensEver = 1_000_000;

    public required string Model { get; init; }

    public bool IsStream { get; init; }

    public int Choices { get; init; } = 1;

    /// <summary>The client's limit, per choice; null for none.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>By the counting rule of <see cref="TokenRule"/>.</summary>
    public int PromptTokens { get; init; }

    /// <summary>The text of the last user message; empty for none.</summary>
    public string LastUserText { get; init; } = "";

    /// <summary>Whether the last message brings a tool's result.</summary>
    public bool AnswersTool { get; init; }

    /// <summary>The tools offered, in order: name and schema of their parameters.</summary>
    public IReadOnlyList<(string Name, JsonElement Parameters)> Tools { get; init; } = [];

    /// <summary>auto, none, required, or null with a name in <see cref="DemandedTool"/>.</summary>
    public string? ToolChoice { get; init; } = "auto";

    public string? DemandedTool { get; init; }

    public bool AllowsParallelCalls { get; init; } = true;

    /// <summary>text, json_object or json_schema.</summary>
    public string ResponseFormat { get; init; } = "text";

    public JsonElement Schema { get; init; }

    /// <summary>A message's text: a string, or the text parts of an array.</summary>
    private protected static string Text(JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.String) return content.GetString()!;
        if (content.ValueKind != JsonValueKind.Array) return "";
        var text = new StringBuilder();
        foreach (var part in content.EnumerateArray())
        {
            if (part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out var piece) && piece.ValueKind == JsonValueKind.String) text.Append(piece.GetString());
        }

        return text.ToString();
    }

    private protected static bool? Flag(JsonElement parent, string name) => !parent.TryGetProperty(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        _ => throw new UnreadableException($"Invalid type for '{name}': expected a boolean.", name),
    };

    private protected static int? Count(JsonElement parent, string name, int most)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 1 && count <= most) return count;
        throw new UnreadableException($"Invalid value for '{name}': expected an integer between 1 and {most}.", name);
    }
}

/// <summary>Leaves the reading of a request that is not one.</summary>
internal sealed class UnreadableException(string message, string? member) : Exception(message)
{
    public string? Member => member;
}
