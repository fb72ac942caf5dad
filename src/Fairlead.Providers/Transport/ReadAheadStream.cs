using System.Buffers;

namespace Fairlead.Providers.Transport;

/// <summary>
/// A connection that is read in large pieces while much is at hand. The HTTP client reads at most 4 KiB at a time, a system call
/// each, so that a stream which comes in a burst, or a long answer in chunks, costs ten times as many as it needs. Once a read was
/// filled to the brim the next one takes up to <see cref="AheadSize"/>; but for that one a connection that waits holds no buffer.
/// </summary>
/// <remarks>One read and one write at a time, as with any connection; they may run beside each other.</remarks>
/// <param name="connection">What is read and written; disposed with this.</param>
public sealed class ReadAheadStream(Stream connection) : Stream
{
    /// <summary>The most that is read at once, in bytes.</summary>
    public const int AheadSize = 32 * 1024;

    private byte[]? _ahead;
    private int _from;
    private int _to;
    private bool _wasFull;

    /// <inheritdoc />
    public override bool CanRead => true;

    /// <inheritdoc />
    public override bool CanWrite => true;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc />
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_to > 0) return new ValueTask<int>(TakeAhead(buffer.Span));
        if (_wasFull && buffer.Length < AheadSize) return ReadAheadAsync(buffer, cancellationToken); // a wait for data (an empty buffer) may as well take it

        var reading = connection.ReadAsync(buffer, cancellationToken);
        if (buffer.IsEmpty) return reading;
        _wasFull = false;
        // A read that has to wait is passed on as it is: what came first after a pause says little of what comes next.
        if (!reading.IsCompletedSuccessfully) return reading;
        var read = reading.Result;
        _wasFull = read > 0 && read == buffer.Length;
        return new ValueTask<int>(read);
    }

    /// <inheritdoc />
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc />
    public override int Read(Span<byte> buffer) => _to > 0 ? TakeAhead(buffer) : connection.Read(buffer);

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc />
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => connection.WriteAsync(buffer, cancellationToken);

    /// <inheritdoc />
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        connection.WriteAsync(buffer, offset, count, cancellationToken);

    /// <inheritdoc />
    public override void Write(ReadOnlySpan<byte> buffer) => connection.Write(buffer);

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) => connection.Write(buffer, offset, count);

    /// <inheritdoc />
    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    /// <inheritdoc />
    public override void Flush() => connection.Flush();

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        // The buffer is not given back: a read may be under way into it.
        if (disposing) connection.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadAheadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _wasFull = false;
        var ahead = ArrayPool<byte>.Shared.Rent(AheadSize);
        _to = await connection.ReadAsync(ahead.AsMemory(0, AheadSize), cancellationToken).ConfigureAwait(false);
        _ahead = ahead;
        _from = 0;
        if (_to > 0)
        {
            _wasFull = _to == AheadSize;
            return TakeAhead(buffer.Span);
        }

        GiveBack();
        return 0;
    }

    private int TakeAhead(Span<byte> buffer)
    {
        var count = Math.Min(_to - _from, buffer.Length); // none for a wait: there is something
        _ahead.AsSpan(_from, count).CopyTo(buffer);
        _from += count;
        if (_from == _to) GiveBack();
        return count;
    }

    private void GiveBack()
    {
        ArrayPool<byte>.Shared.Return(_ahead!);
        _ahead = null;
        _to = 0;
    }
}
