using System.Buffers;

namespace Fairlead.Bench.EndToEnd.Wire;

/// <summary>Finds the end of a chunked body (RFC 9112, section 7.1), whatever pieces it comes in. State of one body.</summary>
internal struct ChunkedBody
{
    private State _state;
    private long _left;
    private bool _isLineEmpty;

    private enum State
    {
        Size,
        SizeLine,
        Data,
        DataEnd,
        Trailer,
        Done,
    }

    /// <summary>Bytes of content so far, framing not counted.</summary>
    public long Length { get; private set; }

    /// <summary>Takes the next bytes in.</summary>
    /// <param name="bytes">What came; nothing may follow the body within it.</param>
    /// <param name="copy">Where content is copied to; null for nowhere.</param>
    /// <returns>Whether the body is whole.</returns>
    public bool Take(ReadOnlySpan<byte> bytes, IBufferWriter<byte>? copy)
    {
        while (!bytes.IsEmpty)
        {
            if (_state == State.Data)
            {
                var take = (int)Math.Min(_left, bytes.Length);
                copy?.Write(bytes[..take]);
                Length += take;
                _left -= take;
                bytes = bytes[take..];
                if (_left == 0) _state = State.DataEnd;
                continue;
            }

            var next = bytes[0];
            bytes = bytes[1..];
            switch (_state)
            {
                case State.Size when next is (byte)'\n' or (byte)';' or (byte)'\r':
                    if (next == '\n') AfterSize();
                    else _state = State.SizeLine;
                    break;
                case State.Size:
                    _left = (_left * 16) + Hex(next);
                    break;
                case State.SizeLine when next == '\n':
                    AfterSize();
                    break;
                case State.DataEnd when next == '\n':
                    _state = State.Size;
                    break;
                case State.Trailer when next == '\n':
                    if (_isLineEmpty) _state = State.Done;
                    _isLineEmpty = true;
                    break;
                case State.Trailer when next != '\r':
                    _isLineEmpty = false;
                    break;
                case State.Done:
                    throw new InvalidDataException("Bytes behind the end of a chunked body.");
            }
        }

        return _state == State.Done;
    }

    private void AfterSize()
    {
        _isLineEmpty = true;
        _state = _left == 0 ? State.Trailer : State.Data;
    }

    private static int Hex(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => throw new InvalidDataException("Not the size of a chunk."),
    };
}
