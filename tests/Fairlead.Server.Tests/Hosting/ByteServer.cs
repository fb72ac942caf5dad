using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.Server.Tests.Hosting;

/// <summary>One request as it came over the wire.</summary>
internal sealed record ReceivedRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>Completes when the peer closes its side of the connection.</summary>
    public required Task PeerClosed { get; init; }

    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>How a reply's connection ends.</summary>
internal enum ReplyEnd
{
    /// <summary>As HTTP ends it; the connection may serve again.</summary>
    Complete = 0,

    /// <summary>The connection is closed where the body stands, without HTTP's end.</summary>
    Close,

    /// <summary>The connection is reset where the body stands.</summary>
    Reset,

    /// <summary>Nothing more comes until the peer goes away.</summary>
    Hang,
}

/// <summary>What a server answers, in the very bytes and pieces.</summary>
internal sealed record Reply(int Status, string? ContentType, IReadOnlyList<byte[]> Pieces)
{
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public ReplyEnd End { get; init; }

    /// <summary>False: the body is chunked, a chunk per piece.</summary>
    public bool HasLength { get; init; } = true;

    /// <summary>True, without a length: the pieces hold HTTP's chunks themselves, cut as they like.</summary>
    public bool HoldsChunks { get; init; }

    /// <summary>Awaited before the piece of a number is sent, and before the headers for -1.</summary>
    public Func<int, Task>? Before { get; init; }

    public static Reply Json(string body, int status = 200) => new(status, "application/json", [Encoding.UTF8.GetBytes(body)]);

    public static Reply Stream(params IEnumerable<string> events) =>
        new(200, "text/event-stream", [.. events.Select(Encoding.UTF8.GetBytes)]) { HasLength = false };
}

/// <summary>
/// An upstream that serves scripted bytes over HTTP/1.1 on its own socket: no HTTP library between the test and the wire. Shares
/// no code with the product.
/// </summary>
internal sealed class ByteServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<ReceivedRequest, Reply> _script;
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;

    private ByteServer(Func<ReceivedRequest, Reply> script, int port)
    {
        _script = script;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start(512);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>The address with <c>/v1</c>.</summary>
    public string Address => $"http://127.0.0.1:{Port}/v1";

    public ConcurrentQueue<ReceivedRequest> Requests { get; } = new();

    /// <param name="script">What is answered.</param>
    /// <param name="port">The port of one that was there before; 0: any.</param>
    public static ByteServer Start(Func<ReceivedRequest, Reply> script, int port = 0) => new(script, port);

    public static ByteServer Start(Reply reply) => new(_ => reply, port: 0);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                _connections.Add(Task.Run(() => ServeAsync(socket)));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        var pending = new MemoryStream();
        try
        {
            while (await ReadRequestAsync(socket, pending) is { } request)
            {
                var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var received = request with { PeerClosed = closed.Task };
                Requests.Enqueue(received);
                var watching = WatchAsync(socket, closed);
                if (!await ReplyAsync(socket, _script(received), closed.Task)) return;
                // The watch is one pending receive of nothing; the next request completes it.
                await watching;
                if (closed.Task.IsCompleted) return;
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer or the test is gone.
        }
    }

    /// <summary>A receive of nothing completes with data or with the end; a peek tells which.</summary>
    private async Task WatchAsync(Socket socket, TaskCompletionSource closed)
    {
        try
        {
            var peek = new byte[1];
            if (await socket.ReceiveAsync(peek, SocketFlags.Peek, _stop.Token) == 0) closed.TrySetResult();
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            closed.TrySetResult();
        }
    }

    private async Task<bool> ReplyAsync(Socket socket, Reply reply, Task closed)
    {
        if (reply.Before is { } beforeHeaders) await Task.WhenAny(beforeHeaders(-1), closed);
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {reply.Status} X\r\n");
        if (reply.ContentType is { } type) head.Append("Content-Type: ").Append(type).Append("\r\n");
        foreach (var (name, value) in reply.Headers) head.Append(name).Append(": ").Append(value).Append("\r\n");
        if (reply.HasLength) head.Append(CultureInfo.InvariantCulture, $"Content-Length: {reply.Pieces.Sum(piece => piece.Length)}\r\n");
        else head.Append("Transfer-Encoding: chunked\r\n");
        await SendAsync(socket, Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        for (var i = 0; i < reply.Pieces.Count; i++)
        {
            if (reply.Before is { } before) await Task.WhenAny(before(i), closed);
            if (closed.IsCompleted) return false;
            var piece = reply.Pieces[i];
            if (piece.Length == 0) continue;
            await SendAsync(socket, reply.HasLength || reply.HoldsChunks ? piece : [.. Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"), .. piece, (byte)'\r', (byte)'\n']);
        }

        switch (reply.End)
        {
            case ReplyEnd.Complete:
                if (!reply.HasLength && !reply.HoldsChunks) await SendAsync(socket, "0\r\n\r\n"u8.ToArray());
                return true;
            case ReplyEnd.Close:
                socket.Shutdown(SocketShutdown.Send);
                return false;
            case ReplyEnd.Reset:
                socket.LingerState = new LingerOption(true, 0);
                return false;
            default:
                await Task.WhenAny(closed, Task.Delay(Timeout.Infinite, _stop.Token));
                return false;
        }
    }

    private async Task SendAsync(Socket socket, byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;) sent += await socket.SendAsync(bytes.AsMemory(sent), SocketFlags.None, _stop.Token);
    }

    private async Task<ReceivedRequest?> ReadRequestAsync(Socket socket, MemoryStream pending)
    {
        int headEnd;
        while ((headEnd = pending.GetBuffer().AsSpan(0, (int)pending.Length).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await ReceiveAsync(socket, pending)) return null;
        }

        var lines = Encoding.Latin1.GetString(pending.GetBuffer(), 0, headEnd).Split("\r\n");
        var start = lines[0].Split(' ');
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines[1..])
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        var length = headers.TryGetValue("content-length", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        while (pending.Length < headEnd + 4 + length)
        {
            if (!await ReceiveAsync(socket, pending)) return null;
        }

        var all = pending.ToArray();
        pending.SetLength(0);
        pending.Write(all.AsSpan(headEnd + 4 + length));
        return new ReceivedRequest(start[0], start[1], headers, all[(headEnd + 4)..(headEnd + 4 + length)]) { PeerClosed = Task.CompletedTask };
    }

    private async Task<bool> ReceiveAsync(Socket socket, MemoryStream pending)
    {
        var buffer = new byte[64 * 1024];
        var read = await socket.ReceiveAsync(buffer, SocketFlags.None, _stop.Token);
        pending.Write(buffer.AsSpan(0, read));
        return read > 0;
    }
}
