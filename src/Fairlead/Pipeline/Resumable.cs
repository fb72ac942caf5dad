using Fairlead.Core.Messages;
using Fairlead.Core.Validation;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Translation;

namespace Fairlead.Pipeline;

/// <summary>
/// What is kept of a stream so that another target could go on with it, should it break: the client's request, and what the client has of the answer. Not
/// safe for several threads. Dispose gives the request back.
/// </summary>
internal sealed class Resumable : IDisposable
{
    private RequestBody? _body;

    private Resumable(RequestBody body, RequestPeek peek)
    {
        _body = body;
        Peek = peek;
    }

    /// <summary>What the client has of the answer.</summary>
    public BegunAnswer Answer { get; } = new();

    /// <summary>The client's request.</summary>
    public RequestBody Body => _body ?? throw new ObjectDisposedException(nameof(Resumable));

    /// <summary>What was found in it.</summary>
    public RequestPeek Peek { get; }

    /// <summary>For a stream of one answer on a route that goes on with broken ones; null for any other, and for one that goes on already.</summary>
    public static Resumable? Of(GatewayRequest request, RequestBody body, RequestPeek peek, TranslatedRequest? translated) =>
        request.Plan.Route?.ContinuesBroken == true && translated?.Continues is null && peek is { Stream: true, Choices: 1 } && body.TryHold() ? new Resumable(body, peek) : null;

    /// <summary>Whoever listens to a stream beside its client; null for nobody.</summary>
    public static IAnswerEvents? Listener(HeardAnswer? heard, Resumable? resumable)
    {
        if (heard is null) return resumable?.Answer;
        return resumable is null ? heard : new SharedAnswerEvents(heard, resumable.Answer);
    }

    public void Dispose() => Interlocked.Exchange(ref _body, null)?.Release();
}
