using Fairlead.Core.Execution;

namespace Fairlead.Dialects.Errors;

/// <summary>Why a vendor's answer is not one. Immutable.</summary>
/// <param name="Class">The failure class, from the body's code first and the status second.</param>
public sealed record UpstreamFailure(FailureClass Class)
{
    /// <summary>The vendor's own code, bounded; null when it gave none, or one that only says that the request is wrong.</summary>
    public string? Code { get; init; }

    /// <summary>The vendor's own words, bounded. For the log, and scrubbed for the client where the fault is the client's.</summary>
    public string? Message { get; init; }

    /// <summary>The member of the request that the vendor names; null when it names none.</summary>
    public string? Param { get; init; }

    /// <summary>
    /// Whether it may well be about something in the request rather than about the target: a file or server that the client named is not
    /// there. It leads on, and says nothing of the target's health.
    /// </summary>
    public bool IsAboutRequest { get; init; }

    /// <summary>Whether a quota that is used up is that of the model, so that the key may be used for others.</summary>
    public bool IsOfModel { get; init; }

    /// <summary>How long the vendor asks to be left alone; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether a prompt was refused by a filter of the vendor's, which another vendor's may let pass, rather than for breaking its rules of use.</summary>
    public bool IsByFilter { get; init; }

    /// <summary>A few words of our own, for the sentence and the record; null when the class says it all.</summary>
    public string? Detail { get; init; }
}
