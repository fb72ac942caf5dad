using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fairlead.Core.Auditing;

/// <summary>Fields as bytes, each text with its length in front, so that no two rows of fields are the same. Used by one thread at a time.</summary>
internal sealed class AuditFields
{
    private const int MissingText = -1;

    private readonly ArrayBufferWriter<byte> _bytes = new(512);

    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>A text; null is not the same as an empty one.</summary>
    public void Add(string? text)
    {
        if (text is null)
        {
            AddLength(MissingText);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(text);
        AddLength(length);
        _bytes.Advance(Encoding.UTF8.GetBytes(text, _bytes.GetSpan(length)));
    }

    public void Add(long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(_bytes.GetSpan(sizeof(long)), number);
        _bytes.Advance(sizeof(long));
    }

    /// <summary>A time in microseconds.</summary>
    public void Add(DateTimeOffset at) => Add((at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

    private void AddLength(int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(sizeof(int)), length);
        _bytes.Advance(sizeof(int));
    }
}
