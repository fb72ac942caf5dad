using System.Buffers;
using Fairlead.Core.Configuration;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Streaming;

namespace Fairlead.Dialects.Translation;

/// <summary>Reads and writes one dialect's requests and answers in canonical form. Without state; safe for any number of threads.</summary>
public interface IDialectCodec
{
    /// <summary>Reads a request that the dialect has peeked at; null when it is refused, with the reason in <paramref name="losses"/>.</summary>
    Conversation? ReadRequest(ReadOnlyMemory<byte> body, TranslationLosses losses);

    /// <summary>Writes a request for a target; worthless when <paramref name="losses"/> then refuses.</summary>
    void WriteRequest(IBufferWriter<byte> body, Conversation conversation, Target target, TranslationLosses losses);

    /// <summary>Reads a whole JSON answer that is one of the dialect; null when something in it is broken.</summary>
    /// <param name="body">The answer.</param>
    /// <param name="facts">What was read of it before.</param>
    /// <param name="losses">Takes what the canonical form has no word for.</param>
    Answer? ReadAnswer(ReadOnlyMemory<byte> body, in AnswerFacts facts, TranslationLosses losses);

    /// <summary>Writes a whole JSON answer.</summary>
    void WriteAnswer(IBufferWriter<byte> body, Answer answer, in AnswerSetting setting);

    /// <summary>Watches a stream of the dialect and tells its answer piece by piece.</summary>
    StreamObserver Observe(IAnswerEvents events);

    /// <summary>Writes a stream of the dialect.</summary>
    AnswerStreamWriter OpenStream(in AnswerSetting setting);

    /// <summary>Writes the rest of a stream of the dialect that others began.</summary>
    /// <param name="setting">What the stream needs beside what the vendor says.</param>
    /// <param name="position">How far it has come.</param>
    AnswerStreamWriter ResumeStream(in AnswerSetting setting, in StreamPosition position)
    {
        var writer = OpenStream(setting);
        writer.Resume(position);
        return writer;
    }
}
