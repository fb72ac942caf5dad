using Fairlead.Bench.EndToEnd.Gateways;
using Fairlead.Bench.EndToEnd.Mock;

namespace Fairlead.Bench.EndToEnd.Measurements;

/// <summary>From the start of a process to the end of the first answer through it.</summary>
internal static class StartBench
{
    public static async Task<Row> RunAsync(Candidate yardstick, Candidate subject, MockUpstream mock, BenchOptions options, Action<string> progress)
    {
        List<double> first = [], second = [];
        // The first start of each reads its files from disk: not counted.
        for (var round = -1; round < options.Rounds; round++)
        {
            var (one, other) = (await MeasureAsync(yardstick, mock), await MeasureAsync(subject, mock));
            if (round < 0) continue;
            first.Add(one);
            second.Add(other);
            progress($"start: {one:F0} ms, {other:F0} ms");
        }

        return new Row("Start", "process to first 200", "ms") { Values = new Paired(first, second) };
    }

    private static async Task<double> MeasureAsync(Candidate candidate, MockUpstream mock)
    {
        using var gateway = await GatewayProcess.StartAsync(candidate, mock.EndPoint, Scenario.Small);
        return gateway.TimeToFirstAnswer.TotalMilliseconds;
    }
}
