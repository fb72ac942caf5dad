using Fairlead.Server.Tests.Hosting;
using Fairlead.Simulator;

namespace Fairlead.Server.Tests.Invariants;

/// <summary>The histories that <see cref="Oracle"/> joins. The ledger and the metrics are the gateway's.</summary>
/// <param name="Gateway">The gateway; it still runs.</param>
internal sealed record Histories(RunningGateway Gateway)
{
    /// <summary>The vendors that keep books, each named as its provider is. By default those that the gateway has started itself.</summary>
    public IReadOnlyList<SimulatedVendor> Vendors { get; init; } = [.. Gateway.Host.Simulated.Vendors.Values];

    /// <summary>What the clients saw, all of them; null where the test has judged that itself.</summary>
    public IReadOnlyCollection<ClientEntry>? Entries { get; init; }

    /// <summary>Sends that one request may take: DESIGN 5.4's <c>tiers + 2</c>, at most six.</summary>
    public int MostSends { get; init; } = 6;
}
