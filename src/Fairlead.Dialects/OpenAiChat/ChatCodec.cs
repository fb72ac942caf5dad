using System.Buffers;
using Fairlead.Core.Configuration;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Streaming;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>OpenAI Chat Completions in canonical form and back.</summary>
internal sealed class ChatCodec : IDialectCodec
{
    /// <inheritdoc />
    public Conversation? ReadRequest(ReadOnlyMemory<byte> body, TranslationLosses losses) => ChatRequestReader.Read(body, losses);

    /// <inheritdoc />
    public void WriteRequest(IBufferWriter<byte> body, Conversation conversation, Target target, TranslationLosses losses) => ChatRequestWriter.Write(body, conversation, target, losses);

    /// <inheritdoc />
    public Answer? ReadAnswer(ReadOnlyMemory<byte> body, in AnswerFacts facts, TranslationLosses losses) => ChatAnswerReader.Read(body, facts, losses);

    /// <inheritdoc />
    public void WriteAnswer(IBufferWriter<byte> body, Answer answer, in AnswerSetting setting) => ChatAnswerWriter.Write(body, answer, setting);

    /// <inheritdoc />
    public StreamObserver Observe(IAnswerEvents events)
    {
        var observer = new ChatStreamObserver { Decoder = new ChatEventDecoder(events) };
        observer.Reset(withholdUsageChunk: false);
        return observer;
    }

    /// <inheritdoc />
    public AnswerStreamWriter OpenStream(in AnswerSetting setting) => new ChatStreamWriter(setting);
}
