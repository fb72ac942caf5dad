using System.Globalization;
using Fairlead.Core.Budgets;

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
    private const string HourFormat = "yyyy-MM-dd'T'HH':00'zzz";

    /// <summary>The name of the period that a time is in: <c>2026-03-05T14:00+01:00</c>, <c>2026-03-05</c>, <c>2026-03</c>.</summary>
    public static string NameOf(CostPeriod period, DateTimeOffset time, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(time, zone);
        return period switch
        {
            CostPeriod.Hour => local.ToString(HourFormat, CultureInfo.InvariantCulture),
            CostPeriod.Day => local.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            _ => local.ToString("yyyy-MM", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>What names of one kind of period sort by, ordinally, as the periods follow each other: that of the hour that comes twice says it by its offset alone.</summary>
    public static string OrderOf(CostPeriod period, string name) => period == CostPeriod.Hour
        ? DateTimeOffset.ParseExact(name, HourFormat, CultureInfo.InvariantCulture).UtcDateTime.ToString("yyyy-MM-dd'T'HH':'mm", CultureInfo.InvariantCulture)
        : name;

    /// <summary>The first instant of a day: the same that a budget of a day begins with.</summary>
    public static DateTimeOffset StartOf(DateOnly day, TimeZoneInfo zone)
    {
        var noon = day.ToDateTime(new TimeOnly(12, 0), DateTimeKind.Unspecified);
        return BudgetSpan.Of(new DateTimeOffset(noon, zone.GetUtcOffset(noon)), BudgetPeriod.Day, zone).Start;
    }
}
