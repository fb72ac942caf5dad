using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Dialects.Sse;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>A range of an observed buffer.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="End">Behind its last byte.</param>
public readonly record struct ByteRange(int Start, int End);

/// <summary>What may be done with the bytes of one observed buffer.</summary>
/// <param name="Consumed">Bytes at the front that are whole events; the rest belongs to an event that is not whole yet.</param>
/// <param name="HeldFrom">
/// From here on the events say that the answer is finished: they are held back until the stream has ended as its dialect ends, so
/// that a broken one never looks finished. Equal to <paramref name="Consumed"/> when nothing is held.
/// </param>
/// <param name="ReleasesHeld">What was held before may go: the answer was not finished after all.</param>
/// <param name="Withheld">Whole events that the client must not see, in order; within what is consumed.</param>
public readonly record struct ObservedEvents(int Consumed, int HeldFrom, bool ReleasesHeld, IReadOnlyList<ByteRange> Withheld);

/// <summary>
/// Watches a chat stream at event boundaries while its bytes are passed on: content, errors, usage, the end. Changes nothing and
/// re-frames nothing. State of one stream; not safe for several threads.
/// </summary>
/// <remarks>
/// Most events differ from the one before in one text only. Such an event is recognised by comparing bytes with the last one
/// that was parsed, and not parsed again.
/// </remarks>
public sealed class ChatStreamObserver
{
    private const int MostDepth = 128;

    private readonly ChatChunkShape _shape = new();
    private readonly List<ByteRange> _withheld = [];

    private SseFraming _framing;
    private bool _withholdUsageChunk;
    private int _expectedChoices = 1;
    private UInt128 _seenChoices;
    private UInt128 _finishedChoices;
    private bool _isHolding;
    private bool _isStopped;
    private bool _hasAbsurdUsage;
    private bool _usageIsSecondary;

    /// <summary>The vendor's id of the answer; null until it says one.</summary>
    public string? Id { get; private set; }

    /// <summary>The model that answers; null until the vendor says one.</summary>
    public string? Model { get; private set; }

    /// <summary>The last credible usage; null while there was none.</summary>
    public TokenUsage? Usage { get; private set; }

    /// <summary>A usage was reported that cannot be true.</summary>
    public bool UsageIsAbsurd => _hasAbsurdUsage || (Usage is { Output: 0 } && ContentBytes > 0);

    /// <summary>Events with meaningful content – text, thinking, a tool call – so far.</summary>
    public int ContentEvents { get; private set; }

    /// <summary>Bytes of generated content so far, as they are spelled: what an estimate rests on.</summary>
    public long ContentBytes { get; private set; }

    /// <summary>Whether any meaningful content came.</summary>
    public bool HasContent => ContentEvents > 0;

    /// <summary>Whether <c>[DONE]</c> came.</summary>
    public bool SawDone { get; private set; }

    /// <summary>Why the stream failed from within; null while it has not. Its event is not among the consumed ones.</summary>
    public UpstreamFailure? Error { get; private set; }

    /// <summary>Whether the stream is whole: <c>[DONE]</c>, or a finish reason for every choice, provided that it ends here.</summary>
    public bool IsComplete => Error is null && (SawDone || IsFinished);

    private bool IsFinished => IsFinishedWith(default);

    /// <summary>Makes the observer ready for a stream.</summary>
    /// <param name="withholdUsageChunk">The usage chunk was asked for by us alone: the client must not see it.</param>
    /// <param name="choices">How many answers were asked for.</param>
    public void Reset(bool withholdUsageChunk, int choices = 1)
    {
        _framing = default;
        _shape.Forget();
        _withholdUsageChunk = withholdUsageChunk;
        _expectedChoices = choices;
        _seenChoices = _finishedChoices = 0;
        _isHolding = _isStopped = _hasAbsurdUsage = _usageIsSecondary = false;
        Id = Model = null;
        Usage = null;
        Error = null;
        ContentEvents = 0;
        ContentBytes = 0;
        SawDone = false;
    }

    /// <summary>
    /// Observes a buffer that starts where the consumed bytes of the last call ended. Bytes after <c>[DONE]</c> that are more than
    /// blank lines and comments are not consumed.
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
                if (SawDone || !Take(buffer, frame, isLast))
                {
                    _isStopped = true; // nothing behind it counts, whatever comes
                    break;
                }

                var isFinishing = SawDone || IsFinished;
                if (_isHolding && ContentEvents != content)
                {
                    releases = wasHolding;
                    _isHolding = false;
                    heldFrom = -1;
                }

                if (!_isHolding && isFinishing)
                {
                    _isHolding = true;
                    heldFrom = frame.Start;
                }
            }

            consumed = frame.End;
        }

        _framing.Consumed(consumed);
        return new ObservedEvents(consumed, heldFrom < 0 ? consumed : heldFrom, releases, _withheld);
    }

    private bool IsFinishedWith(in ChatChunk chunk)
    {
        var seen = _seenChoices | chunk.SeenChoices;
        return seen != 0 && seen == (_finishedChoices | chunk.FinishedChoices) && UInt128.PopCount(seen) >= (UInt128)_expectedChoices;
    }

    private static bool IsDone(ReadOnlySpan<byte> data) => data.Trim(" \t"u8).SequenceEqual("[DONE]"u8);

    /// <summary>
    /// Takes one event in; false when it is an error or cut off, and must not be passed on. The last event of a stream that ends
    /// without a blank line counts only when the answer is complete with it: what we write behind a broken one must stand alone.
    /// </summary>
    private bool Take(ReadOnlySpan<byte> buffer, in SseFrame frame, bool isLast)
    {
        if (frame.DataLines == 0) return true;
        var data = frame.Data(buffer);
        if (IsDone(data))
        {
            SawDone = true;
            return true;
        }

        var isError = frame.Type(buffer).SequenceEqual("error"u8);
        if (!isError && !isLast && _shape.TryMatch(data, out var contentBytes))
        {
            if (contentBytes > 0) ContentEvents++;
            ContentBytes += contentBytes;
            return true;
        }

        try
        {
            var chunk = default(ChatChunk);
            if (!isError) chunk.Read(new Utf8JsonReader(data, new JsonReaderOptions { MaxDepth = MostDepth }));
            if (isError || chunk.Error is not null)
            {
                Error = chunk.Error ?? ChatErrors.OfEvent(data);
                return false;
            }

            if (isLast && !IsFinishedWith(chunk)) return false;
            Take(chunk, frame);
            if (chunk.IsPlainDelta) _shape.Learn(data, chunk);
            else _shape.Forget();
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            if (!isLast) Error = new UpstreamFailure(FailureClass.MalformedResponse) { Detail = "an event that is not JSON" };
            return false;
        }
    }

    private void Take(in ChatChunk chunk, in SseFrame frame)
    {
        Id ??= chunk.Id;
        Model ??= chunk.Model;
        if (chunk.ContentBytes > 0) ContentEvents++;
        ContentBytes += chunk.ContentBytes;
        _seenChoices |= chunk.SeenChoices;
        _finishedChoices |= chunk.FinishedChoices;
        if (chunk.Usage is { } usage && (!chunk.UsageIsSecondary || Usage is null || _usageIsSecondary))
        {
            // Some vendors repeat a running total: the last one counts, never the sum.
            Usage = usage;
            _usageIsSecondary = chunk.UsageIsSecondary;
            _hasAbsurdUsage = false;
        }
        else if (chunk.HasAbsurdUsage)
        {
            _hasAbsurdUsage = true;
        }

        if (_withholdUsageChunk && chunk.HasUsage && chunk.SeenChoices == 0) _withheld.Add(new ByteRange(frame.Start, frame.End));
    }
}
