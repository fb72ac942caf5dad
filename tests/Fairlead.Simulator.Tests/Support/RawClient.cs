using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.Simulator.Tests.Support;

/// <summary>An HTTP client that sees the bytes, and whether the connection ended with FIN or RST.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public static async Task<RawClient> ConnectAsync(SimulatedVendor vendor)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(IPAddress.Loopback, vendor.BaseAddress.Port);
        return client;
    }

    public async Task PostAsync(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var head = $"POST /v1/chat/completions HTTP/1.1\r\nhost: vendor\r\ncontent-type: application/json\r\ncontent-length: {bytes.Length}\r\n\r\n";
        await _socket.SendAsync(Encoding.ASCII.GetBytes(head));
        await _socket.SendAsync(bytes);
    }

    /// <summary>Reads until the text contains the marker.</summary>
    public async Task<string> ReadUntilAsync(string marker, CancellationToken guard)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains(marker, StringComparison.Ordinal))
        {
            var count = await _socket.ReceiveAsync(buffer, guard);
            if (count == 0) break;
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    /// <summary>Reads to the connection's end.</summary>
    public async Task<(string Text, bool IsReset)> ReadToEndAsync(CancellationToken guard)
    {
        var bytes = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            while (await _socket.ReceiveAsync(buffer, guard) is var count and > 0) bytes.Write(buffer, 0, count);
            return (Encoding.UTF8.GetString(bytes.ToArray()), false);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            return (Encoding.UTF8.GetString(bytes.ToArray()), true);
        }
    }

    public void Dispose() => _socket.Dispose();
}
