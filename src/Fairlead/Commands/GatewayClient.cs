using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Fairlead.Core.Configuration;

namespace Fairlead.Commands;

/// <summary>What a gateway answered to a tool.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body, as it came.</param>
internal sealed record GatewayReply(int Status, JsonDocument Body);

/// <summary>A gateway that did not answer a tool. The message says why.</summary>
internal sealed class GatewayException(string message) : Exception(message);

/// <summary>Asks a running gateway, as any client would.</summary>
/// <param name="address">Where it is.</param>
/// <param name="key">The client key; null for none.</param>
/// <param name="patience">How long an answer may take; null: 30 s.</param>
internal sealed class GatewayClient(Uri address, string? key, TimeSpan? patience = null) : IDisposable
{
    public const string DefaultAddress = "http://127.0.0.1:8484";

    private const int MostBytes = 32 * 1024 * 1024;

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = address, Timeout = patience ?? TimeSpan.FromSeconds(30), MaxResponseContentBufferSize = MostBytes };

    /// <summary>An address that was given.</summary>
    /// <exception cref="InputException">It is none.</exception>
    public static Uri AddressOf(string text) =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : throw new InputException($"{text} is no http or https address");

    /// <summary>The key that a reference leads to; null where none is given.</summary>
    /// <exception cref="InputException">It is no reference, or leads nowhere.</exception>
    public static string? KeyOf(string? reference)
    {
        if (reference is null) return null;
        if (!SecretReader.IsReference(reference)) throw new InputException("--key takes env:NAME or file:PATH; a secret itself never stands on a command line");
        return SecretReader.System.Read(reference, "") ?? throw new InputException($"no value in {reference}");
    }

    public Task<GatewayReply> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    /// <param name="path">Behind the address.</param>
    /// <param name="json">The body.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="headers">Further headers; what is not plain in their values is percent-encoded.</param>
    public Task<GatewayReply> PostAsync(string path, byte[] json, CancellationToken cancellationToken, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var content = new ByteArrayContent(json);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, Uri.EscapeDataString(value));
        return SendAsync(request, cancellationToken);
    }

    public void Dispose() => _client.Dispose();

    private async Task<GatewayReply> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            try
            {
                using var response = await _client.SendAsync(request, cancellationToken);
                await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
                return new GatewayReply((int)response.StatusCode, await JsonDocument.ParseAsync(body, new JsonDocumentOptions { MaxDepth = 130 }, cancellationToken));
            }
            catch (JsonException)
            {
                throw new GatewayException($"what answers at {address} is no Fairlead: it sends no JSON");
            }
            catch (HttpRequestException exception)
            {
                throw new GatewayException($"no gateway answers at {address}: {exception.Message}");
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new GatewayException($"the gateway at {address} did not answer in {_client.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s; what it was asked to do it may still be doing");
            }
        }
    }
}
