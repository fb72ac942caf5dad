namespace Fairlead.Simulator.Outages;

/// <summary>What takes one vendor down: the outages it shares with others, and those of its own model. Safe for any number of threads.</summary>
internal sealed class VendorOutages : IDisposable
{
    private static readonly SimulatedFault Refused = SimulatedFault.Parse("refuse");
    private static readonly SimulatedFault Unavailable = SimulatedFault.Parse("status 503");
    private static readonly SimulatedFault Silent = SimulatedFault.Parse("black-hole");

    private readonly OutageModel? _model;
    private readonly TimeProvider _time;
    private readonly Action _changed;
    private readonly IDisposable _membership;
    private readonly ITimer? _timer;

    /// <summary>Joins the vendor's schedule, and runs its model.</summary>
    /// <param name="options">The vendor's.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="changed">Called when it may have gone down or come up.</param>
    public VendorOutages(SimulatedVendorOptions options, TimeProvider time, Action changed)
    {
        _model = options.Outages;
        _time = time;
        _changed = changed;
        Schedule = options.Schedule ?? new OutageSchedule(time);
        _membership = Schedule.Join(options.Name, changed);
        if (_model is null) return;
        _timer = time.CreateTimer(_ => Turn(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Arm();
    }

    /// <summary>The schedule; the vendor's own where it shares none.</summary>
    public OutageSchedule Schedule { get; }

    /// <summary>How it is down; null when it is up.</summary>
    public SimulatedFault? Current => Schedule.Current ?? Own;

    private SimulatedFault? Own => _model?.OutageAt(Now) is not { } outage ? null : outage.Symptom switch
    {
        OutageSymptom.Refused => Refused,
        OutageSymptom.Unavailable => Unavailable,
        _ => Silent,
    };

    private TimeSpan Now => _time.GetElapsedTime(Schedule.StartedAt);

    public void Dispose()
    {
        _timer?.Dispose();
        _membership.Dispose();
    }

    private void Turn()
    {
        _changed();
        Arm();
    }

    private void Arm()
    {
        var now = Now;
        if (_model!.NextEdgeAfter(now) is not { } edge) return;
        // Rounded up to what a timer can wait for: one that comes early is set again, one of no time at all would spin.
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling((edge - now).TotalMilliseconds));
        _timer!.Change(wait < Durations.Longest ? wait : Durations.Longest, Timeout.InfiniteTimeSpan);
    }
}
