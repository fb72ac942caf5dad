using System.Globalization;

namespace Fairlead.Core.Ledger;

/// <summary>Hours, days and months of a time zone.</summary>
public enum CostPeriod
{
    /// <summary>An hour of the clock. That which comes twice when clocks are set back is two.</summary>
    Hour = 0,

    /// <summary>A day of the calendar: 23 or 25 hours where clocks are set.</summary>
    Day,

    /// <summary>A month of the calendar.</summary>
    Month,
}

/// <summary>Times as a calendar has them. Pure.</summary>
public static class CostPeriods
{
    /// <summary>The name of the period that a time is in; names sort as the periods do: <c>2026-03-05T14:00+01:00</c>, <c>2026-03-05</c>, <c>2026-03</c>.</summary>
    public static string NameOf(CostPeriod period, DateTimeOffset time, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(time, zone);
        return period switch
        {
            CostPeriod.Hour => local.ToString("yyyy-MM-dd'T'HH':00'zzz", CultureInfo.InvariantCulture),
            CostPeriod.Day => local.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            _ => local.ToString("yyyy-MM", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>The first moment of a day: midnight, or the end of the gap where clocks are set over it; the earlier where it comes twice.</summary>
    public static DateTimeOffset StartOf(DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified);
        if (zone.IsInvalidTime(local))
        {
            // The gap is as long as the offset before it is smaller than that after.
            var before = zone.GetUtcOffset(local.AddDays(-1));
            return TimeZoneInfo.ConvertTime(new DateTimeOffset(local, before), zone);
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }
}
