using System.Runtime.InteropServices;
using Fairlead.Bench.EndToEnd;
using Fairlead.Bench.EndToEnd.Gateways;
using Fairlead.Bench.EndToEnd.Load;
using Fairlead.Bench.EndToEnd.Measurements;
using Fairlead.Bench.EndToEnd.Mock;

// Client and mock upstream share this process and one thread: whatever they spend, the gateways' core does not see it.
// Must be set before the first socket is.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

if (BenchOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(BenchOptions.Usage);
    return 64;
}

if (!OperatingSystem.IsLinux())
{
    Console.Error.WriteLine("The bench reads /proc and pins processes with taskset: it needs Linux.");
    return 69;
}

// No way out leaves a gateway behind.
AppDomain.CurrentDomain.ProcessExit += (_, _) => GatewayProcess.EndAll();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

var bin = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));
var yarp = Candidate.Yarp(Path.Combine(bin, "Fairlead.Bench.Yarp", "release", "Fairlead.Bench.Yarp"));
var yardstick = options.AgainstPath is { } other ? Candidate.Fairlead(other, new Dictionary<string, string>(), "Fairlead, other build") : yarp;
var fairlead = options.IsYardstick ? yarp with { Name = "YARP again" } : Candidate.Fairlead(Path.Combine(bin, "Fairlead", "release", "fairlead"), options.Variables);
try
{
    using var mock = new MockUpstream();
    if (options.IsKeptAlive)
    {
        await KeepAliveAsync(fairlead, mock, options);
        return 0;
    }

    var report = new Report(yardstick.Name, options);
    await Bench.RunAsync(report, yardstick, fairlead, mock, options, Progress);
    Console.WriteLine(options.IsJson ? report.ToJson() : report.ToText());
    return 0;
}
catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException or TimeoutException or System.ComponentModel.Win32Exception)
{
    Console.Error.WriteLine("bench: " + exception.Message);
    return 1;
}
finally
{
    GatewayProcess.EndAll();
}

static void Progress(string text) => Console.Error.WriteLine("  " + text);

static void End(PosixSignalContext context)
{
    context.Cancel = true;
    GatewayProcess.EndAll();
    Environment.Exit(130);
}

// At most ten minutes: a forgotten run ends by itself.
static async Task KeepAliveAsync(Candidate candidate, MockUpstream mock, BenchOptions options)
{
    var scenario = Scenario.All.Concat(Scenario.Translated).FirstOrDefault(scenario => options.Includes("cpu " + scenario.Name)) ?? Scenario.All[0];
    mock.Pacing = scenario.Pacing;
    using var gateway = await GatewayProcess.StartAsync(candidate, mock.EndPoint, scenario.Request);
    await AnswerCheck.CheckAsync(gateway, scenario, mock);
    mock.Pacing = scenario.Pacing;
    Console.Error.WriteLine($"{candidate.Name} serves {gateway.EndPoint} as process {gateway.ProcessId}.");
    await ClosedLoop.RunAsync(gateway.EndPoint, scenario.Request, scenario.Connections, TimeSpan.FromMinutes(10), AnswerCheck.Of(scenario));
}
