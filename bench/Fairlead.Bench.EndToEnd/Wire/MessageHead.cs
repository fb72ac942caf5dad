using System.Buffers.Text;

namespace Fairlead.Bench.EndToEnd.Wire;

/// <summary>What is read of an HTTP/1.1 head: where it ends and how its body is framed. Nothing else is looked at.</summary>
/// <param name="End">Behind the blank line.</param>
/// <param name="ContentLength">The body's length; 0 when none is given.</param>
/// <param name="IsChunked">Whether the body is chunked.</param>
/// <param name="Closes">Whether the connection is closed behind the message.</param>
internal readonly record struct MessageHead(int End, long ContentLength, bool IsChunked, bool Closes)
{
    /// <summary>Reads a head; false while its end has not come.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out MessageHead head)
    {
        head = default;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        long length = 0;
        bool isChunked = false, closes = false;
        var lines = bytes[..(end + 2)];
        for (lines = lines[(lines.IndexOf((byte)'\n') + 1)..]; !lines.IsEmpty;)
        {
            var stop = lines.IndexOf((byte)'\n');
            var line = lines[..(stop - 1)];
            lines = lines[(stop + 1)..];
            switch (line.IndexOf((byte)':'))
            {
                case 14 when IsNamed(line, "content-length"u8):
                    if (!Utf8Parser.TryParse(line[15..].TrimStart((byte)' '), out length, out _)) throw new InvalidDataException("Not a length.");
                    break;
                case 17 when IsNamed(line, "transfer-encoding"u8):
                    isChunked = true;
                    break;
                case 10 when IsNamed(line, "connection"u8):
                    closes = line[11..].Trim((byte)' ').SequenceEqual("close"u8);
                    break;
            }
        }

        head = new MessageHead(end + 4, length, isChunked, closes);
        return true;
    }

    private static bool IsNamed(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        System.Text.Ascii.EqualsIgnoreCase(line[..name.Length], name);
}
