namespace Fairlead.Dialects.Sse;

/// <summary>
/// One whole event of an event stream, as ranges of the buffer it was found in. Follows the WHATWG HTML standard, section 9.2.6
/// ("Interpreting an event stream").
/// </summary>
/// <param name="Start">Where its first byte stands.</param>
/// <param name="End">Behind its closing blank line.</param>
/// <param name="DataLines">How many <c>data</c> lines it has; 0 for comments and blank lines alone.</param>
/// <param name="DataStart">Where the value of its first <c>data</c> line starts.</param>
/// <param name="DataLength">The length of that value.</param>
/// <param name="TypeStart">Where the value of its last <c>event</c> line starts.</param>
/// <param name="TypeLength">The length of that value; 0 for none.</param>
public readonly record struct SseFrame(int Start, int End, int DataLines, int DataStart, int DataLength, int TypeStart, int TypeLength)
{
    /// <summary>The type of the event; empty for a message.</summary>
    public ReadOnlySpan<byte> Type(ReadOnlySpan<byte> buffer) => buffer.Slice(TypeStart, TypeLength);

    /// <summary>The data. Several lines are joined by line feeds, in a new array; one line is a slice of the buffer.</summary>
    public ReadOnlySpan<byte> Data(ReadOnlySpan<byte> buffer) =>
        DataLines <= 1 ? buffer.Slice(DataStart, DataLength) : Joined(buffer);

    private byte[] Joined(ReadOnlySpan<byte> buffer)
    {
        // From the first line on: what stands before it, a byte order mark among others, is none of the data.
        var joined = new MemoryStream();
        joined.Write(buffer.Slice(DataStart, DataLength));
        var rest = buffer[(DataStart + DataLength)..End];
        while (!rest.IsEmpty)
        {
            var length = rest.IndexOfAny((byte)'\n', (byte)'\r');
            var line = length < 0 ? rest : rest[..length];
            rest = length < 0 ? [] : rest[(length + 1)..];
            if (!SseFraming.TryValue(line, "data"u8, out var from)) continue;
            joined.WriteByte((byte)'\n');
            joined.Write(line[from..]);
        }

        return joined.ToArray();
    }
}
