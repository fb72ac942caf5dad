namespace Fairlead.Core.Tokens;

/// <summary>A model's bare name: what a router or a fine-tuning puts around it is taken off.</summary>
internal static class ModelName
{
    /// <summary>
    /// In lower case, without the vendor before the last slash (<c>openai/gpt-4o</c>), without the <c>ft:</c> of a fine-tuned model, and
    /// without a cloud's prefix of region and maker (<c>eu.anthropic.claude-…</c>).
    /// </summary>
    public static string Of(string model)
    {
        var name = model.AsSpan(model.LastIndexOf('/') + 1);
        if (name.StartsWith("ft:", StringComparison.OrdinalIgnoreCase)) name = name[3..];
        var claude = name.IndexOf("claude", StringComparison.OrdinalIgnoreCase);
        if (claude > 0) name = name[claude..];
        return name.ToString().ToLowerInvariant();
    }
}
