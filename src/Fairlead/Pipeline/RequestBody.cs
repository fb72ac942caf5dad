using System.Buffers;
using Fairlead.Providers.Transport;

namespace Fairlead.Pipeline;

/// <summary>
/// A request's body in one pooled buffer, kept until no attempt can need it any more. Dispose gives the buffer back, once no send
/// writes it.
/// </summary>
internal sealed class RequestBody : IUpstreamBody, IDisposable
{
    /// <summary>The largest body that is taken: 32 MiB, the largest that any vendor takes.</summary>
    public const int MostBytes = 32 * 1024 * 1024;

    private byte[]? _buffer;
    private int _length;
    private int _holds = 1; // the request's own, and one per send that writes
    private int _isDisposed;

    private RequestBody()
    {
    }

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>A body that was written here.</summary>
    public static RequestBody Of(PooledBytes written)
    {
        var body = new RequestBody();
        (body._buffer, body._length) = written.Detach();
        return body;
    }

    /// <summary>Reads the body to its end. Null when it is larger than <see cref="MostBytes"/>.</summary>
    public static async ValueTask<RequestBody?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > MostBytes) return null;
        var body = new RequestBody();
        try
        {
            body._buffer = ArrayPool<byte>.Shared.Rent((int)Math.Max(request.ContentLength ?? 4096, 256));
            var reader = request.BodyReader;
            while (true)
            {
                var result = await reader.ReadAsync(cancellationToken);
                var isWithin = body.TryAppend(result.Buffer);
                reader.AdvanceTo(result.Buffer.End);
                if (!isWithin)
                {
                    body.Dispose();
                    return null;
                }

                if (result.IsCompleted) return body;
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public bool TryHold()
    {
        var holds = Volatile.Read(ref _holds);
        while (holds > 0)
        {
            var seen = Interlocked.CompareExchange(ref _holds, holds + 1, holds);
            if (seen == holds) return true;
            holds = seen;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _holds) == 0 && Interlocked.Exchange(ref _buffer, null) is { } buffer) ArrayPool<byte>.Shared.Return(buffer);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0) Release();
    }

    private bool TryAppend(in ReadOnlySequence<byte> bytes)
    {
        var total = _length + bytes.Length;
        if (total > MostBytes) return false;
        if (total > _buffer!.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(total, Math.Min(2L * _buffer.Length, MostBytes)));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length = (int)total;
        return true;
    }
}
