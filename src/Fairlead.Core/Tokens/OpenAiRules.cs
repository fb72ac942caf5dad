namespace Fairlead.Core.Tokens;

/// <summary>What OpenAI's models put around a prompt, and how they count images. Fitted to recorded answers unless a source is named.</summary>
/// <param name="Encoding">The tokenizer.</param>
internal sealed record OpenAiRules(TokenEncoding Encoding)
{
    /// <summary>Tokens of a message beside its text: three marks and the role. OpenAI cookbook, "How to count tokens with tiktoken".</summary>
    public int PerMessage { get; private init; } = 4;

    /// <summary>Tokens before the answer; the models that reason have one fewer.</summary>
    public int PerRequest { get; private init; } = 3;

    /// <summary>Tokens around all tools together when no system message stands before them.</summary>
    public int ToolsOnce { get; private init; } = 9;

    /// <summary>What a tool has beside its signature.</summary>
    public int PerTool { get; private init; }

    /// <summary>What tools or a schema share with a system message: the marks of the message they stand in.</summary>
    public int SharedWithSystem { get; private init; } = 4;

    /// <summary>Tokens around a schema when neither system message nor tools stand before it.</summary>
    public int SchemaOnce { get; private init; } = 7;

    /// <summary>Tokens of a call and of the result's mark beside name, input and result.</summary>
    public int PerCall { get; private init; } = 12;

    /// <summary>What each of several calls in one message has on top.</summary>
    public int PerParallelCall { get; private init; } = 2;

    /// <summary>Whether hosts differ in what they put around a prompt, so that the count is an estimate; thoughts may stand in it too.</summary>
    public bool HasManyHosts { get; private init; }

    /// <summary>How images are counted.</summary>
    public ImageRule Image { get; private init; } = ImageRule.Tiles(85, 170);

    /// <summary>The rules of a model; null when its tokenizer is not known.</summary>
    /// <param name="name">The bare name.</param>
    public static OpenAiRules? For(string name)
    {
        if (name.StartsWith("gpt-oss", StringComparison.Ordinal)) return OpenWeights;
        if (name.StartsWith("gpt-4o", StringComparison.Ordinal) || name.StartsWith("chatgpt-4o", StringComparison.Ordinal))
        {
            if (name.Contains("search", StringComparison.Ordinal)) return Search;
            return name.Contains("mini", StringComparison.Ordinal) ? Chat with { Image = ImageRule.Tiles(2833, 5667) } : Chat;
        }

        if (name.StartsWith("gpt-4.1", StringComparison.Ordinal)) return Chat with { SchemaOnce = 1, SharedWithSystem = 0, Image = SmallerImage(name, Chat.Image, 1.62) };
        if (name.StartsWith("gpt-4.5", StringComparison.Ordinal)) return Chat;
        if (name.StartsWith("gpt-5", StringComparison.Ordinal)) return Reasoning with { Image = SmallerImage(name, ImageOfGpt5(name), 1.62) };
        if (IsSeries(name, "o1") || IsSeries(name, "o3")) return Reasoning with { Image = ImageRule.Tiles(75, 150) };
        if (IsSeries(name, "o4")) return Reasoning with { Image = ImageRule.Patches(1.72) };
        if (name.StartsWith("gpt-4", StringComparison.Ordinal) || name.StartsWith("gpt-3.5", StringComparison.Ordinal) || name.StartsWith("gpt-35", StringComparison.Ordinal)) return Older;
        return null;
    }

    private static OpenAiRules Chat { get; } = new(TokenEncoding.O200k);

    private static OpenAiRules Older { get; } = new(TokenEncoding.Cl100k);

    /// <summary>The models that search report the tokens of the texts alone.</summary>
    private static OpenAiRules Search { get; } = Chat with { PerMessage = 0, PerRequest = 0 };

    private static OpenAiRules Reasoning { get; } = Chat with
    {
        PerRequest = 2,
        ToolsOnce = 92,
        PerTool = -1,
        SharedWithSystem = 0,
        SchemaOnce = 3,
        PerParallelCall = 0,
    };

    /// <summary>
    /// Served by many hosts, each with a template of its own: the tokenizer is theirs too, the marks are what the dearest of them adds.
    /// All begin with the system message of the harmony format.
    /// </summary>
    private static OpenAiRules OpenWeights { get; } = Chat with
    {
        HasManyHosts = true,
        PerRequest = 96,
        ToolsOnce = 25,
        SharedWithSystem = 0,
        SchemaOnce = 45,
    };

    private static bool IsSeries(string name, string series) =>
        name.StartsWith(series, StringComparison.Ordinal) && (name.Length == series.Length || name[series.Length] == '-');

    /// <summary>"Images and vision" in OpenAI's guide: tiles of 70 and 140 for the first; two recordings of gpt-5.4 show patches.</summary>
    private static ImageRule ImageOfGpt5(string name) => name.StartsWith("gpt-5.", StringComparison.Ordinal) ? ImageRule.Patches(1.2, 1) : ImageRule.Tiles(70, 140);

    private static ImageRule SmallerImage(string name, ImageRule full, double mini)
    {
        if (name.Contains("nano", StringComparison.Ordinal)) return ImageRule.Patches(2.46);
        return name.Contains("mini", StringComparison.Ordinal) ? ImageRule.Patches(mini) : full;
    }
}
