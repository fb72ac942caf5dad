namespace Fairlead.Dialects.Sse;

/// <summary>
/// Finds whole events in a buffer that grows at its end, wherever the bytes were cut. Lines end with LF, CR or CRLF; events with
/// a blank line. Remembers how far it looked, so that an event of many reads is searched once. A mutable value; not safe for
/// several threads.
/// </summary>
/// <remarks>Frames alone: what the data means is its dialect's business, and the bytes are never changed or re-framed.</remarks>
public struct SseFraming
{
    private int _eventStart;
    private int _lineStart;
    private int _searchedTo;
    private int _dataLines;
    private int _dataStart;
    private int _dataLength;
    private int _typeStart;
    private int _typeLength;
    private bool _isPastFirstLine;

    /// <summary>The next whole event of <paramref name="buffer"/>, behind the ones found before.</summary>
    public bool TryNext(ReadOnlySpan<byte> buffer, out SseFrame frame)
    {
        while (true)
        {
            var found = buffer[_searchedTo..].IndexOfAny((byte)'\n', (byte)'\r');
            if (found < 0)
            {
                _searchedTo = buffer.Length;
                break;
            }

            var lineEnd = _searchedTo + found;
            var next = lineEnd + 1;
            var isBlank = lineEnd == _lineStart;
            if (buffer[lineEnd] == '\r')
            {
                if (next < buffer.Length)
                {
                    if (buffer[next] == '\n') next++;
                }
                else if (!isBlank)
                {
                    // A CR at the very end may be half of a CRLF: only the next byte tells. After a blank line it does not
                    // matter: the event is over either way, and a lone LF that follows is a blank line of its own.
                    _searchedTo = lineEnd;
                    break;
                }
            }

            if (!isBlank) TakeLine(buffer[_lineStart..lineEnd]);
            _isPastFirstLine = true;
            _lineStart = _searchedTo = next;
            if (!isBlank) continue;
            frame = Frame(next);
            return true;
        }

        frame = default;
        return false;
    }

    /// <summary>What is left when the stream has ended without a closing blank line; false when nothing is.</summary>
    public bool TryLast(ReadOnlySpan<byte> buffer, out SseFrame frame)
    {
        if (_eventStart == buffer.Length)
        {
            frame = default;
            return false;
        }

        var line = buffer[_lineStart..];
        if (line.EndsWith("\r"u8)) line = line[..^1];
        if (!line.IsEmpty) TakeLine(line);
        _lineStart = _searchedTo = buffer.Length;
        frame = Frame(buffer.Length);
        return true;
    }

    /// <summary>Tells that bytes at the front of the buffer are gone: those of events found so far.</summary>
    public void Consumed(int count)
    {
        _eventStart -= count;
        _lineStart -= count;
        _searchedTo -= count;
        _dataStart -= count;
        _typeStart -= count;
    }

    /// <summary>Where the value of a line's field starts; false when the line is of another field.</summary>
    internal static bool TryValue(ReadOnlySpan<byte> line, ReadOnlySpan<byte> field, out int from)
    {
        from = field.Length;
        if (!line.StartsWith(field)) return false;
        if (line.Length == from) return true; // a field without a colon has an empty value
        if (line[from] != ':') return false;
        from++;
        if (line.Length > from && line[from] == ' ') from++;
        return true;
    }

    private SseFrame Frame(int end)
    {
        var frame = _dataLines == 0 && _typeLength == 0
            ? new SseFrame(_eventStart, end, 0, _eventStart, 0, _eventStart, 0)
            : new SseFrame(_eventStart, end, _dataLines, _dataLines == 0 ? _eventStart : _dataStart, _dataLength, _typeLength == 0 ? _eventStart : _typeStart, _typeLength);
        _eventStart = end;
        _dataLines = _dataLength = _typeLength = 0;
        _dataStart = _typeStart = end;
        return frame;
    }

    private void TakeLine(ReadOnlySpan<byte> line)
    {
        var skipped = !_isPastFirstLine && line.StartsWith("\uFEFF"u8) ? 3 : 0; // one byte order mark may lead the stream
        if (TryValue(line[skipped..], "data"u8, out var from))
        {
            if (_dataLines++ > 0) return;
            _dataStart = _lineStart + skipped + from;
            _dataLength = line.Length - skipped - from;
        }
        else if (TryValue(line[skipped..], "event"u8, out from))
        {
            _typeStart = _lineStart + skipped + from;
            _typeLength = line.Length - skipped - from;
        }
    }
}
