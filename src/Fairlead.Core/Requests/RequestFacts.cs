using System.Collections.Immutable;
using Fairlead.Core.Classification;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Requests;

/// <summary>
/// What the peek and admission know of a request: the inputs of planning, and part of its record. Holds no text of the prompt itself:
/// <see cref="Content"/> reads it from the body, when a rule asks and for as long as the body is there.
/// </summary>
public sealed record RequestFacts
{
    /// <summary>Our id of the request.</summary>
    public required string RequestId { get; init; }

    /// <summary>When it was accepted. Planning knows no other clock.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>Who asks.</summary>
    public required Caller Caller { get; init; }

    /// <summary>What is asked: <c>chat</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>The client's dialect: <c>openai-chat</c>.</summary>
    public required string Dialect { get; init; }

    /// <summary>What the client sent as <c>model</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Whether a stream is asked for.</summary>
    public required bool IsStream { get; init; }

    /// <summary>The client's limit of output tokens; null when it gave none.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>How many answers are asked for (<c>n</c>).</summary>
    public int Choices { get; init; } = 1;

    /// <summary>Whether tools are offered.</summary>
    public bool HasTools { get; init; }

    /// <summary>Whether the output must meet a JSON Schema.</summary>
    public bool HasSchema { get; init; }

    /// <summary>Whether answering it leaves something behind at the vendor: it is not sent twice where the first may have been processed.</summary>
    public bool HasEffects { get; init; }

    /// <summary>An upper bound of the prompt's tokens: its bytes (no tokenizer in use makes more tokens than bytes).</summary>
    public required long PromptTokensBound { get; init; }

    /// <summary>Bytes of the client's body.</summary>
    public required long BodyBytes { get; init; }

    /// <summary>The template that the application made the prompt from, as claimed; null when it does not say.</summary>
    public string? Template { get; init; }

    /// <summary>How long the caller is ready to wait, as claimed: for rules; nothing is cut off by it. Null when it does not say.</summary>
    public TimeSpan? LatencyBudget { get; init; }

    /// <summary>What the request may cost at most, as claimed; null when it does not say.</summary>
    public Usd? MaxCost { get; init; }

    /// <summary>The workload: what the caller claims; once the request is classified, what else was found.</summary>
    public WorkloadGuess Workload { get; init; } = WorkloadGuess.None;

    /// <summary>The sensitivity labels that the caller adds and, once the request is classified, those of rules: ordinal order, each once.</summary>
    public ImmutableArray<string> Sensitivity { get; init; } = [];

    /// <summary>What rules may read of the body. Required, so that no rule is asked of an empty prompt by mistake.</summary>
    public required IRequestContent Content { get; init; }
}
