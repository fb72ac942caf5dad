using System.Collections.Concurrent;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Simulator;

namespace Fairlead.Server.Tests.Invariants;

/// <summary>
/// A test of simulated vendors under faults. Whatever it looks at itself, at its end <see cref="Oracle"/> judges everything that was asked through
/// <see cref="AskAsync(ClientQuestion)"/>.
/// </summary>
public abstract class FaultTest : IAsyncDisposable
{
    /// <summary>Clocks that a busy machine does not run into.</summary>
    private protected const string Patient = "connect: 20s, headers: 20s, first_token: 20s, gap: 20s, deadline: 60s";

    private readonly TemporaryFolder _folder = new();
    private readonly List<SimulatedVendor> _vendors = [];
    private readonly ConcurrentBag<ClientEntry> _entries = [];
    private RunningGateway? _gateway;

    private protected IReadOnlyList<SimulatedVendor> Vendors => _vendors;

    private protected IReadOnlyCollection<ClientEntry> Entries => _entries;

    private protected RunningGateway Gateway => _gateway ?? throw new InvalidOperationException("The gateway is not started.");

    /// <summary>Sends that one request may take.</summary>
    private protected int MostSends { get; set; } = 6;

    private protected string LedgerFile => _folder.File("ledger.db");

    /// <summary>Starts a vendor whose log forgets nothing. Its provider must have its name.</summary>
    private protected async Task<SimulatedVendor> VendorAsync(SimulatedVendorOptions options, params IEnumerable<string> faults)
    {
        var vendor = await SimulatedVendor.StartAsync(options, TimeProvider.System);
        _vendors.Add(vendor);
        foreach (var fault in faults) vendor.Faults.Add(SimulatedFault.Parse(fault));
        return vendor;
    }

    /// <summary>Starts the gateway, with a ledger on disk.</summary>
    private protected async Task StartAsync(string yaml, IReadOnlyDictionary<string, string>? environment = null) =>
        _gateway = await RunningGateway.StartAsync(yaml + $"\nstore: {{ ledger: \"sqlite:{LedgerFile}\" }}\n", environment: environment);

    private protected async Task<ClientEntry> AskAsync(ClientQuestion question)
    {
        var entry = await StormClient.AskAsync(Gateway.Client, question);
        _entries.Add(entry);
        return entry;
    }

    /// <summary>Waits for what runs and joins the histories; the end of the test does it too.</summary>
    private protected Task JudgeAsync() => Oracle.JudgeAsync(new Histories(Gateway) { Vendors = _vendors, Entries = _entries, MostSends = MostSends });

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        try
        {
            if (_gateway is not null) await JudgeAsync();
        }
        finally
        {
            if (_gateway is not null) await _gateway.DisposeAsync();
            foreach (var vendor in _vendors) await vendor.DisposeAsync();
            _folder.Dispose();
        }
    }
}
