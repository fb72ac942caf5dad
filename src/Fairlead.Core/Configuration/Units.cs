using System.Buffers;
using System.Globalization;

namespace Fairlead.Core.Configuration;

/// <summary>Reads numbers with units, exactly: decimals only, no exponent, no other base, no grouping.</summary>
internal static class Units
{
    private const long NanoDollarsPerDollar = 1_000_000_000;
    private const decimal MostDollars = 1_000_000;
    private const decimal MostOfUnit = 100_000_000; // 24 h in milliseconds, and the product stays within a long

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create(".0123456789");

    public static bool TryInt(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    /// <summary><c>800ms</c>, <c>1.5s</c>, <c>2m</c>, <c>24h</c>.</summary>
    public static bool TryDuration(string text, out TimeSpan value)
    {
        value = default;
        var unit = text.AsSpan().IndexOfAnyExcept(NumberCharacters);
        if (unit <= 0) return false;
        long ticks = text.AsSpan(unit) switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            _ => 0,
        };
        if (ticks == 0 || !TryDecimal(text.AsSpan(0, unit), out var number) || number > MostOfUnit) return false;
        value = new TimeSpan((long)(number * ticks));
        return true;
    }

    /// <summary>A time as it would be written: in the greatest unit of which it is a whole number, days beyond one.</summary>
    public static string Of(TimeSpan value)
    {
        var (length, unit) = value.Ticks switch
        {
            > TimeSpan.TicksPerDay when value.Ticks % TimeSpan.TicksPerDay == 0 => (TimeSpan.TicksPerDay, "d"),
            _ when value.Ticks % TimeSpan.TicksPerHour == 0 => (TimeSpan.TicksPerHour, "h"),
            _ when value.Ticks % TimeSpan.TicksPerMinute == 0 => (TimeSpan.TicksPerMinute, "m"),
            _ when value.Ticks % TimeSpan.TicksPerSecond == 0 => (TimeSpan.TicksPerSecond, "s"),
            _ => (TimeSpan.TicksPerMillisecond, "ms"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / length}{unit}");
    }

    /// <summary><c>2.50</c> or <c>$2.50</c>, to the nano-dollar.</summary>
    public static bool TryNanoDollars(string text, out long value)
    {
        value = 0;
        if (!TryDecimal(text.AsSpan(text.StartsWith('$') ? 1 : 0), out var dollars) || dollars > MostDollars) return false;
        var nanos = dollars * NanoDollarsPerDollar;
        if (nanos != decimal.Truncate(nanos)) return false;
        value = (long)nanos;
        return true;
    }

    /// <summary><c>0.98</c> or <c>98%</c>, from 0 to 1.</summary>
    public static bool TryShare(string text, out double value)
    {
        var isPercent = text.EndsWith('%');
        var isNumber = TryDecimal(isPercent ? text.AsSpan(0, text.Length - 1) : text, out var number);
        value = (double)(isPercent ? number / 100 : number);
        return isNumber && value <= 1;
    }

    /// <summary><c>95</c> or <c>0.5</c>, to a million.</summary>
    public static bool TryWeight(string text, out double value)
    {
        var isNumber = TryDecimal(text, out var number);
        value = (double)number;
        return isNumber && value <= 1_000_000;
    }

    public static bool TryDate(string text, out DateOnly value) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out value);

    /// <summary>Digits with at most one point between them; small enough for every unit.</summary>
    private static bool TryDecimal(ReadOnlySpan<char> text, out decimal value)
    {
        value = 0;
        return text.Length is > 0 and <= 18 && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[^1])
            && decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
    }
}
