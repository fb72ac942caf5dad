namespace Fairlead.Dialects.Streaming;

/// <summary>How far a stream of a dialect has come, as far as whoever goes on with it must know.</summary>
/// <param name="Id">The answer's id, as the client was told it; null for none.</param>
/// <param name="Model">The model, as the client was told it; null for none.</param>
/// <param name="CreatedAt">When the answer was made, as OpenAI's chunks say it; null where they do not.</param>
/// <param name="Block">Of Anthropic's blocks the open one's index, else the index that the next one has.</param>
/// <param name="IsTextOpen">Whether a block of text is open.</param>
public readonly record struct StreamPosition(string? Id, string? Model, DateTimeOffset? CreatedAt, int Block, bool IsTextOpen);
