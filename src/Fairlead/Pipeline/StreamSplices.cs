using System.Buffers;
using Fairlead.Dialects.Streaming;

namespace Fairlead.Pipeline;

/// <summary>What becomes of the observed bytes of a stream: forwarded, held back until it has ended, or withheld.</summary>
internal static class StreamSplices
{
    /// <summary>Takes the observed events at the front of <paramref name="buffer"/>.</summary>
    /// <param name="ready">Receives what may be forwarded now.</param>
    /// <param name="held">What says that the answer is finished: forwarded only when the stream has ended as its dialect ends.</param>
    public static void Take(ReadOnlySpan<byte> buffer, in ObservedEvents observed, IBufferWriter<byte> ready, PooledBytes held)
    {
        if (observed.ReleasesHeld)
        {
            ready.Write(held.Span);
            held.Clear();
        }

        var from = 0;
        foreach (var withheld in observed.Withheld)
        {
            Take(buffer, from, withheld.Start, observed.HeldFrom, ready, held);
            from = withheld.End;
        }

        Take(buffer, from, observed.Consumed, observed.HeldFrom, ready, held);
    }

    private static void Take(ReadOnlySpan<byte> buffer, int from, int to, int heldFrom, IBufferWriter<byte> ready, PooledBytes held)
    {
        if (from < heldFrom) ready.Write(buffer[from..Math.Min(to, heldFrom)]);
        if (to > heldFrom) held.Write(buffer[Math.Max(from, heldFrom)..to]);
    }
}
