namespace Fairlead.Core.Execution;

/// <summary>The clocks that an attempt runs under. The first to run out ends the attempt, and is recorded.</summary>
public enum AttemptClock
{
    /// <summary>None ran out.</summary>
    None = 0,

    /// <summary>Until a connection is there, TLS included.</summary>
    Connect,

    /// <summary>From then until the response headers. Streams only: a JSON answer holds its headers until it is done.</summary>
    Headers,

    /// <summary>From the start of the attempt until the first meaningful content. Streams only; pings and comments do not count.</summary>
    FirstToken,

    /// <summary>Between two pieces of meaningful content. Streams only.</summary>
    Gap,

    /// <summary>The request's own deadline, inherited by every attempt and extended by none.</summary>
    Deadline,

    /// <summary>From the start of the attempt until the last byte. JSON answers only.</summary>
    Answer,

    /// <summary>A stretch of ten seconds in which a JSON answer that had begun came more slowly than the floor.</summary>
    Floor,

    /// <summary>The client took nothing of what was written for it. No fault of the vendor's.</summary>
    Client,

    /// <summary>The gateway stops, and what is left of answers then is cut. No fault of the vendor's.</summary>
    Stop,
}
