using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Core.Configuration;

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

    /// <summary>Posts a body, and says how it was taken. Of the answer only the status and <c>retry-after</c> are read.</summary>
    /// <param name="address">An http or https address.</param>
    /// <param name="body">JSON.</param>
    /// <param name="key">Signs it, in <c>x-fairlead-signature</c>; null: nothing does.</param>
    /// <param name="at">
    /// Now. It goes along as <c>x-fairlead-timestamp</c>, in seconds since 1970, and is signed with the body, so that a message cannot be sent again later;
    /// null: the body alone is signed.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HttpRequestException">No answer came.</exception>
    public async Task<WebhookAnswer> PostAsync(Uri address, ReadOnlyMemory<byte> body, Secret? key, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue(UserAgent.Product!));
        var timestamp = at?.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        if (timestamp is not null) request.Headers.TryAddWithoutValidation("x-fairlead-timestamp", timestamp);
        if (key is not null) request.Headers.TryAddWithoutValidation("x-fairlead-signature", Signature(key, timestamp, body.Span));
        using var response = await _invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return new WebhookAnswer(response.StatusCode, response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when (at ?? response.Headers.Date) is { } now => date > now ? date - now : TimeSpan.Zero,
            _ => null,
        });
    }

    /// <inheritdoc />
    public void Dispose() => _invoker.Dispose();

    private static string Signature(Secret key, string? timestamp, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(key.Reveal()));
        if (timestamp is not null) hash.AppendData(Encoding.UTF8.GetBytes(timestamp + "."));
        hash.AppendData(body);
        return "sha256=" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>How a post was taken.</summary>
/// <param name="Status">The status.</param>
/// <param name="RetryAfter">How long the other side asks to be left alone; null when it does not. Not negative.</param>
public readonly record struct WebhookAnswer(HttpStatusCode Status, TimeSpan? RetryAfter)
{
    /// <summary>Whether it was taken.</summary>
    public bool IsTaken => Status is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices;
}
