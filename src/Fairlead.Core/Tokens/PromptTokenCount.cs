namespace Fairlead.Core.Tokens;

/// <summary>How many tokens a prompt has, said before a vendor has counted it.</summary>
/// <param name="Tokens">Tokens of the whole prompt: texts, tools, images, and what the vendor puts around them. Cached ones are among them.</param>
/// <param name="Basis">How it was found.</param>
public readonly record struct PromptTokenCount(long Tokens, PromptTokenBasis Basis)
{
    /// <summary>Whether it is an estimate from above and not the count of the model's own tokenizer.</summary>
    public bool IsEstimate => Basis == PromptTokenBasis.Estimate;
}

/// <summary>How a prompt's tokens were found.</summary>
public enum PromptTokenBasis
{
    /// <summary>By arithmetic over characters, leaning upwards.</summary>
    Estimate = 0,

    /// <summary>
    /// Every text by the model's own tokenizer. What the vendor puts around messages, tools and schemas is not public and follows a rule
    /// that was fitted to recorded answers; images follow the vendor's published arithmetic. A part that no rule covers (an image at an
    /// address, a document's pages, sound) makes the count an <see cref="Estimate"/>, and so does a model whose hosts differ.
    /// </summary>
    Tokenizer,
}
