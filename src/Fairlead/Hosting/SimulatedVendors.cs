using System.Collections.Concurrent;
using System.Collections.Immutable;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Simulator;
using Fairlead.Simulator.Outages;
using Fairlead.Telemetry;

namespace Fairlead.Hosting;

/// <summary>
/// Starts a simulated vendor on its own socket for every provider of <c>kind: simulated</c>, and knows every provider's
/// address. A vendor lives over reloads that do not change it, with its log and its bill; one that is changed gives way to a new
/// one, and ends when the gateway stops, so that what it is answering goes on. Safe for any number of threads.
/// </summary>
internal sealed class SimulatedVendors(TimeProvider time, ILogger<SimulatedVendors> logger) : IAsyncDisposable
{
    private static readonly Uri Nowhere = new("http://127.0.0.1:9/v1"); // RFC 863's port: refused

    private readonly ConcurrentDictionary<string, Running> _vendors = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, OutageSchedule> _schedules = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<SimulatedVendor> _replaced = [];
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>The running vendors by provider name.</summary>
    public IReadOnlyDictionary<string, SimulatedVendor> Vendors => _vendors.ToDictionary(pair => pair.Key, pair => pair.Value.Vendor, StringComparer.Ordinal);

    /// <summary>Where a provider is reached.</summary>
    public Uri AddressOf(Provider provider) => provider.BaseUrl ?? (_vendors.TryGetValue(provider.Name, out var running) ? running.AddressOf(provider.Dialect) : Nowhere);

    /// <summary>What is wrong with a simulated provider's settings; null when nothing is.</summary>
    public static string? Defect(string name, SimulatedProvider simulated)
    {
        try
        {
            Options(name, simulated, null).Validate();
            foreach (var fault in simulated.Faults) SimulatedFault.Parse(fault);
            foreach (var quota in simulated.Quota) SimulatedQuota.Parse(quota);
            if (simulated.Outages is { } outages) OutageModel.Parse(outages);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message.TrimEnd('.');
        }
    }

    /// <summary>Starts the vendors that the snapshot needs and that do not run yet as it wants them.</summary>
    public async Task StartAsync(GatewaySnapshot snapshot, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken); // two reloads in a row
        try
        {
            await StartEachAsync(snapshot, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task StartEachAsync(GatewaySnapshot snapshot, CancellationToken cancellationToken)
    {
        foreach (var provider in snapshot.Providers.Values)
        {
            if (provider.Simulated is not { } simulated) continue;
            // It bills what the configuration says it costs, so that its bill and the ledger can be held against each other.
            var targets = snapshot.TargetList.Where(target => ReferenceEquals(target.Provider, provider) && target.Price is not null).ToArray();
            var prices = targets.DistinctBy(target => target.WireModel, StringComparer.Ordinal)
                .ToImmutableSortedDictionary(target => target.WireModel, target => (target.Price!.Input, target.Price.Output), StringComparer.Ordinal);
            var options = Options(provider.Name, simulated, targets.FirstOrDefault()?.Price);
            var before = _vendors.GetValueOrDefault(provider.Name);
            if (before is not null && before.Options == options && before.Prices.SequenceEqual(prices) && IsSame(before.Settings, simulated)) continue;
            try
            {
                var vendor = await SimulatedVendor.StartAsync(options with { ModelPrices = prices, Quotas = [.. simulated.Quota.Select(SimulatedQuota.Parse)], Outages = simulated.Outages is { } outages ? OutageModel.Parse(outages) : null, Schedule = Schedule(simulated) }, time, cancellationToken);
                foreach (var fault in simulated.Faults) vendor.Faults.Add(SimulatedFault.Parse(fault));
                _vendors[provider.Name] = new Running(vendor, options, prices, simulated);
                if (before is not null) _replaced.Add(before.Vendor);
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
        foreach (var running in _vendors.Values) await running.Vendor.DisposeAsync();
        foreach (var vendor in _replaced) await vendor.DisposeAsync();
        _vendors.Clear();
        _replaced.Clear();
    }

    // Everything that the vendor's options do not tell apart.
    private static bool IsSame(SimulatedProvider before, SimulatedProvider now) =>
        before.Faults.SequenceEqual(now.Faults) && before.Quota.SequenceEqual(now.Quota) && before.Outages == now.Outages && before.OutageGroup == now.OutageGroup;

    private OutageSchedule? Schedule(SimulatedProvider simulated) => simulated.OutageGroup is not { } group ? null : _schedules.GetOrAdd(group, _ => new OutageSchedule(time));

    private static SimulatedVendorOptions Options(string name, SimulatedProvider simulated, Price? price)
    {
        var options = new SimulatedVendorOptions { Name = name };
        if (simulated.FirstToken is { } first) options = options with { FirstTokenLatency = Distribution.Parse(first) };
        if (simulated.TokensPerSecond is { } rate) options = options with { TokensPerSecond = Distribution.Parse(rate) };
        return price is null ? options : options with { InputNanoDollarsPerMillionTokens = price.Input, OutputNanoDollarsPerMillionTokens = price.Output };
    }

    private sealed record Running(SimulatedVendor Vendor, SimulatedVendorOptions Options, ImmutableSortedDictionary<string, (long Input, long Output)> Prices, SimulatedProvider Settings)
    {
        private readonly Uri _root = new(Vendor.BaseAddress.GetLeftPart(UriPartial.Authority));

        /// <summary>With the version path for OpenAI's dialect, without for Anthropic's, as their SDKs have it.</summary>
        public Uri AddressOf(string dialect) => dialect == MessagesDialect.Instance.Name ? _root : Vendor.BaseAddress;
    }
}
