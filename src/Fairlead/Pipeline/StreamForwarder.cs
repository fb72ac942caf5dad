using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Fairlead.Core.Execution;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Streaming;
using Fairlead.Providers.Transport;

namespace Fairlead.Pipeline;

/// <summary>How a committed stream ended.</summary>
/// <param name="Broken">Why it broke; null when it did not.</param>
/// <param name="IsClientGone">The client went away before its end.</param>
internal readonly record struct StreamEnding(UpstreamFailure? Broken, bool IsClientGone)
{
    public static StreamEnding Complete => default;

    public static StreamEnding ClientGone => new(null, true);

    public static StreamEnding Of(FailureClass failure, string detail) => new(new UpstreamFailure(failure) { Detail = detail }, false);
}

/// <summary>
/// Passes a committed stream on: whole events only, flushed as soon as the upstream has no more at hand, no re-framing. What says that the answer is
/// finished is held back until the stream has ended as its dialect ends, so that a broken one never looks finished.
/// </summary>
internal static class StreamForwarder
{
    private const int ReadSize = 4 * 1024;

    /// <summary>More than this does not wait to be flushed, however fast the upstream writes.</summary>
    private const int MostUnflushed = 64 * 1024;

    /// <summary>How long a client hears nothing of a translated stream whose vendor sends.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    /// <summary>How long an upstream may take to close after its end, so that its connection serves again.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Forwards what is ready and all that comes, up to the end. The end itself stays in <see cref="OpenStream.Held"/>, so that it
    /// may wait for a durable settlement. Returns once the stream ended, broke, or the client went away.
    /// </summary>
    public static async ValueTask<StreamEnding> ForwardAsync(OpenStream stream, Attempt attempt, PipeWriter client, ClientPace pace, TimeProvider time, CancellationToken clientGone)
    {
        try
        {
            return await PassAsync(stream, attempt, client, pace, time, clientGone);
        }
        catch (OperationCanceledException) when (clientGone.IsCancellationRequested)
        {
            return StreamEnding.ClientGone;
        }
        catch (OperationCanceledException) when (stream.Timer.Fired != AttemptClock.None)
        {
            attempt.Clock = stream.Timer.Fired;
            attempt.Silence = stream.Timer.Silence;
            return StreamEnding.Of(ClassOf(attempt.Clock), ClockNames.Of(attempt.Clock) + " clock");
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or SocketException)
        {
            return clientGone.IsCancellationRequested ? StreamEnding.ClientGone : StreamEnding.Of(FailureClass.Truncated, "connection lost");
        }
        finally
        {
            AttemptRunner.StreamFacts(attempt, stream.Observer);
            attempt.Notes = attempt.Notes.With(FailureClass.TooSlow, stream.Timer.WasTooSlow);
        }
    }

    /// <summary>Lets an upstream that has said its end close, so that the connection can be used again. Never fails.</summary>
    public static async ValueTask DrainAsync(OpenStream stream, TimeProvider time)
    {
        using var linger = new CancellationTokenSource(Linger, time);
        var scratch = ArrayPool<byte>.Shared.Rent(512);
        try
        {
            while (await stream.Upstream.ReadAsync(scratch, linger.Token) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The connection is then closed rather than used again; nothing is lost.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

#pragma warning disable CA2012 // a read is awaited here, or there when it fails
    private static async ValueTask<StreamEnding> PassAsync(OpenStream stream, Attempt attempt, PipeWriter client, ClientPace pace, TimeProvider time, CancellationToken clientGone)
    {
        var observer = stream.Observer;
        var tail = stream.Tail;
        var upstream = stream.Upstream;
        var token = stream.Timer.Token;
        var translated = stream.Translated;
        translated?.Output = client;
        var writtenAt = time.GetTimestamp();
        client.Write(stream.Ready.Span);
        stream.Ready.Clear();
        if (stream.HasEnded) return Ending(observer);

        var isFlushed = false;
        while (true)
        {
            // Wait without holding a buffer; what is ready for the client goes before, unless there is more at hand already.
#pragma warning disable CA2022 // a read of nothing reads nothing
            var waiting = upstream.ReadAsync(Memory<byte>.Empty, token);
#pragma warning restore CA2022
            if (!isFlushed && (!waiting.IsCompleted || client.UnflushedBytes >= MostUnflushed))
            {
                if (!await TryFlushAsync(client, pace, waiting, attempt, stream.Timer, clientGone)) return StreamEnding.ClientGone;
                isFlushed = true;
            }

            await waiting;
            // Between events read straight into the client's memory, unless that has to be flushed yet: what is at hand may be the
            // mere beginning of a chunk, and nothing for a long while after it. Within an event append to what there is of it.
            var isStraight = translated is null && isFlushed && tail.Length == 0;
            var memory = isStraight ? client.GetMemory(ReadSize) : tail.GetMemory(ReadSize);
            var reading = upstream.ReadAsync(memory, token);
            if (!isFlushed && !reading.IsCompleted)
            {
                if (!await TryFlushAsync(client, pace, reading, attempt, stream.Timer, clientGone)) return StreamEnding.ClientGone;
                isFlushed = true;
            }

            var read = await reading;
            if (!isStraight) tail.Advance(read);
            var buffer = isStraight ? memory[..read] : tail.Memory;

            var content = observer.ContentEvents;
            var observed = observer.Observe(buffer.Span, isFinal: read == 0);
            if (observer.ContentEvents != content) stream.Timer.ContentReceived(observer.ContentBytes);
            if (translated is not null)
            {
                tail.Consume(observed.Consumed);
                if (translated.IsMalformed) return StreamEnding.Of(FailureClass.MalformedResponse, "pieces that fit nowhere");
                // The vendor sends, and it says nothing that can be told yet: pings, or calls that wait for their turn.
                if (client.UnflushedBytes == 0 && time.GetElapsedTime(writtenAt) >= Silence) translated.WriteKeepAlive();
                if (client.UnflushedBytes > 0)
                {
                    isFlushed = false;
                    writtenAt = time.GetTimestamp();
                }
            }
            else if (isStraight && observed.HeldFrom == observed.Consumed && !observed.ReleasesHeld && observed.Withheld.Count == 0)
            {
                if (observed.HeldFrom > 0) isFlushed = false;
                tail.Write(buffer.Span[observed.Consumed..]);
                client.Advance(observed.Consumed);
            }
            else
            {
                if (observed.HeldFrom > 0 || observed.ReleasesHeld) isFlushed = false;
                if (isStraight) tail.Write(buffer.Span); // the client's memory is written to next
                StreamSplices.Take(tail.Span, observed, client, stream.Held);
                tail.Consume(observed.Consumed);
            }

            if (read == 0 || observer.SawEnd || observer.Error is not null) return Ending(observer);
            if (attempt.Spending.Cut?.IsDue(observer.ContentBytes) == true) return StreamEnding.Of(FailureClass.BudgetExceeded, "what was left of a budget is used up");
            if (tail.Length + stream.Held.Length + (translated?.HeldBytes ?? 0) > AttemptRunner.MostEventBytes) return StreamEnding.Of(FailureClass.HostileResponse, "an endless event");
        }
    }
#pragma warning restore CA2012

    /// <summary>
    /// Flushes while the upstream is being read; false when the client is gone. The read is over then too: one that nobody waits for
    /// would go on over a connection that may serve another request by then, and take that one's answer.
    /// </summary>
    private static async ValueTask<bool> TryFlushAsync(PipeWriter client, ClientPace pace, ValueTask<int> reading, Attempt attempt, AttemptTimer timer, CancellationToken clientGone)
    {
        var isThere = false;
        try
        {
            var flushing = client.FlushAsync(clientGone);
            var isWaitedFor = !flushing.IsCompleted;
            var isHeld = isWaitedFor && timer.Fired == AttemptClock.None;
            if (isWaitedFor) timer.ClientIsWaitedFor();
            isThere = !(await pace.WaitAsync(flushing)).IsCompleted;
            if (isWaitedFor) timer.ClientWasWaitedFor();
            attempt.WasHeldByClient = isHeld && timer.Fired != AttemptClock.None;
            return isThere;
        }
        finally
        {
            if (!isThere)
            {
                timer.Cancel();
                try
                {
                    await reading;
                }
                catch (Exception exception) when (exception is OperationCanceledException or IOException or HttpRequestException or SocketException)
                {
                    // That is how it ends.
                }
            }
        }
    }

    private static FailureClass ClassOf(AttemptClock clock) => clock switch
    {
        AttemptClock.Deadline => FailureClass.Timeout,
        AttemptClock.Stop => FailureClass.GatewayStopping,
        _ => FailureClass.Stalled,
    };

    private static StreamEnding Ending(StreamObserver observer)
    {
        if (observer.Error is { } error) return new StreamEnding(error, false);
        return observer.IsComplete ? StreamEnding.Complete : StreamEnding.Of(FailureClass.Truncated, "ended early");
    }
}
