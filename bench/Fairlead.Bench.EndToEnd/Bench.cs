using Fairlead.Bench.EndToEnd.Gateways;
using Fairlead.Bench.EndToEnd.Measurements;
using Fairlead.Bench.EndToEnd.Mock;

namespace Fairlead.Bench.EndToEnd;

/// <summary>A whole run: CPU, latency, memory, start.</summary>
internal static class Bench
{
    public static async Task RunAsync(Report report, Candidate yardstick, Candidate subject, MockUpstream mock, BenchOptions options, Action<string> progress)
    {
        var scenarios = Scenario.All.Where(scenario => options.Includes("cpu " + scenario.Name)).ToArray();
        if (scenarios.Length > 0)
        {
            using var first = await GatewayProcess.StartAsync(yardstick, mock.EndPoint, Scenario.Small);
            using var second = await GatewayProcess.StartAsync(subject, mock.EndPoint, Scenario.Small);
            foreach (var scenario in scenarios) report.Rows.Add((subject.Name, await CpuBench.RunAsync(first, second, scenario, mock, options, progress)));
            report.Rows.Add((subject.Name, new Row("Memory", "peak over all of the above", "MB")
            {
                Values = new Paired([first.PeakBytes / 1e6], [second.PeakBytes / 1e6]),
            }));
        }

        var translated = Scenario.Translated.Where(scenario => options.Includes("cpu " + scenario.Name)).ToArray();
        if (translated.Length > 0 && options.HasBars)
        {
            // One process for both: what differs is the work alone, not how two heaps have grown.
            using var gateway = await GatewayProcess.StartAsync(subject, mock.EndPoint, Scenario.Small);
            foreach (var scenario in translated) report.Rows.Add((subject.Name, await CpuBench.RunAsync(gateway, gateway, scenario, mock, options, progress)));
        }

        var ruled = Scenario.Ruled.Where(scenario => options.Includes("cpu " + scenario.Name)).ToArray();
        if (ruled.Length > 0 && options.HasBars)
        {
            using var gateway = await GatewayProcess.StartAsync(Candidate.Fairlead(subject.Executable, options.Variables, hasRules: true), mock.EndPoint, Scenario.Small);
            foreach (var scenario in ruled) report.Rows.Add((subject.Name, await CpuBench.RunAsync(gateway, gateway, scenario, mock, options, progress)));
        }

        if (options.Includes("latency"))
        {
            // Fresh processes: a heap grown by megabytes of prompts is another matter.
            using var first = await GatewayProcess.StartAsync(yardstick, mock.EndPoint, Scenario.Small);
            using var second = await GatewayProcess.StartAsync(subject, mock.EndPoint, Scenario.Small);
            await WarmAsync(first, second, options, progress);
            foreach (var row in await LatencyBench.RunAsync(first, second, mock, options, progress)) report.Rows.Add((subject.Name, row));
        }

        await StartAndMemoryAsync(report, yardstick, subject, mock, options, progress);
        if (options.AotPath is not { } path) return;

        var aot = Candidate.Fairlead(path, options.Variables, "Fairlead, native AOT");
        await StartAndMemoryAsync(report, yardstick, aot, mock, options, progress);
    }

    private static async Task WarmAsync(GatewayProcess first, GatewayProcess second, BenchOptions options, Action<string> progress)
    {
        await Warmup.RunAsync(first, Scenario.All[0], options.Warmup, progress);
        await Warmup.RunAsync(second, Scenario.All[0], options.Warmup, progress);
    }

    private static async Task StartAndMemoryAsync(Report report, Candidate yardstick, Candidate subject, MockUpstream mock, BenchOptions options, Action<string> progress)
    {
        var isAot = subject.Executable == options.AotPath;
        if (options.Includes("memory"))
        {
            foreach (var row in await MemoryBench.RunAsync(yardstick, subject, mock, options, progress))
            {
                report.Rows.Add((subject.Name, isAot && row.Name == "idle" ? row with { Bar = 0.55, ValueGoal = 30 } : row));
            }
        }

        if (options.Includes("start"))
        {
            var row = await StartBench.RunAsync(yardstick, subject, mock, options, progress);
            report.Rows.Add((subject.Name, isAot ? row with { Bar = 0.25, ValueGoal = 100 } : row));
        }
    }
}
