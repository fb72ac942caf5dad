using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Sse;
using Fairlead.Dialects.Streaming;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>Watches a chat stream: finished with a finish reason for every choice, ended by <c>[DONE]</c>.</summary>
/// <remarks>
/// Most events differ from the one before in one text only. Such an event is recognised by comparing bytes with the last one
/// that was parsed, and not parsed again.
/// </remarks>
public sealed class ChatStreamObserver : StreamObserver
{
    private const int MostDepth = 128;

    private readonly EventShape _shape = new();

    private bool _withholdUsageChunk;
    private int _expectedChoices = 1;
    private UInt128 _seenChoices;
    private UInt128 _finishedChoices;
    private bool _usageIsSecondary;

    /// <inheritdoc />
    private protected override bool IsFinished => IsFinishedWith(default);

    /// <inheritdoc />
    private protected override bool EndsWithoutItsEnd => IsFinished; // many servers leave [DONE] out

    /// <summary>Makes the observer ready for a stream.</summary>
    /// <param name="withholdUsageChunk">The usage chunk was asked for by us alone: the client must not see it.</param>
    /// <param name="choices">How many answers were asked for.</param>
    public void Reset(bool withholdUsageChunk, int choices = 1)
    {
        Forget();
        _shape.Forget();
        _withholdUsageChunk = withholdUsageChunk;
        _expectedChoices = choices;
        _seenChoices = _finishedChoices = 0;
        _usageIsSecondary = false;
    }

    /// <inheritdoc />
    private protected override bool Take(ReadOnlySpan<byte> buffer, in SseFrame frame, bool isLast)
    {
        var data = frame.Data(buffer);
        if (IsDone(data))
        {
            SawEnd = true;
            return true;
        }

        var isError = frame.Type(buffer).SequenceEqual("error"u8);
        if (!isError && !isLast && _shape.TryMatch(data, out var contentBytes))
        {
            CountContent(contentBytes);
            if (contentBytes > 0) Decoder?.Repeat(data.Slice(_shape.TextStart, contentBytes));
            return true;
        }

        try
        {
            var chunk = default(ChatChunk);
            if (!isError) chunk.Read(new Utf8JsonReader(data, new JsonReaderOptions { MaxDepth = MostDepth }));
            if (isError || chunk.Error is not null)
            {
                Error = chunk.Error ?? VendorErrors.OfEvent(data);
                return false;
            }

            if (isLast && !IsFinishedWith(chunk)) return false;
            Take(chunk, frame);
            Decoder?.Decode(data);
            if (chunk.IsPlainDelta && Decoder?.CanRepeat != false) _shape.Learn(data, chunk.TextStart, chunk.TextLength);
            else _shape.Forget();
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            if (!isLast) Error = new UpstreamFailure(FailureClass.MalformedResponse) { Detail = "an event that is not JSON" };
            return false;
        }
    }

    private static bool IsDone(ReadOnlySpan<byte> data) => data.Trim(" \t"u8).SequenceEqual("[DONE]"u8);

    private bool IsFinishedWith(in ChatChunk chunk)
    {
        var seen = _seenChoices | chunk.SeenChoices;
        return seen != 0 && seen == (_finishedChoices | chunk.FinishedChoices) && UInt128.PopCount(seen) >= (UInt128)_expectedChoices;
    }

    private void Take(in ChatChunk chunk, in SseFrame frame)
    {
        Id ??= chunk.Id;
        Model ??= chunk.Model;
        CountContent(chunk.ContentBytes);
        End.Add(chunk.End);
        _seenChoices |= chunk.SeenChoices;
        _finishedChoices |= chunk.FinishedChoices;
        if (chunk.Usage is { } usage && (!chunk.UsageIsSecondary || Usage is null || _usageIsSecondary))
        {
            // Some vendors repeat a running total: the last one counts, never the sum.
            Usage = usage;
            _usageIsSecondary = chunk.UsageIsSecondary;
            HasAbsurdUsage = false;
        }
        else if (chunk.HasAbsurdUsage)
        {
            HasAbsurdUsage = true;
        }

        if (_withholdUsageChunk && chunk.HasUsage && chunk.SeenChoices == 0) Withhold(frame);
    }
}
