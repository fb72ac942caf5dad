using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Content;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Splicing;
using Fairlead.Dialects.Streaming;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects;

/// <summary>
/// A wire format that clients and vendors speak: how its requests, answers, streams and errors are read and written. Without state;
/// safe for any number of threads.
/// </summary>
public interface IDialect
{
    /// <summary>Its one name, in records, metrics and definitions: <c>openai-chat</c>.</summary>
    string Name { get; }

    /// <summary>What is appended to a provider's address: <c>/chat/completions</c>.</summary>
    string Path { get; }

    /// <summary>How its requests and answers are read and written in canonical form: for targets of other dialects alone.</summary>
    IDialectCodec Codec { get; }

    /// <summary>Finds what policy needs of a request.</summary>
    /// <param name="body">The whole body; must stay valid as long as splices are made of it.</param>
    /// <param name="peek">What was found; null when it is refused.</param>
    /// <param name="defect">Why it is refused.</param>
    bool TryPeek(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out RequestPeek? peek, out BodyDefect defect);

    /// <summary>What rules may read of the body; nothing is read before a rule asks.</summary>
    /// <param name="peek">Made by this dialect.</param>
    BodyContent Content(RequestPeek peek);

    /// <summary>Whether the vendor sends a stream's usage only when it is asked to, and the client did not ask.</summary>
    bool MustAskForUsage(RequestPeek peek);

    /// <summary>What has to change in a request before it goes to a target of the same dialect; in order, mostly nothing.</summary>
    /// <param name="peek">Made by this dialect.</param>
    /// <param name="model">The model's name at the target.</param>
    /// <param name="askForUsage">Ask for a stream's usage, though the client did not.</param>
    /// <param name="cap">A limit of the answer, where the client gives none; null to write none.</param>
    IReadOnlyList<Splice> Splices(RequestPeek peek, string model, bool askForUsage, OutputCap? cap = null);

    /// <summary>Reads a whole JSON answer; false when it is none of this dialect.</summary>
    bool TryReadAnswer(ReadOnlySpan<byte> body, out AnswerFacts answer);

    /// <summary>Watches a stream that answers a request.</summary>
    /// <param name="peek">The request.</param>
    /// <param name="withholdUsage">The usage was asked for by us alone: the client must not see it.</param>
    /// <param name="listener">Is told the answer's pieces beside; null for nobody. What it cannot be told changes nothing about the stream.</param>
    StreamObserver Observe(RequestPeek peek, bool withholdUsage, IAnswerEvents? listener = null);

    /// <summary>Writes an error as the whole body of an answer.</summary>
    void WriteError(IBufferWriter<byte> body, ClientError error);

    /// <summary>Writes an error as an event of a stream that has begun.</summary>
    void WriteErrorEvent(IBufferWriter<byte> stream, ClientError error);
}
