using Fairlead.Core.Messages;
using Fairlead.Core.Validation;
using Fairlead.Dialects.OpenAiChat;

namespace Fairlead.Dialects.Translation;

/// <summary>Reads what is needed to judge an answer's form: the request that asks for one, and the answer. Safe for any number of threads.</summary>
public static class AnswerForm
{
    /// <summary>What a request asks of its answer's form; null where its body cannot be read.</summary>
    /// <param name="dialect">The client's dialect.</param>
    /// <param name="body">The client's body. Not kept.</param>
    /// <param name="schemas">Keeps what is compiled.</param>
    public static AnswerDemand? ReadDemand(IDialect dialect, ReadOnlyMemory<byte> body, SchemaCache schemas) =>
        dialect.Codec.ReadRequest(body, new TranslationLosses()) is { } conversation ? AnswerDemand.Of(conversation, schemas) : null;

    /// <summary>A whole JSON answer, of several the first; points into its body.</summary>
    /// <param name="dialect">The vendor's dialect.</param>
    /// <param name="body">An answer that the dialect has taken for one.</param>
    public static HeardAnswer Hear(IDialect dialect, ReadOnlyMemory<byte> body)
    {
        var losses = new TranslationLosses();
        return Hear(dialect.Codec.ReadAnswer(body, default, losses), losses);
    }

    /// <summary>The same of an answer that has been read.</summary>
    /// <param name="answer">The answer; null when something in it is broken.</param>
    /// <param name="losses">What was lost when it was read.</param>
    public static HeardAnswer Hear(Answer? answer, TranslationLosses losses)
    {
        var heard = answer is null ? new HeardAnswer() : HeardAnswer.Of(answer);
        heard.HasBrokenCall = losses.Listed.Contains(ChatAnswerReader.BrokenCall);
        heard.IsIncomplete |= answer is null && !heard.HasBrokenCall; // broken in another way: nothing is known of its form
        foreach (var lost in losses.Listed) heard.Unsupported(lost);
        return heard;
    }
}
