using System.Buffers;
using Fairlead.Simulator.Faults;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Simulator.Serving;

/// <summary>
/// Writes a response's body, whole or in pieces. What is flushed is with the kernel when the call returns, so the events counted are
/// the events sent, and a client that does not read holds the vendor up.
/// </summary>
internal sealed class Reply
{
    // Enough to fill a segment, little enough that nothing waits long.
    private const int FlushAt = 8 * 1024;

    private readonly HttpResponse _response;
    private readonly TimeProvider _time;
    private readonly int? _pieceBytes;
    private readonly TimeSpan _every;
    private int _pending;
    private bool _isBegun;

    /// <param name="exchange">Whose response.</param>
    /// <param name="fault">Its fault, which may send pieces of a size, each flushed, with or without a wait before each but the first.</param>
    public Reply(Exchange exchange, SimulatedFault? fault)
    {
        _response = exchange.Http.Response;
        _time = exchange.Time;
        var drip = fault?.Find<FaultEffect.DripBytes>();
        _pieceBytes = drip?.Bytes ?? fault?.Find<FaultEffect.Split>()?.Bytes;
        _every = drip?.Every ?? TimeSpan.Zero;
    }

    /// <summary>Writes without flushing, unless much is pending or pieces are asked for.</summary>
    /// <param name="bytes">What to write.</param>
    /// <param name="cancellationToken">Ends it between two pieces.</param>
    /// <param name="beforeLast">Called before the last of it is written, when nothing is waited for any more.</param>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken, Action? beforeLast = null)
    {
        if (_pieceBytes is not { } size)
        {
            beforeLast?.Invoke();
            await StartAsync(cancellationToken);
            _response.BodyWriter.Write(bytes.Span);
            _pending += bytes.Length;
            if (_pending >= FlushAt) await FlushAsync(cancellationToken);
            return;
        }

        if (bytes.IsEmpty) beforeLast?.Invoke();
        for (var at = 0; at < bytes.Length; at += size)
        {
            if (_isBegun && _every > TimeSpan.Zero) await Task.Delay(_every, _time, cancellationToken);
            _isBegun = true;
            if (at + size >= bytes.Length) beforeLast?.Invoke();
            await StartAsync(cancellationToken);
            _response.BodyWriter.Write(bytes.Span.Slice(at, Math.Min(size, bytes.Length - at)));
            _pending += size;
            await FlushAsync(cancellationToken);
        }
    }

    /// <summary>Sends what is pending; with nothing written yet, the headers.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        _pending = 0;
        await _response.BodyWriter.FlushAsync(cancellationToken);
    }

    /// <summary>Sends nothing yet, but Kestrel has no room for a body before it knows its headers.</summary>
    private Task StartAsync(CancellationToken cancellationToken) => _response.HasStarted ? Task.CompletedTask : _response.StartAsync(cancellationToken);
}
