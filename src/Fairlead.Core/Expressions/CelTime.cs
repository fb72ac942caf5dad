using System.Globalization;
using System.Text;

namespace Fairlead.Core.Expressions;

/// <summary>
/// Timestamps (RFC 3339, years 1 to 9999, nanoseconds) and durations (as Go writes them: <c>1h30m</c>, <c>1.5s</c>; 64 bits of nanoseconds).
/// </summary>
internal static class CelTime
{
    public const long FirstSecond = -62_135_596_800;
    public const long LastSecond = 253_402_300_799;

    private const string TimestampRange = "the timestamp is out of range";
    private const string DurationRange = "the duration is out of range";
    private const int MostText = 64;

    public static CelValue Timestamp(Int128 seconds, long nanoseconds)
    {
        seconds += nanoseconds / CelValue.NanosecondsPerSecond;
        nanoseconds %= CelValue.NanosecondsPerSecond;
        if (nanoseconds < 0)
        {
            nanoseconds += CelValue.NanosecondsPerSecond;
            seconds--;
        }

        return seconds < FirstSecond || seconds > LastSecond ? CelValue.Error(TimestampRange) : CelValue.OfTimestamp((long)seconds, (int)nanoseconds);
    }

    public static CelValue Duration(Int128 nanoseconds) =>
        nanoseconds < long.MinValue || nanoseconds > long.MaxValue ? CelValue.Error(DurationRange) : CelValue.OfNanoseconds((long)nanoseconds);

    /// <summary>A timestamp and a duration of nanoseconds.</summary>
    public static CelValue Shift(in CelValue timestamp, Int128 nanoseconds)
    {
        var whole = nanoseconds / CelValue.NanosecondsPerSecond;
        return Timestamp(timestamp.Bits + whole, timestamp.Small + (long)(nanoseconds % CelValue.NanosecondsPerSecond));
    }

    /// <summary>The duration between two timestamps.</summary>
    public static CelValue Between(in CelValue later, in CelValue earlier) =>
        Duration(((Int128)(later.Bits - earlier.Bits) * CelValue.NanosecondsPerSecond) + later.Small - earlier.Small);

    public static CelValue ParseTimestamp(string text)
    {
        var bad = CelValue.Error("a timestamp is written as 2030-01-31T23:59:59Z");
        if (text.Length is < 20 or > MostText) return bad;
        var date = text.AsSpan(0, 19);
        if (!DateTime.TryParseExact(date, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)) return bad;
        var rest = text.AsSpan(19);
        var nanoseconds = 0;
        if (rest[0] == '.')
        {
            var digits = 1;
            while (digits < rest.Length && char.IsAsciiDigit(rest[digits])) digits++;
            if (digits is < 2 or > 10) return bad;
            for (var i = 1; i <= 9; i++) nanoseconds = (nanoseconds * 10) + (i < digits ? rest[i] - '0' : 0);
            rest = rest[digits..];
        }

        var seconds = (local.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
        if (rest is "Z" or "z") return Timestamp(seconds, nanoseconds);
        return rest is [('+' or '-'), ..] && TryOffset(rest, out var offset) ? Timestamp(seconds - (offset * 60), nanoseconds) : bad;
    }

    /// <summary>Minutes of <c>+11:00</c>, <c>-09:30</c> or <c>02:00</c>.</summary>
    private static bool TryOffset(ReadOnlySpan<char> text, out int minutes)
    {
        minutes = 0;
        var sign = text is ['-', ..] ? -1 : 1;
        if (text is [('+' or '-'), ..]) text = text[1..];
        if (text.Length != 5 || text[2] != ':' || !int.TryParse(text[..2], NumberStyles.None, CultureInfo.InvariantCulture, out var hours) || !int.TryParse(text[3..], NumberStyles.None, CultureInfo.InvariantCulture, out var rest)) return false;
        minutes = sign * ((hours * 60) + rest);
        return hours < 24 && rest < 60;
    }

    public static CelValue ParseDuration(string text)
    {
        var bad = CelValue.Error("a duration is written as 1h30m, 20s or 150ms");
        if (text.Length is 0 or > MostText) return bad;
        var rest = text.AsSpan();
        var isNegative = rest[0] == '-';
        if (rest[0] is '-' or '+') rest = rest[1..];
        if (rest is "0") return CelValue.OfNanoseconds(0);
        if (rest.IsEmpty) return bad;
        var total = Int128.Zero;
        while (!rest.IsEmpty)
        {
            var digits = 0;
            while (digits < rest.Length && (char.IsAsciiDigit(rest[digits]) || rest[digits] == '.')) digits++;
            if (digits == 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)) return bad;
            rest = rest[digits..];
            var letters = 0;
            while (letters < rest.Length && !char.IsAsciiDigit(rest[letters]) && rest[letters] != '.') letters++;
            var unit = NanosecondsOf(rest[..letters]);
            if (unit == 0) return bad;
            rest = rest[letters..];
            if (amount > 20_000_000_000_000_000_000m / unit) return CelValue.Error(DurationRange);
            total += (Int128)decimal.Truncate(amount * unit);
        }

        return Duration(isNegative ? -total : total);
    }

    private static long NanosecondsOf(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 1,
        "us" or "µs" or "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => 0,
    };

    /// <summary>RFC 3339, with as many digits of the second as it has.</summary>
    public static string Text(in CelValue timestamp)
    {
        var text = new StringBuilder(new DateTime(DateTime.UnixEpoch.Ticks + (timestamp.Bits * TimeSpan.TicksPerSecond), DateTimeKind.Utc).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
        AppendFraction(text, timestamp.Small);
        return text.Append('Z').ToString();
    }

    /// <summary>Seconds: <c>90s</c>, <c>-0.5s</c>.</summary>
    public static string DurationText(long nanoseconds)
    {
        var size = (UInt128)Int128.Abs(nanoseconds);
        var text = new StringBuilder(nanoseconds < 0 ? "-" : "").Append(CultureInfo.InvariantCulture, $"{size / 1_000_000_000}");
        AppendFraction(text, (int)(size % 1_000_000_000));
        return text.Append('s').ToString();
    }

    private static void AppendFraction(StringBuilder text, int nanoseconds)
    {
        if (nanoseconds == 0) return;
        text.Append('.').Append(nanoseconds.ToString("D9", CultureInfo.InvariantCulture).AsSpan().TrimEnd('0'));
    }

    /// <summary>The clock of a place at an instant; null when the place is not known or its clock is out of range.</summary>
    /// <param name="zone">An IANA name, an offset, or null for UTC.</param>
    public static DateTime? Local(in CelValue timestamp, string? zone)
    {
        var utc = new DateTime(DateTime.UnixEpoch.Ticks + (timestamp.Bits * TimeSpan.TicksPerSecond) + (timestamp.Small / 100), DateTimeKind.Utc);
        if (zone is null or "UTC" or "Z") return utc;
        if (zone.Length > MostText) return null;
        TimeSpan offset;
        if (TryOffset(zone, out var minutes)) offset = TimeSpan.FromMinutes(minutes);
        else if (TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found)) offset = found.GetUtcOffset(utc);
        else return null;
        var ticks = utc.Ticks + offset.Ticks;
        return ticks < 0 || ticks > DateTime.MaxValue.Ticks ? null : new DateTime(ticks, DateTimeKind.Unspecified);
    }
}
