using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Bench.EndToEnd.Wire;

namespace Fairlead.Bench.EndToEnd.Mock;

/// <summary>
/// An upstream that costs as little as possible: raw sockets, answers made beforehand, bodies read and forgotten. It answers every
/// POST with the same answer of its dialect, or with a stream where the first bytes of the body ask for one.
/// </summary>
internal sealed class MockUpstream : IDisposable
{
    private const string VendorHeaders =
        "Date: Thu, 01 Oct 2026 12:00:00 GMT\r\nx-request-id: req_bench0123456789\r\nopenai-processing-ms: 42\r\n";

    private const int LookedAt = 512; // where `stream` and its options stand in our own requests

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly StreamPacer _pacer = new();
    private readonly byte[] _answer;
    private readonly PreparedStream _plain;
    private readonly PreparedStream _withUsage;
    private readonly byte[] _message;
    private readonly PreparedStream _messageStream;

    public MockUpstream()
    {
        var answer = Payloads.ChatAnswer();
        _answer = [.. Head($"Content-Type: application/json\r\n{VendorHeaders}Content-Length: {answer.Length}\r\n"), .. answer];
        _plain = new PreparedStream(Payloads.StreamEvents(includeUsage: false));
        _withUsage = new PreparedStream(Payloads.StreamEvents(includeUsage: true));
        var message = Payloads.MessagesAnswer();
        _message = [.. Head($"Content-Type: application/json\r\n{VendorHeaders}Content-Length: {message.Length}\r\n"), .. message];
        _messageStream = new PreparedStream(Payloads.MessagesStreamEvents());
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(2048);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>How streams are paced from now on.</summary>
    public Pacing Pacing { get; set; } = new Pacing.OneByOne();

    /// <summary>Where the next bodies are copied to; null, the default, for nowhere.</summary>
    public ArrayBufferWriter<byte>? Copy { get; set; }

    public void Dispose()
    {
        _listener.Dispose();
        _pacer.Dispose();
    }

    private static byte[] Head(string headers) => Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n" + headers + "\r\n");

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                _ = ServeAsync(socket);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // disposed
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var buffer = new byte[16 * 1024];
        byte[]? large = null;
        try
        {
            while (true)
            {
                var have = 0;
                MessageHead head;
                while (!MessageHead.TryRead(buffer.AsSpan(0, have), out head))
                {
                    var read = await socket.ReceiveAsync(buffer.AsMemory(have));
                    if (read == 0) return;
                    have += read;
                }

                var isMessages = buffer.AsSpan().StartsWith("POST /v1/messages"u8);
                // The body: its front is kept to be looked at, the rest goes where it came from.
                var kept = head.End;
                var chunked = default(ChunkedBody);
                var left = head.ContentLength - (have - head.End);
                Copy?.Write(buffer.AsSpan(head.End, head.IsChunked ? 0 : have - head.End));
                var isWhole = head.IsChunked ? chunked.Take(buffer.AsSpan(head.End, have - head.End), Copy) : left == 0;
                while (!isWhole)
                {
                    var isFrontKept = have - kept >= LookedAt;
                    var target = isFrontKept ? (large ??= new byte[256 * 1024]) : buffer.AsMemory(have);
                    var read = await socket.ReceiveAsync(target);
                    if (read == 0) return;
                    if (!isFrontKept) have += read;
                    left -= read;
                    if (!head.IsChunked) Copy?.Write(target.Span[..read]);
                    isWhole = head.IsChunked ? chunked.Take(target.Span[..read], Copy) : left == 0;
                }

                var front = buffer.AsMemory(head.End, Math.Min(have - head.End, LookedAt));
                await AnswerAsync(socket, front, isMessages);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The other side has gone: streams are left open on purpose at times.
        }
        finally
        {
            socket.Dispose();
        }
    }

    private async ValueTask AnswerAsync(Socket socket, ReadOnlyMemory<byte> front, bool isMessages)
    {
        if (front.Span.IndexOf("\"stream\":true"u8) < 0)
        {
            await socket.SendAsync(isMessages ? _message : _answer);
            return;
        }

        var stream = isMessages ? _messageStream : front.Span.IndexOf("\"include_usage\":true"u8) < 0 ? _plain : _withUsage;
        switch (Pacing)
        {
            case Pacing.AtOnce:
                await socket.SendAsync(stream.Whole);
                break;
            case Pacing.OneByOne:
                foreach (var write in stream.Writes) await socket.SendAsync(write);
                break;
            case Pacing.Every every:
                await _pacer.WriteAsync(socket, stream.Writes, every.Interval);
                break;
        }
    }

    /// <summary>A stream's writes: the head with the first event, an event each, the last with the end of the body.</summary>
    private sealed class PreparedStream
    {
        public PreparedStream(byte[][] events)
        {
            var writes = new List<byte[]>(events.Length);
            foreach (var text in events)
            {
                writes.Add([.. Encoding.ASCII.GetBytes(text.Length.ToString("x", CultureInfo.InvariantCulture)), .. "\r\n"u8, .. text, .. "\r\n"u8]);
            }

            writes[0] = [.. Head($"Content-Type: text/event-stream; charset=utf-8\r\n{VendorHeaders}Transfer-Encoding: chunked\r\n"), .. writes[0]];
            writes[^1] = [.. writes[^1], .. "0\r\n\r\n"u8];
            Writes = writes;
            Whole = [.. writes.SelectMany(write => write)];
        }

        public IReadOnlyList<byte[]> Writes { get; }

        public byte[] Whole { get; }
    }
}
