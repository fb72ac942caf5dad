using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Fairlead.Simulator.Listening;

/// <summary>What the vendor's port does.</summary>
internal enum PortState
{
    /// <summary>Connections are accepted.</summary>
    Listening,

    /// <summary>Connections are refused.</summary>
    Refusing,

    /// <summary>The handshake is never answered.</summary>
    Unreachable,
}

/// <summary>
/// The vendor's port, as a transport of Kestrel's. Kestrel itself stays up all the time; what changes is the socket below it, so that
/// a vendor can refuse connections and come back on the same port. Safe for any number of threads.
/// </summary>
/// <remarks>
/// While it does not listen the port stays bound: a bound socket that does not listen refuses, and no connection is given the port. Between two
/// sockets, or by one that asks for the port by number, it can be taken all the same: then it refuses, and tries again until the port is free.
/// </remarks>
internal sealed class VendorSocket : IConnectionListenerFactory, IConnectionListener
{
    private const int Backlog = 512;

    // A backlog of 0 still lets one handshake through on Linux; the rest of these fill what other kernels round it up to.
    private const int Fillers = 4;

    private static readonly TimeSpan TriesAgainAfter = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly HashSet<VendorConnection> _connections = [];
    private readonly List<Socket> _fillers = [];
    private readonly SocketConnectionContextFactory _contexts;
    private readonly Func<PortState> _wanted;
    private readonly TimeProvider _time;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket _socket;
    private PortState _state = PortState.Listening;
    private ITimer? _again; // while the port is another's
    private bool _isStopped;

    /// <summary>Binds and listens.</summary>
    /// <param name="port">The port on 127.0.0.1; 0 for any.</param>
    /// <param name="wanted">What the port should do; asked by <see cref="Apply"/>.</param>
    /// <param name="contexts">Makes Kestrel's connections of accepted sockets; owned by the caller.</param>
    /// <param name="time">The vendor's clock.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public VendorSocket(int port, Func<PortState> wanted, SocketConnectionContextFactory contexts, TimeProvider time)
    {
        _wanted = wanted;
        _time = time;
        _contexts = contexts;
        var socket = NewSocket();
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(Backlog);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new IOException($"Port {port} on 127.0.0.1 cannot be used: {exception.Message}.", exception);
        }

        _socket = socket;
        EndPoint = socket.LocalEndPoint!;
    }

    /// <inheritdoc />
    public EndPoint EndPoint { get; }

    /// <summary>
    /// Makes the port do what is wanted; as soon as it can be had, where another has taken it. Leaving <see cref="PortState.Listening"/> also
    /// resets every open connection.
    /// </summary>
    public void Apply()
    {
        VendorConnection[] open = [];
        lock (_gate)
        {
            var wanted = _wanted();
            if (_isStopped || (wanted == _state && _again is null)) return;
            if (_state == PortState.Listening) open = [.. _connections];
            _state = TryTurn(wanted) ? wanted : PortState.Refusing;
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        foreach (var connection in open) connection.Break();
    }

    /// <inheritdoc />
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    /// <inheritdoc />
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Socket? listener;
            Task changed;
            lock (_gate)
            {
                if (_isStopped) return null;
                listener = _state == PortState.Listening ? _socket : null;
                changed = _changed.Task;
            }

            if (listener is null)
            {
                await changed.WaitAsync(cancellationToken);
                continue;
            }

            try
            {
                var accepted = await listener.AcceptAsync(cancellationToken);
                if (Admit(accepted, listener) is { } connection) return connection;
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The socket was changed below us, or a client gave up in the backlog: look again.
            }
        }
    }

    /// <inheritdoc />
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        Stop();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        Stop();
        return ValueTask.CompletedTask;
    }

    /// <summary>Gives the port back and resets every open connection. For good.</summary>
    public void Stop()
    {
        VendorConnection[] open;
        lock (_gate)
        {
            _isStopped = true;
            _again?.Dispose();
            _socket.Dispose();
            Unclog();
            open = [.. _connections];
            _changed.TrySetResult();
        }

        foreach (var connection in open) connection.Break();
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private ConnectionContext? Admit(Socket accepted, Socket listener)
    {
        accepted.NoDelay = true;
        lock (_gate)
        {
            if (!_isStopped && _state == PortState.Listening && ReferenceEquals(listener, _socket))
            {
                var connection = new VendorConnection(_contexts.Create(accepted));
                _connections.Add(connection);
                connection.Context.ConnectionClosed.UnsafeRegister(
                    static state =>
                    {
                        var (socket, closed) = ((VendorSocket, VendorConnection))state!;
                        lock (socket._gate) socket._connections.Remove(closed);
                    },
                    (this, connection));
                return connection.Context;
            }
        }

        // It got in while the port was closing: to the client, as if refused.
        accepted.Close(timeout: 0);
        return null;
    }

    /// <summary>False when another has the port: then nothing is held of it, and a timer asks again. Timers call this: it does not throw.</summary>
    private bool TryTurn(PortState wanted)
    {
        try
        {
            if (_state != PortState.Refusing || _again is not null) Rebind();
            if (wanted == PortState.Listening) _socket.Listen(Backlog);
            if (wanted == PortState.Unreachable) Clog();
            _again?.Dispose();
            _again = null;
            return true;
        }
        catch (SocketException)
        {
            _socket.Dispose();
            Unclog();
            _again?.Dispose();
            _again = _time.CreateTimer(_ => Apply(), null, TriesAgainAfter, Timeout.InfiniteTimeSpan);
            return false;
        }
    }

    /// <summary>A new socket on the same port, bound and not listening: it refuses.</summary>
    private void Rebind()
    {
        _socket.Dispose();
        Unclog();
        _socket = NewSocket();
        _socket.Bind(EndPoint);
    }

    /// <summary>Listens without accepting and fills the queue, so that the kernel leaves further handshakes unanswered.</summary>
    private void Clog()
    {
        _socket.Listen(0);
        for (var index = 0; index < Fillers; index++)
        {
            var filler = NewSocket();
            filler.Blocking = false;
            _fillers.Add(filler);
            try
            {
                filler.Connect(EndPoint);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // The one that hangs: the queue is full.
            }
        }
    }

    private void Unclog()
    {
        foreach (var filler in _fillers) filler.Dispose();
        _fillers.Clear();
    }
}
