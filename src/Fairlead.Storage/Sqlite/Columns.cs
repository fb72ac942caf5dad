using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;

namespace Fairlead.Storage.Sqlite;

/// <summary>Values as the tables hold them. Names are stable: people query them.</summary>
internal static class Columns
{
    public static long Micros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static long Micros(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset Time(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);

    public static TimeSpan Duration(long micros) => new(micros * TimeSpan.TicksPerMicrosecond);

    public static string? Failure(FailureClass failure) => failure == FailureClass.None ? null : FailureTable.NameOf(failure);

    public static FailureClass Failure(string? name) => name is null ? FailureClass.None : FailureTable.Find(name)?.Class ?? FailureClass.DependencyDown;

    public static string Outcome(RequestOutcome outcome) => Outcomes[(int)outcome];

    public static RequestOutcome Outcome(string name) => (RequestOutcome)Math.Max(0, Outcomes.IndexOf(name));

    public static string? Clock(AttemptClock clock) => clock == AttemptClock.None ? null : Clocks[(int)clock];

    public static AttemptClock Clock(string? name) => name is null ? AttemptClock.None : (AttemptClock)Math.Max(0, Clocks.IndexOf(name));

    public static string Source(UsageSource source) => Sources[(int)source];

    public static UsageSource Source(string name) => (UsageSource)Math.Max(0, Sources.IndexOf(name));

    public static string Basis(CostBasis basis) => Bases[(int)basis];

    public static CostBasis Basis(string name) => (CostBasis)Math.Max(0, Bases.IndexOf(name));

    /// <summary>The cost of a request; null as soon as one attempt's is unknown, or the sum is beyond counting.</summary>
    public static long? Cost(IReadOnlyList<AttemptRecord> attempts)
    {
        Int128 sum = 0;
        foreach (var attempt in attempts)
        {
            if (attempt.Cost is not { } cost) return null;
            sum += cost.NanoDollars;
        }

        return sum >= long.MinValue && sum <= long.MaxValue ? (long)sum : null;
    }

    private static readonly List<string> Outcomes = ["interrupted", "answered", "failed", "client_gone"];
    private static readonly List<string> Clocks = ["none", "connect", "headers", "first_token", "gap", "deadline"];
    private static readonly List<string> Sources = ["none", "reported", "estimated"];
    private static readonly List<string> Bases = ["unknown", "priced", "worst_of_route"];
}
