namespace Fairlead.Core.Health;

/// <summary>
/// The requests of one route over a day, in slices of five minutes that begin at full five minutes of UTC, held against one promise.
/// Safe for any number of threads, which take turns.
/// </summary>
internal sealed class PromiseWindow(Promise promise)
{
    /// <summary>How long a slice is.</summary>
    public static readonly TimeSpan SliceLength = TimeSpan.FromMinutes(5);

    private static readonly int Slices = (int)(Promise.MostWindow / SliceLength);

    private static readonly int SlicesPerHour = (int)(TimeSpan.FromHours(1) / SliceLength);

    private readonly Lock _gate = new();
    private readonly Slice[] _slices = new Slice[Slices];
    private long _latest = long.MinValue;

    /// <summary>What the requests were held against.</summary>
    public Promise Promise => promise;

    /// <summary>Adds requests that ended at a time. Those from before the window are dropped.</summary>
    public void Add(DateTimeOffset at, long count, long badLatency, long badSuccess, DateTimeOffset now)
    {
        lock (_gate)
        {
            MoveTo(NumberOf(now));
            var number = Math.Min(NumberOf(at), _latest); // what is told does not lie in the future
            if (number <= _latest - Slices) return;
            ref var slice = ref SliceOf(number);
            slice.Count += count;
            slice.BadLatency += badLatency;
            slice.BadSuccess += badSuccess;
        }
    }

    /// <summary>How the route stands.</summary>
    public PromiseFigures Figures(DateTimeOffset now)
    {
        lock (_gate)
        {
            MoveTo(NumberOf(now));
            var window = Sum(Math.Clamp((int)Math.Ceiling(promise.Window / SliceLength), 1, Slices));
            var hour = Sum(SlicesPerHour);
            return new PromiseFigures(
                promise,
                promise.P95 is null ? null : new ObjectiveFigures(1 - Promise.ShareWithinP95, window.Count, window.BadLatency, hour.Count, hour.BadLatency),
                promise.Success is not { } success ? null : new ObjectiveFigures(1 - success, window.Count, window.BadSuccess, hour.Count, hour.BadSuccess));
        }
    }

    /// <summary>What was counted over the last time, of which the slice that runs now is one more.</summary>
    public PromiseCounts Counts(TimeSpan span, DateTimeOffset now)
    {
        lock (_gate)
        {
            MoveTo(NumberOf(now));
            var sum = Sum(Math.Clamp((int)Math.Ceiling(span / SliceLength) + 1, 1, Slices));
            return new PromiseCounts(sum.Count, sum.BadLatency, sum.BadSuccess);
        }
    }

    private static long NumberOf(DateTimeOffset at) => at.UtcTicks / SliceLength.Ticks;

    private ref Slice SliceOf(long number) => ref _slices[number % Slices];

    /// <summary>Empties what has left the window. Of a clock that was ahead, what was counted then is counted as of now.</summary>
    private void MoveTo(long number)
    {
        if (number < _latest) ComeBackTo(number);
        if (number <= _latest) return;
        for (var i = Math.Max(_latest + 1, number - Slices + 1); i <= number; i++) SliceOf(i) = default;
        _latest = number;
    }

    private void ComeBackTo(long number)
    {
        var ahead = default(Slice);
        for (var i = Math.Max(number, _latest - Slices) + 1; i <= _latest; i++)
        {
            ahead.Add(SliceOf(i));
            SliceOf(i) = default;
        }

        SliceOf(number).Add(ahead);
        _latest = number;
    }

    private Slice Sum(int slices)
    {
        var sum = default(Slice);
        for (var number = _latest - slices + 1; number <= _latest; number++)
        {
            sum.Add(SliceOf(number));
        }

        return sum;
    }

    private struct Slice
    {
        public long Count;
        public long BadLatency;
        public long BadSuccess;

        public void Add(in Slice other)
        {
            Count += other.Count;
            BadLatency += other.BadLatency;
            BadSuccess += other.BadSuccess;
        }
    }
}
