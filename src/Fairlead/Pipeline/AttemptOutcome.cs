using Fairlead.Core.Messages;
using Fairlead.Core.Validation;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Streaming;
using Fairlead.Dialects.Translation;
using Fairlead.Providers.Transport;

namespace Fairlead.Pipeline;

/// <summary>How one attempt ended, up to the commit point.</summary>
internal abstract record AttemptOutcome
{
    private AttemptOutcome()
    {
    }

    /// <summary>A whole JSON answer is here; nothing has been sent to the client yet.</summary>
    /// <param name="Body">Its bytes.</param>
    /// <param name="Translated">What they say, where the client's dialect is another one; null where they go on as they are.</param>
    /// <param name="Response">Frees the connection.</param>
    public sealed record Answered(PooledBytes Body, Answer? Translated, HttpResponseMessage Response) : AttemptOutcome;

    /// <summary>A stream has its first meaningful content; nothing has been sent to the client yet.</summary>
    public sealed record Streaming(OpenStream Stream) : AttemptOutcome;

    /// <summary>No usable answer.</summary>
    public sealed record Failed(UpstreamFailure Failure) : AttemptOutcome;

    /// <summary>The client went away. Not the provider's fault.</summary>
    public sealed record Abandoned : AttemptOutcome
    {
        public static Abandoned Instance { get; } = new();
    }
}

/// <summary>A stream that has begun: what was read of it, and what is still to come. Dispose frees the connection.</summary>
internal sealed class OpenStream : IDisposable
{
    public required HttpResponseMessage Response { get; init; }

    public required Stream Upstream { get; init; }

    public required StreamObserver Observer { get; init; }

    /// <summary>Writes the stream in the client's dialect, where that is another one; null where its bytes go on as they are.</summary>
    public required AnswerStreamWriter? Translated { get; init; }

    /// <summary>Hears the answer, where it is to be judged; else null.</summary>
    public HeardAnswer? Heard { get; init; }

    /// <summary>Keeps what is needed to go on with it elsewhere; null where it is not to be gone on with.</summary>
    public Resumable? Resumable { get; init; }

    public required AttemptTimer Timer { get; init; }

    /// <summary>Bytes ready for the client: whole events, up to and with the first meaningful one.</summary>
    public required PooledBytes Ready { get; init; }

    /// <summary>Events that say that the answer is finished; sent once the stream has ended as its dialect ends.</summary>
    public required PooledBytes Held { get; init; }

    /// <summary>Bytes of an event that is not whole yet.</summary>
    public required PooledBytes Tail { get; init; }

    /// <summary>The upstream ended, or said its end, within what is ready.</summary>
    public required bool HasEnded { get; init; }

    public void Dispose()
    {
        Resumable?.Dispose();
        Ready.Dispose();
        Held.Dispose();
        Tail.Dispose();
        Response.Dispose();
    }
}
