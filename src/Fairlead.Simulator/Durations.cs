using System.Globalization;

namespace Fairlead.Simulator;

/// <summary>Times as the notation writes them: <c>250us</c>, <c>20ms</c>, <c>1.5s</c>, <c>2m</c>.</summary>
internal static class Durations
{
    /// <summary>No wait is longer, so that every value fits a timer.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    // Longest suffix first: "ms" also ends in "s".
    private static readonly (string Unit, long Ticks)[] Units =
    [
        ("us", TimeSpan.TicksPerMicrosecond), ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute),
    ];

    /// <summary>Reads a time; false when it has no unit, is negative or longer than a day.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        foreach (var (unit, ticks) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            if (!TryParseNumber(text.AsSpan(0, text.Length - unit.Length), out var number)) return false;
            if (number * ticks > Longest.Ticks) return false;
            value = TimeSpan.FromTicks((long)Math.Round(number * ticks));
            return true;
        }

        return false;
    }

    /// <summary>Writes a time in the largest unit that keeps it whole.</summary>
    public static string Format(TimeSpan value) => value.Ticks switch
    {
        var ticks when ticks % TimeSpan.TicksPerSecond == 0 => string.Create(CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}s"),
        var ticks when ticks % TimeSpan.TicksPerMillisecond == 0 => string.Create(CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerMillisecond}ms"),
        var ticks => string.Create(CultureInfo.InvariantCulture, $"{(decimal)ticks / TimeSpan.TicksPerMicrosecond}us"),
    };

    /// <summary>Reads a plain number: digits with an optional fraction, not negative.</summary>
    public static bool TryParseNumber(ReadOnlySpan<char> text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
