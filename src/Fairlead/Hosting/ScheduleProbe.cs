using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fairlead.Hosting;

/// <summary>
/// How late work is done that is due: a byte is sent over loopback to itself, and comes in where requests do – on a thread of the sockets, or the thread pool.
/// Where there is no such socket, work for the thread pool stands for it.
/// </summary>
/// <param name="sampled">Hears how late it was.</param>
internal sealed class ScheduleProbe(Action<TimeSpan> sampled) : IDisposable
{
    /// <summary>After so long without its byte it is asked in another way.</summary>
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(1);

    private readonly Socket? _socket = Open();
    private readonly byte[] _received = new byte[1];
    private long _sentAt;
    private bool _isListening;
    private bool _isAsked; // whether the thread pool was asked too

    /// <summary>Sends one. While another one is on its way, the time that it has taken so far is what is heard. One thread at a time.</summary>
    public void Send()
    {
        if (Volatile.Read(ref _sentAt) is not 0 and var before)
        {
            sampled(Stopwatch.GetElapsedTime(before));
            // A byte may have been lost: work for the thread pool then stands for it, and is as late as everything is.
            if (_isAsked || _socket is null || Stopwatch.GetElapsedTime(before) < Lost) return;
            _isAsked = true;
            ThreadPool.UnsafeQueueUserWorkItem(static probe => probe.Arrived(), this, preferLocal: false);
            return;
        }

        _isAsked = false;

        Volatile.Write(ref _sentAt, Math.Max(1, Stopwatch.GetTimestamp()));
        if (_socket is null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static probe => probe.Arrived(), this, preferLocal: false);
            return;
        }

        try
        {
            if (!_isListening)
            {
                _isListening = true;
                _ = ListenAsync(_socket);
            }

            _socket.Send([1]);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Volatile.Write(ref _sentAt, 0); // no buffer for it, or the end: nothing is said then
        }
    }

    /// <summary>Sends no more.</summary>
    public void Dispose() => _socket?.Dispose();

    private static Socket? Open()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            socket.Connect(socket.LocalEndPoint!); // to itself: nobody else is heard
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private async Task ListenAsync(Socket socket)
    {
        try
        {
            while (true)
            {
                await socket.ReceiveAsync(_received.AsMemory()).ConfigureAwait(false);
                Arrived();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            _isListening = false; // that is its end, or the next one begins anew
        }
    }

    private void Arrived()
    {
        if (Interlocked.Exchange(ref _sentAt, 0) is not 0 and var sentAt) sampled(Stopwatch.GetElapsedTime(sentAt));
    }
}
