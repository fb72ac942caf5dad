using System.Collections.Concurrent;
using Fairlead.Core.Configuration;
using Fairlead.Simulator;
using Fairlead.Telemetry;

namespace Fairlead.Hosting;

/// <summary>
/// Starts a simulated vendor on its own socket for every provider of <c>kind: simulated</c>, and knows every provider's
/// address. A vendor lives until the gateway stops, over reloads. Safe for any number of threads.
/// </summary>
internal sealed class SimulatedVendors(TimeProvider time, ILogger<SimulatedVendors> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, SimulatedVendor> _vendors = new(StringComparer.Ordinal);

    /// <summary>The running vendors by provider name.</summary>
    public IReadOnlyDictionary<string, SimulatedVendor> Vendors => _vendors;

    /// <summary>Where a provider is reached.</summary>
    public Uri AddressOf(Provider provider) => provider.BaseUrl
        ?? (_vendors.TryGetValue(provider.Name, out var vendor) ? vendor.BaseAddress : new Uri("http://127.0.0.1:9/v1")); // RFC 863's port: refused

    /// <summary>Starts the vendors that the snapshot needs and that do not run yet.</summary>
    public async Task StartAsync(GatewaySnapshot snapshot, CancellationToken cancellationToken)
    {
        foreach (var provider in snapshot.Providers.Values)
        {
            if (provider.Simulated is not { } simulated || _vendors.ContainsKey(provider.Name)) continue;
            try
            {
                var vendor = await SimulatedVendor.StartAsync(Options(provider, simulated, snapshot), time, cancellationToken);
                foreach (var fault in simulated.Faults) vendor.Faults.Add(SimulatedFault.Parse(fault));
                _vendors[provider.Name] = vendor;
                logger.SimulatedVendorListening(provider.Name, vendor.BaseAddress.ToString());
            }
            catch (Exception exception) when (exception is FormatException or IOException)
            {
                logger.SimulatedVendorFailed(provider.Name, exception.Message);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var vendor in _vendors.Values) await vendor.DisposeAsync();
        _vendors.Clear();
    }

    private static SimulatedVendorOptions Options(Provider provider, SimulatedProvider simulated, GatewaySnapshot snapshot)
    {
        var options = new SimulatedVendorOptions { Name = provider.Name };
        if (simulated.FirstToken is { } first) options = options with { FirstTokenLatency = Distribution.Parse(first) };
        if (simulated.TokensPerSecond is { } rate) options = options with { TokensPerSecond = Distribution.Parse(rate) };
        // It bills what the configuration says it costs, so that its bill and the ledger can be held against each other.
        var price = snapshot.Targets.Values.FirstOrDefault(target => ReferenceEquals(target.Provider, provider))?.Price;
        return price is null ? options : options with { InputNanoDollarsPerMillionTokens = price.Input, OutputNanoDollarsPerMillionTokens = price.Output };
    }
}
