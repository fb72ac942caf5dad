using System.Globalization;
using System.Net;

namespace Fairlead.Bench.EndToEnd.Gateways;

/// <summary>A gateway that can be started: what runs, and with which arguments.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Executable">Its file.</param>
/// <param name="Prepare">Makes its arguments and environment for a port, an upstream and a folder of its own.</param>
internal sealed record Candidate(string Name, string Executable, Func<int, IPEndPoint, string, Launch> Prepare)
{
    /// <summary>A whole request for its metrics, sent once a round as a scraper would; null when it has none.</summary>
    public byte[]? Scrape { get; init; }

    /// <summary>The bare proxy, the yardstick.</summary>
    public static Candidate Yarp(string executable, string name = "YARP") => new(
        name, executable, static (port, upstream, _) => new Launch([port.ToString(CultureInfo.InvariantCulture), $"http://{upstream}"], new Dictionary<string, string>()));

    /// <summary>Fairlead with everything on: a client key, a route with a tier to fail over to, a ledger on disk, metrics.</summary>
    /// <param name="executable">Its file.</param>
    /// <param name="variables">Environment variables to try.</param>
    /// <param name="name">What tables call it.</param>
    /// <param name="hasRules">Whether its configuration has a policy of rules too.</param>
    public static Candidate Fairlead(string executable, IReadOnlyDictionary<string, string> variables, string name = "Fairlead", bool hasRules = false) => new(name, executable, (port, upstream, folder) =>
    {
        var file = Path.Combine(folder, "fairlead.yaml");
        File.WriteAllText(file, FairleadConfiguration.Write(port, upstream, hasRules));
        return new Launch(
            ["serve", "--config", file, "--log-level", "Warning"],
            new Dictionary<string, string>(variables) { [FairleadConfiguration.ClientKeyVariable] = Load.PreparedRequest.ClientKey, [FairleadConfiguration.VendorKeyVariable] = "vendor-key-0123456789" });
    })
    {
        Scrape = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray(),
    };
}

/// <summary>How a gateway is started.</summary>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Environment">Variables on top of the inherited ones.</param>
internal sealed record Launch(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment);
