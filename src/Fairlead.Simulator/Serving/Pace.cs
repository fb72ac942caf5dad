using Fairlead.Simulator.Faults;

namespace Fairlead.Simulator.Serving;

/// <summary>
/// When the tokens of one answer are due. Counted from the request's start, so that timers that come late do not add up.
/// </summary>
internal sealed class Pace
{
    private readonly Exchange _exchange;
    private readonly FaultEffect.Slow? _slow;
    private readonly double _slowness;
    private readonly TimeSpan _gap;
    private TimeSpan _due;
    private int _tokens;

    public Pace(Exchange exchange, FaultStrike? strike)
    {
        _exchange = exchange;
        _slow = strike?.Fault.Find<FaultEffect.Slow>();
        _slowness = strike?.Slowness ?? 1;
        var options = exchange.Options;
        _due = Time(options.FirstTokenLatency.Sample(options.Seed, exchange.Number, SeededDraw.FirstToken));
        var rate = (strike?.Fault.Find<FaultEffect.Drip>()?.TokensPerSecond ?? options.TokensPerSecond).Sample(options.Seed, exchange.Number, SeededDraw.Rate);
        _gap = rate <= 0 ? TimeSpan.Zero : Time(1 / rate);
    }

    /// <summary>How long until the next token is due; zero or less when it already is.</summary>
    public TimeSpan UntilNext => _due - _exchange.Time.GetElapsedTime(_exchange.StartedAt);

    /// <summary>The next token is taken; the one after it is due a gap later.</summary>
    public void Advance()
    {
        var options = _exchange.Options;
        _due += _slow is null ? _gap : Time(_slow.Gap.Sample(options.Seed, _exchange.Number, SeededDraw.Gap + _tokens));
        _tokens++;
    }

    /// <summary>Everything still due is due that much later.</summary>
    public void Postpone(TimeSpan length) => _due += length;

    private TimeSpan Time(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds * _slowness, Durations.Longest.TotalSeconds));
}
