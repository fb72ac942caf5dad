using Fairlead.Core.Configuration;
using Fairlead.Core.Messages;
using Fairlead.Core.Tokens;
using Fairlead.Dialects;
using Fairlead.Dialects.Continuation;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Translation;

namespace Fairlead.Pipeline;

/// <summary>
/// One request in the dialects of its targets. The client's body is read into canonical form once, when the first target of another
/// dialect is to be tried, and written anew for each. Not safe for several threads.
/// </summary>
internal sealed class RequestTranslation(ClientCall call, ReadOnlyMemory<byte> body, RequestPeek peek, bool rejectsLoss)
{
    /// <summary>More is not put through a tokenizer on the way: that takes milliseconds.</summary>
    private const int MostTokenizedBytes = 64 * 1024;

    private TranslationLosses? _read;
    private Conversation? _conversation;

    /// <summary>Forgets what was read: an answer has begun, and no other target is tried.</summary>
    public void Forget() => (_conversation, _read) = (null, null);

    /// <summary>
    /// The prompt's tokens for a target by the model's own tokenizer; null where there is none, or the body is so large that counting would take long.
    /// </summary>
    public long? PromptTokensOf(Target target)
    {
        if (body.Length > MostTokenizedBytes) return null;
        return Read() is { } conversation && PromptTokens.Count(conversation, target.Provider.CatalogName, target.Model) is { IsEstimate: false } count ? count.Tokens : null;
    }

    /// <summary>The request for a target; null where the target speaks the client's dialect, and its bytes go as they are.</summary>
    /// <param name="target">The target.</param>
    /// <param name="outputCap">A limit of the answer, where the client gives none; null to write none.</param>
    public TranslatedRequest? For(Target target, long? outputCap = null)
    {
        if (target.Provider.Dialect == call.Dialect.Name)
        {
            if (!rejectsLoss || peek.Lost.Count == 0) return null;
            var lost = new TranslationLosses();
            lost.Refuse(peek.Lost[0]);
            return new TranslatedRequest { Refusal = lost.Refusal };
        }

        return Read() is { } conversation ? Write(conversation, target, outputCap, null) : new TranslatedRequest { Refusal = _read!.Refusal };
    }

    /// <summary>The request for a target that goes on with an answer, in whatever dialect.</summary>
    /// <param name="target">The target.</param>
    /// <param name="continued">What is asked.</param>
    /// <param name="writer">Writes the client's stream.</param>
    /// <param name="outputCap">A limit of the answer, where the client gives none; null to write none.</param>
    public TranslatedRequest Continuing(Target target, ContinuedRequest continued, AnswerStreamWriter writer, long? outputCap) =>
        Write(continued.Conversation, target, outputCap, losses => new ContinuedAnswer(writer, continued, losses));

    /// <summary>What the client asks; null where it cannot be read. Points into the client's body.</summary>
    public Conversation? Read()
    {
        if (_read is not null) return _conversation;
        _read = new TranslationLosses();
        return _conversation = call.Dialect.Codec.ReadRequest(body, _read);
    }

    private TranslatedRequest Write(Conversation conversation, Target target, long? outputCap, Func<TranslationLosses, ContinuedAnswer>? continues)
    {
        if (outputCap is not null) conversation = conversation with { MaxOutputTokens = conversation.MaxOutputTokens ?? outputCap };
        var dialect = KnownDialects.Of(target.Provider.Dialect);
        var losses = new TranslationLosses();
        var written = new PooledBytes();
        dialect.Codec.WriteRequest(written, conversation, target, losses);
        if (call.HasBetas && dialect != call.Dialect) losses.Lose("anthropic-beta");
        if (rejectsLoss && losses.Listed is [var first, ..]) losses.Refuse(first);
        if (losses.Refusal is { } refusal)
        {
            written.Dispose();
            return new TranslatedRequest { Refusal = refusal };
        }

        return new TranslatedRequest(conversation) { Call = call.In(dialect), Body = RequestBody.Of(written), Losses = losses, Continues = continues?.Invoke(losses) };
    }
}

/// <summary>A request in a target's dialect, or why there is none. Dispose gives its buffer back.</summary>
internal sealed class TranslatedRequest(Conversation? conversation = null) : IDisposable
{
    /// <summary>Why the target cannot carry the request; null when it can, and then all else is there.</summary>
    public TranslationRefusal? Refusal { get; init; }

    /// <summary>How the target is spoken to.</summary>
    public ClientCall? Call { get; init; }

    /// <summary>What the client asks.</summary>
    public Conversation? Conversation { get; private set; } = conversation;

    /// <summary>Takes the answer, where it goes on with one that the client has some of; null where it begins one.</summary>
    public ContinuedAnswer? Continues { get; init; }

    /// <summary>The body.</summary>
    public RequestBody? Body { get; init; }

    /// <summary>What of the request is lost, and takes what of the answer is.</summary>
    public TranslationLosses? Losses { get; init; }

    public void Dispose()
    {
        Body?.Dispose();
        Conversation = null; // it points into bytes that are given back
    }
}
