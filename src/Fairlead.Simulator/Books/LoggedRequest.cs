namespace Fairlead.Simulator.Books;

/// <summary>How a request ended, as the vendor saw it.</summary>
public enum RequestEnding
{
    /// <summary>The whole answer was written, with whatever a fault made of it.</summary>
    Answered,

    /// <summary>Answered with an error status, by the vendor's own rules or a <c>status</c> fault.</summary>
    Rejected,

    /// <summary>A fault ended it after some events, without its end.</summary>
    Truncated,

    /// <summary>A fault reset the connection after some events.</summary>
    Reset,

    /// <summary>A fault ended it with an error in the answer.</summary>
    Failed,

    /// <summary>The client went away before the end.</summary>
    ClientClosed,

    /// <summary>The vendor broke, or was disposed, before the end.</summary>
    Broken,
}

/// <summary>One request the vendor got: what came, what was answered, what was billed. An immutable picture of one instant.</summary>
public sealed record LoggedRequest
{
    /// <summary>The request's number, from 1, in order of arrival; all of the vendor's own endpoints count.</summary>
    public required long Number { get; init; }

    /// <summary>When its head arrived.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>What its tokens are stamped with: vendor and number, such as <c>east#12</c>.</summary>
    public required string Stamp { get; init; }

    /// <summary>The HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>The path, without query.</summary>
    public required string Path { get; init; }

    /// <summary>The bearer key that was sent; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>Every request header but the credentials, by name without regard to case; repeated ones joined by a comma.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>The model that was asked for; null until the body is read, or when it has none.</summary>
    public string? Model { get; init; }

    /// <summary>Whether a stream was asked for.</summary>
    public bool IsStream { get; init; }

    /// <summary>The body as received, up to the bound of the options.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The whole body's length in bytes; more than <see cref="Body"/> holds when it was cut for the log.</summary>
    public int BodyLength { get; init; }

    /// <summary>The fault that struck it, in its notation; null for none.</summary>
    public string? Fault { get; init; }

    /// <summary>The status answered; 0 while none is.</summary>
    public int StatusCode { get; init; }

    /// <summary>Events of the stream written, <c>[DONE]</c> included and comments not. Set at the end.</summary>
    public int EventsWritten { get; init; }

    /// <summary>Prompt tokens billed. Set at the end; 0 when nothing was billed.</summary>
    public int InputTokens { get; init; }

    /// <summary>Answer tokens billed. Set at the end; 0 when nothing was billed.</summary>
    public int OutputTokens { get; init; }

    /// <summary>The charge in nano-dollars. Set at the end.</summary>
    public long NanoDollars { get; init; }

    /// <summary>How it ended; null while it has not. Written before the last byte of the answer goes out.</summary>
    public RequestEnding? Ending { get; init; }

    /// <summary>When it ended; for <see cref="RequestEnding.ClientClosed"/>, when the vendor noticed.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}
