using Fairlead.Core.Messages;
using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Fairlead.Dialects.Content;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Splicing;
using Fairlead.Dialects.Streaming;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Anthropic Messages.</summary>
public sealed class MessagesDialect : IDialect
{
    private MessagesDialect()
    {
    }

    /// <summary>The one instance.</summary>
    public static MessagesDialect Instance { get; } = new();

    /// <inheritdoc />
    public string Name => DialectNames.AnthropicMessages;

    /// <inheritdoc />
    public string Path => "/v1/messages";

    /// <inheritdoc />
    public IDialectCodec Codec { get; } = new MessagesCodec();

    /// <inheritdoc />
    public bool TryPeek(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out RequestPeek? peek, out BodyDefect defect)
    {
        var isRead = MessagesRequestPeek.TryRead(body, out var read, out defect);
        peek = read;
        return isRead;
    }

    /// <inheritdoc />
    public BodyContent Content(RequestPeek peek) => new BodyContent(peek, Codec);

    /// <inheritdoc />
    public bool MustAskForUsage(RequestPeek peek) => false; // a stream always has it

    /// <inheritdoc />
    /// <remarks>No limit is ever written in: the dialect must have one, and a vendor refuses what has none.</remarks>
    public IReadOnlyList<Splice> Splices(RequestPeek peek, string model, bool askForUsage, OutputCap? cap = null)
    {
        var thoughts = ((MessagesRequestPeek)peek).ForeignThoughts;
        var renamed = peek.ModelSplice(model);
        if (thoughts.Count == 0 && renamed is null) return peek.ClaimSplices;
        if (thoughts.Count == 0 && peek.ClaimSplices.Count == 0) return [renamed!.Value];
        IEnumerable<Splice> all = [.. peek.ClaimSplices, .. thoughts, .. renamed is { } name ? [name] : (Splice[])[]];
        return [.. all.OrderBy(splice => splice.Start)];
    }

    /// <inheritdoc />
    public bool TryReadAnswer(ReadOnlySpan<byte> body, out AnswerFacts answer) => MessagesAnswer.TryRead(body, out answer);

    /// <inheritdoc />
    public StreamObserver Observe(RequestPeek peek, bool withholdUsage, IAnswerEvents? listener = null) =>
        new MessagesStreamObserver { Decoder = listener is null ? null : new MessagesEventDecoder(listener) { OnlyListens = true } };

    /// <inheritdoc />
    public void WriteError(IBufferWriter<byte> body, ClientError error) => MessagesErrors.Write(body, error);

    /// <inheritdoc />
    public void WriteErrorEvent(IBufferWriter<byte> stream, ClientError error) => MessagesErrors.WriteEvent(stream, error);
}
