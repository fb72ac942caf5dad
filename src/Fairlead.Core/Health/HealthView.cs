using System.Collections.Frozen;

namespace Fairlead.Core.Health;

/// <summary>
/// What was measured of every target, at one moment: what planning reads, so that two plans of one view are the same. Immutable.
/// </summary>
/// <param name="Version">Grows with every view; two views of one version are the same.</param>
/// <param name="Targets">By the target's name, ordinal; a target without an attempt is not there.</param>
public sealed record HealthView(long Version, FrozenDictionary<string, TargetHealth> Targets)
{
    /// <summary>Nothing measured.</summary>
    public static HealthView Empty { get; } = new(0, FrozenDictionary<string, TargetHealth>.Empty);

    /// <summary>Targets that do not take every request at the moment, by name.</summary>
    public FrozenDictionary<string, TargetStanding> Standings { get; init; } = FrozenDictionary<string, TargetStanding>.Empty;

    /// <summary>Grows when <see cref="Standings"/> are others.</summary>
    public long StandingsVersion { get; init; }

    /// <summary>
    /// How much a target has to do, by name: its time to the answer as it is now times what it runs, in milliseconds. Read at the moment
    /// that it is asked, for by the next view all would have gone to the same one. Null: nobody knows.
    /// </summary>
    public Func<string, double>? Loads { get; init; }

    /// <summary>How much a target has to do; 0 when nobody knows.</summary>
    public double LoadOf(string target) => Loads?.Invoke(target) ?? 0;

    /// <summary>How a target stands; null when it takes every request.</summary>
    public TargetStanding? StandingOf(string target) => Standings.Count == 0 ? null : Standings.GetValueOrDefault(target);

    /// <summary>What was measured of a target; null when nothing was.</summary>
    public TargetHealth? Find(string target) => Targets.GetValueOrDefault(target);
}

/// <summary>
/// The measured figures of one target over the sliding window. A figure is null while it has too few samples to be told: it is then
/// unknown, never zero. Immutable.
/// </summary>
public sealed record TargetHealth
{
    /// <summary>Attempts in the window.</summary>
    public required int Samples { get; init; }

    /// <summary>Those of them whose answer came, or began: what the percentiles rest on.</summary>
    public int TimedSamples { get; init; }

    /// <summary>Those of them that say something of the target: what <see cref="SuccessRate"/> rests on.</summary>
    public int JudgedSamples { get; init; }

    /// <summary>Answers that were held against a schema.</summary>
    public int SchemaSamples { get; init; }

    /// <summary>Answers whose tool calls were looked at.</summary>
    public int ToolSamples { get; init; }

    /// <summary>
    /// Time to the answer, the median, in milliseconds: to the first content of a stream, to the whole of a JSON answer.
    /// </summary>
    public double? P50Ms { get; init; }

    /// <summary>The same, the 95th percentile.</summary>
    public double? P95Ms { get; init; }

    /// <summary>The same, the 98th percentile.</summary>
    public double? P98Ms { get; init; }

    /// <summary>The same, the 99th percentile.</summary>
    public double? P99Ms { get; init; }

    /// <summary>
    /// Share of attempts that answered, 0 to 1. Of those that failed only the classes count that the failure table has against the
    /// target: the client's own fault, its leaving, and a key's limits do not.
    /// </summary>
    public double? SuccessRate { get; init; }

    /// <summary>Share of attempts that were repeated on the same target, 0 to 1.</summary>
    public double? RetryRate { get; init; }

    /// <summary>Share of answers that meet the schema they were asked for, 0 to 1.</summary>
    public double? SchemaValidity { get; init; }

    /// <summary>Share of tool calls whose arguments are what the tool asks for, 0 to 1.</summary>
    public double? ToolSuccess { get; init; }

    /// <summary>What the vendor says is left of its limit, 0 to 1.</summary>
    public double? QuotaLeft { get; init; }

    /// <summary>What an attempt costs on average, in US dollars.</summary>
    public double? CostPerRequest { get; init; }

    /// <summary>Share of answers that decline, or that a filter cut, 0 to 1.</summary>
    public double? RefusalRate { get; init; }
}
