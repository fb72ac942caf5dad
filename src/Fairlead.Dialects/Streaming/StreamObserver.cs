using Fairlead.Core.Execution;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Sse;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.Streaming;

/// <summary>
/// Watches one stream of a dialect at event boundaries while its bytes are passed on: content, errors, usage, the end. Changes nothing
/// and re-frames nothing. State of one stream; not safe for several threads.
/// </summary>
public abstract class StreamObserver
{
    private readonly List<ByteRange> _withheld = [];

    private SseFraming _framing;
    private bool _isHolding;
    private bool _isStopped;

    private protected StreamObserver()
    {
    }

    /// <summary>The vendor's id of the answer; null until it says one.</summary>
    public string? Id { get; private protected set; }

    /// <summary>The model that answers; null until the vendor says one.</summary>
    public string? Model { get; private protected set; }

    /// <summary>The last credible usage; null while there was none.</summary>
    public TokenUsage? Usage { get; private protected set; }

    /// <summary>A usage was reported that cannot be true.</summary>
    public bool UsageIsAbsurd => HasAbsurdUsage || (Usage is { Output: 0 } && ContentBytes > 0);

    /// <summary>Events with meaningful content – text, thinking, a tool call – so far.</summary>
    public int ContentEvents { get; private set; }

    /// <summary>Bytes of generated content so far, as they are spelled: what an estimate rests on.</summary>
    public long ContentBytes { get; private set; }

    /// <summary>Whether any meaningful content came.</summary>
    public bool HasContent => ContentEvents > 0;

    /// <summary>Whether the dialect's own last event came; nothing counts behind it.</summary>
    public bool SawEnd { get; private protected set; }

    /// <summary>What of the answer is to be noted so far, though it is no failure.</summary>
    public AnswerNotes Notes => End.Notes(isFinished: IsFinished || SawEnd);

    /// <summary>Why the stream failed from within; null while it has not. Its event is not among the consumed ones.</summary>
    public UpstreamFailure? Error { get; private protected set; }

    /// <summary>Whether the answer is whole, provided that the stream ends here.</summary>
    public bool IsComplete => Error is null && (SawEnd || EndsWithoutItsEnd);

    /// <summary>Tells the answer's pieces, where the stream is translated or somebody listens; null elsewhere.</summary>
    internal AnswerDecoder? Decoder { get; init; }

    /// <summary>Whether whoever listens has not been told all: an event could not be read.</summary>
    public bool ListenerMissedSome => Decoder?.HasFailed == true;

    /// <summary>Whether what is held back has content of the answer, beside that it is finished.</summary>
    public bool HoldsContent { get; private set; }

    /// <summary>How far the stream has come, where it is translated or somebody listens.</summary>
    public StreamPosition Position => Decoder?.Position ?? default;

    /// <summary>Why the answer ended, where the stream is translated or somebody listens.</summary>
    public Finish Finish => Decoder?.Finish ?? new Finish(FinishReason.Unknown);

    /// <summary>What the answer's pieces told of its end.</summary>
    private protected AnswerEnd End;

    /// <summary>Whether a usage was reported that cannot be true, and none since that can.</summary>
    private protected bool HasAbsurdUsage { get; set; }

    /// <summary>Whether events have said that the answer is finished.</summary>
    private protected abstract bool IsFinished { get; }

    /// <summary>Whether the answer is whole though the dialect's own last event has not come.</summary>
    private protected abstract bool EndsWithoutItsEnd { get; }

    /// <summary>
    /// Observes a buffer that starts where the consumed bytes of the last call ended. Bytes behind the dialect's own end that are more
    /// than blank lines and comments are not consumed.
    /// </summary>
    /// <param name="buffer">All bytes not consumed yet.</param>
    /// <param name="isFinal">The stream ends with this buffer.</param>
    public ObservedEvents Observe(ReadOnlySpan<byte> buffer, bool isFinal)
    {
        if (_withheld.Count > 0) _withheld.Clear();
        var wasHolding = _isHolding;
        var consumed = 0;
        var heldFrom = wasHolding ? 0 : -1;
        var releases = false;
        var isLast = false;
        while (!_isStopped && (_framing.TryNext(buffer, out var frame) || (isFinal && (isLast = _framing.TryLast(buffer, out frame)))))
        {
            if (isLast && frame.DataLines == 0) break;
            if (frame.DataLines > 0 || frame.TypeLength > 0)
            {
                var content = ContentEvents;
                if (SawEnd || (frame.DataLines > 0 && !Take(buffer, frame, isLast)))
                {
                    _isStopped = true; // nothing behind it counts, whatever comes
                    break;
                }

                var isFinishing = SawEnd || IsFinished;
                if (_isHolding && ContentEvents != content)
                {
                    releases = wasHolding;
                    _isHolding = HoldsContent = false;
                    heldFrom = -1;
                }

                if (!_isHolding && isFinishing)
                {
                    _isHolding = true;
                    HoldsContent = ContentEvents != content;
                    heldFrom = frame.Start;
                }
            }

            consumed = frame.End;
        }

        _framing.Consumed(consumed);
        return new ObservedEvents(consumed, heldFrom < 0 ? consumed : heldFrom, releases, _withheld);
    }

    /// <summary>
    /// Takes one event with data in; false when it is an error or cut off, and must not be passed on. The last event of a stream that
    /// ends without a blank line counts only when the answer is complete with it: what we write behind a broken one must stand alone.
    /// </summary>
    private protected abstract bool Take(ReadOnlySpan<byte> buffer, in SseFrame frame, bool isLast);

    /// <summary>Counts meaningful content; of no bytes: none.</summary>
    private protected void CountContent(long bytes)
    {
        if (bytes > 0) ContentEvents++;
        ContentBytes += bytes;
    }

    /// <summary>Keeps an event from the client.</summary>
    private protected void Withhold(in SseFrame frame) => _withheld.Add(new ByteRange(frame.Start, frame.End));

    /// <summary>Forgets everything: a new stream begins.</summary>
    private protected void Forget()
    {
        _framing = default;
        _isHolding = HoldsContent = _isStopped = HasAbsurdUsage = SawEnd = false;
        Id = Model = null;
        Usage = null;
        Error = null;
        End = default;
        ContentEvents = 0;
        ContentBytes = 0;
    }
}
