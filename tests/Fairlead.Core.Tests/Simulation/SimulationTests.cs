using System.Collections.Concurrent;
using System.Globalization;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Simulation;

/// <summary>
/// Worlds drawn from seeds, run on virtual time and judged by an oracle. <c>FAIRLEAD_SEEDS=first-last</c> says which; a seed whose number is in
/// a failure's message is run again by <c>FAIRLEAD_SEEDS=n-n</c>, and does the same.
/// </summary>
[Trait("Category", "Simulation")]
public sealed class SimulationTests
{
    private const string Variable = "FAIRLEAD_SEEDS";

    [Fact]
    public void EverySeed_HoldsTheInvariants()
    {
        var (first, last) = Seeds();
        var failures = new ConcurrentDictionary<int, string>();
        var (requests, sends) = (0L, 0L);
        var opened = new ConcurrentDictionary<string, int>();
        Parallel.For(first, last + 1, new ParallelOptions { MaxDegreeOfParallelism = Math.Min(4, Environment.ProcessorCount) }, seed =>
        {
            try
            {
                var oracle = VirtualGateway.Run(WorldDraw.Of(seed));
                Interlocked.Add(ref requests, oracle.Tally.Requests);
                Interlocked.Add(ref sends, oracle.Tally.Sends);
                foreach (var (cause, times) in oracle.Tally.Opened) opened.AddOrUpdate(cause, times, (_, before) => before + times);
            }
            catch (Exception exception)
            {
                failures[seed] = exception is OracleException ? exception.Message : exception.ToString();
            }
        });

        SharedFolder.Figures(string.Create(CultureInfo.InvariantCulture, $"simulation: {last - first + 1 - failures.Count}/{last - first + 1} seeds ({first}-{last}), {requests} requests, {sends} sends; breakers opened {string.Join(", ", opened.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Value} times for {one.Key}"))}"));
        Assert.True(failures.IsEmpty, $"{failures.Count} seeds failed; run one again with {Variable}=n-n." + string.Concat(failures.OrderBy(failure => failure.Key).Take(10).Select(failure => $"\n{Variable}={failure.Key}-{failure.Key}: {failure.Value}")));
    }

    [Fact]
    public void Seed_RunTwice_DoesTheSame()
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var (one, other) = (VirtualGateway.Run(WorldDraw.Of(seed)), VirtualGateway.Run(WorldDraw.Of(seed)));

            Assert.Equal((one.Trace, one.Tally.Sends), (other.Trace, other.Tally.Sends));
        }
    }

    private static (int First, int Last) Seeds()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } text) return (1, 1000);
        var parts = text.Split('-');
        Assert.True(parts.Length == 2, $"{Variable} is first-last, such as 1-1000.");
        return (int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
