using BenchmarkDotNet.Attributes;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;

namespace Fairlead.Bench.Micro;

/// <summary>What measuring costs a request: an attempt recorded, a view taken, a request held against its promise; and what a new view costs whoever is first.</summary>
[MemoryDiagnoser]
public class HealthBenchmarks
{
    private const int Targets = 100;

    private readonly SteppedClock _clock = new();
    private readonly string[] _names = [.. Enumerable.Range(0, Targets).Select(i => "target-" + i)];
    private HealthBoard _board = null!;
    private HealthBoard _turned = null!;
    private PromiseTracker _promises = null!;
    private Promise? _promise;
    private int _next;

    [GlobalSetup]
    public void Prepare()
    {
        _board = new HealthBoard(TimeProvider.System, new Random(1));
        _turned = new HealthBoard(_clock, new Random(1));
        _promise = new Promise { P95 = TimeSpan.FromMilliseconds(800), Success = 0.999 };
        _promises = new PromiseTracker(_ => _promise, TimeProvider.System);
        for (var slice = 0; slice < 31; slice++)
        {
            foreach (var name in _names)
            {
                for (var i = 0; i < 20; i++) _turned.Record(Sample(name, 10 + (i * 37)));
            }

            _clock.Advance(TimeSpan.FromSeconds(10));
        }

        foreach (var name in _names) _board.Record(Sample(name, 300));
        _ = _board.View;
    }

    [Benchmark]
    public void Record() => _board.Record(Sample(_names[0], 300 + (++_next & 1023)));

    [Benchmark]
    public HealthView TakeView() => _turned.View; // its clock stands: never due

    [Benchmark]
    public void HoldAgainstPromise() => _promises.Ended("default", RequestOutcome.Answered, FailureClass.None, TimeSpan.FromMilliseconds(300));

    /// <summary>All hundred targets have changed, each over a full window; their hundred records are in it.</summary>
    [Benchmark]
    public HealthView RenewView()
    {
        foreach (var name in _names) _turned.Record(Sample(name, 300));
        _clock.Advance(HealthBoard.ViewAge);
        return _turned.View;
    }

    private static AttemptSample Sample(string target, double milliseconds) => new(target, FailureClass.None, TimeSpan.FromMilliseconds(milliseconds));

    private sealed class SteppedClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan time) => _now += time.Ticks;

        public override long GetTimestamp() => _now;
    }
}
