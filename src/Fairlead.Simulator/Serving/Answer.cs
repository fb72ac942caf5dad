namespace Fairlead.Simulator.Serving;

/// <summary>What an answer leaves out because a fault says so.</summary>
internal readonly record struct AnswerShape(bool HasDone, bool HasUsage, bool HasChoices);

/// <summary>One event of a streamed answer.</summary>
/// <param name="Bytes">The event as it goes out, blank line included; valid until the next one is asked for.</param>
/// <param name="Tokens">How many answer tokens it carries. One with tokens waits its turn, one without goes at once.</param>
/// <param name="IsLast">Whether the stream ends with it.</param>
internal readonly record struct AnswerEvent(ReadOnlyMemory<byte> Bytes, int Tokens, bool IsLast);

/// <summary>A whole answer, known before it is paced out. A dialect derives its own.</summary>
internal abstract class Answer
{
    /// <summary>Prompt tokens, by the dialect's counting rule.</summary>
    public abstract int InputTokens { get; }

    /// <summary>All answer tokens.</summary>
    public abstract int OutputTokens { get; }

    /// <summary>The stream. The first event opens it and carries no content.</summary>
    public abstract IEnumerable<AnswerEvent> Events(AnswerShape shape);

    /// <summary>The JSON body.</summary>
    public abstract ReadOnlyMemory<byte> Json(AnswerShape shape);

    /// <summary>The body of an error answer.</summary>
    public abstract byte[] ErrorBody(ApiError error);

    /// <summary>An error inside a stream, as an event.</summary>
    public abstract byte[] ErrorEvent(ApiError error);

    /// <summary>The status of a vendor that has too much to do.</summary>
    public abstract int OverloadedStatus { get; }

    /// <summary>The dialect's own error of a status, with a fault's words in place of its own.</summary>
    public abstract ApiError Error(int status, string? code, string? type, string? message);
}
