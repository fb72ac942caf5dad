using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Sse;
using Fairlead.Dialects.Streaming;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Watches a Messages stream: finished with a stop reason, ended by <c>message_stop</c>, and by nothing else.</summary>
public sealed class MessagesStreamObserver : StreamObserver
{
    private readonly EventShape _shape = new();

    private MessagesUsage _usage;
    private bool _isFinished;

    /// <inheritdoc />
    private protected override bool IsFinished => _isFinished;

    /// <inheritdoc />
    private protected override bool EndsWithoutItsEnd => false;

    /// <inheritdoc />
    private protected override bool Take(ReadOnlySpan<byte> buffer, in SseFrame frame, bool isLast)
    {
        var data = frame.Data(buffer);
        var isError = frame.Type(buffer).SequenceEqual("error"u8);
        if (!isError && !isLast && _shape.TryMatch(data, out var contentBytes))
        {
            CountContent(contentBytes);
            if (contentBytes > 0) Decoder?.Repeat(data.Slice(_shape.TextStart, contentBytes));
            return true;
        }

        var read = default(MessagesEvent);
        bool isJson;
        try
        {
            isJson = read.TryRead(data, ref _usage);
            if (isLast && isJson && read.Kind is not (MessagesEventKind.MessageStop or MessagesEventKind.Error) && !isError) return false; // nobody is told of what is not passed on
            if (isJson && !isError && read.Kind != MessagesEventKind.Error) Decoder?.Decode(data);
        }
        catch (Exception exception) when (exception is InvalidOperationException or JsonException)
        {
            isJson = false; // a text that is not one
        }

        if (isError || read.Kind == MessagesEventKind.Error)
        {
            Error = read.Error ?? VendorErrors.OfEvent(data);
            return false;
        }

        if (!isJson)
        {
            if (!isLast) Error = new UpstreamFailure(FailureClass.MalformedResponse) { Detail = "an event that is not JSON" };
            return false;
        }

        Take(read);
        if (read is { Kind: MessagesEventKind.BlockDelta, TextStart: > 0 } && Decoder?.CanRepeat != false) _shape.Learn(data, read.TextStart, read.TextLength);
        else _shape.Forget();
        return true;
    }

    private void Take(in MessagesEvent read)
    {
        Id ??= read.Id;
        Model ??= read.Model;
        CountContent(read.ContentBytes);
        End.Add(read.End);
        SawEnd |= read.Kind == MessagesEventKind.MessageStop;
        _isFinished |= read is { Kind: MessagesEventKind.MessageDelta, HasStopReason: true };
        // What the beginning says of the output is a start value: only the end tells.
        if (read is not { Kind: MessagesEventKind.MessageDelta, HasUsage: true }) return;
        Usage = _usage.Canonical;
        HasAbsurdUsage = _usage.IsAbsurd;
    }
}
