using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Simulator.Serving;

/// <summary>
/// Writes a response's body, whole or in pieces. What is flushed is with the kernel when the call returns, so the events counted are
/// the events sent, and a client that does not read holds the vendor up.
/// </summary>
/// <param name="response">Where to write.</param>
/// <param name="pieceBytes">Send pieces of this size, each flushed; null sends what is there.</param>
internal sealed class Reply(HttpResponse response, int? pieceBytes)
{
    // Enough to fill a segment, little enough that nothing waits long.
    private const int FlushAt = 8 * 1024;

    private int _pending;

    /// <summary>Writes without flushing, unless much is pending or pieces are asked for.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        // Sends nothing yet, but Kestrel has no room for a body before it knows its headers.
        if (!response.HasStarted) await response.StartAsync(cancellationToken);
        if (pieceBytes is not { } size)
        {
            response.BodyWriter.Write(bytes.Span);
            _pending += bytes.Length;
            if (_pending >= FlushAt) await FlushAsync(cancellationToken);
            return;
        }

        for (var at = 0; at < bytes.Length; at += size)
        {
            response.BodyWriter.Write(bytes.Span.Slice(at, Math.Min(size, bytes.Length - at)));
            _pending += size;
            await FlushAsync(cancellationToken);
        }
    }

    /// <summary>Sends what is pending; with nothing written yet, the headers.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        _pending = 0;
        await response.BodyWriter.FlushAsync(cancellationToken);
    }
}
