using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Fairlead.Providers.Transport;

/// <summary>The headers of one upstream send that differ from send to send.</summary>
public readonly record struct UpstreamHeaders
{
    /// <summary>The kind of answer that is taken.</summary>
    public required string Accept { get; init; }

    /// <summary>The name of the header that carries the credential.</summary>
    public required string CredentialName { get; init; }

    /// <summary>Its value; null where none is sent.</summary>
    public required string? Credential { get; init; }

    /// <summary>What the client's dialect sends along.</summary>
    public required IReadOnlyList<(string Name, string Value)> Others { get; init; }
}

/// <summary>
/// Sends requests to one provider address over one long-lived connection pool. No redirects, cookies, proxies from the
/// environment or decompression; no retries. Safe for any number of threads.
/// </summary>
public sealed class UpstreamClient : IDisposable
{
    private static readonly ProductInfoHeaderValue UserAgent = new("Fairlead", typeof(UpstreamClient).Assembly.GetName().Version?.ToString(2));
    private static readonly string UserAgentText = UserAgent.ToString();

    private readonly HttpMessageInvoker _invoker;
    private readonly string _baseUrl;
    private Tuple<string, Uri>? _lastAddress;

    /// <summary>A client for <paramref name="baseUrl"/>.</summary>
    /// <param name="baseUrl">The provider's address, without a trailing slash.</param>
    /// <param name="policy">Which addresses may be connected to.</param>
    public UpstreamClient(Uri baseUrl, NetworkPolicy policy)
    {
        _baseUrl = baseUrl.ToString().TrimEnd('/');
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(3),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            MaxConnectionsPerServer = int.MaxValue,
            EnableMultipleHttp2Connections = true,
            // Of HTTP/2 all requests share a connection: one that is dead without a word would fail them all until its lifetime is over.
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            MaxResponseHeadersLength = 64,
            ConnectTimeout = TimeSpan.FromSeconds(30), // the attempt's own clock is the one that counts; this frees the socket
            ResponseDrainTimeout = TimeSpan.FromMilliseconds(100),
            ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, policy, cancellationToken),
        });
    }

    /// <summary>Sends a POST and returns once the response headers are there; the body is read by the caller.</summary>
    /// <param name="path">Appended to the base address: <c>/chat/completions</c>.</param>
    /// <param name="owner">Keeps the bytes of the body; held while they are written.</param>
    /// <param name="body">Segments of the body.</param>
    /// <param name="headers">What goes along.</param>
    /// <param name="timer">The attempt's clocks; its token cancels the call.</param>
    public Task<HttpResponseMessage> PostAsync(
        string path, IUpstreamBody owner, IReadOnlyList<ReadOnlyMemory<byte>> body, UpstreamHeaders headers, AttemptTimer timer)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Address(path))
        {
            Content = new RequestContent(owner, body, timer),
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Version = HttpVersion.Version20,
        };
        request.Headers.TryAddWithoutValidation("Accept", headers.Accept);
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgentText);
        if (headers.Credential is { } credential) request.Headers.TryAddWithoutValidation(headers.CredentialName, credential);
        for (var i = 0; i < headers.Others.Count; i++) request.Headers.TryAddWithoutValidation(headers.Others[i].Name, headers.Others[i].Value);
        return _invoker.SendAsync(request, timer.Token);
    }

    /// <inheritdoc />
    public void Dispose() => _invoker.Dispose();

    private Uri Address(string path)
    {
        // A provider has one path per dialect: the last one is nearly always the right one.
        if (_lastAddress is { } last && ReferenceEquals(last.Item1, path)) return last.Item2;
        var uri = new Uri(_baseUrl + path);
        _lastAddress = Tuple.Create(path, uri);
        return uri;
    }

    /// <summary>Connects to the first address of a name that <paramref name="policy"/> permits and that answers.</summary>
    internal static async ValueTask<Stream> ConnectAsync(DnsEndPoint endPoint, NetworkPolicy policy, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(endPoint.Host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(endPoint.Host, cancellationToken).ConfigureAwait(false);

        Exception? last = null;
        foreach (var address in addresses)
        {
            if (!AddressRules.Permits(policy, address))
            {
                last = new AddressRefusedException($"The address {address} of {endPoint.Host} is not one that may be connected to.");
                continue;
            }

            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, endPoint.Port), cancellationToken).ConfigureAwait(false);
                return new ReadAheadStream(new NetworkStream(socket, ownsSocket: true));
            }
            catch (SocketException exception)
            {
                socket.Dispose();
                last = exception;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }
}
