using System.Diagnostics;
using Fairlead.Bench.EndToEnd.Gateways;
using Fairlead.Bench.EndToEnd.Load;
using Fairlead.Bench.EndToEnd.Mock;

namespace Fairlead.Bench.EndToEnd.Measurements;

/// <summary>CPU time of the gateway's process per request.</summary>
internal static class CpuBench
{
    /// <summary>Work that is put off – the ledger's writes – is paid for before the clock is read.</summary>
    private static readonly TimeSpan PutOff = TimeSpan.FromMilliseconds(200);

    /// <summary>A pair of rounds in which others used more than this share of a core is taken again, as long as there is patience.</summary>
    private const double MostOthers = 0.15;

    /// <summary>Checks, warms up and measures both candidates with one scenario; a translated one against its own pass-through.</summary>
    public static async Task<Row> RunAsync(GatewayProcess yardstick, GatewayProcess subject, Scenario scenario, MockUpstream mock, BenchOptions options, Action<string> progress)
    {
        var measure = scenario.Own ?? scenario;
        await AnswerCheck.CheckAsync(yardstick, measure, mock);
        await AnswerCheck.CheckAsync(subject, scenario, mock);
        mock.Pacing = scenario.Pacing;
        await Warmup.RunAsync(yardstick, measure, options.Warmup, progress);
        await Warmup.RunAsync(subject, scenario, options.Warmup, progress);

        List<Sample> first = [], second = [];
        var retries = options.Rounds;
        for (var round = 0; first.Count < options.Rounds; round++)
        {
            // ABBA: what drifts steadily weighs on both alike.
            Sample one, other;
            if (round % 2 == 0)
            {
                one = await MeasureAsync(yardstick, measure, options.Round);
                other = await MeasureAsync(subject, scenario, options.Round);
            }
            else
            {
                other = await MeasureAsync(subject, scenario, options.Round);
                one = await MeasureAsync(yardstick, measure, options.Round);
            }

            var others = Math.Max(one.Others, other.Others);
            var isDisturbed = others > MostOthers && retries-- > 0;
            progress(FormattableString.Invariant($"{scenario.Name}: {one.MicrosecondsPerRequest:F0} µs, {other.MicrosecondsPerRequest:F0} µs; others {others:P0}{(isDisturbed ? ", taken again" : "")}"));
            if (isDisturbed) continue;
            first.Add(one);
            second.Add(other);
        }

        return new Row(scenario.Kind ?? (scenario.Own is null ? "CPU per request" : "CPU per request, translated"), scenario.Name, "µs")
        {
            Values = new Paired([.. first.Select(sample => sample.MicrosecondsPerRequest)], [.. second.Select(sample => sample.MicrosecondsPerRequest)]),
            Yardstick = scenario.Own is null ? null : "our own pass-through",
            Bar = scenario.Bar,
            Goal = scenario.Goal,
            Note = FormattableString.Invariant($"{Said(first)}; {Said(second)}; others {first.Concat(second).Max(sample => sample.Others):P0}"),
        };
    }

    private static string Said(List<Sample> samples) => FormattableString.Invariant(
        $"{Paired.Median(samples.Select(sample => sample.PerSecond)):F0}/s at {Paired.Median(samples.Select(sample => sample.Busy)):P0} of a core");

    private static async Task<Sample> MeasureAsync(GatewayProcess gateway, Scenario scenario, TimeSpan duration)
    {
        TimeSpan cpu = default, own = default, machine = default;
        long started = 0;
        var count = await ClosedLoop.RunAsync(gateway.EndPoint, scenario.Request, scenario.Connections, duration, AnswerCheck.Of(scenario), Begin);
        var elapsed = Stopwatch.GetElapsedTime(started);
        if (gateway.Candidate.Scrape is { } scrape)
        {
            using var connection = await ClientConnection.OpenAsync(gateway.EndPoint);
            if (await connection.SendAsync(scrape) is { Status: not 200 } refused) throw new InvalidDataException($"{gateway.Candidate.Name} answered a scrape with {refused.Status}.");
        }

        await Task.Delay(PutOff);
        var spent = gateway.CpuTime - cpu;
        var others = MachineLoad.Read() - machine - spent - (Environment.CpuUsage.TotalTime - own);
        return new Sample(count, elapsed, spent, Math.Max(0, others / (elapsed + PutOff)));

        void Begin()
        {
            (cpu, own, machine) = (gateway.CpuTime, Environment.CpuUsage.TotalTime, MachineLoad.Read());
            started = Stopwatch.GetTimestamp();
        }
    }

    /// <param name="Requests">Answered ones.</param>
    /// <param name="Elapsed">From the first request to the last answer.</param>
    /// <param name="Cpu">The gateway's CPU time, what it put off included.</param>
    /// <param name="Others">What other processes and the kernel on its own used meanwhile, in cores.</param>
    private readonly record struct Sample(int Requests, TimeSpan Elapsed, TimeSpan Cpu, double Others)
    {
        public double MicrosecondsPerRequest => Cpu.TotalMicroseconds / Requests;

        public double PerSecond => Requests / Elapsed.TotalSeconds;

        public double Busy => Cpu / Elapsed;
    }
}
