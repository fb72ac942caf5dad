using Fairlead.Core.Messages;
using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Fairlead.Dialects.Content;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Splicing;
using Fairlead.Dialects.Streaming;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>OpenAI Chat Completions, and what compatible servers make of it.</summary>
public sealed class ChatDialect : IDialect
{
    private ChatDialect()
    {
    }

    /// <summary>The one instance.</summary>
    public static ChatDialect Instance { get; } = new();

    /// <inheritdoc />
    public string Name => DialectNames.OpenAiChat;

    /// <inheritdoc />
    public string Path => "/chat/completions";

    /// <inheritdoc />
    public IDialectCodec Codec { get; } = new ChatCodec();

    /// <inheritdoc />
    public bool TryPeek(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out RequestPeek? peek, out BodyDefect defect)
    {
        var isRead = ChatRequestPeek.TryRead(body, out var read, out defect);
        peek = read;
        return isRead;
    }

    /// <inheritdoc />
    public BodyContent Content(RequestPeek peek) => new BodyContent(peek, Codec);

    /// <inheritdoc />
    public bool MustAskForUsage(RequestPeek peek) => peek.Stream && ((ChatRequestPeek)peek).IncludeUsage != true;

    /// <inheritdoc />
    public IReadOnlyList<Splice> Splices(RequestPeek peek, string model, bool askForUsage, OutputCap? cap = null) => ChatRequestSplices.For((ChatRequestPeek)peek, model, askForUsage, cap);

    /// <inheritdoc />
    public bool TryReadAnswer(ReadOnlySpan<byte> body, out AnswerFacts answer) => ChatAnswer.TryRead(body, out answer);

    /// <inheritdoc />
    public StreamObserver Observe(RequestPeek peek, bool withholdUsage, IAnswerEvents? listener = null)
    {
        var observer = new ChatStreamObserver { Decoder = listener is null ? null : new ChatEventDecoder(listener) { OnlyListens = true } };
        observer.Reset(withholdUsage, peek.Choices);
        return observer;
    }

    /// <inheritdoc />
    public void WriteError(IBufferWriter<byte> body, ClientError error) => ChatErrors.Write(body, error);

    /// <inheritdoc />
    public void WriteErrorEvent(IBufferWriter<byte> stream, ClientError error) => ChatErrors.WriteEvent(stream, error);
}
