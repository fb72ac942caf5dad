using System.Net;
using System.Net.Http.Headers;

namespace Fairlead.Providers.Transport;

/// <summary>
/// Posts JSON to addresses that the operator wrote. The address that is really connected to is checked as a provider's is; no redirects, cookies, proxies
/// from the environment or retries. Safe for any number of threads.
/// </summary>
public sealed class WebhookClient : IDisposable
{
    private static readonly ProductInfoHeaderValue UserAgent = new("Fairlead", typeof(WebhookClient).Assembly.GetName().Version?.ToString(2));

    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.FromMinutes(3),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        MaxResponseHeadersLength = 64,
        ConnectTimeout = TimeSpan.FromSeconds(30), // the caller's own token is the one that counts; this frees the socket
        MaxResponseDrainSize = 64 * 1024,
        ConnectCallback = (context, cancellationToken) => UpstreamClient.ConnectAsync(context.DnsEndPoint, NetworkPolicy.Configured, cancellationToken),
    });

    /// <summary>Posts a body, and says how it was taken. Of the answer only the status is read.</summary>
    /// <param name="address">An http or https address.</param>
    /// <param name="body">JSON.</param>
    /// <param name="signature">The value of <c>x-fairlead-signature</c>; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HttpRequestException">No answer came.</exception>
    public async Task<HttpStatusCode> PostAsync(Uri address, ReadOnlyMemory<byte> body, string? signature, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue(UserAgent.Product!));
        if (signature is not null) request.Headers.TryAddWithoutValidation("x-fairlead-signature", signature);
        using var response = await _invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return response.StatusCode;
    }

    /// <inheritdoc />
    public void Dispose() => _invoker.Dispose();
}
