using System.Diagnostics;
using Fairlead.Bench.EndToEnd.Gateways;
using Fairlead.Bench.EndToEnd.Load;

namespace Fairlead.Bench.EndToEnd.Measurements;

/// <summary>
/// Loads a gateway until the runtime has compiled what the load needs for good. It does so twice while the code is used, the first
/// time with counters in it; until it is done a request costs twice as much and more. On a core that is never idle this takes half a minute and more, and a
/// measurement before that is one of the counters. Code without a runtime that compiles is warm at once.
/// </summary>
internal static class Warmup
{
    /// <summary>How long the compiler must have had next to nothing to do.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan Most = TimeSpan.FromSeconds(120);

    /// <summary>Loads and leaves room in turn: on one core the compiler gets its time in the pauses.</summary>
    private static readonly TimeSpan Load = TimeSpan.FromSeconds(0.8);

    private static readonly TimeSpan Room = TimeSpan.FromSeconds(0.2);

    /// <summary>Less than this in a second is no more than a straggler.</summary>
    private static readonly TimeSpan NextToNothing = TimeSpan.FromMilliseconds(20);

    public static async Task RunAsync(GatewayProcess gateway, Scenario scenario, TimeSpan least, Action<string> progress)
    {
        var (started, quietSince, compiled) = (Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp(), gateway.CompilerTime);
        while (Stopwatch.GetElapsedTime(started) < least || Stopwatch.GetElapsedTime(quietSince) < Quiet)
        {
            if (Stopwatch.GetElapsedTime(started) >= Most)
            {
                progress($"{scenario.Name}: {gateway.Candidate.Name} was still being compiled after {Most.TotalSeconds:F0} s");
                return;
            }

            await ClosedLoop.RunAsync(gateway.EndPoint, scenario.Request, scenario.Connections, Load, AnswerCheck.Of(scenario));
            await Task.Delay(Room);
            var now = gateway.CompilerTime;
            if (now - compiled >= NextToNothing) quietSince = Stopwatch.GetTimestamp();
            compiled = now;
        }

        progress($"{scenario.Name}: {gateway.Candidate.Name} warm after {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");
    }
}
