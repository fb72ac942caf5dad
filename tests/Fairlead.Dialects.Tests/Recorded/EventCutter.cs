using System.Net.ServerSentEvents;
using System.Text;

namespace Fairlead.Dialects.Tests.Recorded;

/// <summary>One block of an event stream: all bytes up to and with a blank line, with the event in it, if there is one.</summary>
/// <param name="Start">Where its first byte stands.</param>
/// <param name="End">Behind its blank line.</param>
/// <param name="Type">The event's type; <c>message</c> when it names none.</param>
/// <param name="Data">Its data; null for comments and blank lines.</param>
internal sealed record StreamBlock(int Start, int End, string Type, string? Data);

/// <summary>
/// Cuts an event stream byte by byte into blocks; the platform's own parser says what is in them. Knows nothing of the code
/// under test.
/// </summary>
internal static class EventCutter
{
    /// <summary>The whole blocks, and the rest that no blank line closes.</summary>
    public static List<StreamBlock> Cut(ReadOnlySpan<byte> bytes, out int rest)
    {
        var blocks = new List<StreamBlock>();
        int start = 0, at = 0, lineStart = 0;
        while (at < bytes.Length)
        {
            if (bytes[at] != '\n' && bytes[at] != '\r')
            {
                at++;
                continue;
            }

            var isBlank = at == lineStart;
            at += bytes[at] == '\r' && at + 1 < bytes.Length && bytes[at + 1] == '\n' ? 2 : 1;
            lineStart = at;
            if (!isBlank) continue;
            blocks.Add(Block(bytes, start, at));
            start = at;
        }

        rest = start;
        return blocks;
    }

    /// <summary>The block that a stream's unclosed rest would be, were it closed.</summary>
    public static StreamBlock Rest(ReadOnlySpan<byte> bytes, int start) => Block(bytes, start, bytes.Length);

    private static StreamBlock Block(ReadOnlySpan<byte> bytes, int start, int end)
    {
        using var text = new MemoryStream();
        if (start > 0) text.Write(": a byte order mark is one at the very start only\n"u8);
        text.Write(bytes[start..end]);
        text.Write("\n\n"u8);
        text.Position = 0;
        var items = SseParser.Create(text, (_, data) => Encoding.UTF8.GetString(data)).Enumerate().ToList();
        Assert.True(items.Count <= 1, "one block holds one event at most");
        return items.Count == 0 ? new StreamBlock(start, end, "message", null) : new StreamBlock(start, end, items[0].EventType, items[0].Data);
    }
}
