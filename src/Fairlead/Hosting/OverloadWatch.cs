using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Overload;
using Fairlead.Telemetry;

namespace Fairlead.Hosting;

/// <summary>Samples what the guard decides by, has it follow the configuration, and tells of its levels in the log.</summary>
internal sealed class OverloadWatch : IDisposable
{
    private const int TicksPerMemory = 10;

    /// <summary>
    /// Looks that find the same collection while memory is short, before one is asked for: who refuses allocates little, and would refuse for
    /// ever. It holds everything up, so that it is asked for half as often each time that it does not help.
    /// </summary>
    private const int FirstLooksAtOne = 5;
    private const int MostLooksAtOne = 320;

    private readonly Lock _gate = new();
    private readonly OverloadGuard _guard;
    private readonly OwnStalls _stalls;
    private readonly ScheduleProbe? _probe;
    private readonly Timer? _timer;
    private int _ticks;
    private long _collection;
    private int _looks;
    private int _patience = FirstLooksAtOne;

    /// <summary>Begins to watch.</summary>
    /// <param name="guard">What decides.</param>
    /// <param name="stalls">Hears when work is done late.</param>
    /// <param name="snapshots">The configuration.</param>
    /// <param name="samples">Whether delay and memory are sampled; else requests in flight alone count.</param>
    /// <param name="logger">Hears of each change of the level.</param>
    public OverloadWatch(OverloadGuard guard, OwnStalls stalls, SnapshotSource snapshots, bool samples, ILogger<OverloadWatch> logger)
    {
        (_guard, _stalls) = (guard, stalls);
        guard.Settings = snapshots.Current.Overload;
        snapshots.Applied += next => guard.Settings = next.Overload;
        guard.Changed += (before, level, reason) =>
        {
            if (level > before) logger.OverloadBegan(Refused[level], OverloadReasons.NameOf(reason), guard.InFlight, guard.Delay.TotalMilliseconds, guard.Memory);
            else if (level == 0) logger.OverloadEnded();
            else logger.OverloadFell(Refused[level], OverloadReasons.NameOf(reason));
        };
        if (!samples) return;
        _probe = new ScheduleProbe(Sampled);
        _timer = new Timer(static state => ((OverloadWatch)state!).Tick(), this, OverloadGuard.SampleEvery, OverloadGuard.SampleEvery); // it is the machine's own time that matters
    }

    private static readonly string[] Refused = ["nothing", "what is sheddable", "all but what is critical", "everything"];

    /// <summary>Ends sampling.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        _probe?.Dispose();
    }

    private void Tick()
    {
        if (!_gate.TryEnter()) return; // ticks that were held up come together
        try
        {
            _probe!.Send();
            if (_ticks++ % TicksPerMemory != 0) return;
            var memory = GC.GetGCMemoryInfo(GCKind.Any);
            // The heap against what it may have: that, and not what is mapped besides, is what ends in being out of memory.
            if (memory.TotalAvailableMemoryBytes > 0) _guard.Used((double)memory.TotalCommittedBytes / memory.TotalAvailableMemoryBytes);
            (_looks, _collection) = (memory.Index == _collection && _guard.IsShortOfMemory ? _looks + 1 : 0, memory.Index);
            if (!_guard.IsShortOfMemory) _patience = FirstLooksAtOne;
            if (_looks < _patience) return;
            (_looks, _patience) = (0, Math.Min(2 * _patience, MostLooksAtOne));
            GC.Collect();
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void Sampled(TimeSpan late)
    {
        lock (_gate)
        {
            _guard.Delayed(late);
            _stalls.Late(_guard.IsLate);
        }
    }
}
