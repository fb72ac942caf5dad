using System.Text;
using CsCheck;
using Fairlead.Dialects.Sse;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.Sse;

/// <summary>Frames of an event stream, by the standard's own rules, wherever the bytes were cut.</summary>
public sealed class SseFramingTests
{
    /// <summary>Stream → "type=data" of each event that has data, in order.</summary>
    public static TheoryData<string, string[]> Streams => new()
    {
        { "data: a\n\n", ["=a"] },
        { "data:a\n\n", ["=a"] },
        { "data:  a\n\n", ["= a"] },
        { "data\n\n", ["="] },
        { "data:\n\n", ["="] },
        { "data: a\ndata: b\ndata\ndata:c\n\n", ["=a\nb\n\nc"] },
        { "data: a\r\n\r\ndata: b\r\n\r\n", ["=a", "=b"] },
        { "data: a\r\rdata: b\r\r", ["=a", "=b"] },
        { "data: a\r\n\ndata: b\n\r\n", ["=a", "=b"] },
        { "data: a\rdata: b\r\n\r", ["=a\nb"] },
        { "event: error\ndata: a\n\n", ["error=a"] },
        { "data: a\nevent: x\nevent:y\n\n", ["y=a"] },
        { ": data: no\n\ndata: a\n\n", ["=a"] },
        { "id: 1\nretry: 5\nfoo: bar\ndata: a\n\n", ["=a"] },
        { "dataset: no\ndata : no\n data: no\nDATA: no\ndata: a\n\n", ["=a"] },
        { "\n\n\ndata: a\n\n\n\ndata: b\n\n", ["=a", "=b"] },
        { "\uFEFFdata: a\n\n", ["=a"] },
        { "\uFEFFdata: a\ndata: b\n\n", ["=a\nb"] },
        { "\uFEFFevent: t\ndata: a\n\n", ["t=a"] },
        { "\n\uFEFFdata: no\n\ndata: a\n\n", ["=a"] },
        { "data: \uFEFFa\n\n", ["=\uFEFFa"] },
        { "data: \u00E9\u20AC\U0001F600\n\n", ["=\u00E9\u20AC\U0001F600"] },
        { "data: a\n\ndata: unclosed\n", ["=a"] },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void TryNext_CutAtEveryOffset_FindsTheSameEvents(string stream, string[] expected)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var framing = default(SseFraming);
            var found = new List<string>();
            var consumed = Read(ref framing, bytes.AsSpan(0, cut), found);
            Read(ref framing, bytes.AsSpan(consumed), found);
            Assert.Equal(expected, found);
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void TryNext_ByteByByte_FindsTheSameEvents(string stream, string[] expected)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        var framing = default(SseFraming);
        var found = new List<string>();
        var consumed = 0;
        for (var end = 1; end <= bytes.Length; end++) consumed += Read(ref framing, bytes.AsSpan(consumed..end), found);
        Assert.Equal(expected, found);
    }

    [Theory]
    [InlineData("data: a\n\ndata: b", "=b")]
    [InlineData("data: a\n\ndata: b\n", "=b")]
    [InlineData("data: a\n\ndata: b\r", "=b")]
    [InlineData("data: a\n\ndata: b\ndata: c", "=b\nc")]
    [InlineData("data: a\n\nevent: error\ndata: c", "error=c")]
    public void TryLast_UnclosedEvent_IsFound(string stream, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        var framing = default(SseFraming);
        var consumed = Read(ref framing, bytes, []);

        Assert.True(framing.TryLast(bytes.AsSpan(consumed), out var frame));
        Assert.Equal(expected, Text(frame, bytes.AsSpan(consumed)));
        Assert.Equal(bytes.Length - consumed, frame.End);
    }

    [Fact]
    public void TryLast_NothingLeft_IsFalse()
    {
        var framing = default(SseFraming);
        var bytes = "data: a\n\n"u8;
        Assert.True(framing.TryNext(bytes, out _));
        Assert.False(framing.TryLast(bytes, out _));
    }

    /// <summary>Every byte belongs to exactly one frame, whatever the bytes are, and the platform's parser finds the same events.</summary>
    [Fact]
    public void TryNext_AnyBytes_CoversThemAndAgreesWithThePlatform()
    {
        var pieces = new[] { "\n", "\r", "\r\n", "\n\n", "data", "data:", "data: ", "event:", "event: x", ":", " ", "id", "x", "{", "\u00E9", "\uFEFF" };
        Property.Check(Gen.Int[0, pieces.Length - 1].Array[0, 24].Select(chosen => chosen.Select(one => pieces[one]).ToArray()), 3000, parts =>
        {
            var bytes = Encoding.UTF8.GetBytes("x" + string.Concat(parts)); // not at the start: a mark is no mark there
            var framing = default(SseFraming);
            var found = new List<string>();
            var end = 0;
            while (framing.TryNext(bytes, out var frame))
            {
                Assert.Equal(end, frame.Start);
                Assert.InRange(frame.End, frame.Start + 1, bytes.Length);
                end = frame.End;
                if (frame.DataLines > 0) found.Add(Text(frame, bytes));
            }

            var expected = EventCutter.Cut(bytes, out var rest).Where(block => block.Data is not null).Select(block => (block.Type == "message" ? "" : block.Type) + "=" + block.Data);
            Assert.Equal(expected, found);
            Assert.Equal(rest, end);
        }, parts => string.Join('|', parts));
    }

    private static int Read(ref SseFraming framing, ReadOnlySpan<byte> buffer, List<string> found)
    {
        var consumed = 0;
        while (framing.TryNext(buffer, out var frame))
        {
            Assert.Equal(consumed, frame.Start);
            consumed = frame.End;
            if (frame.DataLines > 0) found.Add(Text(frame, buffer));
        }

        framing.Consumed(consumed);
        return consumed;
    }

    private static string Text(in SseFrame frame, ReadOnlySpan<byte> buffer) => Encoding.UTF8.GetString(frame.Type(buffer)) + "=" + Encoding.UTF8.GetString(frame.Data(buffer));
}
