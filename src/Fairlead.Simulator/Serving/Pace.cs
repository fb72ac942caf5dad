using Fairlead.Simulator.Faults;

namespace Fairlead.Simulator.Serving;

/// <summary>
/// When the tokens of one answer are due. Counted from the request's start, so that timers that come late do not add up.
/// </summary>
internal sealed class Pace
{
    private readonly Exchange _exchange;
    private readonly FaultEffect.Slow? _slow;
    private readonly TimeSpan _gap;
    private TimeSpan _due;
    private int _tokens;

    public Pace(Exchange exchange, FaultEffect.Slow? slow)
    {
        _exchange = exchange;
        _slow = slow;
        var options = exchange.Options;
        _due = TimeSpan.FromSeconds(options.FirstTokenLatency.Sample(options.Seed, exchange.Number, SeededDraw.FirstToken));
        var rate = options.TokensPerSecond.Sample(options.Seed, exchange.Number, SeededDraw.Rate);
        _gap = rate <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(1 / rate, Durations.Longest.TotalSeconds));
    }

    /// <summary>How long until the next token is due; zero or less when it already is.</summary>
    public TimeSpan UntilNext => _due - _exchange.Time.GetElapsedTime(_exchange.StartedAt);

    /// <summary>The next token is taken; the one after it is due a gap later.</summary>
    public void Advance()
    {
        var options = _exchange.Options;
        _due += _slow is null ? _gap : TimeSpan.FromSeconds(_slow.Gap.Sample(options.Seed, _exchange.Number, SeededDraw.Gap + _tokens));
        _tokens++;
    }

    /// <summary>Everything still due is due that much later.</summary>
    public void Postpone(TimeSpan length) => _due += length;
}
