using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;

namespace Fairlead.Storage.Sqlite;

/// <summary>Values as the tables hold them. The names are stable: people query them.</summary>
internal static class Columns
{
    /// <summary>An attempt's <c>seq</c> is its request's times this, and its number: attempts need no index to be found by.</summary>
    public const int AttemptsPerRequest = 64;

    private static readonly string[] Outcomes = ["interrupted", "answered", "failed", "client_gone"];
    private static readonly string[] Clocks = ["none", "connect", "headers", "first_token", "gap", "deadline", "answer", "floor", "client", "stop"];
    private static readonly string[] Sources = ["none", "reported", "estimated"];
    private static readonly string[] Bases = ["unknown", "priced", "worst_of_route"];

    public static long Micros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static long Micros(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    public static long? Micros(TimeSpan? time) => time is { } value ? Micros(value) : null;

    public static DateTimeOffset Time(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);

    public static TimeSpan Duration(long micros) => new(micros * TimeSpan.TicksPerMicrosecond);

    public static string Name(RequestOutcome outcome) => Outcomes[(int)outcome];

    public static string Name(AttemptClock clock) => Clocks[(int)clock];

    public static string Name(UsageSource source) => Sources[(int)source];

    public static string Name(CostBasis basis) => Bases[(int)basis];

    public static RequestOutcome Outcome(string name) => (RequestOutcome)IndexOf(Outcomes, name);

    public static AttemptClock Clock(string name) => (AttemptClock)IndexOf(Clocks, name);

    public static UsageSource Source(string name) => (UsageSource)IndexOf(Sources, name);

    public static CostBasis Basis(string name) => (CostBasis)IndexOf(Bases, name);

    public static OutcomeKind Kind(string name) => OutcomeKinds.TryParse(name, out var kind) ? kind : throw Unknown(name);

    public static FailureClass Failure(string name) =>
        name == "none" ? FailureClass.None : FailureTable.Find(name)?.Class ?? throw Unknown(name);

    /// <summary>
    /// The cost of a request: the sum of its attempts. Null as soon as one is unknown, when an interrupted request left no trace of
    /// the attempt that it must have made, and when the sum is beyond counting.
    /// </summary>
    public static long? Cost(RequestRecord record)
    {
        if (record.Attempts.Count == 0 && record.Outcome == RequestOutcome.Interrupted) return null;
        Int128 sum = 0;
        foreach (var attempt in record.Attempts)
        {
            if (attempt.Cost is not { } cost) return null;
            sum += cost.NanoDollars;
        }

        return sum >= long.MinValue && sum <= long.MaxValue ? (long)sum : null;
    }

    private static int IndexOf(string[] names, string name)
    {
        var index = Array.IndexOf(names, name);
        return index >= 0 ? index : throw Unknown(name);
    }

    private static LedgerException Unknown(string name) =>
        new($"The ledger holds the name '{name}', which this version does not know: the row was written by something else.");
}
