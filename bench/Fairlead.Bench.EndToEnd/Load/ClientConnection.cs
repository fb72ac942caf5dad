using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Fairlead.Bench.EndToEnd.Wire;

namespace Fairlead.Bench.EndToEnd.Load;

/// <summary>What is kept of an answer.</summary>
/// <param name="Status">Its status.</param>
/// <param name="BodyBytes">Bytes of its body, framing not counted.</param>
internal readonly record struct Answer(int Status, long BodyBytes);

/// <summary>A client's connection: sends prepared bytes, reads an answer to its end. One request at a time.</summary>
internal sealed class ClientConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[32 * 1024];

    /// <summary>Bytes received over the connection so far.</summary>
    public long Received { get; private set; }

    /// <summary>Connects.</summary>
    public static async Task<ClientConnection> OpenAsync(IPEndPoint endPoint)
    {
        var connection = new ClientConnection();
        try
        {
            await connection._socket.ConnectAsync(endPoint);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request and reads its answer.</summary>
    /// <param name="request">Head and body.</param>
    /// <param name="copy">Where the answer's body is copied to; null for nowhere.</param>
    public async ValueTask<Answer> SendAsync(ReadOnlyMemory<byte> request, IBufferWriter<byte>? copy = null)
    {
        while (!request.IsEmpty) request = request[await _socket.SendAsync(request)..];

        var have = 0;
        MessageHead head;
        while (!MessageHead.TryRead(_buffer.AsSpan(0, have), out head)) have += await ReceiveAsync(have);

        var status = ((_buffer[9] - '0') * 100) + ((_buffer[10] - '0') * 10) + _buffer[11] - '0';
        var body = _buffer.AsMemory(head.End, have - head.End);
        var chunked = default(ChunkedBody);
        long length = 0;
        while (true)
        {
            length += body.Length;
            if (!head.IsChunked) copy?.Write(body.Span);
            if (head.IsChunked ? chunked.Take(body.Span, copy) : length == head.ContentLength) break;
            body = _buffer.AsMemory(0, await ReceiveAsync(0));
        }

        return new Answer(status, head.IsChunked ? chunked.Length : length);
    }

    public void Dispose() => _socket.Dispose();

    private async ValueTask<int> ReceiveAsync(int at)
    {
        var read = await _socket.ReceiveAsync(_buffer.AsMemory(at));
        if (read == 0) throw new EndOfStreamException("The connection was closed in the middle of an answer.");
        Received += read;
        return read;
    }
}
