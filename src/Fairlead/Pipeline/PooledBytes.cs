using System.Buffers;

namespace Fairlead.Pipeline;

/// <summary>A growing buffer from the shared pool. Not safe for several threads.</summary>
internal sealed class PooledBytes : IBufferWriter<byte>, IDisposable
{
    private byte[]? _buffer;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => _buffer.AsSpan(0, Length);

    /// <summary>Room for at least <paramref name="sizeHint"/> more bytes; call <see cref="Advance"/> with what was used.</summary>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        sizeHint = Math.Max(sizeHint, 1);
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(sizeHint);
        }
        else if (_buffer.Length - Length < sizeHint)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Length + sizeHint, 2 * _buffer.Length));
            Span.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        return _buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Advance(int count) => Length += count;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        bytes.CopyTo(GetMemory(bytes.Length).Span);
        Length += bytes.Length;
    }

    /// <summary>Drops bytes at the front; gives the buffer back when none are left.</summary>
    public void Consume(int count)
    {
        if (count == 0) return;
        if (count == Length)
        {
            Clear();
            return;
        }

        Span[count..].CopyTo(_buffer);
        Length -= count;
    }

    /// <summary>Hands the buffer over: whoever takes it gives it back to the pool.</summary>
    public (byte[]? Buffer, int Length) Detach()
    {
        var detached = (_buffer, Length);
        (_buffer, Length) = (null, 0);
        return detached;
    }

    /// <summary>Drops everything and gives the buffer back; it may be used again.</summary>
    public void Clear()
    {
        Length = 0;
        if (_buffer is null) return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
    }

    public void Dispose() => Clear();
}
