using System.Numerics;
using System.Runtime.InteropServices;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Health;

/// <summary>
/// The sliding window of one target: a ring of slices of counters. Recording adds to the present slice with interlocked additions and
/// waits for nobody, but for the first of a slice, which empties it. Safe for any number of threads.
/// </summary>
/// <remarks>
/// A slice is emptied when it is older than the window by one slice at least: a thread that still adds to it then was held up for as
/// long as the window, and its sample is counted a window late. Nothing is allocated once each slice of the ring was in use.
/// </remarks>
internal sealed class TargetWindow
{
    /// <summary>Slices that are told: five minutes, long enough for twenty samples of a target with some traffic, short enough to forget an outage.</summary>
    public const int Slices = 30;

    /// <summary>How long a slice is: the window moves in steps of a thirtieth.</summary>
    public static readonly TimeSpan SliceLength = TimeSpan.FromSeconds(10);

    /// <summary>One more than are told: the next one is emptied while nobody reads it.</summary>
    private const int RingSize = Slices + 1;

    private const int Attempts = 0, Retries = 1, Timed = 2, Judged = 3, Answered = 4, SchemasChecked = 5, SchemasValid = 6, ToolsChecked = 7, ToolsSucceeded = 8, Slow = 9, Refused = 10, CutOff = 11, FirstBucket = 12;

    private static readonly int Counters = FirstBucket + LatencyBuckets.Count;

    private readonly Lock _gate = new();
    private readonly int[][] _counts = new int[RingSize][];
    private readonly long[] _nanoDollars = new long[RingSize];
    private readonly int[] _priced = new int[RingSize];
    private readonly long[] _periods = new long[RingSize]; // which slice of time a ring's place holds; -1: none yet
    private double _quotaLeft = double.NaN;
    private long _quotaPeriod = -1;
    private int _isChanged;
    private bool _wasUsed;

    public TargetWindow() => Array.Fill(_periods, -1);

    /// <summary>Adds a sample.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="period">The present slice's number.</param>
    public void Record(in AttemptSample sample, long period)
    {
        var place = (int)(period % RingSize);
        if (Volatile.Read(ref _periods[place]) != period && !TryEnter(place, period)) return; // as old as the window already
        var counts = _counts[place];
        Add(counts, Attempts);
        if (sample.IsRetry) Add(counts, Retries);
        if (sample.TimeToAnswer is { } time)
        {
            Add(counts, FirstBucket + LatencyBuckets.IndexOf(time.TotalMilliseconds));
            Add(counts, Timed);
        }

        if (sample.Failure == FailureClass.None)
        {
            Add(counts, Answered);
            Add(counts, Judged);
        }
        else if (!sample.IsExcused && FailureTable.Of(sample.Failure).CountsAgainstTarget)
        {
            Add(counts, Judged);
        }

        if (sample.IsSlow) Add(counts, Slow);
        if (sample is { IsSlow: true, Failure: not FailureClass.None }) Add(counts, CutOff);
        if (sample.IsRefusal) Add(counts, Refused);
        if (sample.Cost is { } cost)
        {
            Interlocked.Add(ref _nanoDollars[place], cost.NanoDollars);
            Interlocked.Increment(ref _priced[place]);
        }

        if (sample.QuotaLeft is { } quota)
        {
            Volatile.Write(ref _quotaLeft, Math.Clamp(quota, 0, 1));
            Volatile.Write(ref _quotaPeriod, period);
        }

        Volatile.Write(ref _isChanged, 1);
    }

    /// <summary>What the last slices have, the present one included.</summary>
    public RecentAttempts Recent(long period, int slices)
    {
        var (judged, answered, slow, cutOff) = (0, 0, 0, 0);
        for (var place = 0; place < RingSize; place++)
        {
            if (Volatile.Read(ref _periods[place]) is var held && (held < 0 || held <= period - slices || held > period)) continue;
            var counts = _counts[place];
            judged += Volatile.Read(ref counts[Judged]);
            answered += Volatile.Read(ref counts[Answered]);
            slow += Volatile.Read(ref counts[Slow]);
            cutOff += Volatile.Read(ref counts[CutOff]);
        }

        return new RecentAttempts(judged, Math.Max(0, judged - answered), slow, cutOff);
    }

    /// <summary>What the last slices have cost, in nano-dollars.</summary>
    public long Spent(long period, int slices)
    {
        long sum = 0;
        for (var place = 0; place < RingSize; place++)
        {
            if (Volatile.Read(ref _periods[place]) is >= 0 and var held && held > period - slices && held <= period) sum += Volatile.Read(ref _nanoDollars[place]);
        }

        return sum;
    }

    /// <summary>Adds what was found of an answer.</summary>
    public void Judge(bool? isSchemaValid, bool? toolsSucceeded, long period)
    {
        var place = (int)(period % RingSize);
        if (Volatile.Read(ref _periods[place]) != period && !TryEnter(place, period)) return;
        var counts = _counts[place];
        if (isSchemaValid is { } isValid)
        {
            if (isValid) Add(counts, SchemasValid);
            Add(counts, SchemasChecked);
        }

        if (toolsSucceeded is { } succeeded)
        {
            if (succeeded) Add(counts, ToolsSucceeded);
            Add(counts, ToolsChecked);
        }

        Volatile.Write(ref _isChanged, 1);
    }

    /// <summary>Forgets all samples, but for what comes in this very moment.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            for (var place = 0; place < RingSize; place++)
            {
                if (_counts[place] is { } counts) Array.Clear(counts);
                Volatile.Write(ref _nanoDollars[place], 0);
                Volatile.Write(ref _priced[place], 0);
            }
        }

        Volatile.Write(ref _isChanged, 1);
    }

    /// <summary>Whether a sample has ever come: a window without one may be about to get its first.</summary>
    public bool WasUsed => Volatile.Read(ref _wasUsed);

    /// <summary>Whether anything was added since it was last asked.</summary>
    public bool TakeChanged() => Volatile.Read(ref _isChanged) != 0 && Interlocked.Exchange(ref _isChanged, 0) != 0;

    /// <summary>The figures of the window that ends with this slice; null when it is empty. Called by one thread at a time.</summary>
    public TargetHealth? Read(long period, int leastSamples) => Read([this], period, leastSamples);

    /// <summary>The same of several windows taken together.</summary>
    public static TargetHealth? Read(ReadOnlySpan<TargetWindow> windows, long period, int leastSamples)
    {
        Span<int> sum = stackalloc int[Counters];
        sum.Clear();
        var (nanoDollars, priced) = (0L, 0);
        var quotaLeft = double.NaN;
        foreach (var window in windows)
        {
            for (var place = 0; place < RingSize; place++)
            {
                var held = Volatile.Read(ref window._periods[place]);
                if (held < 0 || held <= period - Slices) continue;
                Merge(sum, window._counts[place]);
                nanoDollars += Volatile.Read(ref window._nanoDollars[place]);
                priced += Volatile.Read(ref window._priced[place]);
            }

            if (Volatile.Read(ref window._quotaPeriod) is >= 0 and var at && at > period - Slices) quotaLeft = double.MinNumber(quotaLeft, Volatile.Read(ref window._quotaLeft));
        }

        var attempts = sum[Attempts];
        if (attempts == 0 && sum[SchemasChecked] == 0 && sum[ToolsChecked] == 0) return null;
        var buckets = sum[FirstBucket..];
        var timed = 0;
        foreach (var count in buckets) timed += count; // and not the counter, which may be a sample ahead or behind
        var isTimed = timed >= leastSamples;
        return new TargetHealth
        {
            Samples = attempts,
            TimedSamples = timed,
            JudgedSamples = sum[Judged],
            SchemaSamples = sum[SchemasChecked],
            ToolSamples = sum[ToolsChecked],
            P50Ms = isTimed ? LatencyBuckets.Percentile(buckets, timed, 0.5) : null,
            P95Ms = isTimed ? LatencyBuckets.Percentile(buckets, timed, 0.95) : null,
            P98Ms = isTimed ? LatencyBuckets.Percentile(buckets, timed, 0.98) : null,
            P99Ms = isTimed ? LatencyBuckets.Percentile(buckets, timed, 0.99) : null,
            CostPerRequest = priced >= leastSamples ? nanoDollars / (double)priced / 1e9 : null,
            RefusalRate = Rate(sum[Refused], sum[Answered], leastSamples),
            SuccessRate = Rate(sum[Answered], sum[Judged], leastSamples),
            RetryRate = Rate(sum[Retries], attempts, leastSamples),
            SchemaValidity = Rate(sum[SchemasValid], sum[SchemasChecked], leastSamples),
            ToolSuccess = Rate(sum[ToolsSucceeded], sum[ToolsChecked], leastSamples),
            QuotaLeft = double.IsNaN(quotaLeft) ? null : quotaLeft,
        };
    }

    private static void Add(int[] counts, int counter) => Interlocked.Increment(ref counts[counter]);

    /// <summary>A share; numerators are added before their denominators, and a thread between the two is no share above one.</summary>
    private static double? Rate(int part, int whole, int leastSamples) => whole >= leastSamples ? Math.Min(1, (double)part / whole) : null;

    /// <summary>Makes a ring's place that of a slice; false when it is a later one's already.</summary>
    private bool TryEnter(int place, long period)
    {
        lock (_gate)
        {
            var held = _periods[place];
            if (held > period) return false;
            if (held == period) return true;
            if (_counts[place] is { } counts) Array.Clear(counts);
            else _counts[place] = new int[Counters];
            Volatile.Write(ref _nanoDollars[place], 0);
            Volatile.Write(ref _priced[place], 0);
            Volatile.Write(ref _periods[place], period);
            Volatile.Write(ref _wasUsed, true);
            return true;
        }
    }

    private static void Merge(Span<int> sum, int[] counts)
    {
        var sums = MemoryMarshal.Cast<int, Vector<int>>(sum);
        var adds = MemoryMarshal.Cast<int, Vector<int>>(counts);
        for (var i = 0; i < sums.Length; i++) sums[i] += adds[i];
        for (var i = sums.Length * Vector<int>.Count; i < sum.Length; i++) sum[i] += counts[i];
    }
}
