using Fairlead.Core.Messages;

namespace Fairlead.Core.Tokens;

/// <summary>Counts the tokens of a prompt. Safe for several threads: it keeps nothing but the tokenizers' tables.</summary>
/// <remarks>
/// OpenAI's models are counted by their own tokenizer, all others by an estimate that leans upwards. Both take time in proportion to the
/// prompt; how large a prompt may be is the caller's limit. The first count by a tokenizer loads its table: about a quarter of a second
/// and 40 MB, once per process and table.
/// </remarks>
public static class PromptTokens
{
    /// <summary>The tokens of a prompt for a model.</summary>
    /// <param name="conversation">The request. The bytes it points to must still be there.</param>
    /// <param name="provider">
    /// The provider's name in the catalog, such as <c>azure</c> or <c>xai</c>; null when unknown. Some vendors put a prompt of their own
    /// in front of a model's that others serve bare.
    /// </param>
    /// <param name="model">The model as the provider names it: <c>gpt-4o</c>, <c>openai/gpt-4o</c>, <c>claude-sonnet-4-5</c>.</param>
    public static PromptTokenCount Count(Conversation conversation, string? provider, string model)
    {
        var name = ModelName.Of(model);
        return OpenAiRules.For(name) is { } rules
            ? new OpenAiPrompt(rules).Count(conversation)
            : new(PromptEstimate.Of(conversation, EstimateRates.For(provider, name)), PromptTokenBasis.Estimate);
    }

    /// <summary>The same by arithmetic alone, for every model: no table is loaded, a text is read once and nothing is allocated for it.</summary>
    /// <param name="conversation">The request.</param>
    /// <param name="provider">The provider's name in the catalog; null when unknown.</param>
    /// <param name="model">The model as the provider names it.</param>
    public static PromptTokenCount Estimate(Conversation conversation, string? provider, string model) =>
        new(PromptEstimate.Of(conversation, EstimateRates.For(provider, ModelName.Of(model))), PromptTokenBasis.Estimate);
}
