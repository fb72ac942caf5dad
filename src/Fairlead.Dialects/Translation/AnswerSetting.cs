using Fairlead.Core.Execution;

namespace Fairlead.Dialects.Translation;

/// <summary>What an answer in another dialect than the vendor's needs beside what the vendor said.</summary>
public readonly record struct AnswerSetting
{
    /// <summary>Our id of the request: stands in where the vendor gave no id.</summary>
    public required string RequestId { get; init; }

    /// <summary>The target's model: stands in where the vendor names none.</summary>
    public required string Model { get; init; }

    /// <summary>
    /// What the client asked for as <c>model</c>. Anthropic's clients are answered by that name: coding agents drop the thoughts of an
    /// answer whose model is not the one they asked.
    /// </summary>
    public required string RequestedModel { get; init; }

    /// <summary>When the answer was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Tokens as estimated: for a dialect that must have counts, where the vendor tells none, or at its end alone.</summary>
    public required TokenUsage Estimate { get; init; }

    /// <summary>Whether the client asked for the usage of a stream.</summary>
    public bool IncludesUsage { get; init; }

    /// <summary>Whether calls are told in OpenAI's first form.</summary>
    public bool UsesFunctions { get; init; }
}
