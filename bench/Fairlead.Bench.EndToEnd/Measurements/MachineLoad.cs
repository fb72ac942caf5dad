using System.Globalization;

namespace Fairlead.Bench.EndToEnd.Measurements;

/// <summary>What the whole machine has worked so far: a neighbour that builds something makes every figure a lie, and leaves no other trace.</summary>
internal static class MachineLoad
{
    private const double TicksPerSecond = 100; // USER_HZ

    /// <summary>CPU time of all cores since boot, idle and waiting left out, stolen time counted in.</summary>
    public static TimeSpan Read()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // cpu user nice system idle iowait irq softirq steal
        var busy = fields[1..4].Concat(fields[6..9]).Sum(field => double.Parse(field, CultureInfo.InvariantCulture));
        return TimeSpan.FromSeconds(busy / TicksPerSecond);
    }
}
