namespace Fairlead.Core.Tokens;

/// <summary>
/// What a family of models puts around a prompt, in tokens, as recorded answers show it, rounded up. A family that was never recorded
/// gets <see cref="Unknown"/>.
/// </summary>
internal sealed record EstimateRates
{
    /// <summary>Percent of the tokens that <see cref="TextEstimate"/> gives.</summary>
    public int TextPercent { get; private init; } = 100;

    /// <summary>Once per request, a prompt of the vendor's own included.</summary>
    public int PerRequest { get; private init; } = 5;

    /// <summary>Per message beside its text; a system text beside the messages is one too.</summary>
    public int PerMessage { get; private init; } = 3;

    /// <summary>Once when tools are offered: the vendor's instructions on how to call them.</summary>
    public int ToolsOnce { get; private init; }

    /// <summary>Per tool beside its name, description and schema.</summary>
    public int PerTool { get; private init; } = 10;

    /// <summary>Whether the tools stand in the prompt although none may be called.</summary>
    public bool ShowsForbiddenTools { get; private init; } = true;

    /// <summary>On top when some tool or one tool must be called.</summary>
    public int ForcedTool { get; private init; }

    /// <summary>Per call and per result beside name and input.</summary>
    public int PerCall { get; private init; } = 20;

    /// <summary>Once for a form of the answer beside its schema.</summary>
    public int FormatOnce { get; private init; } = 20;

    /// <summary>Once when thinking is asked for.</summary>
    public int ThinkingOnce { get; private init; }

    /// <summary>Once when a document is to be cited.</summary>
    public int CitationsOnce { get; private init; }

    /// <summary>How images are counted.</summary>
    public ImageRule Image { get; private init; } = ImageRule.Pixels(400, 800, 3000, 16);

    /// <summary>The most that is put around a prompt once, whatever it asks for, with a tenth more: what was recorded is not all that there is.</summary>
    /// <param name="hasTools">Whether tools are offered.</param>
    /// <param name="hasSchema">Whether the output must meet a schema.</param>
    public long MostAround(bool hasTools, bool hasSchema)
    {
        var most = PerRequest + ThinkingOnce + CitationsOnce + (hasTools ? Math.Max(0, ToolsOnce) + ForcedTool : 0) + (hasSchema ? FormatOnce : 0);
        return ((most * 11L) + 9) / 10;
    }

    /// <summary>The rates of a model.</summary>
    /// <param name="provider">The provider's name in the catalog; null when unknown.</param>
    /// <param name="name">The model's bare name.</param>
    public static EstimateRates For(string? provider, string name)
    {
        var rates = OfFamily(provider, name);
        // Venice puts a prompt of its own before every other, a shorter one where tools are offered.
        return provider == "venice" ? rates with { PerRequest = rates.PerRequest + 2330, ToolsOnce = rates.ToolsOnce - 1370 } : rates;
    }

    private static EstimateRates Unknown { get; } = new() { PerRequest = 42, ToolsOnce = 400, FormatOnce = 60 };

    /// <summary>Claude up to Sonnet 4, Opus 4 and 3.x.</summary>
    private static EstimateRates ClaudeBefore45 { get; } = new()
    {
        PerRequest = 7,
        ToolsOnce = 345,
        ForcedTool = 40,
        PerCall = 30,
        ThinkingOnce = 30,
        FormatOnce = 160,
        CitationsOnce = 610,
        Image = ImageRule.Pixels(750, 1, 1600, 8),
    };

    /// <summary>Claude 4.5 and 4.6.</summary>
    private static EstimateRates Claude45 { get; } = ClaudeBefore45 with { ToolsOnce = 505, ForcedTool = 95 };

    /// <summary>Claude Opus 4.7 and later, and the fifth generation: another tokenizer, up to 1.35 times as many tokens of a text, and larger images.</summary>
    private static EstimateRates Claude47 { get; } = Claude45 with { TextPercent = 135, Image = ImageRule.Pixels(750, 1, 4784, 8) };

    private static EstimateRates Llama { get; } = new() { PerRequest = 38, ToolsOnce = 170 };

    /// <summary>Its own prompt lists what it watches for.</summary>
    private static EstimateRates LlamaGuard { get; } = new() { PerRequest = 220, Image = ImageRule.Pixels(600, 160, 2700, 16) };

    private static EstimateRates Llama4 { get; } = new() { PerRequest = 20, ToolsOnce = 600, Image = ImageRule.Pixels(600, 160, 2700, 16) };

    private static EstimateRates Grok { get; } = new() { ToolsOnce = 140, Image = ImageRule.Pixels(392, 258, 1800, 8) };

    private static EstimateRates Gemini { get; } = new() { Image = ImageRule.Pixels(700, 258, 3000, 16) };

    private static EstimateRates Qwen { get; } = new() { PerRequest = 8, ToolsOnce = 80, Image = ImageRule.Pixels(700, 16, 16384, 16) };

    private static EstimateRates Qwen35 { get; } = Qwen with { ToolsOnce = 220 };

    private static EstimateRates Glm { get; } = new() { ToolsOnce = 70, Image = ImageRule.Pixels(784, 16, 8000, 16) };

    private static EstimateRates DeepSeek { get; } = new() { ToolsOnce = 210, ShowsForbiddenTools = false };

    private static EstimateRates Kimi { get; } = new() { ToolsOnce = 10 };

    private static EstimateRates Sonar { get; } = new();

    private static EstimateRates OfFamily(string? provider, string name)
    {
        if (name.StartsWith("claude", StringComparison.Ordinal)) return Claude(name);
        if (OpenAiRules.For(name) is { } rules) return new() { PerRequest = rules.PerRequest + 2, PerMessage = 4, ToolsOnce = rules.ToolsOnce + 12, FormatOnce = 30, Image = rules.Image };
        if (name.Contains("deepseek", StringComparison.Ordinal)) return DeepSeek;
        if (name.Contains("llama-guard", StringComparison.Ordinal)) return LlamaGuard;
        if (name.Contains("llama-4", StringComparison.Ordinal) || name.Contains("llama4", StringComparison.Ordinal)) return Llama4;
        if (name.Contains("llama", StringComparison.Ordinal)) return Llama;
        if (name.StartsWith("gemini", StringComparison.Ordinal)) return Gemini;
        if (name.StartsWith("qwen3.5", StringComparison.Ordinal) || name.StartsWith("qwen3-5", StringComparison.Ordinal)) return Qwen35;
        if (name.StartsWith("qwen", StringComparison.Ordinal) || name.StartsWith("qwq", StringComparison.Ordinal)) return Qwen;
        if (name.Contains("glm", StringComparison.Ordinal)) return Glm;
        if (name.StartsWith("kimi", StringComparison.Ordinal)) return Kimi;
        if (name.StartsWith("sonar", StringComparison.Ordinal)) return Sonar;
        if (!name.StartsWith("grok", StringComparison.Ordinal)) return Unknown;
        // xAI puts a prompt of its own before every other; Azure serves the model bare.
        if (provider == "azure") return Grok;
        return Grok with { PerRequest = name.StartsWith("grok-code", StringComparison.Ordinal) ? 200 : 152, ToolsOnce = 190 };
    }

    /// <summary>By the numbers in the name, whichever side of the kind they stand on: <c>claude-3-7-sonnet</c>, <c>claude-opus-4.7</c>.</summary>
    private static EstimateRates Claude(string name)
    {
        int? major = null, minor = null;
        foreach (var range in name.AsSpan().SplitAny('-', '.', '@'))
        {
            var piece = name.AsSpan()[range];
            // A date is no version.
            if (piece.Length > 2 || !int.TryParse(piece, out var number))
            {
                if (major is not null) break;
                continue;
            }

            if (major is null) major = number;
            else minor ??= number;
        }

        var version = (major ?? 99) * 100 + (minor ?? 0);
        if (version < 405) return ClaudeBefore45;
        return version < 407 ? Claude45 : Claude47;
    }
}
