using System.Net;
using Fairlead.Bench.EndToEnd.Gateways;
using Fairlead.Bench.EndToEnd.Load;
using Fairlead.Bench.EndToEnd.Mock;

namespace Fairlead.Bench.EndToEnd.Measurements;

/// <summary>What a gateway adds to the time of a small request at a low fixed rate: its own time less that of the direct way in the same round.</summary>
internal static class LatencyBench
{
    public const int PerSecond = 200;

    public static async Task<IReadOnlyList<Row>> RunAsync(GatewayProcess yardstick, GatewayProcess subject, MockUpstream mock, BenchOptions options, Action<string> progress)
    {
        var scenario = Scenario.All[0];
        await AnswerCheck.CheckAsync(yardstick, scenario, mock);
        await AnswerCheck.CheckAsync(subject, scenario, mock);
        var duration = TimeSpan.FromSeconds(4);
        List<double[]> direct = [], first = [], second = [];
        for (var round = 0; round < options.Rounds; round++)
        {
            direct.Add(await MeasureAsync(mock.EndPoint));
            if (round % 2 == 0) first.Add(await MeasureAsync(yardstick.EndPoint));
            second.Add(await MeasureAsync(subject.EndPoint));
            if (round % 2 == 1) first.Add(await MeasureAsync(yardstick.EndPoint));
            progress($"latency p50: direct {Paired.Percentile(direct[^1], 0.5):F0} µs, {Paired.Percentile(first[^1], 0.5):F0} µs, {Paired.Percentile(second[^1], 0.5):F0} µs");
        }

        return [Row("p50", 0.5, 1.0, 0.7), Row("p99", 0.99, 1.2, 0.9)];

        Task<double[]> MeasureAsync(IPEndPoint endPoint) => OpenLoop.RunAsync(endPoint, scenario.Request, PerSecond, duration, AnswerCheck.Of(scenario));

        Row Row(string name, double share, double bar, double goal) => new("Added latency", $"{name} at {PerSecond}/s", "µs")
        {
            Direct = Paired.Median(direct.Select(values => Paired.Percentile(values, share))),
            Values = new Paired(Added(first, share), Added(second, share)),
            Bar = bar,
            Goal = goal,
        };

        double[] Added(List<double[]> rounds, double share) =>
            [.. rounds.Zip(direct, (values, without) => Paired.Percentile(values, share) - Paired.Percentile(without, share))];
    }
}
