using System.Globalization;

namespace Fairlead.Bench.EndToEnd;

/// <summary>What a run is asked to do.</summary>
internal sealed record BenchOptions
{
    public const string Usage =
        """
        usage: bench/run [options]

          --quick           fewer and shorter rounds: a look, not a figure to quote
          --only TEXT       only what has TEXT in its name (json, stream, latency, memory, start, "1 KB")
          --rounds N        rounds per measurement (1 to 100; default 15, quick 5)
          --aot PATH        a native-AOT published fairlead, for rows of its own
          --set NAME=VALUE  an environment variable of Fairlead's process, to try a setting of the runtime; may be repeated
          --against PATH    another build of fairlead as the yardstick in YARP's place: before and after
          --yardstick       YARP against itself: ratios must come out at 1, give or take what this machine cannot tell apart
          --keep-alive      Fairlead alone under the first scenario that --only names, for a profiler to attach to; ends with Ctrl-C
          --json            the result as JSON on standard output, progress on standard error
        """;

    public bool IsQuick { get; init; }

    public string? Only { get; init; }

    public int Rounds { get; init; } = 15;

    public string? AotPath { get; init; }

    public string? AgainstPath { get; init; }

    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public bool IsYardstick { get; init; }

    public bool IsKeptAlive { get; init; }

    public bool IsJson { get; init; }

    /// <summary>
    /// How long a round at saturation takes: short, so that both candidates of a pair meet the machine in the same mood; not so short
    /// that filling the processor's caches anew, which no busy gateway has to do, is much of it.
    /// </summary>
    public TimeSpan Round => TimeSpan.FromSeconds(IsQuick ? 1 : 2);

    /// <summary>How long each candidate is warmed up for a scenario at least.</summary>
    public TimeSpan Warmup => TimeSpan.FromSeconds(IsQuick ? 12 : 20);

    /// <summary>Whether the bars say something about this run: they are Fairlead's against YARP.</summary>
    public bool HasBars => !IsYardstick && AgainstPath is null;

    /// <summary>Whether a measurement is asked for.</summary>
    public bool Includes(string name) => Only is null || name.Contains(Only, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads arguments; null when they are not understood.</summary>
    public static BenchOptions? Parse(string[] arguments)
    {
        var options = new BenchOptions();
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        int? rounds = null;
        for (var index = 0; index < arguments.Length; index++)
        {
            switch (arguments[index])
            {
                case "--quick": options = options with { IsQuick = true }; break;
                case "--json": options = options with { IsJson = true }; break;
                case "--yardstick": options = options with { IsYardstick = true }; break;
                case "--keep-alive": options = options with { IsKeptAlive = true }; break;
                case "--only" when index + 1 < arguments.Length: options = options with { Only = arguments[++index] }; break;
                case "--aot" when index + 1 < arguments.Length: options = options with { AotPath = Path.GetFullPath(arguments[++index]) }; break;
                case "--set" when index + 1 < arguments.Length && arguments[++index].Split('=', 2) is [{ Length: > 0 } name, var value]:
                    variables[name] = value;
                    break;
                case "--against" when index + 1 < arguments.Length: options = options with { AgainstPath = Path.GetFullPath(arguments[++index]) }; break;
                case "--rounds" when index + 1 < arguments.Length && int.TryParse(arguments[++index], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 100:
                    rounds = count;
                    break;
                default: return null;
            }
        }

        return options with { Variables = variables, Rounds = rounds ?? (options.IsQuick ? 5 : 15) };
    }
}
