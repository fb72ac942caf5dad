using System.Net;
using System.Net.Http.Headers;

namespace Fairlead.Providers.Transport;

/// <summary>
/// The bytes of a request that may be sent more than once. A send holds them while it writes: over HTTP/2 an answer may come before
/// the request is wholly written, and a pooled buffer must not be given back under a write.
/// </summary>
public interface IUpstreamBody
{
    /// <summary>Holds the bytes; false when they are gone.</summary>
    bool TryHold();

    /// <summary>Ends one hold.</summary>
    void Release();
}

/// <summary>
/// The body of one upstream send: byte segments with a known length, held while they are written. It tells its
/// <see cref="AttemptTimer"/> when the connection is there, for that is when it is asked to write.
/// </summary>
internal sealed class RequestContent : HttpContent
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly IUpstreamBody _owner;
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _segments;
    private readonly long _length;
    private readonly AttemptTimer _timer;

    public RequestContent(IUpstreamBody owner, IReadOnlyList<ReadOnlyMemory<byte>> segments, AttemptTimer timer)
    {
        _owner = owner;
        _segments = segments;
        _timer = timer;
        foreach (var segment in segments) _length += segment.Length;
        Headers.ContentType = Json;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _timer.Connected();
        if (!_owner.TryHold()) throw new IOException("The request is over; its body is gone.");
        try
        {
            foreach (var segment in _segments) await stream.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _owner.Release();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }
}
