using System.Collections.Concurrent;

namespace Fairlead.Providers.Transport;

/// <summary>
/// One client per provider address, made when first needed and kept over reloads that do not change the address. Safe for any
/// number of threads.
/// </summary>
public sealed class UpstreamClients : IDisposable
{
    private readonly ConcurrentDictionary<(string Address, NetworkPolicy Policy), UpstreamClient> _clients = new();

    /// <summary>The client of an address.</summary>
    public UpstreamClient For(Uri baseUrl, NetworkPolicy policy) =>
        _clients.GetOrAdd((baseUrl.OriginalString, policy), static key => new UpstreamClient(new Uri(key.Address), key.Policy));

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var client in _clients.Values) client.Dispose();
    }
}
