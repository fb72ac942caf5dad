using System.Globalization;
using System.Net;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Faults;
using Fairlead.Simulator.Listening;
using Fairlead.Simulator.Outages;
using Fairlead.Simulator.Quotas;
using Fairlead.Simulator.Serving;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Fairlead.Simulator;

/// <summary>
/// A vendor that is not there: a real HTTP listener on 127.0.0.1 that speaks OpenAI's Chat Completions and Anthropic's Messages, answers at a realistic pace,
/// fails as its script says, and keeps its own log and bill. Safe for any number of threads.
/// </summary>
/// <remarks>
/// Endpoints: <c>POST /v1/chat/completions</c>, <c>POST /v1/messages</c>, <c>POST /v1/messages/count_tokens</c>, <c>GET /v1/models</c>, and its own <c>GET /_simulator/requests</c>,
/// <c>GET /_simulator/bill</c>, <c>GET</c>, <c>POST</c> and <c>DELETE</c> of <c>/_simulator/faults</c> and <c>/_simulator/outage</c>. Every token of an answer is stamped with the vendor's name and
/// the request's number, such as <c>east#12:3</c>, so that an answer spliced of two attempts shows.
/// </remarks>
public sealed class SimulatedVendor : IAsyncDisposable
{
    private readonly KestrelServer _server;
    private readonly VendorSocket _socket;
    private readonly SocketConnectionContextFactory _contexts;
    private readonly VendorOutages _outages;
    private volatile bool _isBroken;

    private SimulatedVendor(SimulatedVendorOptions options, TimeProvider time)
    {
        Name = options.Name;
        Bill = new VendorBill(options);
        Log = new RequestLog(options.LoggedRequests);
        Faults = new FaultScript(time, options.Seed, () => _socket!.Apply());
        _contexts = new SocketConnectionContextFactory(
            // A flush returns once the kernel has the bytes: what is counted as sent was sent.
            new SocketConnectionFactoryOptions { MaxWriteBufferSize = 1, WaitForDataBeforeAllocatingBuffer = true },
            NullLogger.Instance);
        try
        {
            // Once it listens it does what it should; before that nothing can change.
            _socket = new VendorSocket(options.Port, WantedState, _contexts, time);
            _outages = new VendorOutages(options, time, _socket.Apply);
        }
        catch
        {
            _contexts.Dispose();
            throw;
        }

        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = null; // bounded by the vendor itself, with an error in its dialect
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        var address = (IPEndPoint)_socket.EndPoint;
        kestrel.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        _server = new KestrelServer(Options.Create(kestrel), _socket, NullLoggerFactory.Instance);
        BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{address.Port}/v1"));
    }

    /// <summary>The vendor's name.</summary>
    public string Name { get; }

    /// <summary>Where it is reached: scheme, host, the real port and <c>/v1</c>. The same for its whole life.</summary>
    public Uri BaseAddress { get; }

    /// <summary>What goes wrong; empty at the start.</summary>
    public FaultScript Faults { get; }

    /// <summary>The outages it shares with other vendors, or its own.</summary>
    public OutageSchedule Outages => _outages.Schedule;

    /// <summary>What it has charged.</summary>
    public VendorBill Bill { get; }

    /// <summary>What was sent to it, and how that ended.</summary>
    public RequestLog Log { get; }

    /// <summary>Starts a vendor; it listens when the task completes.</summary>
    /// <param name="options">What it is.</param>
    /// <param name="time">Its clock: every wait goes through it.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <exception cref="FormatException">An option is not usable.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SimulatedVendor> StartAsync(SimulatedVendorOptions options, TimeProvider time, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        var vendor = new SimulatedVendor(options, time);
        try
        {
            await vendor._server.StartAsync(new VendorApplication(options, time, vendor.Log, vendor.Bill, vendor.Faults, new QuotaBook(options.Quotas, time), vendor._outages), cancellationToken);
            vendor._socket.Apply(); // it may be down from the start
            return vendor;
        }
        catch
        {
            await vendor.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Breaks it: from here on its port refuses connections, and open ones are reset. Completes when the requests that were
    /// open have ended in the log. Breaking a broken vendor changes nothing.
    /// </summary>
    public Task BreakAsync()
    {
        _isBroken = true;
        _socket.Apply();
        return Log.WhenIdleAsync();
    }

    /// <summary>Listens again, on the same port. Faults of the script stay in force.</summary>
    public Task RestoreAsync()
    {
        _isBroken = false;
        _socket.Apply();
        return Task.CompletedTask;
    }

    /// <summary>Resets what is open, stalled or not, and gives the port back. Does not wait for any clock.</summary>
    public async ValueTask DisposeAsync()
    {
        _socket.Stop();
        _outages.Dispose();
        Faults.Clear();
        await _server.StopAsync(CancellationToken.None);
        _server.Dispose();
        _contexts.Dispose();
    }

    private PortState WantedState()
    {
        var outage = _outages?.Current?.Effects[0];
        if (_isBroken || outage is FaultEffect.Refuse || Faults.Has<FaultEffect.Refuse>()) return PortState.Refusing;
        return outage is FaultEffect.Unreachable || Faults.Has<FaultEffect.Unreachable>() ? PortState.Unreachable : PortState.Listening;
    }
}
