using System.Globalization;

namespace Fairlead.Simulator;

/// <summary>
/// A distribution of times or plain numbers, written as <c>20ms</c>, <c>uniform 10ms..40ms</c>,
/// <c>lognormal p50=200ms p99=2s</c>, <c>80</c> or <c>uniform 40..120</c>. Immutable.
/// </summary>
/// <remarks>
/// Times have a unit (<c>us</c>, <c>ms</c>, <c>s</c>, <c>m</c>), plain numbers have none; one distribution does not mix them.
/// A log-normal is given by the two figures people know of a latency: its median and its 99th percentile.
/// </remarks>
public sealed record Distribution
{
    // The standard normal's 99th percentile: how many sigmas lie between p50 and p99.
    private const double NormalP99 = 2.3263478740408408;

    private readonly string _text;
    private readonly Shape _shape;
    private readonly double _first;  // the constant, the lower bound, or ln of the median
    private readonly double _second; // the upper bound, or sigma

    private Distribution(string text, bool isTime, Shape shape, double first, double second)
    {
        _text = text;
        IsTime = isTime;
        _shape = shape;
        _first = first;
        _second = second;
    }

    private enum Shape
    {
        Constant,
        Uniform,
        LogNormal,
    }

    /// <summary>Whether its values are seconds; otherwise they are plain numbers.</summary>
    public bool IsTime { get; }

    /// <summary>Reads the notation.</summary>
    /// <exception cref="FormatException">The text is not a distribution; the message says what is.</exception>
    public static Distribution Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words switch
        {
            [var value] when TryRead(value, out var constant) => new(value, constant.IsTime, Shape.Constant, constant.Number, 0),
            ["uniform", var range] => Uniform(text, range),
            ["lognormal", var p50, var p99] => LogNormal(text, p50, p99),
            _ => throw Unreadable(text, "expected 20ms, 'uniform 10ms..40ms', 'lognormal p50=200ms p99=2s', or the same with plain numbers"),
        };
    }

    /// <summary>
    /// The value below which the share <paramref name="share"/> of all draws lies; seconds for times.
    /// A time is never longer than a day, whatever the share.
    /// </summary>
    /// <param name="share">Between 0 and 1, both exclusive for a log-normal.</param>
    public double Quantile(double share)
    {
        var value = _shape switch
        {
            Shape.Constant => _first,
            Shape.Uniform => _first + (_second - _first) * share,
            _ => Math.Exp(_first + _second * Normal.Quantile(share)),
        };
        return IsTime ? Math.Min(value, Durations.Longest.TotalSeconds) : value;
    }

    /// <summary>One draw; seconds for times. The same arguments always draw the same value.</summary>
    /// <param name="seed">The vendor's seed.</param>
    /// <param name="number">The request's number.</param>
    /// <param name="purpose">What the draw is for, so that the draws of one request are independent.</param>
    public double Sample(ulong seed, long number, int purpose = 0) => Quantile(SeededDraw.Share(seed, number, purpose));

    /// <summary>The notation; <see cref="Parse"/> reads it back.</summary>
    public override string ToString() => _text;

    private static Distribution Uniform(string text, string range)
    {
        var bounds = range.Split("..");
        if (bounds.Length != 2 || !TryRead(bounds[0], out var low) || !TryRead(bounds[1], out var high)) throw Unreadable(text, "a range is LOW..HIGH, such as 10ms..40ms");
        if (low.IsTime != high.IsTime) throw Unreadable(text, "both ends need a unit, or neither");
        if (low.Number > high.Number) throw Unreadable(text, "the lower end comes first");
        return new($"uniform {range}", low.IsTime, Shape.Uniform, low.Number, high.Number);
    }

    private static Distribution LogNormal(string text, string p50, string p99)
    {
        if (!p50.StartsWith("p50=", StringComparison.Ordinal) || !TryRead(p50[4..], out var median)
            || !p99.StartsWith("p99=", StringComparison.Ordinal) || !TryRead(p99[4..], out var tail)) throw Unreadable(text, "a log-normal is given as p50=200ms p99=2s");
        if (median.IsTime != tail.IsTime) throw Unreadable(text, "p50 and p99 both need a unit, or neither");
        if (median.Number <= 0) throw Unreadable(text, "p50 must be above zero");
        if (tail.Number < median.Number) throw Unreadable(text, "p99 is not below p50");
        return new($"lognormal {p50} {p99}", median.IsTime, Shape.LogNormal, Math.Log(median.Number), Math.Log(tail.Number / median.Number) / NormalP99);
    }

    private static bool TryRead(string text, out (double Number, bool IsTime) value)
    {
        if (Durations.TryParse(text, out var time))
        {
            value = (time.TotalSeconds, true);
            return true;
        }

        var isNumber = Durations.TryParseNumber(text, out var number);
        value = (number, false);
        return isNumber;
    }

    private static FormatException Unreadable(string text, string reason) =>
        new(string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a distribution: {reason}."));
}
