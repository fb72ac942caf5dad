namespace Fairlead.Dialects.Tests.Semantics;

/// <summary>Rules that do not touch these two dialects yet, and where they belong. A rule leaves the table when its test comes.</summary>
internal static class LaterRules
{
    public static IReadOnlyDictionary<int, string> Why { get; } = new Dictionary<int, string>
    {
        [4] = "no target can be told yet that its template takes no system role",
        [12] = "Mistral's own grammar of ids",
        [13] = "Gemini",
        [14] = "Gemini",
        [15] = "Gemini",
        [34] = "Gemini",
        [44] = "Gemini",
        [45] = "Gemini",
        [47] = "Responses",
        [62] = "Gemini",
        [79] = "Gemini",
        [94] = "Bedrock",
        [95] = "Gemini",
        [97] = "Responses",
        [98] = "Responses",
        [104] = "Bedrock",
        [111] = "Gemini",
        [116] = "embeddings",
        [117] = "embeddings",
        [118] = "embeddings",
        [119] = "embeddings",
        [120] = "Responses",
        [122] = "Vertex and Bedrock",
    };
}
