using System.Buffers;
using Fairlead.Core.Configuration;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Streaming;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Anthropic Messages in canonical form and back.</summary>
internal sealed class MessagesCodec : IDialectCodec
{
    /// <inheritdoc />
    public Conversation? ReadRequest(ReadOnlyMemory<byte> body, TranslationLosses losses) => MessagesRequestReader.Read(body, losses);

    /// <inheritdoc />
    public void WriteRequest(IBufferWriter<byte> body, Conversation conversation, Target target, TranslationLosses losses) => MessagesRequestWriter.Write(body, conversation, target, losses);

    /// <inheritdoc />
    public Answer? ReadAnswer(ReadOnlyMemory<byte> body, in AnswerFacts facts, TranslationLosses losses) => MessagesAnswerReader.Read(body, facts, losses);

    /// <inheritdoc />
    public void WriteAnswer(IBufferWriter<byte> body, Answer answer, in AnswerSetting setting) => MessagesAnswerWriter.Write(body, answer, setting);

    /// <inheritdoc />
    public StreamObserver Observe(IAnswerEvents events) => new MessagesStreamObserver { Decoder = new MessagesEventDecoder(events) };

    /// <inheritdoc />
    public AnswerStreamWriter OpenStream(in AnswerSetting setting) => new MessagesStreamWriter(setting);
}
