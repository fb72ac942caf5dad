using System.Net;
using System.Net.Http.Headers;

namespace Fairlead.Providers.Transport;

/// <summary>
/// The body of one upstream send: byte segments that stay the caller's, with a known length. It tells its
/// <see cref="AttemptTimer"/> when the connection is there, for that is when it is asked to write.
/// </summary>
internal sealed class RequestContent : HttpContent
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _segments;
    private readonly long _length;
    private readonly AttemptTimer _timer;

    public RequestContent(IReadOnlyList<ReadOnlyMemory<byte>> segments, AttemptTimer timer)
    {
        _segments = segments;
        _timer = timer;
        foreach (var segment in segments) _length += segment.Length;
        Headers.ContentType = Json;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _timer.Connected();
        return _segments.Count == 1
            ? stream.WriteAsync(_segments[0], cancellationToken).AsTask()
            : WriteSegmentsAsync(stream, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }

    private async Task WriteSegmentsAsync(Stream stream, CancellationToken cancellationToken)
    {
        foreach (var segment in _segments) await stream.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
    }
}
