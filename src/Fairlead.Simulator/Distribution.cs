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

/// <summary>The draws of a vendor: a pure function of seed, request number and purpose, so that a run can be repeated.</summary>
internal static class SeededDraw
{
    public const int FirstToken = 1;
    public const int Rate = 2;
    public const int OutputTokens = 3;

    /// <summary>The shares of the fault script; the fault's id is added.</summary>
    public const int Fault = 1_000;

    /// <summary>The gaps of a slow answer; the token's index is added.</summary>
    public const int Gap = 1_000_000;

    /// <summary>A number strictly between 0 and 1.</summary>
    public static double Share(ulong seed, long number, int purpose)
    {
        // The finaliser of SplitMix64, once per ingredient: neighbouring numbers must not give neighbouring draws.
        var mixed = Mix(Mix(Mix(seed) ^ (ulong)number) ^ (uint)purpose);
        return ((mixed >> 11) + 0.5) / (1UL << 53);
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

/// <summary>The standard normal distribution.</summary>
internal static class Normal
{
    /// <summary>
    /// The inverse of the cumulative distribution: rational approximation 26.2.23 of Abramowitz and Stegun as a first guess,
    /// then Newton steps on the tail, whose complementary error function is integrated by its continued fraction or series.
    /// </summary>
    public static double Quantile(double share)
    {
        if (share == 0.5) return 0;
        if (share > 0.5) return -Quantile(1 - share);
        var t = Math.Sqrt(-2 * Math.Log(share));
        var x = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
        for (var step = 0; step < 3; step++)
        {
            var density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
            x -= (Lower(x) - share) / density;
        }

        return x;
    }

    /// <summary>The share of draws below <paramref name="x"/>, for x not above zero.</summary>
    private static double Lower(double x)
    {
        var density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        if (x > -3)
        {
            var term = x;
            var sum = x;
            for (var n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++) sum += term *= x * x / (2 * n + 1);
            return 0.5 + density * sum;
        }

        var fraction = 0.0;
        for (var n = 60; n >= 1; n--) fraction = n / (-x + fraction);
        return density / (-x + fraction);
    }
}
