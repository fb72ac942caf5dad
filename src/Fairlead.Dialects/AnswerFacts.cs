using Fairlead.Core.Execution;
using Fairlead.Dialects.Errors;

namespace Fairlead.Dialects;

/// <summary>What is read of a whole JSON answer. The bytes themselves go to the client as they are.</summary>
public readonly record struct AnswerFacts
{
    /// <summary>The vendor's id of the answer; null when it gave none.</summary>
    public string? Id { get; internal init; }

    /// <summary>The model that answered; null when the vendor does not say.</summary>
    public string? Model { get; internal init; }

    /// <summary>The reported usage; null when missing or not credible, which is never zero.</summary>
    public TokenUsage? Usage { get; internal init; }

    /// <summary>The usage was there, and cannot be true.</summary>
    public bool UsageIsAbsurd { get; internal init; }

    /// <summary>What of it is to be noted, though it is no failure.</summary>
    public AnswerNotes Notes { get; internal init; }

    /// <summary>An error that came with status 200; null for an answer.</summary>
    public UpstreamFailure? Error { get; internal init; }
}
