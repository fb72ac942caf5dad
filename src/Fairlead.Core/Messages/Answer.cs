using Fairlead.Core.Execution;

namespace Fairlead.Core.Messages;

/// <summary>A model's whole answer in the form that no vendor owns. Immutable; texts and values point into the vendor's body.</summary>
public sealed record Answer
{
    /// <summary>The vendor's id; null when it gave none.</summary>
    public string? Id { get; init; }

    /// <summary>The model that answered; null when the vendor does not say.</summary>
    public string? Model { get; init; }

    /// <summary>Texts, thoughts, calls, refusals, in order.</summary>
    public required IReadOnlyList<Part> Parts { get; init; }

    /// <summary>Why it ended.</summary>
    public required Finish Finish { get; init; }

    /// <summary>What it cost in tokens; null when the vendor did not say, or not credibly.</summary>
    public TokenUsage? Usage { get; init; }
}

/// <summary>Why an answer ended.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="StopSequence">The text that ended it; null for none or when the vendor does not say.</param>
/// <param name="RefusalDetails">What the vendor says of a refusal, as JSON; null for nothing.</param>
public sealed record Finish(FinishReason Reason, JsonText? StopSequence = null, JsonSlice? RefusalDetails = null);

/// <summary>Reasons why an answer ends.</summary>
public enum FinishReason
{
    /// <summary>The model had said all.</summary>
    Stop = 0,

    /// <summary>One of the request's stop sequences came.</summary>
    StopSequence,

    /// <summary>The limit of output or of the window was reached.</summary>
    Length,

    /// <summary>Tools are to be called.</summary>
    ToolCalls,

    /// <summary>The model, or a filter of its vendor, refused.</summary>
    Refusal,

    /// <summary>The vendor paused a long turn that the client is to continue. It is not the end.</summary>
    Paused,

    /// <summary>A reason that this version does not know.</summary>
    Unknown,
}

/// <summary>
/// Receives an answer piece by piece, in canonical form. Pieces of text come as JSON spells them, without quotes, and may break
/// between any two bytes that JSON lets a text be broken at. Not safe for several threads.
/// </summary>
public interface IAnswerEvents
{
    /// <summary>The answer begins. Comes once, before anything else.</summary>
    /// <param name="id">The vendor's id; null for none.</param>
    /// <param name="model">The model; null when the vendor does not say.</param>
    void Begin(string? id, string? model);

    /// <summary>A piece of text.</summary>
    void Text(ReadOnlySpan<byte> spelled);

    /// <summary>A piece of a thought.</summary>
    void Thinking(ReadOnlySpan<byte> spelled);

    /// <summary>The signature of the thought before it.</summary>
    /// <param name="origin">Whose it is, as a dialect's name.</param>
    /// <param name="spelled">The signature.</param>
    void Signature(string origin, ReadOnlySpan<byte> spelled);

    /// <summary>A whole thought that only its vendor can read.</summary>
    /// <param name="origin">Whose it is, as a dialect's name.</param>
    /// <param name="spelled">The data.</param>
    void RedactedThinking(string origin, ReadOnlySpan<byte> spelled);

    /// <summary>A piece of a refusal's words.</summary>
    void Refusal(ReadOnlySpan<byte> spelled);

    /// <summary>A call begins.</summary>
    /// <param name="key">Names the call within this answer; later pieces of its input refer to it.</param>
    /// <param name="id">Its id; null when the vendor gives none.</param>
    /// <param name="name">The tool.</param>
    void ToolCall(int key, string? id, string name);

    /// <summary>A piece of a call's input: a piece of the text of a JSON object. Pieces of several calls may alternate.</summary>
    void ToolInput(int key, ReadOnlySpan<byte> spelled);

    /// <summary>Something came that the canonical form has no word for.</summary>
    /// <param name="what">Its type, for the list of what is lost.</param>
    void Unsupported(string what);
}
