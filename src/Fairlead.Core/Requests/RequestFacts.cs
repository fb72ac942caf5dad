namespace Fairlead.Core.Requests;

/// <summary>
/// What the peek and admission know of a request: the inputs of planning, and part of its record. Holds no text of the prompt.
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

    /// <summary>An upper bound of the prompt's tokens: its bytes (no tokenizer in use makes more tokens than bytes).</summary>
    public required long PromptTokensBound { get; init; }

    /// <summary>Bytes of the client's body.</summary>
    public required long BodyBytes { get; init; }
}
