using System.Net;
using Fairlead.Bench.EndToEnd.Gateways;
using Fairlead.Bench.EndToEnd.Load;
using Fairlead.Bench.EndToEnd.Mock;

namespace Fairlead.Bench.EndToEnd.Measurements;

/// <summary>
/// What a gateway adds to the time of a small request at a low fixed rate, alone and among large prompts: its own time less that of
/// the direct way in the same round.
/// </summary>
internal static class LatencyBench
{
    public const int PerSecond = 200;
    private const int LargePerSecond = 20;

    public static async Task<IReadOnlyList<Row>> RunAsync(GatewayProcess yardstick, GatewayProcess subject, MockUpstream mock, BenchOptions options, Action<string> progress)
    {
        var scenario = Scenario.All[0];
        var large = Scenario.All.First(other => other.Name == "json 1 MB");
        foreach (var each in new[] { scenario, large })
        {
            await AnswerCheck.CheckAsync(yardstick, each, mock);
            await AnswerCheck.CheckAsync(subject, each, mock);
        }

        var duration = TimeSpan.FromSeconds(4);
        List<double[]> direct = [], first = [], second = [];
        var rows = new List<Row>();
        await MeasureAllAsync("", AloneAsync);
        rows.AddRange([Row("p50", "", 0.5, 1.0, 0.7), Row("p99", "", 0.99, 1.2, 0.9)]);
        await MeasureAllAsync(" among large", AmongLargeAsync);
        rows.Add(Row("p99", $" among 1 MB at {LargePerSecond}/s", 0.99, null, null));
        return rows;

        async Task MeasureAllAsync(string how, Func<IPEndPoint, Task<double[]>> measureAsync)
        {
            direct.Clear();
            first.Clear();
            second.Clear();
            for (var round = 0; round < options.Rounds; round++)
            {
                direct.Add(await measureAsync(mock.EndPoint));
                if (round % 2 == 0) first.Add(await measureAsync(yardstick.EndPoint));
                second.Add(await measureAsync(subject.EndPoint));
                if (round % 2 == 1) first.Add(await measureAsync(yardstick.EndPoint));
                progress($"latency p99{how}: direct {Paired.Percentile(direct[^1], 0.99):F0} µs, {Paired.Percentile(first[^1], 0.99):F0} µs, {Paired.Percentile(second[^1], 0.99):F0} µs");
            }
        }

        Task<double[]> AloneAsync(IPEndPoint endPoint) => OpenLoop.RunAsync(endPoint, scenario.Request, PerSecond, duration, AnswerCheck.Of(scenario));

        async Task<double[]> AmongLargeAsync(IPEndPoint endPoint)
        {
            var others = OpenLoop.RunAsync(endPoint, large.Request, LargePerSecond, duration, AnswerCheck.Of(large));
            var times = await AloneAsync(endPoint);
            await others;
            return times;
        }

        Row Row(string name, string how, double share, double? bar, double? goal) => new("Added latency", $"{name} at {PerSecond}/s{how}", "µs")
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
